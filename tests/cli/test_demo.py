"""The sample site and the simulated cohort: what a newcomer tries first."""

import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from exam_engine.cli import demo as demo_command
from exam_engine.cli import main
from exam_engine.cli.demo import prepare_site
from exam_engine.core.clock import system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import AuditEntry, User
from exam_engine.core.sign_in import check_password
from exam_engine.demo.open_site import describe_site, keep_open
from exam_engine.demo.people import PASSWORD, STAFF
from exam_engine.marking.records import Mark, Script, ScriptState


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo takes out of the environment comes back after the test."""
    for name in ("DATA", "DATABASE_URL", "SECRET", "SITE_URL", "TIMEZONE", "ISSUER", "WEBHOOK_URL", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"EXAM_ENGINE_{name}", "")
        monkeypatch.delenv(f"EXAM_ENGINE_{name}")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of what would have been served."""
    calls: list[Settings] = []
    monkeypatch.setattr(demo_command, "run_server", lambda settings, host, port: calls.append(settings))
    return calls


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site as the first run builds it."""
    data = tmp_path_factory.mktemp("first") / "data" / "demo"
    prepare_site(data)
    return data


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(main, ["demo", *map(str, arguments)], env=environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def open_database(data: Path) -> Database:
    settings = Settings.load({}, data_dir=data)
    return Database(settings.database_url, settings.secret)


# The sample site


def test_everybody_the_demo_names_can_sign_in(sample: Path) -> None:
    database = open_database(sample)
    said = describe_site(database, "http://127.0.0.1:8000", system_clock())
    logins = re.findall(r"^  (\S+) ", said, re.MULTILINE)
    assert PASSWORD in said
    assert {member.login for member in STAFF} < set(logins)
    for kind in ("junior exam", "intermediate exam", "senior exam", "intermediate makeup exam"):
        assert f"{kind} open now" in said
    assert "passed: result and certificate" in said
    with database.read() as session:
        candidates = [login for login in logins if login.startswith("C-")]
        assert len(candidates) == len(set(candidates)) == 5
        for login in [candidates[0], STAFF[0].login]:
            assert check_password(session, login, PASSWORD).login == login
        known = set(session.scalars(select(User.login)))
        assert set(logins) <= known
    database.close()


def test_a_second_run_keeps_the_data(sample: Path, served: list[Settings]) -> None:
    database = open_database(sample)
    with database.write() as session:
        entries = session.scalar(select(func.count(AuditEntry.seq)))
    database.close()
    result = run("--data", sample, "--port", free_port())
    assert result.exit_code == 0, result.output
    assert "Preparing" not in result.output
    assert [settings.data_dir for settings in served] == [sample]
    database = open_database(sample)
    with database.read() as session:
        assert session.scalar(select(func.count(AuditEntry.seq))) == entries
    database.close()


def test_a_site_left_alone_for_weeks_has_a_sitting_open_again(sample: Path) -> None:
    settings, later = Settings.load({}, data_dir=sample), system_clock() + timedelta(days=30)
    keep_open(settings, later)
    database = open_database(sample)
    said = describe_site(database, "", later)
    database.close()
    for level in ("junior", "intermediate", "senior"):
        assert f"{level} exam open now" in said


def test_the_demo_leaves_a_real_site_alone(sample: Path, served: list[Settings], tmp_path: Path) -> None:
    real = {
        "EXAM_ENGINE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/real",
        "EXAM_ENGINE_ISSUER": "webhook",
        "EXAM_ENGINE_WEBHOOK_URL": "https://issuer.example/passes",
        "EXAM_ENGINE_DATA": str(tmp_path),
        "EXAM_ENGINE_TIMEZONE": "Asia/Shanghai",
    }
    port = free_port()
    result = run("--data", sample, "--port", port, **real)
    assert result.exit_code == 0, result.output
    (settings,) = served
    assert settings.is_embedded
    assert settings.issuer == "local"
    assert settings.timezone.key == "Asia/Shanghai"
    assert settings.site_url == f"http://127.0.0.1:{port}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_a_folder_that_holds_anything_else_is_neither_used_nor_deleted(
    tmp_path: Path, served: list[Settings], fresh: list[str]
) -> None:
    real = tmp_path / "real"
    assert CliRunner().invoke(main, ["init", "--data", str(real)]).exit_code == 0
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("Dear mother", "utf-8")
    for folder in (real, tmp_path / "letters"):
        result = run("--data", folder, "--port", free_port(), *fresh)
        assert (result.exit_code, served) == (2, [])
        assert "holds no sample site" in result.stderr
    assert (real / "exam-engine.db").exists()
    assert (tmp_path / "letters" / "mother.txt").exists()


def test_fresh_forgets_what_earlier_runs_kept(
    sample: Path, tmp_path: Path, served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "again"
    sample_copy(sample, data)
    monkeypatch.setattr(demo_command, "build_site", lambda settings, now: None)
    monkeypatch.setattr(demo_command, "keep_open", lambda settings, now: None)
    (data / "kept").touch()
    result = run("--data", data, "--port", free_port(), "--fresh")
    assert "Preparing the sample site" in result.output
    assert not (data / "kept").exists()


def sample_copy(sample: Path, data: Path) -> None:
    data.mkdir()
    for path in sample.iterdir():
        if path.is_file():
            (data / path.name).write_bytes(path.read_bytes())


def test_a_build_broken_off_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_command, "build_site", interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare_site(tmp_path / "data" / "demo")
    assert list((tmp_path / "data").iterdir()) == []


def test_disputed_scripts_wait_for_the_senior_grader_and_one_is_settled(sample: Path) -> None:
    database = open_database(sample)
    with database.read() as session:
        waiting = session.scalar(select(func.count(Script.id)).where(Script.state == ScriptState.ADJUDICATION))
        by_okafor = select(func.count(Mark.id)).join(User, User.id == Mark.marker_id).where(User.login == "okafor")
        assert waiting
        assert session.scalar(by_okafor) == 1
    database.close()


# The cohort


def test_the_same_seed_gives_the_same_cohort() -> None:
    reports = [run("--simulate", 4, "--seed", 5) for _ in range(2)]
    assert [report.exit_code for report in reports] == [0, 0]
    assert reports[0].output == reports[1].output
    assert "Outcomes" in reports[0].output


def test_a_cohort_can_be_kept_for_a_closer_look_but_never_over_something_else(tmp_path: Path) -> None:
    kept = tmp_path / "cohort"
    assert f"serve --data {kept}" in run("--simulate", 3, "--keep", kept).output
    database = open_database(kept)
    with database.read() as session:
        assert session.scalar(select(func.count(User.id)))
    database.close()
    assert run("--simulate", 3, "--keep", kept).exit_code == 2


def test_a_cohort_of_fewer_than_three_is_bad_usage() -> None:
    assert run("--simulate", 2).exit_code == 2

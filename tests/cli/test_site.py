"""Setting a site up and keeping it running, from the command line."""

import os
import shutil
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from sqlalchemy import select

from exam_engine import worker as jobs
from exam_engine.cli import main, site
from exam_engine.core.clock import system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import Role, User
from exam_engine.core.sign_in import check_password
from exam_engine.delivery.records import Attempt, AttemptState
from exam_engine.migrate import alembic_config, newest_revision, upgrade_database
from tests.delivery.site import MINUTES, OPENS, Site, TestClock, seed


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's environment says of another site does not count, and what a command sets goes again."""
    for name in (
        "DATA",
        "DATABASE_URL",
        "SECRET",
        "SITE_URL",
        "TIMEZONE",
        "GRACE_S",
        "ISSUER",
        "WEBHOOK_URL",
        "WEBHOOK_SECRET",
    ):
        monkeypatch.setenv(f"EXAM_ENGINE_{name}", "")
        monkeypatch.delenv(f"EXAM_ENGINE_{name}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def good_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site as `init` leaves it, to be copied."""
    place = tmp_path_factory.mktemp("good") / "data"
    assert run("init", "--data", place).exit_code == 0
    return place


@pytest.fixture
def set_up(folder: Path, good_site: Path) -> Path:
    """The folder of a site that is set up."""
    shutil.copytree(good_site, folder)
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """What would have been served: (host, port, workers)."""
    calls: list[tuple[str, int, int]] = []
    monkeypatch.setattr(site, "_run_granian", lambda settings, host, port, workers: calls.append((host, port, workers)))
    return calls


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env=environment)


def database_of(folder: Path) -> Database:
    settings = Settings.load({}, data_dir=folder)
    return Database(settings.database_url, settings.secret)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# init and upgrade


def test_a_new_site_has_an_administrator_with_the_password_that_was_printed(folder: Path) -> None:
    result = run("init", "--data", folder, "--administrator", "root")
    assert result.exit_code == 0, result.output
    password = result.output.partition("password ")[2].split()[0]
    database = database_of(folder)
    with database.read() as session:
        user = check_password(session, "root", password)
        assert user.roles == [Role.ADMINISTRATOR]
        assert session.scalars(select(User.login)).all() == ["root"]
    database.close()


def test_a_site_is_set_up_once(folder: Path) -> None:
    run("init", "--data", folder)
    result = run("init", "--data", folder, "--administrator", "second")
    assert result.exit_code == 1
    assert "set up already" in result.stderr
    database = database_of(folder)
    with database.read() as session:
        assert session.scalars(select(User.login)).all() == ["admin"]
    database.close()


def test_the_secret_of_a_new_site_can_be_read_by_its_owner_alone(folder: Path) -> None:
    run("init", "--data", folder)
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600


def test_upgrade_brings_the_tables_up_and_may_be_run_again(folder: Path) -> None:
    first = run("upgrade", "--data", folder)
    assert first.exit_code == 0
    assert first.output == f"Tables: none → {newest_revision()}.\n"
    again = run("upgrade", "--data", folder)
    assert again.output == f"Tables: {newest_revision()} → {newest_revision()}.\n"


# serve


def test_a_good_site_is_served_where_it_is_asked_for(set_up: Path, started: list[tuple[str, int, int]]) -> None:
    port = free_port()
    result = run("serve", "--data", set_up, "--port", port)
    assert result.exit_code == 0, result.output
    assert started == [("127.0.0.1", port, 1)]


def test_sqlite_is_served_by_one_worker_only(set_up: Path, started: list[tuple[str, int, int]]) -> None:
    result = run("serve", "--data", set_up, "--workers", "2")
    assert (result.exit_code, started) == (2, [])
    assert "SQLite has one writer" in result.stderr


def test_postgresql_is_served_by_several(
    folder: Path, postgres_database: Database, started: list[tuple[str, int, int]]
) -> None:
    command.stamp(alembic_config(postgres_database.url), "head")
    url = postgres_database.url.replace("+psycopg", "")
    result = run("serve", "--data", folder, "--workers", "3", "--port", free_port(), EXAM_ENGINE_DATABASE_URL=url)
    assert result.exit_code == 0, result.output
    assert [call[2] for call in started] == [3]


def test_a_site_without_tables_is_not_served(folder: Path, started: list[tuple[str, int, int]]) -> None:
    result = run("serve", "--data", folder)
    assert (result.exit_code, started) == (1, [])
    assert "exam-engine init" in result.stderr


def test_a_site_with_old_tables_is_not_served(set_up: Path, started: list[tuple[str, int, int]]) -> None:
    _pretend_older_tables(set_up)
    result = run("serve", "--data", set_up)
    assert (result.exit_code, started) == (1, [])
    assert "exam-engine upgrade" in result.stderr


def _pretend_older_tables(folder: Path) -> None:
    database = database_of(folder)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    database.close()


def test_a_site_is_served_once_at_a_time(set_up: Path, started: list[tuple[str, int, int]]) -> None:
    with site.only_server(Settings.load({}, data_dir=set_up)):
        result = run("serve", "--data", set_up, "--port", free_port())
    assert (result.exit_code, started) == (1, [])
    assert "served already" in result.stderr


def test_a_port_that_another_program_listens_on_is_refused(set_up: Path, started: list[tuple[str, int, int]]) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the server itself does
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = run("serve", "--data", set_up, "--port", other.getsockname()[1])
    assert (result.exit_code, started) == (2, [])
    assert "in use" in result.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"EXAM_ENGINE_ISSUER": "nobody"}, "EXAM_ENGINE_ISSUER: there is no issuer 'nobody'; known: local, webhook"),
        ({"EXAM_ENGINE_ISSUER": "webhook"}, "EXAM_ENGINE_WEBHOOK_URL must be"),
        (
            {"EXAM_ENGINE_ISSUER": "webhook", "EXAM_ENGINE_WEBHOOK_URL": "https://issuer.example/"},
            "EXAM_ENGINE_WEBHOOK_SECRET must be",
        ),
        ({"EXAM_ENGINE_TIMEZONE": "Asia/Nowhere"}, "EXAM_ENGINE_TIMEZONE: there is no time zone"),
        ({"EXAM_ENGINE_GRACE_S": "-1"}, "EXAM_ENGINE_GRACE_S must be a whole number"),
        ({"EXAM_ENGINE_SECRET": "short"}, "EXAM_ENGINE_SECRET must have at least 32"),
        ({"EXAM_ENGINE_DATABASE_URL": "mysql://root@localhost/exam"}, "EXAM_ENGINE_DATABASE_URL must begin with postgresql://"),
    ],
)
@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_setting_that_cannot_be_used_is_named(
    name: str, environment: dict[str, str], said: str, set_up: Path, started: list[tuple[str, int, int]]
) -> None:
    result = run(name, "--data", set_up, **environment)
    assert (result.exit_code, started) == (2, [])
    assert said in result.stderr


# doctor


def test_doctor_finds_nothing_on_a_good_site(set_up: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "player" / "dist").mkdir(parents=True)
    (tmp_path / "player" / "dist" / "player.js").touch()
    monkeypatch.setattr(site, "PLAYER", tmp_path / "player")
    result = run("doctor", "--data", set_up)
    assert (result.exit_code, result.output) == (0, "Everything is in place.\n")


def test_doctor_misses_tables(folder: Path) -> None:
    result = run("doctor", "--data", folder)
    assert result.exit_code == 1
    assert "- The site is not set up: run `exam-engine init`." in result.output


def test_doctor_sees_old_tables_a_missing_player_and_a_full_disk(set_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_older_tables(set_up)
    monkeypatch.setattr(site, "PLAYER", set_up)
    usage = shutil.disk_usage(set_up)
    monkeypatch.setattr(site.shutil, "disk_usage", lambda _: usage._replace(free=7 << 20))
    result = run("doctor", "--data", set_up)
    assert result.exit_code == 1
    assert "run `exam-engine upgrade`" in result.output
    assert "The player is not built" in result.output
    assert "Only 7 MB are free" in result.output
    assert "3 thing(s) to put right." in result.stderr


def test_doctor_sees_a_folder_that_cannot_be_written(set_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.os, "access", lambda path, mode: mode != os.W_OK)
    result = run("doctor", "--data", set_up)
    assert result.exit_code == 1
    assert f"{set_up} cannot be written." in result.output


def test_a_data_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("doctor", "--data", tmp_path / "file" / "data")
    assert result.exit_code == 2
    assert "The data folder cannot be used" in result.stderr


def test_doctor_sees_a_database_that_does_not_answer(folder: Path) -> None:
    url = f"postgresql://exam@127.0.0.1:{free_port()}/exam"
    result = run("doctor", "--data", folder, EXAM_ENGINE_DATABASE_URL=url)
    assert result.exit_code == 1
    assert "The database does not answer" in result.output


# worker


def test_the_worker_closes_what_is_overdue_and_says_how_much(tmp_path: Path, folder: Path) -> None:
    settings = Settings.load({}, data_dir=folder)
    upgrade_database(settings.database_url)
    database = Database(settings.database_url, settings.secret)
    clock = TestClock(OPENS + timedelta(minutes=1))
    exam = Site(database, tmp_path, clock)
    exam.sit(seed(database)).save("q1", "B")
    exam.close()
    assert OPENS + timedelta(minutes=MINUTES + 2) < system_clock(), "the exam of the tests has long ended"
    result = run("worker", "--data", folder, "--once")
    nothing_else = "passes delivered: 0\nsittings analysed: 0\ncalibrations computed: 0\n"
    assert (result.exit_code, result.output) == (0, f"attempts closed: 1\n{nothing_else}")
    assert run("worker", "--data", folder, "--once").output == f"attempts closed: 0\n{nothing_else}"
    with database.read() as session:
        assert session.scalars(select(Attempt.state)).all() == [AttemptState.CLOSED]
    database.close()


def test_a_job_that_fails_does_not_keep_the_others_from_their_work(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise KeyError("a plug-in's own fault")

    monkeypatch.setattr(jobs, "JOBS", {"first": fail, "second": lambda *_: 3})
    settings = Settings.load({}, data_dir=tmp_path)
    assert jobs.run_jobs(sqlite_database, settings, system_clock) == {"first": 0, "second": 3}

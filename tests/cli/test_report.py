"""`exam-engine report`: one file about one sitting, in one language or both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from exam_engine.cli import main
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.migrate import upgrade_database
from tests.conftest import SECRET
from tests.world import build_world, level_bank


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a site with one prepared sitting that nobody has sat yet."""
    data = tmp_path_factory.mktemp("data")
    settings = Settings.load({}, data_dir=data)
    upgrade_database(settings.database_url)
    database = Database(settings.database_url, SECRET)
    build_world(database, data, bank=level_bank("junior"))  # a bank of its own: nothing is copied over the tables
    yield data
    database.close()


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["report", *words, "--data", str(folder)])


def test_the_report_is_written_in_both_languages(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    assert run(folder, "1", "--out", str(out)).exit_code == 0
    file = out.read_text(encoding="utf-8")
    assert "Nobody has handed in a paper of this sitting yet." in file
    assert "本场次尚无人交卷" in file


def test_one_language_can_be_asked_for(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    assert run(folder, "1", "--out", str(out), "--lang", "en").exit_code == 0
    assert "本场次" not in out.read_text(encoding="utf-8")


def test_a_sitting_that_is_not_there_and_a_place_that_cannot_be_written_are_said(folder: Path, tmp_path: Path) -> None:
    missing = run(folder, "77", "--out", str(tmp_path / "r.html"))
    assert missing.exit_code == 1
    assert "Sitting 77" in missing.stderr
    assert not (tmp_path / "r.html").exists()
    nowhere = run(folder, "1", "--out", str(tmp_path / "none" / "r.html"))
    assert nowhere.exit_code == 1
    assert "No such file" in nowhere.stderr


def test_a_site_that_is_not_set_up_is_said(tmp_path: Path) -> None:
    answer = run(tmp_path, "1")
    assert answer.exit_code == 1
    assert "exam-engine init" in answer.stderr

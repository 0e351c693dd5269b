"""`exam-engine audit verify`: edits, deletions, swaps and cuts are found, in the audit chain and in every attempt's answers."""

from datetime import timedelta

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from exam_engine.cli import main
from exam_engine.cli.audit import verify_site
from exam_engine.core.database import Database
from exam_engine.migrate import upgrade_database
from tests.conftest import NOW, SECRET
from tests.results.centre import Centre
from tests.results.conftest import scheme  # noqa: F401  a fixture


@pytest.fixture
def site(database, scheme) -> Database:  # noqa: F811  the fixture above
    """Two attempts handed in."""
    with database.write() as session:
        centre = Centre.open(session, scheme, NOW)
        sitting = centre.sitting([centre.enrol(1, "junior"), centre.enrol(2, "junior")], NOW)
        for booking in sitting.bookings:
            centre.theory(booking, 3)
    return database


def _places(site: Database) -> list[str]:
    return [finding.place for finding in verify_site(site, SECRET)[2]]


def _tamper(site: Database, *statements: str) -> None:
    with site.write() as session:
        for statement in statements:
            session.execute(text(statement))


def test_what_was_not_touched_has_no_faults(site):
    entries, attempts, findings = verify_site(site, SECRET)
    assert (attempts, findings) == (2, [])
    assert entries > 4


ANSWERS = {
    "an edited response": ["UPDATE answers SET response = '\"C\"' WHERE attempt_id = 1 AND seq = 2"],
    "an edited response with its digest": [
        "UPDATE answers SET response = '\"C\"', digest = 'x' WHERE attempt_id = 1 AND seq = 2"
    ],
    "a deleted answer": ["DELETE FROM answers WHERE attempt_id = 1 AND seq = 3"],
    "two answers swapped": [
        "UPDATE answers SET position = 99 WHERE attempt_id = 1 AND seq = 2",
        "UPDATE answers SET position = 2 WHERE attempt_id = 1 AND seq = 3",
        "UPDATE answers SET position = 3 WHERE attempt_id = 1 AND seq = 2",
    ],
    "the last answer cut off, head and counts put right": [
        "DELETE FROM answers WHERE attempt_id = 1 AND seq = 6",
        ("UPDATE attempts SET answer_count = 5, last_seq = 5, "
        "head = (SELECT link FROM answers WHERE attempt_id = 1 AND seq = 5) WHERE id = 1"),
    ],
    "another head": ["UPDATE attempts SET head = 'x' WHERE id = 1"],
    "an answer moved to another attempt": [
        "UPDATE answers SET attempt_id = 1, seq = 7, position = 7 WHERE attempt_id = 2 AND seq = 6"
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_a_change_of_answers_is_found_at_its_attempt(site, name):
    _tamper(site, *ANSWERS[name])
    assert any(place.startswith("attempt 1") for place in _places(site))


ENTRIES = {
    "an edited entry": ["UPDATE audit_entries SET actor = 'nobody' WHERE seq = 5"],
    "a deleted entry": ["DELETE FROM audit_entries WHERE seq = 5"],
    "two entries swapped": [
        "UPDATE audit_entries SET seq = 999 WHERE seq = 5",
        "UPDATE audit_entries SET seq = 5 WHERE seq = 6",
        "UPDATE audit_entries SET seq = 6 WHERE seq = 999",
    ],
    "a shortened chain": [
        "DELETE FROM audit_entries WHERE seq = (SELECT seq FROM audit_head)",
        ("UPDATE audit_head SET seq = (SELECT max(seq) FROM audit_entries), "
        "digest = (SELECT digest FROM audit_entries ORDER BY seq DESC LIMIT 1)"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_a_change_of_the_audit_chain_is_found(site, name):
    _tamper(site, *ENTRIES[name])
    assert any(place.startswith(("entry", "head")) for place in _places(site))


def test_an_attempt_that_ended_without_a_record_is_found(site):
    _tamper(site, "UPDATE audit_entries SET action = 'attempt.seen' WHERE subject = 'attempt:2'")
    assert "attempt 2" in _places(site)


def test_the_command_ends_with_1_and_names_the_faults(tmp_path, scheme, monkeypatch):  # noqa: F811  the fixture above
    monkeypatch.setenv("EXAM_ENGINE_SECRET", SECRET.decode())
    url = f"sqlite:///{tmp_path / 'exam-engine.db'}"
    upgrade_database(url)
    database = Database(url, SECRET)
    with database.write() as session:
        centre = Centre.open(session, scheme, NOW - timedelta(days=1))
        centre.theory(centre.sitting([centre.enrol(1, "junior")], NOW).bookings[0], 3)
    run = ["audit", "verify", "--data", str(tmp_path)]
    good = CliRunner().invoke(main, [*run, "--json"])
    assert (good.exit_code, orjson.loads(good.stdout)["attempts"], orjson.loads(good.stdout)["findings"]) == (0, 1, [])
    _tamper(database, *ANSWERS["an edited response"])
    database.close()
    bad = CliRunner().invoke(main, run)
    assert bad.exit_code == 1
    assert "attempt 1, answer 2 (slot q1): was changed after it was stored" in bad.output


def test_a_site_that_is_not_set_up_is_said(tmp_path):
    result = CliRunner().invoke(main, ["audit", "verify", "--data", str(tmp_path)])
    assert (result.exit_code, "not set up" in result.output) == (1, True)

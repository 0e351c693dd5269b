"""Whoever edits, deletes, swaps or shortens the audit chain is found."""

import pytest
from sqlalchemy import text

from exam_engine.core import audit
from exam_engine.core.database import Database
from tests.conftest import NOW, SECRET

TAMPERING = {
    "edit": "UPDATE audit_entries SET data = '{}' WHERE seq = 3",
    "edit of the actor": "UPDATE audit_entries SET actor = 'mallory' WHERE seq = 2",
    "deletion in the middle": "DELETE FROM audit_entries WHERE seq = 3",
    "deletion of the first": "DELETE FROM audit_entries WHERE seq = 1",
    "truncation": "DELETE FROM audit_entries WHERE seq = 5",
    "truncation with the head moved": "DELETE FROM audit_entries WHERE seq = 5; "
    "UPDATE audit_head SET seq = 4, digest = (SELECT digest FROM audit_entries WHERE seq = 4)",
    "lost head": "DELETE FROM audit_head",
    "time moved": "UPDATE audit_entries SET at = at + 1 WHERE seq = 4",
}


def write_five(database: Database) -> None:
    for number in range(5):
        with database.write() as session:
            audit.record(session, "mira", "item.approved", f"item:{number}", NOW, version=number)


def test_an_untouched_chain_holds(database: Database) -> None:
    write_five(database)
    with database.read() as session:
        assert list(audit.find_faults(session, SECRET)) == []


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found(database: Database, how: str) -> None:
    write_five(database)
    with database.write() as session:
        for statement in TAMPERING[how].split("; "):
            session.execute(text(statement))
    with database.read() as session:
        assert list(audit.find_faults(session, SECRET)) != []


def test_swapped_entries_are_found(database: Database) -> None:
    write_five(database)
    with database.write() as session:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            session.execute(text("UPDATE audit_entries SET seq = :new WHERE seq = :old"), {"old": old, "new": new})
    with database.read() as session:
        assert list(audit.find_faults(session, SECRET)) != []


def test_a_change_that_fails_leaves_no_entry(database: Database) -> None:
    def fail_late() -> None:
        with database.write() as session:
            audit.record(session, "mira", "item.approved", "item:1", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM audit_entries")).scalar() == 0

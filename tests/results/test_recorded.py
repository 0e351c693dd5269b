"""Whoever changes a released result, a final mark or a deadline directly in the database is found by `audit verify`."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from exam_engine.cli.audit import verify_site
from exam_engine.core.database import Database
from exam_engine.demo.crowd import Crowd
from exam_engine.demo.exam_day import ExamDay, MovableClock
from tests.conftest import SECRET
from tests.world import World, build_world


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A site whose two intermediate candidates sat, were marked and have their results, as the bytes of its database."""
    folder = tmp_path_factory.mktemp("held")
    from exam_engine.records import Base

    database = Database(f"sqlite:///{folder / 'exam.db'}", SECRET)
    Base.metadata.create_all(database.engine)
    world: World = build_world(database, folder, level="intermediate", candidates=2)
    clock = MovableClock(world.now + timedelta(minutes=1))
    draw = np.random.default_rng(7)
    crowd = Crowd.of_abilities({one.candidate.number: 1.0 for one in world.enrolments}, draw)
    day = ExamDay(world.settings, world.database, world.staff, clock, draw)
    day.sit(world.sitting.id, crowd)
    day.mark(crowd)
    day.release(world.sitting.id)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return (folder / "exam.db").read_bytes()


@pytest.fixture
def site(held: bytes, tmp_path: Path) -> Database:
    (tmp_path / "exam.db").write_bytes(held)
    return Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)


def test_a_site_nobody_touched_has_no_faults(site: Database) -> None:
    assert verify_site(site, SECRET)[2] == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE results SET total = '99' WHERE id = 1", "result 1"),
        ("UPDATE results SET outcome = CASE outcome WHEN 'pass' THEN 'fail' ELSE 'pass' END WHERE id = 2", "result 2"),
        ("UPDATE marks SET total = '0' WHERE id = 1", "script"),
        ("UPDATE attempts SET deadline_at = deadline_at + 600000 WHERE id = 1", "attempt 1"),
    ],
)
def test_a_change_behind_the_chains_back_is_found(site: Database, change: str, place: str) -> None:
    with site.write() as session:
        session.execute(text(change))
    findings = verify_site(site, SECRET)[2]
    assert findings
    assert all(finding.place.startswith(place) for finding in findings)

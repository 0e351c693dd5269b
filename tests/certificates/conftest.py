"""A site file with two proposed results, a pass and a fail, copied for every test that breaks something."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.results.actions import propose_results
from tests.conftest import NOW, SECRET
from tests.results.centre import Centre
from tests.results.conftest import centre, scheme  # noqa: F401  fixtures

AFTER = NOW + timedelta(hours=3)


@pytest.fixture(scope="session")
def proposed_file(sqlite_template, tmp_path_factory, scheme) -> Path:  # noqa: F811  the fixture above
    """A database in which a pass and a fail wait for release."""
    path = tmp_path_factory.mktemp("proposed") / "exam.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}", SECRET)
    with database.write() as session:
        site = Centre.open(session, scheme, NOW)
        sitting = site.sitting([site.enrol(1, "junior"), site.enrol(2, "junior")], NOW)
        site.theory(sitting.bookings[0], 4)
        site.theory(sitting.bookings[1], 1)
        propose_results(session, sitting, site.users["chen"], AFTER)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def proposed(proposed_file, tmp_path):
    """Opens a fresh copy of the site each time it is called."""
    opened = []

    def open_copy() -> Database:
        path = tmp_path / f"copy-{len(opened)}.db"
        shutil.copy(proposed_file, path)
        opened.append(Database(f"sqlite:///{path}", SECRET))
        return opened[-1]

    yield open_copy
    for database in opened:
        database.close()


def settings_of(database: Database, **changes) -> Settings:
    """Settings of a test site."""
    return Settings(
        data_dir=Path(database.url.removeprefix("sqlite:///")).parent, database_url=database.url, secret=SECRET, **changes
    )

"""Databases for the tests: every test that asks for `database` runs on SQLite and on PostgreSQL, each time on a fresh copy."""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from exam_engine.core.database import Database
from exam_engine.records import Base
from tests.postgres import run_postgres

SECRET = b"a secret that only the tests know!"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

_counter = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories in a browser come first: a few slow files at the end would leave one worker waiting for the other."""
    items.sort(key=lambda item: "flows" not in item.path.parts)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL whose database `template_exam` holds the schema."""
    with run_postgres() as url:
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE template_exam"))
        template = create_engine(make_url(url).set(database="template_exam"))
        Base.metadata.create_all(template)
        template.dispose()
        admin.dispose()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the schema."""
    path = tmp_path_factory.mktemp("template") / "exam.db"
    database = Database(f"sqlite:///{path}", SECRET)
    Base.metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """A fresh SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "exam.db")
    database = Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """A fresh PostgreSQL database, copied from the template and dropped afterwards."""
    name = f"exam_{next(_counter)}"
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_exam"))
    database = Database(make_url(postgres_url).set(database=name).render_as_string(hide_password=False), SECRET)
    yield database
    database.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database, once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found

"""The database: SQLite embedded or PostgreSQL, told apart by the URL alone.

On SQLite every writing transaction takes one lock of this process and then `BEGIN IMMEDIATE`: a second writer
would otherwise sleep and poll inside SQLite. Readers never wait (WAL).
"""

import enum
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Engine, Enum, Integer, MetaData, Text, TypeDecorator, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from exam_engine.core.clock import from_ms, to_ms


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as whole milliseconds so that both databases agree to the last digit."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store as milliseconds."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read as an aware datetime."""
        return None if value is None else from_ms(value)


class Document(TypeDecorator[Any]):
    """A JSON value stored as text: read whole, never queried inside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Store as text."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read as Python values."""
        return None if value is None else orjson.loads(value)


Key = BigInteger().with_variant(Integer, "sqlite")
"""Type of numeric primary keys (SQLite counts by itself only in INTEGER columns)."""


def state_column(states: type[enum.StrEnum]) -> Enum:
    """A column type for an enum of states, with a check constraint in both databases."""
    return Enum(
        states, native_enum=False, create_constraint=True, length=32, values_callable=lambda kind: [one.value for one in kind]
    )


class Base(DeclarativeBase):
    """Parent of all records."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant}  # noqa: RUF012  SQLAlchemy's own idiom


class Database:
    """One site's database: `read()` and `write()` give sessions; the caller of `write()` owns the transaction."""

    def __init__(self, url: str, secret: bytes, *, pool_size: int = 8) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.write_lock = threading.RLock()
        self.engine = self._make_engine(pool_size)
        # Actions write audit entries, and the chain's seal needs the site's secret.
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info={"secret": secret})

    def _make_engine(self, pool_size: int) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
        if path := make_url(self.url).database:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self.url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=pool_size)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; what it changes is rolled back."""
        with self._sessions() as session:
            yield session  # closing rolls back; an explicit rollback would also expire what was read

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one writing transaction: committed at the end, rolled back when anything is raised."""
        with self.write_lock if self.is_sqlite else nullcontext(), self._sessions() as session:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below decides how a transaction starts
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

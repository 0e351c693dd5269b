"""The writer's own connection: a statement a batch instead of a statement a row, in the driver's own calls."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from exam_engine.core.database import Database
from exam_engine.delivery.statements import Query

Row = Sequence[Any]

FIELD: Final = re.compile(r"\{(\d+):(\w+)\}")
LOCK: Final = re.compile(r"\{(lock|share):(\w+)\}")


class StorageError(Exception):
    """The database could not store, or could not promise that it has stored.

    Parameters
    ----------
    message
        What the database said.
    is_passing
        Whether the same batch may be tried again at once, as after a deadlock.
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class Store(ABC):
    """What a batch needs from a database. From `begin` to `commit` the rows that questions lock belong to the batch."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._texts: dict[str, str] = {}

    @abstractmethod
    def begin(self) -> None:
        """Start a writing transaction, on a new connection when there is none."""

    @abstractmethod
    def commit(self) -> None:
        """Make the transaction durable; StorageError when that cannot be promised."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo the transaction; harmless when there is none."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back; the next `begin` makes a new one."""

    @abstractmethod
    def query(self, query: Query, parameter: Sequence[Any]) -> list[Row]:
        """Rows of a question about the list `parameter`."""

    @abstractmethod
    def execute(self, statement: str, rows: Sequence[Row]) -> list[Row]:
        """Run a statement over the list `rows`; what it returns, if it returns something."""

    @abstractmethod
    def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run a statement once a row, for values that JSON cannot carry."""


def open_store(database: Database) -> Store:
    """The store that fits the database."""
    if database.is_sqlite:
        from exam_engine.delivery.store_sqlite import SqliteStore  # noqa: PLC0415  only the driver in use is loaded

        return SqliteStore(database)
    from exam_engine.delivery.store_postgres import PostgresStore  # noqa: PLC0415  likewise

    return PostgresStore(database)


def as_json(value: Any) -> str:
    """The one parameter of a statement."""
    return orjson.dumps(value).decode()

"""SQLite for the writer: one connection, `BEGIN IMMEDIATE`, WAL with `synchronous=FULL` as core.database prepares it.

The answer to a question comes as one JSON value: every row that is fetched hands the interpreter to another thread, and on
a busy server it comes back milliseconds later.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import orjson

from exam_engine.core.database import Database
from exam_engine.delivery.statements import Query
from exam_engine.delivery.store import FIELD, LOCK, Row, StorageError, Store, as_json

_BATCH_FAULTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)


class SqliteStore(Store):
    """The writer's connection to SQLite."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._opened: sqlite3.Connection | None = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            pooled = self.database.engine.raw_connection()
            self._opened = cast("sqlite3.Connection", pooled.driver_connection)
            pooled.detach()  # ours alone from now on
        return self._opened

    def begin(self) -> None:
        """Take the write lock of the file; the lock of the process is the writer's business."""
        self._run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit: the log is on the disk when this returns."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Undo; SQLite may have done so by itself after a full disk."""
        if self._opened is not None and self._opened.in_transaction:
            self._run("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def query(self, query: Query, parameter: Sequence[Any]) -> list[Row]:
        """Rows as lists."""
        text = self._texts.get(query.source)
        if text is None:
            self._texts[query.source] = text = _pack(query)
        rows: list[Row] = orjson.loads(self._run(text, as_json(parameter)).fetchone()[0])
        return rows

    def execute(self, statement: str, rows: Sequence[Row]) -> list[Row]:
        """Rows as tuples."""
        text = self._texts.get(statement)
        if text is None:
            self._texts[statement] = text = _render(statement)
        return self._run(text, as_json(rows)).fetchall()

    def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Once a row."""
        with _translated():
            self._connection.executemany(statement.format(p="?"), rows)

    def _run(self, text: str, *parameters: str) -> sqlite3.Cursor:
        with _translated():
            return self._connection.execute(text, parameters)


@contextmanager
def _translated() -> Iterator[None]:
    """Say "cannot store" for what is the disk's fault; a broken constraint stays what it is."""
    try:
        yield
    except _BATCH_FAULTS:
        raise
    except sqlite3.Error as error:
        raise StorageError(str(error)) from error


def _pack(query: Query) -> str:
    columns = ", ".join(f"{column} AS c{number}" for number, column in enumerate(query.columns))
    packed = ", ".join(f"c{number}" for number in range(len(query.columns)))
    return f"SELECT json_group_array(json_array({packed})) FROM ({_render(f'SELECT {columns} {query.source}')})"  # noqa: S608  no input


def _render(template: str) -> str:
    text = FIELD.sub(r"json_extract(r.value, '$[\1]')", LOCK.sub("", template))
    listed = "IN (SELECT value FROM json_each(?))"
    return text.replace("{rows}", "json_each(?) AS r").replace("{ids}", listed).replace("{words}", listed)

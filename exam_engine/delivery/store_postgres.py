"""PostgreSQL for the writer: one connection a process.

Rows are locked in the order of their numbers, so that writers of several processes wait for each other and never in a circle.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy.exc import DBAPIError

from exam_engine.core.database import Database
from exam_engine.delivery.statements import Query
from exam_engine.delivery.store import FIELD, LOCK, Row, StorageError, Store, as_json


class PostgresStore(Store):
    """The writer's connection to PostgreSQL."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._opened: psycopg.Connection[Any] | None = None
        self._warnings: list[str] = []

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        if self._opened is None:
            self._opened = self._connect()
        return self._opened

    def begin(self) -> None:
        """Connect when needed; the transaction itself starts with its first statement."""
        with _translated():
            _ = self._connection
        self._warnings.clear()

    def commit(self) -> None:
        """Commit; a warning that a standby may not have it is not a success."""
        with _translated():
            self._connection.commit()
        if self._warnings:
            raise StorageError(self._warnings[0])

    def rollback(self) -> None:
        """Undo."""
        if self._opened is not None and not self._opened.closed:
            with _translated():
                self._opened.rollback()

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def query(self, query: Query, parameter: Sequence[Any]) -> list[Row]:
        """Rows as tuples."""
        text = self._texts.get(query.source)
        if text is None:
            self._texts[query.source] = text = _render(f"SELECT {', '.join(query.columns)} {query.source}")
        return self._run(text, as_json(parameter)).fetchall()

    def execute(self, statement: str, rows: Sequence[Row]) -> list[Row]:
        """Rows as tuples."""
        text = self._texts.get(statement)
        if text is None:
            self._texts[statement] = text = _render(statement)
        cursor = self._run(text, as_json(rows))
        return cursor.fetchall() if cursor.description else []

    def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Once a row."""
        with _translated():
            self._connection.cursor().executemany(statement.format(p="%s"), rows)

    def _run(self, text: str, parameter: str) -> psycopg.Cursor[Any]:
        with _translated():
            return self._connection.execute(text, (parameter,))

    def _connect(self) -> psycopg.Connection[Any]:
        pooled = self.database.engine.raw_connection()
        connection = cast("psycopg.Connection[Any]", pooled.driver_connection)
        pooled.detach()  # ours alone from now on
        # Every statement here finds its rows by key; the planner cannot see into a JSON list and shall not guess.
        for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
            connection.execute(f"SET {setting} = off")
        setting_row = connection.execute("SHOW synchronous_commit").fetchone()
        if setting_row == ("off",):
            connection.execute("SET synchronous_commit = on")
        connection.commit()
        connection.add_notice_handler(self._hear)
        return connection

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "The database warned.")


@contextmanager
def _translated() -> Iterator[None]:
    """Say "cannot store" for a lost server, a full disk or a deadlock; a broken constraint stays what it is."""
    try:
        yield
    except psycopg.errors.TransactionRollback as error:
        raise StorageError(str(error), is_passing=True) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, DBAPIError, OSError) as error:
        raise StorageError(str(error)) from error


def _render(template: str) -> str:
    text = FIELD.sub(r"(r.value->>\1)::\2", template)
    text = LOCK.sub(lambda found: f"FOR {'UPDATE' if found[1] == 'lock' else 'SHARE'} OF {found[2]}", text)
    elements = "json_array_elements(%s::json) AS r(value)"
    ids = "= ANY(ARRAY(SELECT value::bigint FROM json_array_elements_text(%s::json)))"
    words = "= ANY(ARRAY(SELECT value FROM json_array_elements_text(%s::json)))"
    return text.replace("{rows}", elements).replace("{ids}", ids).replace("{words}", words)

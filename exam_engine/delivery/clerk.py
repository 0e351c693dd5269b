"""A batch from beginning to end: begin, decide, write, commit, and what to answer when one of these fails.

An operation that fails does not take the others with it: the batch is undone and its operations are tried one by one. When
nothing can be stored everyone is told so, and the next batch starts afresh on a new connection.
"""

import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Final

import structlog

from exam_engine.core.clock import Clock, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.batch import Desk
from exam_engine.delivery.decisions import Answer, carry_out
from exam_engine.delivery.forms import Forms
from exam_engine.delivery.operations import Operation, Scorer
from exam_engine.delivery.store import StorageError, open_store

TRIES: Final = 3

_log = structlog.get_logger(__name__)


class Clerk:
    """Carries out operations on a connection of its own; used by one thread at a time."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, scorer: Scorer) -> None:
        self.forms = Forms(database)
        self._clock = clock
        self._store = open_store(database)
        # A writer of SQLite waits for the process's other writers here, where waiting is fair, and not inside SQLite.
        self._lock: AbstractContextManager[object] = database.write_lock if database.is_sqlite else nullcontext()
        self._desk = Desk(settings.secret, settings.grace_s * 1000, self.forms, scorer, secrets.token_bytes)

    def answer(self, operations: Sequence[Operation]) -> list[Answer]:
        """Answers that are durable, or refusals; never an exception, so that everyone who waits is told something."""
        code = "server_error"
        for _ in range(TRIES):
            try:
                return self._commit(operations)
            except StorageError as error:
                code = "storage_unavailable"
                self._store.close()
                if not error.is_passing:
                    _log.error("storage unavailable", error=str(error), waiting=len(operations))
                    break
            except Exception:  # noqa: BLE001  whatever it is, it is logged and the rest goes on
                code = "server_error"
                if len(operations) > 1:
                    return [self.answer([operation])[0] for operation in operations]
                # Chance may have drawn a number that is taken: the next try draws another.
                _log.exception("operation failed", operation=type(operations[0]).__name__)
        return [Refusal(code) for _ in operations]

    def close(self) -> None:
        """Give the connection back."""
        self._store.close()

    def _commit(self, operations: Sequence[Operation]) -> list[Answer]:
        with self._lock:
            self._store.begin()
            try:
                answers = carry_out(self._store, self._desk, to_ms(self._clock()), operations)
                self._store.commit()
            except BaseException:
                with suppress(StorageError):
                    self._store.rollback()
                raise
        return answers

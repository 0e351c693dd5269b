"""The group-commit writer: one thread takes everything that waits, stores it in one transaction, and only then answers.

While one commit is on its way to the disk the next operations gather; so the disk is asked once for many. An operation that
fails does not take the others with it: the batch is undone and its operations are tried one by one. When nothing can be
stored everyone who waits is told so, and the next batch starts afresh on a new connection.
"""

import asyncio
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from exam_engine.core.clock import Clock, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.batch import Desk
from exam_engine.delivery.decisions import Answer, carry_out
from exam_engine.delivery.forms import Forms
from exam_engine.delivery.operations import Operation, Outcome, Scorer, score_nothing
from exam_engine.delivery.store import StorageError, Store, open_store

MOST_AT_ONCE: Final = 256
TRIES: Final = 3

_log = structlog.get_logger(__name__)

Reply = Callable[[Answer], None]
Waiting = tuple[Operation, "asyncio.AbstractEventLoop | None", "asyncio.Future[Answer] | Future[Answer]"]


class Writer:
    """Everything the hot path writes goes through here.

    Parameters
    ----------
    database, settings, clock
        The site's.
    scorer
        Marks attempts when they end; without one they are marked later.
    store
        The writer's connection; by default the one that fits the database.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        *,
        scorer: Scorer = score_nothing,
        store: Store | None = None,
    ) -> None:
        self.forms = Forms(database)
        self.batches = self.operations = 0
        self._clock = clock
        self._store = store or open_store(database)
        self._lock: AbstractContextManager[object] = database.write_lock if database.is_sqlite else nullcontext()
        self._desk = Desk(settings.secret, settings.grace_s * 1000, self.forms, scorer, secrets.token_bytes)
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    # Asking

    async def ask(self, operation: Operation) -> Outcome:
        """Have `operation` carried out, from a coroutine; the answer comes after the commit.

        Raises
        ------
        Refusal
            What the rules refuse; `storage_unavailable` when nothing can be stored.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._enqueue((operation, loop, future))
        return _unwrap(await future)

    def ask_and_wait(self, operation: Operation) -> Outcome:
        """Have `operation` carried out, from any thread but the writer's; otherwise like `ask`."""
        future: Future[Answer] = Future()
        self._enqueue((operation, None, future))
        return _unwrap(future.result())

    def _enqueue(self, waiting: Waiting) -> None:
        if self._thread is None:
            self.start()
        self._queue.put(waiting)

    # Running

    def start(self) -> None:
        """Start the thread, once; asking starts it too."""
        with self._starting:
            if self._thread is None:
                # The writer gives the interpreter away at every statement and must get it back soon.
                sys.setswitchinterval(min(sys.getswitchinterval(), 0.001))
                self._thread = threading.Thread(target=self._run, name="answer-writer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Carry out what waits, then end the thread and give the connection back."""
        with self._starting:
            if self._thread is not None:
                self._queue.put(None)
                self._thread.join()
                self._thread = None

    def _run(self) -> None:
        running = True
        while running:
            taken = [self._queue.get()]
            with suppress(Empty):
                while len(taken) < MOST_AT_ONCE:
                    taken.append(self._queue.get_nowait())
            batch = [waiting for waiting in taken if waiting is not None]
            running = len(batch) == len(taken)
            if batch:
                _tell(batch, self._answer([operation for operation, _, _ in batch]))
        self._store.close()

    def _answer(self, operations: Sequence[Operation]) -> list[Answer]:
        """Answers that are durable, or refusals; never an exception, because the thread must live on."""
        self.batches += 1
        self.operations += len(operations)
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
            except Exception:  # noqa: BLE001  whatever it is, the thread lives on and everyone is answered
                code = "server_error"
                if len(operations) > 1:
                    return [self._answer([operation])[0] for operation in operations]
                # Chance may have drawn a number that is taken: the next try draws another.
                _log.exception("operation failed", operation=type(operations[0]).__name__)
        return [Refusal(code) for _ in operations]

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


def _tell(batch: Sequence[Waiting], answers: Sequence[Answer]) -> None:
    """Give everyone their answer; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Answer]]] = {}
    for (_, loop, future), answer in zip(batch, answers, strict=True):
        if isinstance(future, Future):
            future.set_result(answer)
        elif loop is not None:
            by_loop.setdefault(loop, []).append((future, answer))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: Sequence[tuple["asyncio.Future[Answer]", Answer]]) -> None:
    for future, answer in settled:
        if not future.done():  # the browser may have gone
            future.set_result(answer)


def _unwrap(answer: Answer) -> Outcome:
    if isinstance(answer, Refusal):
        raise answer
    return answer

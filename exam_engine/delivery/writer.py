"""The group-commit writer: one thread takes everything that waits, stores it in one transaction, and only then answers.

While one commit is on its way to the disk the next operations gather; so the disk is asked once for many.
"""

import asyncio
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.clerk import Clerk
from exam_engine.delivery.decisions import Answer
from exam_engine.delivery.operations import Operation, Outcome, Scorer, score_nothing

MOST_AT_ONCE: Final = 256

Waiting = tuple[Operation, "asyncio.AbstractEventLoop | None", "asyncio.Future[Answer] | Future[Answer]"]


class Writer:
    """Everything the hot path writes goes through here.

    Parameters
    ----------
    database, settings, clock
        The site's.
    scorer
        Marks attempts when they end; without one they are marked later.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, scorer: Scorer = score_nothing) -> None:
        self._clerk = Clerk(database, settings, clock, scorer=scorer)
        self.forms = self._clerk.forms
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
                _tell(batch, self._clerk.answer([operation for operation, _, _ in batch]))
        self._clerk.close()


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

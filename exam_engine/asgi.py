"""One process, one application: the player's API beside the pages, and the writer they share."""

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from a2wsgi import WSGIMiddleware

from exam_engine.bodies import is_declared_too_large, receive_whole
from exam_engine.core.clock import Clock, system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.logs import set_up_logs
from exam_engine.delivery.api import make_api
from exam_engine.delivery.http import send_refusal
from exam_engine.delivery.writer import Writer
from exam_engine.marking.scoring import score_attempts
from exam_engine.web import create_app
from exam_engine.worker import run_until

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

API_PATHS: Final = ("/api/v1/papers/", "/api/v1/attempts/")
PAGE_THREADS: Final = 4


class Service:
    """The ASGI application. With `with_worker` the jobs run in a thread of this process (the embedded way)."""

    def __init__(self, settings: Settings, clock: Clock = system_clock, *, with_worker: bool) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings.database_url, settings.secret)
        self.writer = Writer(self.database, settings, clock, scorer=score_attempts)
        self.api = make_api(self.database, settings, clock, self.writer)
        # a2wsgi narrows the types of WSGI and ASGI to dictionaries of its own.
        pages: Any = create_app(settings, self.database, clock)
        self.pages: Any = WSGIMiddleware(pages, workers=PAGE_THREADS)
        self.with_worker = with_worker
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(API_PATHS):
            await self.api(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer_page(scope, receive, send)

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_declared_too_large(scope):
            await self.pages(scope, _as_coroutine(receive), send)
            return
        try:
            async with receive_whole(receive) as again:
                await self.pages(scope, again, send)
        except Refusal as refusal:
            await send_refusal(send, refusal)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def start(self) -> None:
        """Start the writer and, when asked for, the worker."""
        self.writer.start()
        if self.with_worker:
            arguments = (self._stop, self.database, self.settings, self.clock)
            self._worker = threading.Thread(target=run_until, args=arguments, name="worker", daemon=True)
            self._worker.start()

    def stop(self) -> None:
        """Finish what was begun and give everything back."""
        self._stop.set()
        if self._worker is not None:
            self._worker.join(timeout=10)
        self.writer.stop()
        self.database.close()


def _as_coroutine(receive: Receive) -> Receive:
    """The server's `receive` answers a future; a2wsgi schedules it from a thread, which takes a coroutine."""

    async def receive_one() -> MutableMapping[str, Any]:
        return await receive()

    return receive_one


def create_service() -> Service:
    """What the server loads: settings from the environment; the worker runs here when the site is embedded."""
    set_up_logs()
    settings = Settings.load()
    return Service(settings, with_worker=settings.is_embedded)

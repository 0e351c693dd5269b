"""The site as people meet it: the real service on a loopback port, and Chromium in front of it."""

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect, sync_playwright

from exam_engine.asgi import Service
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.sign_in import COOKIE
from exam_engine.demo.browser import Device
from exam_engine.demo.people import PASSWORD
from exam_engine.sittings.records import CandidatePaper
from exam_engine.worker import run_jobs
from tests.conftest import NOW
from tests.world import World, build_world

CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
QUIET: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 30_000

expect.set_options(timeout=PATIENCE_MS)


class RunningClock:
    """The centre's clock: it runs from where it is set, and can be moved forward while the site is open."""

    def __init__(self, now: datetime = NOW) -> None:
        self._set_to, self._set_at = now, time.monotonic()

    def __call__(self) -> datetime:
        """The time at the centre."""
        return self._set_to + timedelta(seconds=time.monotonic() - self._set_at)

    def move(self, **by: float) -> None:
        """Let time pass at once."""
        self._set_to += timedelta(**by)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class OnAir:
    """A service that listens: where, and the loop it lives in."""

    address: str
    service: Service
    loop: asyncio.AbstractEventLoop


@contextmanager
def serve(settings: Settings, clock: Clock, *, with_worker: bool = False) -> Iterator[OnAir]:
    """The whole service on a free port, with its lifespan."""
    port, loop, ready = free_port(), asyncio.new_event_loop(), threading.Event()
    service = Service(settings, clock, with_worker=with_worker)
    servers: list[Any] = []

    async def run() -> None:
        server = Server(service, address="127.0.0.1", port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
        servers.append(server)
        serving = asyncio.ensure_future(server.serve())
        while not _answers(port) and not serving.done():
            await asyncio.sleep(0.02)
        ready.set()
        await serving

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), name="site", daemon=True)
    thread.start()
    if not ready.wait(30) or not thread.is_alive():
        raise RuntimeError("the site did not start")
    try:
        yield OnAir(f"http://127.0.0.1:{port}", service, loop)
    finally:
        loop.call_soon_threadsafe(servers[0].stop)
        thread.join(30)
        loop.close()


def _answers(port: int) -> bool:
    with closing(socket.socket()) as probe, suppress(OSError):
        probe.connect(("127.0.0.1", port))
        return True
    return False


@dataclass
class Seen:
    """What a browser received: the body of every response, by address."""

    bodies: list[tuple[str, str]] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Keep what `context` receives from now on."""
        context.route("**/*", self._pass_on)
        context.on("console", lambda message: self.console.append(message.text))

    def _pass_on(self, route: Route) -> None:
        """Fetch for the browser, so that no body is lost to a page that has moved on."""
        response = route.fetch(max_redirects=0)
        self.bodies.append((route.request.url, response.body().decode(errors="replace")))
        route.fulfill(response=response)


@dataclass
class LiveSite:
    """A world on the air. `enter` gives a signed-in page; every context is closed with the test."""

    world: World
    air: OnAir
    clock: RunningClock
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the site listens."""
        return self.air.address

    @property
    def database(self) -> Database:
        """The database behind the site, for looking at what is really stored."""
        return self.world.database

    def new_context(self, language: str = "en", **options: Any) -> BrowserContext:
        """A browser of somebody's own: no cookies but the language."""
        context = self.browser.new_context(base_url=self.address, locale=language, accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "language", "value": language, "url": self.address}])
        self.contexts.append(context)
        return context

    def enter(self, login: str, context: BrowserContext | None = None, **options: Any) -> Page:
        """A page of somebody who is signed in already (the password page has a story of its own)."""
        context = context or self.new_context(**options)
        token = self._open_session(login)
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.address, "httpOnly": True, "sameSite": "Lax"}])
        return context.new_page()

    def _open_session(self, login: str) -> str:
        self.world.tokens.pop(login, None)  # sessions end after a day, and stories take weeks
        return self.world.sign_in(login, self.clock())

    def sign_in(self, page: Page, login: str) -> None:
        """Sign in as people do: name, password, Enter."""
        page.goto("/sign-in")
        page.keyboard.type(login)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    def candidate(self, number: int = 0) -> str:
        """The sign-in name of the `number`th candidate."""
        login: str = self.world.enrolments[number].candidate.user.login
        return login

    def paper(self, number: int = 0, kind: str = "theory") -> int:
        """The paper drawn for the `number`th candidate in the world's sitting."""
        with self.database.read() as session:
            papers = session.query(CandidatePaper).order_by(CandidatePaper.id)
            return next(
                one.id
                for one in papers
                if one.booking.enrolment_id == self.world.enrolments[number].id
                and one.booking.sitting_id == self.world.sitting.id
                and one.sitting_paper.kind == kind
            )

    def open_exam(self, page: Page, paper: int) -> None:
        """Declare, and wait for the first question."""
        page.goto(f"/exam/{paper}/declare")
        page.locator("input[name=declared]").check()
        page.locator("form.declare .btn-primary").click()
        page.locator(".exam-head").wait_for()

    def sit(self, paper: int, login: str, responses: Mapping[str, Any]) -> None:
        """Let a candidate sit a whole paper without a browser, through the same API."""
        token = self._open_session(login)

        async def sit() -> None:
            device = Device(self.air.service.api, token, self.world.settings.secret, "no-browser")
            await device.start(paper)
            moment = int(self.clock().timestamp() * 1000)
            await device.save([(slot, response, moment) for slot, response in responses.items()])
            await device.hand_in()

        asyncio.run_coroutine_threadsafe(sit(), self.air.loop).result(60)

    def work(self) -> None:
        """Let the worker do what is due now."""
        run_jobs(self.database, self.world.settings, self.clock)


@contextmanager
def on_air(world: World, browser: Browser, *, with_worker: bool = False) -> Iterator[LiveSite]:
    """Put `world` on the air until the block ends."""
    clock = RunningClock(world.now)
    with serve(world.settings, clock, with_worker=with_worker) as air:
        live = LiveSite(world, air, clock, browser)
        try:
            yield live
        finally:
            for context in live.contexts:
                context.close()


def launch(playwright: Playwright) -> Browser:
    """Chromium of this machine, else the one Playwright brings."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    return playwright.chromium.launch(executable_path=found, args=list(QUIET))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file: while Playwright runs, nothing else in the process can run an event loop."""
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def site(request: pytest.FixtureRequest, database: Database, tmp_path: Path, browser: Browser) -> Iterator[LiveSite]:
    """The junior world on the air; `@pytest.mark.parametrize("database", …, indirect=True)` chooses the database."""
    options = request.node.get_closest_marker("world")
    world = build_world(database, tmp_path, **(options.kwargs if options else {}))
    with on_air(world, browser) as live:
        yield live

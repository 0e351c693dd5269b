"""Whoever sends slowly holds up nobody else: a page's thread is taken once a request has arrived whole."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from exam_engine import bodies
from exam_engine.asgi import PAGE_THREADS, Service
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal

Message = dict[str, Any]
SECRET = b"a secret that only the tests know!"


def scope_of(method: str, path: str, length: int) -> Message:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        "headers": [*headers, (b"content-length", b"%d" % length)],
    }  # fmt: skip


def pieces(*parts: bytes) -> Callable[[], Awaitable[Message]]:
    """A sender of these pieces, who then waits for the answer."""

    async def send_all() -> AsyncIterator[Message]:
        for place, part in enumerate(parts or (b"",), start=1):
            yield {"type": "http.request", "body": part, "more_body": place < len(parts)}
        await asyncio.Event().wait()

    sender = send_all()
    return lambda: anext(sender)


async def ask(service: Service, method: str, path: str, *parts: bytes) -> int:
    answers: list[Message] = []

    async def send(message: Any) -> None:
        answers.append(message)

    await service(scope_of(method, path, sum(map(len, parts))), pieces(*parts), send)
    status: int = answers[0]["status"]
    return status


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Service:
    return Service(Settings(data_dir=tmp_path, database_url=sqlite_database.url, secret=SECRET), with_worker=False)


def test_pages_are_answered_while_more_senders_than_threads_are_slow(service: Service) -> None:
    async def never_ends() -> Message:
        await asyncio.Event().wait()
        return {}

    async def ignore(_: Any) -> None: ...

    async def story() -> int:
        slow = [service(scope_of("POST", "/sign-in", 100), never_ends, ignore) for _ in range(2 * PAGE_THREADS)]
        tasks = [asyncio.ensure_future(one) for one in slow]
        await asyncio.sleep(0)
        try:
            return await asyncio.wait_for(ask(service, "GET", "/healthz"), 20)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    assert asyncio.run(story()) == 200


def test_a_form_that_comes_in_pieces_is_read_whole(service: Service) -> None:
    assert asyncio.run(ask(service, "POST", "/sign-in", b"login=nobody", b"&password=", b"wrong")) == 401


def test_a_body_is_given_again_as_it_came_from_the_disk_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "IN_MEMORY", 10)
    sent = [bytes([place]) * 200_000 for place in range(3)]

    async def story() -> bytes:
        got, more = b"", True
        async with bodies.receive_whole(pieces(*sent)) as receive:
            while more:
                message = await receive()
                got, more = got + message["body"], message["more_body"]
        return got

    assert asyncio.run(story()) == b"".join(sent)


def test_a_body_that_does_not_say_its_size_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_BODY", 100)

    async def story() -> None:
        async with bodies.receive_whole(pieces(b"a" * 60, b"a" * 60)):
            """Nothing comes of it."""

    with pytest.raises(Refusal, match="too_large"):
        asyncio.run(story())


def test_a_body_that_says_it_is_too_large_is_refused_unread(service: Service) -> None:
    answers: list[Any] = []

    async def never_ends() -> Message:
        raise AssertionError("nothing of it is read")

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(service(scope_of("POST", "/sign-in", bodies.LARGEST_BODY + 1), never_ends, send))
    assert answers[0]["status"] == 413

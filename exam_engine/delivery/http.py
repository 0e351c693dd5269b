"""The little HTTP that the player's API needs, over ASGI: a request with a capped body, a JSON answer, a problem document."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from exam_engine.core.errors import Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADERS: Final = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


@dataclass(slots=True)
class Request:
    """One request; the body is read when it is asked for."""

    scope: Scope
    receive: Receive

    def header(self, name: bytes) -> str:
        """A header's value, empty when it is not there; `name` in lower case."""
        headers: list[tuple[bytes, bytes]] = self.scope["headers"]
        found = next((value for key, value in headers if key == name), b"")
        return found.decode("latin-1")

    def cookie(self, name: str) -> str:
        """A cookie's value, empty when it is not there."""
        for pair in self.header(b"cookie").split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
        return ""

    def argument(self, name: str) -> str:
        """An argument of the query string, empty when it is not there."""
        query: bytes = self.scope.get("query_string", b"")
        for pair in query.decode("latin-1").split("&"):
            key, _, value = pair.partition("=")
            if key == name:
                return value
        return ""

    async def body(self, most: int) -> bytes:
        """The whole body.

        Raises
        ------
        Refusal
            `too_large` when it has more than `most` bytes; `bad_request` when the client is gone before its end.
        """
        parts, length = [], 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Refusal("bad_request", "The request ended before its body did.")
            part: bytes = message.get("body", b"")
            length += len(part)
            if length > most:
                raise Refusal("too_large", f"At most {most} bytes are accepted here.", most=most)
            parts.append(part)
            if not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)


async def send_json(send: Send, document: Any) -> None:
    """Answer 200 with a document."""
    await _send(send, 200, b"application/json", orjson.dumps(document))


async def send_refusal(send: Send, refusal: Refusal) -> None:
    """Answer with a problem document."""
    await _send(send, refusal.kind.status, b"application/problem+json", orjson.dumps(refusal.problem()))


async def _send(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Bodies of page requests: a thread is taken once a request has arrived whole; threads are few, and senders may be slow."""

import tempfile
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import IO, Any, Final

from exam_engine.core.errors import Refusal
from exam_engine.delivery.http import Receive, Scope

LARGEST_BODY: Final = 64 * 1024 * 1024
IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 262_144


def is_declared_too_large(scope: Scope) -> bool:
    """Whether the request itself says that it is larger than any page takes; the pages refuse it without reading."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return length.isdigit() and (len(length) > 15 or int(length) > LARGEST_BODY)


@asynccontextmanager
async def receive_whole(receive: Receive) -> AsyncIterator[Receive]:
    """Wait for the whole body, and give it again piece by piece; what is larger than `IN_MEMORY` waits on the disk.

    Raises
    ------
    Refusal
        `too_large`; `bad_request` when the sender is gone before the end.
    """
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        await _collect(receive, body)
        yield _give_again(body, receive)


async def _collect(receive: Receive, body: IO[bytes]) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal("bad_request", "The request ended before its body did.")
        body.write(message.get("body", b""))
        if body.tell() > LARGEST_BODY:
            raise Refusal("too_large", f"At most {LARGEST_BODY} bytes are accepted here.", most=LARGEST_BODY)
        more = message.get("more_body", False)


def _give_again(body: IO[bytes], receive: Receive) -> Receive:
    """What answers as the server did, from the first byte on; after the last one the server itself is asked."""
    left, is_done = body.tell(), False
    body.seek(0)

    async def receive_again() -> MutableMapping[str, Any]:
        nonlocal left, is_done
        if is_done:
            return await receive()
        piece = body.read(_PIECE)
        left -= len(piece)
        is_done = not left
        return {"type": "http.request", "body": piece, "more_body": not is_done}

    return receive_again

"""A candidate's device without a browser: it speaks the player's API, in this process, and nothing else."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.sign_in import COOKIE, csrf_token

SAVES_A_REQUEST: Final = 50

Api = Callable[[Any, Any, Any], Awaitable[None]]


class CallRefused(Exception):  # noqa: N818  an answer of the API, not a fault
    """The API refused a call; `problem` is its problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.problem = problem


class Device:
    """One signed-in device at the player's API."""

    def __init__(self, api: Api, cookie: str, secret: bytes, name: str) -> None:
        self._api, self._cookie, self._csrf, self._name = api, cookie, csrf_token(cookie, secret), name
        self._token = ""
        self._attempt = self._seq = 0

    async def start(self, paper: int) -> dict[str, Any]:
        """Start or resume a paper; what comes back is what a candidate may see."""
        started = await self._post(f"papers/{paper}/start", {"device": self._name, "declaration": True})
        self._token, self._attempt, self._seq = started["token"], started["attempt"], started["last_seq"]
        return started

    async def save(self, answers: Sequence[tuple[str, Any, int]]) -> None:
        """Save (slot, response, moment by the device's clock in ms), a few a request, each durable before the next request."""
        for first in range(0, len(answers), SAVES_A_REQUEST):
            saves = [self._save(*answer) for answer in answers[first : first + SAVES_A_REQUEST]]
            answer = await self._post(f"attempts/{self._attempt}/answers", {"saves": saves})
            lost = [result for result in answer["results"] if result["state"] != "stored"]
            if lost:
                raise CallRefused({"code": lost[0].get("code", lost[0]["state"]), "detail": str(lost[0])})

    def _save(self, slot: str, response: Any, at_ms: int) -> dict[str, Any]:
        self._seq += 1
        digest = sha256_hex(str(self._attempt), slot, str(self._seq), canonical_json(response))
        return {"slot": slot, "seq": self._seq, "response": response, "digest": digest, "at_ms": at_ms}

    async def upload(self, slot: str, name: str, content: bytes) -> list[dict[str, Any]]:
        """Send a file in one piece; the response that names it."""
        facts = {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        told = await self._post(f"attempts/{self._attempt}/files", {"slot": slot, **facts})
        await self._call("PUT", f"attempts/{self._attempt}/files/{told['file']}", content, query=b"offset=0")
        return [facts]

    async def hand_in(self) -> dict[str, Any]:
        """Hand in; the receipt."""
        answer = await self._post(f"attempts/{self._attempt}/submit", {"last_seq": self._seq})
        receipt: dict[str, Any] = answer["receipt"]
        return receipt

    async def _post(self, path: str, document: Any) -> dict[str, Any]:
        return await self._call("POST", path, orjson.dumps(document))

    async def _call(self, method: str, path: str, body: bytes, query: bytes = b"") -> dict[str, Any]:
        headers = [
            (b"cookie", f"{COOKIE}={self._cookie}".encode()),
            (b"x-csrf-token", self._csrf.encode()),
            (b"authorization", f"Exam {self._token}".encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        scope = {"type": "http", "method": method, "path": f"/api/v1/{path}", "query_string": query, "headers": headers}
        status, parts = 0, []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await self._api(scope, receive, send)
        document: dict[str, Any] = orjson.loads(b"".join(parts))
        if status >= 400:
            raise CallRefused(document)
        return document

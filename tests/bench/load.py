"""The load generator: a process of its own that plays candidates over keep-alive connections and writes down every latency.

Reads one JSON document from standard input, writes one to standard output.
"""

import asyncio
import hashlib
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import orjson


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends a request and waits for its answer; bodies have a Content-Length."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer when the whole body is there."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._buffer) < end + 4 + length:
            return
        answer = head[9:12] + bytes(self._buffer[end + 4 : end + 4 + length])
        self._buffer.clear()
        waiting, self._waiting = self._waiting, None
        waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        """A server that goes away fails the benchmark."""
        if self._waiting is not None:
            self._waiting.set_exception(error or ConnectionError("the server closed the connection"))

    async def ask(self, request: bytes) -> bytes:
        """Status (three letters) and body of the answer."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting


def write_request(path: str, document: Any, headers: str = "") -> bytes:
    """A POST as bytes."""
    body = orjson.dumps(document)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Tally:
    """Latencies in seconds, and answers that were not 200."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    first_failure: str = ""
    began: float = field(default_factory=time.perf_counter)

    async def ask(self, connection: Connection, request: bytes) -> Any:
        """Ask, measure, and read the answer."""
        before = time.perf_counter()
        answer = await connection.ask(request)
        self.latencies.append(time.perf_counter() - before)
        if answer[:3] != b"200":
            self.failures += 1
            self.first_failure = self.first_failure or answer.decode()[:300]
        return answer[3:]

    def summary(self) -> dict[str, Any]:
        """Rate, percentiles in ms, failures."""
        took = time.perf_counter() - self.began
        ordered = sorted(self.latencies)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99)]
        return {
            "count": len(ordered), "per_s": len(ordered) / took, "p50_ms": at[0], "p99_ms": at[1],
            "failures": self.failures, "first_failure": self.first_failure,
        }  # fmt: skip


@dataclass
class Player:
    """A candidate in the middle of an exam."""

    attempt: int
    token: str
    slots: list[tuple[str, list[Any]]]
    chosen: list[int]
    seq: int = 0

    def next_save(self) -> bytes:
        """The next answer, through the slots again and again; whoever comes by once more changes it."""
        rounds, place = divmod(self.seq, len(self.slots))
        self.seq += 1
        slot, responses = self.slots[place]
        response = responses[(self.chosen[place] + rounds) % len(responses)]
        text = f"{self.attempt}\n{slot}\n{self.seq}\n".encode() + orjson.dumps(response, option=orjson.OPT_SORT_KEYS)
        save = {"slot": slot, "seq": self.seq, "response": response, "digest": hashlib.sha256(text).hexdigest(), "at_ms": 1}
        return self._request("answers", {"saves": [save]})

    def hand_in(self) -> bytes:
        """The hand-in."""
        return self._request("submit", {"last_seq": self.seq, "head": ""})

    def _request(self, what: str, document: Any) -> bytes:
        return write_request(f"/api/v1/attempts/{self.attempt}/{what}", document, f"Authorization: Exam {self.token}\r\n")


async def _connect(port: int, count: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def _each(connections: list[Connection], work: Callable[[Connection, int], Awaitable[None]]) -> None:
    await asyncio.gather(*(work(connection, number) for number, connection in enumerate(connections)))


async def run_plan(plan: dict[str, Any]) -> dict[str, Any]:
    """Bare requests, starts, saves and hand-ins, one after the other."""
    results: dict[str, Any] = {}
    bare = Tally()
    request = write_request("/", {"saves": [{"slot": "q1", "seq": 1, "response": "B", "digest": "0" * 64, "at_ms": 1}]})

    async def ask_bare(connection: Connection, _number: int) -> None:
        until = time.perf_counter() + plan["seconds"]
        while time.perf_counter() < until:
            await bare.ask(connection, request)

    await _each(await _connect(plan["bare_port"], 32), ask_bare)
    results["bare endpoint"] = bare.summary()
    players = await _start_all(plan, results)
    await _save_for_a_while(plan, players, results)
    await _hand_in_all(plan, players, results)
    return results


async def _start_all(plan: dict[str, Any], results: dict[str, Any]) -> list[Player]:
    starts, players = Tally(), []
    queue: Iterator[Any] = zip(plan["candidates"], plan["chosen"], strict=True)

    async def start(connection: Connection, _number: int) -> None:
        for (paper, cookie, csrf), chosen in queue:
            headers = f"Cookie: exam_session={cookie}\r\nX-CSRF-Token: {csrf}\r\n"
            request = write_request(f"/api/v1/papers/{paper}/start", {"device": f"d{paper}", "declaration": True}, headers)
            document = orjson.loads(await starts.ask(connection, request))
            players.append(Player(document["attempt"], document["token"], plan["slots"], chosen))

    await _each(await _connect(plan["port"], 16), start)
    results["start"] = starts.summary()
    return players


async def _save_for_a_while(plan: dict[str, Any], players: list[Player], results: dict[str, Any]) -> None:
    saves = Tally()
    connections = await _connect(plan["port"], 32)
    until = time.perf_counter() + plan["seconds"]

    async def save(connection: Connection, number: int) -> None:
        own, turn = players[number :: len(connections)], 0
        while time.perf_counter() < until:
            await saves.ask(connection, own[turn % len(own)].next_save())
            turn += 1

    await _each(connections, save)
    results["save"] = saves.summary()


async def _hand_in_all(plan: dict[str, Any], players: list[Player], results: dict[str, Any]) -> None:
    """Whoever hands in has answered every slot, as most candidates have."""
    leaving = players[: plan["submits"]]
    filled, submits = Tally(), Tally()
    queue, again = iter(leaving), iter(leaving)

    async def fill(connection: Connection, _number: int) -> None:
        for player in queue:
            while player.seq < len(player.slots):
                await filled.ask(connection, player.next_save())

    async def submit(connection: Connection, _number: int) -> None:
        for player in again:
            await submits.ask(connection, player.hand_in())

    await _each(await _connect(plan["port"], 32), fill)
    submits.began = time.perf_counter()
    await _each(await _connect(plan["port"], 16), submit)
    results["submit"] = submits.summary()


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(run_plan(orjson.loads(sys.stdin.buffer.read())))))

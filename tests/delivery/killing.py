"""Kill the server again and again under load; the client keeps its own log of what was acknowledged."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from exam_engine.core.database import Database
from exam_engine.core.sign_in import csrf_token
from exam_engine.delivery.records import Answer
from tests.bench.site import Cohort, fill
from tests.delivery.site import SECRET, make_save
from tests.serving import Served, free_port, serve

CLIENTS = 8


@dataclass
class Client:
    """One candidate who sends the same save until it is acknowledged."""

    port: int
    attempt: int
    token: str
    log: dict[int, str] = field(default_factory=dict)
    seq: int = 1

    def save_until(self, stop: threading.Event, acknowledged: "Counter") -> None:
        """Save and log until told to stop; a reply that does not come is no acknowledgement."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not stop.is_set():
            slot, response = ("q2", True) if self.seq % 2 else ("q3", "99.5")
            save = make_save(self.attempt, slot, self.seq, response)
            try:
                reply = _post(
                    connection,
                    f"/api/v1/attempts/{self.attempt}/answers",
                    {"saves": [save]},
                    {"Authorization": f"Exam {self.token}"},
                )
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            (result,) = reply["results"]
            assert result["state"] in ("stored", "duplicate"), reply
            self.log[self.seq] = result["digest"]
            self.seq += 1
            acknowledged.add()
        connection.close()


class Counter:
    """Counts acknowledgements and opens a gate at the next goal."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def add(self) -> None:
        """One more."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait until `more` have come from now on."""
        with self._changed:
            goal = self._count + more
            assert self._changed.wait_for(lambda: self._count >= goal, timeout=120)


def _post(connection: http.client.HTTPConnection, path: str, document: Any, headers: dict[str, str]) -> Any:
    connection.request("POST", path, orjson.dumps(document), headers)
    return orjson.loads(connection.getresponse().read())


@contextmanager
def _server(database: Database, folder: Path, port: int) -> Iterator[Served]:
    environment = {
        "EXAM_ENGINE_DATA": str(folder), "EXAM_ENGINE_DATABASE_URL": database.url, "EXAM_ENGINE_SECRET": SECRET.decode(),
    }  # fmt: skip
    with serve("tests.bench.servers:make_player_api", environment, port) as served:
        yield served


def _start_all(cohort: Cohort, port: int) -> list[Client]:
    clients = []
    for paper in cohort.papers:
        cookie = f"cookie-{paper}"
        headers = {"Cookie": f"exam_session={cookie}", "X-CSRF-Token": csrf_token(cookie, SECRET)}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        started = _post(connection, f"/api/v1/papers/{paper}/start", {"device": "d", "declaration": True}, headers)
        connection.close()
        clients.append(Client(port, started["attempt"], started["token"]))
    return clients


def kill_again_and_again(database: Database, folder: Path, kills: int, saves_between: int) -> int:
    """Kill the server `kills` times, each time after that many more acknowledgements; how many there were.

    Every acknowledged (attempt, seq, digest) must be in the database at the end.
    """
    port, stop, acknowledged = free_port(), threading.Event(), Counter()
    cohort = fill(database, CLIENTS)
    with _server(database, folder, port):
        clients = _start_all(cohort, port)
    threads = [threading.Thread(target=client.save_until, args=(stop, acknowledged)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            with _server(database, folder, port) as served:
                acknowledged.wait_for(saves_between)
                served.kill()
        with _server(database, folder, port):
            acknowledged.wait_for(saves_between)
            stop.set()
            for thread in threads:
                thread.join(60)
    finally:
        stop.set()
    _check_log(database, clients)
    return sum(len(client.log) for client in clients)


def _check_log(database: Database, clients: list[Client]) -> None:
    with database.read() as session:
        stored = {
            (row.attempt_id, row.seq): row.digest
            for row in session.execute(select(Answer.attempt_id, Answer.seq, Answer.digest))
        }
    for client in clients:
        lost = {seq for seq, digest in client.log.items() if stored.get((client.attempt, seq)) != digest}
        assert not lost, f"acknowledged and lost: attempt {client.attempt}, {sorted(lost)[:10]}"

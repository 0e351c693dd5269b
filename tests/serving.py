"""A server process of the tests' own: granian with one worker, as `exam-engine serve` runs it, and killed when asked."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Served:
    """A running server: its port, the process that was started and the worker that answers."""

    port: int
    process: "subprocess.Popen[bytes]"
    worker: int

    def kill(self) -> None:
        """SIGKILL to all of it; nothing gets a chance to finish."""
        for number in (self.worker, self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait(20)


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serve(target: str, environment: Mapping[str, str], port: int | None = None) -> Iterator[Served]:
    """Start `target`, a factory of an application, and wait until it answers; gone at the end."""
    port = port or free_port()
    command = [
        sys.executable, "-m", "granian", target, "--factory", "--interface", "asgi", "--port", str(port),
        "--no-ws", "--http", "1", "--log-level", "warning", "--loop", "asyncio",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_for(port, process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Served(port, process, int(children[-1]) if children else process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")

"""Measures the hot path on both databases and prints rates, latencies, memory, and the ratio to what the machine can do at all.

`python -m bench [--seconds 3] [--candidates 400] [--open 2000] [--json FILE]`
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import bare_database, rescoring, site
from exam_engine.core.database import Database
from tests.postgres import _free_port, run_postgres

SECRET = "benchmark benchmark benchmark benchmark"  # noqa: S105  of a site that lives for a minute
GOALS = {"start": "250/s, p99 150 ms", "save": "3000/s, p99 50 ms", "submit": "350/s", "re-score": "2000/s", "memory": "300 MB"}


@contextlib.contextmanager
def serve(target: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """One granian process with one worker; yields its port and the worker's process number."""
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", target, "--factory", "--interface", "asgi", "--port", str(port),
        "--no-ws", "--http", "1", "--log-level", "warning", "--loop", "asyncio",
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603  our own command
        command, env={**os.environ, **environment}
    )
    try:
        _wait_for(port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield port, int(children[-1]) if children else process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def memory_mb(process: int) -> float:
    """Memory a process holds now, in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def measure(url: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one database."""
    database = Database(url, SECRET.encode())
    cohort = site.fill(database, options.open)
    results: dict[str, Any] = {"bare database": bare_database.measure(database, options.seconds)}
    environment = {"EXAM_ENGINE_DATA": str(folder), "EXAM_ENGINE_DATABASE_URL": url, "EXAM_ENGINE_SECRET": SECRET}
    with (
        serve("bench.servers:make_bare", {}) as (bare, _),
        serve("bench.servers:make_player_api", environment) as (port, process),
    ):
        plan = {
            "port": port, "bare_port": bare, "seconds": options.seconds, "submits": options.candidates,
            "candidates": cohort.sign_ins(SECRET.encode()), "slots": cohort.slots,
        }  # fmt: skip
        load = subprocess.run(
            [sys.executable, "-m", "bench.load"], input=json.dumps(plan).encode(), stdout=subprocess.PIPE, check=True
        )
        results |= json.loads(load.stdout)
        results["memory"] = {"mb": memory_mb(process), "open_attempts": options.open}
    results["re-score"] = rescoring.measure(database, cohort)
    database.close()
    return results


def show(name: str, results: dict[str, Any]) -> None:
    """A table of one database."""
    endpoint, stored = results["bare endpoint"]["per_s"], results["bare database"]["per_s"]
    print(f"\n{name}: bare endpoint {endpoint:,.0f}/s, bare database {stored:,.0f} durable rows/s")
    print(f"{'':10}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'of endpoint':>13}{'of database':>13}   must")
    for key in ("start", "save", "submit", "re-score"):
        one = results[key]
        latencies = f"{one.get('p50_ms', 0):>9.1f}{one.get('p99_ms', 0):>9.1f}" if "p50_ms" in one else " " * 18
        ratios = f"{one['per_s'] / endpoint:>13.3f}{one['per_s'] / stored:>13.3f}"
        print(f"{key:10}{one['per_s']:>9,.0f}{latencies}{ratios}   {GOALS[key]}")
        if one.get("failures"):
            print(f"{'':10}{one['failures']} failed: {one['first_failure']}")
    memory = results["memory"]
    print(f"{'memory':10}{memory['mb']:>9.0f} MB with {memory['open_attempts']} attempts   {GOALS['memory']}")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--candidates", type=int, default=400, help="how many hand in")
    parser.add_argument("--open", type=int, default=2000, help="how many start")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    everything = {}
    if options.only != "postgres":
        with tempfile.TemporaryDirectory(dir=".") as folder:
            everything["SQLite"] = measure(f"sqlite:///{folder}/exam.db", Path(folder).resolve(), options)
            show("SQLite", everything["SQLite"])
    if options.only != "sqlite":
        with tempfile.TemporaryDirectory() as folder, run_postgres(durable=True) as url:
            everything["PostgreSQL"] = measure(url, Path(folder), options)
            show("PostgreSQL", everything["PostgreSQL"])
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()

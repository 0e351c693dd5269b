"""Measures the hot path on both databases and prints rates, latencies, memory, and the ratio to what the machine can do at all.

`python -m tests.bench [--seconds 3] [--candidates 400] [--open 2000] [--scale] [--json FILE]`
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from exam_engine.core.database import Database
from tests.bench import bare_database, rescoring, site, statistics
from tests.postgres import run_postgres
from tests.serving import serve

SECRET = "benchmark benchmark benchmark benchmark"
GOALS = {"start": "250/s, p99 150 ms", "save": "3000/s, p99 50 ms", "submit": "350/s", "re-score": "2000/s", "memory": "300 MB"}


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
    with serve("tests.bench.servers:make_bare", {}) as bare, serve("exam_engine.asgi:create_service", environment) as served:
        plan = {
            "port": served.port, "bare_port": bare.port, "seconds": options.seconds, "submits": options.candidates,
            "candidates": cohort.sign_ins(SECRET.encode()), "slots": cohort.slots, "chosen": cohort.chosen,
        }  # fmt: skip
        load = subprocess.run(
            [sys.executable, "-m", "tests.bench.load"], input=json.dumps(plan).encode(), stdout=subprocess.PIPE, check=True
        )
        results |= json.loads(load.stdout)
        results["memory"] = {"mb": memory_mb(served.worker), "open_attempts": options.open}
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
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--candidates", type=int, default=400, help="how many hand in")
    parser.add_argument("--open", type=int, default=2000, help="how many start")
    parser.add_argument("--only", choices=["sqlite", "postgres", "statistics"])
    parser.add_argument("--scale", action="store_true", help="item analysis of 10 million candidates too, from a file")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    everything: dict[str, Any] = {}
    if options.only in (None, "sqlite"):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            everything["SQLite"] = measure(f"sqlite:///{folder}/exam.db", Path(folder).resolve(), options)
            show("SQLite", everything["SQLite"])
    if options.only in (None, "postgres"):
        with tempfile.TemporaryDirectory() as folder, run_postgres(durable=True) as url:
            everything["PostgreSQL"] = measure(url, Path(folder), options)
            show("PostgreSQL", everything["PostgreSQL"])
    if options.only in (None, "statistics"):
        everything["statistics"] = statistics.measure(at_scale=options.scale)
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()

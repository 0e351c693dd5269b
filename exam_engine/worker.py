"""Work that nobody waits for: closing overdue attempts, taking passes to the issuer, statistics and calibrations.

The work lists are tables (attempts past their deadline, waiting outbox events, sittings just released, calibrations asked for),
so nothing is lost with a process; any number of workers may run at once, because every step is claimed by a lock or a unique
row. What computes for long has a thread of its own: an exam whose time is up does not wait for it.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery.closing import close_overdue
from exam_engine.marking.scoring import score_attempts
from exam_engine.results.calibrating import calibrate_due
from exam_engine.results.item_statistics import compute_due

log = structlog.get_logger()

Job = Callable[[Database, Settings, Clock], int]

JOBS: dict[str, Job] = {"attempts closed": partial(close_overdue, scorer=score_attempts), "passes delivered": drain_outbox}
LONG_JOBS: dict[str, Job] = {"sittings analysed": compute_due, "calibrations computed": calibrate_due}


def run_jobs(database: Database, settings: Settings, clock: Clock, jobs: Mapping[str, Job] | None = None) -> dict[str, int]:
    """Run every job once; how much each did. A job that fails is logged and tried again the next time.

    Nothing that goes wrong in one job, an issuer's plug-in included, may keep overdue exams from being closed.
    """
    done = {}
    for name, job in (JOBS if jobs is None else jobs).items():
        try:
            done[name] = job(database, settings, clock)
        except Exception:
            log.exception("job failed", job=name)
            done[name] = 0
    return done


def run_until(stop: threading.Event, database: Database, settings: Settings, clock: Clock, *, every_s: float = 1.0) -> None:
    """Run the jobs again and again until `stop` is set; a long job that is under way then is taken up again the next time."""

    def repeat(jobs: Mapping[str, Job]) -> None:
        while not stop.wait(every_s):
            for name, count in run_jobs(database, settings, clock, jobs).items():
                if count:
                    log.info(name, count=count)

    threading.Thread(target=repeat, args=(LONG_JOBS,), name="long jobs", daemon=True).start()
    repeat(JOBS)

"""Work that nobody waits for: closing overdue attempts and taking passes to the issuer.

The work lists are tables (attempts past their deadline, waiting outbox events), so nothing is lost with a process; any number
of workers may run at once, because every step is claimed by a lock or a unique row.
"""

import threading
from collections.abc import Callable
from functools import partial

import structlog

from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery.closing import close_overdue
from exam_engine.marking.scoring import score_attempts

log = structlog.get_logger()

Job = Callable[[Database, Settings, Clock], int]

JOBS: dict[str, Job] = {"attempts closed": partial(close_overdue, scorer=score_attempts), "passes delivered": drain_outbox}


def run_jobs(database: Database, settings: Settings, clock: Clock) -> dict[str, int]:
    """Run every job once; how much each did. A job that fails is logged and tried again the next time.

    Nothing that goes wrong in one job, an issuer's plug-in included, may keep overdue exams from being closed.
    """
    done = {}
    for name, job in JOBS.items():
        try:
            done[name] = job(database, settings, clock)
        except Exception:
            log.exception("job failed", job=name)
            done[name] = 0
    return done


def run_until(stop: threading.Event, database: Database, settings: Settings, clock: Clock, *, every_s: float = 1.0) -> None:
    """Run the jobs again and again until `stop` is set."""
    while not stop.wait(every_s):
        for name, count in run_jobs(database, settings, clock).items():
            if count:
                log.info(name, count=count)

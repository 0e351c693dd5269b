"""The newest answer wins in every order of arrival: random histories against a dict."""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from exam_engine.core.database import Database
from tests.delivery.history import History
from tests.delivery.site import Site, TestClock, seed
from tests.delivery.test_devices import check_chain

HISTORIES = 10
STEPS = 12


def try_histories(database: Database, folder: Path, histories: int, steps: int) -> None:
    """Try `histories` random exams, shrunk to the shortest one that fails."""
    clock = TestClock()
    site = Site(database, folder, clock)
    # Shrinking replays histories, each with a candidate of its own.
    seeded, numbers = seed(database, histories * 8), itertools.count()
    bound = type("BoundHistory", (History,), {"site": site, "seeded": seeded, "clock": clock, "take": lambda: next(numbers)})
    try:
        run_state_machine_as_test(
            bound,
            settings=settings(
                max_examples=histories, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        site.close()
    check_chain(database)


def test_the_newest_answer_wins_whatever_happens_on_the_way(database: Database, tmp_path: Path) -> None:
    try_histories(database, tmp_path, HISTORIES, STEPS)

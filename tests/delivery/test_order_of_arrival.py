"""The newest answer wins in every order of arrival: random histories against a dict."""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from exam_engine.core.database import Database
from tests.delivery.history import History
from tests.delivery.site import Site, TestClock, add_candidates, seed
from tests.delivery.test_devices import check_chain

HISTORIES = 10
STEPS = 12


def try_histories(database: Database, folder: Path, histories: int, steps: int) -> None:
    """Try `histories` random exams, shrunk to the shortest one that fails."""
    clock = TestClock()
    site = Site(database, folder, clock)
    seeded, numbers = seed(database, 0), itertools.count()

    def take() -> int:
        """A candidate nobody has used; hypothesis alone knows how many it will need."""
        which = next(numbers)
        if which == len(seeded.papers):
            add_candidates(database, seeded, 20)
        return which

    bound = type("BoundHistory", (History,), {"site": site, "seeded": seeded, "clock": clock, "take": staticmethod(take)})
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

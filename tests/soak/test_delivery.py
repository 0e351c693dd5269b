"""The long versions of the campaigns against delivery."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from exam_engine.core.database import Database
from exam_engine.delivery.records import Attempt
from tests.delivery.killing import kill_again_and_again
from tests.delivery.site import Site, TestClock, seed
from tests.delivery.test_devices import check_chain
from tests.delivery.test_order_of_arrival import try_histories

pytestmark = pytest.mark.soak


def test_two_hundred_kills_lose_no_acknowledged_answer(database: Database, tmp_path: Path) -> None:
    assert kill_again_and_again(database, tmp_path, kills=200, saves_between=250) >= 50_000
    check_chain(database)


def test_ten_thousand_histories_end_with_the_newest_answer(database: Database, tmp_path: Path) -> None:
    try_histories(database, tmp_path, 10_000, 20)


def test_a_hundred_threads_start_a_thousand_exams_once_each(database: Database, tmp_path: Path) -> None:
    seeded, clock = seed(database, 1_000), TestClock()
    sites = [Site(database, tmp_path, clock), Site(database, tmp_path, clock)]

    def start_everyone(thread: int) -> None:
        for which in range(1_000):
            assert sites[thread % 2].start(seeded, which).status == 200

    threads = [threading.Thread(target=start_everyone, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for site in sites:
        site.close()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1_000

from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_engine.core.database import Database
from tests.delivery.site import Seeded, Site, TestClock, seed


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def seeded(database: Database) -> Seeded:
    return seed(database)


@pytest.fixture
def site(database: Database, tmp_path: Path, clock: TestClock) -> Iterator[Site]:
    site = Site(database, tmp_path, clock)
    yield site
    site.close()

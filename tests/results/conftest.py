"""A centre with the sample scheme, inside one writing transaction that is rolled back at the end of the test."""

from collections.abc import Iterator

import orjson
import pytest

import question_bank
from exam_engine.core.database import Database
from tests.conftest import NOW
from tests.results.centre import Centre


@pytest.fixture(scope="session")
def scheme() -> dict:
    """The sample scheme."""
    path = question_bank.__path__[0] + "/banks/itsm/scheme.json"
    with open(path, "rb") as file:  # noqa: PTH123  one file, read whole
        return orjson.loads(file.read())


@pytest.fixture
def centre(database: Database, scheme: dict) -> Iterator[Centre]:
    """A centre on an empty database."""
    with database.read() as session:
        yield Centre.open(session, scheme, NOW)

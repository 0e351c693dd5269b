"""Stories are told on SQLite unless they ask for PostgreSQL; the browser leaves with the last of them."""

import pytest

from exam_engine.core.database import Database
from tests.live import browser, site  # noqa: F401  fixtures of this folder


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks of this folder known."""
    config.addinivalue_line("markers", "world(**options): what `build_world` is asked for")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """SQLite, or what the story names: `@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)`."""
    found: Database = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")
    return found

"""The log says what went wrong and where, and nothing of what candidates and authors wrote."""

from collections.abc import Iterator

import pytest
import structlog

from exam_engine.core.logs import set_up_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def fail_with(key: str) -> None:
    raise ValueError(f"a key of {len(key)} signs")


def test_a_traceback_names_the_place_and_never_the_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    try:
        fail_with(key="CAN" + "ARY")
    except ValueError:
        structlog.get_logger().exception("request failed", path="/api/v1/attempts/1/answers")
    out, err = capsys.readouterr()
    assert out == ""
    assert "CANARY" not in err
    assert "in fail_with" in err
    assert 'event="request failed" path=/api/v1/attempts/1/answers' in err


def test_an_event_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    structlog.get_logger().warning("pass not taken", event_id=3, why="two\nlines")
    assert len(capsys.readouterr().err.splitlines()) == 1

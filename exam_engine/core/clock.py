"""Time: the server's clock is the only clock, and it is passed in.

Instants are aware UTC datetimes in Python, whole milliseconds in the database and in the API.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""A function that tells the time; tests pass their own."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    """The time now, in whole milliseconds, so that what is stored equals what was used."""
    return from_ms(to_ms(datetime.now(UTC)))


def to_ms(instant: datetime) -> int:
    """Whole milliseconds from 1970-01-01 UTC to `instant`, rounded down."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The instant `ms` milliseconds after 1970-01-01 UTC."""
    return EPOCH + timedelta(milliseconds=ms)

"""How often somebody may try: failed sign-ins are counted, right ones never.

Guessing one name from one place is slowed first, guessing it from many places next. The bound on a place is so wide that a
whole room of candidates behind one address, each mistyping once or twice, never meets it.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from exam_engine.core.errors import Refusal

WINDOW: Final = timedelta(minutes=1)
SAME_NAME_SAME_PLACE: Final = 8
SAME_NAME: Final = 40
SAME_PLACE: Final = 600
MOST_KEYS: Final = 20_000

Key = tuple[str, str]


class Throttle:
    """Failed tries of the last minute, in this process."""

    def __init__(self) -> None:
        self._failures: dict[Key, list[datetime]] = defaultdict(list)
        self._lock = threading.Lock()

    def check(self, name: str, place: str, now: datetime) -> None:
        """Refuse another try while too many of the last minute failed.

        Raises
        ------
        Refusal
            `too_many_requests`.
        """
        with self._lock:
            for key, most in _bounds(name, place):
                recent = [at for at in self._failures.get(key, ()) if now - at < WINDOW]
                if len(recent) >= most:
                    raise Refusal("too_many_requests")

    def count_failure(self, name: str, place: str, now: datetime) -> None:
        """Remember that a try failed."""
        with self._lock:
            if len(self._failures) > MOST_KEYS:
                self._forget_old(now)
            for key, most in _bounds(name, place):
                recent = [at for at in self._failures[key] if now - at < WINDOW]
                self._failures[key] = [*recent[-most:], now]

    def forget(self, name: str, place: str) -> None:
        """The person is who they say: their own failures from this place no longer count."""
        with self._lock:
            self._failures.pop((_plain(name), place), None)

    def _forget_old(self, now: datetime) -> None:
        self._failures = defaultdict(list, {key: tries for key, tries in self._failures.items() if now - tries[-1] < WINDOW})


def _plain(name: str) -> str:
    return name.strip().casefold()[:200]


def _bounds(name: str, place: str) -> Iterator[tuple[Key, int]]:
    yield (_plain(name), place), SAME_NAME_SAME_PLACE
    yield (_plain(name), ""), SAME_NAME
    yield ("", place), SAME_PLACE

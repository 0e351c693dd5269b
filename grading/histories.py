"""The history of a candidate on the way to one level: what happened, put in order.

A history is a list of plain entries in any order, recorded at any time:

- ``{"event": "trained", "on": "2026-03-01"}``
- ``{"event": "booked" | "cancelled" | "sat" | "passed" | "failed", "on": "2026-03-20", "sitting": "s1"}``
- ``{"event": "overridden", "on": "2026-05-01", "by": ["u1", "u2"]}``: two people allow one more makeup

`on` is the day of the sitting, or the day the training was completed or the override decided. A ``failed`` entry may
name the components that were passed, ``"passed": ["theory"]``. Entries of one sitting belong together by its name; an
outcome that replaces an earlier one carries a higher ``"revision"``. A sitting that is moved is cancelled and booked
under a new name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from grading.errors import PolicyError

Entry = Mapping[str, Any]
OUTCOMES: Final = frozenset({"passed", "failed"})
_STAGES: Final = ("booked", "cancelled", "sat", "failed", "passed")


class Event(StrEnum):
    """What can move a candidate; a failure is final when no makeup is left."""

    TRAINED = "trained"
    OVERRIDDEN = "overridden"
    BOOKED = "booked"
    SAT = "sat"
    PASSED = "passed"
    FAILED = "failed"
    FAILED_FINALLY = "final_fail"


_TURNS: Final = (Event.TRAINED, Event.OVERRIDDEN)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One sitting, put together from its entries: how far it has come, and the components passed in it."""

    name: str
    on: date
    stage: str
    passed: tuple[str, ...] = ()


Happening = Sitting | tuple[Event, date]


def in_order(history: Iterable[Entry], today: date) -> list[Happening]:
    """What happened until `today`, by day; on one day a training comes first, then sittings, then an override.

    Sittings after `today` are booked at most. A booking that was never used does not stand in the way of a sitting
    that took place after it.

    Raises
    ------
    PolicyError
        ``unreadable_entry``, ``not_a_day``, ``two_outcomes`` or ``two_people``.
    """
    entries = [_checked(entry) for entry in history]
    sittings = _sittings(entries, today)
    last = max((sitting.on for sitting in sittings if sitting.stage != "booked"), default=date.min)
    used = [sitting for sitting in sittings if sitting.stage != "booked" or sitting.on >= last]
    turns = [(Event(entry["event"]), read_day(entry["on"])) for entry in entries if entry["event"] in _TURNS]
    placed: list[tuple[tuple[date, int, bool, str], Happening]] = [
        *(((one.on, 1, one.stage == "booked", one.name), one) for one in used),
        *(((on, 2 * _TURNS.index(event), False, ""), (event, on)) for event, on in turns if on <= today),
    ]
    return [happening for _, happening in sorted(placed, key=lambda pair: pair[0])]


def _checked(entry: Entry) -> Entry:
    event = entry.get("event")
    if event not in _STAGES and event not in _TURNS:
        raise PolicyError("unreadable_entry", f"{event!r} is nothing that can happen", "event")
    if "on" not in entry or (event in _STAGES and "sitting" not in entry):
        raise PolicyError(
            "unreadable_entry", f"{event} needs its day, and a sitting its name", "on" if "on" not in entry else "sitting"
        )
    if event == Event.OVERRIDDEN and len(set(entry.get("by", ()))) < 2:
        raise PolicyError("two_people", "an override is decided by two people", "by")
    return entry


def _sittings(entries: list[Entry], today: date) -> list[Sitting]:
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry["event"] in _STAGES:
            by_name.setdefault(entry["sitting"], []).append(entry)
    sittings = [_sitting(name, own, today) for name, own in by_name.items()]
    return [sitting for sitting in sittings if sitting.stage != "cancelled"]


def _sitting(name: str, entries: list[Entry], today: date) -> Sitting:
    """The entry that says most about a sitting: its newest outcome, else the furthest stage."""
    outcomes = [entry for entry in entries if entry["event"] in OUTCOMES]
    newest = max((entry.get("revision", 0) for entry in outcomes), default=0)
    standing = [entry for entry in outcomes if entry.get("revision", 0) == newest]
    if len({entry["event"] for entry in standing}) > 1:
        raise PolicyError("two_outcomes", "two outcomes stand for one sitting; the newer one needs a revision", name)
    entry = max(
        standing or entries, key=lambda one: (_STAGES.index(one["event"]), read_day(one["on"]), sorted(one.get("passed", ())))
    )
    on, stage = read_day(entry["on"]), entry["event"]
    return Sitting(name, on, "booked" if on > today and stage != "cancelled" else stage, tuple(entry.get("passed", ())))


def read_day(value: object) -> date:
    """A day from a date, a moment (its own calendar day) or ISO text.

    Raises
    ------
    PolicyError
        ``not_a_day``.
    """
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError as error:
            raise PolicyError("not_a_day", f"{value!r} is no day such as 2026-03-01", "on") from error
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise PolicyError("not_a_day", f"{value!r} is no day such as 2026-03-01", "on")

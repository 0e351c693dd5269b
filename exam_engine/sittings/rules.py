"""Rules of the schedule: who gets which form, what a booking must be, and when a sitting is open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from exam_engine.sittings.records import SittingState

TRANSITIONS: Final[dict[tuple[SittingState, str], SittingState]] = {
    (SittingState.PLANNED, "prepare"): SittingState.PREPARED,
    (SittingState.PREPARED, "close"): SittingState.CLOSED,
}


def next_state(state: SittingState, event: str) -> SittingState | None:
    """Where `event` leads a sitting from `state`; None when it is not possible there."""
    return TRANSITIONS.get((state, event))


def is_open(opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether an exam may be started at `now`: from the opening on, before the closing."""
    return opens_at <= now < closes_at


def seat_name(number: int, seats_in_row: int = 8) -> str:
    """The `number`th seat of a room, counted from 0: A1 … A8, B1 …; rows after Z go on with AA."""
    row, seat = divmod(number, seats_in_row)
    letters = ""
    row += 1
    while row:
        row, letter = divmod(row - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{seat + 1}"


def share_forms(seen: Sequence[frozenset[str]], forms: Sequence[frozenset[str]]) -> list[int | None]:
    """Give each candidate a form none of whose items they have seen; neighbours get different forms where there is a choice.

    Parameters
    ----------
    seen
        Item codes each candidate has seen, in seating order.
    forms
        Item codes of each form.

    Returns
    -------
    list of int or None
        The index of the form for each candidate; None where every form shares an item with what was seen.
    """
    return [_form_for(number, codes, forms) for number, codes in enumerate(seen)]


def _form_for(number: int, seen: frozenset[str], forms: Sequence[frozenset[str]]) -> int | None:
    fitting = [index for index, form in enumerate(forms) if not form & seen]
    return fitting[number % len(fitting)] if fitting else None


def minutes_with(minutes: int, time_percent: int) -> float:
    """Minutes a candidate has with the accommodation."""
    return minutes * time_percent / 100


def paper_of(level: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """The level's paper named `code`; KeyError when there is none."""
    for paper in level["papers"]:
        if paper["id"] == code:
            found: Mapping[str, Any] = paper
            return found
    raise KeyError(code)

"""Who may sit, who may make up and who must train again: one machine, one table.

`grading.histories` says what a history is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from grading.errors import PolicyError
from grading.histories import OUTCOMES, Entry, Event, Sitting, in_order, read_day


class State(StrEnum):
    """Where a candidate stands on the way to a level."""

    UNTRAINED = "untrained"
    ELIGIBLE = "eligible"
    SITTING_BOOKED = "sitting_booked"
    AWAITING_RESULT = "awaiting_result"
    PASSED = "passed"
    MAY_MAKE_UP = "may_make_up"
    MAKEUP_BOOKED = "makeup_booked"
    MUST_RETRAIN = "must_retrain"


TABLE: Final[Mapping[tuple[State, Event], State]] = {
    (State.UNTRAINED, Event.TRAINED): State.ELIGIBLE,
    (State.ELIGIBLE, Event.BOOKED): State.SITTING_BOOKED,
    (State.SITTING_BOOKED, Event.SAT): State.AWAITING_RESULT,
    (State.MAY_MAKE_UP, Event.BOOKED): State.MAKEUP_BOOKED,
    (State.MAKEUP_BOOKED, Event.SAT): State.AWAITING_RESULT,
    (State.AWAITING_RESULT, Event.PASSED): State.PASSED,
    (State.AWAITING_RESULT, Event.FAILED): State.MAY_MAKE_UP,
    (State.AWAITING_RESULT, Event.FAILED_FINALLY): State.MUST_RETRAIN,
    (State.MUST_RETRAIN, Event.TRAINED): State.ELIGIBLE,
    (State.MUST_RETRAIN, Event.OVERRIDDEN): State.MAY_MAKE_UP,
}
"""Every move there is; an event that has no row in a state leaves it as it is, and a sitting is then void."""

VOID: Final[Mapping[State, str]] = {
    State.UNTRAINED: "not_trained",
    State.SITTING_BOOKED: "another_open",
    State.MAKEUP_BOOKED: "another_open",
    State.AWAITING_RESULT: "another_open",
    State.PASSED: "already_passed",
    State.MUST_RETRAIN: "beyond_limit",
}
"""Why a sitting does not count in a state that has no room for one."""

OPEN: Final[Mapping[State, str]] = {
    State.UNTRAINED: "training",
    State.ELIGIBLE: "sitting",
    State.MAY_MAKE_UP: "makeup",
    State.MUST_RETRAIN: "training",
}
"""What a candidate may do next."""


# A hundred years: beyond them a day leaves the calendar.
_MOST: Final = 36_500


@dataclass(frozen=True, slots=True)
class Policy:
    """The retake part of a scheme, checked."""

    makeups: int
    cooling_off: timedelta
    carry_over: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the machine makes of a sitting: its verdict (pass, fail, final_fail), or why it is void."""

    sitting: str
    on: date
    makeup: bool
    verdict: str | None = None
    void: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Where a candidate stands.

    Attributes
    ----------
    state, since
        The state, and the day of the training or sitting that led to it.
    open
        ``training``, ``sitting`` or ``makeup``: what the candidate may do; None while nothing is open.
    reason
        Why: the state, or ``cooling_off`` while a makeup has to wait.
    not_before
        First day on which a makeup may be sat.
    makeups_left
        Makeups still allowed before the next training.
    carried
        Components that need not be sat again, each with the last day on which it still counts.
    attempts
        Every sitting in order of its day, with verdict or the reason why it is void.
    """

    state: State = State.UNTRAINED
    since: date | None = None
    open: str | None = "training"
    reason: str = State.UNTRAINED.value
    not_before: date | None = None
    makeups_left: int = 0
    carried: dict[str, date] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()


def status(policy: Mapping[str, Any], history: Iterable[Entry], today: date) -> Status:
    """Where a candidate stands on `today`, whatever the order in which the history was recorded.

    A sitting is void, and never counts, when there is no training for it, when it comes before the cooling-off days
    are over, beyond the allowed makeups, after a pass, or while another one is open. Training opens an exam only for
    those who have none open: it does not add makeups. What happens after `today` is looked at as booked at most.

    Parameters
    ----------
    policy
        ``{"makeups": 1, "cooling_off_days": 14, "carry_over_days": 365, "then": "retrain"}``; without
        ``carry_over_days`` nothing is carried over.
    history
        Entries as `grading.histories` describes them.
    today
        The day to look at.

    Raises
    ------
    PolicyError
        A policy or an entry that cannot be read.
    """
    rules, day = _policy(policy), read_day(today)
    current = Status()
    for happening in in_order(history, day):
        current = _sit(current, happening, rules) if isinstance(happening, Sitting) else _open(current, *happening, rules)
    return _as_of(current, day)


def find_bar(policy: Mapping[str, Any], history: Iterable[Entry], on: date) -> str | None:
    """Why a new sitting on the day `on` would be void, or None when it may be booked."""
    return _void(status(policy, history, on), on)


def _open(current: Status, event: Event, on: date, rules: Policy) -> Status:
    """Training and overrides: they move only those who have nothing open."""
    after = TABLE.get((current.state, event))
    if after is None:
        return current
    makeups = rules.makeups if event is Event.TRAINED else current.makeups_left + 1
    return replace(current, state=after, since=on, makeups_left=makeups)


def _sit(current: Status, sitting: Sitting, rules: Policy) -> Status:
    """Take one sitting through the table as far as it has come, or keep it as void."""
    makeup = current.state is State.MAY_MAKE_UP
    void = _void(current, sitting.on)
    attempt = Attempt(sitting.name, sitting.on, makeup and void is None, void=void)
    if void is not None:
        return replace(current, attempts=(*current.attempts, attempt))
    state = TABLE[current.state, Event.BOOKED]
    current = replace(current, state=state, makeups_left=current.makeups_left - makeup)
    if sitting.stage != "booked":
        current = replace(current, state=TABLE[state, Event.SAT], since=sitting.on)
    if sitting.stage in OUTCOMES:
        current, attempt = _decided(current, sitting, attempt, rules)
    return replace(current, attempts=(*current.attempts, attempt))


def _void(current: Status, on: date) -> str | None:
    if (current.state, Event.BOOKED) not in TABLE:
        return VOID[current.state]
    too_early = current.state is State.MAY_MAKE_UP and current.not_before is not None and on < current.not_before
    return "too_early" if too_early else None


def _decided(current: Status, sitting: Sitting, attempt: Attempt, rules: Policy) -> tuple[Status, Attempt]:
    """The outcome of a sitting that counts: fail while a makeup is left, final_fail otherwise."""
    if sitting.stage == "passed":
        event, verdict, carried = Event.PASSED, "pass", {}
    elif current.makeups_left > 0:
        event, verdict = Event.FAILED, "fail"
        kept = sitting.passed if rules.carry_over else ()
        carried = current.carried | dict.fromkeys(kept, sitting.on + rules.carry_over)
    else:
        event, verdict, carried = Event.FAILED_FINALLY, "final_fail", {}
    not_before = None if event is Event.PASSED else sitting.on + rules.cooling_off
    state = TABLE[current.state, event]
    return replace(current, state=state, not_before=not_before, carried=carried), replace(attempt, verdict=verdict)


def _as_of(current: Status, today: date) -> Status:
    """What is open on `today`, and why."""
    waiting = current.state is State.MAY_MAKE_UP
    not_before = current.not_before if waiting else None
    cooling = not_before is not None and today < not_before
    return replace(
        current,
        open=None if cooling else OPEN.get(current.state),
        reason="cooling_off" if cooling else current.state.value,
        not_before=not_before,
        carried={name: last for name, last in current.carried.items() if today <= last},
    )


def _policy(policy: Mapping[str, Any]) -> Policy:
    if policy.get("then", "retrain") != "retrain":
        raise PolicyError("unknown_policy", f"{policy['then']!r} is nothing that can follow", "then")
    numbers = [policy.get(name, 0) for name in ("makeups", "cooling_off_days", "carry_over_days")]
    if any(isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MOST for number in numbers):
        raise PolicyError("unknown_policy", f"makeups and days are whole numbers from 0 to {_MOST}")
    return Policy(numbers[0], timedelta(numbers[1]), timedelta(numbers[2]))

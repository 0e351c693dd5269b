"""Who may mark what, what a script waits for, and when it is settled. Pure functions; no database, no clock."""

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.marking.records import MarkPlace, ScriptState
from grading.double_marking import Verdict, decide_double
from grading.errors import RubricError
from grading.exact import exact, written
from grading.rubrics import check_marks

Rubric = Mapping[str, Any]
Criteria = Mapping[str, Any]

SET_ASIDE: Final = "_set_aside"
"""Place in a draft's criteria that says why the script was set aside; no criterion can have this id."""

SENIOR_PLACES: Final = frozenset({MarkPlace.THIRD, MarkPlace.SENIOR})
_CODE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD: Final = re.compile(r"[^\W_][\w'’.\-/]*")


class Step(enum.StrEnum):
    """What a finished mark led to; the audit trail names it."""

    WAITS = "waits"
    SINGLE = "single"
    AGREED = "agreed"
    DIFFERS = "differs"
    ADJUDICATED = "adjudicated"
    ESCALATED = "escalated"
    SENIOR = "senior"


# The one table of the script's states: where each step leads.
NEXT_STATE: Final = {
    (ScriptState.OPEN, Step.WAITS): ScriptState.OPEN,
    (ScriptState.OPEN, Step.SINGLE): ScriptState.SETTLED,
    (ScriptState.OPEN, Step.AGREED): ScriptState.SETTLED,
    (ScriptState.OPEN, Step.DIFFERS): ScriptState.ADJUDICATION,
    (ScriptState.ADJUDICATION, Step.ADJUDICATED): ScriptState.SETTLED,
    (ScriptState.ADJUDICATION, Step.ESCALATED): ScriptState.ADJUDICATION,
    (ScriptState.ADJUDICATION, Step.SENIOR): ScriptState.SETTLED,
}

_STEPS: Final = {
    Verdict.AGREED: Step.AGREED,
    Verdict.THIRD_NEEDED: Step.DIFFERS,
    Verdict.ADJUDICATED: Step.ADJUDICATED,
    Verdict.ESCALATE: Step.ESCALATED,
}


@dataclass(frozen=True)
class Given:
    """One mark of a script, as far as the rules need it."""

    place: MarkPlace
    marker: int
    is_final: bool
    criteria: Criteria


@dataclass(frozen=True)
class Facts:
    """What decides who may mark a script next; `barred` are the candidate and everyone who trained the candidate."""

    state: ScriptState
    double: bool
    given: tuple[Given, ...]
    barred: frozenset[int]


@dataclass(frozen=True)
class Settlement:
    """Where a script stands after a mark was finished: marks as an exact string once it is settled."""

    step: Step
    state: ScriptState
    marks: str | None


def check_marker(user: User) -> None:
    """Only markers mark, and an administrator never does, whatever other roles the account has.

    Raises
    ------
    Refusal
        `not_allowed`.
    """
    if user.has_role(Role.ADMINISTRATOR) or not user.has_role(Role.MARKER, Role.SENIOR_MARKER):
        raise Refusal("not_allowed", "only markers mark, and an administrator never does")


def find_open_place(facts: Facts) -> MarkPlace | None:
    """The place that waits for a marker: first, then second where two people mark; third and senior while it is disputed."""
    taken = {mark.place for mark in facts.given}
    if facts.state is ScriptState.OPEN:
        wanted = [MarkPlace.FIRST, MarkPlace.SECOND] if facts.double else [MarkPlace.FIRST]
    elif facts.state is ScriptState.ADJUDICATION and all(mark.is_final for mark in facts.given):
        wanted = [MarkPlace.THIRD, MarkPlace.SENIOR]
    else:
        wanted = []
    return next((place for place in wanted if place not in taken), None)


def get_place(facts: Facts, marker: User) -> MarkPlace:
    """The place `marker` takes when the script is given to them now.

    Raises
    ------
    Refusal
        `wrong_state` when nothing waits; otherwise as `check_may_hold`.
    """
    place = find_open_place(facts)
    if place is None:
        raise Refusal("wrong_state", "this script waits for nobody")
    check_may_hold(facts, marker, place)
    return place


def check_may_hold(facts: Facts, marker: User, place: MarkPlace) -> None:
    """Nobody marks a script twice, nor one of somebody they trained; third and senior marks are for senior markers.

    Raises
    ------
    Refusal
        `not_allowed` or `same_person`.
    """
    check_marker(marker)
    if place in SENIOR_PLACES and not marker.has_role(Role.SENIOR_MARKER):
        raise Refusal("not_allowed", "a disputed script is marked by a senior marker")
    if marker.id in facts.barred:
        raise Refusal("same_person", "a candidate's trainer does not mark that candidate")
    if any(mark.marker == marker.id for mark in facts.given):
        raise Refusal("same_person", "the same person does not mark a script twice")


def settle(facts: Facts, rubric: Rubric) -> Settlement:
    """Apply the rubric's rule to the finished marks: a single mark stands; two are compared, a third or a senior's decides.

    Raises
    ------
    Refusal
        `wrong_state` when a mark came in a state that does not expect it, `bad_content` when marks do not fit the rubric.
    """
    finals = {mark.place: mark.criteria for mark in facts.given if mark.is_final}
    try:
        step, total = _decide_double(finals, rubric) if facts.double else _decide_single(finals, rubric)
    except RubricError as error:
        raise Refusal("bad_content", str(error)) from error
    state = NEXT_STATE.get((facts.state, step))
    if state is None:
        raise Refusal("wrong_state", f"{step.value} does not follow from {facts.state.value}")
    return Settlement(step, state, written(total) if total is not None and state is ScriptState.SETTLED else None)


def _decide_single(finals: Mapping[MarkPlace, Criteria], rubric: Rubric) -> tuple[Step, Fraction | None]:
    mark = finals.get(MarkPlace.FIRST)
    return (Step.WAITS, None) if mark is None else (Step.SINGLE, check_marks(rubric, marks_of(mark)))


def _decide_double(finals: Mapping[MarkPlace, Criteria], rubric: Rubric) -> tuple[Step, Fraction | None]:
    if not {MarkPlace.FIRST, MarkPlace.SECOND} <= finals.keys():
        return Step.WAITS, None
    decision = decide_double(rubric, {place.value: marks_of(criteria) for place, criteria in finals.items()})
    if decision.verdict is Verdict.ESCALATE and decision.total is not None:
        return Step.SENIOR, decision.total
    return _STEPS[decision.verdict], decision.total


def marks_of(criteria: Criteria) -> dict[str, str]:
    """The marks a person gave, by criterion; comments and criteria without a mark are left out."""
    return {name: given["marks"] for name, given in criteria.items() if name != SET_ASIDE and given.get("marks") is not None}


def sum_marks(criteria: Criteria) -> str:
    """The sum of the marks given so far, exact."""
    return written(sum((exact(marks) for marks in marks_of(criteria).values()), Fraction(0)))


def list_open(rubric: Rubric, criteria: Criteria) -> list[str]:
    """Ids of the criteria that have no mark yet, in the rubric's order."""
    given = marks_of(criteria)
    return [criterion["id"] for criterion in rubric["criteria"] if criterion["id"] not in given]


def find_level(criterion: Mapping[str, Any], marks: object) -> int | None:
    """The number of the level, counted from 1, that gives exactly `marks`."""
    if marks is None:
        return None
    levels = [exact(level["marks"]) for level in criterion["levels"]]
    return levels.index(exact(marks)) + 1 if exact(marks) in levels else None


def is_set_aside(criteria: Criteria) -> bool:
    """Whether the holder of this draft has set the script aside."""
    return SET_ASIDE in criteria


def starting_code(marker: int, item: str) -> str:
    """Where in the row of anonymous codes a marker begins with a task: looks random, is the same every time, and is
    another place for every marker, so that two markers do not see the scripts in the same order.
    """
    digest = hashlib.sha256(f"{marker}\n{item}".encode()).digest()
    return "S-" + "".join(_CODE_LETTERS[byte % 32] for byte in digest[:5])


def measure_text(text: str) -> tuple[str, int]:
    """Language of a script, and its length as the candidate saw it: a Chinese character counts one, and so does a word."""
    characters = len(_HAN.findall(text))
    words = len(_WORD.findall(_HAN.sub(" ", text)))
    return "zh-CN" if characters > words else "en", characters + words

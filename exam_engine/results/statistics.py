"""What a sitting left behind for its statistics: scores and choices by form, totals, and what markers gave. Only reading."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from exam_engine.core.records import User
from exam_engine.delivery.records import Attempt
from exam_engine.marking.records import Mark, MarkPlace, Script
from exam_engine.results.collect import TakenPaper, papers_of, read_papers, read_responses
from exam_engine.results.item_figures import SatForm
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.records import Booking, Form, Sitting
from grading.exact import exact
from grading.score import unpack

Floats = NDArray[np.float64]
Document = Mapping[str, Any]

INDEPENDENT: Final = (MarkPlace.FIRST, MarkPlace.SECOND)
"""Marks given without knowing of another one; who adjudicates has seen both."""


@dataclass(frozen=True)
class FormSat:
    """One form of one paper and everybody whose attempt at it has ended.

    Attributes
    ----------
    paper
        Code of the paper.
    number
        Of the form.
    sat
        Items, marks and responses; a slot that waits for a person is NaN.
    candidates
        Their numbers, row by row.
    """

    paper: str
    number: int
    sat: SatForm
    candidates: Sequence[str]

    @property
    def complete(self) -> Floats:
        """Marks of the candidates whose every slot is marked."""
        return self.sat.marks[~np.isnan(self.sat.marks).any(axis=1)]

    @property
    def percent(self) -> Floats:
        """Scores from 0 to 100 of these candidates."""
        return np.asarray(100 * self.complete.sum(axis=1) / self.sat.highest.sum())


@dataclass(frozen=True)
class Totals:
    """Outcomes of a sitting as proposed or released: totals from 0 to 100 of who sat, how many passed, who was absent."""

    totals: Floats
    passed: int
    absent: int
    released: bool

    @property
    def sat(self) -> int:
        """Everybody who sat at least one paper and has a result."""
        return len(self.totals)


@dataclass(frozen=True)
class CriterionMarks:
    """What independent markers gave on one criterion of one item.

    Attributes
    ----------
    item, criterion
        Code and id.
    title
        Of the criterion, a Text.
    levels
        Marks of its levels, ascending: the full scale.
    given
        By script and marker's place, the level as a number from 0, or −1 where there is none.
    markers
        Ids of the markers, in the shape of `given`; 0 where there is none.
    candidates
        The attempt behind each script.
    """

    item: str
    criterion: str
    title: Any
    levels: tuple[float, ...]
    given: NDArray[np.int64]
    markers: NDArray[np.int64]
    candidates: NDArray[np.int64]


@dataclass(frozen=True)
class ScriptTotals:
    """Totals of the first and second mark of every script of one item that has both."""

    item: str
    most: float
    first: Floats
    second: Floats


def read_forms(session: Session, sitting: Sitting) -> list[FormSat]:
    """Every form that somebody sat to the end, paper by paper; people's settled marks stand where the engine gives none."""
    taken: dict[int, list[TakenPaper]] = defaultdict(list)
    for own in read_papers(session, sitting).values():
        for one in own:
            if one.attempt is not None and one.auto is not None:
                taken[one.candidate_paper.form_id].append(one)
    responses = read_responses(session, papers_of(sitting))
    numbers = {booking.id: booking.enrolment.candidate.number for booking in sitting.bookings}
    forms = session.scalars(
        select(Form).where(Form.id.in_(taken)).options(undefer(Form.marking), joinedload(Form.sitting_paper))
    )
    found = [
        FormSat(
            form.sitting_paper.code, form.number, _sat(form, taken[form.id], responses),
            [numbers[one.candidate_paper.booking_id] for one in taken[form.id]],
        )
        for form in forms
    ]  # fmt: skip
    order = [paper.code for paper in sitting.papers]
    return sorted(found, key=lambda one: (order.index(one.paper), one.number))


def _sat(form: Form, taken: Sequence[TakenPaper], responses: Mapping[int, Mapping[str, Any]]) -> SatForm:
    documents, names = orjson.loads(form.marking)["items"], [slot["slot"] for slot in form.slots]
    marks = unpack([one.auto.vector for one in taken if one.auto], len(names)).copy()
    for row, one in enumerate(taken):
        for slot, given in one.persons.items():
            marks[row, names.index(slot)] = float(exact(given))
    given_by = [responses.get(one.attempt.id, {}) for one in taken if one.attempt]
    return SatForm(
        items=[(slot["code"], slot["version"]) for slot in form.slots],
        documents=[documents[slot["item"]] for slot in form.slots],
        highest=np.array([float(exact(slot["marks"])) for slot in form.slots]),
        marks=marks,
        responses=[[own.get(name) for name in names] for own in given_by],
    )


def read_totals(session: Session, sitting: Sitting) -> Totals | None:
    """Totals and outcomes; None while nothing is proposed."""
    rows = session.execute(
        select(Result.total, Result.outcome, Result.released_at)
        .join(Booking, Booking.id == Result.booking_id)
        .where(Booking.sitting_id == sitting.id)
        .order_by(Booking.id)
    ).all()
    if not rows:
        return None
    sat = [row for row in rows if row.outcome is not Outcome.ABSENT and row.total is not None]
    return Totals(
        totals=np.array([float(exact(row.total)) for row in sat], dtype=np.float64),
        passed=sum(row.outcome is Outcome.PASS for row in rows),
        absent=sum(row.outcome is Outcome.ABSENT for row in rows),
        released=all(row.released_at is not None for row in rows),
    )


def read_marks(session: Session, sitting: Sitting) -> tuple[list[CriterionMarks], list[ScriptTotals], dict[int, User]]:
    """What independent markers gave, criterion by criterion and in total, and the markers by id."""
    marks = session.scalars(
        select(Mark)
        .join(Script, Script.id == Mark.script_id)
        .join(Attempt, Attempt.id == Script.attempt_id)
        .where(Attempt.candidate_paper_id.in_(papers_of(sitting)), Mark.is_final, Mark.place.in_(INDEPENDENT))
        .options(joinedload(Mark.script), joinedload(Mark.marker))
        .order_by(Script.item, Script.id)
    ).all()
    by_item: dict[str, dict[int, dict[MarkPlace, Mark]]] = defaultdict(lambda: defaultdict(dict))
    for mark in marks:
        by_item[mark.script.item][mark.script_id][mark.place] = mark
    rubrics = _read_rubrics(session, sitting)
    criteria = [one for item, scripts in by_item.items() for one in _by_criterion(item, scripts, rubrics[item])]
    totals = [_totals(item, scripts, rubrics[item]) for item, scripts in by_item.items()]
    return criteria, [one for one in totals if len(one.first)], {mark.marker_id: mark.marker for mark in marks}


def _read_rubrics(session: Session, sitting: Sitting) -> dict[str, Document]:
    """Rubrics of the sitting's items by code."""
    forms = session.scalars(
        select(Form).where(Form.sitting_paper_id.in_([paper.id for paper in sitting.papers])).options(undefer(Form.marking))
    )
    found: dict[str, Document] = {}
    for form in forms:
        documents = orjson.loads(form.marking)["items"]
        for slot in form.slots:
            if rubric := documents[slot["item"]].get("rubric"):
                found[slot["code"]] = rubric
    return found


def _by_criterion(item: str, scripts: Mapping[int, Mapping[MarkPlace, Mark]], rubric: Document) -> Iterator[CriterionMarks]:
    rows = [[marks.get(place) for place in INDEPENDENT] for marks in scripts.values()]
    attempts = np.array([next(mark for mark in row if mark).script.attempt_id for row in rows], dtype=np.int64)
    markers = np.array([[mark.marker_id if mark else 0 for mark in row] for row in rows], dtype=np.int64)
    for criterion in rubric["criteria"]:
        levels = tuple(sorted({float(exact(level["marks"])) for level in criterion["levels"]}))
        given = np.array([[_level_of(mark, criterion["id"], levels) for mark in row] for row in rows], dtype=np.int64)
        yield CriterionMarks(item, criterion["id"], criterion.get("title", criterion["id"]), levels, given, markers, attempts)


def _level_of(mark: Mark | None, criterion: str, levels: Sequence[float]) -> int:
    """Which level a marker chose; −1 for none, or for marks between two levels."""
    chosen = mark.criteria.get(criterion) if mark else None
    marks = float(exact(chosen["marks"])) if chosen else -1.0
    return levels.index(marks) if marks in levels else -1


def _totals(item: str, scripts: Mapping[int, Mapping[MarkPlace, Mark]], rubric: Document) -> ScriptTotals:
    both = [[float(exact(marks[place].total or 0)) for place in INDEPENDENT] for marks in scripts.values() if len(marks) == 2]
    pairs = np.array(both, dtype=np.float64).reshape(-1, 2)
    most = sum(max(float(exact(level["marks"])) for level in criterion["levels"]) for criterion in rubric["criteria"])
    return ScriptTotals(item, most, pairs[:, 0], pairs[:, 1])

"""What each simulated candidate puts down on a paper and when, before anybody has sat down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.random import Generator
from numpy.typing import NDArray

from exam_engine.demo.answers import BY_PERSONS, responses_to, write_text
from exam_engine.demo.crowd import Crowd, ItemPool
from exam_engine.sittings.records import Form
from grading.psychometrics.simulation import RIGHT, Floats, People, Responses, respond

Item = Mapping[str, Any]

REVIEW_SHARE: Final = 0.1
"""Who has time left looks through the answers for at most this share of the time they took."""


@dataclass(frozen=True)
class Seat:
    """One candidate before one paper: `order` is the slots in the order the candidate sees them."""

    paper: int
    number: str
    name: str
    cookie: str
    minutes: float
    order: Sequence[str]


@dataclass(frozen=True)
class Entry:
    """One answer: when it is given, in seconds after the start. A file is sent at that moment and has no response yet."""

    at_s: float
    slot: str
    is_file: bool
    response: Any


@dataclass(frozen=True)
class AnswerSheet:
    """Everything one candidate will put down, in order of time, and when they hand in."""

    seat: Seat
    entries: Sequence[Entry]
    leaves_s: float


@dataclass(frozen=True)
class Planted:
    """A paper on which somebody cheats: `answers` of its `items` were copied from `source`, or known beforehand without one."""

    number: str
    seat: str
    source: str | None
    source_seat: str | None
    answers: int
    items: int


@dataclass(frozen=True)
class FormPlan:
    """One form as the simulation needs it, by slot: codes, documents, and the numbered responses of what the engine marks."""

    codes: Mapping[str, str]
    documents: Mapping[str, Item]
    responses: Mapping[str, Sequence[Any]]
    is_theory: bool

    @classmethod
    def of(cls, form: Form) -> "FormPlan":
        """Read a prepared form."""
        items = orjson.loads(form.marking)["items"]
        documents = {slot["slot"]: items[slot["item"]] for slot in form.slots}
        marked = {slot: item for slot, item in documents.items() if item["type"] not in BY_PERSONS}
        return cls(
            codes={slot["slot"]: slot["code"] for slot in form.slots},
            documents=documents,
            responses={slot: responses_to(item) for slot, item in marked.items()},
            is_theory=form.sitting_paper.kind == "theory",
        )


@dataclass(frozen=True)
class FilledForm:
    """What all those with the same form will put down, and who of them cheats."""

    sheets: Sequence[AnswerSheet]
    planted: Sequence[Planted]


def fill_in(seats: Sequence[Seat], form: FormPlan, crowd: Crowd, pool: ItemPool, draw: Generator) -> FilledForm:
    """Let those with the same form, in seating order, work through it; nobody cheats on a practical paper."""
    columns = {slot: column for column, slot in enumerate(form.codes)}
    order = np.array([[columns[slot] for slot in seat.order] for seat in seats])
    seated = crowd.seat([seat.number for seat in seats])
    people = seated if form.is_theory else seated.honest()
    minutes = [seat.minutes for seat in seats]
    done = respond(people, pool.take(form.codes.values()), draw, minutes=minutes, order=order)
    sheets = [
        _write_sheet(seat, form, done.chosen[row, places], done.times_s[row, places], people.theta_logit[row], draw)
        for row, (seat, places) in enumerate(zip(seats, order, strict=True))
    ]
    return FilledForm(sheets, list(_find_planted(seats, people, done)))


def _write_sheet(
    seat: Seat, form: FormPlan, chosen: NDArray[np.int8], times_s: Floats, theta_logit: float, draw: Generator
) -> AnswerSheet:
    """One candidate's answers; `chosen` and `times_s` are in the order in which the candidate sees the slots."""
    ends_s = times_s.cumsum()
    share = float(1 / (1 + np.exp(-theta_logit)))
    entries = [
        Entry(float(end_s), slot, form.documents[slot]["type"] == "files", _response(form, slot, number, share, draw))
        for slot, number, end_s in zip(seat.order, chosen, ends_s, strict=True)
        if number >= RIGHT
    ]
    limit_s = 60 * seat.minutes
    reviewed_s = float(ends_s[-1]) * (1 + REVIEW_SHARE * draw.random())
    return AnswerSheet(seat, entries, limit_s if np.isnan(reviewed_s) else min(limit_s, reviewed_s))


def _response(form: FormPlan, slot: str, number: int, share: float, draw: Generator) -> Any:
    item = form.documents[slot]
    if item["type"] == "files":
        return None
    return write_text(item, share, draw) if item["type"] == "written" else form.responses[slot][number]


def _find_planted(seats: Sequence[Seat], people: People, done: Responses) -> Iterator[Planted]:
    copied, known, items = done.copied.sum(axis=1), done.known.sum(axis=1), done.chosen.shape[1]
    for row in np.flatnonzero((copied > 0) | (known > 0)).tolist():
        seat, source = seats[row], seats[people.source[row]] if copied[row] else None
        yield Planted(
            seat.number, seat.name, source and source.number, source and source.name, int(copied[row] or known[row]), items
        )

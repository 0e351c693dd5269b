"""What the officers' pages know of sittings: lists, who can be booked, and which form went to whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Text, func, or_, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from exam_engine.core import facts
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingState

MOST_CANDIDATES: Final = 200
"""How many candidates the booking list looks at; a search finds the others."""

WHY_NOT: Final = {
    "not_trained": "The training for this level is not recorded yet.",
    "another_open": "Holds an open booking.",
    "already_passed": "Has passed this level.",
    "beyond_limit": "No makeup is left: a new training comes first.",
    "too_early": "A makeup is open from %(day)s on.",
    "wrong_kind_makeup": "Open is a makeup, not a regular sitting.",
    "wrong_kind_sitting": "Open is a regular sitting, not a makeup.",
    "wrong_kind": "Nothing is open at the moment.",
}


@dataclass(frozen=True)
class Listed:
    """One sitting of the list."""

    sitting: Sitting
    booked: int


@dataclass(frozen=True)
class Bookable:
    """A candidate of the level: may be booked, or why not."""

    enrolment: Enrolment
    why_not: str | None
    day: date | None


@dataclass(frozen=True)
class FormFacts:
    """One form of a paper, and to how many candidates it went."""

    form: Form
    questions: int
    candidates: int


def list_sittings(session: Session) -> dict[SittingState, list[Listed]]:
    """Every sitting by state; what comes next first, what is over last."""
    booked = dict(session.execute(select(Booking.sitting_id, func.count()).group_by(Booking.sitting_id)).tuples().all())
    found: dict[SittingState, list[Listed]] = {state: [] for state in SittingState}
    for sitting in session.scalars(select(Sitting).options(joinedload(Sitting.scheme_version)).order_by(Sitting.opens_at)):
        found[sitting.state].append(Listed(sitting, booked.get(sitting.id, 0)))
    found[SittingState.CLOSED].reverse()
    return found


def list_bookable(session: Session, sitting: Sitting, search: str = "") -> tuple[list[Bookable], bool]:
    """Candidates on the way to the level who are not booked here, those who may be booked first; whether there are more."""
    here = select(Booking.enrolment_id).where(Booking.sitting_id == sitting.id)
    rows = (
        select(Enrolment)
        .join(Enrolment.candidate)
        .join(Candidate.user)
        .options(joinedload(Enrolment.candidate).joinedload(Candidate.user), joinedload(Enrolment.scheme_version))
        .where(Enrolment.level == sitting.level, Enrolment.state == EnrolmentState.ACTIVE, Enrolment.id.not_in(here))
        .order_by(Candidate.number)
    )
    if search:
        part = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = rows.where(
            or_(Candidate.number.ilike(f"%{part}%", escape="\\"), type_coerce(User.names, Text).ilike(f"%{part}%", escape="\\"))
        )
    enrolments = session.scalars(rows.limit(MOST_CANDIDATES + 1)).all()
    found = [_judge(session, sitting, enrolment) for enrolment in enrolments[:MOST_CANDIDATES]]
    return sorted(found, key=lambda one: one.why_not is not None), len(enrolments) > MOST_CANDIDATES


def _judge(session: Session, sitting: Sitting, enrolment: Enrolment) -> Bookable:
    try:
        gate.check_open(session, enrolment, sitting.kind, sitting.opens_at)
    except Refusal as refusal:
        day = refusal.data.get("not_before")
        return Bookable(enrolment, WHY_NOT[_reason_of(refusal)], date.fromisoformat(day) if day else None)
    return Bookable(enrolment, None, None)


def _reason_of(refusal: Refusal) -> str:
    if refusal.code == "already_there":
        return "another_open"
    reason = str(refusal.data["reasons"][0])
    exact = f"{reason}_{refusal.data.get('open')}"
    return exact if exact in WHY_NOT else reason


def count_forms(session: Session, sitting: Sitting) -> Mapping[int, Sequence[FormFacts]]:
    """The forms of each paper of the sitting, by paper id."""
    rows = (
        select(CandidatePaper.form_id)
        .join(Booking, Booking.id == CandidatePaper.booking_id)
        .where(Booking.sitting_id == sitting.id)
    )
    given = Counter(session.scalars(rows))
    return {paper.id: [FormFacts(form, len(form.slots), given[form.id]) for form in paper.forms] for paper in sitting.papers}


def say_attempts(session: Session, sitting: Sitting) -> dict[int, str]:
    """How far each candidate paper of the sitting is, as an English word."""
    ids = [paper.id for booking in sitting.bookings for paper in booking.papers]
    said: dict[int, str] = facts.ask(session, "papers.attempts", ids, {})
    return said


def list_levels(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The levels of a scheme, lowest first."""
    return sorted(document["levels"], key=lambda level: level["rank"])

"""A candidate's way to a level: what is done, what comes next, and the exam that is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core import facts
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.delivery.exam_page import Door, PaperSummary, describe_paper, door_of, find_attempt
from exam_engine.delivery.records import Attempt
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState, HistoryEntry
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper, SittingKind
from exam_engine.training.records import TrainingRecord
from grading.retakes import Status


class Phase(StrEnum):
    """What the card of the next exam says."""

    AHEAD = "ahead"
    TODAY = "today"
    OPEN = "open"
    DONE = "done"
    OVER = "over"


@dataclass(frozen=True)
class OwnPaper:
    """One paper of the booking; `own` is there once the sitting is prepared."""

    facts: PaperSummary
    own: CandidatePaper | None
    attempt: Attempt | None
    door: Door


@dataclass(frozen=True)
class Card:
    """The booked exam."""

    booking: Booking
    papers: Sequence[OwnPaper]
    phase: Phase
    days: int

    @property
    def is_makeup(self) -> bool:
        """Whether this is the makeup of a failed exam."""
        return self.booking.sitting.kind is SittingKind.MAKEUP


@dataclass(frozen=True)
class Way:
    """Where a candidate stands on the way to one level. `step` counts the dots from 1; those before it are done."""

    enrolment: Enrolment
    level: Any
    standing: Status
    training: TrainingRecord | None
    card: Card | None
    result: HistoryEntry | None
    step: int

    @property
    def not_before(self) -> datetime | None:
        """The first day of a makeup, as an instant that is this day in every time zone people live in."""
        day = self.standing.not_before
        return None if day is None else datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def get_own_booking(session: Session, user: User, booking_id: int) -> Booking:
    """The booking, if it is this person's.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`.
    """
    booking = session.get(Booking, booking_id)
    if booking is None:
        raise Refusal("not_found")
    if booking.enrolment.candidate.user_id != user.id:
        raise Refusal("not_yours")
    return booking


def list_certificates(session: Session, candidate: Candidate) -> list[dict[str, Any]]:
    """Certificates the candidate holds: number, level and end, newest first."""
    held: list[dict[str, Any]] = facts.ask(session, "candidate.certificates", candidate.id, [])
    return held


def list_ways(session: Session, candidate: Candidate, now: datetime, timezone: ZoneInfo) -> list[Way]:
    """The ways this candidate is on, the newest first; a certified one stays to be seen."""
    rows = (
        select(Enrolment)
        .where(Enrolment.candidate_id == candidate.id, Enrolment.state != EnrolmentState.WITHDRAWN)
        .order_by(Enrolment.state, Enrolment.accepted_at.desc())
    )
    return [_describe(session, enrolment, now, timezone) for enrolment in session.scalars(rows)]


def _describe(session: Session, enrolment: Enrolment, now: datetime, timezone: ZoneInfo) -> Way:
    standing = gate.standing(session, enrolment, now)
    card = _find_card(session, enrolment, now, timezone)
    return Way(
        enrolment=enrolment,
        level=enrolment.scheme_version.get_level(enrolment.level),
        standing=standing,
        card=card,
        training=_last_training(session, enrolment),
        result=_last_result(session, enrolment),
        step=step_of(standing, card, is_certified=enrolment.state is EnrolmentState.CERTIFIED),
    )


STEP_OF_STATE = {
    "untrained": 3,
    "must_retrain": 3,
    "eligible": 4,
    "may_make_up": 4,
    "sitting_booked": 4,
    "makeup_booked": 4,
    "awaiting_result": 5,
    "passed": 6,
}


def step_of(standing: Status, card: Card | None, *, is_certified: bool) -> int:
    """The dot a candidate stands at: 3 training, 4 exam, 5 result, 6 certificate; 7 when everything is done."""
    if is_certified:
        return 7
    if card is not None:
        return 5 if card.phase in (Phase.DONE, Phase.OVER) else 4
    return STEP_OF_STATE[standing.state.value]


def _last_training(session: Session, enrolment: Enrolment) -> TrainingRecord | None:
    rows = select(TrainingRecord).where(TrainingRecord.enrolment_id == enrolment.id)
    return session.scalars(rows.order_by(TrainingRecord.completed_at.desc(), TrainingRecord.id.desc())).first()


def _last_result(session: Session, enrolment: Enrolment) -> HistoryEntry | None:
    rows = select(HistoryEntry).where(
        HistoryEntry.enrolment_id == enrolment.id, HistoryEntry.event.in_(("passed", "failed", "absent"))
    )
    return session.scalars(rows.order_by(HistoryEntry.id.desc())).first()


def _find_card(session: Session, enrolment: Enrolment, now: datetime, timezone: ZoneInfo) -> Card | None:
    booking = session.scalars(
        select(Booking).where(Booking.enrolment_id == enrolment.id, Booking.state == BookingState.OPEN)
    ).first()
    if booking is None:
        return None
    papers = [_own_paper(session, booking, paper, now) for paper in booking.sitting.papers]
    days = (_day(booking.sitting.opens_at, timezone) - _day(now, timezone)).days
    return Card(booking, papers, phase_of([paper.door for paper in papers], days), days)


def _day(instant: datetime, timezone: ZoneInfo) -> date:
    return instant.astimezone(timezone).date()


def _own_paper(session: Session, booking: Booking, paper: Any, now: datetime) -> OwnPaper:
    own = next((one for one in booking.papers if one.sitting_paper_id == paper.id), None)
    attempt = find_attempt(session, own.id) if own is not None else None
    door = door_of(booking.sitting, attempt.state if attempt else None, now)
    return OwnPaper(describe_paper(paper, booking.time_percent), own, attempt, door)


def phase_of(doors: Sequence[Door], days: int) -> Phase:
    """What the card says of all papers together; `days` are those left until the opening."""
    if Door.RUNNING in doors or Door.OPEN in doors:
        return Phase.OPEN
    if Door.EARLY in doors:
        return Phase.TODAY if days <= 0 else Phase.AHEAD
    return Phase.DONE if Door.ENDED in doors else Phase.OVER

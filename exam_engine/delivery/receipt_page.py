"""What a receipt says: when, how much, and what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.delivery.exam_page import Door, door_of, find_attempt
from exam_engine.delivery.records import Attempt, AttemptState, SetAside
from exam_engine.delivery.rules import VIEW_SLOT
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper

MARKED_BY_PEOPLE = frozenset({"written", "files"})
AFTER_THE_END = ("late", "handed_in")


@dataclass(frozen=True)
class ReceiptFacts:
    """The facts of one receipt. `before_end` is None when the centre closed the exam; `has_late` when answers came later."""

    booking: Booking
    paper: CandidatePaper
    answered: int
    count: int
    before_end: timedelta | None
    digest: str
    open_papers: Sequence[CandidatePaper]
    by_people: bool
    is_today: bool
    is_released: bool
    has_late: bool


def in_fours(digest: str) -> str:
    """The digest in groups of four, to be read and compared aloud."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def describe_receipt(session: Session, attempt: Attempt, now: datetime) -> ReceiptFacts:
    """What the receipt of an ended attempt says."""
    paper, ended_at = attempt.candidate_paper, attempt.submitted_at or now
    booking, slots = paper.booking, paper.form.slots
    return ReceiptFacts(
        booking=booking,
        paper=paper,
        answered=attempt.answered or 0,
        count=len(slots),
        digest=in_fours(attempt.head),
        before_end=attempt.deadline_at - ended_at if attempt.state is AttemptState.SUBMITTED else None,
        open_papers=_list_open(session, booking, now),
        by_people=_is_marked_by_people(slots),
        is_today=now - ended_at < timedelta(hours=12),
        is_released=booking.state is BookingState.FINISHED,
        has_late=_has_late(session, attempt.id),
    )


def _has_late(session: Session, attempt_id: int) -> bool:
    """Whether answers wait for a person because they came after the end."""
    late = select(SetAside.id).where(
        SetAside.attempt_id == attempt_id, SetAside.slot != VIEW_SLOT, SetAside.reason.in_(AFTER_THE_END)
    )
    return session.scalars(late.limit(1)).first() is not None


def _list_open(session: Session, booking: Booking, now: datetime) -> list[CandidatePaper]:
    """Papers of the same booking that are still to be sat."""
    found = []
    for paper in booking.papers:
        attempt = find_attempt(session, paper.id)
        if door_of(booking.sitting, attempt.state if attempt else None, now) in (Door.EARLY, Door.OPEN, Door.RUNNING):
            found.append(paper)
    return found


def _is_marked_by_people(slots: Sequence[dict[str, Any]]) -> bool:
    return any(slot["type"] in MARKED_BY_PEOPLE for slot in slots)

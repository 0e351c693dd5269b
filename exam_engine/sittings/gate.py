"""The gate before a sitting: what the retake rules leave open to a candidate, read from what happened so far.

Days are counted in UTC, by the day on which a sitting opens.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core.errors import Refusal
from exam_engine.enrolment.records import Enrolment, HistoryEntry
from exam_engine.sittings.records import Booking, BookingState, Sitting, SittingKind
from grading.retakes import Status, find_bar, status

KIND_OPEN: Final = {"sitting": SittingKind.REGULAR, "makeup": SittingKind.MAKEUP}
"""The kind of sitting behind each word of the retake machine."""

WHY: Final[Mapping[str, str]] = {
    "not_trained": "the training for this level is not completed",
    "another_open": "an earlier sitting is still open",
    "already_passed": "the level is passed already",
    "beyond_limit": "no makeup is left; the candidate trains again first",
    "too_early": "a makeup is not open before %(not_before)s",
    "wrong_kind": "what is open is a %(open)s, not a %(asked)s sitting",
}

Entry = dict[str, Any]


def policy_of(enrolment: Enrolment) -> dict[str, Any]:
    """The retake policy of the scheme version by which the candidate is judged."""
    policy: dict[str, Any] = enrolment.scheme_version.get_level(enrolment.level)["retake"]
    return policy


def note(session: Session, enrolment_id: int, entry: Entry, now: datetime) -> None:
    """Add one thing that happened to the candidate's history; nothing is ever taken out of it."""
    data = {name: value for name, value in entry.items() if name != "event"}
    session.add(HistoryEntry(enrolment_id=enrolment_id, event=entry["event"], data=data, at=now))
    session.flush()


def read_history(session: Session, enrolment_id: int) -> list[Entry]:
    """Everything on record, in the shape of `grading.retakes`, in the order in which it was recorded."""
    rows = select(HistoryEntry).where(HistoryEntry.enrolment_id == enrolment_id).order_by(HistoryEntry.id)
    return [{"event": row.event, **row.data} for row in session.scalars(rows)]


def booking_entries(session: Session, enrolment_id: int, now: datetime) -> list[Entry]:
    """The open booking, if there is one: booked, or sat once its sitting is over and the result is awaited."""
    rows = (
        select(Sitting)
        .join(Booking, Booking.sitting_id == Sitting.id)
        .where(Booking.enrolment_id == enrolment_id, Booking.state == BookingState.OPEN)
    )
    return [
        {"event": "sat" if sitting.closes_at <= now else "booked", "on": sitting_day(sitting), "sitting": str(sitting.id)}
        for sitting in session.scalars(rows)
    ]


def sitting_day(sitting: Sitting) -> str:
    """The day of a sitting, as histories write it."""
    return sitting.opens_at.date().isoformat()


def standing(session: Session, enrolment: Enrolment, now: datetime) -> Status:
    """Where the candidate stands at `now`: what is open, since when, and why not more."""
    history = read_history(session, enrolment.id) + booking_entries(session, enrolment.id, now)
    return status(policy_of(enrolment), history, now.date())


def check_open(session: Session, enrolment: Enrolment, kind: SittingKind, at: datetime) -> None:
    """Refuse a sitting of `kind` that opens `at` unless the retake rules leave exactly that open to the candidate.

    Raises
    ------
    Refusal
        `already_there` while another sitting of the candidate is open; else `not_eligible` with `reasons`: not_trained,
        already_passed, beyond_limit, too_early (with `not_before`) or wrong_kind (with `open`, what is open instead).
    """
    policy, day = policy_of(enrolment), at.date()
    history = read_history(session, enrolment.id) + booking_entries(session, enrolment.id, at)
    bar = find_bar(policy, history, day)
    if bar == "another_open":
        raise Refusal("already_there", f"candidate {enrolment.candidate.number}: {WHY[bar]}")
    found = status(policy, history, day)
    if bar is None and KIND_OPEN.get(found.open or "") is not kind:
        bar = "wrong_kind"
    if bar is not None:
        not_before = found.not_before.isoformat() if found.not_before else None
        facts = {"not_before": not_before, "open": found.open, "asked": kind.value}
        raise Refusal(
            "not_eligible",
            f"candidate {enrolment.candidate.number}: {WHY[bar] % facts}",
            reasons=[bar],
            open=found.open,
            not_before=not_before,
        )

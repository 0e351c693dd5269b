"""What the invigilator's page shows: the seats that match, who needs a person, and one candidate in full."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core.clock import from_ms
from exam_engine.core.records import AuditEntry
from exam_engine.delivery.records import Attempt, TimeKind
from exam_engine.delivery.room import Seat, SeatState, count_states, list_room
from exam_engine.sittings.records import CandidatePaper, Sitting, SittingPaper, SittingState

LATE_AFTER: Final = timedelta(minutes=10)
"""A candidate who has not started this long after the opening needs a look."""

LOG_LINES: Final = 12

LOG_WORDS: Final = {
    "attempt.started": "Started",
    "attempt.moved": "Went on at another device",
    "attempt.move_approved": "Device change approved",
    "attempt.move_refused": "Device change refused",
    "attempt.time_added": "%(minutes)s min added: %(reason)s",
    "attempt.paused": "Paused: %(reason)s",
    "attempt.resumed": "Resumed: %(reason)s",
    "attempt.message_sent": "Message: %(text)s",
    "attempt.incident": "Incident: %(text)s",
    "attempt.submitted": "Handed in",
    "attempt.closed": "Closed by the centre, the time was up",
}

URGENCY: Final = (SeatState.MOVING, SeatState.OFFLINE, SeatState.NOT_STARTED, SeatState.PAUSED)


@dataclass(frozen=True)
class Need:
    """A seat that needs a person, and for how long already."""

    seat: Seat
    waiting: timedelta


@dataclass(frozen=True)
class LogLine:
    """One thing that happened to an attempt, as an English sentence with its values."""

    at: datetime
    by: str
    sentence: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Room:
    """Everything the page shows."""

    sitting: Sitting
    paper: SittingPaper
    seats: Sequence[Seat]
    counts: Counter[SeatState]
    needs: Sequence[Need]
    chosen: Seat | None
    log: Sequence[LogLine]
    deadline: datetime | None
    left: timedelta

    @property
    def running(self) -> Sequence[Seat]:
        """Seats whose exam has started and not ended."""
        return [seat for seat in self.seats if seat.state not in (SeatState.NOT_STARTED, SeatState.ENDED)]


def list_sittings(session: Session, now: datetime) -> Sequence[Sitting]:
    """Sittings an invigilator may have to do with: from a day before the opening until a day after the closing."""
    day = timedelta(days=1)
    rows = select(Sitting).where(
        Sitting.state == SittingState.PREPARED, Sitting.opens_at <= now + day, Sitting.closes_at >= now - day
    )
    return session.scalars(rows.order_by(Sitting.opens_at, Sitting.id)).all()


def describe_room(session: Session, sitting: Sitting, paper_code: str, chosen: int, now: datetime) -> Room:
    """The room of one paper of a sitting, with the seat of candidate paper `chosen` in full."""
    paper = next((one for one in sitting.papers if one.code == paper_code), None) or _paper_in_progress(session, sitting)
    seats = list_room(session, sitting.id, now, paper.code)
    seat = next((one for one in seats if one.candidate_paper == chosen), None)
    deadline = from_ms(seat.deadline_ms) if seat and seat.deadline_ms else None
    return Room(
        sitting=sitting, paper=paper, seats=seats, counts=count_states(seats), needs=list_needs(seats, sitting, now),
        chosen=seat, log=_read_log(session, seat.attempt) if seat and seat.attempt else [], deadline=deadline,
        left=max(timedelta(), deadline - now) if deadline else timedelta(),
    )  # fmt: skip


def _paper_in_progress(session: Session, sitting: Sitting) -> SittingPaper:
    """The paper that somebody started last and still works on, else the first one."""
    last = (
        select(SittingPaper)
        .join(CandidatePaper, CandidatePaper.sitting_paper_id == SittingPaper.id)
        .join(Attempt, Attempt.candidate_paper_id == CandidatePaper.id)
        .where(SittingPaper.sitting_id == sitting.id, Attempt.submitted_at.is_(None))
        .order_by(Attempt.started_at.desc(), Attempt.id.desc())
        .limit(1)
    )
    return session.scalars(last).first() or sitting.papers[0]


def list_needs(seats: Sequence[Seat], sitting: Sitting, now: datetime) -> list[Need]:
    """Seats that need a person: requests to move first, then silent devices, missing and paused candidates; longest first."""
    found = [Need(seat, _waiting(seat, sitting.opens_at, now)) for seat in seats if seat.state in URGENCY]
    may_start = now < sitting.closes_at
    due = [need for need in found if need.seat.state is not SeatState.NOT_STARTED or (may_start and need.waiting >= LATE_AFTER)]
    return sorted(due, key=lambda need: (URGENCY.index(need.seat.state), -need.waiting))


def _waiting(seat: Seat, opens_at: datetime, now: datetime) -> timedelta:
    if seat.state is SeatState.MOVING and seat.request:
        return now - seat.request.asked_at
    if seat.state is SeatState.PAUSED and seat.attempt and seat.attempt.paused_at:
        return now - seat.attempt.paused_at
    return timedelta(milliseconds=seat.silent_ms) if seat.attempt else now - opens_at


def _read_log(session: Session, attempt: Attempt) -> list[LogLine]:
    """What happened to the attempt, the newest first."""
    rows = select(AuditEntry).where(AuditEntry.subject == f"attempt:{attempt.id}", AuditEntry.action.in_(LOG_WORDS))
    entries = session.scalars(rows.order_by(AuditEntry.seq.desc()).limit(LOG_LINES))
    return [LogLine(entry.at, entry.actor, LOG_WORDS[entry.action], orjson.loads(entry.data)) for entry in entries]


def say_left(left: timedelta) -> str:
    """Time left as a clock says it: mm:ss, from an hour h:mm:ss."""
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def minutes_of(seat: Seat, kind: TimeKind) -> float:
    """Minutes the ledger holds of one kind."""
    return round(seat.time.get(kind, 0) / 60_000, 1)

"""What the invigilator sees of a room: every seat, how far it has come, whether its device is heard, and who asks to move."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from exam_engine.core.clock import to_ms
from exam_engine.delivery import rules
from exam_engine.delivery.records import Answer, Attempt, AttemptState, MoveRequest, TimeEntry, TimeKind
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper, Form


class SeatState(StrEnum):
    """What a seat's tile says."""

    NOT_STARTED = "not_started"
    WORKING = "working"
    OFFLINE = "offline"
    MOVING = "moving"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True)
class Seat:
    """One candidate's paper. Instants and durations are whole milliseconds; `time` sums the ledger by kind."""

    seat: str
    number: str
    names: Any
    candidate_paper: int
    state: SeatState
    attempt: Attempt | None
    answered: int
    count: int
    silent_ms: int
    deadline_ms: int | None
    time: Mapping[TimeKind, int]
    request: MoveRequest | None


def list_room(session: Session, sitting_id: int, now: datetime, paper_code: str | None = None) -> list[Seat]:
    """All seats of a sitting in the order they were booked, one a paper; only of one paper when `paper_code` is given."""
    papers = [
        paper
        for paper in session.scalars(_papers_of(sitting_id)).unique()
        if paper_code is None or paper.sitting_paper.code == paper_code
    ]
    found = session.scalars(select(Attempt).where(Attempt.candidate_paper_id.in_([paper.id for paper in papers])))
    attempts = {attempt.candidate_paper_id: attempt for attempt in found}
    numbers = [attempt.id for attempt in attempts.values()]
    answered, requests = _count_answered(session, numbers), _open_requests(session, numbers)
    ledger = _sum_ledger(session, numbers)
    seats = []
    for paper in papers:
        attempt = attempts.get(paper.id)
        key = attempt.id if attempt else 0
        seats.append(_seat(paper, attempt, (answered[key], ledger.get(key, {}), requests.get(key)), now))
    return seats


def count_states(seats: Sequence[Seat]) -> Counter[SeatState]:
    """How many seats are in each state."""
    return Counter(seat.state for seat in seats)


def _papers_of(sitting_id: int) -> Any:
    to_user = joinedload(CandidatePaper.booking).joinedload(Booking.enrolment).joinedload(Enrolment.candidate)
    return (
        select(CandidatePaper)
        .join(CandidatePaper.booking)
        .where(Booking.sitting_id == sitting_id, Booking.state != BookingState.CANCELLED)
        .options(to_user.joinedload(Candidate.user), selectinload(CandidatePaper.form).load_only(Form.slots))
        .options(joinedload(CandidatePaper.sitting_paper))
        .order_by(Booking.id, CandidatePaper.id)
    )


def _count_answered(session: Session, attempts: Sequence[int]) -> Counter[int]:
    """Slots that hold an answer, by attempt: the newest save of each slot decides."""
    newest = (
        select(Answer.attempt_id, func.max(Answer.seq).label("seq"))
        .where(Answer.attempt_id.in_(attempts), Answer.slot != rules.VIEW_SLOT)
        .group_by(Answer.attempt_id, Answer.slot)
        .subquery()
    )
    query = (
        select(Answer.attempt_id, func.count())
        .join(newest, (newest.c.attempt_id == Answer.attempt_id) & (newest.c.seq == Answer.seq))
        .where(Answer.response.not_in(rules.EMPTY_RESPONSES))
        .group_by(Answer.attempt_id)
    )
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _sum_ledger(session: Session, attempts: Sequence[int]) -> dict[int, dict[TimeKind, int]]:
    query = (
        select(TimeEntry.attempt_id, TimeEntry.kind, func.sum(TimeEntry.duration_ms))
        .where(TimeEntry.attempt_id.in_(attempts))
        .group_by(TimeEntry.attempt_id, TimeEntry.kind)
    )
    ledger: dict[int, dict[TimeKind, int]] = {}
    for attempt, kind, total in session.execute(query):
        ledger.setdefault(attempt, {})[kind] = int(total)
    return ledger


def _open_requests(session: Session, attempts: Sequence[int]) -> dict[int, MoveRequest]:
    """The newest undecided request of each attempt."""
    query = select(MoveRequest).where(MoveRequest.attempt_id.in_(attempts), MoveRequest.decided_at.is_(None))
    return {request.attempt_id: request for request in session.scalars(query.order_by(MoveRequest.asked_at))}


def _seat(
    paper: CandidatePaper,
    attempt: Attempt | None,
    known: tuple[int, Mapping[TimeKind, int], MoveRequest | None],
    now: datetime,
) -> Seat:
    candidate = paper.booking.enrolment.candidate
    answered, time, request = known
    now_ms = to_ms(now)
    paused_ms = to_ms(attempt.paused_at) if attempt and attempt.paused_at else None
    return Seat(
        seat=paper.booking.seat,
        number=candidate.number,
        names=candidate.user.names,
        candidate_paper=paper.id,
        state=_state_of(attempt, request, now_ms),
        attempt=attempt,
        answered=answered,
        count=len(paper.form.slots),
        silent_ms=max(0, now_ms - to_ms(attempt.seen_at)) if attempt else 0,
        deadline_ms=rules.running_deadline(to_ms(attempt.deadline_at), paused_ms, now_ms) if attempt else None,
        time=time,
        request=request,
    )


def _state_of(attempt: Attempt | None, request: MoveRequest | None, now_ms: int) -> SeatState:
    if attempt is None:
        return SeatState.NOT_STARTED
    if rules.has_ended(attempt.state):
        return SeatState.ENDED
    if request is not None:
        return SeatState.MOVING
    if attempt.state is AttemptState.PAUSED:
        return SeatState.PAUSED
    return SeatState.WORKING if rules.is_live(to_ms(attempt.seen_at), now_ms) else SeatState.OFFLINE

"""What the pages around an exam know: whose paper it is, which door stands open, and what the paper asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry, User
from exam_engine.delivery.records import Attempt, AttemptState
from exam_engine.enrolment.records import Candidate
from exam_engine.sittings.records import CandidatePaper, Sitting, SittingPaper, SittingState
from exam_engine.sittings.rules import is_open, minutes_with, paper_of

DECLARED = "declaration.made"


class Door(StrEnum):
    """Where a candidate stands before a paper."""

    EARLY = "early"
    OPEN = "open"
    RUNNING = "running"
    ENDED = "ended"
    MISSED = "missed"


def door_of(sitting: Sitting, attempt: AttemptState | None, now: datetime) -> Door:
    """The door of one paper: an attempt decides, and before there is one, the sitting's window."""
    if attempt is not None:
        return Door.ENDED if attempt in (AttemptState.SUBMITTED, AttemptState.CLOSED) else Door.RUNNING
    if sitting.state is SittingState.CLOSED or now >= sitting.closes_at:
        return Door.MISSED
    return Door.OPEN if is_open(sitting.opens_at, sitting.closes_at, now) else Door.EARLY


@dataclass(frozen=True)
class PaperSummary:
    """One paper as a candidate may know it before it starts. `count` is of questions in theory, of cases in a practical."""

    title: Any
    kind: str
    minutes: int
    extra: timedelta
    count: int
    closed_book: bool

    @property
    def time(self) -> timedelta:
        """All the time there is, accommodation included."""
        return timedelta(minutes=self.minutes) + self.extra


def describe_paper(paper: SittingPaper, time_percent: int) -> PaperSummary:
    """What scheme and booking say about a paper."""
    sitting = paper.sitting
    rule: Mapping[str, Any] = paper_of(sitting.scheme_version.get_level(sitting.level), paper.code)
    return PaperSummary(
        title=paper.title,
        kind=paper.kind,
        minutes=paper.minutes,
        extra=timedelta(minutes=minutes_with(paper.minutes, time_percent) - paper.minutes),
        count=rule.get("items") or rule.get("cases") or 1,
        closed_book=rule.get("closed_book", False),
    )


def get_candidate(session: Session, user: User) -> Candidate | None:
    """The candidate this person is; None for somebody who was never registered."""
    return session.scalars(select(Candidate).where(Candidate.user_id == user.id)).one_or_none()


def get_own_paper(session: Session, user: User, paper_id: int) -> CandidatePaper:
    """The paper, if it was drawn for this person.

    Raises
    ------
    Refusal
        `unknown_paper`, `not_yours`.
    """
    paper = session.get(CandidatePaper, paper_id)
    if paper is None:
        raise Refusal("unknown_paper")
    if paper.booking.enrolment.candidate.user_id != user.id:
        raise Refusal("not_yours")
    return paper


def get_own_attempt(session: Session, user: User, attempt_id: int) -> Attempt:
    """The attempt, if it is this person's.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`.
    """
    attempt = session.get(Attempt, attempt_id)
    if attempt is None:
        raise Refusal("not_found")
    get_own_paper(session, user, attempt.candidate_paper_id)
    return attempt


def find_attempt(session: Session, paper_id: int) -> Attempt | None:
    """The attempt at this paper, if it was started."""
    return session.scalars(select(Attempt).where(Attempt.candidate_paper_id == paper_id)).one_or_none()


def is_declared(session: Session, paper_id: int) -> bool:
    """Whether the candidate has made the declaration for this paper."""
    made = select(AuditEntry.seq).where(AuditEntry.subject == f"candidate_paper:{paper_id}", AuditEntry.action == DECLARED)
    return session.scalars(made.limit(1)).first() is not None


def declare(session: Session, user: User, paper: CandidatePaper, now: datetime) -> None:
    """Put the candidate's declaration on record; saying it twice adds nothing.

    Raises
    ------
    Refusal
        `not_open_yet` or `sitting_closed`.
    """
    door = door_of(paper.booking.sitting, None, now)
    if door is Door.EARLY:
        raise Refusal("not_open_yet")
    if door is Door.MISSED:
        raise Refusal("sitting_closed")
    if not is_declared(session, paper.id):
        audit.record(session, user.login, DECLARED, f"candidate_paper:{paper.id}", now)


ATTEMPT_WORDS = {
    AttemptState.OPEN: "Working",
    AttemptState.PAUSED: "Paused",
    AttemptState.SUBMITTED: "Handed in",
    AttemptState.CLOSED: "Time was up",
}


def say_attempts(session: Session, papers: list[int]) -> dict[int, str]:
    """How far the attempts at these candidate papers are, as English words; a paper that was not started is left out."""
    rows = select(Attempt.candidate_paper_id, Attempt.state).where(Attempt.candidate_paper_id.in_(papers))
    return {paper: ATTEMPT_WORDS[state] for paper, state in session.execute(rows).tuples()}

"""What an invigilator does to a running attempt.

Every action locks the attempt, moves its time through the ledger, tells the player and goes on record.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.clock import from_ms, to_ms
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.delivery import rules
from exam_engine.delivery.records import Attempt, AttemptState, Message, MoveRequest, TimeEntry, TimeKind
from exam_engine.delivery.rules import Step

LONGEST_CREDIT_MINUTES: Final = 600
LONGEST_TEXT: Final = 2_000


def add_time(session: Session, attempt_id: int, minutes: int, reason: str, by: User, now: datetime) -> Attempt:
    """Credit minutes to a running attempt.

    Raises
    ------
    Refusal
        `bad_content` for minutes out of range or a missing reason, `wrong_state` when the attempt has ended, `not_found`,
        `same_person` when somebody would credit themselves.
    """
    if not 1 <= minutes <= LONGEST_CREDIT_MINUTES:
        raise Refusal("bad_content", f"from 1 to {LONGEST_CREDIT_MINUTES} minutes can be added")
    attempt = _get_running(session, attempt_id, by, reason)
    _add_entry(session, attempt, TimeKind.CREDIT, minutes * rules.MINUTE_MS, reason, by, now)
    _tell(session, attempt, "time_added", now, minutes=minutes)
    _note(session, attempt, "attempt.time_added", by, now, minutes=minutes, reason=reason)
    return attempt


def pause(session: Session, attempt_id: int, reason: str, by: User, now: datetime) -> Attempt:
    """Stop an attempt's clock; nothing is accepted until it is resumed.

    Raises
    ------
    Refusal
        `wrong_state` unless the attempt is open; `bad_content`, `not_found`, `same_person`.
    """
    attempt = _get_running(session, attempt_id, by, reason)
    attempt.state = rules.next_state(attempt.state, Step.PAUSE)
    attempt.paused_at = now
    _tell(session, attempt, "paused", now)
    _note(session, attempt, "attempt.paused", by, now, reason=reason)
    return attempt


def resume(session: Session, attempt_id: int, reason: str, by: User, now: datetime) -> Attempt:
    """Start the clock again; the pause is given back to the last millisecond.

    Raises
    ------
    Refusal
        `wrong_state` unless the attempt is paused; `bad_content`, `not_found`, `same_person`.
    """
    attempt = _get_running(session, attempt_id, by, reason)
    attempt.state = rules.next_state(attempt.state, Step.RESUME)
    paused_ms = max(0, to_ms(now) - to_ms(attempt.paused_at or now))
    attempt.paused_at = None
    _add_entry(session, attempt, TimeKind.PAUSE, paused_ms, reason, by, now)
    _tell(session, attempt, "resumed", now)
    _note(session, attempt, "attempt.resumed", by, now, paused_ms=paused_ms, reason=reason)
    return attempt


def send_message(session: Session, attempt_id: int, text: Any, by: User, now: datetime) -> Message:
    """Show a note (a Text document) on the candidate's screen.

    Raises
    ------
    Refusal
        `bad_content` for an empty or overlong note, `wrong_state` when the attempt has ended, `not_found`, `same_person`.
    """
    attempt = _get_running(session, attempt_id, by, *(text.values() if isinstance(text, dict) else [text]))
    message = _tell(session, attempt, "note", now, text=text)
    _note(session, attempt, "attempt.message_sent", by, now, text=text)
    return message


def record_incident(session: Session, attempt_id: int, text: str, by: User, now: datetime) -> None:
    """Put something that happened in the room on record; the candidate is not told.

    Raises
    ------
    Refusal
        `bad_content`, `not_found`, `same_person`.
    """
    _check_words(text)
    _note(session, _lock(session, attempt_id, by), "attempt.incident", by, now, text=text)


def decide_move(session: Session, request_id: int, *, approved: bool, by: User, now: datetime) -> MoveRequest:
    """Let another device take the exam over, or refuse it. The device moves when it asks again; one approval, one move.

    Raises
    ------
    Refusal
        `not_found`; `wrong_state` when the attempt has ended; `same_person`.
    """
    request = session.get(MoveRequest, request_id)
    if request is None:
        raise Refusal("not_found")
    attempt = _get_running(session, request.attempt_id, by)
    request.approved, request.decided_at, request.decided_by = approved, now, by.login
    verdict = "attempt.move_approved" if approved else "attempt.move_refused"
    _note(session, attempt, verdict, by, now, device=request.device, code=request.code)
    return request


def find_receipt(session: Session, number: str) -> Attempt | None:
    """The attempt whose receipt has this number, however it was typed."""
    letters = "".join(letter for letter in number.upper() if letter.isalnum())
    if len(letters) == 9:
        letters = letters.removeprefix("R")  # the eight that follow may begin with an R of their own
    if len(letters) != 8:
        return None
    return session.scalars(select(Attempt).where(Attempt.receipt == f"R-{letters[:4]}-{letters[4:]}")).one_or_none()


def _lock(session: Session, attempt_id: int, by: User) -> Attempt:
    query = select(Attempt).where(Attempt.id == attempt_id).with_for_update().execution_options(populate_existing=True)
    attempt = session.scalars(query).one_or_none()
    if attempt is None:
        raise Refusal("not_found")
    if attempt.candidate_paper.booking.enrolment.candidate.user_id == by.id:
        raise Refusal("same_person", "nobody decides on their own exam")
    return attempt


def _get_running(session: Session, attempt_id: int, by: User, *words: Any) -> Attempt:
    """Lock an attempt that runs, once the `words` that go with the action are seen to be words."""
    for text in words:
        _check_words(text)
    attempt = _lock(session, attempt_id, by)
    if attempt.state not in (AttemptState.OPEN, AttemptState.PAUSED):
        raise Refusal("wrong_state", f"the attempt is {attempt.state.value}", state=attempt.state.value)
    return attempt


def _check_words(words: Any) -> None:
    if not isinstance(words, str) or not words.strip() or len(words) > LONGEST_TEXT:
        raise Refusal("bad_content", f"this needs 1 to {LONGEST_TEXT} characters of text")


def _add_entry(  # noqa: PLR0913, PLR0917  a ledger entry says how much, why, by whom and when
    session: Session, attempt: Attempt, kind: TimeKind, duration_ms: int, reason: str, by: User, now: datetime
) -> None:
    """Add to the ledger; the deadline is what the ledger says, never a sum of its own."""
    session.add(TimeEntry(attempt_id=attempt.id, kind=kind, duration_ms=duration_ms, reason=reason, by=by.login, at=now))
    session.flush()
    total = session.scalar(select(func.sum(TimeEntry.duration_ms)).where(TimeEntry.attempt_id == attempt.id))
    attempt.deadline_at = from_ms(rules.deadline_of(to_ms(attempt.started_at), [int(total or 0)]))


def _tell(
    session: Session, attempt: Attempt, kind: str, now: datetime, *, minutes: int | None = None, text: Any = None
) -> Message:
    message = Message(attempt_id=attempt.id, kind=kind, minutes=minutes, text=text, at=now)
    session.add(message)
    session.flush()
    return message


def _note(session: Session, attempt: Attempt, action: str, by: User, now: datetime, **data: Any) -> None:
    """Put the action on record, with where the attempt's answers stood at that moment."""
    stand = {"deadline_ms": to_ms(attempt.deadline_at), "head": attempt.head, "answers": attempt.answer_count}
    audit.record(session, by.login, action, f"attempt:{attempt.id}", now, **stand, **data)

"""The answers' chains, held against what was recorded when each attempt ended."""

from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core.audit import Finding
from exam_engine.core.records import AuditEntry
from exam_engine.delivery.records import Answer, Attempt
from exam_engine.delivery.rules import first_link, has_ended, link, save_digest


def read_endings(session: Session) -> dict[str, list[dict[str, Any]]]:
    """What the audit chain says of the end of every attempt, by subject such as `attempt:17`."""
    endings: dict[str, list[dict[str, Any]]] = {}
    ended = AuditEntry.action.in_(["attempt.submitted", "attempt.closed"])
    for subject, data in session.execute(select(AuditEntry.subject, AuditEntry.data).where(ended)):
        endings.setdefault(subject, []).append(orjson.loads(data))
    return endings


def list_attempts(session: Session) -> list[int]:
    """Every attempt, and every number under which answers lie though their attempt is gone."""
    return sorted({*session.scalars(select(Attempt.id)), *session.scalars(select(Answer.attempt_id).distinct())})


def find_answer_faults(session: Session, attempt_id: int, endings: dict[str, list[dict[str, Any]]]) -> Iterator[Finding]:
    """Faults of one attempt's answers: edited, missing, moved or cut off, or not what was handed in.

    While an attempt is running its head stands in its own row alone; from its end on it stands in the audit chain, too.
    """
    place, attempt = f"attempt {attempt_id}", session.get(Attempt, attempt_id)
    if attempt is None:
        yield Finding(place, "its answers are there, but the attempt is gone")
        return
    head, count, last_seq = first_link(attempt.candidate_paper_id), 0, 0
    for answer in session.scalars(select(Answer).where(Answer.attempt_id == attempt_id).order_by(Answer.position, Answer.seq)):
        count += 1
        yield from _answer_faults(answer, head, count)
        head, last_seq = answer.link, max(last_seq, answer.seq)
    if (attempt.head, attempt.answer_count, attempt.last_seq) != (head, count, last_seq):
        named, there = (attempt.answer_count, attempt.last_seq), (count, last_seq)
        yield Finding(
            place, f"names {named} as count and last number of its answers, there are {there}, or its head is another one"
        )
    if has_ended(attempt.state):
        yield from _ending_faults(attempt, endings.get(f"attempt:{attempt_id}", []))


def _answer_faults(answer: Answer, previous: str, position: int) -> Iterator[Finding]:
    place = f"attempt {answer.attempt_id}, answer {answer.seq} (slot {answer.slot})"
    if answer.position != position:
        yield Finding(place, f"stands at place {answer.position} of the chain, not {position}: answers were deleted or moved")
    if answer.digest != save_digest(answer.attempt_id, answer.slot, answer.seq, answer.response):
        yield Finding(place, "was changed after it was stored")
    if answer.link != link(previous, answer.digest):
        yield Finding(place, "does not follow from the answer before it")


def _ending_faults(attempt: Attempt, endings: list[dict[str, Any]]) -> Iterator[Finding]:
    place = f"attempt {attempt.id}"
    if len(endings) != 1:
        yield Finding(place, f"ended, but the audit chain records {len(endings)} endings")
        return
    recorded = endings[0]
    if (recorded.get("head"), recorded.get("answers")) != (attempt.head, attempt.answer_count):
        yield Finding(place, f"was handed in with {recorded.get('answers')} answers and another head than it has now")

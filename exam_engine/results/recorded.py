"""Rows held against the audit chain: what was recorded when it was decided must still be what stands there."""

from collections.abc import Iterator
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from exam_engine.core.audit import Finding
from exam_engine.core.clock import to_ms
from exam_engine.core.records import AuditEntry
from exam_engine.delivery.records import Attempt
from exam_engine.marking.records import Mark
from exam_engine.results.records import Result, ResultState

Recorded = dict[tuple[str, str], dict[str, Any]]

ACTIONS: Final = ("result.released", "mark.finished")


def read_recorded(session: Session) -> Recorded:
    """The newest facts on record: of releases by subject, of finished marks by subject and place, of deadlines by attempt."""
    recorded: Recorded = {}
    told = AuditEntry.action.in_(ACTIONS) | AuditEntry.action.startswith("attempt.")
    rows = session.execute(select(AuditEntry.action, AuditEntry.subject, AuditEntry.data).where(told).order_by(AuditEntry.seq))
    for action, subject, text in rows:
        data = orjson.loads(text)
        if action in ACTIONS:
            recorded[subject, data.get("place", action)] = data
        elif "deadline_ms" in data:
            recorded[subject, "deadline"] = data
    return recorded


def find_record_faults(session: Session) -> Iterator[Finding]:
    """Results, marks and deadlines that are not what the audit chain says was decided."""
    recorded = read_recorded(session)
    for result in session.scalars(select(Result).where(Result.state == ResultState.RELEASED)):
        said = recorded.get((f"result:{result.id}", "result.released"))
        if said is None or (said.get("outcome"), said.get("total")) != (result.outcome.value, result.total):
            yield Finding(f"result {result.id}", "is not what was released")
    for mark in session.scalars(select(Mark).where(Mark.is_final).options(joinedload(Mark.script))):
        said = recorded.get((f"script:{mark.script.code}", mark.place.value))
        if said is None or (said.get("total"), said.get("criteria")) != (mark.total, mark.criteria):
            yield Finding(f"script {mark.script.code}, {mark.place.value} mark", "is not what the marker gave")
    for attempt in session.scalars(select(Attempt)):
        said = recorded.get((f"attempt:{attempt.id}", "deadline"))
        if said is not None and said["deadline_ms"] != to_ms(attempt.deadline_at):
            yield Finding(f"attempt {attempt.id}", "has another deadline than the one on record")

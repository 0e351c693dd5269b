"""Sealing an attempt: paper with keys, answers and chain, people's marks, standard, score and decision in one document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.delivery.records import Answer, Attempt
from exam_engine.delivery.rules import first_link, has_ended
from exam_engine.results.collect import Papers, Scorers, TakenPaper, read_responses, take_papers
from exam_engine.results.records import Result
from exam_engine.results.rules import scored_slots
from exam_engine.sittings.records import CandidatePaper
from exam_engine.sittings.rules import paper_of

FORMAT: Final = "exam-engine/sealed-bundle/1"
DECIDED: Final = ("outcome", "total", "distinction", "components", "reasons", "checks")

Document = dict[str, Any]


def seal_attempt(session: Session, attempt_id: int, by: User, now: datetime) -> Document:
    """The sealed bundle of an attempt (`schemas/sealed-bundle.schema.json`); who took it goes on record, for it holds keys.

    Raises
    ------
    Refusal
        `not_found`, or `wrong_state` while the attempt is running or waits for marks.
    """
    attempt = session.get(Attempt, attempt_id)
    if attempt is None:
        raise Refusal("not_found", f"there is no attempt {attempt_id}")
    if not has_ended(attempt.state):
        raise Refusal("wrong_state", f"attempt {attempt_id} is {attempt.state.value}")
    taken = take_papers(session, _only(attempt))[0]
    if taken.unsettled:
        raise Refusal("wrong_state", f"{taken.unsettled} scripts of attempt {attempt_id} wait for marks")
    audit.record(session, by.login, "attempt.sealed", f"attempt:{attempt_id}", now)
    return _bundle(session, attempt, taken, now)


def _only(attempt: Attempt) -> Papers:
    return select(CandidatePaper.id).where(CandidatePaper.id == attempt.candidate_paper_id)


def _bundle(session: Session, attempt: Attempt, taken: TakenPaper, now: datetime) -> Document:
    drawn, booking = attempt.candidate_paper, attempt.candidate_paper.booking
    level = booking.enrolment.scheme_version.get_level(booking.enrolment.level)
    result = session.scalars(select(Result).where(Result.booking_id == booking.id)).one_or_none()
    responses = read_responses(session, _only(attempt)).get(attempt.id, {})
    return {
        "format": FORMAT,
        "attempt": attempt.id,
        "candidate": booking.enrolment.candidate.number,
        "sealed_at": now.isoformat(),
        "key_version": drawn.form.key_version,
        "paper": _paper(drawn),
        "answers": _answers(session, attempt),
        "chain": {"start": first_link(drawn.id), "length": attempt.answer_count, "head": attempt.head},
        "persons": dict(taken.persons),
        "standard": level["standard"],
        "others": _others(result, drawn.sitting_paper.code, attempt.id) if result else [],
        "score": Scorers(booking.sitting).score(taken, responses),
        "decision": {name: result.decision[name] for name in DECIDED} if result else None,
    }


def _paper(drawn: CandidatePaper) -> Document:
    paper, form = drawn.sitting_paper, drawn.form
    sitting, scheme = paper.sitting, paper.sitting.scheme_version
    sections = paper_of(scheme.get_level(sitting.level), paper.code).get("sections", "area")
    options = {place["slot"]: place["options"] for place in drawn.order["slots"] if place.get("options")}
    slots = scored_slots(form.slots, orjson.loads(form.marking)["items"], sections)
    return {
        "id": paper.code, "title": paper.title, "level": sitting.level, "kind": paper.kind,
        "form": form.number, "minutes": paper.minutes, "scheme": {"id": scheme.scheme, "version": scheme.version},
        "slots": [slot | ({"options": options[slot["slot"]]} if slot["slot"] in options else {}) for slot in slots],
    }  # fmt: skip


def _answers(session: Session, attempt: Attempt) -> list[Document]:
    """Every save in the order of the chain."""
    rows = session.scalars(select(Answer).where(Answer.attempt_id == attempt.id).order_by(Answer.position))
    return [
        {
            "seq": row.seq, "slot": row.slot, "response": orjson.loads(row.response), "digest": row.digest,
            "received_at": row.received_at.isoformat(),
        }
        for row in rows
    ]  # fmt: skip


def _others(result: Result, code: str, attempt_id: int) -> list[Mapping[str, Any]]:
    """Components of the decision that do not come from this attempt: of other papers, or carried over in its place."""
    return [
        {name: paper[name] for name in ("id", "marks", "max", "sections")}
        for paper in result.decision["papers"]
        if paper["marks"] is not None and (paper["id"] != code or paper["carried"] or paper["attempt"] != attempt_id)
    ]

"""Re-scoring of attempts that have ended, one corrected key and all of them, reading and writing included."""

import time
from pathlib import Path

from sqlalchemy import select

from exam_engine.core.canonical import canonical_json
from exam_engine.core.clock import system_clock, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery import rules
from exam_engine.delivery.clerk import Clerk
from exam_engine.delivery.operations import Save, SentSave, Submit
from exam_engine.delivery.records import Attempt, AttemptState
from exam_engine.delivery.tokens import Ticket
from exam_engine.marking.rescore import rescore_form
from exam_engine.marking.scoring import score_attempts
from tests.bench.site import Cohort


def measure(database: Database, cohort: Cohort) -> dict[str, float]:
    """End every attempt with all slots answered, then correct a key of the form."""
    _end_all(database, cohort)
    with database.write() as session:
        began = time.perf_counter()
        done = rescore_form(session, cohort.form, {"item-1": {"key": False}}, "bench", system_clock())
        session.commit()
        took = time.perf_counter() - began
    return {"per_s": done.attempts / took, "attempts": done.attempts, "changed": done.changed}


def _end_all(database: Database, cohort: Cohort) -> None:
    settings = Settings(data_dir=Path(), database_url=database.url, secret=b"x" * 32)
    clerk = Clerk(database, settings, system_clock, scorer=score_attempts)
    with database.read() as session:
        running = session.scalars(select(Attempt).where(Attempt.state == AttemptState.OPEN)).all()
    now = to_ms(system_clock())
    for first in range(0, len(running), 50):
        some = running[first : first + 50]
        tickets = [Ticket(one.id, one.turn, one.candidate_paper_id, cohort.form) for one in some]
        clerk.answer([Save(ticket, _saves(one, cohort), now) for ticket, one in zip(tickets, some, strict=True)])
        clerk.answer([Submit(ticket, 0, "", now) for ticket in tickets])
    clerk.close()


def _saves(attempt: Attempt, cohort: Cohort) -> list[SentSave]:
    chosen, saves = cohort.chosen[cohort.papers.index(attempt.candidate_paper_id)], []
    for seq, ((slot, responses), number) in enumerate(zip(cohort.slots, chosen, strict=True), attempt.last_seq + 1):
        text = canonical_json(responses[number])
        saves.append(SentSave(slot, seq, text, rules.save_digest(attempt.id, slot, seq, text), None))
    return saves

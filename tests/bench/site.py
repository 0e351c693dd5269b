"""A sitting of many candidates with a paper of 40 items, put into the database row by row in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core.clock import system_clock
from exam_engine.core.database import Base, Database
from exam_engine.core.records import User, WebSession
from exam_engine.core.sign_in import csrf_token, hash_token
from exam_engine.demo.answers import responses_to
from exam_engine.demo.crowd import estimate_items
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.records import authoring  # noqa: F401  every table has to be known before it can be made
from exam_engine.sittings.papers import draw_theory
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingKind, SittingPaper, SittingState
from grading.psychometrics.simulation import Population, draw_items, draw_people, respond

ITEMS = 40


@dataclass
class Cohort:
    """What was put in."""

    form: int
    papers: list[int]
    slots: list[tuple[str, list[Any]]]
    """Every slot with the responses that can be given there."""
    chosen: list[list[int]]
    """Which of them each candidate gives, slot by slot."""

    def sign_ins(self, secret: bytes) -> list[tuple[int, str, str]]:
        """Paper, cookie and CSRF token of every candidate."""
        return [(paper, f"cookie-{paper}", csrf_token(f"cookie-{paper}", secret)) for paper in self.papers]


def _text(words: str) -> dict[str, str]:
    return {
        "zh-CN": f"{words} 题干文字，长度与真实试题相近。" * 3,
        "en": f"{words} with about as many words as a real question has. " * 3,
    }


def _item(number: int) -> dict[str, Any]:
    options = [{"id": letter, "text": _text(f"Option {letter}")} for letter in "ABCD"]
    item: dict[str, Any] = {
        "id": f"item-{number}",
        "syllabus": "process.incident",
        "difficulty": 1 + number % 4,
        "stem": _text(f"Question {number}"),
    }
    match number % 5:
        case 0:
            return {**item, "type": "multiple_choice", "options": options, "key": ["A", "C"], "marking": {"rule": "balanced"}}
        case 1:
            return {**item, "type": "true_false", "key": True}
        case 2:
            return {
                **item,
                "type": "numeric",
                "key": {"accepted": [{"value": "99.5", "tolerance": {"kind": "absolute", "bound": "0.1"}}]},
            }
        case _:
            return {**item, "type": "single_choice", "options": options, "key": "B"}


def _choose(items: Sequence[dict[str, Any]], candidates: int) -> list[list[int]]:
    """The numbers of the responses that simulated candidates give; nobody leaves anything out."""
    draw = np.random.default_rng(1)
    people = draw_people(candidates, draw, Population(omit_mean_logit=-50, omit_sd_logit=0))
    true = draw_items(estimate_items(items, [60.0] * len(items)), draw)
    chosen: list[list[int]] = respond(people, true, draw).chosen.tolist()
    return chosen


def fill(database: Database, candidates: int) -> Cohort:
    """Make the tables and the sitting; everyone is signed in."""
    Base.metadata.create_all(database.engine)
    items = [_item(number) for number in range(ITEMS)]
    drawn = draw_theory(items)
    now = system_clock()
    everyone = range(1, candidates + 1)
    order = {"slots": [{"slot": slot["slot"], "item": slot["item"], "options": list("CADB")} for slot in drawn.slots]}
    person = {"password_hash": "-", "names": {"en": "A"}, "language": "en", "is_active": True, "created_at": now}
    with database.write() as session:
        session.execute(insert(User), [{"id": n, "login": f"c{n}", "roles": ["candidate"], **person} for n in everyone])
        document = {"levels": [{"id": "junior", "title": _text("Junior")}]}
        scheme = SchemeVersion(scheme="bench", version="1", document=document, effective_from=now)
        session.add(scheme)
        session.flush()
        sitting = Sitting(
            level="junior", kind=SittingKind.REGULAR, state=SittingState.PREPARED, scheme_version_id=scheme.id, room="1",
            seed=1, opens_at=now - timedelta(hours=1), closes_at=now + timedelta(hours=8), created_by_id=1,
        )  # fmt: skip
        paper = SittingPaper(sitting=sitting, code="theory", kind="theory", minutes=240, title=_text("Theory"))
        form = Form(
            sitting_paper=paper, number=1, slots=drawn.slots, public=drawn.public, marking=drawn.marking, digest=drawn.digest
        )
        session.add_all([sitting, paper, form])
        session.flush()
        session.execute(insert(Candidate), [{"id": n, "user_id": n, "number": f"C{n}"} for n in everyone])
        enrolled = {"level": "junior", "scheme_version_id": scheme.id, "state": "active", "accepted_at": now}
        session.execute(insert(Enrolment), [{"id": n, "candidate_id": n, **enrolled} for n in everyone])
        booked = {"sitting_id": sitting.id, "time_percent": 100, "booked_at": now, "state": "open"}
        session.execute(insert(Booking), [{"id": n, "enrolment_id": n, "seat": f"S{n}", **booked} for n in everyone])
        drawn_for = {"sitting_paper_id": paper.id, "form_id": form.id, "order": order}
        session.execute(insert(CandidatePaper), [{"id": n, "booking_id": n, **drawn_for} for n in everyone])
        signed_in = {"created_at": now, "expires_at": now + timedelta(hours=12)}
        session.execute(
            insert(WebSession), [{"token_hash": hash_token(f"cookie-{n}"), "user_id": n, **signed_in} for n in everyone]
        )
        form_id = form.id
    slots = [(slot["slot"], responses_to(item)) for slot, item in zip(drawn.slots, items, strict=True)]
    return Cohort(form_id, list(everyone), slots, _choose(items, candidates))

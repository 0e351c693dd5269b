"""A small centre for tests of results: the sample scheme, a handful of items, and sittings whose marks the test decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from exam_engine.authoring.actions import store_scheme
from exam_engine.core import audit
from exam_engine.core.canonical import canonical_json
from exam_engine.core.records import Role, User
from exam_engine.core.sign_in import add_user
from exam_engine.delivery import rules
from exam_engine.delivery.records import Answer, Attempt, AttemptState
from exam_engine.enrolment.actions import accept_enrolment, register_candidate
from exam_engine.enrolment.records import Enrolment
from exam_engine.marking.records import AutoScore, Script, ScriptState
from exam_engine.results.rules import machine_marks, scored_slots
from exam_engine.sittings.actions import Plan, book, plan_sitting
from exam_engine.sittings.papers import DrawnForm, draw_case, draw_theory
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingKind, SittingPaper, SittingState
from exam_engine.training.actions import record_training
from grading.score import compile_paper, pack

AREAS = ("fundamentals", "process", "tools", "quality", "projects")


def theory_items(marks: Sequence[str]) -> list[dict[str, Any]]:
    """One single-choice item for each of `marks`, area by area; option B is right."""
    return [
        {
            "id": f"item-{number}", "version": 1, "type": "single_choice", "syllabus": AREAS[number % 5], "marks": worth,
            "stem": {"zh-CN": "哪一个对？", "en": "Which is right?"}, "key": "B", "rationale": "canary-rationale",
            "options": [{"id": name, "text": name} for name in "ABCD"],
        }
        for number, worth in enumerate(marks)
    ]  # fmt: skip


def written_part(worth: int) -> dict[str, Any]:
    """A written answer that a person marks."""
    levels = [{"marks": marks, "title": str(marks), "text": str(marks)} for marks in (0, worth)]
    return {
        "id": "a", "type": "written", "marks": worth, "stem": {"zh-CN": "写", "en": "Write"}, "words": {"min": 1, "max": 50},
        "rubric": {"criteria": [{"id": "c", "title": "C", "max": worth, "levels": levels}]},
    }  # fmt: skip


def written_case(parts: Sequence[int]) -> dict[str, Any]:
    """A case with one task for each of `parts`, each a written part worth that many marks."""
    return {
        "id": "case-1", "version": 1, "level": "intermediate", "syllabus": ["process"], "minutes": 30,
        "title": {"zh-CN": "案例", "en": "A case"}, "scenario": {"zh-CN": "情景", "en": "A situation"}, "exhibits": [],
        "tasks": [
            {"id": f"t{task}", "title": {"zh-CN": f"任务 {task}", "en": f"Task {task}"}, "parts": [written_part(worth)]}
            for task, worth in enumerate(parts, 1)
        ],
    }  # fmt: skip


@dataclass
class Centre:
    """People and scheme; `sit` takes candidates through a sitting to its last mark."""

    session: Session
    now: datetime
    users: dict[str, User] = field(default_factory=dict)

    @classmethod
    def open(cls, session: Session, scheme: Mapping[str, Any], now: datetime) -> "Centre":
        """Store the scheme and hire two officers and a trainer."""
        centre = cls(session, now)
        staff = {"chen": Role.OFFICER, "silva": Role.OFFICER, "zhou": Role.TRAINER, "admin": Role.ADMINISTRATOR}
        for login, role in staff.items():
            centre.users[login] = add_user(session, login, "no password", {"zh-CN": login, "en": login}, [role], now)
        store_scheme(session, scheme, now - timedelta(days=1), "chen", now)
        return centre

    def enrol(self, number: int, level: str, *, trained: bool = True) -> Enrolment:
        """A new candidate, accepted for `level` and (unless told otherwise) trained for it."""
        login = f"c-{number}"
        names = {"zh-CN": "林悦", "en": "Lin Yue"}
        user = add_user(self.session, login, "no password", names, [Role.CANDIDATE], self.now)
        candidate = register_candidate(self.session, user, f"C-{number:04d}", "chen", self.now)
        enrolment = accept_enrolment(self.session, candidate, level, "chen", self.now)
        if trained:
            self.train(enrolment, self.now)
        return enrolment

    def train(self, enrolment: Enrolment, at: datetime) -> None:
        """Record a completed training."""
        record_training(self.session, enrolment, 16, self.users["zhou"], self.users["chen"], at)

    def sitting(
        self, enrolments: Sequence[Enrolment], at: datetime, kind: SittingKind = SittingKind.REGULAR,
        forms: Mapping[str, DrawnForm] | None = None,
    ) -> Sitting:  # fmt: skip
        """A prepared sitting of two hours with one form a paper, booked through the gate."""
        plan = Plan(enrolments[0].level, kind, at, at + timedelta(hours=2), {"zh-CN": "一号考场", "en": "room 1"})
        sitting = plan_sitting(self.session, plan, self.users["chen"], min(self.now, at))
        for enrolment in enrolments:
            book(self.session, sitting, enrolment, "chen", at)
        drawn = {
            "theory": draw_theory(theory_items(["20"] * 5)),
            "practical": draw_case(written_case([60, 40])),
            **(forms or {}),
        }
        for paper in sitting.papers:
            self._draw(sitting, paper, drawn[paper.kind])
        sitting.state = SittingState.PREPARED
        self.session.flush()
        return sitting

    def _draw(self, sitting: Sitting, paper: SittingPaper, drawn: DrawnForm) -> None:
        form = Form(
            sitting_paper=paper, number=1, slots=drawn.slots, public=drawn.public, marking=drawn.marking, digest=drawn.digest,
            key_version=1,
        )  # fmt: skip
        self.session.add(form)
        self.session.flush()
        for booking in sitting.bookings:
            order = {"slots": [{"slot": slot["slot"], "item": slot["item"]} for slot in drawn.slots]}
            self.session.add(CandidatePaper(booking=booking, sitting_paper=paper, form=form, order=order))
        self.session.flush()

    def take(
        self, booking: Booking, paper: str, given: Mapping[str, Any], persons: Mapping[str, str | None] | None = None
    ) -> Attempt:
        """Hand in `given` responses at `paper`; `persons` are the marks of its written slots, None while one is open."""
        drawn = next(one for one in booking.papers if one.sitting_paper.code == paper)
        at = booking.sitting.opens_at + timedelta(minutes=1)
        attempt = Attempt(
            candidate_paper=drawn, state=AttemptState.SUBMITTED, started_at=at, seen_at=at,
            deadline_at=at + timedelta(minutes=30), paused_at=None, submitted_at=at + timedelta(minutes=20),
            receipt=f"R-{drawn.id}", device="d", head=rules.first_link(drawn.id), last_seq=0, answer_count=0,
            answered=len(given),
        )  # fmt: skip
        self.session.add(attempt)
        self.session.flush()
        for seq, (slot, response) in enumerate([("_view", {"current": "q1"}), *given.items()], 1):
            self.save(attempt, seq, slot, response, at)
        audit.record(
            self.session, booking.enrolment.candidate.user.login, "attempt.submitted", f"attempt:{attempt.id}", at,
            head=attempt.head, answers=attempt.answer_count, last_seq=attempt.last_seq,
        )  # fmt: skip
        self._mark(attempt, given, persons or {})
        return attempt

    def save(self, attempt: Attempt, seq: int, slot: str, response: Any, at: datetime) -> None:
        """Add one answer to the attempt's chain."""
        text = canonical_json(response)
        digest = rules.save_digest(attempt.id, slot, seq, text)
        attempt.head, attempt.last_seq, attempt.answer_count = rules.link(attempt.head, digest), seq, attempt.answer_count + 1
        self.session.add(
            Answer(
                attempt_id=attempt.id, seq=seq, slot=slot, response=text, digest=digest, link=attempt.head,
                position=attempt.answer_count, received_at=at, device_ms=None,
            )
        )  # fmt: skip
        self.session.flush()

    def _mark(self, attempt: Attempt, given: Mapping[str, Any], persons: Mapping[str, str | None]) -> None:
        form = attempt.candidate_paper.form
        scored = compile_paper(scored_slots(form.slots, orjson.loads(form.marking)["items"], "area"))(given, {})
        vector, marks = pack(scored, [slot["slot"] for slot in form.slots]), machine_marks(scored, scored["pending"])
        self.session.add(
            AutoScore(
                attempt_id=attempt.id, key_version=1, vector=vector.tobytes(), marks=marks, marked_at=attempt.submitted_at
            )
        )
        for slot in scored["pending"]:
            marks = persons.get(slot)
            state = ScriptState.OPEN if marks is None else ScriptState.SETTLED
            script = Script(
                attempt_id=attempt.id, slot=slot, item=slot, code=f"S-{attempt.id}-{slot}", state=state, marks=marks
            )
            self.session.add(script)
        self.session.flush()

    def theory(self, booking: Booking, right: int) -> Attempt:
        """Answer the first `right` of the five theory items right and the others wrong: 20 marks each."""
        return self.take(booking, "theory", {f"q{number}": "B" if number <= right else "A" for number in range(1, 6)})

    def practical(self, booking: Booking, first: str | None, second: str | None) -> Attempt:
        """Write both tasks; markers gave `first` of 60 and `second` of 40 marks (None while a script is open)."""
        return self.take(booking, "practical", {"t1/a": "words", "t2/a": "words"}, {"t1/a": first, "t2/a": second})

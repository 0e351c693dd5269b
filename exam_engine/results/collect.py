"""What a sitting has brought in: attempts, answers, the engine's marks and people's, read a sitting at a time."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from exam_engine.core.canonical import sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import Answer, Attempt
from exam_engine.delivery.rules import VIEW_SLOT, fold_newest, has_ended
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.marking.records import AutoScore, Script, ScriptState
from exam_engine.results.rules import machine_marks, scored_slots
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper, Form, Sitting
from exam_engine.sittings.rules import paper_of
from grading.exact import exact
from grading.score import Score, Scorer, compile_paper

Papers = Select[tuple[int]]


@dataclass(frozen=True)
class Waiting:
    """Something that has to come in before results can be proposed: `code` is running, not_over, unmarked or scripts."""

    code: str
    count: int


@dataclass(frozen=True)
class TakenPaper:
    """One paper of one booking, with everything its score is made of; `attempt` is None when it was never started."""

    candidate_paper: CandidatePaper
    attempt: Attempt | None
    auto: AutoScore | None = None
    persons: Mapping[str, str] = field(default_factory=dict)
    unsettled: int = 0

    @property
    def basis(self) -> str:
        """Digest over all that the score rests on: it changes when an answer, the key or a mark does."""
        if self.attempt is None or self.auto is None:
            return sha256_hex("not sat", str(self.candidate_paper.id))
        marks = [f"{slot}={marks}" for slot, marks in sorted(self.persons.items())]
        return sha256_hex(self.attempt.head, str(self.auto.key_version), self.auto.vector, self.auto.marks, *marks)


def live_bookings(session: Session, sitting: Sitting) -> list[Booking]:
    """The bookings a sitting has to decide on, with candidates and schemes, in one question."""
    enrolment = joinedload(Booking.enrolment)
    query = (
        select(Booking)
        .where(Booking.sitting_id == sitting.id, Booking.state != BookingState.CANCELLED)
        .options(
            enrolment.joinedload(Enrolment.candidate).joinedload(Candidate.user),
            enrolment.joinedload(Enrolment.scheme_version),
        )
        .order_by(Booking.id)
    )
    return list(session.scalars(query))


def read_papers(session: Session, sitting: Sitting) -> dict[int, list[TakenPaper]]:
    """The papers of every booking by booking id, in the order of the sitting's papers."""
    papers: dict[int, list[TakenPaper]] = defaultdict(list)
    for one in take_papers(session, papers_of(sitting)):
        papers[one.candidate_paper.booking_id].append(one)
    return papers


def papers_of(sitting: Sitting) -> Papers:
    """The ids of a sitting's candidate papers, as a question to be asked inside others."""
    booked = select(CandidatePaper.id).join(Booking, Booking.id == CandidatePaper.booking_id)
    return booked.where(Booking.sitting_id == sitting.id, Booking.state != BookingState.CANCELLED)


def take_papers(session: Session, papers: Papers) -> list[TakenPaper]:
    """These candidate papers with their attempts and marks, read in four questions however many there are."""
    drawn = session.scalars(
        select(CandidatePaper)
        .where(CandidatePaper.id.in_(papers))
        .options(joinedload(CandidatePaper.form), joinedload(CandidatePaper.sitting_paper))
        .order_by(CandidatePaper.booking_id, CandidatePaper.sitting_paper_id)
    )
    of_papers = select(Attempt.id).where(Attempt.candidate_paper_id.in_(papers))
    attempts = {row.candidate_paper_id: row for row in session.scalars(select(Attempt).where(Attempt.id.in_(of_papers)))}
    autos = {row.attempt_id: row for row in session.scalars(select(AutoScore).where(AutoScore.attempt_id.in_(of_papers)))}
    scripts: dict[int, list[Script]] = defaultdict(list)
    for script in session.scalars(select(Script).where(Script.attempt_id.in_(of_papers)).order_by(Script.id)):
        scripts[script.attempt_id].append(script)
    return [_taken(one, attempts.get(one.id), autos, scripts) for one in drawn]


def _taken(
    drawn: CandidatePaper, attempt: Attempt | None, autos: Mapping[int, AutoScore], scripts: Mapping[int, list[Script]]
) -> TakenPaper:
    if attempt is None:
        return TakenPaper(drawn, None)
    own = scripts.get(attempt.id, [])
    settled = {script.slot: script.marks for script in own if script.state is ScriptState.SETTLED and script.marks is not None}
    return TakenPaper(drawn, attempt, autos.get(attempt.id), settled, len(own) - len(settled))


def find_waiting(sitting: Sitting, papers: Mapping[int, list[TakenPaper]], now: datetime) -> list[Waiting]:
    """What is still missing for results; nothing when they can be proposed."""
    taken = [one for booking in papers.values() for one in booking]
    sat = [one for one in taken if one.attempt is not None]
    ended = [one for one in sat if one.attempt and has_ended(one.attempt.state)]
    counts = {
        "not_over": sum(1 for one in taken if one.attempt is None) if now < sitting.closes_at else 0,
        "running": len(sat) - len(ended),
        "unmarked": sum(1 for one in ended if one.auto is None or one.auto.key_version != one.candidate_paper.form.key_version),
        "scripts": sum(one.unsettled for one in ended),
    }
    return [Waiting(code, count) for code, count in counts.items() if count]


def read_responses(session: Session, papers: Papers) -> dict[int, dict[str, Any]]:
    """The newest answer of each slot, by attempt; what the screen kept for itself is no answer."""
    saves: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    wanted = select(Answer.attempt_id, Answer.slot, Answer.seq, Answer.response)
    for attempt, slot, seq, response in session.execute(
        wanted.join(Attempt, Attempt.id == Answer.attempt_id).where(
            Attempt.candidate_paper_id.in_(papers), Answer.slot != VIEW_SLOT
        )
    ):
        saves[attempt].append((slot, seq, response))
    return {
        attempt: {slot: orjson.loads(response) for slot, (_, response) in fold_newest(own).items()}
        for attempt, own in saves.items()
    }


class Scorers:
    """One compiled scorer a form: the keys are read once, however many candidates sat it."""

    def __init__(self, sitting: Sitting) -> None:
        self._level = sitting.scheme_version.get_level(sitting.level)
        self._compiled: dict[int, Scorer] = {}

    def score(self, taken: TakenPaper, responses: Mapping[str, Any]) -> Score:
        """The exact score of an attempt, from its answers, its form's key and people's marks.

        Raises
        ------
        Refusal
            `wrong_state` when the score kept at the end of the attempt is another one: somebody has to look.
        """
        attempt, auto = taken.attempt, taken.auto
        if attempt is None or auto is None:
            raise Refusal("wrong_state", "a paper that was not marked has no score")
        scored = self._scorer(taken.candidate_paper.form)(responses, taken.persons)
        if scored["pending"]:
            raise Refusal("wrong_state", f"attempt {attempt.id}: {', '.join(scored['pending'])} still wait for a person")
        if exact(machine_marks(scored, taken.persons)) != exact(auto.marks):
            given = machine_marks(scored, taken.persons)
            raise Refusal("wrong_state", f"attempt {attempt.id} was marked {auto.marks}, but its answers give {given}")
        return scored

    def _scorer(self, form: Form) -> Scorer:
        if form.id not in self._compiled:
            sections = paper_of(self._level, form.sitting_paper.code).get("sections", "area")
            items = orjson.loads(form.marking)["items"]
            self._compiled[form.id] = compile_paper(scored_slots(form.slots, items, sections))
        return self._compiled[form.id]

"""Exam day and the days after it, simulated: candidates sit, markers mark, officers propose and release."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import orjson
from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.canonical import sha256_hex
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import open_session
from exam_engine.delivery.api import make_api
from exam_engine.delivery.records import Attempt
from exam_engine.delivery.writer import Writer
from exam_engine.demo.answers import level_reached, respond
from exam_engine.demo.browser import Device
from exam_engine.demo.site import Staff
from exam_engine.marking import actions as marking
from exam_engine.marking.actions import Judgement, waiting_scripts
from exam_engine.marking.records import Mark, Script
from exam_engine.marking.scoring import score_attempts
from exam_engine.marking.tasks import read_task
from exam_engine.results.actions import propose_results, release_results
from exam_engine.sittings.actions import get_sitting
from exam_engine.sittings.records import Booking, CandidatePaper, Form

AT_ONCE: Final = 32
SCRIPTS_AT_ONCE: Final = 20
SEVERITY_LOGIT: Final = {"novak": 0.15, "liu": -0.15, "okafor": 0.0}
CHANGE_REQUEST: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)

Progress = Callable[[Iterable[Any], str, int], Iterator[Any]]


def quietly(things: Iterable[Any], _title: str, _total: int) -> Iterator[Any]:
    """No progress bar."""
    yield from things


class MovableClock:
    """A clock that stands still until it is moved: the whole life cycle passes in seconds."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time it was moved to."""
        return self.now

    def move_to(self, now: datetime) -> None:
        """Go forward to `now`; a clock never goes back."""
        if now < self.now:
            raise ValueError(f"the clock stands at {self.now}, {now} is earlier")
        self.now = now


@dataclass(frozen=True)
class Seat:
    """One simulated candidate before one paper."""

    paper: int
    number: str
    cookie: str
    items: Mapping[str, Any]
    theta_logit: float


class ExamDay:
    """Sittings of one simulated site; abilities are by candidate number, on the logit scale."""

    def __init__(self, settings: Settings, database: Database, staff: Staff, clock: MovableClock, draw: Generator) -> None:
        self.settings, self.database, self.staff, self.clock, self.draw = settings, database, staff, clock, draw
        self._marking_seed = int(draw.integers(2**63))

    def sit(
        self, sitting_id: int, abilities: Mapping[str, float], progress: Progress = quietly, *, hand_in: bool = True
    ) -> None:
        """Let every booked candidate sit every paper, up to handing in."""
        seats = self._seats(sitting_id, abilities)
        writer = Writer(self.database, self.settings, self.clock, scorer=score_attempts)
        api = make_api(self.database, self.settings, self.clock, writer)
        writer.start()
        try:
            for batch in progress(range(0, len(seats), AT_ONCE), "Exam day", -(-len(seats) // AT_ONCE)):
                asyncio.run(self._sit_together(api, seats[batch : batch + AT_ONCE], hand_in=hand_in))
        finally:
            writer.stop()

    def _seats(self, sitting_id: int, abilities: Mapping[str, float]) -> list[Seat]:
        with self.database.write() as session:
            bookings = get_sitting(session, sitting_id).bookings
            cookies = {
                booking.id: open_session(session, booking.enrolment.candidate.user, self.clock(), hours=24)
                for booking in bookings
            }
            papers = session.scalars(
                select(CandidatePaper)
                .where(CandidatePaper.booking_id.in_(cookies))
                .order_by(CandidatePaper.id)
                .options(joinedload(CandidatePaper.form).options(undefer(Form.marking)), joinedload(CandidatePaper.booking))
            )
            items: dict[int, Any] = {}
            seats = []
            for paper in papers:
                documents = items.setdefault(paper.form_id, orjson.loads(paper.form.marking)["items"])
                number = paper.booking.enrolment.candidate.number
                by_slot = {slot["slot"]: documents[slot["item"]] for slot in paper.order["slots"]}
                seats.append(Seat(paper.id, number, cookies[paper.booking_id], by_slot, abilities[number]))
            return seats

    async def _sit_together(self, api: Any, seats: Sequence[Seat], *, hand_in: bool) -> None:
        seeds = self.draw.integers(2**63, size=len(seats))
        generators = [np.random.default_rng(seed) for seed in seeds]
        await asyncio.gather(*(self._sit_one(api, seat, draw, hand_in) for seat, draw in zip(seats, generators, strict=True)))

    async def _sit_one(self, api: Any, seat: Seat, draw: Generator, hand_in: bool) -> None:  # noqa: FBT001  passed on as it came
        device = Device(api, seat.cookie, self.settings.secret, f"simulated-{seat.number}")
        await device.start(seat.paper)
        responses = {}
        for slot, item in seat.items.items():
            if item["type"] == "files":
                name = f"change-request-{seat.number}.pdf"
                responses[slot] = await device.upload(slot, name, CHANGE_REQUEST + seat.number.encode())
            else:
                responses[slot] = respond(item, seat.theta_logit, draw)
        await device.save({slot: response for slot, response in responses.items() if response is not None})
        if hand_in:
            await device.hand_in()

    def mark(self, abilities: Mapping[str, float], progress: Progress = quietly, *, most: int | None = None) -> None:
        """Let the two markers, then the senior one, mark what waits (at most `most` marks each)."""
        for login in ("novak", "liu", "okafor"):
            self._mark_all(self.staff[login], abilities, progress, most, adjudicate=login == "okafor")

    def _mark_all(
        self, marker: User, abilities: Mapping[str, float], progress: Progress, most: int | None, *, adjudicate: bool
    ) -> None:
        waiting = waiting_scripts(marker, adjudicate=adjudicate).with_only_columns(Script.item).order_by(Script.item)
        with self.database.read() as session:
            tasks = list(session.scalars(waiting))[:most]
        batches = [tasks[start : start + SCRIPTS_AT_ONCE] for start in range(0, len(tasks), SCRIPTS_AT_ONCE)]
        for batch in progress(batches, f"Marking by {marker.names['en']}", len(batches)):
            # One transaction a batch: what its scripts share, such as the form and its rubrics, is read once.
            with self.database.write() as session:
                for task in batch:
                    draft = marking.next_script(session, marker, task, self.clock(), adjudicate=adjudicate)
                    if draft is not None:
                        self._mark_one(session, marker, draft, abilities)

    def _mark_one(self, session: Session, marker: User, draft: Mark, abilities: Mapping[str, float]) -> None:
        number, script = _candidate_of(draft.script.attempt), draft.script
        draw = self._mood(marker.login, number, script.item)
        for criterion in read_task(session, script).rubric["criteria"]:
            level = level_reached(len(criterion["levels"]), abilities[number], SEVERITY_LOGIT[marker.login], draw)
            judgement = Judgement(criterion["id"], str(criterion["levels"][level]["marks"]))
            marking.save_draft(session, marker, script.code, judgement, self.clock())
        marking.finish_mark(session, marker, script.code, self.clock())

    def _mood(self, *who: str) -> Generator:
        """What chance adds to one mark. It hangs on who marks whom, because the order of scripts is that of secret codes."""
        return np.random.default_rng([self._marking_seed, int(sha256_hex(*who)[:16], 16)])

    def release(self, sitting_id: int) -> None:
        """Close the doors, propose, release by another officer, and deliver the passes."""
        with self.database.write() as session:
            sitting = get_sitting(session, sitting_id)
            self.clock.move_to(max(self.clock(), sitting.closes_at + timedelta(minutes=1)))
            propose_results(session, sitting, self.staff["chen"], self.clock())
        self.clock.move_to(self.clock() + timedelta(hours=1))
        with self.database.write() as session:
            release_results(session, get_sitting(session, sitting_id), self.staff["silva"], self.clock())
        drain_outbox(self.database, self.settings, self.clock)


def _candidate_of(attempt: Attempt) -> str:
    booking: Booking = attempt.candidate_paper.booking
    return booking.enrolment.candidate.number

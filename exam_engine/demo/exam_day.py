"""Exam day and the days after it, simulated: candidates sit, markers mark, officers propose and release."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.canonical import sha256_hex
from exam_engine.core.clock import to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import open_session
from exam_engine.delivery.api import make_api
from exam_engine.delivery.records import Attempt
from exam_engine.delivery.writer import Writer
from exam_engine.demo.browser import Device
from exam_engine.demo.crowd import Crowd, ItemPool
from exam_engine.demo.sheets import AnswerSheet, Entry, FilledForm, FormPlan, Planted, Seat, fill_in
from exam_engine.demo.site import LEVELS, Staff
from exam_engine.marking import actions as marking
from exam_engine.marking.actions import Judgement, waiting_scripts
from exam_engine.marking.records import Mark, Script
from exam_engine.marking.scoring import score_attempts
from exam_engine.marking.tasks import read_task
from exam_engine.results.actions import propose_results, release_results
from exam_engine.sittings.actions import get_sitting
from exam_engine.sittings.records import Booking, CandidatePaper, Form
from exam_engine.sittings.rules import minutes_with
from grading.psychometrics.simulated_raters import Raters, rate

AT_ONCE: Final = 32
SCRIPTS_AT_ONCE: Final = 20
STEPS: Final = 12
"""How often on a paper what was answered in the meantime is saved; the device's own clock is exact."""

MARKERS: Final = {
    "novak": Raters(np.array([0.3]), np.array([3.0]), np.array([1.0])),
    "liu": Raters(np.array([-0.3]), np.array([3.0]), np.array([1.1])),
    "okafor": Raters(np.array([0.0]), np.array([4.0]), np.array([1.0])),
}
SCRIPT_SD_LOGIT: Final = 0.35
"""How far a candidate's script may be better or worse than the candidate, on each criterion."""

MET_LOGIT: Final = 0.6
"""How much easier than its middle a criterion is for the average candidate."""

CHANGE_REQUEST: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)

FAR_APART_LOGIT: Final = 4.0
"""What parts each of two markers who disagree from what most would give."""

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


class Sitter:
    """One candidate at work: what is due by the clock is sent, and nothing is sent early."""

    def __init__(self, api: Any, secret: bytes, sheet: AnswerSheet) -> None:
        self._device = Device(api, sheet.seat.cookie, secret, f"simulated-{sheet.seat.number}")
        self._sheet, self._waiting, self._is_here = sheet, deque(sheet.entries), True

    async def start(self) -> None:
        """Begin."""
        await self._device.start(self._sheet.seat.paper)

    async def go_on(self, start: datetime, now: datetime) -> None:
        """Save what was answered until `now`; hand in when it is time to leave."""
        if not self._is_here:
            return
        passed_s, answers = (now - start).total_seconds(), []
        while self._waiting and self._waiting[0].at_s <= passed_s:
            entry = self._waiting.popleft()
            answers.append((entry.slot, await self._response(entry), to_ms(start + timedelta(seconds=entry.at_s))))
        await self._device.save(answers)
        if self._sheet.leaves_s <= passed_s:
            await self._device.hand_in()
            self._is_here = False

    async def _response(self, entry: Entry) -> Any:
        number = self._sheet.seat.number
        if not entry.is_file:
            return entry.response
        return await self._device.upload(entry.slot, f"change-request-{number}.pdf", CHANGE_REQUEST + number.encode())


async def _together(calls: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Make the calls, a batch of them at once."""
    waiting = iter(calls)
    while batch := list(islice(waiting, AT_ONCE)):
        await asyncio.gather(*(call() for call in batch))


class ExamDay:
    """Sittings of one simulated site: its candidates, its markers, its release."""

    def __init__(self, settings: Settings, database: Database, staff: Staff, clock: MovableClock, draw: Generator) -> None:
        self.settings, self.database, self.staff, self.clock, self.draw = settings, database, staff, clock, draw
        with database.read() as session:
            self.pool = ItemPool(session, LEVELS, draw)
        self._marking_seed = int(draw.integers(2**63))

    def sit(self, sitting_id: int, crowd: Crowd, progress: Progress = quietly) -> list[Planted]:
        """Let every booked candidate sit every paper, up to handing in; who cheated on the way."""
        planted: list[Planted] = []
        writer = Writer(self.database, self.settings, self.clock, scorer=score_attempts)
        api = make_api(self.database, self.settings, self.clock, writer)
        writer.start()
        try:
            for code, seats in self._seats(sitting_id).items():
                filled = self._fill_in(seats, crowd)
                planted += [one for form in filled for one in form.planted]
                sheets = [sheet for form in filled for sheet in form.sheets]
                self._sit_paper(api, sheets, progress(range(1, STEPS + 1), f"Exam day, {code}", STEPS))
        finally:
            writer.stop()
        return planted

    def _seats(self, sitting_id: int) -> dict[str, list[tuple[int, Seat]]]:
        """Form and seat of everybody, paper after paper, in the order of the seats."""
        seats: dict[str, list[tuple[int, Seat]]] = {}
        with self.database.write() as session:
            bookings = get_sitting(session, sitting_id).bookings
            cookies = {
                booking.id: open_session(session, booking.enrolment.candidate.user, self.clock(), hours=24)
                for booking in bookings
            }
            papers = session.scalars(
                select(CandidatePaper)
                .where(CandidatePaper.booking_id.in_(cookies))
                .order_by(CandidatePaper.sitting_paper_id, CandidatePaper.booking_id)
                .options(joinedload(CandidatePaper.sitting_paper), joinedload(CandidatePaper.booking))
            )
            for paper in papers:
                booking = paper.booking
                seat = Seat(
                    paper=paper.id,
                    number=booking.enrolment.candidate.number,
                    name=booking.seat,
                    cookie=cookies[booking.id],
                    minutes=minutes_with(paper.sitting_paper.minutes, booking.time_percent),
                    order=[slot["slot"] for slot in paper.order["slots"]],
                )
                seats.setdefault(paper.sitting_paper.code, []).append((paper.form_id, seat))
        return seats

    def _fill_in(self, seats: Sequence[tuple[int, Seat]], crowd: Crowd) -> list[FilledForm]:
        """What everybody will put down on one paper, form by form."""
        with self.database.read() as session:
            forms = session.scalars(
                select(Form).where(Form.id.in_({form for form, _ in seats})).order_by(Form.id).options(undefer(Form.marking))
            )
            plans = {form.id: FormPlan.of(form) for form in forms}
        return [
            fill_in([seat for form, seat in seats if form == form_id], plan, crowd, self.pool, self.draw)
            for form_id, plan in plans.items()
        ]

    def _sit_paper(self, api: Any, sheets: Sequence[AnswerSheet], steps: Iterator[int]) -> None:
        """Move the clock through the paper's time; at every step it saves whatever was answered since the step before."""
        running = [Sitter(api, self.settings.secret, sheet) for sheet in sheets]
        start, longest_s = self.clock(), 60 * max(sheet.seat.minutes for sheet in sheets)
        asyncio.run(_together(sitter.start for sitter in running))
        for step in steps:
            self.clock.move_to(start + timedelta(seconds=longest_s * step / STEPS))
            asyncio.run(_together(partial(sitter.go_on, start, self.clock()) for sitter in running))

    def mark(self, crowd: Crowd, progress: Progress = quietly, *, most: int | None = None) -> None:
        """Let the two markers, then the senior one, mark what waits (at most `most` marks each)."""
        for login in ("novak", "liu", "okafor"):
            marker, adjudicate = self.staff[login], login == "okafor"
            self._mark_all(marker, crowd, self._waiting(marker, adjudicate=adjudicate)[:most], progress, adjudicate=adjudicate)

    def dispute(self, crowd: Crowd, most: int) -> None:
        """Let the two markers see scripts that both mark in opposite lights, so that the senior one is asked."""
        for login, light_logit in (("novak", FAR_APART_LOGIT), ("liu", -FAR_APART_LOGIT)):
            marker = self.staff[login]
            self._mark_all(marker, crowd.learned(light_logit), self._waiting(marker, double=True)[:most])

    def _waiting(self, marker: User, *, adjudicate: bool = False, double: bool = False) -> list[str]:
        """The task of every script that `marker` may take now; with `double` of those only that two people mark."""
        waiting = waiting_scripts(marker, adjudicate=adjudicate).with_only_columns(Script.item).order_by(Script.item)
        with self.database.read() as session:
            return list(session.scalars(waiting.where(Script.double) if double else waiting))

    def _mark_all(
        self, marker: User, crowd: Crowd, tasks: Sequence[str], progress: Progress = quietly, *, adjudicate: bool = False
    ) -> None:
        batches = [tasks[start : start + SCRIPTS_AT_ONCE] for start in range(0, len(tasks), SCRIPTS_AT_ONCE)]
        for batch in progress(batches, f"Marking by {marker.names['en']}", len(batches)):
            # One transaction a batch: what its scripts share, such as the form and its rubrics, is read once.
            with self.database.write() as session:
                for task in batch:
                    draft = marking.next_script(session, marker, task, self.clock(), adjudicate=adjudicate)
                    if draft is not None:
                        self._mark_one(session, marker, draft, crowd)

    def _mark_one(self, session: Session, marker: User, draft: Mark, crowd: Crowd) -> None:
        number, script = _candidate_of(draft.script.attempt), draft.script
        criteria = read_task(session, script).rubric["criteria"]
        # What chance adds hangs on who wrote and who marks what, because the order of scripts is that of secret codes.
        drawn = self._generator(number, script.item).normal(0, SCRIPT_SD_LOGIT, (1, len(criteria)))
        quality = crowd.theta_logit(number) + MET_LOGIT + drawn
        counts = [len(criterion["levels"]) for criterion in criteria]
        levels = rate(quality, MARKERS[marker.login], counts, self._generator(marker.login, number, script.item))[0, 0]
        for criterion, level in zip(criteria, levels, strict=True):
            judgement = Judgement(criterion["id"], str(criterion["levels"][level]["marks"]))
            marking.save_draft(session, marker, script.code, judgement, self.clock())
        marking.finish_mark(session, marker, script.code, self.clock())

    def _generator(self, *what: str) -> Generator:
        return np.random.default_rng([self._marking_seed, int(sha256_hex(*what)[:16], 16)])

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

"""A cohort of simulated candidates on the whole way: papers, saves, marking, release, makeup, certificates, level by level.

Everything goes through the doors that people use: the player's API, the marking actions, two officers' release, the outbox.
Only the clock is moved by hand and the browser is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.certificates.records import Certificate
from exam_engine.core import audit
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import Attempt
from exam_engine.demo.crowd import Crowd
from exam_engine.demo.exam_day import ExamDay, MovableClock, Progress, quietly
from exam_engine.demo.sheets import Planted
from exam_engine.demo.site import LEVELS, Staff, add_candidate, add_content, add_staff, hold_sitting, train
from exam_engine.enrolment.actions import accept_enrolment
from exam_engine.enrolment.records import Enrolment
from exam_engine.marking.records import AutoScore
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.actions import book, get_sitting, seen_codes
from exam_engine.sittings.records import Booking, CandidatePaper, Form, SittingKind, SittingPaper
from grading.psychometrics.reliability import cronbach_alpha, sem
from grading.psychometrics.simulation import Population, draw_people

FIRST_DAY: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POPULATION: Final = Population(theta_mean_logit=-0.3, theta_sd_logit=0.95, copiers=0.02, informed=0.02)
"""Newcomers after their training: three in four pass; of a hundred two copy, and two have seen some of the items."""

LEARNED_LOGIT: Final = {"junior": 0.0, "intermediate": 1.0, "senior": 1.1}
"""What those who come to a level have learned on the way there."""

BETWEEN_SITTINGS: Final = timedelta(days=30)


@dataclass
class LevelFigures:
    """What became of those who tried one level; reliability is of the first sitting's theory forms."""

    level: str
    sat: int = 0
    passed: int = 0
    makeup: int = 0
    makeup_passed: int = 0
    blocked: int = 0
    certificates: int = 0
    mean_total: float | None = None
    reliability: list[tuple[int, int, float | None, float | None]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)


@dataclass
class CohortFigures:
    """All levels, what the invariants say, and how much was done."""

    levels: list[LevelFigures]
    anomalies: list[str]
    counts: dict[str, int]


class Cohort:
    """The simulation: one database, one clock, one seed."""

    def __init__(self, settings: Settings, candidates: int, seed: int, progress: Progress, population: Population) -> None:
        self.database = Database(settings.database_url, settings.secret)
        self.clock, self.progress = MovableClock(FIRST_DAY), progress
        draw = np.random.default_rng(seed)
        with self.database.write() as session:
            self.staff: Staff = add_staff(session, self.clock())
            add_content(session, self.staff, self.clock())
            enrolments = [add_candidate(session, self.staff, number, LEVELS[0], self.clock()) for number in range(candidates)]
            self.numbers = {one.id: one.candidate.number for one in enrolments}
            self.here = [one.id for one in enrolments]
        self.crowd = Crowd.of_people(self.numbers.values(), draw_people(candidates, draw, population))
        self.day = ExamDay(settings, self.database, self.staff, self.clock, draw)
        self.anomalies: list[str] = []

    def run_level(self, level: str) -> LevelFigures:
        """The first sitting, the makeup of those who failed, the refusal of a third; who passed goes on."""
        figures = LevelFigures(level, sat=len(self.here))
        crowd = self.crowd.learned(LEARNED_LOGIT[level])
        first = self._hold(SittingKind.REGULAR, self.here, crowd, figures)
        outcomes = self._outcomes(first)
        failed = [enrolment for enrolment, outcome in outcomes.items() if outcome is not Outcome.PASS]
        figures.passed, figures.reliability = len(outcomes) - len(failed), self._reliability(first)
        figures.mean_total = self._mean_total(first)
        if failed:
            self._expect_refusal(failed[0], SittingKind.REGULAR, "a second regular sitting after a fail")
            self.clock.move_to(self.clock() + BETWEEN_SITTINGS)
            figures.makeup = len(failed)
            second = self._outcomes(self._hold(SittingKind.MAKEUP, failed, crowd, figures))
            figures.makeup_passed = sum(outcome is Outcome.PASS for outcome in second.values())
            blocked = [enrolment for enrolment, outcome in second.items() if outcome is not Outcome.PASS]
            figures.blocked = len(blocked)
            if blocked:
                self._expect_refusal(blocked[0], SittingKind.MAKEUP, "a second makeup")
                self._expect_refusal(blocked[0], SittingKind.REGULAR, "a sitting before retraining")
            outcomes |= second
        figures.certificates = self._count_certificates(level)
        if figures.certificates != figures.passed + figures.makeup_passed:
            self.anomalies.append(
                f"{level}: {figures.passed + figures.makeup_passed} passes, {figures.certificates} certificates"
            )
        self.here = [enrolment for enrolment, outcome in outcomes.items() if outcome is Outcome.PASS]
        return figures

    def move_up(self, level: str) -> None:
        """Enrol who is still here for the next level and let them train for it."""
        self.clock.move_to(self.clock() + BETWEEN_SITTINGS)
        with self.database.write() as session:
            raised = []
            for enrolment_id in self.here:
                candidate = session.get_one(Enrolment, enrolment_id).candidate
                enrolment = accept_enrolment(session, candidate, level, "chen", self.clock())
                train(session, self.staff, enrolment, self.clock())
                self.numbers[enrolment.id] = candidate.number
                raised.append(enrolment.id)
            self.here = raised

    def _hold(self, kind: SittingKind, enrolments: list[int], crowd: Crowd, figures: LevelFigures) -> int:
        opens = self.clock() + timedelta(days=1)
        with self.database.write() as session:
            booked = [session.get_one(Enrolment, one) for one in enrolments]
            seen = {one.id: seen_codes(session, one.id) for one in booked} if kind is SittingKind.MAKEUP else {}
            seed = int(self.day.draw.integers(2**48))
            sitting = hold_sitting(session, self.staff, booked, kind, opens, self.clock(), seed=seed)
            self._check_new_items(session, sitting.id, seen)
            sitting_id = sitting.id
            progress = self._progress_of(f"{sitting.level.capitalize()} {kind.value}")
        self.clock.move_to(opens)
        figures.planted += self.day.sit(sitting_id, crowd, progress)
        self.day.mark(crowd, progress)
        self.day.release(sitting_id)
        return sitting_id

    def _progress_of(self, sitting: str) -> Progress:
        """The progress bar, saying which sitting it is."""
        return lambda things, title, total: self.progress(things, f"{sitting}: {title}", total)

    def _check_new_items(self, session: Session, sitting_id: int, seen: Mapping[int, frozenset[str]]) -> None:
        for booking in get_sitting(session, sitting_id).bookings:
            drawn = {slot["code"] for paper in booking.papers for slot in paper.form.slots}
            if again := drawn & seen.get(booking.enrolment_id, frozenset()):
                self.anomalies.append(f"{self.numbers[booking.enrolment_id]} sees {len(again)} items again in the makeup")

    def _outcomes(self, sitting_id: int) -> dict[int, Outcome]:
        query = select(Booking.enrolment_id, Result.outcome).join(Result).where(Booking.sitting_id == sitting_id)
        with self.database.read() as session:
            return dict(session.execute(query.order_by(Booking.id)).tuples().all())

    def _mean_total(self, sitting_id: int) -> float | None:
        query = select(Result.total).join(Booking).where(Booking.sitting_id == sitting_id, Result.total.is_not(None))
        with self.database.read() as session:
            totals = [_as_float(total) for total in session.scalars(query) if total is not None]
        return float(np.mean(totals)) if totals else None

    def _expect_refusal(self, enrolment_id: int, kind: SittingKind, what: str) -> None:
        """Ask for what the scheme forbids: it must be refused, and change nothing."""
        try:
            with self.database.write() as session:
                enrolment = session.get_one(Enrolment, enrolment_id)
                sitting = _plan(session, self.staff, enrolment.level, kind, self.clock())
                book(session, sitting, enrolment, "chen", self.clock())
        except Refusal:
            return
        self.anomalies.append(f"{self.numbers[enrolment_id]}: {what} was not refused")

    def _reliability(self, sitting_id: int) -> list[tuple[int, int, float | None, float | None]]:
        """(form, candidates, alpha, SEM in marks) of each theory form of a sitting."""
        query = (
            select(Form.number, AutoScore.vector)
            .join(CandidatePaper, CandidatePaper.form_id == Form.id)
            .join(Attempt, Attempt.candidate_paper_id == CandidatePaper.id)
            .join(AutoScore, AutoScore.attempt_id == Attempt.id)
            .join(SittingPaper, SittingPaper.id == Form.sitting_paper_id)
            .where(SittingPaper.sitting_id == sitting_id, SittingPaper.kind == "theory")
        )
        vectors: dict[int, list[Any]] = {}
        with self.database.read() as session:
            for number, vector in session.execute(query):
                vectors.setdefault(number, []).append(np.frombuffer(vector, dtype="<f8"))
        scores = {number: np.array(rows) for number, rows in sorted(vectors.items())}
        return [(number, len(rows), cronbach_alpha(rows).value, sem(rows).value) for number, rows in scores.items()]

    def _count_certificates(self, level: str) -> int:
        query = select(func.count(Certificate.id)).join(Result).join(Booking).join(Enrolment).where(Enrolment.level == level)
        with self.database.read() as session:
            return session.scalar(query) or 0

    def finish(self) -> dict[str, int]:
        """Verify the chains and count what was done."""
        with self.database.read() as session:
            self.anomalies += [
                f"audit {fault.place}: {fault.what}" for fault in audit.find_faults(session, session.info["secret"])
            ]
            counts = dict(_count_work(session))
        self.database.close()
        return counts


def _plan(session: Session, staff: Staff, level: str, kind: SittingKind, now: datetime) -> Any:
    from exam_engine.sittings.actions import Plan, plan_sitting  # noqa: PLC0415

    return plan_sitting(session, Plan(level, kind, now, now + timedelta(hours=1), "R"), staff["chen"], now)


def _count_work(session: Session) -> Iterator[tuple[str, int]]:
    from exam_engine.core.records import AuditEntry  # noqa: PLC0415
    from exam_engine.delivery.records import Answer  # noqa: PLC0415
    from exam_engine.marking.records import Mark  # noqa: PLC0415

    records = {
        "attempts": Attempt,
        "answers saved": Answer,
        "marks by people": Mark,
        "certificates": Certificate,
        "audit entries": AuditEntry,
    }
    for name, record in records.items():
        yield name, session.scalar(select(func.count()).select_from(record)) or 0


def _as_float(exact: str) -> float:
    above, _, below = exact.partition("/")
    return float(above) / float(below or 1)


def simulate_cohort(
    settings: Settings, candidates: int, seed: int, progress: Progress = quietly, population: Population = POPULATION
) -> CohortFigures:
    """Send `candidates` simulated people of this population through all levels of the sample scheme."""
    cohort = Cohort(settings, candidates, seed, progress, population)
    levels = []
    for place, level in enumerate(LEVELS):
        if place:
            cohort.move_up(level)
        if not cohort.here:
            break
        levels.append(cohort.run_level(level))
    return CohortFigures(levels, cohort.anomalies, cohort.finish())

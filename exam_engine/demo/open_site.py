"""The sample site as a visitor finds it: people half-way through, a sitting to take, scripts to mark, results to see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import hash_password
from exam_engine.delivery.records import Attempt
from exam_engine.demo.crowd import Crowd
from exam_engine.demo.exam_day import ExamDay, MovableClock
from exam_engine.demo.people import PASSWORD, STAFF
from exam_engine.demo.site import Staff, add_candidate, add_content, add_staff, hold_sitting
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.records import Booking, CandidatePaper, Sitting, SittingKind

OPEN_FOR: Final = timedelta(days=7)
AT_THE_DOOR: Final = {"junior": 8, "intermediate": 6, "senior": 4}
"""How many candidates of each level wait for the open sitting."""

ROLES: Final = {
    "adeyemi": "question-setting team",
    "park": "reviewer of items",
    "chen": "exam officer (proposes)",
    "silva": "exam officer (releases)",
    "novak": "grader",
    "liu": "grader",
    "okafor": "senior grader",
    "shen": "invigilator",
    "zhou": "trainer",
    "admin": "administrator",
}


def build_site(settings: Settings, now: datetime) -> None:
    """Fill an empty database: a released sitting a month ago with its makeup open now, one to mark, one open at every level."""
    database, clock = Database(settings.database_url, settings.secret), MovableClock(now - timedelta(days=60))
    with database.write() as session:
        staff = add_staff(session, clock())
        add_content(session, staff, clock())
    day = ExamDay(settings, database, staff, clock, np.random.default_rng(417))
    open_sittings(database, staff, clock, now)
    failed = _hold_released(day, clock, now - timedelta(days=30))
    _hold_to_mark(day, clock, now - timedelta(days=2))
    clock.move_to(now)
    with database.write() as session:
        _hold_open(session, staff, [session.get_one(Enrolment, one) for one in failed], SittingKind.MAKEUP, now)
    database.close()


def open_sittings(database: Database, staff: Staff, clock: MovableClock, now: datetime) -> None:
    """One sitting at every level that is open for a week, with candidates who have trained for it."""
    with database.write() as session:
        number = session.scalar(select(func.count(Candidate.id))) or 0
        for level, count in AT_THE_DOOR.items():
            enrolments = [add_candidate(session, staff, number + one, level, clock()) for one in range(count)]
            number += count
            _hold_open(session, staff, enrolments, SittingKind.REGULAR, now)


def is_sample(settings: Settings) -> bool:
    """Whether the people of this site are those of the sample site."""
    database = Database(settings.database_url, settings.secret)
    with database.read() as session:
        logins = set(session.scalars(select(User.login).where(User.login.in_([member.login for member in STAFF]))))
    database.close()
    return len(logins) == len(STAFF)


def keep_open(settings: Settings, now: datetime) -> None:
    """Open new sittings when the site was left alone for so long that none is open any more."""
    database = Database(settings.database_url, settings.secret)
    with database.read() as session:
        still_open = session.scalar(select(func.count(Sitting.id)).where(Sitting.closes_at > now))
        users = {user.login: user for user in session.scalars(select(User)) if user.login in ROLES}
    if not still_open:
        open_sittings(database, Staff(users, hash_password(PASSWORD)), MovableClock(now), now)
    database.close()


def _hold_open(session: Session, staff: Staff, enrolments: Sequence[Enrolment], kind: SittingKind, now: datetime) -> None:
    if enrolments:
        hold_sitting(
            session, staff, list(enrolments), kind, now - timedelta(minutes=5), now, hours=int(OPEN_FOR.total_seconds() // 3600)
        )


def _hold_released(day: ExamDay, clock: MovableClock, opens_at: datetime) -> list[int]:
    """An intermediate sitting with its results out; the enrolments of those who have a makeup now."""
    sitting_id, crowd = _book(day, clock, "intermediate", 8, opens_at)
    day.sit(sitting_id, crowd)
    day.mark(crowd)
    day.release(sitting_id)
    with day.database.read() as session:
        failed = (
            select(Booking.enrolment_id).join(Result).where(Booking.sitting_id == sitting_id, Result.outcome == Outcome.FAIL)
        )
        return list(session.scalars(failed.order_by(Booking.id)))


def _hold_to_mark(day: ExamDay, clock: MovableClock, opens_at: datetime) -> None:
    """A senior sitting that is over, some scripts marked; one dispute is settled, others wait for the senior grader."""
    sitting_id, crowd = _book(day, clock, "senior", 6, opens_at)
    day.sit(sitting_id, crowd)
    day.dispute(crowd, 3)
    day.mark(crowd, most=1)


def _book(day: ExamDay, clock: MovableClock, level: str, count: int, opens_at: datetime) -> tuple[int, Crowd]:
    clock.move_to(opens_at - timedelta(days=10))
    with day.database.write() as session:
        number = session.scalar(select(func.count(Candidate.id))) or 0
        enrolments = [add_candidate(session, day.staff, number + one, level, clock()) for one in range(count)]
        sitting = hold_sitting(session, day.staff, enrolments, SittingKind.REGULAR, opens_at, clock())
        numbers, sitting_id = [one.candidate.number for one in enrolments], sitting.id
    clock.move_to(opens_at + timedelta(minutes=1))
    abilities = dict(zip(numbers, np.linspace(1.8, -0.9, count).tolist(), strict=True))
    return sitting_id, Crowd.of_abilities(abilities, day.draw)


def describe_site(database: Database, address: str, now: datetime) -> str:
    """What to open and whom to sign in as, read from the site as it stands."""
    with database.read() as session:
        candidates = [*_at_the_door(session, now), *_with_results(session)]
    names = {member.login: member.names["en"] for member in STAFF}
    rows = [*candidates, *((login, f"{names[login]}, {role}") for login, role in ROLES.items())]
    people = "\n".join(f"  {login:<14}{what}" for login, what in rows)
    heading = f"Open {address} and sign in. The password is {PASSWORD} for everybody."
    return f"\n{heading}\n\n{people}\n\nCtrl-C stops; the data is kept.\n"


def _at_the_door(session: Session, now: datetime) -> list[tuple[str, str]]:
    """The first candidate of every open sitting who has not started."""
    started = select(CandidatePaper.booking_id).join(Attempt)
    rows = session.execute(
        select(Candidate.number, Sitting.level, Sitting.kind, User.names)
        .join(Enrolment, Enrolment.candidate_id == Candidate.id)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .join(Sitting, Sitting.id == Booking.sitting_id)
        .join(User, User.id == Candidate.user_id)
        .where(Sitting.opens_at <= now, Sitting.closes_at > now, Booking.id.not_in(started))
        .order_by(Booking.id)
    )
    first: dict[tuple[str, SittingKind], tuple[str, str]] = {}
    for number, level, kind, names in rows:
        what = "makeup exam" if kind is SittingKind.MAKEUP else "exam"
        first.setdefault((level, kind), (number, f"{names['en']}, candidate, {level} {what} open now"))
    return list(first.values())


def _with_results(session: Session) -> list[tuple[str, str]]:
    """One candidate who holds a certificate."""
    row = session.execute(
        select(Candidate.number, User.names, Enrolment.level)
        .join(User, User.id == Candidate.user_id)
        .join(Enrolment, Enrolment.candidate_id == Candidate.id)
        .join(Booking, Booking.enrolment_id == Enrolment.id)
        .join(Result, Result.booking_id == Booking.id)
        .where(Result.outcome == Outcome.PASS)
        .order_by(Result.id)
    ).first()
    return [(row[0], f"{row[1]['en']}, candidate, {row[2]} passed: result and certificate")] if row else []

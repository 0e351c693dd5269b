"""A small complete site for tests: the sample scheme and bank, its staff, candidates, and a prepared sitting."""

import json
import pickle
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

import question_bank
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import open_session
from exam_engine.demo.site import SAMPLE, Staff, add_candidate, add_content, add_staff, hold_sitting
from exam_engine.enrolment.records import Enrolment
from exam_engine.sittings.records import Sitting, SittingKind
from question_bank import Bank
from tests.conftest import NOW, SECRET

_JUNIOR = json.loads((SAMPLE / "scheme.json").read_bytes())["levels"][0]["papers"][0]
ITEMS, MINUTES = _JUNIOR["items"], _JUNIOR["minutes"]
"""How many items the junior theory paper has, and how long it lasts."""


@cache
def sample_bank() -> Bank:
    """The sample bank, read once."""
    return question_bank.load(SAMPLE)


def level_bank(level: str) -> Bank:
    """The part of the sample bank that belongs to one level, so that a test stores no more than it needs."""
    whole = sample_bank()
    return Bank(
        id=whole.id,
        title=whole.title,
        languages=whole.languages,
        items=[item for item in whole.items if item["level"] == level],
        cases=[case for case in whole.cases if case["level"] == level],
    )


@dataclass
class World:
    """What `build_world` made; ids are stable because every database starts empty."""

    database: Database
    settings: Settings
    staff: Staff
    enrolments: list[Enrolment]
    sitting: Sitting
    now: datetime
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, login: str, now: datetime | None = None) -> str:
        """The session cookie of a person, opened when first asked for."""
        if login not in self.tokens:
            with self.database.write() as session:
                user = session.merge(self.staff.users[login], load=False) if login in self.staff.users else self._user(login)
                self.tokens[login] = open_session(session, user, now or self.now, hours=24)
        return self.tokens[login]

    def _user(self, login: str) -> User:
        return next(one.candidate.user for one in self.enrolments if one.candidate.user.login == login)


def make_settings(database: Database, folder: Path) -> Settings:
    """Settings of a test site whose files lie in `folder`."""
    return Settings(data_dir=folder, database_url=database.url, secret=SECRET)


SEED = 417
"""Every run draws the same papers; what depends on the draw is tried by the tests of assembly."""

_built: dict[tuple[str, int, datetime], tuple[bytes, bytes]] = {}
"""SQLite files and pickled records of worlds built before: a copy takes milliseconds, building one about a second."""


def build_world(
    database: Database,
    folder: Path,
    *,
    level: str = "junior",
    candidates: int = 3,
    now: datetime = NOW,
    bank: Bank | None = None,
) -> World:
    """A site with `candidates` booked for a prepared sitting of `level` that opened a minute ago and lasts eight hours.

    A test that brings its own `bank` gets a world of its own.
    """
    key = (level, candidates, now)
    path = Path(make_url(database.url).database or "")
    if bank is not None:
        return World(database, make_settings(database, folder), *_build(database, bank, level, candidates, now), now)
    if database.is_sqlite and key in _built:
        content, records = _built[key]
        database.close()
        path.write_bytes(content)
        return World(database, make_settings(database, folder), *pickle.loads(records), now)
    records = pickle.dumps(_build(database, level_bank(level), level, candidates, now))
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        _built[key] = (path.read_bytes(), records)
    return World(database, make_settings(database, folder), *pickle.loads(records), now)


def _build(
    database: Database, bank: Bank, level: str, candidates: int, now: datetime
) -> tuple[Staff, list[Enrolment], Sitting]:
    with database.write() as session:
        staff = add_staff(session, now)
        add_content(session, staff, now, bank)
        enrolments = [add_candidate(session, staff, number, level, now) for number in range(candidates)]
        sitting = hold_sitting(session, staff, enrolments, SittingKind.REGULAR, now - timedelta(minutes=1), now, seed=SEED)
        for booking in sitting.bookings:
            assert booking.papers  # loads what tests look at after the session is gone
    return staff, enrolments, sitting

"""The whole site's pages for tests: a world that is built once and copied, and browsers of the people in it."""

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import COOKIE, csrf_token, open_session
from exam_engine.delivery.records import Attempt, AttemptState, TimeEntry, TimeKind
from exam_engine.sittings.records import CandidatePaper
from exam_engine.web import create_app
from tests.conftest import NOW, SECRET

CANDIDATES = ("C-2026-0417", "C-2026-0418", "C-2026-0419")


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Pages:
    """The site under test."""

    app: Flask
    database: Database
    clock: SetClock

    def browser(self, login: str = "", language: str = "en") -> "Browser":
        return Browser(self, login, language)


def open_pages(database: Database, folder: Path) -> Pages:
    clock = SetClock()
    settings = Settings(data_dir=folder, database_url=database.url, secret=SECRET)
    return Pages(create_app(settings, database, clock), database, clock)


def copy_world(built: Path, folder: Path) -> Database:
    shutil.copy(built, folder / "exam.db")
    return Database(f"sqlite:///{folder / 'exam.db'}", SECRET)


class Browser:
    """One person, signed in: reads pages, sends forms with the right token."""

    def __init__(self, pages: Pages, login: str, language: str) -> None:
        self.client: FlaskClient = pages.app.test_client()
        self.client.set_cookie("language", language)
        self.token = ""
        if login:
            with pages.database.write() as session:
                self.token = open_session(session, find_user(session, login), pages.clock(), hours=24 * 365)
            self.client.set_cookie(COOKIE, self.token)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> TestResponse:
        return self.client.post(path, data={"csrf": csrf_token(self.token, SECRET), **fields})

    def read(self, path: str) -> str:
        """The words of a page, without its markup."""
        reply = self.get(path)
        assert reply.status_code == 200, f"{path}: {reply.status} {reply.headers.get('Location', '')}"
        return words_of(reply)


def words_of(reply: TestResponse) -> str:
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", reply.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def find_user(session: Session, login: str) -> User:
    return session.scalars(select(User).where(User.login == login)).one()


def papers_of(session: Session, login: str) -> list[CandidatePaper]:
    found = session.scalars(select(CandidatePaper).order_by(CandidatePaper.id))
    return [paper for paper in found if paper.booking.enrolment.candidate.user.login == login]


def start_attempt(session: Session, login: str, at: datetime, place: int = 0, **changes: object) -> Attempt:
    """An open attempt at the first (or `place`th) paper of a candidate, heard just now."""
    paper = papers_of(session, login)[place]
    minutes = paper.sitting_paper.minutes
    attempt = Attempt(
        candidate_paper_id=paper.id,
        state=AttemptState.OPEN,
        started_at=at,
        deadline_at=at + timedelta(minutes=minutes),
        device="first",
        seen_at=at,
        head="9c41" * 16,
    )
    for name, value in changes.items():
        setattr(attempt, name, value)
    session.add(attempt)
    session.flush()
    session.add(TimeEntry(attempt_id=attempt.id, kind=TimeKind.ALLOWED, duration_ms=minutes * 60_000, by="system", at=at))
    return attempt


def hand_in(attempt: Attempt, at: datetime, *, answered: int, by_server: bool = False) -> None:
    attempt.state = AttemptState.CLOSED if by_server else AttemptState.SUBMITTED
    attempt.submitted_at, attempt.receipt, attempt.answered = at, "R-7F3K-92QD", answered

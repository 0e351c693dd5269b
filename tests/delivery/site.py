"""A small site for tests of delivery: one sitting, candidates who are signed in, and a client without a network."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.orm import Session

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.clock import from_ms, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User, WebSession
from exam_engine.core.sign_in import csrf_token, hash_token
from exam_engine.delivery.api import make_api
from exam_engine.delivery.operations import Scorer, score_nothing
from exam_engine.delivery.writer import Writer
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState
from exam_engine.sittings.papers import draw_theory
from exam_engine.sittings.records import (
    Booking,
    CandidatePaper,
    Form,
    Sitting,
    SittingKind,
    SittingPaper,
    SittingState,
)

SECRET = b"a secret that only the tests know!"
OPENS = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=2)
MINUTES = 30
GRACE_S = 10


def text(words: str) -> dict[str, str]:
    return {"zh-CN": words, "en": words}


def choices(letters: str) -> list[dict[str, Any]]:
    return [{"id": letter, "text": text(f"Choice {letter}")} for letter in letters]


def sample_items(count: int = 4) -> list[dict[str, Any]]:
    """Items of several types; every key holds the word CANARY or is checked through one that does."""
    items: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        shared = {
            "id": f"item-{number}",
            "syllabus": "process.incident",
            "stem": text(f"Question {number}"),
            "rationale": text("CANARY"),
        }
        match number % 4:
            case 1:
                items.append({**shared, "type": "single_choice", "options": choices("ABCD"), "key": "B"})
            case 2:
                items.append({**shared, "type": "multiple_choice", "options": choices("ABCD"), "key": ["A", "C"], "marks": 2})
            case 3:
                items.append({**shared, "type": "short_text", "key": {"accepted": [{"text": "CANARY"}]}})
            case _:
                items.append({**shared, "type": "true_false", "key": True})
    return items


WRITTEN = {
    "id": "essay",
    "type": "written",
    "syllabus": "process.change",
    "stem": text("Explain"),
    "marks": 5,
    "words": {"min": 1, "max": 200},
}
FILES = {
    "id": "upload", "type": "files", "syllabus": "process.change", "stem": text("Attach"), "marks": 5,
    "accept": ["pdf", "docx", "txt"], "max_files": 2, "max_bytes": 700_000,
}  # fmt: skip


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self, now: datetime = OPENS + timedelta(minutes=1)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    @property
    def ms(self) -> int:
        return to_ms(self.now)


@dataclass
class Seeded:
    """Numbers of what was put into the database."""

    sitting: int
    form: int
    papers: list[int]
    cookies: list[str]


def seed(database: Database, candidates: int = 2, items: Sequence[dict[str, Any]] = (), *, time_percent: int = 100) -> Seeded:
    """One prepared sitting whose candidates are signed in."""
    with database.write() as session:
        staff = _user("officer", ["officer"])
        level = {"id": "junior", "title": text("Junior")}
        scheme = SchemeVersion(scheme="test", version="1", document={"levels": [level]}, effective_from=OPENS)
        session.add_all([staff, scheme])
        session.flush()
        sitting = Sitting(
            level="junior", kind=SittingKind.REGULAR, state=SittingState.PREPARED, scheme_version_id=scheme.id, room="1",
            opens_at=OPENS, closes_at=CLOSES, seed=1, created_by_id=staff.id,
        )  # fmt: skip
        drawn = draw_theory(items or sample_items())
        paper = SittingPaper(sitting=sitting, code="theory", kind="theory", minutes=MINUTES, title=text("Theory"))
        form = Form(
            sitting_paper=paper, number=1, slots=drawn.slots, public=drawn.public, marking=drawn.marking, digest=drawn.digest
        )
        session.add_all([sitting, paper, form])
        session.flush()
        seeded = Seeded(sitting.id, form.id, [], [])
        _add_candidates(session, seeded, form, candidates, time_percent)
        return seeded


def add_candidates(database: Database, seeded: Seeded, count: int) -> None:
    """More candidates of the same sitting."""
    with database.write() as session:
        _add_candidates(session, seeded, session.get_one(Form, seeded.form), count, 100)


def _add_candidates(session: Session, seeded: Seeded, form: Form, count: int, time_percent: int) -> None:
    order = {"slots": [{"slot": slot["slot"], "item": slot["item"]} for slot in form.slots]}
    first = len(seeded.papers)
    for number in range(first, first + count):
        candidate_paper = _candidate(session, number, form, order, time_percent)
        session.flush()
        seeded.papers.append(candidate_paper.id)
        seeded.cookies.append(f"cookie-{number}")


def _user(login: str, roles: list[str]) -> User:
    return User(login=login, password_hash="-", names=text(login), roles=roles, created_at=OPENS)


def _candidate(session: Session, number: int, form: Form, order: Any, time_percent: int) -> CandidatePaper:
    paper, sitting = form.sitting_paper, form.sitting_paper.sitting
    candidate = Candidate(user=_user(f"candidate-{number}", ["candidate"]), number=f"C{number:05}")
    enrolment = Enrolment(
        candidate=candidate,
        level="junior",
        scheme_version_id=sitting.scheme_version_id,
        state=EnrolmentState.ACTIVE,
        accepted_at=OPENS,
    )
    booking = Booking(sitting=sitting, enrolment=enrolment, seat=f"S{number}", time_percent=time_percent, booked_at=OPENS)
    candidate_paper = CandidatePaper(booking=booking, sitting_paper=paper, form=form, order=order)
    signed_in = WebSession(
        token_hash=hash_token(f"cookie-{number}"), user=candidate.user, created_at=OPENS, expires_at=OPENS + timedelta(days=2)
    )
    session.add_all([candidate_paper, signed_in])
    return candidate_paper


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Site:
    """The player's API over a database, with an event loop of its own thread."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        clock: Callable[[], datetime],
        *,
        scorer: Scorer = score_nothing,
        writer: Writer | None = None,
    ) -> None:
        self.database, self.clock = database, clock
        self.settings = Settings(data_dir=folder, database_url=database.url, secret=SECRET, grace_s=GRACE_S)
        self.writer = writer or Writer(database, self.settings, clock, scorer=scorer)
        self.app = make_api(database, self.settings, clock, self.writer)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.writer.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """One request, from any thread."""
        return asyncio.run_coroutine_threadsafe(self._call(method, path, body, headers or {}), self._loop).result(60)

    async def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, sent[1]["body"])

    def start(
        self, seeded: Seeded, which: int = 0, device: str = "tablet", *, declaration: bool = True, cookie: str = ""
    ) -> Reply:
        cookie = cookie or seeded.cookies[which]
        headers = {"Cookie": f"theme=dark; exam_session={cookie}", "X-CSRF-Token": csrf_token(cookie, SECRET)}
        return self.call(
            "POST", f"/api/v1/papers/{seeded.papers[which]}/start", {"device": device, "declaration": declaration}, headers
        )

    def sit(self, seeded: Seeded, which: int = 0, device: str = "tablet") -> "Sitter":
        reply = self.start(seeded, which, device)
        assert reply.status == 200, reply.body
        return Sitter(self, reply.json)


@dataclass
class Sitter:
    """A player that is lucky with its network."""

    site: Site
    started: dict[str, Any]
    seq: int = field(init=False)

    def __post_init__(self) -> None:
        self.seq = self.started["last_seq"]

    @property
    def attempt(self) -> int:
        number: int = self.started["attempt"]
        return number

    def post(self, what: str, body: Any) -> Reply:
        return self.site.call(
            "POST", f"/api/v1/attempts/{self.attempt}/{what}", body, {"Authorization": f"Exam {self.started['token']}"}
        )

    def save_as(self, seq: int, slot: str, response: Any) -> Reply:
        return self.send([make_save(self.attempt, slot, seq, response)])

    def save(self, slot: str, response: Any) -> Reply:
        self.seq += 1
        return self.save_as(self.seq, slot, response)

    def send(self, saves: list[dict[str, Any]]) -> Reply:
        return self.post("answers", {"saves": saves})

    def beat(self, pending: int = 0) -> Reply:
        return self.post("heartbeat", {"pending": pending})

    def submit(self, last_seq: int | None = None) -> Reply:
        return self.post("submit", {"last_seq": self.seq if last_seq is None else last_seq, "head": "ab" * 32})


def make_save(attempt: int, slot: str, seq: int, response: Any) -> dict[str, Any]:
    """One save with its digest, as docs/player-api.md says."""
    digest = sha256_hex(str(attempt), slot, str(seq), canonical_json(response))
    return {"slot": slot, "seq": seq, "response": response, "digest": digest, "at_ms": to_ms(from_ms(1_700_000_000_000))}

"""The player's API (docs/player-api.md) as a small ASGI application: read, check, ask the writer, answer."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from sqlalchemy.exc import OperationalError

from exam_engine.core.clock import Clock, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.sign_in import COOKIE, csrf_token, hash_token
from exam_engine.delivery import files, intake, replies
from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.http import App, Receive, Request, Scope, Send, send_json, send_refusal
from exam_engine.delivery.operations import Heartbeat, Save, Start, Submit
from exam_engine.delivery.tokens import Ticket, make_token, read_token
from exam_engine.delivery.writer import Writer

PREFIX: Final = "/api/v1/"
SMALL_BODY: Final = 16_384
SAVES_BODY: Final = 4_194_304
SCHEME: Final = "Exam "

_log = structlog.get_logger(__name__)

Handler = Callable[[Request, int], Awaitable[Any]]


def make_api(database: Database, settings: Settings, clock: Clock, writer: Writer) -> App:
    """The application for paths under `/api/v1/papers/` and `/api/v1/attempts/`; anything else is `not_found`."""
    return PlayerApi(database, settings, clock, writer)


class PlayerApi:
    """Start, save, heartbeat, hand in, files."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, writer: Writer) -> None:
        self._secret, self._grace_ms = settings.secret, settings.grace_s * 1000
        self._clock, self._writer = clock, writer
        self._files = files.FileDesk(database, settings.data_dir / "files", clock, settings.grace_s * 1000)
        self._routes: dict[tuple[str, str, str], Handler] = {
            ("POST", "papers", "start"): self._start,
            ("POST", "attempts", "answers"): self._save,
            ("POST", "attempts", "heartbeat"): self._beat,
            ("POST", "attempts", "submit"): self._submit,
            ("POST", "attempts", "files"): self._announce_file,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            document = await self._dispatch(request)
        except Refusal as refusal:
            await send_refusal(send, refusal)
        except OperationalError as error:
            _log.error("storage unavailable", error=str(error))
            await send_refusal(send, Refusal("storage_unavailable"))
        except Exception:  # noqa: BLE001  whatever it is, the player gets an answer it can read
            _log.exception("request failed", path=scope["path"])
            await send_refusal(send, Refusal("server_error"))
        else:
            await send_json(send, document)

    async def _dispatch(self, request: Request) -> Any:
        path: str = request.scope["path"]
        parts = path.removeprefix(PREFIX).split("/")
        if len(parts) >= 3 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 19:
            handler = self._routes.get((request.scope["method"], parts[0], parts[2]))
            if handler is not None and len(parts) == 3:
                return await handler(request, int(parts[1]))
            if len(parts) == 4 and (request.scope["method"], parts[0], parts[2]) == ("PUT", "attempts", "files"):
                return await self._add_piece(request, int(parts[1]), parts[3])
        raise Refusal("not_found")

    def _now_ms(self) -> int:
        return to_ms(self._clock())

    def _ticket(self, request: Request, attempt: int) -> Ticket:
        """The ticket of the attempt in the path: one token, one attempt."""
        credential = request.header(b"authorization")
        if not credential.startswith(SCHEME):
            raise Refusal("bad_token")
        ticket = read_token(self._secret, credential.removeprefix(SCHEME))
        if ticket.attempt != attempt:
            raise Refusal("bad_token")
        return ticket

    async def _form(self, form: int) -> FormFacts:
        found = self._writer.forms.find(form)
        return found if found is not None else await asyncio.to_thread(self._writer.forms.get, form)

    async def _start(self, request: Request, paper: int) -> Any:
        cookie = request.cookie(COOKIE)
        if not cookie:
            raise Refusal("not_signed_in")
        if not hmac.compare_digest(csrf_token(cookie, self._secret).encode(), request.header(b"x-csrf-token").encode()):
            raise Refusal("bad_form")
        device, declared = intake.read_start(await request.body(SMALL_BODY))
        outcome = await self._writer.ask(Start(paper, hash_token(cookie), device, declared, self._now_ms()))
        run, facts = outcome.run, outcome.paper
        if facts is None:
            raise Refusal("server_error")
        form = await self._form(facts.form)
        token = make_token(self._secret, Ticket(run.id, run.turn, run.paper, form.id))
        return replies.started(outcome, facts.order, token, form, (self._now_ms(), self._grace_ms))

    async def _save(self, request: Request, attempt: int) -> Any:
        ticket = self._ticket(request, attempt)
        form = await self._form(ticket.form)
        saves = intake.read_saves(await request.body(SAVES_BODY), attempt, form)
        outcome = await self._writer.ask(Save(ticket, saves, self._now_ms()))
        return replies.saved(outcome, self._now_ms())

    async def _beat(self, request: Request, attempt: int) -> Any:
        ticket = self._ticket(request, attempt)
        document = intake.read_object(await request.body(SMALL_BODY), frozenset({"pending"}))
        outcome = await self._writer.ask(Heartbeat(ticket, intake.read_count(document, "pending", 0), self._now_ms()))
        return replies.beaten(outcome, self._now_ms())

    async def _submit(self, request: Request, attempt: int) -> Any:
        ticket = self._ticket(request, attempt)
        await self._form(ticket.form)  # so that the writer finds it in memory
        document = intake.read_object(await request.body(SMALL_BODY), frozenset({"last_seq", "head"}))
        head = document.get("head")
        if head is not None and (not isinstance(head, str) or len(head) > 100):
            raise Refusal("bad_request", "head must be the head the centre answered.")
        outcome = await self._writer.ask(Submit(ticket, intake.read_count(document, "last_seq"), head or "", self._now_ms()))
        return replies.submitted(outcome)

    async def _announce_file(self, request: Request, attempt: int) -> Any:
        ticket = self._ticket(request, attempt)
        form = await self._form(ticket.form)
        announced = files.read_announcement(await request.body(SMALL_BODY))
        return await asyncio.to_thread(self._files.announce, ticket, form, announced)

    async def _add_piece(self, request: Request, attempt: int, file: str) -> Any:
        ticket = self._ticket(request, attempt)
        form = await self._form(ticket.form)
        offset = request.argument("offset")
        if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
            raise Refusal("bad_request", "offset must be a whole number.")
        piece = await request.body(files.LARGEST_PIECE)
        return await asyncio.to_thread(self._files.add_piece, ticket, form, file, int(offset), piece)

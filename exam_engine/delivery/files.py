"""Files handed in: sent in pieces, synced before a piece is acknowledged, checked as a whole, named by the server alone."""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from exam_engine.core.clock import Clock, to_ms
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery import intake, rules
from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.records import Attempt, AttemptState, StoredFile
from exam_engine.delivery.sniffing import sniff
from exam_engine.delivery.tokens import Ticket

PIECE: Final = 262_144
LARGEST_PIECE: Final = 1_048_576
LARGEST_FILE: Final = 20_000_000
MOST_FILES: Final = 20
"""Files an attempt may have announced for one slot, finished or not."""

_ID: Final = re.compile(r"f[0-9a-f]{32}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SAME_KIND: Final = {"jpeg": "jpg", "tif": "tiff", "htm": "html", "text": "txt"}
_PLAIN_TEXT: Final = frozenset({"txt", "md", "csv", "json", "xml", "log"})


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a player says of a file before it sends it."""

    slot: str
    name: str
    size: int
    sha256: str


def read_announcement(body: bytes) -> Announcement:
    """Read and check an announcement.

    Raises
    ------
    Refusal
        `bad_request`, saying which field.
    """
    document = intake.read_object(body, frozenset({"slot", "name", "size", "sha256"}))
    slot, name, size, sha256 = (document.get(field) for field in ("slot", "name", "size", "sha256"))
    if not isinstance(slot, str):
        raise Refusal("bad_request", "slot must be the name of a slot.")
    if not isinstance(name, str) or not 1 <= len(name) <= 255 or not name.isprintable():
        raise Refusal("bad_request", "name must have 1 to 255 printable characters.")
    if type(size) is not int or size < 1:
        raise Refusal("bad_request", "size must be a whole number of bytes, at least 1.")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise Refusal("bad_request", "sha256 must be 64 hexadecimal digits.")
    return Announcement(slot, name, size, sha256)


class FileDesk:
    """Takes files into `folder`. The path comes from the file's id, never from its name."""

    def __init__(self, database: Database, folder: Path, clock: Clock, grace_ms: int) -> None:
        self._database, self._folder, self._clock, self._grace_ms = database, folder, clock, grace_ms

    def path_of(self, file: str) -> Path:
        """Where a file's bytes lie."""
        return self._folder / file[1:3] / file

    def announce(self, ticket: Ticket, form: FormFacts, announced: Announcement) -> dict[str, Any]:
        """Make room for a file, or say how far the same file has come.

        Raises
        ------
        Refusal
            `unknown_slot`, `wrong_type`, `too_large`, or what the attempt's state refuses.
        """
        item = _file_item(form, announced.slot)
        largest = item.get("max_bytes") or LARGEST_FILE
        if announced.size > largest:
            raise Refusal("too_large", f"A file may have {largest} bytes.", most=largest)
        extension = announced.name.rpartition(".")[2].lower()
        _check_kind(item, extension)
        try:
            with self._database.write() as session:
                self._check_attempt(session, ticket)
                file = _find_same(session, ticket.attempt, announced) or _add(session, ticket.attempt, announced)
                return {"file": file.id, "offset": file.received, "piece": PIECE}
        except IntegrityError:
            # The same file was announced twice at once: the other one was first.
            return self.announce(ticket, form, announced)

    def add_piece(self, ticket: Ticket, form: FormFacts, file: str, offset: int, piece: bytes) -> dict[str, Any]:
        """Store the bytes from `offset` on; they are on the disk when this returns.

        Raises
        ------
        Refusal
            `not_found`, `wrong_offset`, `too_large`, `digest_mismatch`, `wrong_type`, `storage_unavailable`, or what the
            attempt's state refuses.
        """
        with self._database.read() as session:
            self._check_attempt(session, ticket)
            stored = session.get(StoredFile, file) if _ID.fullmatch(file) else None
            if stored is None or stored.attempt_id != ticket.attempt:
                raise Refusal("not_found")
        if stored.completed_at is not None:
            return {"offset": stored.size, "complete": True, "stored_ms": to_ms(stored.completed_at)}
        if offset != stored.received:
            raise Refusal("wrong_offset", offset=stored.received)
        if offset + len(piece) > stored.size:
            raise Refusal("too_large", f"The file was announced with {stored.size} bytes.", most=stored.size)
        reached = offset + len(piece)
        try:
            self._put(file, offset, piece)
            kind = self._check_whole(stored, form) if reached == stored.size else None
        except OSError as error:
            raise Refusal("storage_unavailable", "The file cannot be stored.") from error
        return self._advance(ticket, stored, offset, reached, kind)

    def _put(self, file: str, offset: int, piece: bytes) -> None:
        """Write and sync; a new file's folder is synced too, so that its name survives a power cut."""
        path = self.path_of(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            view = memoryview(piece)
            while view:
                written = os.pwrite(handle, view, offset)
                view, offset = view[written:], offset + written
            os.fsync(handle)
        finally:
            os.close(handle)
        for folder in (path.parent, self._folder):
            _sync_folder(folder)

    def _check_whole(self, stored: StoredFile, form: FormFacts) -> str:
        """The kind of a file that has arrived whole; what is not what was announced starts again from its first byte."""
        path = self.path_of(stored.id)
        try:
            _check_digest(path, stored.sha256)
            kind = sniff(path)
            _check_kind(_file_item(form, stored.slot), kind)
        except Refusal:
            with self._database.write() as session:
                session.execute(update(StoredFile).where(StoredFile.id == stored.id).values(received=0))
            path.unlink(missing_ok=True)
            raise
        return kind

    def _advance(self, ticket: Ticket, stored: StoredFile, offset: int, reached: int, kind: str | None) -> dict[str, Any]:
        """Record the progress, unless another request has done so in between."""
        now = self._clock()
        done = {"completed_at": now, "type": kind} if kind else {}
        with self._database.write() as session:
            self._check_attempt(session, ticket)
            change = update(StoredFile).where(StoredFile.id == stored.id, StoredFile.received == offset)
            result = session.execute(change.values(received=reached, **done))
            if cast("CursorResult[Any]", result).rowcount != 1:
                current = session.scalar(select(StoredFile.received).where(StoredFile.id == stored.id))
                raise Refusal("wrong_offset", offset=current)
        answer: dict[str, Any] = {"offset": reached, "complete": kind is not None}
        return {**answer, "stored_ms": to_ms(now)} if kind else answer

    def _check_attempt(self, session: Session, ticket: Ticket) -> None:
        attempt = session.get(Attempt, ticket.attempt)
        if attempt is None:
            raise Refusal("bad_token")
        if attempt.turn != ticket.turn:
            raise Refusal("session_moved")
        if rules.has_ended(attempt.state):
            raise Refusal("handed_in")
        if attempt.state is AttemptState.PAUSED:
            raise Refusal("paused")
        if not rules.may_accept(to_ms(self._clock()), to_ms(attempt.deadline_at), self._grace_ms):
            raise Refusal("too_late")


def _file_item(form: FormFacts, slot: str) -> Mapping[str, Any]:
    item: Mapping[str, Any] | None = form.items.get(slot)
    if item is None or item["type"] != "files":
        raise Refusal("unknown_slot", "This question takes no files.")
    return item


def _check_digest(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise Refusal("digest_mismatch", "The file's SHA-256 is not the one announced.")


def _check_kind(item: Mapping[str, Any], kind: str) -> None:
    """Refuse a kind that the question does not accept; kinds of plain text cannot be told apart from their bytes."""
    accepted = {_SAME_KIND.get(one, one) for one in item.get("accept", ())}
    kind = _SAME_KIND.get(kind, kind)
    if accepted and kind not in accepted and not (kind == "txt" and accepted & _PLAIN_TEXT):
        raise Refusal("wrong_type", f"Accepted here: {', '.join(item['accept'])}.", found=kind[:20])


def _find_same(session: Session, attempt: int, announced: Announcement) -> StoredFile | None:
    query = select(StoredFile).where(
        StoredFile.attempt_id == attempt, StoredFile.slot == announced.slot, StoredFile.sha256 == announced.sha256
    )
    found = session.scalars(query).one_or_none()
    if found is not None and found.size != announced.size:
        raise Refusal("digest_mismatch", "A file with this SHA-256 has another size.")
    return found


def _add(session: Session, attempt: int, announced: Announcement) -> StoredFile:
    query = select(func.count()).where(StoredFile.attempt_id == attempt, StoredFile.slot == announced.slot)
    if (session.scalar(query) or 0) >= MOST_FILES:
        raise Refusal("too_large", f"At most {MOST_FILES} files may be sent for one question.", most=MOST_FILES)
    file = StoredFile(
        id="f" + secrets.token_hex(16), attempt_id=attempt, slot=announced.slot, name=announced.name,
        size=announced.size, sha256=announced.sha256, received=0,
    )  # fmt: skip
    session.add(file)
    session.flush()
    return file


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

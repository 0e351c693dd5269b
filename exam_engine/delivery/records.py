"""Attempts and what candidates did: the hot path's tables.

Answers are only ever added. `link` chains an attempt's answers: SHA-256 of the link before and the answer's digest; the
attempt's `head` is the newest link.
"""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.sittings.records import CandidatePaper

_RUNNING = text("submitted_at IS NULL")


class AttemptState(enum.StrEnum):
    """An attempt is open or paused until it is handed in by the candidate or closed by the server."""

    OPEN = "open"
    PAUSED = "paused"
    SUBMITTED = "submitted"
    CLOSED = "closed"


class TimeKind(enum.StrEnum):
    """Why an attempt's time changed."""

    ALLOWED = "allowed"
    ACCOMMODATION = "accommodation"
    CREDIT = "credit"
    PAUSE = "pause"


class Attempt(Base):
    """One candidate's run at one paper. The unique paper makes a second attempt impossible."""

    __tablename__ = "attempts"
    __table_args__ = (
        CheckConstraint("(state IN ('submitted', 'closed')) = (submitted_at IS NOT NULL)", name="ends_once"),
        CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused_since"),
        Index("ix_attempts_running", "deadline_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    candidate_paper_id: Mapped[int] = mapped_column(ForeignKey("candidate_papers.id"), unique=True)
    state: Mapped[AttemptState] = mapped_column(state_column(AttemptState))
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    receipt: Mapped[str | None] = mapped_column(Text, unique=True)
    turn: Mapped[int] = mapped_column(default=1)  # which device may write; goes up when the exam is moved
    device: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime]
    pending: Mapped[int] = mapped_column(default=0)  # saves the device said it had not sent yet
    last_seq: Mapped[int] = mapped_column(default=0)
    answer_count: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(Text)
    answered: Mapped[int | None]  # slots with an answer, counted once, when the attempt ends: part of the receipt
    candidate_paper: Mapped[CandidatePaper] = relationship()


class Answer(Base):
    """One save. `response` is canonical JSON text; `null` clears the slot."""

    __tablename__ = "answers"
    __table_args__ = ({"sqlite_with_rowid": False},)

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    slot: Mapped[str] = mapped_column(Text)
    response: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(Text)
    position: Mapped[int]  # the place in the chain, in order of arrival
    received_at: Mapped[datetime]
    device_ms: Mapped[int | None] = mapped_column(BigInteger)


class SetAside(Base):
    """An answer that could not be accepted (late, or from a device that lost its turn), kept for a person."""

    __tablename__ = "answers_set_aside"
    __table_args__ = (UniqueConstraint("attempt_id", "seq", "digest"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    slot: Mapped[str] = mapped_column(Text)
    response: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class TimeEntry(Base):
    """The ledger of an attempt's time: `deadline = started + sum of seconds`."""

    __tablename__ = "time_entries"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    kind: Mapped[TimeKind] = mapped_column(state_column(TimeKind))
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Message(Base):
    """Something the player is told with its next reply; `kind` is time_added, paused, resumed or note."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int | None]
    text: Mapped[Any | None] = mapped_column(Document)
    at: Mapped[datetime]


class MoveRequest(Base):
    """A second device asks for the exam; an invigilator compares `code` with the candidate's screen and decides."""

    __tablename__ = "move_requests"
    __table_args__ = (UniqueConstraint("attempt_id", "device"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    device: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    decided_by: Mapped[str | None] = mapped_column(Text)


class StoredFile(Base):
    """A file handed in; the bytes lie in the data folder under its id, `received` of `size` so far."""

    __tablename__ = "stored_files"
    __table_args__ = (
        UniqueConstraint("attempt_id", "slot", "sha256"),
        CheckConstraint("received <= size", name="never_longer"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    slot: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    type: Mapped[str | None] = mapped_column(Text)
    completed_at: Mapped[datetime | None]

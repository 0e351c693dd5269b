"""Candidates and the levels they are working towards."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.core.records import User


class EnrolmentState(enum.StrEnum):
    """Where a candidate's way to one level stands."""

    ACTIVE = "active"
    CERTIFIED = "certified"
    WITHDRAWN = "withdrawn"


class Candidate(Base):
    """A person who sits exams; `number` is what centres and papers call them."""

    __tablename__ = "candidates"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    user: Mapped[User] = relationship()


class Enrolment(Base):
    """One candidate's way to one level, under the scheme version in force when it was accepted."""

    __tablename__ = "enrolments"
    __table_args__ = (
        Index(
            "uq_enrolments_active",
            "candidate_id",
            "level",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidates.id"), index=True)
    level: Mapped[str] = mapped_column(Text)
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    state: Mapped[EnrolmentState] = mapped_column(state_column(EnrolmentState))
    accepted_at: Mapped[datetime]
    candidate: Mapped[Candidate] = relationship()
    scheme_version: Mapped[SchemeVersion] = relationship()


class HistoryEntry(Base):
    """One thing that happened on the way to a level; the retake machine reads these and nothing else.

    `event` and `data` are what `grading.retakes` understands: a training completed, a sitting booked, its outcome.
    """

    __tablename__ = "history_entries"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    event: Mapped[str] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(Document)
    at: Mapped[datetime]

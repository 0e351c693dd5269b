"""Outcomes: computed, proposed by one officer, released by another."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.sittings.records import Booking


class ResultState(enum.StrEnum):
    """A result is proposed by one person and released by another; the candidate sees it only then."""

    PROPOSED = "proposed"
    RELEASED = "released"


class Outcome(enum.StrEnum):
    """The decision on one sitting of one candidate."""

    PASS = "pass"  # noqa: S105  a verdict, not a secret
    FAIL = "fail"
    FINAL_FAIL = "final_fail"
    ABSENT = "absent"


class Result(Base):
    """The outcome of one booking; `decision` holds scores, cuts and reasons as they were decided."""

    __tablename__ = "results"
    __table_args__ = (
        CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name="released_has_time"),
        CheckConstraint("released_by_id IS NULL OR released_by_id <> proposed_by_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), unique=True)
    state: Mapped[ResultState] = mapped_column(state_column(ResultState))
    outcome: Mapped[Outcome] = mapped_column(state_column(Outcome))
    total: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[Any] = mapped_column(Document)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime | None]
    booking: Mapped[Booking] = relationship()


class DueStatistics(Base):
    """A sitting whose item statistics wait to be computed: marked with each release, taken away by the worker."""

    __tablename__ = "due_statistics"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sittings.id"), primary_key=True)
    since: Mapped[datetime]

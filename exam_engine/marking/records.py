"""Marks: by the engine, one packed row an attempt; by people, rows that nothing ever overwrites."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.core.records import User
from exam_engine.delivery.records import Attempt


class ScriptState(enum.StrEnum):
    """A script waits for marks, then for an adjudicator where two markers differ, then it is settled."""

    OPEN = "open"
    ADJUDICATION = "adjudication"
    SETTLED = "settled"


class MarkPlace(enum.StrEnum):
    """Whose mark it is."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    SENIOR = "senior"


class AutoScore(Base):
    """What the engine gave an attempt: `vector` is one float64 a slot of the form's order, NaN where a person marks."""

    __tablename__ = "auto_scores"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    key_version: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    marks: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[datetime]


class Script(Base):
    """One anonymous answer to be marked by people; `code` is all a marker sees of whose it is."""

    __tablename__ = "scripts"
    __table_args__ = (UniqueConstraint("attempt_id", "slot"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"))
    slot: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text, index=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    double: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ScriptState] = mapped_column(state_column(ScriptState))
    marks: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[Attempt] = relationship()
    given: Mapped[list["Mark"]] = relationship(back_populates="script", order_by="Mark.id")


class Mark(Base):
    """What one marker gave one script; a draft holds the script for that marker until it is final."""

    __tablename__ = "marks"
    __table_args__ = (
        UniqueConstraint("script_id", "place"),
        UniqueConstraint("script_id", "marker_id"),
        CheckConstraint("is_final = (total IS NOT NULL)", name="final_has_total"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    script_id: Mapped[int] = mapped_column(ForeignKey("scripts.id"))
    marker_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    place: Mapped[MarkPlace] = mapped_column(state_column(MarkPlace))
    criteria: Mapped[Any] = mapped_column(Document)  # {"criterion": {"marks": "1.5", "comment": "…"}}
    total: Mapped[str | None] = mapped_column(Text)
    is_final: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    script: Mapped[Script] = relationship(back_populates="given")
    marker: Mapped[User] = relationship()


class SavedComment(Base):
    """A comment a marker keeps for a criterion, to use again."""

    __tablename__ = "saved_comments"
    __table_args__ = (UniqueConstraint("marker_id", "criterion", "text"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    marker_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    criterion: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)

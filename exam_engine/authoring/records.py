"""What the question-setting teams keep: item versions, blueprints and schemes. Versions are never edited."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.core.records import User


class ItemState(enum.StrEnum):
    """Where a version stands. Only approved versions go into papers."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"


class ItemVersion(Base):
    """One immutable version of an item or a case; `document` is the whole of it, with key."""

    __tablename__ = "item_versions"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> author_id", name="author_is_not_reviewer"),
        Index(
            "uq_item_versions_approved",
            "code",
            unique=True,
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)  # item or case
    type: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text, index=True)
    syllabus: Mapped[str] = mapped_column(Text)
    state: Mapped[ItemState] = mapped_column(state_column(ItemState))
    document: Mapped[Any] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(Text, default="")  # the question in every language, to be found by its words
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]
    author: Mapped[User] = relationship(foreign_keys=author_id)
    reviewer: Mapped[User | None] = relationship(foreign_keys=reviewer_id)


class BlueprintVersion(Base):
    """One version of a blueprint; the newest version of a name is the one in use."""

    __tablename__ = "blueprint_versions"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    document: Mapped[Any] = mapped_column(Document)
    created_at: Mapped[datetime]


class SchemeVersion(Base):
    """One version of the measures. A candidate is judged by the version in force when the application was accepted."""

    __tablename__ = "scheme_versions"
    __table_args__ = (UniqueConstraint("scheme", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    document: Mapped[Any] = mapped_column(Document)
    effective_from: Mapped[datetime]

    def get_level(self, level: str) -> dict[str, Any]:
        """The level's part of the document; KeyError when the scheme has no such level."""
        for one in self.document["levels"]:
            if one["id"] == level:
                found: dict[str, Any] = one
                return found
        raise KeyError(level)

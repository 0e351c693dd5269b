"""People, their sessions, and the audit chain."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key


class Role(enum.StrEnum):
    """What a person may do. An administrator runs the site and cannot mark, decide or release."""

    CANDIDATE = "candidate"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    MARKER = "marker"
    SENIOR_MARKER = "senior_marker"
    OFFICER = "officer"
    INVIGILATOR = "invigilator"
    TRAINER = "trainer"
    ADMINISTRATOR = "administrator"


class User(Base):
    """A person who signs in. `names` is a Text document, `roles` a list of `Role` values."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    names: Mapped[Any] = mapped_column(Document)
    roles: Mapped[Any] = mapped_column(Document)
    language: Mapped[str] = mapped_column(Text, default="zh-CN")
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)  # somebody else has seen it
    created_at: Mapped[datetime]

    def has_role(self, *roles: Role) -> bool:
        """Whether the person holds at least one of `roles`."""
        return any(role.value in self.roles for role in roles)


class WebSession(Base):
    """One signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship()


class AuditEntry(Base):
    """One link of the audit chain: `digest` covers everything else in the row and the digest before it."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, index=True)
    data: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text, unique=True)


class AuditHead(Base):
    """Where the chain ends: one row, sealed with the site's secret so that a shortened chain is found."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_row"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Key)
    digest: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(Text)

"""The outbox of passes and the certificates issued for them."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.results.records import Result


class DeliveryState(enum.StrEnum):
    """An event waits until the issuer has it."""

    WAITING = "waiting"
    DELIVERED = "delivered"


class CertificateState(enum.StrEnum):
    """What anyone who checks a certificate is told (expiry follows from the date)."""

    VALID = "valid"
    REVOKED = "revoked"


class OutboxEvent(Base):
    """A pass on its way to the issuer, written in the transaction of the release; `event_id` lets the issuer know a repeat."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_has_time"),
        Index(
            "ix_outbox_waiting",
            "next_try_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    event_id: Mapped[str] = mapped_column(Text, unique=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), unique=True)
    body: Mapped[Any] = mapped_column(Document)
    state: Mapped[DeliveryState] = mapped_column(state_column(DeliveryState))
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class Certificate(Base):
    """A certificate; the unique result makes a second one for the same pass impossible."""

    __tablename__ = "certificates"
    __table_args__ = (CheckConstraint("issued_at < valid_until", name="valid_for_a_time"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id"), unique=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    verification: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[CertificateState] = mapped_column(state_column(CertificateState))
    document: Mapped[Any] = mapped_column(Document)  # names, level, scheme as printed
    issued_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    result: Mapped[Result] = relationship()

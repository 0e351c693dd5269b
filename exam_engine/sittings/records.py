"""The schedule: sittings, their papers and forms, and who is booked."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core.database import Base, Document, Key, state_column
from exam_engine.enrolment.records import Enrolment


class SittingState(enum.StrEnum):
    """A sitting is planned, then prepared (forms and papers exist), then closed."""

    PLANNED = "planned"
    PREPARED = "prepared"
    CLOSED = "closed"


class SittingKind(enum.StrEnum):
    """A regular sitting, or the makeup of a failed one."""

    REGULAR = "regular"
    MAKEUP = "makeup"


class BookingState(enum.StrEnum):
    """A booking is open until its result is released; only one is open for an enrolment at a time."""

    OPEN = "open"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Sitting(Base):
    """The scheduled event: one level, one window, one room."""

    __tablename__ = "sittings"
    __table_args__ = (CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    kind: Mapped[SittingKind] = mapped_column(state_column(SittingKind))
    state: Mapped[SittingState] = mapped_column(state_column(SittingState))
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    room: Mapped[Any] = mapped_column(Document)  # a Text: a room has a name in every language
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    seed: Mapped[int] = mapped_column(Key)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    scheme_version: Mapped[SchemeVersion] = relationship()
    papers: Mapped[list["SittingPaper"]] = relationship(back_populates="sitting", order_by="SittingPaper.id")
    bookings: Mapped[list["Booking"]] = relationship(back_populates="sitting", order_by="Booking.id")


class SittingPaper(Base):
    """One paper of a sitting, as the scheme names it: theory or practical."""

    __tablename__ = "sitting_papers"
    __table_args__ = (UniqueConstraint("sitting_id", "code"), CheckConstraint("minutes > 0", name="takes_time"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sittings.id"))
    code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    title: Mapped[Any] = mapped_column(Document)
    sitting: Mapped[Sitting] = relationship(back_populates="papers")
    forms: Mapped[list["Form"]] = relationship(back_populates="sitting_paper", order_by="Form.number")


class Form(Base):
    """A prepared paper.

    `public` is what candidates get, `marking` the items with keys (never sent), both as JSON text `{"items": …, "case": …}`,
    stored once a form. `slots` lists `{"slot", "item", "code", "version", "section", "marks", "type"}` in the form's own order;
    a slot keeps its name whatever order a candidate sees.
    """

    __tablename__ = "forms"
    __table_args__ = (UniqueConstraint("sitting_paper_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sitting_paper_id: Mapped[int] = mapped_column(ForeignKey("sitting_papers.id"))
    number: Mapped[int]
    slots: Mapped[Any] = mapped_column(Document)
    public: Mapped[str] = mapped_column(Text, deferred=True)
    marking: Mapped[str] = mapped_column(Text, deferred=True)
    key_version: Mapped[int] = mapped_column(default=1)
    digest: Mapped[str] = mapped_column(Text)
    sitting_paper: Mapped[SittingPaper] = relationship(back_populates="forms")


class Booking(Base):
    """A candidate's place in a sitting. `time_percent` is the accommodation: 125 means a quarter more time."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("sitting_id", "enrolment_id"),
        UniqueConstraint("sitting_id", "seat"),
        CheckConstraint("time_percent >= 100", name="never_less_time"),
        Index(
            "uq_bookings_open",
            "enrolment_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sittings.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    seat: Mapped[str] = mapped_column(Text)
    state: Mapped[BookingState] = mapped_column(state_column(BookingState), default=BookingState.OPEN)
    time_percent: Mapped[int] = mapped_column(default=100)
    booked_at: Mapped[datetime]
    sitting: Mapped[Sitting] = relationship(back_populates="bookings")
    enrolment: Mapped[Enrolment] = relationship()
    papers: Mapped[list["CandidatePaper"]] = relationship(back_populates="booking", order_by="CandidatePaper.id")


class CandidatePaper(Base):
    """What was drawn for one candidate: a form, and the order of its items and options."""

    __tablename__ = "candidate_papers"
    __table_args__ = (UniqueConstraint("booking_id", "sitting_paper_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    sitting_paper_id: Mapped[int] = mapped_column(ForeignKey("sitting_papers.id"))
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    order: Mapped[Any] = mapped_column(Document)
    booking: Mapped[Booking] = relationship(back_populates="papers")
    sitting_paper: Mapped[SittingPaper] = relationship()
    form: Mapped[Form] = relationship()

"""Completed training: what opens the exam, and opens it again after a failed makeup."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_engine.core.database import Base, Key
from exam_engine.core.records import User


class TrainingRecord(Base):
    """One completed training of one enrolment."""

    __tablename__ = "training_records"
    __table_args__ = (CheckConstraint("hours > 0", name="hours_positive"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    completed_at: Mapped[datetime]
    hours: Mapped[int]
    trainer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    trainer: Mapped[User | None] = relationship(foreign_keys=trainer_id)
    recorded_by: Mapped[User] = relationship(foreign_keys=recorded_by_id)

"""What the question-setting teams keep: item versions, blueprints and schemes, and what candidates' answers say of them.

Versions are never edited, and a calibration is never overwritten: of the accepted ones the newest counts.
"""

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


class ItemStatistics(Base):
    """What one version of an item did at one place, such as `sitting:3`; computed again when more results are released.

    `options` is a list of `{"option", "key", "n", "proportion", "point_biserial_rest"}`, `flags` a list of reasons to look at
    the item. A figure that cannot be computed is NULL.
    """

    __tablename__ = "item_statistics"
    __table_args__ = (UniqueConstraint("code", "version", "source"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    n: Mapped[int]
    p: Mapped[float | None]
    item_rest: Mapped[float | None]
    omit_rate: Mapped[float | None]
    options: Mapped[Any] = mapped_column(Document)
    flags: Mapped[Any] = mapped_column(Document)
    is_flagged: Mapped[bool]
    computed_at: Mapped[datetime]


class CalibrationState(enum.StrEnum):
    """A calibration is asked for, computed, and proposed to a second person; what cannot be computed fails with a reason."""

    QUEUED = "queued"
    RUNNING = "running"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"


class CalibrationModel(enum.StrEnum):
    """The models a level may be calibrated by, as `grading.psychometrics.irt` names them."""

    ONE = "1pl"
    TWO = "2pl"


class Calibration(Base):
    """One estimation of the items of a level, from every theory paper released until then.

    `slope` and `intercept` lead to the scale of the bank: θ(bank) = slope · θ(estimated) + intercept. `left_out` is a list of
    `{"code", "version", "n", "reason"}`; `reason` says why a calibration failed.
    """

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_in_percent"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="two_people"),
        CheckConstraint("(state IN ('accepted', 'rejected')) = (decided_by_id IS NOT NULL)", name="decided_by_somebody"),
        CheckConstraint("(state = 'failed') = (reason <> '')", name="fails_for_a_reason"),
        Index(
            "uq_calibrations_at_work",
            "level",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    model: Mapped[CalibrationModel] = mapped_column(state_column(CalibrationModel))
    state: Mapped[CalibrationState] = mapped_column(state_column(CalibrationState))
    progress: Mapped[int] = mapped_column(default=0)
    n: Mapped[int | None]
    iterations: Mapped[int | None]
    log_likelihood: Mapped[float | None]
    linking: Mapped[str | None] = mapped_column(Text)
    slope: Mapped[float | None]
    intercept: Mapped[float | None]
    common_items: Mapped[int | None]
    left_out: Mapped[Any] = mapped_column(Document, default=list)
    reason: Mapped[str] = mapped_column(Text, default="")
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    touched_at: Mapped[datetime]  # when the worker was last heard of
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    asked_by: Mapped[User] = relationship(foreign_keys=asked_by_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)
    parameters: Mapped[list["ItemParameters"]] = relationship(back_populates="calibration", order_by="ItemParameters.code")


class ItemParameters(Base):
    """Parameters of one item version on the scale of the bank (logistic metric, D = 1), with standard errors."""

    __tablename__ = "item_parameters"
    __table_args__ = (
        UniqueConstraint("calibration_id", "code", "version"),
        Index("ix_item_parameters_item", "code", "version"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    calibration_id: Mapped[int] = mapped_column(ForeignKey("calibrations.id"))
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    n: Mapped[int]
    a: Mapped[float]
    b: Mapped[float]
    c: Mapped[float]
    se_a: Mapped[float | None]
    se_b: Mapped[float | None]
    b_before: Mapped[float | None]  # on the bank's scale until now: accepted, given or estimated by the author
    calibration: Mapped[Calibration] = relationship(back_populates="parameters")


class StandardPanel(Base):
    """What a panel of judges found about the cut score of a paper: their table as it was uploaded, and its figures."""

    __tablename__ = "standard_panels"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    paper: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    table: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    figures: Mapped[Any] = mapped_column(Document)
    recommended: Mapped[str] = mapped_column(Text)  # percent, exact
    standard_error: Mapped[str | None] = mapped_column(Text)  # percent points
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    stored_at: Mapped[datetime]
    by: Mapped[User] = relationship()

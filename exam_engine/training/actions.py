"""Completed training, which opens the exam: recording it, and who has what."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState, HistoryEntry
from exam_engine.training.records import TrainingRecord


def record_training(  # noqa: PLR0913  who, what, by whom and when are facts of their own
    session: Session, enrolment: Enrolment, hours: int, trainer: User | None, by: User, now: datetime, *, note: str = ""
) -> TrainingRecord:
    """Record that the candidate completed a training of `hours` for the enrolment's level, at `now`.

    Raises
    ------
    Refusal
        `bad_content` for hours that are not positive, `wrong_state` when the enrolment is not active, `not_allowed` when
        `trainer` is no trainer, `same_person` when somebody would record their own training.
    """
    if hours < 1:
        raise Refusal("bad_content", "a training takes at least one hour")
    if enrolment.state is not EnrolmentState.ACTIVE:
        raise Refusal("wrong_state", f"the enrolment is {enrolment.state.value}")
    if trainer is not None and not trainer.has_role(Role.TRAINER):
        raise Refusal("not_allowed", f"{trainer.login} is not a trainer")
    if by.id == enrolment.candidate.user_id:
        raise Refusal("same_person", "nobody records their own training")
    record = TrainingRecord(
        enrolment_id=enrolment.id,
        completed_at=now,
        hours=hours,
        trainer_id=trainer.id if trainer else None,
        recorded_by_id=by.id,
        note=note,
    )
    session.add(record)
    # The retake rules read the history alone; days are counted in UTC, as for sittings.
    trained = {"on": now.date().isoformat(), "hours": hours}
    session.add(HistoryEntry(enrolment_id=enrolment.id, event="trained", data=trained, at=now))
    session.flush()
    taught_by = trainer.login if trainer else None
    audit.record(session, by.login, "training.recorded", f"enrolment:{enrolment.id}", now, hours=hours, trainer=taught_by)
    return record


@dataclass(frozen=True)
class TrainingRow:
    """One candidate on the way to a level, with the trainings on record, newest first."""

    enrolment: Enrolment
    records: list[TrainingRecord]


def get_enrolment(session: Session, enrolment_id: int) -> Enrolment:
    """The enrolment; `not_found` when there is none."""
    found = session.get(Enrolment, enrolment_id)
    if found is None:
        raise Refusal("not_found", f"there is no enrolment {enrolment_id}")
    return found


def list_training(session: Session, wanted: str = "", most: int = 200) -> list[TrainingRow]:
    """Enrolments with their trainings: those without any first, then by candidate number; `wanted` is part of a number."""
    query = select(Enrolment).join(Candidate).where(Candidate.number.icontains(wanted, autoescape=True))
    trained = select(TrainingRecord.id).where(TrainingRecord.enrolment_id == Enrolment.id).exists()
    enrolments = list(session.scalars(query.order_by(trained, Candidate.number, Enrolment.id).limit(most)))
    records = list_records(session, [enrolment.id for enrolment in enrolments])
    return [TrainingRow(enrolment, records[enrolment.id]) for enrolment in enrolments]


def list_records(session: Session, enrolments: list[int]) -> dict[int, list[TrainingRecord]]:
    """Trainings by enrolment, newest first."""
    records: dict[int, list[TrainingRecord]] = defaultdict(list)
    query = select(TrainingRecord).where(TrainingRecord.enrolment_id.in_(enrolments))
    for record in session.scalars(query.order_by(TrainingRecord.completed_at.desc(), TrainingRecord.id.desc())):
        records[record.enrolment_id].append(record)
    return records


def get_trainer(session: Session, login: str) -> User:
    """The person with this sign-in name; `bad_content` when there is none."""
    found = session.scalars(select(User).where(User.login == login)).one_or_none()
    if found is None:
        raise Refusal("bad_content", f"there is nobody called {login}")
    return found


def list_trainers(session: Session) -> list[User]:
    """Active trainers, by sign-in name."""
    users = session.scalars(select(User).where(User.is_active).order_by(User.login))
    return [user for user in users if user.has_role(Role.TRAINER)]

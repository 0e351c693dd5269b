"""Recording completed training, which opens the exam."""

from datetime import datetime

from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.enrolment.records import Enrolment, EnrolmentState, HistoryEntry
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
        enrolment_id=enrolment.id, completed_at=now, hours=hours, trainer_id=trainer.id if trainer else None,
        recorded_by_id=by.id, note=note,
    )
    session.add(record)
    # The retake rules read the history alone; days are counted in UTC, as for sittings.
    trained = {"on": now.date().isoformat(), "hours": hours}
    session.add(HistoryEntry(enrolment_id=enrolment.id, event="trained", data=trained, at=now))
    session.flush()
    taught_by = trainer.login if trainer else None
    audit.record(session, by.login, "training.recorded", f"enrolment:{enrolment.id}", now, hours=hours, trainer=taught_by)
    return record

"""Pages of training: who has completed what, and recording a completed training."""

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, stage, whole_number
from exam_engine.core.records import Role, User
from exam_engine.enrolment.records import Enrolment
from exam_engine.training.actions import get_enrolment, get_trainer, list_records, list_trainers, list_training, record_training

training = stage("training", __name__)

STAFF = (Role.OFFICER, Role.TRAINER)


@training.get("/training")
@require(*STAFF)
def overview() -> str:
    """Everyone on the way to a level, and the training they have."""
    with get_site().database.read() as session:
        wanted = request.args.get("q", "").strip()
        return render_template("training_list.html", rows=list_training(session, wanted), q=wanted)


@training.get("/training/<int:enrolment_id>")
@require(*STAFF)
def enrolment(enrolment_id: int) -> str:
    """One candidate's training for a level, with the form to record one more."""
    return _show(enrolment_id)


@training.post("/training/<int:enrolment_id>")
@require(*STAFF)
def record(enrolment_id: int) -> BaseResponse | tuple[str, int]:
    """Record a completed training."""
    site, form = get_site(), request.form
    try:
        with site.database.write() as session:
            found = get_enrolment(session, enrolment_id)
            hours = form.get("hours", 0, type=whole_number)
            record_training(
                session, found, hours, _trainer(session), signed_in(), site.clock(), note=form.get("note", "").strip()[:500]
            )
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _show(enrolment_id, refusal), refusal.kind.status
    return redirect(url_for("training.enrolment", enrolment_id=enrolment_id))


def _trainer(session: Session) -> User | None:
    """Who taught: a trainer records their own courses, an officer names the trainer or nobody of the house."""
    user, named = signed_in(), request.form.get("trainer", "")
    if not user.has_role(Role.OFFICER):
        return user
    return get_trainer(session, named) if named else None


def _show(enrolment_id: int, refusal: Refusal | None = None) -> str:
    with get_site().database.read() as session:
        found: Enrolment = get_enrolment(session, enrolment_id)
        level = found.scheme_version.get_level(found.level)
        records = list_records(session, [enrolment_id])[enrolment_id]
        return render_template(
            "training_one.html", enrolment=found, level=level, records=records, trainers=list_trainers(session),
            refusal=refusal, form=request.form,
        )  # fmt: skip

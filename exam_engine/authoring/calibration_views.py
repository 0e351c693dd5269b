"""Pages of the officers: calibrations asked for, how far they are, what they found, and the second person's decision."""

from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.authoring import calibrations as actions
from exam_engine.authoring.records import Calibration, CalibrationModel, CalibrationState, ItemParameters, SchemeVersion
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in
from exam_engine.core.records import Role

calibrations = Blueprint("calibrations", __name__)

STATES: Final = {
    CalibrationState.QUEUED: ("Waits for the worker", "clock", "chip-line"),
    CalibrationState.RUNNING: ("Being computed", "spark", "chip-accent"),
    CalibrationState.PROPOSED: ("Proposed, waits for a second officer", "users", "chip-accent"),
    CalibrationState.ACCEPTED: ("Accepted", "check", "chip-ok"),
    CalibrationState.REJECTED: ("Rejected", "close", "chip-line"),
    CalibrationState.FAILED: ("Failed", "alert", "chip-danger"),
}
MODELS: Final = {
    CalibrationModel.TWO: "Difficulty and discrimination (2PL)",
    CalibrationModel.ONE: "Difficulty alone, one discrimination for all (1PL)",
}
LINKING: Final = {
    "stocking-lord": "By the curves of questions with accepted parameters (Stocking and Lord)",
    "mean-sigma": "By mean and spread of the difficulties known so far (mean-sigma)",
}
LEFT_OUT: Final = {
    "too_few_candidates": "Fewer than 100 candidates had it",
    "no_variance": "Everybody was right, or everybody wrong",
    "no_responses": "Nobody was marked on it",
    "no_discrimination": "The better candidates get it wrong",
}


@calibrations.get("/calibrations")
@require(Role.OFFICER)
def overview() -> str:
    """Every calibration, with the form to ask for one."""
    with get_site().database.read() as session:
        return _show_list(session)


@calibrations.post("/calibrations")
@require(Role.OFFICER)
def ask() -> Response | tuple[str, int]:
    """Put a calibration in the queue."""
    site, model = get_site(), request.form.get("model", "")
    if model not in list(CalibrationModel):
        raise Refusal("bad_request", "the model is 1pl or 2pl")
    try:
        with site.database.write() as session:
            level = request.form.get("level", "")
            asked = actions.ask_calibration(session, level, CalibrationModel(model), signed_in(), site.clock())
    except Refusal as refusal:
        with site.database.read() as session:
            return _show_list(session, refusal), refusal.kind.status
    return redirect(url_for("authoring.calibrations.one", calibration_id=asked.id))


def _show_list(session: Session, refusal: Refusal | None = None) -> str:
    return render_template(
        "calibrations.html", listed=actions.list_calibrations(session), counts=actions.count_parameters(session),
        levels=actions.list_levels(session), titles=_titles(session), models=MODELS, states=STATES, refusal=refusal,
    )  # fmt: skip


def _titles(session: Session) -> dict[str, Any]:
    """Titles of the levels, of every scheme there was."""
    versions = session.query(SchemeVersion).order_by(SchemeVersion.effective_from, SchemeVersion.id)
    return {level["id"]: level["title"] for version in versions for level in version.document["levels"]}


@calibrations.get("/calibrations/<int:calibration_id>")
@require(Role.OFFICER)
def one(calibration_id: int) -> str:
    """One calibration: how far it is, or what it found."""
    return _show(calibration_id)


@calibrations.post("/calibrations/<int:calibration_id>/<event>")
@require(Role.OFFICER)
def decide(calibration_id: int, event: str) -> Response | tuple[str, int]:
    """Accept or reject: the second person."""
    if event not in ("accept", "reject"):
        raise Refusal("not_found")
    try:
        with get_site().database.write() as session:
            actions.decide_calibration(session, calibration_id, event, signed_in(), get_site().clock())
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _show(calibration_id, refusal), refusal.kind.status
    return redirect(url_for("authoring.calibrations.one", calibration_id=calibration_id))


def _show(calibration_id: int, refusal: Refusal | None = None) -> str:
    with get_site().database.read() as session:
        found = actions.get_calibration(session, calibration_id)
        return render_template(
            "calibration.html", calibration=found, mine=found.asked_by_id == signed_in().id, parameters=_by_change(found),
            titles=_titles(session), models=MODELS, states=STATES, linking=LINKING, left_out=LEFT_OUT,
            why=actions.WHY_FAILED, refusal=refusal,
        )  # fmt: skip


def _by_change(found: Calibration) -> list[ItemParameters]:
    """What was estimated, questions that moved most first, and those that were not known before last."""
    return sorted(
        found.parameters,
        key=lambda one: (one.b_before is None, -abs(one.b - one.b_before) if one.b_before is not None else 0.0, one.code),
    )

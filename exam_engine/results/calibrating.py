"""Calibrations as they are computed: what was released is read, items are estimated, and a second person gets the proposal."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from exam_engine.authoring.calibrations import (
    ItemKey,
    accepted_parameters,
    fail_calibration,
    find_due,
    get_calibration,
    note_progress,
    propose_calibration,
    start_calibration,
)
from exam_engine.authoring.records import ItemVersion
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery.records import Attempt
from exam_engine.marking.records import AutoScore
from exam_engine.results.estimation import EstimationError, Floats, Known, Responses, estimate
from exam_engine.results.records import Result, ResultState
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingPaper
from grading.psychometrics.irt.models import Model
from grading.score import unpack
from question_bank.pool import provisional_parameters

Progress = Callable[[int], None]

READ, ESTIMATED = 30, 90  # percent of a calibration that are done when answers are read, when items are estimated


def calibrate_due(database: Database, settings: Settings, clock: Clock) -> int:  # noqa: ARG001  the shape of a job
    """Compute the calibration that waits longest, if any does; how many were computed."""
    with database.read() as session:
        waiting = find_due(session, clock())
    if waiting is None:
        return 0
    with database.write() as session:
        taken = start_calibration(session, waiting, clock())
    if taken is None:
        return 0
    run_calibration(database, taken.id, clock)
    return 1


def run_calibration(database: Database, calibration_id: int, clock: Clock, progress: Progress = lambda _percent: None) -> None:
    """Compute a calibration that was started: afterwards it is proposed, or failed with a reason."""

    def report(percent: int) -> None:
        with database.write() as session:
            note_progress(session, calibration_id, percent, clock())
        progress(percent)

    try:
        _compute(database, calibration_id, clock, report)
    except EstimationError as error:
        _fail(database, calibration_id, error.code, clock)
    except Exception:
        _fail(database, calibration_id, "server_error", clock)
        raise
    progress(100)


def _fail(database: Database, calibration_id: int, why: str, clock: Clock) -> None:
    with database.write() as session:
        fail_calibration(session, calibration_id, why, clock())


def _compute(database: Database, calibration_id: int, clock: Clock, report: Progress) -> None:
    """Read, estimate, propose; nothing is locked while it computes."""
    with database.read() as session:
        calibration = get_calibration(session, calibration_id)
        level, model = calibration.level, Model(calibration.model.value)
        responses = read_responses_of_level(session, level)
        known = read_known(session, responses.items)
    report(READ)
    found = estimate(responses, model, known)
    report(ESTIMATED)
    with database.write() as session:
        propose_calibration(session, calibration_id, found, clock())


def read_responses_of_level(session: Session, level: str) -> Responses:
    """Every theory paper of the level that was released, as right and wrong by item version.

    Raises
    ------
    EstimationError
        `no_results` when there is none.
    """
    forms = session.scalars(
        select(Form).where(Form.id.in_(_released(level).with_only_columns(Form.id))).order_by(Form.id)
    ).all()
    blocks = [(form, _read_form(session, level, form)) for form in forms]
    columns: dict[ItemKey, int] = {}
    for form, _ in blocks:
        for slot in form.slots:
            columns.setdefault((slot["code"], slot["version"]), len(columns))
    if not blocks:
        raise EstimationError("no_results")
    scores = np.full((sum(len(block) for _, block in blocks), len(columns)), np.nan)
    row = 0
    for form, block in blocks:
        places = [columns[slot["code"], slot["version"]] for slot in form.slots]
        scores[row : row + len(block), places] = block
        row += len(block)
    return Responses(list(columns), scores)


def _released(level: str) -> Select[tuple[Form]]:
    """Forms and attempts behind the released results of a level's theory papers."""
    return (
        select(Form)
        .join(SittingPaper, SittingPaper.id == Form.sitting_paper_id)
        .join(Sitting, Sitting.id == SittingPaper.sitting_id)
        .join(CandidatePaper, CandidatePaper.form_id == Form.id)
        .join(Booking, Booking.id == CandidatePaper.booking_id)
        .join(Result, Result.booking_id == Booking.id)
        .join(Attempt, Attempt.candidate_paper_id == CandidatePaper.id)
        .join(AutoScore, AutoScore.attempt_id == Attempt.id)
        .where(Sitting.level == level, SittingPaper.kind == "theory", Result.state == ResultState.RELEASED)
    )


def _read_form(session: Session, level: str, form: Form) -> Floats:
    """Right and wrong of everybody who sat a form, NaN where a person marks."""
    vectors = session.scalars(
        _released(level).where(Form.id == form.id).with_only_columns(AutoScore.vector).order_by(AutoScore.attempt_id)
    )
    marks = unpack(list(vectors), len(form.slots))
    full = np.array([float(Fraction(slot["marks"])) for slot in form.slots])
    return np.where(np.isnan(marks), np.nan, (marks == full).astype(np.float64))


def read_known(session: Session, items: Iterable[ItemKey]) -> dict[ItemKey, Known]:
    """What is known of these item versions so far: accepted parameters, else their own, else what the author estimated."""
    wanted = set(items)
    codes = {code for code, _ in wanted}
    accepted = accepted_parameters(session, codes)
    known = {key: Known(one.a, one.b, one.c, accepted=True) for key, one in accepted.items() if key in wanted}
    for version in session.scalars(select(ItemVersion).where(ItemVersion.code.in_(codes))):
        given = version.document.get("parameters") or provisional_parameters(version.document)
        key = (version.code, version.version)
        if key in wanted and key not in known and "b" in given:
            known[key] = Known(given["a"], given["b"], given.get("c", 0.0), accepted=False)
    return known

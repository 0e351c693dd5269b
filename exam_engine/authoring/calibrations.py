"""Item parameters and where they come from: a calibration is asked for, computed, and accepted by somebody else.

What is accepted is never overwritten. Of the accepted parameters of an item version those accepted last count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from exam_engine.authoring.records import (
    Calibration,
    CalibrationModel,
    CalibrationState,
    ItemParameters,
    ItemStatistics,
    ItemVersion,
)
from exam_engine.authoring.rules import next_calibration_state
from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User

Document = Mapping[str, Any]
ItemKey = tuple[str, int]
"""Code and version."""

LEASE: Final = timedelta(minutes=15)
"""A running calibration whose worker was not heard of for so long is taken over by another."""

WHY_FAILED: Final[Mapping[str, str]] = {
    "no_results": "No theory paper of this level is released yet.",
    "too_few_candidates": "Fewer than two questions were answered by enough candidates.",
    "not_converged": "The estimation did not come to an end.",
    "no_discrimination": "The answers do not go together: no question separates the better candidates.",
    "cannot_be_linked": "No two questions have known difficulties that differ: the new scale cannot be put on the old one.",
    "server_error": "Something failed here. It was recorded.",
}


@dataclass(frozen=True)
class Estimated:
    """Parameters of one item version on the scale of the bank, with standard errors; `b_before` is where it stood until now."""

    code: str
    version: int
    n: int
    a: float
    b: float
    se_a: float | None
    se_b: float | None
    b_before: float | None
    c: float = 0.0


@dataclass(frozen=True)
class Proposal:
    """What a calibration found, ready to be looked at by a second person."""

    n: int
    iterations: int
    log_likelihood: float
    linking: str
    slope: float
    intercept: float
    common_items: int
    left_out: Sequence[Document]
    parameters: Sequence[Estimated]


def ask_calibration(session: Session, level: str, model: CalibrationModel, by: User, now: datetime) -> Calibration:
    """Put a calibration of `level` in the queue of the worker.

    Raises
    ------
    Refusal
        `not_allowed` unless asked by an officer, `unknown_level` when the bank has no items of it, `already_there` while
        another calibration of the level waits or runs.
    """
    _check_officer(by)
    if session.scalar(select(ItemVersion.id).where(ItemVersion.level == level, ItemVersion.kind == "item").limit(1)) is None:
        raise Refusal("unknown_level", f"the bank holds no items of level {level!r}")
    at_work = Calibration.state.in_([CalibrationState.QUEUED, CalibrationState.RUNNING])
    if session.scalar(select(Calibration.id).where(Calibration.level == level, at_work)) is not None:
        raise Refusal("already_there", f"a calibration of {level} waits or runs already")
    calibration = Calibration(
        level=level, model=model, state=CalibrationState.QUEUED, left_out=[], asked_by_id=by.id, asked_at=now, touched_at=now
    )
    session.add(calibration)
    session.flush()
    _record(session, by.login, "asked", calibration, now, level=level, model=model.value)
    return calibration


def _check_officer(by: User) -> None:
    if not by.has_role(Role.OFFICER) or by.has_role(Role.ADMINISTRATOR):
        raise Refusal("not_allowed", "calibrations are asked for and decided on by officers, never by an administrator")


def _record(session: Session, by: str, what: str, calibration: Calibration, now: datetime, **data: Any) -> None:
    audit.record(session, by, f"calibration.{what}", f"calibration:{calibration.id}", now, **data)


def get_calibration(session: Session, calibration_id: int) -> Calibration:
    """The calibration; `not_found` when there is none."""
    found = session.get(Calibration, calibration_id)
    if found is None:
        raise Refusal("not_found", f"there is no calibration {calibration_id}")
    return found


def find_due(session: Session, now: datetime) -> int | None:
    """The calibration to be computed next: the one that waits longest, or one whose worker is gone."""
    return session.scalar(_due(now).with_only_columns(Calibration.id).order_by(Calibration.id).limit(1))


def _due(now: datetime) -> Select[tuple[Calibration]]:
    is_left = and_(Calibration.state == CalibrationState.RUNNING, Calibration.touched_at < now - LEASE)
    return select(Calibration).where(or_(Calibration.state == CalibrationState.QUEUED, is_left))


def start_calibration(session: Session, calibration_id: int, now: datetime) -> Calibration | None:
    """Take a calibration to compute; None when another worker was faster."""
    claimed = _due(now).where(Calibration.id == calibration_id).with_for_update(skip_locked=True)
    calibration = session.scalars(claimed).one_or_none()
    if calibration is not None:
        _move(calibration, "start")
        calibration.progress, calibration.touched_at = 0, now
        session.flush()
    return calibration


def note_progress(session: Session, calibration_id: int, percent: int, now: datetime) -> None:
    """Say how far a running calibration is."""
    calibration = get_calibration(session, calibration_id)
    calibration.progress, calibration.touched_at = percent, now


def propose_calibration(session: Session, calibration_id: int, found: Proposal, now: datetime) -> bool:
    """Keep what was found, for a second person to look at; False when another worker already did."""
    calibration = _lock(session, calibration_id)
    if calibration.state is not CalibrationState.RUNNING:
        return False
    _move(calibration, "propose")
    calibration.progress, calibration.touched_at = 100, now
    calibration.n, calibration.iterations, calibration.log_likelihood = found.n, found.iterations, found.log_likelihood
    calibration.linking, calibration.common_items = found.linking, found.common_items
    calibration.slope, calibration.intercept = found.slope, found.intercept
    calibration.left_out = [dict(one) for one in found.left_out]
    session.add_all(ItemParameters(calibration_id=calibration.id, **asdict(one)) for one in found.parameters)
    session.flush()
    _record(
        session, calibration.asked_by.login, "proposed", calibration, now,
        items=len(found.parameters), n=found.n, linking=found.linking, common=found.common_items,
    )  # fmt: skip
    return True


def fail_calibration(session: Session, calibration_id: int, why: str, now: datetime) -> None:
    """End a calibration that cannot be computed; `why` is one of `WHY_FAILED`."""
    calibration = _lock(session, calibration_id)
    if calibration.state is CalibrationState.RUNNING:
        _move(calibration, "fail")
        calibration.reason, calibration.touched_at = why, now
        session.flush()
        _record(session, calibration.asked_by.login, "failed", calibration, now, reason=why)


def decide_calibration(session: Session, calibration_id: int, event: str, by: User, now: datetime) -> Calibration:
    """Accept or reject a calibration: from its acceptance on, papers are drawn by its parameters.

    Raises
    ------
    Refusal
        `not_allowed` unless decided by an officer, `wrong_state` unless it is proposed, `same_person` for whoever asked.
    """
    _check_officer(by)
    calibration = _lock(session, calibration_id)
    if calibration.asked_by_id == by.id:
        raise Refusal("same_person", "a calibration is decided on by somebody other than who asked for it")
    _move(calibration, event)
    calibration.decided_by_id, calibration.decided_by, calibration.decided_at = by.id, by, now
    session.flush()
    _record(session, by.login, calibration.state.value, calibration, now, level=calibration.level)
    return calibration


def _lock(session: Session, calibration_id: int) -> Calibration:
    query = select(Calibration).where(Calibration.id == calibration_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Refusal("not_found", f"there is no calibration {calibration_id}")
    return found


def _move(calibration: Calibration, event: str) -> None:
    state = next_calibration_state(calibration.state, event)
    if state is None:
        raise Refusal("wrong_state", f"calibration {calibration.id} is {calibration.state.value}, it cannot be: {event}")
    calibration.state = state


def accepted_parameters(session: Session, codes: Iterable[str] | None = None) -> dict[ItemKey, ItemParameters]:
    """The parameters in force by code and version: of those accepted, the ones accepted last."""
    query = (
        select(ItemParameters)
        .join(Calibration)
        .where(Calibration.state == CalibrationState.ACCEPTED)
        .order_by(Calibration.decided_at, Calibration.id)
    )
    if codes is not None:
        query = query.where(ItemParameters.code.in_(list(codes)))
    return {(one.code, one.version): one for one in session.scalars(query)}


def with_parameters(documents: Iterable[Document], accepted: Mapping[ItemKey, ItemParameters]) -> list[dict[str, Any]]:
    """The items with the parameters in force for exactly their version; without any, an item keeps its own."""
    return [
        {**item, "parameters": {"a": one.a, "b": one.b, "c": one.c}}
        if (one := accepted.get((item["id"], item.get("version", 1))))
        else dict(item)
        for item in documents
    ]


def list_calibrations(session: Session) -> list[Calibration]:
    """Every calibration, newest first."""
    return list(session.scalars(select(Calibration).order_by(Calibration.id.desc())))


def list_statistics(session: Session, code: str) -> list[ItemStatistics]:
    """What an item did at each place, newest first."""
    query = select(ItemStatistics).where(ItemStatistics.code == code)
    return list(session.scalars(query.order_by(ItemStatistics.computed_at.desc(), ItemStatistics.id.desc())))


def list_parameters(session: Session, code: str) -> list[ItemParameters]:
    """What calibrations found for an item, newest first; those that failed or wait are left out."""
    decided = Calibration.state.in_([CalibrationState.ACCEPTED, CalibrationState.REJECTED, CalibrationState.PROPOSED])
    query = select(ItemParameters).join(Calibration).where(ItemParameters.code == code, decided)
    return list(session.scalars(query.order_by(Calibration.id.desc())))


def list_levels(session: Session) -> list[str]:
    """The levels that the bank holds items of."""
    return list(
        session.scalars(select(ItemVersion.level).where(ItemVersion.kind == "item").distinct().order_by(ItemVersion.level))
    )


def count_parameters(session: Session) -> dict[int, int]:
    """How many item versions each calibration estimated."""
    rows = session.execute(select(ItemParameters.calibration_id, func.count()).group_by(ItemParameters.calibration_id)).tuples()
    return dict(rows.all())

"""Statistics flow back to the bank: each release marks its sitting, and the worker computes what its items did."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.authoring.calibrations import ItemKey
from exam_engine.authoring.records import ItemStatistics
from exam_engine.core import audit
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.delivery.records import Attempt
from exam_engine.marking.records import AutoScore
from exam_engine.results.collect import Papers, read_responses
from exam_engine.results.item_figures import Figures, SatForm, pool_figures
from exam_engine.results.records import DueStatistics, Result, ResultState
from exam_engine.sittings.records import CandidatePaper, Form, SittingPaper
from grading.psychometrics.distractors import OptionStatistics
from grading.psychometrics.estimates import Estimate
from grading.score import unpack

log = structlog.get_logger()


def mark_sitting(session: Session, sitting_id: int, now: datetime) -> None:
    """Remember that results of a sitting were released; the worker looks at it afterwards. The caller holds the sitting."""
    due = session.get(DueStatistics, sitting_id)
    if due is None:
        session.add(DueStatistics(sitting_id=sitting_id, since=now))
    else:
        due.since = now
    session.flush()


def compute_due(database: Database, settings: Settings, clock: Clock) -> int:  # noqa: ARG001  the shape of a job
    """Compute the item statistics of every sitting that waits; how many sittings that were."""
    with database.read() as session:
        waiting = session.scalars(select(DueStatistics).order_by(DueStatistics.sitting_id)).all()
    done = 0
    for due in waiting:
        try:
            done += _compute(database, due.sitting_id, due.since, clock())
        except Exception:
            # One sitting that cannot be analysed must not hold back the others; it is tried again.
            log.exception("sitting not analysed", sitting=due.sitting_id)
    return done


def _compute(database: Database, sitting_id: int, since: datetime, now: datetime) -> int:
    """Read and compute without a lock, then store; a release in the meantime leaves its mark for the next time."""
    with database.read() as session:
        found = pool_figures(_read_forms(session, sitting_id))
    with database.write() as session:
        mark = select(DueStatistics).where(DueStatistics.sitting_id == sitting_id).with_for_update()
        due = session.scalars(mark).one_or_none()
        if due is None or due.since != since:
            return 0
        store_statistics(session, f"sitting:{sitting_id}", found, now)
        session.delete(due)
    return 1


def _read_forms(session: Session, sitting_id: int) -> Iterator[SatForm]:
    """The theory forms of a sitting as they were sat by everybody whose result is released."""
    forms = (
        select(Form)
        .join(SittingPaper, SittingPaper.id == Form.sitting_paper_id)
        .where(SittingPaper.sitting_id == sitting_id, SittingPaper.kind == "theory")
        .order_by(Form.id)
    )
    for form in session.scalars(forms):
        released = _released(form.id)
        rows = session.execute(
            select(AutoScore.attempt_id, AutoScore.vector)
            .join(Attempt, Attempt.id == AutoScore.attempt_id)
            .where(Attempt.candidate_paper_id.in_(released))
            .order_by(AutoScore.attempt_id)
        ).all()
        if rows:
            given = read_responses(session, released)
            yield _sat(form, [row.vector for row in rows], [given.get(row.attempt_id, {}) for row in rows])


def _released(form_id: int) -> Papers:
    return (
        select(CandidatePaper.id)
        .join(Result, Result.booking_id == CandidatePaper.booking_id)
        .where(CandidatePaper.form_id == form_id, Result.state == ResultState.RELEASED)
    )


def _sat(form: Form, vectors: list[bytes], responses: list[dict[str, Any]]) -> SatForm:
    documents = orjson.loads(form.marking)["items"]
    return SatForm(
        items=[(slot["code"], slot["version"]) for slot in form.slots],
        documents=[documents[slot["item"]] for slot in form.slots],
        highest=np.array([float(Fraction(slot["marks"])) for slot in form.slots]),
        marks=unpack(vectors, len(form.slots)),
        responses=[[own.get(slot["slot"]) for slot in form.slots] for own in responses],
    )


def store_statistics(session: Session, source: str, found: Mapping[ItemKey, Figures], now: datetime) -> None:
    """Keep the figures of one place, in place of earlier ones of the same place."""
    before = {
        (row.code, row.version): row for row in session.scalars(select(ItemStatistics).where(ItemStatistics.source == source))
    }
    for (code, version), figures in found.items():
        row = before.get((code, version)) or ItemStatistics(code=code, version=version, source=source)
        row.n, row.p, row.item_rest = figures.n, _plain(figures.p), _plain(figures.item_rest)
        row.omit_rate, row.options = _plain(figures.omit_rate), [_describe(option) for option in figures.options]
        row.flags, row.is_flagged, row.computed_at = figures.flags, bool(figures.flags), now
        session.add(row)
    session.flush()
    flagged = sum(bool(figures.flags) for figures in found.values())
    audit.record(session, "system", "statistics.computed", source, now, items=len(found), flagged=flagged)


def _plain(estimate: Estimate) -> float | None:
    """The figure as Python's own number."""
    return None if estimate.value is None else float(estimate.value)


def _describe(option: OptionStatistics) -> dict[str, Any]:
    return {
        "option": option.option, "key": option.key, "n": option.n, "proportion": _plain(option.proportion),
        "point_biserial_rest": _plain(option.point_biserial_rest),
    }  # fmt: skip

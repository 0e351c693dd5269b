"""The report on one sitting: every figure an auditor asks for, computed once, to be shown as a page, as a file or as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from exam_engine.results.collect import Waiting, find_waiting, live_bookings, read_papers
from exam_engine.results.form_figures import PaperFigures, decide_again, describe_paper
from exam_engine.results.marker_figures import MarkerFigures, describe_markers
from exam_engine.results.rules import find_cut
from exam_engine.results.similar_figures import SimilarAnswers, compare_answers
from exam_engine.results.statistics import Floats, FormSat, Totals, read_forms, read_marks, read_totals
from exam_engine.sittings.records import Sitting
from exam_engine.sittings.rules import paper_of
from grading.exact import exact
from grading.psychometrics.composites import composite_error, composite_reliability, wilson_interval
from grading.psychometrics.decision import Decisions
from grading.psychometrics.estimates import Estimate


@dataclass(frozen=True)
class TotalFigures:
    """The totals of a sitting, from 0 to 100.

    Attributes
    ----------
    n, passed, absent
        Who has a total, who of them passed, and who sat no paper.
    rate, rate_low, rate_high
        Share that passed, with Wilson's 95 % interval.
    cut
        Of the total; None where the standard has none.
    sem, sem_at_cut
        Standard error of measurement, and of papers at the cut.
    reliability
        1 − SEM² / s².
    decisions
        At the cut of the total.
    near
        How many totals lie within one SEM at the cut of it.
    """

    scores: Floats
    n: int
    passed: int
    absent: int
    rate: Estimate
    rate_low: Estimate
    rate_high: Estimate
    mean: Estimate
    sd: Estimate
    low: Estimate
    high: Estimate
    cut: Fraction | None
    sem: Estimate
    sem_at_cut: Estimate
    reliability: Estimate
    decisions: Decisions
    near: int | None


@dataclass(frozen=True)
class SittingReport:
    """Everything the report says: `totals` is None while no results are proposed; `released` once all are released.

    `similar` holds what a comparison of answers found, by paper and form, or why there was none.
    """

    sitting: int
    level: Any
    kind: str
    room: Any
    opens_at: datetime
    scheme: str
    standard: Mapping[str, Any]
    made_at: datetime
    booked: int
    waiting: Sequence[Waiting]
    released: bool
    totals: TotalFigures | None
    papers: Sequence[PaperFigures]
    markers: MarkerFigures
    names: Mapping[int, Any]
    similar: Mapping[tuple[str, int], SimilarAnswers | str]

    @property
    def sat(self) -> int:
        """The most candidates who sat one paper to the end."""
        return max((sum(form.n + form.waiting for form in paper.forms) for paper in self.papers), default=0)

    @property
    def flagged(self) -> int:
        """Items that somebody should look at."""
        return sum(bool(item.figures.flags) for paper in self.papers for form in paper.forms for item in form.items)


def report_sitting(session: Session, sitting: Sitting, now: datetime) -> SittingReport:
    """Read a sitting and compute its figures; nothing is written."""
    level = sitting.scheme_version.get_level(sitting.level)
    forms, totals = read_forms(session, sitting), read_totals(session, sitting)
    papers = _papers(sitting, level, forms)
    criteria, scripts, markers = read_marks(session, sitting)
    return SittingReport(
        sitting=sitting.id, level=level["title"], kind=sitting.kind.value, room=sitting.room, opens_at=sitting.opens_at,
        scheme=sitting.scheme_version.version, standard=level["standard"], made_at=now,
        booked=len(live_bookings(session, sitting)), waiting=find_waiting(sitting, read_papers(session, sitting), now),
        released=totals is not None and totals.released,
        totals=_describe_totals(totals, papers, level["standard"]) if totals else None, papers=papers,
        markers=describe_markers(criteria, scripts), names={one: user.names for one, user in markers.items()},
        similar={(form.paper, form.number): compare_answers(form) for form in forms if form.paper in _theory(sitting)},
    )  # fmt: skip


def _theory(sitting: Sitting) -> set[str]:
    """Papers whose answers are compared: those of a case are too few."""
    return {paper.code for paper in sitting.papers if paper.kind == "theory"}


def _papers(sitting: Sitting, level: Mapping[str, Any], forms: Sequence[FormSat]) -> list[PaperFigures]:
    described = []
    for paper in sitting.papers:
        own = [form for form in forms if form.paper == paper.code]
        title = paper_of(level, paper.code).get("short_title", paper.title)
        head = {"code": paper.code, "kind": paper.kind, "title": title, "needed": find_cut(level["standard"], paper.code)}
        described.append(describe_paper(head, own, cut_of(level["standard"], paper.code)))
    return described


def cut_of(standard: Mapping[str, Any], code: str) -> Fraction | None:
    """The score at which a paper's errors count: its own cut, else that of the total."""
    own = find_cut(standard, code)
    return own if own is not None else _cut_of_total(standard)


def _cut_of_total(standard: Mapping[str, Any]) -> Fraction | None:
    return exact(standard["cut"]) if "cut" in standard else None


def _describe_totals(totals: Totals, papers: Sequence[PaperFigures], standard: Mapping[str, Any]) -> TotalFigures:
    scores, cut = totals.totals, _cut_of_total(standard)
    given = standard.get("weights", {})
    weights = np.array([float(exact(given.get(paper.code, 1))) for paper in papers])
    shares = weights / weights.sum() if len(weights) else weights
    error = composite_error(shares, [paper.sem for paper in papers])
    at_cut = composite_error(shares, [paper.sem_at_cut for paper in papers])
    reliability = composite_reliability(scores, error)
    low, high = wilson_interval(totals.passed, totals.sat)
    near = None if cut is None or at_cut.value is None else int((np.abs(scores - float(cut)) <= at_cut.value).sum())
    return TotalFigures(
        scores, totals.sat, totals.passed, totals.absent,
        _share(totals.passed, totals.sat), low, high, *_spread(scores), cut, error, at_cut, reliability,
        decide_again(scores, reliability, cut), near,
    )  # fmt: skip


def _share(count: int, n: int) -> Estimate:
    return Estimate(count / n, n) if n else Estimate(None, 0, "too_few_candidates")


def _spread(scores: Floats) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Mean, standard deviation, lowest and highest."""
    n, few = len(scores), Estimate(None, len(scores), "too_few_candidates")
    if not n:
        return few, few, few, few
    sd = Estimate(float(scores.std(ddof=1)), n) if n > 1 else few
    return Estimate(float(scores.mean()), n), sd, Estimate(float(scores.min()), n), Estimate(float(scores.max()), n)

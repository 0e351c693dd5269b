"""How far the markers of a sitting agree, and how severe each is, by the functions of `grading.psychometrics`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from exam_engine.results.statistics import CriterionMarks, Floats, ScriptTotals
from grading.psychometrics.agreement import Coefficient, Shares, Weights, agreement_weights, cohen_kappa, cross_table, shares
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.intraclass import Intraclass, intraclass
from grading.psychometrics.severity import fit_severity
from grading.psychometrics.severity_design import Ratings

FEWEST_SCRIPTS: Final = 10


@dataclass(frozen=True)
class CriterionAgreement:
    """First against second marks on one criterion, on its full scale."""

    item: str
    title: Any
    levels: int
    shares: Shares
    kappa: Coefficient


@dataclass(frozen=True)
class ItemAgreement:
    """First against second totals of one item: correlation within scripts, and how much higher the second mark is."""

    item: str
    most: float
    n: int
    intraclass: Intraclass
    difference: Estimate
    spread: Estimate
    first: Floats
    second: Floats


@dataclass(frozen=True)
class MarkerSeverity:
    """One marker: severity in logits, above 0 is severe, with its standard error; `marks` counts the criteria judged."""

    marker: int
    marks: int
    severity: Estimate
    error: Estimate


@dataclass(frozen=True)
class MarkerFigures:
    """Everything about the markers; `severities` is the reason when they cannot be had."""

    criteria: Sequence[CriterionAgreement]
    items: Sequence[ItemAgreement]
    severities: Sequence[MarkerSeverity] | str


def describe_markers(criteria: Sequence[CriterionMarks], totals: Sequence[ScriptTotals]) -> MarkerFigures:
    """Agreement by criterion and by item, and severity over all of them."""
    double = [one for one in criteria if (one.given >= 0).all(axis=1).any()]
    return MarkerFigures([_agreement(one) for one in double], [_totals(one) for one in totals], _severities(criteria))


def _agreement(one: CriterionMarks) -> CriterionAgreement:
    k = len(one.levels)
    table = cross_table(one.given[:, 0], one.given[:, 1], k)
    return CriterionAgreement(
        one.item, one.title, k, shares(table), cohen_kappa(table, agreement_weights(k, Weights.QUADRATIC))
    )


def _totals(one: ScriptTotals) -> ItemAgreement:
    apart, n = one.second - one.first, len(one.first)
    few = Estimate(None, n, "too_few_candidates")
    return ItemAgreement(
        one.item, one.most, n, intraclass(np.stack([one.first, one.second], axis=1))["1,1"],
        Estimate(float(apart.mean()), n) if n else few, Estimate(float(apart.std(ddof=1)), n) if n > 1 else few,
        one.first, one.second,
    )  # fmt: skip


def _severities(criteria: Sequence[CriterionMarks]) -> list[MarkerSeverity] | str:
    """Many-facet partial credit model of candidate, marker and criterion."""
    rows = [
        (candidate, marker, place, level)
        for place, one in enumerate(one for one in criteria if np.ptp(one.given[one.given >= 0]) > 0)
        for candidate, markers, given in zip(one.candidates.tolist(), one.markers.tolist(), one.given.tolist(), strict=True)
        for marker, level in zip(markers, given, strict=True)
        if level >= 0
    ]
    if len(rows) < FEWEST_SCRIPTS:
        return "too_few_candidates"
    data = np.array(rows, dtype=np.int64)
    names, elements = zip(*(np.unique(data[:, column], return_inverse=True) for column in range(3)), strict=True)
    if len(names[1]) < 2:
        return "too_few_raters"
    counts = (len(names[0]), len(names[1]), len(names[2]))
    try:
        with np.errstate(divide="ignore", invalid="ignore"):  # a level that nobody chose has no threshold
            found = fit_severity(Ratings(np.stack(elements), data[:, 3], counts, by_criterion=True))
    except ValueError:
        return "no_variance"
    if not found.converged:
        return "not_converged"
    judged = np.bincount(elements[1])
    return [
        MarkerSeverity(int(marker), int(n), _estimate(value, int(n)), _estimate(error, int(n)))
        for marker, n, value, error in zip(names[1], judged, found.measures[1], found.joint_errors[1], strict=True)
    ]


def _estimate(value: float, n: int) -> Estimate:
    return Estimate(float(value), n) if np.isfinite(value) else Estimate(None, n, "no_estimate")

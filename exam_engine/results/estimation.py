"""From answers to item parameters on the scale of the bank: pure functions on arrays.

A response is right when it has full marks, wrong when it has less or is blank; an item that was not on a candidate's paper is
missing for that candidate. All candidates are taken as drawn from one population (Bock & Aitkin 1981).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exam_engine.authoring.calibrations import Estimated, ItemKey, Proposal
from grading.psychometrics.irt.calibration import Calibration, calibrate
from grading.psychometrics.irt.mml import fit
from grading.psychometrics.irt.models import Items, Model
from grading.psychometrics.irt.responses import code_responses
from grading.psychometrics.linking import Link, Method, link

Floats = NDArray[np.float64]

FEWEST_CANDIDATES: Final = 100
"""An item that fewer answered is left out: its errors would be larger than the differences between items."""

FEWEST_COMMON: Final = 5
"""Common items that it takes to link by their curves."""


LARGEST_ERROR: Final = 1.0
"""Error of a difficulty, in standard deviations of ability, beyond which it has no say in mean and spread: the difficulty of an
item that hardly separates anybody may come out anywhere."""


class EstimationError(Exception):
    """Nothing can be estimated; `code` says why, as `authoring.calibrations.WHY_FAILED` words it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Known:
    """Parameters that an item has so far; `accepted` when they come from a calibration, else somebody's estimate."""

    a: float
    b: float
    c: float
    accepted: bool


@dataclass(frozen=True)
class Responses:
    """Right (1) and wrong (0) by candidate and item, NaN where the item was not on the paper; `items` names the columns."""

    items: Sequence[ItemKey]
    scores: Floats

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many candidates had each item."""
        return np.asarray((~np.isnan(self.scores)).sum(axis=0))


def estimate(responses: Responses, model: Model, known: Mapping[ItemKey, Known]) -> Proposal:
    """Estimate the items and put them on the scale of what is known.

    Raises
    ------
    EstimationError
        `too_few_candidates`, `no_discrimination`, `not_converged` or `cannot_be_linked`.
    """
    counts = responses.counts
    reasons = {int(item): "too_few_candidates" for item in np.flatnonzero(counts < FEWEST_CANDIDATES)}
    columns, found = _fit(responses.scores, model, reasons)
    keys = [responses.items[column] for column in columns]
    linked = link_to_known(found, keys, known)
    left_out = [
        {"code": responses.items[item][0], "version": responses.items[item][1], "n": int(counts[item]), "reason": reason}
        for item, reason in sorted(reasons.items())
    ]
    parameters = [
        _on_scale(found, place, linked.link, (*keys[place], int(counts[column])), known.get(keys[place]))
        for place, column in enumerate(columns)
    ]
    return Proposal(
        n=found.n, iterations=found.iterations, log_likelihood=found.log_likelihood, linking=linked.method.value,
        slope=linked.link.slope, intercept=linked.link.intercept, common_items=linked.common, left_out=left_out,
        parameters=parameters,
    )  # fmt: skip


def _fit(scores: Floats, model: Model, reasons: dict[int, str]) -> tuple[NDArray[np.int64], Calibration]:
    """Estimate what can be, without items that do not vary or that the better candidates get wrong; `reasons` takes these."""
    while True:
        kept = np.array([item for item in range(scores.shape[1]) if item not in reasons], dtype=np.int64)
        coded = code_responses(scores[:, kept], model)
        reasons |= {int(kept[one.item]): one.reason for one in coded.left_out}
        columns = kept[coded.used]
        if len(columns) < 2:
            raise EstimationError("no_discrimination" if "no_discrimination" in reasons.values() else "too_few_candidates")
        found = calibrate(fit(coded.patterns, model), int(coded.patterns.counts.sum()))
        if not found.converged:
            raise EstimationError("not_converged")
        against = columns[found.items.slopes <= 0]
        if not len(against):
            return columns, found
        reasons |= {int(item): "no_discrimination" for item in against}


@dataclass(frozen=True)
class Linked:
    """How the new scale was put on the old one."""

    method: Method
    link: Link
    common: int


def link_to_known(found: Calibration, keys: Sequence[ItemKey], known: Mapping[ItemKey, Known]) -> Linked:
    """Link by the curves of items with accepted parameters where there are enough, else by the moments of all that is known.

    With too few accepted items, accepted difficulties and the authors' estimates count together, so that calibrated and
    uncalibrated items stand on one scale.
    """
    accepted = [place for place, key in enumerate(keys) if key in known and known[key].accepted]
    method = Method.STOCKING_LORD if len(accepted) >= FEWEST_COMMON else Method.MEAN_SIGMA
    located = np.nan_to_num(found.threshold_errors[:, 0], nan=np.inf) <= LARGEST_ERROR
    all_known = [place for place, key in enumerate(keys) if key in known and located[place]]
    common = accepted if method is Method.STOCKING_LORD else all_known
    if len(common) < 2:
        raise EstimationError("cannot_be_linked")
    old = [known[keys[place]] for place in common]
    parameters = Items.from_thresholds(Model.THREE, [one.a for one in old], [[one.b] for one in old], [one.c for one in old])
    try:
        return Linked(method, link(found.items.pick(common), parameters, method), len(common))
    except ValueError as error:
        raise EstimationError("cannot_be_linked") from error


def _on_scale(found: Calibration, place: int, linked: Link, item: tuple[str, int, int], before: Known | None) -> Estimated:
    """One item on the scale of the bank: a / A and A · b + B, with standard errors that leave out the error of the link."""
    code, version, n = item
    return Estimated(
        code=code, version=version, n=n,
        a=float(found.items.slopes[place]) / linked.slope,
        b=linked.slope * float(found.items.thresholds[place, 0]) + linked.intercept,
        se_a=_finite(found.slope_errors[place] / linked.slope),
        se_b=_finite(found.threshold_errors[place, 0] * linked.slope),
        b_before=before.b if before else None,
    )  # fmt: skip


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None

"""What each item did: how difficult it was, how it separated candidates, and what it weighed in the total."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from grading.psychometrics.estimates import Estimate, Matrix
from grading.psychometrics.sufficient import Missing, Sufficient

NOTHING = 1e-12  # a variance below this share of the largest it could be is none, but rounding


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """The figures of one item; `moodle` values are percentages, as Moodle prints them.

    Attributes
    ----------
    n
        Candidates the figures rest on.
    p
        Difficulty: mean score as a share of the maximum.
    mean, sd
        Of the score, with n − 1.
    item_total, item_rest
        Pearson's correlation with the total, and with the total of the other items.
    biserial
        Biserial correlation with the total of the other items, for right/wrong items.
    omit_rate
        Share of all candidates without a response.
    facility, standard_deviation, intended_weight, effective_weight, discrimination_index, discrimination_efficiency
        By Moodle's definitions.
    """

    n: int
    p: Estimate
    mean: Estimate
    sd: Estimate
    item_total: Estimate
    item_rest: Estimate
    biserial: Estimate
    omit_rate: Estimate
    facility: Estimate
    standard_deviation: Estimate
    intended_weight: Estimate
    effective_weight: Estimate
    discrimination_index: Estimate
    discrimination_efficiency: Estimate


def analyse(
    data: ArrayLike | Sufficient, max_scores: ArrayLike = 1.0, missing: Missing = Missing.LISTWISE
) -> list[ItemStatistics]:
    """Item analysis.

    Parameters
    ----------
    data
        Item scores, candidates × items, NaN where missing; a Dask array of such; or their sufficient statistics.
    max_scores
        Maximum of every item, or one for all.
    missing
        What a missing score means; as the sufficient statistics were made, when those are given.

    Returns
    -------
    list of ItemStatistics
        One per item, in order.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, chapter 15 (item-test correlations).
    Henrysson, S. (1963). Correction of item-total correlations in item analysis. Psychometrika 28, 211–218.
    Moodle, Quiz statistics calculations, "Question statistics" (docs.moodle.org/dev).
    """
    found = data if isinstance(data, Sufficient) else Sufficient.of(data, missing)
    k = len(found.low)
    most = np.broadcast_to(np.asarray(max_scores, dtype=np.float64), (k,))
    own = np.diagonal(found.pairs).astype(np.int64)
    spread, able = _spread(found), own >= 2
    means, sd = np.diagonal(found.means), np.sqrt(spread.own)
    few = _reasons([(own < 1, "too_few_candidates")], k)
    two = _reasons([(~able, "too_few_candidates")], k)
    related = _related_reasons(found, spread)
    total = _reasons([(~able | (found.n < 2), "too_few_candidates"), (~found.varies | (spread.total <= 0), "no_variance")], k)
    rest_r = _ratio(spread.with_rest, np.sqrt(spread.own * spread.rest)).clip(-1, 1)
    columns = (
        _estimates(means / most, own, few),
        _estimates(means, own, few),
        _estimates(sd, own, two),
        _estimates(_ratio(spread.with_total, np.sqrt(spread.own * spread.total)).clip(-1, 1), own, total),
        _estimates(rest_r, own, related),
        _biserial(found, rest_r, related),
        _omit_rates(found),
        _estimates(100 * means / most, own, few),
        _estimates(100 * sd / most, own, two),
        _estimates(100 * most / most.sum(), own, _reasons([], k)),
        _effective_weights(spread, own, two),
        _estimates(100 * rest_r, own, related),
        _efficiencies(found, spread, related),
    )
    return [ItemStatistics(int(n), *row) for n, *row in zip(own, *columns, strict=True)]


def difficulty(scores: ArrayLike, max_scores: ArrayLike = 1.0) -> list[Estimate]:
    """Difficulty p of each item: mean score as a share of the maximum (the proportion right for right/wrong items).

    Parameters
    ----------
    scores
        Item scores, candidates × items, NaN where missing; a candidate with a missing score is left out.
    max_scores
        Maximum of every item, or one for all.

    Returns
    -------
    list of Estimate
        One per item; none without candidates.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, on item difficulty.
    """
    return [item.p for item in analyse(scores, max_scores)]


def item_rest_correlation(scores: ArrayLike) -> list[Estimate]:
    """Corrected item-total correlation: Pearson's r of each item with the sum of the other items.

    Parameters
    ----------
    scores
        As for `difficulty`.

    Returns
    -------
    list of Estimate
        One per item; none for fewer than two candidates or items, or where the item or the rest does not vary.

    References
    ----------
    Henrysson, S. (1963). Correction of item-total correlations in item analysis. Psychometrika 28, 211–218.
    """
    return [item.item_rest for item in analyse(scores)]


@dataclass(frozen=True, slots=True)
class _Spread:
    """Variances and covariances: of each item alone, with the total, with the rest; what is rounding only is 0."""

    own: Matrix
    with_total: Matrix
    with_rest: Matrix
    rest: Matrix
    total: float


def _spread(found: Sufficient) -> _Spread:
    covariance = found.covariance
    own = np.where(found.varies, np.diagonal(covariance), 0.0)
    with_total = covariance.sum(axis=1)
    with_total[np.abs(with_total) < NOTHING * np.abs(covariance).sum(axis=1)] = 0.0
    total = float(covariance.sum())
    rest = total - 2 * with_total + own
    least = NOTHING * (np.sqrt(own).sum() ** 2 + np.square(found.low[np.isfinite(found.low)]).sum() * NOTHING)
    return _Spread(own, with_total, with_total - own, np.where(rest > least, rest, 0.0), total if total > least else 0.0)


def _related_reasons(found: Sufficient, spread: _Spread) -> list[str | None]:
    """Why an item has no correlation with the other items, where it has none."""
    k = len(found.low)
    flat = ~found.varies | (spread.rest <= 0)
    everybody = np.full(k, k < 2)
    return _reasons([(np.full(k, found.n < 2), "too_few_candidates"), (everybody, "too_few_items"), (flat, "no_variance")], k)


def _biserial(found: Sufficient, rest_r: Matrix, related: list[str | None]) -> list[Estimate]:
    """R · √(p q) / φ(z), z the normal deviate that cuts off p (Lord & Novick 1968, eq. 15.5.5)."""
    p = np.diagonal(found.means)
    inside = found.binary & (p > 0) & (p < 1)
    z = ndtri(np.where(inside, p, 0.5))
    height = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    values = rest_r * np.sqrt(np.where(inside, p * (1 - p), 0.0)) / height
    reasons = [why or (None if two else "not_right_wrong") for why, two in zip(related, found.binary, strict=True)]
    return _estimates(values, np.diagonal(found.pairs), reasons)


def _omit_rates(found: Sufficient) -> list[Estimate]:
    everybody = np.full(len(found.low), found.candidates)
    why = None if found.candidates else "too_few_candidates"
    return _estimates(1 - _ratio(found.answered, everybody), everybody, [why] * len(everybody))


def _effective_weights(spread: _Spread, own: NDArray[np.int64], two: list[str | None]) -> list[Estimate]:
    """100 √C(x, T) / Σ √C(x, T); an item whose covariance with the total is negative has none and counts for nothing."""
    roots = np.sqrt(np.maximum(spread.with_total, 0.0))
    negative = [why or ("negative_covariance" if low else None) for why, low in zip(two, spread.with_total < 0, strict=True)]
    reasons = [why or (None if roots.sum() > 0 else "no_variance") for why in negative]
    return _estimates(100 * _ratio(roots, np.full(len(roots), roots.sum())), own, reasons)


def _efficiencies(found: Sufficient, spread: _Spread, related: list[str | None]) -> list[Estimate]:
    """100 C(x, rest) / C_max: the covariance as a share of what it would be with both put into the same order."""
    own = np.diagonal(found.pairs)
    if found.joint is None:
        return _estimates(np.zeros(len(own)), own, [why or "incomplete_totals" for why in related])
    largest = np.array([_largest_product(found, item) for item in range(len(own))])
    most = _ratio(largest, np.maximum(own - 1, 1))
    reasons = [why or (None if able else "no_variance") for why, able in zip(related, most > 0, strict=True)]
    return _estimates(100 * _ratio(spread.with_rest, most), own, reasons)


def _largest_product(found: Sufficient, item: int) -> float:
    """Sum of products of deviations of score and rest when the highest scores go with the highest rests."""
    if found.joint is None:
        return 0.0
    score, total, count = found.joint.of_item(item)
    if not len(score):
        return 0.0
    rest = total - score
    if len(score) == count.sum():  # nothing is counted together: put both in order
        return float((np.sort(score) - score.mean()) @ (np.sort(rest) - rest.mean()))
    by_score, by_rest = np.argsort(score), np.argsort(rest)
    ends = np.unique(np.concatenate([np.cumsum(count[by_score]), np.cumsum(count[by_rest])]))
    steps = np.diff(ends, prepend=0)
    scores = score[by_score][np.searchsorted(np.cumsum(count[by_score]), ends)]
    rests = rest[by_rest][np.searchsorted(np.cumsum(count[by_rest]), ends)]
    middle = (steps * scores).sum() / ends[-1]
    return float((steps * (scores - middle) * (rests - (steps * rests).sum() / ends[-1])).sum())


def _ratio(above: Matrix | NDArray[np.int64], below: Matrix | NDArray[np.int64]) -> Matrix:
    """The quotient, 0 where there is none."""
    above = np.asarray(above, dtype=np.float64)
    return np.divide(above, below, out=np.zeros_like(above), where=np.asarray(below) > 0)


def _reasons(rules: list[tuple[NDArray[np.bool_], str]], k: int) -> list[str | None]:
    """Per item the first reason that holds."""
    return [next((why for holds, why in rules if holds[item]), None) for item in range(k)]


def _estimates(values: Matrix, n: NDArray[np.int64] | Matrix, reasons: list[str | None]) -> list[Estimate]:
    return [
        Estimate(None, int(size), why) if why else Estimate(float(value), int(size))
        for value, size, why in zip(values, n, reasons, strict=True)
    ]

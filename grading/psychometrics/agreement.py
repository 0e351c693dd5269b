"""How far raters agree on categories: shares of agreement and kappa, by pairs (Cohen, Light) and together (Fleiss).

Ratings are codes 0 … k − 1, the places of categories on the full scale, also of those nobody used; −1 is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ABSENT = -1
ROUNDING = 1e-15  # what a difference of shares must be above to be more than rounding


class Weights(StrEnum):
    """How much of an agreement a disagreement is, by its distance d on a scale of k categories."""

    UNWEIGHTED = "unweighted"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its test against chance and its interval; what cannot be told is None.

    `se` holds at the agreement found (for the interval), `se_null` where there is none beyond chance (for `z` and the
    two-sided `p`).
    """

    value: Estimate
    observed: float | None = None
    expected: float | None = None
    se: float | None = None
    se_null: float | None = None
    z: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Shares:
    """Shares of the `n` subjects two raters rated alike, exactly one category apart, or at most one."""

    n: int
    exact: Estimate
    adjacent: Estimate
    within_one: Estimate


@dataclass(frozen=True)
class CategoryKappa:
    """Fleiss' kappa of one category against all others; `proportion` of all ratings are of it."""

    proportion: float
    value: Estimate
    se_null: float | None = None
    z: float | None = None
    p: float | None = None


def agreement_weights(k: int, kind: Weights) -> Floats:
    """Weights of agreement, k × k: 1 on the diagonal, 1 − d/(k − 1) linear, 1 − (d/(k − 1))² quadratic, else 0.

    The distance is one of places on the full scale, not of categories that were used (Cohen 1968; Fleiss & Cohen 1973).
    """
    place = np.arange(k)
    distance = np.abs(place[:, None] - place) / max(k - 1, 1)
    if kind is Weights.UNWEIGHTED:
        return np.eye(k)
    return np.asarray(1.0 - (distance if kind is Weights.LINEAR else distance**2))


def cross_table(first: ArrayLike, second: ArrayLike, k: int) -> Floats:
    """How often the first rater gave category i and the second j, k × k; subjects one of them did not rate are left out."""
    one, two = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    both = (one >= 0) & (two >= 0)
    return np.bincount(one[both] * k + two[both], minlength=k * k).reshape(k, k).astype(np.float64)


def shares(table: ArrayLike) -> Shares:
    """Exact and adjacent agreement from a cross table."""
    counts = np.asarray(table, dtype=np.float64)
    n = int(counts.sum())
    if n == 0:
        nothing = Estimate(None, 0, "too_few_candidates")
        return Shares(0, nothing, nothing, nothing)
    place = np.arange(len(counts))
    distance = np.abs(place[:, None] - place)
    exact, adjacent = (float(counts[distance == d].sum() / n) for d in (0, 1))
    return Shares(n, Estimate(exact, n), Estimate(adjacent, n), Estimate(exact + adjacent, n))


def cohen_kappa(table: ArrayLike, weights: ArrayLike, confidence: float = 0.95) -> Coefficient:
    """Cohen's kappa, weighted by any weights of agreement, with its large-sample errors.

    Parameters
    ----------
    table
        Cross table of two raters, k × k over the full scale, counts.
    weights
        Agreement of each pair of categories, k × k, 1 on the diagonal.
    confidence
        Of the interval κ ± z·se, which is not cut at ±1.

    References
    ----------
    Cohen, J. (1960). Educational and Psychological Measurement 20, 37–46; (1968). Psychological Bulletin 70, 213–220.
    Fleiss, J. L., Cohen, J., & Everitt, B. S. (1969). Psychological Bulletin 72, 323–327, equations 8 and 9.
    """
    counts, w = np.asarray(table, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    n = int(counts.sum())
    if n < 2:
        return Coefficient(Estimate(None, n, "too_few_candidates"))
    share = counts / counts.sum()
    row, column = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float((w * share).sum()), float(row @ w @ column)
    if (np.count_nonzero(row) == 1 and (row > 0).tolist() == (column > 0).tolist()) or expected >= 1:
        return Coefficient(Estimate(None, n, "one_category"), observed, expected)
    kappa = (observed - expected) / (1 - expected)
    marginal = (w @ column)[:, None] + row @ w
    at = (share * (w * (1 - expected) - marginal * (1 - observed)) ** 2).sum()
    at -= (observed * expected - 2 * expected + observed) ** 2
    at = at if at > ROUNDING else 0.0
    null = (np.outer(row, column) * (w - marginal) ** 2).sum() - expected**2
    se = float(np.sqrt(at / n) / (1 - expected) ** 2)
    se_null = float(np.sqrt(max(null, 0.0) / n) / (1 - expected))
    return _tested(Estimate(kappa, n), observed, expected, (se, se_null), confidence)


def mean_of(values: Sequence[Estimate]) -> Estimate:
    """Mean over pairs of raters, of those where there is a figure; Light's kappa when they are kappas.

    Light, R. J. (1971). Psychological Bulletin 76, 365–377; Conger, A. J. (1980). Psychological Bulletin 88, 322–328.
    """
    told = [one.value for one in values if one.value is not None]
    fewest = min((one.n for one in values), default=0)
    if len(told) < len(values) or not told:
        return Estimate(None, fewest, next((one.reason for one in values if one.reason), "too_few_raters"))
    return Estimate(float(np.mean(told)), fewest)


def category_counts(ratings: ArrayLike, k: int) -> Floats:
    """How many raters put each subject into each category, subjects × k."""
    codes = np.asarray(ratings, dtype=np.int64)
    return np.asarray((codes[:, :, None] == np.arange(k)).sum(axis=1), dtype=np.float64)


def fleiss_kappa(counts: ArrayLike, confidence: float = 0.95) -> Coefficient:
    """Fleiss' kappa of m raters who need not be the same for every subject.

    The test uses the error without agreement (Fleiss, Nee & Landis 1979, equation 12), the interval the one at the agreement
    found (Gwet 2021, equation 6).

    Parameters
    ----------
    counts
        Raters per subject and category, n × k; every subject has the same number m ≥ 2 of ratings.

    References
    ----------
    Fleiss, J. L. (1971). Psychological Bulletin 76, 378–382.
    Fleiss, J. L., Nee, J. C. M., & Landis, J. R. (1979). Psychological Bulletin 86, 974–977.
    Gwet, K. L. (2021). Educational and Psychological Measurement 81, 781–790.
    """
    table = np.asarray(counts, dtype=np.float64)
    n = len(table)
    if n < 2:
        return Coefficient(Estimate(None, n, "too_few_candidates"))
    m = table[0].sum()
    of = table.mean(axis=0) / m
    agreeing = ((table**2).sum(axis=1) - m) / (m * (m - 1))
    observed, expected = float(agreeing.mean()), float((of**2).sum())
    if np.count_nonzero(of) == 1:
        return Coefficient(Estimate(None, n, "one_category"), observed, expected)
    kappa = (observed - expected) / (1 - expected)
    spread = (of * (1 - of)).sum()
    null = 2 * (spread**2 - (of * (1 - of) * (1 - 2 * of)).sum()) / (n * m * (m - 1) * spread**2)
    by_subject = (agreeing - expected) / (1 - expected) - 2 * (1 - kappa) * (table @ of / m - expected) / (1 - expected)
    se = float(np.sqrt(((by_subject - kappa) ** 2).sum() / (n * (n - 1))))
    return _tested(Estimate(kappa, n), observed, expected, (se, float(np.sqrt(null))), confidence)


def fleiss_by_category(counts: ArrayLike) -> list[CategoryKappa]:
    """Fleiss' kappa of each category; no figure for one that was never or always used.

    The error without agreement is √(2 / (n m (m − 1))) for each (Fleiss, Nee & Landis 1979, equation 14).
    """
    table = np.asarray(counts, dtype=np.float64)
    n, m = len(table), table[0].sum() if len(table) else 0.0
    se = float(np.sqrt(2 / (n * m * (m - 1)))) if n else 0.0
    found = []
    for of, column in zip(table.mean(axis=0) / m if n else np.zeros(table.shape[1]), table.T, strict=True):
        if not column.any() or (column == m).all():
            reason = "too_few_candidates" if not n else "unused_category" if not column.any() else "one_category"
            found.append(CategoryKappa(float(of), Estimate(None, n, reason)))
            continue
        kappa = 1 - float((column * (m - column)).sum() / (n * m * (m - 1) * of * (1 - of)))
        z = kappa / se
        found.append(CategoryKappa(float(of), Estimate(kappa, n), se, z, float(2 * norm.sf(abs(z)))))
    return found


def _tested(value: Estimate, observed: float, expected: float, errors: tuple[float, float], confidence: float) -> Coefficient:
    """The coefficient with test and interval from its two errors, at the value found and without agreement."""
    kappa, (se, se_null) = value.value or 0.0, errors
    half = float(norm.isf((1 - confidence) / 2)) * se
    z = kappa / se_null if se_null > 0 else None
    p = None if z is None else float(2 * norm.sf(abs(z)))
    return Coefficient(value, observed, expected, se, se_null, z, p, kappa - half, kappa + half)

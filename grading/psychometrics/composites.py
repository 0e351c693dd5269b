"""Totals put together from papers, and shares of candidates: figures of a sitting as a whole."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.estimates import Estimate

Z_95 = 1.959963984540054


def composite_error(weights: ArrayLike, errors: Sequence[Estimate]) -> Estimate:
    """Standard error of a weighted sum of papers whose errors are independent: √Σ (w SEM)².

    Parameters
    ----------
    weights
        Of the papers in the total, as shares.
    errors
        Standard error of measurement of each paper, in the unit of the total.

    References
    ----------
    Mosier, C. I. (1943). On the reliability of a weighted composite. Psychometrika 8, 161–168.
    """
    n = min((one.n for one in errors), default=0)
    for one in errors:
        if one.value is None:
            return Estimate(None, n, one.reason)
    values = np.array([one.value for one in errors], dtype=np.float64)
    return (
        Estimate(float(np.sqrt((np.square(np.asarray(weights) * values)).sum())), n)
        if errors
        else Estimate(None, 0, "too_few_items")
    )


def composite_reliability(totals: ArrayLike, error: Estimate) -> Estimate:
    """Reliability of the total: 1 − SEM² / s², s² the variance of the totals with n − 1 (Mosier 1943, eq. 5)."""
    values = np.asarray(totals, dtype=np.float64)
    if error.value is None:
        return Estimate(None, len(values), error.reason)
    if len(values) < 2 or not np.ptp(values):
        return Estimate(None, len(values), "too_few_candidates" if len(values) < 2 else "no_variance")
    return Estimate(1 - error.value**2 / float(values.var(ddof=1)), len(values))


def pooled_error(errors: Sequence[Estimate], sizes: Sequence[int]) -> Estimate:
    """Standard error over several forms: √ of the mean error variance, each form counted by its candidates.

    Forms without a figure are left out; none when all are.
    """
    there = [(one.value, size) for one, size in zip(errors, sizes, strict=True) if one.value is not None and size]
    n = sum(size for _, size in there)
    if not there:
        return Estimate(None, sum(sizes), next((one.reason for one in errors if one.reason), "too_few_candidates"))
    return Estimate(sqrt(sum(size * value**2 for value, size in there) / n), n)


def wilson_interval(count: int, n: int, z: float = Z_95) -> tuple[Estimate, Estimate]:
    """Wilson's interval of a share: (p + z²/2n ± z √(p q/n + z²/4n²)) / (1 + z²/n).

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22, 209–212.
    """
    if not n:
        none = Estimate(None, 0, "too_few_candidates")
        return none, none
    p = count / n
    middle, reach = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((middle + sign * reach) / (1 + z**2 / n) for sign in (-1, 1))
    return Estimate(max(0.0, low), n), Estimate(min(1.0, high), n)

"""Whether forms of a paper are equal: what candidates drawn for each by lot made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tests of equal means and of equal spread, and how far the means are apart.

    Attributes
    ----------
    f, df1, df2, p
        Welch's F of the means, its degrees of freedom, and the probability of one as large when the means are equal.
    spread_p
        That of the Brown-Forsythe test, when the spreads are equal.
    difference
        The largest mean less the smallest, in the unit of the scores.
    effect
        The same in standard deviations within forms.
    """

    f: Estimate
    df1: Estimate
    df2: Estimate
    p: Estimate
    spread_p: Estimate
    difference: Estimate
    effect: Estimate


def compare_forms(forms: Sequence[ArrayLike]) -> Comparison:
    """Compare the scores on several forms.

    Parameters
    ----------
    forms
        The scores of each form on one scale; forms with fewer than two candidates are left out.

    Returns
    -------
    Comparison
        Without figures where fewer than two forms are left or no score differs within any of them.

    References
    ----------
    Welch, B. L. (1951). On the comparison of several mean values: an alternative approach. Biometrika 38, 330–336.
    Brown, M. B. & Forsythe, A. B. (1974). Robust tests for the equality of variances. Journal of the American Statistical
    Association 69, 364–367.
    """
    groups = [np.asarray(one, dtype=np.float64) for one in forms]
    groups = [one for one in groups if len(one) > 1]
    n = sum(map(len, groups))
    if len(groups) < 2:
        return _without(n, "one_form")
    means, variances = np.array([one.mean() for one in groups]), np.array([one.var(ddof=1) for one in groups])
    freedom = np.array([len(one) - 1 for one in groups])
    within = float((freedom * variances).sum() / freedom.sum())
    if within <= 0:
        return _without(n, "no_variance")
    flat = Estimate(None, n, "no_variance")
    f, df1, df2, p = _welch(groups) if (variances > 0).all() else (flat, flat, flat, flat)
    away = [np.abs(one - np.median(one)) for one in groups]
    apart = float(np.ptp(means))
    return Comparison(f, df1, df2, p, _equal_means(away), Estimate(apart, n), Estimate(apart / within**0.5, n))


def _welch(groups: Sequence[Floats]) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    n, k = sum(map(len, groups)), len(groups)
    sizes, means = np.array([len(one) for one in groups]), np.array([one.mean() for one in groups])
    weights = sizes / np.array([one.var(ddof=1) for one in groups])
    middle = (weights * means).sum() / weights.sum()
    spare = ((1 - weights / weights.sum()) ** 2 / (sizes - 1)).sum()
    f = (weights * (means - middle) ** 2).sum() / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * spare)
    df2 = (k**2 - 1) / (3 * spare)
    p = Estimate(float(fdtrc(k - 1, df2, f)), n)
    return Estimate(float(f), n), Estimate(float(k - 1), n), Estimate(float(df2), n), p


def _equal_means(groups: Sequence[Floats]) -> Estimate:
    """P of the analysis of variance of one factor."""
    n, k = sum(map(len, groups)), len(groups)
    middle = np.concatenate(groups).mean()
    between = sum(len(one) * (one.mean() - middle) ** 2 for one in groups) / (k - 1)
    within = sum(((one - one.mean()) ** 2).sum() for one in groups) / max(n - k, 1)
    return (
        Estimate(float(fdtrc(k - 1, n - k, between / within)), n) if within > 0 and n > k else Estimate(None, n, "no_variance")
    )


def _without(n: int, why: str) -> Comparison:
    return Comparison(*[Estimate(None, n, why)] * 7)

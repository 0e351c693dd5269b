"""Cut scores from candidates whose competence is judged: borderline regression, borderline group, contrasting groups."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.judges import DECIMALS, NORMAL_MEAN_DEVIATION
from grading.psychometrics.logistic import fit_logistic

Floats = NDArray[np.float64]
Cut = tuple[Estimate, Estimate]


@dataclass(frozen=True)
class Regression:
    """Score on rating by least squares; `cut` is the score expected of a borderline rating, `rmse` has the divisor n − 2."""

    cut: Estimate
    se: Estimate
    slope: Estimate
    intercept: Estimate
    r2: Estimate
    rmse: Estimate


def borderline_regression(scores: ArrayLike, ratings: ArrayLike, borderline: float) -> Regression:
    """Borderline regression: the score predicted for the rating that means borderline.

    Parameters
    ----------
    scores, ratings
        Marks and examiners' overall ratings of the same candidates, (candidates,).
    borderline
        The rating that means borderline, such as 2.

    Returns
    -------
    Regression
        None for fewer than three candidates (``too_few_candidates``) or one rating only (``no_variance``).
        `se` is the error of the line there, s √(1/n + (x₀ − x̄)² / Σ(x − x̄)²).

    References
    ----------
    Kramer, A. et al. (2003). Medical Education 37, 132–139; Wood, T. J., Humphrey-Murto, S. M. & Norman, G. R. (2006).
    Advances in Health Sciences Education 11, 115–122.
    """
    y, x = np.asarray(scores, dtype=np.float64), np.asarray(ratings, dtype=np.float64)
    n = len(y)
    if n < 3 or np.ptp(x) == 0:
        return Regression(*[Estimate(None, n, "too_few_candidates" if n < 3 else "no_variance")] * 6)
    off = x - x.mean()
    across = float(off @ off)
    slope = float(off @ (y - y.mean())) / across
    intercept = float(y.mean() - slope * x.mean())
    left = y - intercept - slope * x
    rmse = sqrt(float(left @ left) / (n - 2))
    total = float(((y - y.mean()) ** 2).sum())
    r2 = Estimate(1 - float(left @ left) / total, n) if np.ptp(y) > 0 else Estimate(None, n, "no_variance")
    error = rmse * sqrt(1 / n + (borderline - float(x.mean())) ** 2 / across)
    cut = round(intercept + slope * borderline, DECIMALS)
    return Regression(Estimate(cut, n), Estimate(error, n), Estimate(slope, n), Estimate(intercept, n), r2, Estimate(rmse, n))


def borderline_group(scores: ArrayLike, *, mean: bool = False) -> Cut:
    """Borderline group: the median (or mean) score of those judged borderline, and its standard error.

    References
    ----------
    Livingston, S. A. & Zieky, M. J. (1982). Passing scores. The error of the median is √(π/2) · SD / √n.
    """
    values = np.asarray(scores, dtype=np.float64)
    n = len(values)
    if n == 0:
        return Estimate(None, 0, "too_few_candidates"), Estimate(None, 0, "too_few_candidates")
    cut = Estimate(round(float(values.mean() if mean else np.median(values)), DECIMALS), n)
    if n == 1:
        return cut, Estimate(None, 1, "too_few_candidates")
    return cut, Estimate(float(values.std(ddof=1)) / sqrt(n) * (1.0 if mean else NORMAL_MEAN_DEVIATION), n)


def contrast_by_logistic(qualified: ArrayLike, unqualified: ArrayLike) -> Cut:
    """Contrasting groups: the score at which half are qualified by logistic regression, and its error by the delta method.

    Returns
    -------
    tuple of Estimate
        None when a score parts the groups without error (``separated``), more marks do not make it likelier to be qualified
        (``not_rising``), or all scores are the same (``no_variance``).

    References
    ----------
    Livingston, S. A. & Zieky, M. J. (1989). A comparative study of standard-setting methods. Applied Measurement in Education
    2, 121–141.
    """
    (up, down), n = _both(qualified, unqualified)
    if not len(up) or not len(down):
        return Estimate(None, n, "one_group"), Estimate(None, n, "one_group")
    points, place = np.unique(np.concatenate([up, down]), return_inverse=True)
    centre, spread = float(points.mean()), float(np.ptp(points)) or 1.0
    yes = np.bincount(place[: len(up)], minlength=len(points)).astype(np.float64)
    no = np.bincount(place[len(up) :], minlength=len(points)).astype(np.float64)
    fit = fit_logistic(np.stack([np.ones(len(points)), (points - centre) / spread], axis=1), yes, no)
    if not fit.settled or fit.beta[1] <= 1e-9:
        reason = "no_variance" if not fit.told else "not_rising" if fit.settled else "separated"
        return Estimate(None, n, reason), Estimate(None, n, reason)
    at = -float(fit.beta[0] / fit.beta[1])
    gradient = np.array([1.0, at]) / float(fit.beta[1])
    error = spread * sqrt(float(gradient @ fit.covariance @ gradient))
    return Estimate(centre + spread * at, n), Estimate(error, n)


def contrast_by_crossing(qualified: ArrayLike, unqualified: ArrayLike) -> Cut:
    """Contrasting groups: where the two distributions cross between their means, smoothed to normal curves of equal weight.

    Returns
    -------
    tuple of Estimate
        The error is that of the crossing as the two means and standard deviations vary from sample to sample. None where a
        group has fewer than two candidates or does not vary, the qualified do no better, or the curves do not cross there.
    """
    (up, down), n = _both(qualified, unqualified)
    reason = "too_few_candidates" if min(len(up), len(down)) < 2 else None
    if reason is None and min(np.ptp(up), np.ptp(down)) == 0:
        reason = "no_variance"
    if reason is None and up.mean() <= down.mean():
        reason = "not_rising"
    if reason is not None:
        return Estimate(None, n, reason), Estimate(None, n, reason)
    figures = np.array([down.mean(), down.std(ddof=1), up.mean(), up.std(ddof=1)])
    at = _crossing(figures)
    if at is None:
        return Estimate(None, n, "no_crossing"), Estimate(None, n, "no_crossing")
    low, high = figures[1] ** 2 / len(down), figures[3] ** 2 / len(up)
    variances = [low, low * len(down) / (2 * (len(down) - 1)), high, high * len(up) / (2 * (len(up) - 1))]
    variance = float(_gradient(_crossing, figures) ** 2 @ variances)
    return Estimate(at, n), Estimate(sqrt(variance), n) if np.isfinite(variance) else Estimate(None, n, "no_crossing")


def contrast_by_medians(qualified: ArrayLike, unqualified: ArrayLike) -> Cut:
    """Contrasting groups: half-way between the medians of the groups, and its standard error."""
    (up, down), n = _both(qualified, unqualified)
    if not len(up) or not len(down):
        return Estimate(None, n, "one_group"), Estimate(None, n, "one_group")
    cut = Estimate(round(float(np.median(up) + np.median(down)) / 2, DECIMALS), n)
    if min(len(up), len(down)) < 2:
        return cut, Estimate(None, n, "too_few_candidates")
    variance = sum(float(group.var(ddof=1)) / len(group) for group in (up, down))
    return cut, Estimate(NORMAL_MEAN_DEVIATION / 2 * sqrt(variance), n)


def _both(qualified: ArrayLike, unqualified: ArrayLike) -> tuple[tuple[Floats, Floats], int]:
    up, down = (np.asarray(group, dtype=np.float64) for group in (qualified, unqualified))
    return (up, down), len(up) + len(down)


def _crossing(figures: Floats) -> float | None:
    """Where two normal densities (mean, sd, mean, sd) are equal, between the means."""
    low, s1, high, s2 = map(float, figures)
    if abs(s1 - s2) < 1e-9 * max(s1, s2):
        return (low + high) / 2
    # ln of the ratio of the densities is a quadratic in the score.
    square, linear = 1 / s2**2 - 1 / s1**2, 2 * (low / s1**2 - high / s2**2)
    constant = high**2 / s2**2 - low**2 / s1**2 + 2 * log(s2 / s1)
    inner = linear**2 - 4 * square * constant
    roots = [(-linear + sign * sqrt(inner)) / (2 * square) for sign in (-1, 1)] if inner >= 0 else []
    return next((root for root in roots if low <= root <= high), None)


def _gradient(of: Callable[[Floats], float | None], at: Floats) -> Floats:
    """Central differences; NaN where the function has no value."""
    found = []
    for place in range(len(at)):
        step = np.zeros_like(at)
        step[place] = 1e-5 * max(1.0, abs(at[place]))
        after, before = of(at + step), of(at - step)
        found.append(np.nan if after is None or before is None else (after - before) / (2 * step[place]))
    return np.array(found)

"""Equating by a straight line: what a score on the new form is worth on the old one.

The new form X was taken by population 1, the old form Y by population 2. Where the populations differ, both took the anchor V,
and equating is for a synthetic population that is w₁ parts population 1 and w₂ = 1 − w₁ parts population 2.
Chapters are those of Kolen, M. J. & Brennan, R. L. (2004). Test equating, scaling, and linking (2nd ed.).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """What linear methods need to know of one form; variances and the covariance with the divisor n − 1.

    `skewness` and `kurtosis` (3 for a normal distribution) are those of the total; the anchor's figures are 0 without one.
    """

    n: int
    mean: float
    variance: float
    skewness: float = 0.0
    kurtosis: float = 3.0
    anchor_mean: float = 0.0
    anchor_variance: float = 0.0
    covariance: float = 0.0


@dataclass(frozen=True)
class Line:
    """A linear equating, y = intercept + slope · x.

    `gamma` are the slopes of total on anchor of the new and the old form; `synthetic` are mean and standard deviation of the
    new and the old form in the synthetic population; None where the method has none.
    """

    slope: Estimate
    intercept: Estimate
    gamma: tuple[Estimate, Estimate] | None = None
    synthetic: tuple[tuple[Estimate, Estimate], tuple[Estimate, Estimate]] | None = None

    def __call__(self, scores: ArrayLike) -> Floats:
        """Equivalents on the old form; NaN when there is no line."""
        if self.slope.value is None or self.intercept.value is None:
            return np.full(np.shape(scores), np.nan)
        return np.asarray(self.intercept.value + self.slope.value * np.asarray(scores, dtype=np.float64))


def moments_of(total: ArrayLike, anchor: ArrayLike | None = None) -> Moments:
    """Moments of one form from the scores of its candidates.

    Parameters
    ----------
    total, anchor
        Scores, (candidates,), none missing; at least two candidates.
    """
    x = np.asarray(total, dtype=np.float64)
    off = x - x.mean()
    second = float((off**2).mean())
    skewness, kurtosis = 0.0, 3.0
    if np.ptp(x) > 0:
        skewness, kurtosis = float((off**3).mean()) / second**1.5, float((off**4).mean()) / second**2
    if anchor is None:
        return Moments(len(x), float(x.mean()), _variance(x), skewness, kurtosis)
    v = np.asarray(anchor, dtype=np.float64)
    shared = float(off @ (v - v.mean())) / (len(x) - 1)
    return Moments(len(x), float(x.mean()), _variance(x), skewness, kurtosis, float(v.mean()), _variance(v), shared)


def mean_line(new: Moments, old: Moments) -> Line:
    """Mean equating: the forms differ by a constant (ch. 2)."""
    n = new.n + old.n
    return Line(Estimate(1.0, n), Estimate(old.mean - new.mean, n))


def linear_line(new: Moments, old: Moments) -> Line:
    """Linear equating of randomly equivalent groups: equal standard scores (ch. 2)."""
    return _through(new.mean, new.variance, old.mean, old.variance, new.n + old.n)


def mean_errors(new: Moments, old: Moments, scores: ArrayLike) -> Floats:
    """Standard errors of mean equating, the same at every score (ch. 7)."""
    return np.full(np.shape(scores), sqrt(new.variance / new.n + old.variance / old.n))


def linear_errors(new: Moments, old: Moments, scores: ArrayLike) -> Floats:
    """Standard errors of linear equating of random groups, without assuming normality (Braun & Holland 1982; ch. 7)."""
    if new.variance <= 0:
        return np.full(np.shape(scores), np.nan)
    z = (np.asarray(scores, dtype=np.float64) - new.mean) / sqrt(new.variance)
    parts = [(1 + form.skewness * z + (form.kurtosis - 1) / 4 * z**2) / form.n for form in (new, old)]
    # Rounding may take a perfectly known end just below 0.
    return np.sqrt(old.variance * np.maximum(parts[0] + parts[1], 0.0))


def tucker(new: Moments, old: Moments, w1: float) -> Line:
    """Tucker's method: the regression of total on anchor is the same in both populations (ch. 4)."""
    if new.anchor_variance <= 0 or old.anchor_variance <= 0:
        return _nothing(new, old, "no_variance")
    return _synthetic(new, old, w1, (new.covariance / new.anchor_variance, old.covariance / old.anchor_variance))


def levine(new: Moments, old: Moments, w1: float, *, internal: bool = True) -> Line:
    """Levine's observed-score method under a classical congeneric model (ch. 4)."""
    gamma = _levine_gamma(new, old, internal=internal)
    return _nothing(new, old, "no_covariance") if gamma is None else _synthetic(new, old, w1, gamma)


def levine_true(new: Moments, old: Moments, *, internal: bool = True) -> Line:
    """Levine's true-score method: the line between true scores, used on observed ones (ch. 4; Hanson 1991)."""
    gamma = _levine_gamma(new, old, internal=internal)
    if gamma is None or gamma[0] == 0:
        return _nothing(new, old, "no_covariance")
    n, slope = new.n + old.n, gamma[1] / gamma[0]
    intercept = old.mean - slope * new.mean + gamma[1] * (new.anchor_mean - old.anchor_mean)
    return Line(Estimate(slope, n), Estimate(intercept, n), (Estimate(gamma[0], new.n), Estimate(gamma[1], old.n)))


def chained_line(new: Moments, old: Moments) -> Line:
    """Chained linear equating: X to the anchor in population 1, the anchor to Y in population 2 (ch. 4)."""
    n = new.n + old.n
    first = _through(new.mean, new.variance, new.anchor_mean, new.anchor_variance, n)
    second = _through(old.anchor_mean, old.anchor_variance, old.mean, old.variance, n)
    if first.slope.value is None or second.slope.value is None:
        return _nothing(new, old, "no_variance")
    intercept = float(second(first(0.0)))
    return Line(Estimate(first.slope.value * second.slope.value, n), Estimate(intercept, n))


def line_of_distributions(new: tuple[Floats, Floats], old: tuple[Floats, Floats], n: int) -> Line:
    """The line that gives two distributions, each of points and shares, the same mean and standard deviation.

    Used on the synthetic distributions of frequency estimation it is the Braun-Holland method (ch. 5).
    """
    means = [float(shares @ points) for points, shares in (new, old)]
    variances = [float(shares @ (points - mean) ** 2) for (points, shares), mean in zip((new, old), means, strict=True)]
    line = _through(means[0], variances[0], means[1], variances[1], n)
    first, second = ((Estimate(mean, n), Estimate(sqrt(spread), n)) for mean, spread in zip(means, variances, strict=True))
    return Line(line.slope, line.intercept, None, (first, second))


def _levine_gamma(new: Moments, old: Moments, *, internal: bool) -> tuple[float, float] | None:
    """Ratios of true-score spread of total and anchor; None where they are not defined."""
    below = [form.covariance if internal else form.anchor_variance + form.covariance for form in (new, old)]
    if min(below) <= 0:
        return None
    above = [form.variance if internal else form.variance + form.covariance for form in (new, old)]
    return above[0] / below[0], above[1] / below[1]


def _synthetic(new: Moments, old: Moments, w1: float, gamma: tuple[float, float]) -> Line:
    """The line between the means and standard deviations of the synthetic population (ch. 4)."""
    w2, n = 1 - w1, new.n + old.n
    gap, spread = new.anchor_mean - old.anchor_mean, new.anchor_variance - old.anchor_variance
    mean_new, mean_old = new.mean - w2 * gamma[0] * gap, old.mean + w1 * gamma[1] * gap
    variance_new = new.variance + gamma[0] ** 2 * (w1 * w2 * gap**2 - w2 * spread)
    variance_old = old.variance + gamma[1] ** 2 * (w1 * w2 * gap**2 + w1 * spread)
    line = _through(mean_new, variance_new, mean_old, variance_old, n)
    deviations = [
        Estimate(sqrt(of), n) if of >= 0 else Estimate(None, n, "negative_variance") for of in (variance_new, variance_old)
    ]
    synthetic = (Estimate(mean_new, n), deviations[0]), (Estimate(mean_old, n), deviations[1])
    return Line(line.slope, line.intercept, (Estimate(gamma[0], new.n), Estimate(gamma[1], old.n)), synthetic)


def _through(mean_new: float, variance_new: float, mean_old: float, variance_old: float, n: int) -> Line:
    """The line of equal standard scores; none where the new form does not vary or a variance is negative."""
    if variance_new <= 0 or variance_old < 0:
        none = Estimate(None, n, "no_variance" if variance_new == 0 else "negative_variance")
        return Line(none, none)
    slope = sqrt(variance_old / variance_new)
    return Line(Estimate(slope, n), Estimate(mean_old - slope * mean_new, n))


def _nothing(new: Moments, old: Moments, reason: str) -> Line:
    none = Estimate(None, new.n + old.n, reason)
    return Line(none, none)


def _variance(values: Floats) -> float:
    """Sample variance; exactly 0 where all values are the same."""
    return float(values.var(ddof=1)) if np.ptp(values) > 0 else 0.0

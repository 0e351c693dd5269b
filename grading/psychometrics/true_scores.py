"""Distributions of true scores: beta distributions between two bounds, fitted by moments, and sums over them."""

from dataclasses import dataclass
from math import isfinite, log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, log_expit

Floats = NDArray[np.float64]

REACH: Final = 9.0  # of the variable of integration: at 9 the ends of an interval are met to within e^-12,000
CLOSE: Final = 1e-9  # how near to 1 the whole must come


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta distribution between `lower` and `upper`."""

    alpha: float
    beta: float
    lower: float = 0.0
    upper: float = 1.0

    @property
    def is_admissible(self) -> bool:
        """Whether it is a distribution of proportions: shapes above 0, bounds within 0 and 1 and in order."""
        numbers = (self.alpha, self.beta, self.lower, self.upper)
        return all(map(isfinite, numbers)) and min(numbers[:2]) > 0 and 0 <= self.lower < self.upper <= 1

    def pieces(self, cut: float) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Points and weights below `cut` and from it on: the sum of f(points) · weights of both is the mean of f.

        Notes
        -----
        Double exponential quadrature (Takahasi & Mori 1974), which bears infinite densities at the bounds (shapes below 1).
        Steps are halved until the weights add up to 1.
        """
        middle = min(max(cut, self.lower), self.upper)
        step = 1 / 128
        while True:
            below, above = self._piece(self.lower, middle, step), self._piece(middle, self.upper, step)
            whole = below[1].sum() + above[1].sum()
            if abs(whole - 1) < CLOSE or step < 1e-3:
                return (below[0], below[1] / whole), (above[0], above[1] / whole)
            step /= 2

    def _piece(self, start: float, end: float, step: float) -> tuple[Floats, Floats]:
        if end <= start:
            return np.empty(0), np.empty(0)
        at = np.arange(-REACH, REACH + step / 2, step)
        bend = pi * np.sinh(at)
        wide = log(end - start)
        to_start, to_end = wide + log_expit(bend), wide + log_expit(-bend)
        with np.errstate(divide="ignore"):
            above_lower = to_start if start == self.lower else np.log(start - self.lower + np.exp(to_start))
            below_upper = to_end if end == self.upper else np.log(self.upper - end + np.exp(to_end))
        density = (self.alpha - 1) * above_lower + (self.beta - 1) * below_upper - betaln(self.alpha, self.beta)
        density -= (self.alpha + self.beta - 1) * log(self.upper - self.lower)
        weights = np.exp(density + to_start + to_end - wide + np.log(pi * step * np.cosh(at)))
        return start + np.exp(to_start), weights


def true_moments(scores: Floats, length: float) -> Floats:
    """The first four moments about 0 of the true proportion, from scores on a scale of 0 to `length` with binomial errors.

    The r-th is the mean of x (x − 1) … (x − r + 1) over that of `length`. Not a number from the first that has none.

    References
    ----------
    Hanson, B. A. (1991). Method of moments estimates for the four-parameter beta compound binomial model and the calculation of
    classification consistency indexes. ACT Research Report 91-5, eq. 6; Lord, F. M. (1965). A strong true-score theory, with
    applications. Psychometrika 30, 239–270.
    """
    falling, below, found = np.ones_like(scores), 1.0, []
    for order in range(4):
        falling, below = falling * (scores - order), below * (length - order)
        found.append(falling.mean() / below if length > order else np.nan)
    return np.array(found)


def four_parameters(moments: Floats) -> Beta | None:
    """The beta distribution with these four moments about 0, which may be inadmissible; None when there is none.

    References
    ----------
    Hanson (1991), appendix; Johnson, N. L. & Kotz, S. (1970). Continuous univariate distributions 2, chapter 24, section 4.
    """
    one, two, three, four = moments.tolist()
    variance = two - one**2
    if not np.isfinite(moments).all() or variance <= 0:
        return None
    skew = (three - 3 * one * two + 2 * one**3) / variance**1.5
    peak = (four - 4 * one * three + 6 * one**2 * two - 3 * one**4) / variance**2
    below = 6 + 3 * skew**2 - 2 * peak
    size = 6 * (peak - skew**2 - 1) / below if below else 0.0
    scale = (size + 2) * (size + 3) * peak - 3 * (size - 6) * (size + 1)
    inside = 1 - 24 * (size + 1) / scale if scale else -1.0
    if size <= 0 or inside < -1e-9:
        return None
    large, small = (size / 2 * (1 + sign * sqrt(max(inside, 0.0))) for sign in (1, -1))
    alpha, beta = (large, small) if skew < 0 else (small, large)
    if min(alpha, beta) <= 0:
        return None
    unit = sqrt(variance * (alpha + beta + 1) / (alpha * beta))
    return Beta(alpha, beta, one - alpha * unit, one + beta * unit)


def two_parameters(moments: Floats, lower: float = 0.0, upper: float = 1.0) -> Beta | None:
    """The beta distribution between these bounds with these first two moments about 0; None when there is none."""
    wide = upper - lower
    mean, variance = (moments[0] - lower) / wide, (moments[1] - moments[0] ** 2) / wide**2
    if not (0 < mean < 1 and 0 < variance < mean * (1 - mean)):
        return None
    size = mean * (1 - mean) / variance - 1
    return Beta(float(mean * size), float((1 - mean) * size), lower, upper)

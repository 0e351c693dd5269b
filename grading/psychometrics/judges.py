"""Cut scores from a panel of judges: Angoff, bookmark and Hofstee, with what the panel agreed on."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]

DECIMALS: Final = 10
"""Sums that agree to so many decimals are equal: 0.1 + 0.2 is 0.3."""

TINY: Final = 1e-12
OUTLYING: Final = 3.5
NORMAL_MAD: Final = 0.6744897501960817
NORMAL_MEAN_DEVIATION: Final = 1.2533141373155003
"""√(π/2): mean absolute deviation to standard deviation of a normal distribution, and error of a median to that of a mean."""


@dataclass(frozen=True)
class Panel:
    """What judges' cut scores come to: `cut` is their mean, or their median when asked for, `se` its standard error.

    `modified_z` and `outlying` have the shape (judges,).
    """

    cut: Estimate
    se: Estimate
    mean: Estimate
    median: Estimate
    sd: Estimate
    modified_z: Floats
    outlying: NDArray[np.bool_]


@dataclass(frozen=True)
class Agreement:
    """How far judges agree on items: intraclass correlations of one judge and of the panel's mean, and items' mean SD."""

    icc_single: Estimate
    icc_panel: Estimate
    mean_item_sd: Estimate


@dataclass(frozen=True)
class Limits:
    """What is acceptable: the lowest and the highest cut score, the lowest and the highest share of failures (0 to 1)."""

    lowest_cut: float
    highest_cut: float
    lowest_fail: float
    highest_fail: float

    def line(self, cuts: ArrayLike) -> Floats:
        """The share that may fail at each cut: from (lowest cut, highest share) straight to (highest cut, lowest share)."""
        at = np.asarray(cuts, dtype=np.float64)
        return np.interp(at, [self.lowest_cut, self.highest_cut], [self.highest_fail, self.lowest_fail])


@dataclass(frozen=True)
class Hofstee:
    """A compromise: `cut` where the line meets the steps of the failure curve, `interpolated` where it meets the polygon.

    `fallback` says which limit was taken when the line does not meet the curve: ``lowest_cut`` or ``highest_cut``.
    """

    cut: float
    interpolated: float
    fallback: str | None = None


def panel_of(cuts: ArrayLike, *, median: bool = False) -> Panel:
    """Summary of judges' cut scores.

    A judge is outlying when the modified z-score, 0.6745 (x − median) / MAD, is beyond ±3.5 (Iglewicz & Hoaglin 1993); where
    more than half agree, so that MAD is 0, (x − median) / (1.2533 · mean absolute deviation) takes its place. Distances in
    standard deviations would never find anybody in a panel of a dozen or fewer, whose outlier swells the deviation itself.

    Parameters
    ----------
    cuts
        One cut score a judge, (judges,).
    median
        Take the median for the cut, with the error of a median, √(π/2) · SD / √n.
    """
    values = np.asarray(cuts, dtype=np.float64)
    n = len(values)
    mean, middle = Estimate(round(float(values.mean()), DECIMALS), n), Estimate(float(np.median(values)), n)
    alone = Estimate(None, n, "too_few_judges")
    sd = Estimate(float(values.std(ddof=1)) if np.ptp(values) > 0 else 0.0, n) if n > 1 else alone
    error = alone if sd.value is None else Estimate(sd.value / sqrt(n) * (NORMAL_MEAN_DEVIATION if median else 1.0), n)
    z = modified_z(values)
    return Panel(middle if median else mean, error, mean, middle, sd, z, np.abs(z) > OUTLYING)


def modified_z(values: Floats) -> Floats:
    """Distance of each value from the median in robust standard deviations; 0 when all agree."""
    off = np.round(values - np.median(values), DECIMALS)
    spread = float(np.median(np.abs(off))) / NORMAL_MAD or float(np.abs(off).mean()) * NORMAL_MEAN_DEVIATION
    return np.asarray(off / spread) if spread > 0 else np.zeros_like(off)


def angoff_cuts(ratings: ArrayLike) -> Floats:
    """Cut score of each judge: the sum of the marks a borderline candidate is expected to get.

    Parameters
    ----------
    ratings
        Judges × items: the chance that a borderline candidate is right (Angoff 1971), 0 or 1 for yes and no (Impara & Plake
        1997), or expected marks of items worth more than one.
    """
    summed: Floats = np.round(np.asarray(ratings, dtype=np.float64).sum(axis=1), DECIMALS)
    return summed


def judge_consistency(ratings: ArrayLike) -> list[Estimate]:
    """Correlation of each judge's ratings with the mean of the other judges' over items."""
    matrix = np.asarray(ratings, dtype=np.float64)
    judges, items = matrix.shape
    if judges < 2 or items < 3:
        return [Estimate(None, items, "too_few_judges" if judges < 2 else "too_few_items")] * judges
    found = []
    for judge in range(judges):
        others = np.delete(matrix, judge, axis=0).mean(axis=0)
        flat = min(np.ptp(matrix[judge]), np.ptp(others)) < 1e-12
        value = 0.0 if flat else float(np.corrcoef(matrix[judge], others)[0, 1])
        found.append(Estimate(None, items, "no_variance") if flat else Estimate(value, items))
    return found


def agreement_of(ratings: ArrayLike) -> Agreement:
    """Agreement of judges on items, two-way random effects and absolute agreement: ICC(2,1) and ICC(2,k).

    Parameters
    ----------
    ratings
        Judges × items.

    References
    ----------
    Shrout, P. E. & Fleiss, J. L. (1979). Psychological Bulletin 86, 420–428.
    """
    matrix = np.asarray(ratings, dtype=np.float64)
    k, n = matrix.shape
    if k < 2 or n < 2:
        none = Estimate(None, n, "too_few_judges" if k < 2 else "too_few_items")
        return Agreement(none, none, none)
    grand, of_items, of_judges = matrix.mean(), matrix.mean(axis=0), matrix.mean(axis=1)
    between_items = k * ((of_items - grand) ** 2).sum() / (n - 1)
    between_judges = n * ((of_judges - grand) ** 2).sum() / (k - 1)
    rest = ((matrix - of_items - of_judges[:, None] + grand) ** 2).sum() / ((n - 1) * (k - 1))
    one = between_items + (k - 1) * rest + k * (between_judges - rest) / n
    many = between_items + (between_judges - rest) / n
    flat = Estimate(None, n, "no_variance")
    vary = np.ptp(matrix) > 1e-12
    single = Estimate(float((between_items - rest) / one), n) if vary and one > 1e-15 else flat
    panel = Estimate(float((between_items - rest) / many), n) if vary and many > 1e-15 else flat
    return Agreement(single, panel, Estimate(float(matrix.std(axis=0, ddof=1).mean()), n))


def response_location(b: ArrayLike, rp: float, a: ArrayLike = 1.0, c: ArrayLike = 0.0, d: float = 1.0) -> Floats:
    """Ability at which an item is answered rightly with chance `rp`: b + ln((rp − c) / (1 − rp)) / (D a).

    Parameters
    ----------
    b, a, c
        Item parameters, (items,); without `a` and `c` the Rasch model.
    rp
        Response probability above every `c`, such as 0.67 or 0.5.
    d
        Scaling of the metric, 1 or 1.7.

    References
    ----------
    Lewis, D. M., Mitzel, H. C. & Green, D. R. (1996). Standard setting: a bookmark approach.
    """
    guess, slope = np.asarray(c, dtype=np.float64), np.asarray(a, dtype=np.float64)
    return np.asarray(np.asarray(b, dtype=np.float64) + np.log((rp - guess) / (1 - rp)) / (d * slope))


def expected_score(theta: float, b: Floats, a: Floats, c: Floats, d: float = 1.0) -> float:
    """Marks expected at an ability, of one mark an item (the test characteristic curve)."""
    return float((c + (1 - c) * expit(d * a * (theta - b))).sum())


def hofstee(limits: Limits, scores: ArrayLike) -> Hofstee:
    """The lowest cut at which no fewer fail than the line between the limits allows.

    The share that fails at a cut is that of scores below it, equal in decimal being equal; it rises in steps at the scores.
    The polygon joins its values at whole marks (at the scores found, where these are not whole) by straight lines.
    When more fail at the lowest cut than the highest share allows, the lowest cut is taken; when fewer fail at the highest cut
    than the lowest share asks for, the highest cut.

    Parameters
    ----------
    limits
        Of cut and failures.
    scores
        Of all candidates, (candidates,).

    References
    ----------
    Hofstee, W. K. B. (1983). In Anderson & Helmick (eds), On educational testing, 109–127.
    """
    marks: Floats = np.asarray(np.round(np.asarray(scores, dtype=np.float64), DECIMALS), dtype=np.float64)
    low, high = limits.lowest_cut, limits.highest_cut
    if failing(marks, low) > limits.highest_fail + TINY:
        return Hofstee(low, low, "lowest_cut")
    if failing(marks, high) < limits.lowest_fail - TINY:
        return Hofstee(high, high, "highest_cut")
    left, right = _around(limits, marks, marks)
    height, fall = float(failing(marks, right)), limits.highest_fail - limits.lowest_fail
    # The steps are flat from just above `left`; they meet the line there, or else in their rise at `left`.
    flat = low + (limits.highest_fail - height) / fall * (high - low) if fall > 0 else left
    whole: Floats = np.ceil(low) + np.arange(max(0.0, high - low)) if (marks == np.round(marks)).all() else marks
    return Hofstee(round(float(np.clip(flat, left, right)), DECIMALS), _on_polygon(limits, marks, whole))


def _around(limits: Limits, marks: Floats, points: Floats) -> tuple[float, float]:
    """The neighbouring points between which the share that fails comes up to the line."""
    inside = points[(points > limits.lowest_cut) & (points < limits.highest_cut)]
    knots = np.unique(np.concatenate([[limits.lowest_cut, limits.highest_cut], inside]))
    later = int(np.argmax(failing(marks, knots) >= limits.line(knots) - TINY))
    return float(knots[max(later - 1, 0)]) if later else limits.lowest_cut, float(knots[later])


def _on_polygon(limits: Limits, marks: Floats, points: Floats) -> float:
    left, right = _around(limits, marks, points)
    before, after = (float(failing(marks, at) - limits.line(at)) for at in (left, right))
    return round(left + before / (before - after) * (right - left), DECIMALS) if before < after else right


def failing(scores: ArrayLike, cuts: ArrayLike) -> Floats:
    """Share of candidates below each cut score; a score that equals the cut in decimal passes."""
    marks = np.sort(np.asarray(scores, dtype=np.float64))
    return np.asarray(np.searchsorted(marks, np.asarray(cuts, dtype=np.float64) - 1e-9, side="left") / len(marks))


def jackknife_error(without: ArrayLike) -> Estimate:
    """Standard error of a figure from what it comes to without each judge in turn: √((n − 1)/n Σ (x₍ᵢ₎ − x̄)²) (Tukey 1958)."""
    values = np.asarray(without, dtype=np.float64)
    n = len(values)
    if n < 2:
        return Estimate(None, n, "too_few_judges")
    return Estimate(sqrt((n - 1) / n * float(((values - values.mean()) ** 2).sum())), n)

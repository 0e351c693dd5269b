"""How often a pass/fail decision would be the same again, and how often it is right."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.reliability import kr21_of_totals
from grading.psychometrics.true_scores import Beta, four_parameters, true_moments, two_parameters

Floats = NDArray[np.float64]


class Rounding(StrEnum):
    """To which whole number a cut on the effective scale goes when it is none."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of scores and its cut, exactly as written in decimals: a score of the cut or more passes."""

    low: Fraction
    high: Fraction
    cut: Fraction

    def __post_init__(self) -> None:
        """The cut lies on the scale, above its lowest score."""
        if not self.low < self.cut <= self.high:
            raise ValueError("the cut lies above the minimum and not above the maximum")

    @property
    def share(self) -> Fraction:
        """The cut as a share of the scale."""
        return (self.cut - self.low) / (self.high - self.low)

    def shares(self, scores: Floats) -> Floats:
        """Scores as shares of the scale."""
        return (scores - float(self.low)) / float(self.high - self.low)

    @property
    def items(self) -> int | None:
        """How many items a scale of counts has; None when its ends are not a whole number apart."""
        wide = self.high - self.low
        return wide.numerator if wide.denominator == 1 and wide > 1 else None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What is expected of decisions; shares of all candidates.

    Attributes
    ----------
    consistency, chance, kappa
        Share decided alike on two equal papers, that expected by chance, and the agreement beyond it.
    accuracy
        Share decided as the true score demands.
    false_pass, false_fail
        Share that passes below the true cut, and that fails though at or above it.
    passing, true_passing
        Expected share of passes; share whose true score is at the cut or above.
    """

    consistency: Estimate
    chance: Estimate
    kappa: Estimate
    accuracy: Estimate
    false_pass: Estimate
    false_fail: Estimate
    passing: Estimate
    true_passing: Estimate


@dataclass(frozen=True, slots=True)
class LivingstonLewis:
    """The decisions, and the model they rest on.

    Attributes
    ----------
    effective_length
        Number of right/wrong items of equal difficulty that would be as reliable; None where it cannot be had.
    length
        The same as a whole number, as the binomial errors use it.
    effective_cut
        Right answers that pass on that length.
    parameters
        4, or 2 when the bounds were fixed; None without a fit.
    rejected
        The four-parameter fit that was not admissible, where there is one.
    fallback
        Why two parameters were fitted though four were wanted; None when they were not.
    true_scores
        The distribution of true proportions.
    """

    decisions: Decisions
    effective_length: Estimate
    length: int | None = None
    effective_cut: int | None = None
    parameters: int | None = None
    rejected: Beta | None = None
    fallback: str | None = None
    true_scores: Beta | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """How the distribution of true scores is fitted: four moments, or two with these bounds; how a cut is rounded."""

    parameters: int = 4
    lower: float = 0.0
    upper: float = 1.0
    rounding: Rounding = Rounding.NEAREST


FOUR: Final = Fit()


def livingston_lewis(scores: ArrayLike, reliability: float, scale: Scale, fit: Fit = FOUR) -> LivingstonLewis:
    """Accuracy and consistency of decisions from one administration and a reliability.

    Parameters
    ----------
    scores
        One score a candidate, in marks of the scale.
    reliability
        Of the scores, between 0 and 1.
    scale
        Lowest and highest possible score and the cut.
    fit
        With four parameters, an inadmissible fit (a bound outside 0 to 1, a shape not above 0, or none at all) is replaced by
        that of two with the bounds fixed, and `fallback` says why.

    Notes
    -----
    The effective length is ((M − a)(b − M) − r s²) / (s² (1 − r)), s² with n − 1; moments are taken on it as it is, binomial
    errors on it as a whole number. Consistency is that of two independent papers (Hanson 1991); no table is adjusted to the
    observed share of passes.

    References
    ----------
    Livingston, S. A. & Lewis, C. (1995). Estimating the consistency and accuracy of classifications based on test scores.
    Journal of Educational Measurement 32, 179–197; Hanson, B. A. (1991). ACT Research Report 91-5.
    """
    if not 0 < reliability < 1:
        raise ValueError(f"a reliability lies between 0 and 1, not at {reliability}")
    shares = scale.shares(np.asarray(scores, dtype=np.float64))
    n = len(shares)
    if n < 3 or not np.ptp(shares):
        return _without(Estimate(None, n, "too_few_candidates" if n < 3 else "no_variance"))
    mean, variance = float(shares.mean()), float(shares.var(ddof=1))
    effective = (mean * (1 - mean) - reliability * variance) / (variance * (1 - reliability))
    if effective <= 1:
        return _without(Estimate(None, n, "effective_length_too_short"))
    moments = true_moments(shares * effective, effective)
    true_scores, rejected, why = _fitted(moments, fit)
    if true_scores is None:
        return _without(Estimate(None, n, "no_true_scores"), Estimate(effective, n))
    length = round(effective)
    cut = _whole(scale.share * length, fit.rounding)
    decisions = _decisions(true_scores, float(scale.share), (cut, length), n)
    parameters = 2 if why or fit.parameters == 2 else 4
    return LivingstonLewis(decisions, Estimate(effective, n), length, cut, parameters, rejected, why, true_scores)


def subkoviak(scores: ArrayLike, scale: Scale) -> Decisions:
    """Consistency of decisions on right/wrong items when every candidate's errors are binomial.

    The true proportion of a candidate is taken as r x/k + (1 − r) M/k, r being KR-21; what needs the distribution of true
    scores, such as accuracy, is null.

    References
    ----------
    Subkoviak, M. J. (1976). Estimating reliability from a single administration of a criterion-referenced test. Journal of
    Educational Measurement 13, 265–276.
    """
    right = np.asarray(scores, dtype=np.float64) - float(scale.low)
    why, k, r = _counts(right, scale)
    if why is not None:
        return _none(Estimate(None, len(right), why))
    true = (r * right + (1 - r) * right.mean()) / k
    passes = _pass_chance(true, ceil(scale.cut - scale.low), k)
    return _consistent(float((passes**2 + (1 - passes) ** 2).mean()), float(passes.mean()), len(right))


def huynh(scores: ArrayLike, scale: Scale) -> Decisions:
    """Decisions on right/wrong items when true proportions follow a beta distribution between 0 and 1 and errors are binomial.

    Its shapes are (1/r − 1) M and (1/r − 1)(k − M), r being KR-21; two papers then have the bivariate negative hypergeometric
    distribution.

    References
    ----------
    Huynh, H. (1976). On the reliability of decisions in domain-referenced testing. Journal of Educational Measurement 13,
    253–264.
    """
    right = np.asarray(scores, dtype=np.float64) - float(scale.low)
    why, k, r = _counts(right, scale)
    mean = float(right.mean()) if why is None else 0.0
    if why is not None or r == 0:
        return _none(Estimate(None, len(right), why or "no_true_scores"))
    true_scores = Beta((1 / r - 1) * mean, (1 / r - 1) * (k - mean))
    return _decisions(true_scores, float(scale.share), (ceil(scale.cut - scale.low), k), len(right))


def kr21_of_scores(scores: ArrayLike, scale: Scale) -> Estimate:
    """KR-21 of number-right scores, with n − 1; none where the scale is not one of counts."""
    right = np.asarray(scores, dtype=np.float64) - float(scale.low)
    k = scale.items
    if k is None or (np.rint(right) != right).any():
        return Estimate(None, len(right), "not_counts")
    if len(right) < 2 or not np.ptp(right):
        return Estimate(None, len(right), "too_few_candidates" if len(right) < 2 else "no_variance")
    return Estimate(kr21_of_totals(k, float(right.mean()), float(right.var(ddof=1))), len(right))


def _counts(right: Floats, scale: Scale) -> tuple[str | None, int, float]:
    """Why the methods for counts cannot be used, the number of items, and KR-21."""
    r = kr21_of_scores(right + float(scale.low), scale)
    if r.value is None or scale.items is None:
        return r.reason or "not_counts", 0, 0.0
    if r.value < 0:
        return "negative_reliability", 0, 0.0
    return ("no_error", 0, 0.0) if r.value >= 1 else (None, scale.items, r.value)


def _fitted(moments: Floats, fit: Fit) -> tuple[Beta | None, Beta | None, str | None]:
    """The distribution to use, the one rejected, and why."""
    rejected, why = None, None
    if fit.parameters == 4:
        four = four_parameters(moments)
        if four is not None and four.is_admissible:
            return four, None, None
        rejected, why = four, "no_fit" if four is None else "bounds_outside_0_to_1"
    two = two_parameters(moments, fit.lower, fit.upper)
    return (two if two is not None and two.is_admissible else None), rejected, why


def _whole(cut: Fraction, rounding: Rounding) -> int:
    match rounding:
        case Rounding.DOWN:
            return floor(cut)
        case Rounding.NEAREST:
            return round(cut)  # half to even
    return ceil(cut)


def _pass_chance(true: Floats, cut: int, length: int) -> Floats:
    """Chance of `cut` or more right of `length` items at each true proportion."""
    if cut <= 0:
        return np.ones_like(true)
    return np.asarray(betainc(cut, length - cut + 1, np.clip(true, 0, 1))) if cut <= length else np.zeros_like(true)


def _decisions(true_scores: Beta, true_cut: float, binomial: tuple[int, int], n: int) -> Decisions:
    """What follows from the true scores, the true cut, and the cut and length of the binomial errors."""
    below, above = true_scores.pieces(true_cut)
    low, high = _pass_chance(below[0], *binomial), _pass_chance(above[0], *binomial)
    false_pass, false_fail = float(low @ below[1]), float((1 - high) @ above[1])
    passing = false_pass + float(high @ above[1])
    alike = sum(float((chance**2 + (1 - chance) ** 2) @ weights) for chance, weights in ((low, below[1]), (high, above[1])))
    consistent = _consistent(alike, passing, n)
    figures = (1 - false_pass - false_fail, false_pass, false_fail, passing, float(above[1].sum()))
    return Decisions(consistent.consistency, consistent.chance, consistent.kappa, *(Estimate(figure, n) for figure in figures))


def _consistent(alike: float, passing: float, n: int) -> Decisions:
    chance = passing**2 + (1 - passing) ** 2
    # When all but one in a thousand million pass, nothing but rounding is left of the difference.
    kappa = Estimate((alike - chance) / (1 - chance), n) if chance < 1 - 1e-9 else Estimate(None, n, "no_variance")
    none = Estimate(None, n, "not_of_this_method")
    return Decisions(Estimate(alike, n), Estimate(chance, n), kappa, none, none, none, Estimate(passing, n), none)


def _none(why: Estimate) -> Decisions:
    return Decisions(why, why, why, why, why, why, why, why)


def _without(why: Estimate, effective: Estimate | None = None) -> LivingstonLewis:
    return LivingstonLewis(_none(why), effective or why)

"""How far a total can be trusted."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtri

from grading.psychometrics.estimates import Estimate, Matrix
from grading.psychometrics.sufficient import Missing, Sufficient

NOTHING = 1e-12  # a variance below this share of the largest it could be is none, but rounding
Data = ArrayLike | Sufficient


@dataclass(frozen=True, slots=True)
class SplitHalf:
    """Two halves of a paper: their correlation, and what Spearman and Brown make of it for the whole."""

    correlation: Estimate
    spearman_brown: Estimate


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; both bounds are given or neither."""

    lower: Estimate
    upper: Estimate
    confidence: float


def cronbach_alpha(data: Data) -> Estimate:
    """Coefficient alpha: k/(k − 1) · (1 − Σ s²ᵢ / s²ₓ), with sample variances (n − 1) throughout.

    Parameters
    ----------
    data
        Item scores, candidates × items, NaN where missing (a candidate with a missing score is left out), or their sufficient
        statistics.

    Returns
    -------
    Estimate
        Alpha, which may be negative; none for fewer than two candidates or items, or when all totals are the same.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16, 297–334.
    """
    found = as_sufficient(data)
    if why := _impossible(found):
        return Estimate(None, found.n, why)
    return Estimate(float(_alphas(found.covariance)), found.n)


def standardised_alpha(data: Data) -> Estimate:
    """Alpha of the items brought to equal variance: k r̄ / (1 + (k − 1) r̄), r̄ the mean correlation of two items.

    Items without variance have no correlations and are left out.

    References
    ----------
    Cronbach, L. J. (1951), as for `cronbach_alpha`; psych for R, `alpha`, "std.alpha".
    """
    found = as_sufficient(data)
    if why := _impossible(found):
        return Estimate(None, found.n, why)
    covariance = found.covariance[np.ix_(found.varies, found.varies)]
    k = len(covariance)
    if k < 2:
        return Estimate(None, found.n, "too_few_items")
    sd = np.sqrt(np.diagonal(covariance))
    mean = ((covariance / np.outer(sd, sd)).sum() - k) / (k * (k - 1))
    below = 1 + (k - 1) * mean
    return Estimate(float(k * mean / below), found.n) if below > NOTHING * k else Estimate(None, found.n, "no_variance")


def alpha_if_deleted(data: Data) -> list[Estimate]:
    """Alpha of the paper without each item in turn; none where no two items or no variance would be left."""
    found = as_sufficient(data)
    k = len(found.low)
    if why := _impossible(found) or ("too_few_items" if k < 3 else None):
        return [Estimate(None, found.n, why)] * k
    covariance = found.covariance
    own = np.diagonal(covariance)
    rest = covariance.sum() - 2 * covariance.sum(axis=1) + own
    flat = rest <= _least(covariance)
    values = (k - 1) / (k - 2) * (1 - (own.sum() - own) / np.where(flat, 1.0, rest))
    return [
        Estimate(None, found.n, "no_variance") if none else Estimate(float(value), found.n)
        for value, none in zip(values, flat, strict=True)
    ]


def kr20(data: Data) -> Estimate:
    """Kuder-Richardson formula 20: alpha of items that are right or wrong.

    The variance of an item is n/(n − 1) · p q, with the divisor of the variance of the totals; p q over a variance with n − 1
    would mix two divisors and come out too high.

    References
    ----------
    Kuder, G. F. & Richardson, M. W. (1937). The theory of the estimation of test reliability. Psychometrika 2, 151–160, eq. 20.
    """
    found = as_sufficient(data)
    return cronbach_alpha(found) if found.binary.all() else Estimate(None, found.n, "not_right_wrong")


def kr21(data: Data) -> Estimate:
    """Kuder-Richardson formula 21: k/(k − 1) · (1 − M (k − M) / (k s²ₓ)), which takes all items as equally difficult.

    s² has n − 1 like every variance here. Some texts print it with n, which gives a slightly lower figure.

    References
    ----------
    Kuder, G. F. & Richardson, M. W. (1937). The theory of the estimation of test reliability. Psychometrika 2, 151–160, eq. 21.
    """
    found = as_sufficient(data)
    if not found.binary.all():
        return Estimate(None, found.n, "not_right_wrong")
    if why := _impossible(found):
        return Estimate(None, found.n, why)
    k = len(found.low)
    return Estimate(kr21_of_totals(k, float(np.diagonal(found.means).sum()), float(found.covariance.sum())), found.n)


def kr21_of_totals(k: float, mean: float, variance: float) -> float:
    """KR-21 from the number of items, the mean and the variance (n − 1) of the totals."""
    return k / (k - 1) * (1 - mean * (k - mean) / (k * variance))


def lambda2(data: Data) -> Estimate:
    """Guttman's lambda-2: (Σ cᵢⱼ + √(k/(k − 1) Σ c²ᵢⱼ)) / s²ₓ over i ≠ j; never below alpha.

    References
    ----------
    Guttman, L. (1945). A basis for analyzing test-retest reliability. Psychometrika 10, 255–282, eq. 4.
    """
    found = as_sufficient(data)
    if why := _impossible(found):
        return Estimate(None, found.n, why)
    covariance = found.covariance
    k = len(covariance)
    apart = covariance - np.diag(np.diagonal(covariance))
    return Estimate(float((apart.sum() + sqrt(k / (k - 1) * (apart**2).sum())) / covariance.sum()), found.n)


def odd_even(data: Data) -> SplitHalf:
    """The correlation r of the first, third, … with the second, fourth, … items, and 2r/(1 + r) for the whole.

    References
    ----------
    Spearman, C. (1910). Correlation calculated from faulty data. British Journal of Psychology 3, 271–295.
    Brown, W. (1910). Some experimental results in the correlation of mental abilities. The same volume, 296–322.
    """
    found = as_sufficient(data)
    if why := _impossible(found):
        none = Estimate(None, found.n, why)
        return SplitHalf(none, none)
    covariance = found.covariance
    odd, even = covariance[::2, ::2].sum(), covariance[1::2, 1::2].sum()
    if min(odd, even) <= _least(covariance):
        none = Estimate(None, found.n, "no_variance")
        return SplitHalf(none, none)
    r = float(np.clip(covariance[::2, 1::2].sum() / sqrt(odd * even), -1, 1))
    whole = Estimate(2 * r / (1 + r), found.n) if r > NOTHING - 1 else Estimate(None, found.n, "no_variance")
    return SplitHalf(Estimate(r, found.n), whole)


def feldt_interval(data: Data, confidence: float = 0.95) -> Interval:
    """Confidence interval of alpha: 1 − (1 − alpha) F, F the quantiles with n − 1 and (n − 1)(k − 1) degrees of freedom.

    References
    ----------
    Feldt, L. S. (1965). The approximate sampling distribution of Kuder-Richardson reliability coefficient twenty. Psychometrika
    30, 357–370; Feldt, L. S., Woodruff, D. J. & Salih, F. A. (1987). Applied Psychological Measurement 11, 93–103, eq. 7.
    """
    found = as_sufficient(data)
    alpha = cronbach_alpha(found)
    if alpha.value is None:
        return Interval(alpha, alpha, confidence)
    above, below, tail = found.n - 1, (found.n - 1) * (len(found.low) - 1), (1 - confidence) / 2
    lower, upper = (float(1 - (1 - alpha.value) * fdtri(above, below, p)) for p in (1 - tail, tail))
    return Interval(Estimate(lower, found.n), Estimate(upper, found.n), confidence)


def sem(data: Data) -> Estimate:
    """Standard error of measurement of the total: s · √(1 − alpha), in marks.

    Parameters
    ----------
    data
        As for `cronbach_alpha`.

    Returns
    -------
    Estimate
        The error; none where alpha has none, or where a negative alpha cannot be a reliability.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, eq. 3.3.6.
    """
    found = as_sufficient(data)
    alpha = usable(cronbach_alpha(found))
    if alpha.value is None:
        return alpha
    return Estimate(sqrt(found.covariance.sum() * max(0.0, 1 - alpha.value)), alpha.n)


def error_ratio(data: Data) -> Estimate:
    """Moodle's error ratio: 100 √(1 − CIC/100), the error of measurement as a percentage of the standard deviation.

    References
    ----------
    Moodle, Quiz statistics calculations, "Test statistics" (docs.moodle.org/dev).
    """
    alpha = usable(cronbach_alpha(data))
    return alpha if alpha.value is None else Estimate(100 * sqrt(max(0.0, 1 - alpha.value)), alpha.n)


def projected(reliability: Estimate, factor: float) -> Estimate:
    """Reliability of a paper `factor` times as long: f ρ / (1 + (f − 1) ρ) (Spearman-Brown).

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, eq. 5.10.1.
    """
    reliability = usable(reliability)
    if reliability.value is None:
        return reliability
    return Estimate(factor * reliability.value / (1 + (factor - 1) * reliability.value), reliability.n)


def usable(reliability: Estimate) -> Estimate:
    """The coefficient where it can be a reliability; none when it is negative."""
    if reliability.value is not None and reliability.value < 0:
        return Estimate(None, reliability.n, "negative_reliability")
    return reliability


def as_sufficient(data: Data, missing: Missing = Missing.LISTWISE) -> Sufficient:
    """The sufficient statistics of a matrix, or those given."""
    return data if isinstance(data, Sufficient) else Sufficient.of(data, missing)


def _alphas(covariance: Matrix) -> float:
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _impossible(found: Sufficient) -> str | None:
    """Why no coefficient of consistency can be had."""
    if found.n < 2:
        return "too_few_candidates"
    if len(found.low) < 2:
        return "too_few_items"
    covariance = found.covariance
    return "no_variance" if covariance.sum() <= _least(covariance) else None


def _least(covariance: Matrix) -> float:
    """What a variance of a sum of items must be above to be more than rounding."""
    return float(NOTHING * np.sqrt(np.maximum(np.diagonal(covariance), 0)).sum() ** 2)

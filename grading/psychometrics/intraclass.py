"""Intraclass correlations: how far numeric ratings agree, by an analysis of variance of subjects and raters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f as f_distribution

from grading.psychometrics.estimates import Estimate, complete_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of n subjects × k raters: between subjects, within them, between raters, and the rest."""

    n: int
    k: int
    subjects: float
    within: float
    raters: float
    error: float


@dataclass(frozen=True)
class Intraclass:
    """One intraclass correlation with the test that it is 0 and its interval; what cannot be told is None."""

    value: Estimate
    f: float | None = None
    df1: int | None = None
    df2: int | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None


def mean_squares(ratings: ArrayLike) -> MeanSquares:
    """Analysis of variance of the subjects all raters rated (Shrout & Fleiss 1979, table 1)."""
    x = complete_rows(ratings)
    n, k = x.shape
    centred = x - x.mean() if x.size else x
    if n < 2 or k < 2:
        return MeanSquares(n, k, 0.0, 0.0, 0.0, 0.0)
    by_subject, by_rater = centred.mean(axis=1, keepdims=True), centred.mean(axis=0)
    rest = ((centred - by_subject - by_rater) ** 2).sum()
    return MeanSquares(
        n,
        k,
        float(k * (by_subject**2).sum() / (n - 1)),
        float(((centred - by_subject) ** 2).sum() / (n * (k - 1))),
        float(n * (by_rater**2).sum() / (k - 1)),
        float(rest / ((n - 1) * (k - 1))),
    )


def intraclass(ratings: ArrayLike, confidence: float = 0.95) -> dict[str, Intraclass]:
    """The six intraclass correlations of Shrout & Fleiss, by the names `1,1`, `2,1`, `3,1`, `1,k`, `2,k`, `3,k`.

    Parameters
    ----------
    ratings
        Subjects × raters; a subject with a missing rating (NaN) is left out.
    confidence
        Of the intervals.

    References
    ----------
    Shrout, P. E., & Fleiss, J. L. (1979). Intraclass correlations. Psychological Bulletin 86, 420–428.
    McGraw, K. O., & Wong, S. P. (1996). Psychological Methods 1, 30–46: ICC(1), ICC(A,1), ICC(C,1) and those of k.
    """
    ms = mean_squares(ratings)
    scale = float(np.nanmax(np.abs(np.asarray(ratings, dtype=np.float64)), initial=0.0))
    if ms.n < 2 or ms.k < 2:
        return _none(Estimate(None, ms.n, "too_few_candidates" if ms.n < 2 else "too_few_raters"))
    # Rounding leaves about 1e-16 of the size of the numbers where there is no variance at all.
    tiny = (1e-13 * scale) ** 2
    if ms.subjects <= tiny:
        return _none(Estimate(None, ms.n, "no_variance"))
    tail = (1 - confidence) / 2
    return {
        **_consistent("1", ms, ms.within, ms.n * (ms.k - 1), tail, tiny),
        **_absolute(ms, tail, tiny),
        **_consistent("3", ms, ms.error, (ms.n - 1) * (ms.k - 1), tail, tiny),
    }


def _none(reason: Estimate) -> dict[str, Intraclass]:
    return {f"{model},{of}": Intraclass(reason) for model in "123" for of in "1k"}


def _consistent(model: str, ms: MeanSquares, error: float, df2: int, tail: float, tiny: float) -> dict[str, Intraclass]:
    """Models 1 and 3: one error term; the interval is that of F (Shrout & Fleiss 1979, pages 424 and 426)."""
    n, k, df1 = ms.n, ms.k, ms.n - 1
    single = (ms.subjects - error) / (ms.subjects + (k - 1) * error)
    average = (ms.subjects - error) / ms.subjects
    if error <= tiny:
        return {f"{model},{of}": Intraclass(Estimate(1.0, n), None, df1, df2) for of in "1k"}
    f = ms.subjects / error
    test = (f, df1, df2, float(f_distribution.sf(f, df1, df2)))
    low, high = f / f_distribution.isf(tail, df1, df2), f * f_distribution.isf(tail, df2, df1)
    return {
        f"{model},1": Intraclass(
            Estimate(single, n), *test, float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))
        ),
        f"{model},k": Intraclass(Estimate(average, n), *test, float(1 - 1 / low), float(1 - 1 / high)),
    }


def _absolute(ms: MeanSquares, tail: float, tiny: float) -> dict[str, Intraclass]:
    """Model 2: raters are a sample, and their severity is an error; Satterthwaite's degrees of freedom for the interval."""
    n, k = ms.n, ms.k
    single = (ms.subjects - ms.error) / (ms.subjects + (k - 1) * ms.error + k * (ms.raters - ms.error) / n)
    average = (ms.subjects - ms.error) / (ms.subjects + (ms.raters - ms.error) / n)
    df = (n - 1, (n - 1) * (k - 1))
    if ms.error <= tiny:
        return {
            "2,1": Intraclass(Estimate(single, n), None, *df),
            "2,k": Intraclass(Estimate(average, n), None, *df),
        }
    f = ms.subjects / ms.error
    test = (f, *df, float(f_distribution.sf(f, *df)))
    low, high = _absolute_interval(ms, single, tail)
    return {
        "2,1": Intraclass(Estimate(single, n), *test, low, high),
        "2,k": Intraclass(Estimate(average, n), *test, _stepped(low, k), _stepped(high, k)),
    }


def _absolute_interval(ms: MeanSquares, single: float, tail: float) -> tuple[float, float]:
    """Bounds of ICC(2,1) (Shrout & Fleiss 1979, page 424; McGraw & Wong 1996, table 7)."""
    n, k = ms.n, ms.k
    by_raters = ms.raters / ms.error
    own = n * (1 + (k - 1) * single) - k * single
    v = (n - 1) * (k - 1) * (k * single * by_raters + own) ** 2 / ((n - 1) * (k * single * by_raters) ** 2 + own**2)
    lower, upper = f_distribution.isf(tail, n - 1, v), f_distribution.isf(tail, v, n - 1)
    rest = k * ms.raters + (k * n - k - n) * ms.error
    low = n * (ms.subjects - lower * ms.error) / (lower * rest + n * ms.subjects)
    high = n * (upper * ms.subjects - ms.error) / (rest + n * upper * ms.subjects)
    return float(low), float(high)


def _stepped(single: float, k: int) -> float:
    """Spearman-Brown: from one rater to the mean of k."""
    return k * single / (1 + (k - 1) * single)

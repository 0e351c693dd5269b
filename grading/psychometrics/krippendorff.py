"""Krippendorff's alpha: agreement of any number of raters on any level of measurement, with missing ratings."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.random import default_rng
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]

BLOCK_CELLS: Final = 4_000_000
"""Replicates are drawn so many subjects at a time that memory stays small."""


class Level(StrEnum):
    """What a difference between two ratings means."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha with a bootstrap interval; `observed` and `expected` are mean disagreements."""

    value: Estimate
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class _Pairable:
    """Counts of each value per subject, of subjects with at least two ratings, and the values themselves."""

    counts: Floats
    values: Floats

    @property
    def ratings(self) -> Floats:
        return np.asarray(self.counts.sum(axis=1))


def krippendorff_alpha(
    ratings: ArrayLike, level: Level, *, confidence: float = 0.95, replicates: int = 1000, seed: int = 0
) -> Alpha:
    """Krippendorff's alpha, 1 − observed / expected disagreement over all pairable ratings.

    Parameters
    ----------
    ratings
        Subjects × raters, NaN where missing; for nominal and ordinal ratings any numbers in the right order. Subjects with
        fewer than two ratings do not count.
    level
        Nominal: any two values differ alike. Ordinal: by the ratings between them. Interval: (c − k)².
        Ratio: ((c − k)/(c + k))².
    confidence, replicates, seed
        The percentile interval from this many samples of subjects, drawn with replacement; none for 0 replicates.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.
    Hayes, A. F., & Krippendorff, K. (2007). Communication Methods and Measures 1, 77–89.
    """
    found = _pairable(np.asarray(ratings, dtype=np.float64))
    n = len(found.counts)
    if n < 2:
        return Alpha(Estimate(None, n, "too_few_candidates"))
    if level is Level.RATIO and (found.values < 0).any():
        return Alpha(Estimate(None, n, "negative_values"))
    observed, expected = _disagreements(found, level, np.ones((1, n)))
    if len(found.values) == 1:
        return Alpha(Estimate(None, n, "one_category"), float(observed[0]), float(expected[0]))
    value = Estimate(float(1 - observed[0] / expected[0]), n)
    low, high = _interval(found, level, confidence, replicates, seed)
    return Alpha(value, float(observed[0]), float(expected[0]), low, high)


def _pairable(ratings: Floats) -> _Pairable:
    kept = ratings[(~np.isnan(ratings)).sum(axis=1) >= 2]
    there = ~np.isnan(kept)
    values, place = np.unique(kept[there], return_inverse=True)
    subject = np.nonzero(there)[0]
    counts = np.bincount(subject * len(values) + place, minlength=len(kept) * len(values))
    return _Pairable(counts.reshape(len(kept), len(values)).astype(np.float64), values)


def _disagreements(found: _Pairable, level: Level, weights: Floats) -> tuple[Floats, Floats]:
    """Observed and expected disagreement when each subject counts `weights` times, one pair for each row of them."""
    in_all = weights @ found.counts
    total = in_all.sum(axis=1)
    match level:
        case Level.ORDINAL:
            # The ratings between two categories, ends by half, are the distance of their mid-ranks in this very sample.
            return _by_squares(found, weights, in_all, np.cumsum(in_all, axis=1) - in_all / 2)
        case Level.INTERVAL:
            centred = found.values - found.values.mean()
            return _by_squares(found, weights, in_all, np.broadcast_to(centred, in_all.shape))
    apart = _distances(found.values, level)
    within = ((found.counts @ apart) * found.counts).sum(axis=1) / (found.ratings - 1)
    between = ((in_all @ apart) * in_all).sum(axis=1)
    return weights @ within / total, between / (total * (total - 1))


def _distances(values: Floats, level: Level) -> Floats:
    if level is Level.NOMINAL:
        return 1.0 - np.eye(len(values))
    together = values[:, None] + values
    return np.asarray(((values[:, None] - values) / np.where(together == 0, 1.0, together)) ** 2)


def _by_squares(found: _Pairable, weights: Floats, in_all: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Disagreements as squared differences of scores, rows of `scores` going with rows of `weights`.

    The sum of (a − b)² over ordered pairs of m numbers is 2 (m Σa² − (Σa)²), which needs no matrix of pairs.
    """
    m, total = found.ratings, in_all.sum(axis=1)
    within = 2 * (m * (scores**2 @ found.counts.T) - (scores @ found.counts.T) ** 2) / (m - 1)
    between = 2 * (total * (in_all * scores**2).sum(axis=1) - (in_all * scores).sum(axis=1) ** 2)
    return (weights * within).sum(axis=1) / total, between / (total * (total - 1))


def _interval(
    found: _Pairable, level: Level, confidence: float, replicates: int, seed: int
) -> tuple[float | None, float | None]:
    """Percentiles of alpha over samples of subjects; a sample of one value only is full agreement of nothing and left out."""
    if not replicates:
        return None, None
    rng, n = default_rng(seed), len(found.counts)
    alphas = []
    for start in range(0, replicates, size := max(1, BLOCK_CELLS // n)):
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=min(size, replicates - start)).astype(np.float64)
        observed, expected = _disagreements(found, level, drawn)
        alphas.append(1 - observed[expected > 0] / expected[expected > 0])
    every = np.concatenate(alphas)
    if not len(every):
        return None, None
    low, high = np.quantile(every, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)

"""Equipercentile equating: scores of the same percentile rank are worth the same.

A score is spread evenly half a step to either side, so that distributions are continuous. Chapters are those of
Kolen, M. J. & Brennan, R. L. (2004). Test equating, scaling, and linking (2nd ed.).
"""

from dataclasses import dataclass
from math import isclose
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

DECIMALS: Final = 12
"""Percentile ranks that agree to so many decimals are equal, so that a rank on the edge of a score is on the edge."""


@dataclass(frozen=True)
class Distribution:
    """Shares of candidates on evenly spaced score points, both (points,), rising; shares sum to 1."""

    points: Floats
    shares: Floats

    @property
    def step(self) -> float:
        """Distance of neighbouring points."""
        return float(self.points[1] - self.points[0]) if len(self.points) > 1 else 1.0

    @property
    def cumulative(self) -> Floats:
        """Share of candidates at or below each point."""
        summed = self.shares.cumsum()
        return np.asarray(summed / summed[-1])

    def on_edges(self, ranks: Floats) -> tuple[Floats, Floats]:
        """Ranks and cumulative shares to compare them with, rounded so that a rank on the edge of a score is on it.

        Without a score that nobody has, neighbouring scores have the same edge and nothing hangs on it: unrounded, the tails of
        a smoothed distribution keep their digits.
        """
        if (self.shares > 0).all():
            return ranks, self.cumulative
        return np.round(ranks, DECIMALS), np.round(self.cumulative, DECIMALS)


def score_points(lowest: float, highest: float, step: float = 1.0) -> Floats:
    """All points of a scale, exact in decimal."""
    count = int(np.floor((highest - lowest) / step + 1e-9)) + 1
    points: Floats = np.round(lowest + step * np.arange(count), DECIMALS)
    return points


def on_points(scores: ArrayLike, points: Floats) -> NDArray[np.int64]:
    """Place of every score among the points, −1 where it is none of them."""
    values = np.asarray(scores, dtype=np.float64)
    step = points[1] - points[0] if len(points) > 1 else 1.0
    place = np.clip(np.round((values - points[0]) / step), 0, len(points) - 1).astype(np.int64)
    return np.where(np.abs(values - points[place]) < 1e-9 * max(1.0, step), place, -1)


def percentile_ranks(of: Distribution, scores: ArrayLike) -> Floats:
    """Percentile rank (0 to 1) of any scores, whole or not, on the continuous distribution (ch. 2)."""
    edges = np.append(of.points - of.step / 2, of.points[-1] + of.step / 2)
    ranks: Floats = np.interp(np.asarray(scores, dtype=np.float64), edges, np.append(0.0, of.cumulative))
    return ranks


def scores_at(of: Distribution, ranks: ArrayLike) -> Floats:
    """Score of every percentile rank (ch. 2).

    Where nobody has the scores between two others the rank belongs to a whole interval; its middle is taken.
    """
    wanted, up = of.on_edges(np.asarray(ranks, dtype=np.float64))
    half = of.step / 2
    below = np.append(0.0, up[:-1])
    share = up - below

    def within(place: NDArray[np.int64]) -> Floats:
        inside = np.clip(place, 0, len(up) - 1)
        part = np.divide(wanted - below[inside], share[inside], out=np.zeros_like(wanted), where=share[inside] > 0)
        return np.asarray(of.points[inside] - half + of.step * part)

    # From above: the first point with more candidates at or below; from below: the point after the last with fewer.
    first, last = np.searchsorted(up, wanted, side="right"), np.searchsorted(up, wanted, side="left")
    upper = np.where(first >= len(up), of.points[-1] + half, within(first))
    lower = np.where(wanted <= 0, of.points[0] - half, within(last))
    return np.asarray((upper + lower) / 2)


def equipercentile(new: Distribution, old: Distribution, scores: ArrayLike | None = None) -> Floats:
    """Equivalents on the old form of scores on the new one (of all its points without any)."""
    return scores_at(old, percentile_ranks(new, new.points if scores is None else scores))


def equipercentile_errors(new: Distribution, old: Distribution, n_new: int, n_old: int) -> Floats:
    """Standard errors of unsmoothed equipercentile equating of random groups (Lord 1982; ch. 7); NaN where nobody is."""
    rank, up = np.round(percentile_ranks(new, new.points), DECIMALS), np.round(old.cumulative, DECIMALS)
    first = np.minimum(np.searchsorted(up, rank, side="right"), len(up) - 1)
    below = np.where(first > 0, up[np.maximum(first - 1, 0)], 0.0)
    share = up[first] - below
    inside = (rank > 0) & (rank < 1) & (share > 0)
    density = np.where(inside, share, 1.0)
    both = rank * (1 - rank) * (n_new + n_old) / (n_new * n_old)
    variance = (both - (up[first] - rank) * (rank - below) / (n_old * density)) / density**2
    return np.where(inside, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def synthetic_distributions(new: Floats, old: Floats, w1: float) -> tuple[Floats, Floats, float, float]:
    """Frequency estimation: shares of X and Y in the synthetic population (ch. 5).

    The distribution of the total at every anchor score is taken to be the same in both populations.

    Parameters
    ----------
    new, old
        Shares of total × anchor in each population, (points, anchor points), each summing to 1.
    w1
        Weight of the population of the new form.

    Returns
    -------
    tuple
        Shares of X and of Y; then the share of population 2 whose anchor score nobody has in population 1, and the other way
        round. These say nothing of the total, and the rest is scaled up to 1.
    """
    anchor_new, anchor_old = new.sum(axis=0), old.sum(axis=0)
    carried_new, lost_new = _carry(new, anchor_old)
    carried_old, lost_old = _carry(old, anchor_new)
    shares_new = w1 * new.sum(axis=1) + (1 - w1) * carried_new
    shares_old = w1 * carried_old + (1 - w1) * old.sum(axis=1)
    return shares_new, shares_old, lost_new, lost_old


def chained(new: Floats, old: Floats, points: tuple[Floats, Floats, Floats]) -> Floats:
    """Chained equipercentile equating: X to the anchor in population 1, the anchor to Y in population 2 (ch. 5).

    Parameters
    ----------
    new, old
        Shares of total × anchor in each population.
    points
        Score points of X, Y and the anchor.
    """
    x, y, v = points
    on_anchor = equipercentile(Distribution(x, new.sum(axis=1)), Distribution(v, new.sum(axis=0)))
    return equipercentile(Distribution(v, old.sum(axis=0)), Distribution(y, old.sum(axis=1)), on_anchor)


def _carry(joint: Floats, anchor: Floats) -> tuple[Floats, float]:
    """The total's distribution where the anchor is distributed as in the other population, and the share that is lost."""
    own = joint.sum(axis=0)
    weight = np.divide(anchor, own, out=np.zeros_like(own), where=own > 0)
    kept = float(anchor[own > 0].sum())
    lost = 0.0 if isclose(kept, 1.0, abs_tol=1e-12) else 1 - kept
    return (joint @ weight / kept if kept > 0 else joint.sum(axis=1)), lost

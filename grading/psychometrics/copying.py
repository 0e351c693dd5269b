"""Indices of copying that need no model of the items: K, K1, K2, S1 and S2, from what others with as many wrong answers did.

Everything is seen from a source: the items the source had wrong, and how often candidates chose the very same wrong option.
Candidates are grouped by their number of wrong answers, the source left out. A blank is neither right nor wrong.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, pdtrc

from grading.psychometrics.option_models import Choices, Floats, Whole

CLOSEST_TO_CERTAIN: Final = 0.001
"""A chance from a line or curve is kept this far from 0 and 1."""

MOST_ROUNDS: Final = 100
SMALLEST_STEP: Final = 1e-10

Group = NDArray[np.float64]


@dataclass(frozen=True)
class Sources:
    """What is expected of a copier, by group (rows) and source (columns): chances of K, K1, K2, means of S1, S2.

    `wrong` counts wrong answers of all candidates; `same_wrong` and `weighted_right` hold, for every candidate and source, the
    matches on the source's wrong answers and the weighted matches on right ones.
    """

    rows: Whole
    wrong: Whole
    items: int
    same_wrong: Floats
    weighted_right: Floats
    k: Group
    k1: Group
    k2: Group
    s1: Group
    s2: Group


@dataclass(frozen=True)
class CopyingP:
    """One-sided p of each pair, NaN where the source had nothing wrong."""

    k: Floats
    k1: Floats
    k2: Floats
    s1: Floats
    s2: Floats


def study_sources(choices: Choices, sources: Whole) -> Sources:
    """What the groups did on the wrong answers of each source.

    K takes the mean share of the copier's own group; K1 a straight line and K2 a parabola through the shares of all groups
    against their proportion wrong, each group counting once; S1 a Poisson regression of mean matches on the number wrong; S2
    the same of wrong matches plus right ones weighted by how rare they are in the group (see `_rarity`).

    References
    ----------
    Holland, P. W. (1996). Assessing unusual agreement between the incorrect answers of two examinees using the K-index. ETS
    Research Report 96-7.
    Sotaridona, L. S., & Meijer, R. R. (2002). Journal of Educational Measurement 39, 115–132; (2003). 40, 53–69.
    """
    items = choices.codes.shape[1]
    wrong_at = choices.answered & ~choices.right
    wrong = wrong_at.sum(axis=1)
    chosen_wrong = choices.chosen() * np.repeat(wrong_at, choices.options, axis=1)
    same = chosen_wrong @ chosen_wrong[sources].T
    members = (wrong == np.arange(items + 1)[:, None]).astype(np.float64)
    column = np.arange(len(sources))
    size = np.repeat(members.sum(axis=1)[:, None], len(sources), axis=1)
    total = members @ same
    size[wrong[sources], column] -= 1
    total[wrong[sources], column] -= same[sources, column]
    mean, proportion = np.where(size > 0, total / np.maximum(size, 1), np.nan), np.arange(items + 1) / items
    most = np.where(wrong[sources] > 0, wrong[sources], np.nan).astype(np.float64)
    share = mean / most
    weighted, weighted_mean = _weighted_right(choices, sources, wrong, members, size)
    # Where the source had nothing wrong there is nothing to copy: no index, S2 neither.
    with_right = np.where(np.isnan(most), np.nan, mean + np.ceil(_rounded(weighted_mean)))
    return Sources(
        sources, wrong, items, same, weighted, share,
        _polynomial(proportion, share, 1).clip(CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN),
        _polynomial(proportion, share, 2).clip(CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN),
        np.minimum(_poisson_curve(mean), most), np.minimum(_poisson_curve(with_right), items),
    )  # fmt: skip


def copying_p(of: Sources, copiers: Whole, columns: Whole) -> CopyingP:
    """P of at least as many matches as the copier has, for copiers (rows of the data) and sources (columns of `of`)."""
    group = of.wrong[copiers]
    matches = of.same_wrong[copiers, columns]
    both = np.ceil(_rounded(of.weighted_right[copiers, columns])) + matches
    group_at, column_at, seen, place = _different(group, columns, matches)
    most = of.wrong[of.rows[column_at]].astype(np.float64)
    k, k1, k2 = (_binomial(chance[group_at, column_at], seen, most)[place] for chance in (of.k, of.k1, of.k2))
    s1 = _poisson(of.s1[group_at, column_at], seen, most)[place]
    group_at, column_at, seen, place = _different(group, columns, both)
    s2 = _poisson(of.s2[group_at, column_at], seen, np.full(len(seen), float(of.items)))[place]
    return CopyingP(k, k1, k2, s1, s2)


def _different(group: Whole, columns: Whole, seen: Floats) -> tuple[Whole, Whole, Floats, Whole]:
    """Each combination of group, column and count once, and the place of every pair among them: most pairs share theirs."""
    wide = (int(group.max(initial=0)) + 1, int(seen.max(initial=0)) + 1)
    code, place = np.unique((columns * wide[0] + group) * wide[1] + seen.astype(np.int64), return_inverse=True)
    rest, count = np.divmod(code, wide[1])
    column_at, group_at = np.divmod(rest, wide[0])
    return group_at, column_at, count.astype(np.float64), place


def _binomial(chance: Floats, seen: Floats, most: Floats) -> Floats:
    """P(at least `seen` of `most`)."""
    found = bdtrc(np.maximum(seen - 1, 0), np.maximum(most, 1).astype(np.int64), np.nan_to_num(chance))
    return np.where(np.isnan(chance), np.nan, np.where(seen > 0, found, 1.0))


def _poisson(mean: Floats, seen: Floats, most: Floats) -> Floats:
    """P(`seen` to `most`)."""
    rate = np.nan_to_num(mean)
    at_least = np.where(seen > 0, pdtrc(np.maximum(seen - 1, 0), rate), 1.0)
    return np.where(np.isnan(mean), np.nan, np.maximum(at_least - pdtrc(most, rate), 0.0))


def _weighted_right(choices: Choices, sources: Whole, wrong: Whole, members: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Weighted right matches of every candidate with every source, and their mean in every group."""
    right = choices.right.astype(np.float64)
    counts, answered = members @ right, members @ choices.answered.astype(np.float64)
    share = counts / np.maximum(answered, 1)
    weight = _rarity(share, choices.options)
    of_source = right[sources]
    matches = (right * weight[wrong]) @ of_source.T
    mean = (share * weight) @ of_source.T
    # The group a source is of is seen without the source.
    own = wrong[sources]
    less = answered[own] - choices.answered[sources]
    own_share = (counts[own] - of_source) / np.maximum(less, 1)
    own_weight = _rarity(own_share, choices.options)
    inside: NDArray[np.bool_] = np.asarray(wrong[:, None] == own)
    matches[inside] = (right @ (of_source * own_weight).T)[inside]
    mean[own, np.arange(len(sources))] = (own_share * own_weight * of_source).sum(axis=1)
    return matches, np.where(size > 0, mean, np.nan)


def _rarity(share: Floats, options: int) -> Floats:
    """Weight of a right match on an item a share of the group had right: 1 where nobody had, falling as more had.

    With g = 1/options: (e (1 + g)/(1 − g)) to the power −share (1 + g)/g (Sotaridona & Meijer 2003, as CopyDetect computes it).
    Where everybody chose the one right option, there was another all the same.
    """
    g = 1 / max(options, 2)
    return np.asarray(((1 + g) / (1 - g) * np.e) ** (-share * (1 + g) / g))


def _rounded(weights: Floats) -> Floats:
    """Without the last digits, so that a sum that is whole but for rounding is not taken up to the next number."""
    return np.asarray(np.round(weights, 10))


def _polynomial(x: Floats, y: Floats, degree: int) -> Floats:
    """Least squares over the groups that have members, each source (column of y) by itself; fitted values of all groups."""
    there: NDArray[np.bool_] = np.asarray(~np.isnan(y.T))
    powers = (x - 0.5)[:, None] ** np.arange(degree + 1)
    masked = powers * there[:, :, None]
    fitted = powers @ (np.linalg.pinv(masked, rcond=1e-10) @ np.nan_to_num(y.T)[:, :, None])
    return np.asarray(np.where(there.any(axis=1, keepdims=True), fitted[:, :, 0], np.nan).T)


def _poisson_curve(y: Floats) -> Floats:
    """Poisson regression of y on the number wrong over the groups that have members, each source by itself; fitted means.

    Newton's method from the straight mean, no step above 1, until none is above 1e-10.
    """
    there = ~np.isnan(y)
    seen, groups = np.where(there, y, 0.0), there.sum(axis=0)
    x = np.linspace(-1, 1, len(y))[:, None]
    level = np.log(np.maximum(seen.sum(axis=0) / np.maximum(groups, 1), 1e-12))
    slope = np.zeros(y.shape[1])
    for _ in range(MOST_ROUNDS):
        mean = np.where(there, np.exp((level + slope * x).clip(-40, 40)), 0.0)
        off = seen - mean
        first, second = off.sum(axis=0), (off * x).sum(axis=0)
        a, b, c = mean.sum(axis=0), (mean * x).sum(axis=0), (mean * x**2).sum(axis=0)
        determinant = a * c - b**2
        regular = determinant > 1e-12 * np.maximum(a * c, 1e-300)
        safe = np.where(regular, determinant, 1.0)
        step_level = np.where(regular, (c * first - b * second) / safe, first / np.maximum(a, 1e-12)).clip(-1, 1)
        step_slope = np.where(regular, (a * second - b * first) / safe, 0.0).clip(-1, 1)
        level, slope = level + step_level, slope + step_slope
        if max(np.abs(step_level).max(initial=0), np.abs(step_slope).max(initial=0)) < SMALLEST_STEP:
            break
    fitted = np.where(seen.sum(axis=0) > 0, np.exp((level + slope * x).clip(-40, 40)), 0.0)
    return np.where(groups > 0, fitted, np.nan)

"""How well the model as a whole follows the data: M2 from means and products of pairs, Andersen's likelihood ratio."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from scipy.special import chdtrc, chndtr

from grading.psychometrics.irt.cml import fit_conditional
from grading.psychometrics.irt.layout import Layout
from grading.psychometrics.irt.models import Floats, Items, parameter_derivatives
from grading.psychometrics.irt.quadrature import Grid
from grading.psychometrics.irt.responses import Integers, Patterns

MOST_ITEMS: Final = 120
SIDE: Final = 0.05
BISECTIONS: Final = 100


@dataclass(frozen=True)
class PairFit:
    """M2 with its degrees of freedom and p; RMSEA2 with its 90% interval; the root mean square residual correlation."""

    statistic: float
    df: int
    p: float
    rmsea2: float
    rmsea2_interval: tuple[float, float]
    srmsr: float


@dataclass(frozen=True)
class RatioFit:
    """Andersen's likelihood ratio.

    `items` are the places of the items compared, `split` says where totals were cut, `groups` how many were low and high.
    """

    statistic: float
    df: int
    p: float
    items: Integers
    split: str
    groups: tuple[int, int]


def pair_fit(items: Items, layout: Layout, patterns: Patterns, grid: Grid, n_parameters: int) -> PairFit | str:
    """M2 of Maydeu-Olivares & Joe (2006) for right and wrong items; for graded ones M2* of Cai & Hansen (2013), on scores.

    Parameters
    ----------
    items, layout
        The items with θ ~ N(0, 1) and the layout of their parameters.
    patterns
        Rows of responses, complete.
    grid
        The standard normal distribution.
    n_parameters
        Taken off the number of means and products for the degrees of freedom.

    Returns
    -------
    PairFit or str
        The fit, or why there is none: `missing_responses`, `too_few_items`, `too_many_items`, `not_identified`.
    """
    k = len(items)
    df = k * (k + 1) // 2 - n_parameters
    if not patterns.is_complete:
        return "missing_responses"
    if df <= 0 or k > MOST_ITEMS:
        return "too_few_items" if df <= 0 else "too_many_items"
    n = float(patterns.counts.sum())
    scores = patterns.categories.astype(np.float64)
    pairs = np.triu_indices(k, 1)
    products = (scores * patterns.counts[:, None]).T @ scores / n
    first, second, changes = _moments(items, grid)
    expected_products = (first * grid.weights) @ first.T
    means = first @ grid.weights
    residuals = np.concatenate([patterns.counts @ scores / n - means, (products - expected_products)[pairs]])
    variances = _variances(first, second, grid, pairs)
    delta = _delta(first, changes, grid, pairs, layout)
    root = _root(variances)
    if root is None:
        return "not_identified"
    e, d = _solve_lower(root, residuals), _solve_lower(root, delta)
    statistic = n * float(((e - d @ np.linalg.lstsq(d, e, rcond=None)[0]) ** 2).sum())
    observed = products - np.outer(patterns.counts @ scores, patterns.counts @ scores) / n**2
    np.fill_diagonal(expected_products, second @ grid.weights)
    srmsr = _srmsr(observed, expected_products - np.outer(means, means))
    return PairFit(statistic, df, float(chdtrc(df, statistic)), *_rmsea(statistic, df, n), srmsr)


def _root(matrix: Floats) -> Floats | None:
    """Cholesky's lower root, None where the matrix is not positive definite."""
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None


def _solve_lower(root: Floats, right: Floats) -> Floats:
    from scipy.linalg import solve_triangular  # noqa: PLC0415  takes a while to load, and only this needs it

    return np.asarray(solve_triangular(root, right, lower=True))


def _moments(items: Items, grid: Grid) -> tuple[Floats, Floats, Floats]:
    """E(x | θ), E(x² | θ) (items × points), and the change of the former by each parameter (parameters × items × points)."""
    chances, changes = parameter_derivatives(items, grid.theta)
    scores = np.arange(chances.shape[1], dtype=np.float64)
    return scores @ chances, scores**2 @ chances, np.einsum("c,pkcq->pkq", scores, changes)


def _variances(first: Floats, second: Floats, grid: Grid, pairs: tuple[Integers, Integers]) -> Floats:
    """Covariances of the scores and of the products of pairs, in one candidate.

    Where two of them share an item, its square takes the place of the product of its means given ability.
    """
    k = len(first)
    left, right = (np.concatenate([np.arange(k), pairs[side]]) for side in (0, 1))
    single = np.arange(len(left)) < k
    given = np.where(single[:, None], first[left], first[left] * first[right])
    joint = (given * grid.weights) @ given.T
    for item in range(k):
        mine = np.flatnonzero((left == item) | (right == item))
        other = np.where(left[mine] == item, right[mine], left[mine])
        rest = np.where(single[mine][:, None], 1.0, first[other])
        joint[np.ix_(mine, mine)] = (rest * (grid.weights * second[item])) @ rest.T
    same = np.arange(k, len(left))
    joint[same, same] = (second[pairs[0]] * second[pairs[1]]) @ grid.weights
    mean = given @ grid.weights
    return np.asarray(joint - np.outer(mean, mean))


def _delta(first: Floats, changes: Floats, grid: Grid, pairs: tuple[Integers, Integers], layout: Layout) -> Floats:
    """How the means and products change with each free parameter (statistics × parameters)."""
    k = len(first)
    delta = np.zeros((k + len(pairs[0]), layout.size))
    rows = k + np.arange(len(pairs[0]))
    for parameter in range(len(changes)):
        place = layout.place[:, parameter]
        free = np.flatnonzero(layout.free[:, parameter])
        weighted = changes[parameter] * grid.weights
        np.add.at(delta, (free, place[free]), weighted[free].sum(axis=1))
        cross = weighted @ first.T
        for mine, other in (pairs, pairs[::-1]):
            moves = layout.free[mine, parameter]
            np.add.at(delta, (rows[moves], place[mine[moves]]), cross[mine[moves], other[moves]])
    return delta


def _rmsea(statistic: float, df: int, n: float) -> tuple[float, tuple[float, float]]:
    """√(max(M2 − df, 0) / (df · (n − 1))), and the same at the ends of the 90% interval of the noncentrality (Steiger 1990)."""

    def noncentrality(level: float) -> float:
        """At which the chance of a smaller statistic is `level`; 0 where it is below that already."""
        low, high = 0.0, 4 * statistic + 40
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if chndtr(statistic, df, middle) > level else (low, middle)
        return low

    scale = df * (n - 1)
    ends = sqrt(noncentrality(1 - SIDE) / scale), sqrt(noncentrality(SIDE) / scale)
    return sqrt(max(statistic - df, 0.0) / scale), ends


def _srmsr(observed: Floats, expected: Floats) -> float:
    """Root mean square difference of the correlations that two covariance matrices stand for."""
    apart = np.zeros_like(observed)
    for sign, matrix in ((1.0, observed), (-1.0, expected)):
        spread = np.sqrt(np.diag(matrix))
        apart += sign * matrix / np.outer(spread, spread)
    return float(np.sqrt((apart[np.triu_indices(len(apart), 1)] ** 2).mean()))


def andersen_test(patterns: Patterns) -> RatioFit | str:
    """Andersen's (1973) likelihood ratio for the Rasch model: whether difficulties are the same for low and for high totals.

    2 · (log L(low) + log L(high) − log L(all)), conditional likelihoods, df = items − 1. Candidates above the median of the
    totals are the high group; where that leaves fewer than two items that vary in both groups, those above the mean.

    Returns
    -------
    RatioFit or str
        The test, over the items that vary in both groups, or why there is none: `missing_responses`, `too_few_items`,
        `not_identified`.
    """
    if not patterns.is_complete:
        return "missing_responses"
    totals = patterns.categories.sum(axis=1)
    everyone = np.repeat(totals, patterns.counts.astype(np.int64))
    for split, cut in (("median", np.median(everyone)), ("mean", everyone.mean())):
        groups = [patterns.sample(np.flatnonzero(side)) for side in (totals <= cut, totals > cut)]
        varies = [(g.categories.min(axis=0, initial=1) == 0) & (g.categories.max(axis=0, initial=0) == 1) for g in groups]
        items = np.flatnonzero(varies[0] & varies[1])
        if len(items) >= 2:
            return _ratio(patterns, groups, items, split)
    return "too_few_items"


def _ratio(patterns: Patterns, groups: list[Patterns], items: Integers, split: str) -> RatioFit | str:
    try:
        logs = [fit_conditional(_only(g, items)).log_likelihood for g in (*groups, patterns)]
    except ValueError:
        return "not_identified"
    statistic, df = 2 * (logs[0] + logs[1] - logs[2]), len(items) - 1
    low, high = (int(g.counts.sum()) for g in groups)
    return RatioFit(statistic, df, float(chdtrc(df, statistic)), items, split, (low, high))


def _only(patterns: Patterns, items: Integers) -> Patterns:
    return Patterns(patterns.categories[:, items], patterns.counts, patterns.steps[items], patterns.row_of)

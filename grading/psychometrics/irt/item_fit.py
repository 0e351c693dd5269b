"""How well each item follows the model: S-X² against the observed numbers by total score, infit and outfit."""

from dataclasses import dataclass
from math import nan
from typing import Final

import numpy as np
from scipy.special import chdtrc

from grading.psychometrics.irt.models import Floats, Items, probabilities
from grading.psychometrics.irt.quadrature import Grid
from grading.psychometrics.irt.responses import Integers, Patterns

FEWEST_EXPECTED: Final = 1.0


@dataclass(frozen=True)
class ScoreFit:
    """S-X² of one item with its degrees of freedom and p; None where no freedom is left."""

    statistic: float
    df: int
    p: float | None


@dataclass(frozen=True)
class ResidualFit:
    """Mean squares of one item, expected to be 1, and their standardised forms; `n` candidates with an ability answered it."""

    infit: float
    outfit: float
    infit_t: float
    outfit_t: float
    n: int


def score_distributions(chances: Floats, steps: Integers) -> Floats:
    """How likely each total of all items but one is, for each item left out in turn (Lord & Wingersky 1984).

    Parameters
    ----------
    chances
        items × categories × points.
    steps
        How many steps each item has.

    Returns
    -------
    array
        items left out × totals × points.
    """
    k, _, points = chances.shape
    totals = np.zeros((k, int(steps.sum()) + 1, points))
    totals[:, 0] = 1.0
    reached = 0
    for item in range(k):
        others = np.arange(k) != item
        before = totals[others, : reached + 1]
        after = np.zeros((k - 1, reached + 1 + steps[item], points))
        for category in range(steps[item] + 1):
            after[:, category : category + reached + 1] += before * chances[item, category]
        reached += int(steps[item])
        totals[others, : reached + 1] = after
    return totals


def score_fit(items: Items, patterns: Patterns, grid: Grid, parameters: Integers) -> list[ScoreFit]:
    """S-X² of every item: observed and expected numbers in each category at each total.

    Orlando & Thissen (2000, Applied Psychological Measurement 24); Kang & Chen (2008) for graded items.

    Parameters
    ----------
    items, patterns, grid
        The calibration, complete rows of responses, and the distribution of ability.
    parameters
        How many parameters of its own each item has; they are taken off the degrees of freedom.

    Notes
    -----
    Totals of 0 and of the maximum are left out. Totals nobody reached drop out, a total of one candidate joins the next. Cells
    with fewer than one expected candidate are joined: first neighbouring categories, down to two, then totals, with the
    neighbour of fewer candidates.
    """
    chances = probabilities(items, grid.theta)
    rest = score_distributions(chances, items.steps)
    totals = (patterns.categories * (patterns.categories > 0)).sum(axis=1)
    most = int(items.steps.sum())
    people = np.bincount(totals, weights=patterns.counts, minlength=most + 1)
    found = []
    for item in range(len(items)):
        joint = np.zeros((most + 1, items.steps[item] + 1))
        observed = np.zeros_like(joint)
        for category in range(items.steps[item] + 1):
            joint[category:, category] = rest[item, : most + 1 - category] @ (chances[item, category] * grid.weights)
            chose = patterns.categories[:, item] == category
            observed[:, category] = np.bincount(totals[chose], weights=patterns.counts[chose], minlength=most + 1)
        expected = joint * (people / joint.sum(axis=1))[:, None]
        inside = slice(1, most)
        found.append(_compare(observed[inside], expected[inside], int(parameters[item])))
    return found


def _compare(observed: Floats, expected: Floats, parameters: int) -> ScoreFit:
    some = observed.sum(axis=1) > 0
    rows = _join_single(list(zip(observed[some], expected[some], strict=True)))
    statistic, df = 0.0, -parameters
    for seen, due in _join_small(rows):
        statistic += float(((seen - due) ** 2 / due).sum())
        df += len(due) - 1
    return ScoreFit(statistic, df, float(chdtrc(df, statistic)) if df > 0 else None)


Row = tuple[Floats, Floats]


def _join_single(rows: list[Row]) -> list[Row]:
    """A total of a single candidate joins the next one, the last the one before."""
    place = 0
    while place < len(rows) and len(rows) > 1:
        if rows[place][0].sum() == 1:
            other = place + 1 if place + 1 < len(rows) else place - 1
            rows[other] = _together(rows[place], rows[other])
            del rows[place]
        else:
            place += 1
    return rows


def _join_small(rows: list[Row]) -> list[Row]:
    """Join until every cell has its expected candidate; of what stays, the cells after joining categories."""
    while len(rows) > 1:
        small = [place for place, row in enumerate(rows) if _join_categories(row)[1].min() < FEWEST_EXPECTED]
        if not small:
            break
        place = small[0]
        before, after = place - 1, place + 1
        last = after == len(rows)
        other = before if last or (before >= 0 and rows[before][0].sum() <= rows[after][0].sum()) else after
        rows[other] = _together(rows[place], rows[other])
        del rows[place]
    return [_join_categories(row) for row in rows]


def _join_categories(row: Row) -> Row:
    """Join the smallest category to its smaller neighbour while one has too few and there are more than two."""
    seen, due = list(row[0]), list(row[1])
    while len(due) > 2 and min(due) < FEWEST_EXPECTED:
        place = len(due) - 1 - int(np.argmin(due[::-1]))
        left = place > 0 and (place == len(due) - 1 or due[place - 1] <= due[place + 1])
        other = place - 1 if left else place + 1
        for cells in (seen, due):
            cells[other] += cells[place]
            del cells[place]
    return np.array(seen), np.array(due)


def _together(one: Row, other: Row) -> Row:
    return one[0] + other[0], one[1] + other[1]


def residual_fit(items: Items, patterns: Patterns, theta: Floats) -> list[ResidualFit]:
    """Infit and outfit of every item at given abilities (Wright & Masters 1982, chapter 5).

    Outfit is the mean of squared standardised residuals, infit the sum of squared residuals over the sum of their variances.
    `theta` is an ability a row; rows with NaN are left out.
    """
    with_ability = ~np.isnan(theta)
    categories, counts = patterns.categories[with_ability], patterns.counts[with_ability]
    chances = probabilities(items, theta[with_ability])
    scores = np.arange(chances.shape[1], dtype=np.float64)
    return [_residuals(chances[item], scores, categories[:, item], counts) for item in range(len(items))]


def _residuals(chances: Floats, scores: Floats, categories: Integers, counts: Floats) -> ResidualFit:
    answered = categories >= 0
    chances, counts, seen = chances[:, answered], counts[answered], categories[answered]
    apart = scores[:, None] - scores @ chances
    variance, fourth = (apart**2 * chances).sum(axis=0), (apart**4 * chances).sum(axis=0)
    squares = (seen - scores @ chances) ** 2
    n = counts.sum()
    if n == 0 or not variance.all():
        return ResidualFit(nan, nan, nan, nan, int(n))
    outfit = float(counts @ (squares / variance) / n)
    infit = float(counts @ squares / (counts @ variance))
    outfit_q = float(np.sqrt(max(counts @ (fourth / variance**2) / n**2 - 1 / n, 0.0)))
    infit_q = float(np.sqrt(max(counts @ (fourth - variance**2), 0.0)) / (counts @ variance))
    return ResidualFit(infit, outfit, _standardised(infit, infit_q), _standardised(outfit, outfit_q), int(n))


def _standardised(mean_square: float, q: float) -> float:
    """Wilson and Hilferty's cube root: (MS^(1/3) − 1) · 3 / q + q / 3."""
    return float((mean_square ** (1 / 3) - 1) * 3 / q + q / 3) if q > 0 else nan

"""Abilities of candidates from their responses, with standard errors: EAP, maximum likelihood, Warm's weighted likelihood."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.irt.marginal import Marginal
from grading.psychometrics.irt.models import Floats, Items, ability_derivatives
from grading.psychometrics.irt.quadrature import Grid
from grading.psychometrics.irt.responses import Integers, Patterns

COARSE: Final = 3 * np.sinh(np.linspace(-3.0, 3.0, 161))
"""Where roots are looked for: −30 to 30, densest in the middle."""

BLOCK: Final = 2048
SMALLEST: Final = 1e-300
MOST_NARROWINGS: Final = 60
PRECISION: Final = 1e-10


@dataclass(frozen=True)
class Abilities:
    """Ability of each row of patterns with its standard error; NaN where there is none, as ±∞ is no estimate."""

    theta: Floats
    errors: Floats


def score_eap(items: Items, patterns: Patterns, grid: Grid) -> Abilities:
    """Mean and standard deviation of ability given the responses (Bock & Mislevy 1982), under the grid's distribution."""
    theta, errors = [], []
    for _, _, posterior in Marginal(patterns, grid).posterior(items):
        mean = posterior @ grid.theta
        theta.append(mean)
        errors.append(np.sqrt((posterior * (grid.theta - mean[:, None]) ** 2).sum(axis=1)))
    return Abilities(np.concatenate(theta), np.concatenate(errors))


def score_ml(items: Items, patterns: Patterns) -> Abilities:
    """Maximum of the likelihood; none where it keeps rising, as with all items right or all wrong. Error 1 / √information."""
    return _score(items, patterns, weighted=False)


def score_wle(items: Items, patterns: Patterns) -> Abilities:
    """Weighted likelihood estimate: the root of l'(θ) + J(θ) / 2 I(θ), J = Σ P' P'' / P (Warm 1989, eqs. 9-11).

    For graded items the sum runs over all categories (Samejima 1998). Finite for every row. Error 1 / √information.
    """
    return _score(items, patterns, weighted=True)


@dataclass(frozen=True)
class Terms:
    """What the items add at each candidate's own ability, and what the responses say there (rows).

    `score` is the derivative of the log-likelihood, `information` the expected information I, `skew` is J = Σ P' P'' / P.
    """

    score: Floats
    information: Floats
    skew: Floats


def terms_at(items: Items, categories: Integers, theta: Floats) -> Terms:
    """The terms of the estimating functions at one ability a row; missing responses (−1) add nothing."""
    slopes = ability_derivatives(items, theta)
    there = slopes.chances > SMALLEST
    per_chance = np.divide(slopes.first, slopes.chances, out=np.zeros_like(slopes.first), where=there)
    answered = (categories >= 0).T
    chosen = np.take_along_axis(per_chance, categories.T.clip(0)[:, None, :], axis=1)[:, 0]
    return Terms(
        (chosen * answered).sum(axis=0),
        ((per_chance * slopes.first).sum(axis=1) * answered).sum(axis=0),
        ((per_chance * slopes.second).sum(axis=1) * answered).sum(axis=0),
    )


def _score(items: Items, patterns: Patterns, *, weighted: bool) -> Abilities:
    theta, errors = np.full((2, len(patterns.counts)), np.nan)
    for start in range(0, len(theta), BLOCK):
        categories = patterns.categories[start : start + BLOCK]
        low, high = _brackets(items, categories, weighted=weighted)
        found = np.flatnonzero(~np.isnan(low))
        root = _narrow(items, categories[found], low[found], high[found], weighted=weighted)
        theta[start + found] = root
        information = terms_at(items, categories[found], root).information
        errors[start + found] = np.where(information > 0, information, np.nan) ** -0.5
    return Abilities(theta, errors)


def _brackets(items: Items, categories: Integers, *, weighted: bool) -> tuple[Floats, Floats]:
    """Neighbouring points between which the estimating function falls through 0, where the likelihood is highest; else NaN."""
    slopes = ability_derivatives(items, COARSE)
    there = slopes.chances > SMALLEST
    scores = np.divide(slopes.first, slopes.chances, out=np.zeros_like(slopes.first), where=there)
    information, skew = (scores * slopes.first).sum(axis=1), (scores * slopes.second).sum(axis=1)
    logs = np.log(slopes.chances.clip(SMALLEST))
    function = np.zeros((len(categories), len(COARSE)))
    height = np.zeros_like(function)
    for category in range(scores.shape[1]):
        chose = categories == category
        function += _product(chose, scores[:, category])
        height += _product(chose, logs[:, category])
    if weighted:
        answered = categories >= 0
        known = _product(answered, information).clip(SMALLEST)
        function = function + _product(answered, skew) / (2 * known)
        height = height + np.log(known) / 2
    # Far out a steep curve is 0 in figures: only what has been above 0 falls.
    risen = np.logical_or.accumulate(function > 0, axis=1)
    falls = (function[:, :-1] >= 0) & (function[:, 1:] < 0) & risen[:, :-1]
    best = np.where(falls, np.maximum(height[:, :-1], height[:, 1:]), -np.inf).argmax(axis=1)
    none = ~falls.any(axis=1)
    return np.where(none, np.nan, COARSE[best]), np.where(none, np.nan, COARSE[best + 1])


def _product(flags: NDArray[np.bool_], plane: Floats) -> Floats:
    return np.asarray(flags.astype(np.float64) @ plane)


def _narrow(items: Items, categories: Integers, low: Floats, high: Floats, *, weighted: bool) -> Floats:
    """The roots inside their brackets, by false position that halves the weight of an end that stays (Illinois)."""

    def function(theta: Floats) -> Floats:
        terms = terms_at(items, categories, theta)
        return terms.score + (terms.skew / (2 * terms.information) if weighted else 0.0)

    at_low, at_high = function(low), function(high)
    raised = np.zeros_like(low, dtype=np.int64)
    root = low
    for _ in range(MOST_NARROWINGS):
        before = root
        apart = at_low - at_high
        root = low + (high - low) * np.divide(at_low, apart, out=np.full_like(low, 0.5), where=apart > 0).clip(0, 1)
        value = function(root)
        above = value >= 0
        at_high = np.where(above, np.where(raised > 0, at_high / 2, at_high), value)
        at_low = np.where(above, value, np.where(raised < 0, at_low / 2, at_low))
        low, high = np.where(above, root, low), np.where(above, high, root)
        raised = np.where(above, 1, -1)
        if (np.abs(root - before) < PRECISION).all():
            break
    return root

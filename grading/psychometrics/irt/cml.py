"""Conditional maximum likelihood for the Rasch model: difficulties without any assumption about ability (Andersen 1972).

Given the number right, the responses depend on the items alone, through the elementary symmetric functions γ of the easinesses.
These are built by adding items (Verhelst, Glas & van der Sluis 1984), never by taking one away: every sum is of positive terms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from grading.psychometrics.irt.models import Floats
from grading.psychometrics.irt.responses import Integers, Patterns

TOLERANCE: Final = 1e-9
MOST_ITERATIONS: Final = 100
LONGEST_STEP: Final = 1.0
LARGEST_LOG: Final = 600.0


@dataclass(frozen=True)
class ConditionalFit:
    """Difficulties with sum zero, their covariance, and the conditional log-likelihood."""

    difficulties: Floats
    covariance: Floats
    log_likelihood: float
    iterations: int
    converged: bool


def symmetric_functions(easiness: Floats, *, without: bool = False) -> Floats:
    """The elementary symmetric functions γ of order 0 to the number of items.

    Parameters
    ----------
    easiness
        Easinesses ε = exp(−difficulty) (items). With difficulties that add up to 0 every γ is at least 1, and none is lost.
    without
        Take every item out in turn (items × orders); the highest order is then 0.
    """
    k = len(easiness)
    sets = np.where(np.eye(k, dtype=np.bool_), 0.0, easiness) if without else easiness[None, :]
    most = float(np.log1p(easiness.astype(np.float64)).sum())
    gammas = np.zeros((len(sets), k + 1), dtype=np.float64 if most < LARGEST_LOG else np.longdouble)
    gammas[:, 0] = 1.0
    for item in range(k):
        gammas[:, 1 : item + 2] += gammas[:, : item + 1] * sets[:, item, None]
    return gammas if without else gammas[0]


@dataclass(frozen=True)
class _Group:
    """Candidates who answered the same items: how many have each number right, and how often each item was right."""

    items: Integers
    totals: Floats
    right: Floats


def fit_conditional(patterns: Patterns, most_iterations: int = MOST_ITERATIONS) -> ConditionalFit:
    """Estimate the Rasch model by conditional likelihood.

    Parameters
    ----------
    patterns
        Rows of right and wrong responses; candidates with missing ones are compared on the items they answered.
    most_iterations
        Newton steps before giving up.

    Raises
    ------
    ValueError
        When the estimates are not finite and unique (Fischer 1981): some items were never both right and wrong beside others.

    References
    ----------
    Andersen, E. B. (1972). The numerical solution of a set of conditional estimation equations. JRSS B 34, 42-54.
    """
    groups = list(_groups(patterns))
    _check(patterns)
    k = len(patterns.steps)
    right = np.zeros(k)
    seen = np.zeros(k)
    for group in groups:
        right[group.items] += group.right
        seen[group.items] += group.totals.sum()
    b = -np.log(right / (seen - right))
    b -= b.mean()
    objective, gradient, information = _look(groups, b)
    converged, iterations = False, 0
    while not converged and iterations < most_iterations:
        iterations += 1
        step = _sum_zero_inverse(information) @ gradient
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP))
        before = objective
        for halving in range(20):
            there = b + step * 0.5**halving
            objective, gradient, information = _look(groups, there)
            if objective >= before - 1e-12 * abs(before):
                break
        b = there
        converged = bool(np.abs(step).max() < TOLERANCE)
    return ConditionalFit(b - b.mean(), _sum_zero_inverse(information), objective, iterations, converged)


def _sum_zero_inverse(information: Floats) -> Floats:
    """Inverse on the difficulties with sum zero; adding to all of them changes nothing, so the matrix itself has none."""
    k = len(information)
    level = np.full((k, k), 1.0 / k)
    scale = np.trace(information) / k
    return np.asarray(np.linalg.inv(information + scale * level) - level / scale)


def _groups(patterns: Patterns) -> Iterator[_Group]:
    answered, which = np.unique(patterns.categories >= 0, axis=0, return_inverse=True)
    for place, mask in enumerate(answered):
        rows = which.reshape(-1) == place
        items = np.flatnonzero(mask)
        scores, counts = patterns.categories[rows][:, items], patterns.counts[rows]
        sums = scores.sum(axis=1)
        totals = np.bincount(sums, weights=counts, minlength=len(items) + 1).astype(np.float64)
        tells = (sums > 0) & (sums < len(items))
        totals[[0, -1]] = 0.0
        if tells.any():
            yield _Group(items, totals, counts[tells] @ scores[tells])


def _check(patterns: Patterns) -> None:
    """Every item must be linked both ways: right where the other was wrong, and wrong where it was right."""
    right = (patterns.categories == 1).astype(np.float64)
    wrong = (patterns.categories == 0).astype(np.float64)
    reaches = right.T @ wrong > 0
    for _ in range(len(patterns.steps).bit_length()):
        reaches |= (reaches.astype(np.float64) @ reaches.astype(np.float64)) > 0
    if not (reaches | np.eye(len(reaches), dtype=np.bool_)).all():
        raise ValueError("the difficulties are not finite: on some items everybody did at least as well as on all others")


def _look(groups: list[_Group], b: Floats) -> tuple[float, Floats, Floats]:
    """Conditional log-likelihood, gradient by difficulty, and observed information."""
    objective, gradient, information = 0.0, np.zeros_like(b), np.zeros((len(b), len(b)))
    for group in groups:
        easiness = np.exp(-b[group.items])
        gammas = symmetric_functions(easiness)
        one, two = _chances(easiness, gammas)
        objective -= float(group.right @ b[group.items] + group.totals @ np.log(gammas).astype(np.float64))
        gradient[group.items] += one @ group.totals - group.right
        information[np.ix_(group.items, group.items)] += two @ group.totals - (one * group.totals) @ one.T
    return objective, gradient, information


def _chances(easiness: Floats, gammas: Floats) -> tuple[Floats, Floats]:
    """Chance of each item, and of each pair, to be right given the number right (items × totals; items × items × totals)."""
    k = len(easiness)
    without = symmetric_functions(easiness, without=True)
    one = np.zeros((k, k + 1))
    one[:, 1:] = easiness[:, None] * (without[:, :-1] / gammas[1:])
    two = np.zeros((k, k, k + 1))
    for item in range(k):
        rest = np.delete(np.arange(k), item)
        pairs = symmetric_functions(easiness[rest], without=True)
        two[item, rest, 2:] = easiness[item] * easiness[rest, None] * (pairs[:, :-1] / gammas[2:])
        two[item, item] = one[item]
    return one, two

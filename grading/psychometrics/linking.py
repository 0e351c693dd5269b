"""Putting the parameters of two calibrations on one scale: θ(old) = A · θ(new) + B, from the items they have in common."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.optimize import least_squares

from grading.psychometrics.irt.models import Floats, Items, expected_scores, probabilities

POINTS: Final = np.linspace(-4.0, 4.0, 161)


class Method(StrEnum):
    """The methods by their names on the command line."""

    MEAN_MEAN = "mean-mean"
    MEAN_SIGMA = "mean-sigma"
    HAEBARA = "haebara"
    STOCKING_LORD = "stocking-lord"


@dataclass(frozen=True)
class Link:
    """θ(old) = slope · θ(new) + intercept; `criterion` is what was minimised, None for the methods of moments."""

    slope: float
    intercept: float
    criterion: float | None


@dataclass(frozen=True)
class Criterion:
    """Where the curves of the two calibrations are compared.

    Attributes
    ----------
    points, weights
        Abilities and their weights: −4 to 4 by 0.05, each with weight 1, by default.
    both_directions
        Whether the differences on the new scale, of old items taken there, are added to those on the old scale.
    one_slope
        Whether A is fixed at 1, as it is where all slopes are 1.
    """

    points: Floats
    weights: Floats
    both_directions: bool = False
    one_slope: bool = False


def transform(items: Items, slope: float, intercept: float) -> Items:
    """Items of the new scale on the old one: a / A, b · A + B, c as it is (Kolen & Brennan 2014, eqs. 6.2-6.4)."""
    slopes = items.slopes / slope
    return Items(items.model, slopes, items.intercepts - slopes[:, None] * intercept, items.steps, items.guessing)


def link(new: Items, old: Items, method: Method, criterion: Criterion | None = None) -> Link:
    """Find A and B from common items, in the same order in `new` and `old`.

    Parameters
    ----------
    new, old
        The common items by their parameters on either scale.
    method
        `mean-mean` (Loyd & Hoover 1980): A = mean a(new) / mean a(old). `mean-sigma` (Marco 1977): A = SD b(old) / SD b(new).
        In both B = mean b(old) − A · mean b(new), with all thresholds of graded items. `haebara` (Haebara 1980) minimises the
        squared differences of the item curves, `stocking-lord` (Stocking & Lord 1983) those of the test curves.
    criterion
        Where the curves are compared; not used by the methods of moments.

    Raises
    ------
    ValueError
        When the difficulties of the common items are all the same and `mean-sigma` is asked for, or slopes are not positive.
    """
    criterion = criterion or Criterion(POINTS, np.ones_like(POINTS))
    if (new.slopes <= 0).any() or (old.slopes <= 0).any():
        raise ValueError("common items need slopes above 0")
    start = _moments(new, old, method, one_slope=criterion.one_slope)
    if method in (Method.MEAN_MEAN, Method.MEAN_SIGMA):
        return start
    weights = np.sqrt(criterion.weights)

    def differences(vector: Floats) -> Floats:
        slope, intercept = (1.0, vector[0]) if criterion.one_slope else (float(np.exp(vector[1])), vector[0])
        there = _difference(transform(new, slope, intercept), old, criterion.points, method)
        if not criterion.both_directions:
            return np.ravel(there * weights)
        back = _difference(transform(old, 1 / slope, -intercept / slope), new, criterion.points, method)
        return np.concatenate([np.ravel(there * weights), np.ravel(back * weights)])

    begin = [start.intercept] if criterion.one_slope else [start.intercept, float(np.log(start.slope))]
    found = least_squares(differences, begin, jac="3-point", xtol=1e-12, ftol=1e-14, gtol=1e-14)
    slope = 1.0 if criterion.one_slope else float(np.exp(found.x[1]))
    return Link(slope, float(found.x[0]), float(2 * found.cost))


def _moments(new: Items, old: Items, method: Method, *, one_slope: bool) -> Link:
    new_b, old_b = (items.thresholds[items.exists[:, 1:]] for items in (new, old))
    slope = float(new.slopes.mean() / old.slopes.mean())
    if method is Method.MEAN_SIGMA and not one_slope:
        if len(new_b) < 2 or np.ptp(new_b) == 0 or np.ptp(old_b) == 0:
            raise ValueError("mean-sigma needs common items of different difficulties")
        slope = float(old_b.std(ddof=1) / new_b.std(ddof=1))
    slope = 1.0 if one_slope else slope
    return Link(slope, float(old_b.mean() - slope * new_b.mean()), None)


def _difference(left: Items, right: Items, points: Floats, method: Method) -> Floats:
    """Differences of item curves (items × points, or of every category of graded items) or of test curves (points)."""
    if method is Method.STOCKING_LORD:
        return np.asarray(expected_scores(left, points).sum(axis=0) - expected_scores(right, points).sum(axis=0))
    chances = probabilities(left, points) - probabilities(right, points)
    return chances if left.intercepts.shape[1] > 1 else chances[:, 1]

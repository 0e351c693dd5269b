"""The models as probability functions: how likely each category of each item is at an ability.

Every item is held as a slope and the intercepts of its steps, `slope · θ + intercept`, in the logistic metric (D = 1); for
people a step's location is the threshold −intercept / slope. Arrays are padded to the item with the most steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


class Model(StrEnum):
    """The models by their names on the command line.

    Right and wrong: `rasch` (slope 1, the variance of ability is estimated), `1pl` (one common slope, θ ~ N(0, 1)), `2pl`
    (Birnbaum 1968), `3pl` (with a lower asymptote c). Graded: `grm` (Samejima 1969), `gpcm` (Muraki 1992).
    """

    RASCH = "rasch"
    ONE = "1pl"
    TWO = "2pl"
    THREE = "3pl"
    GRADED = "grm"
    PARTIAL_CREDIT = "gpcm"

    @property
    def is_graded(self) -> bool:
        """Whether items may have more than two categories."""
        return self in (Model.GRADED, Model.PARTIAL_CREDIT)

    @property
    def has_common_slope(self) -> bool:
        """Whether all items share one slope."""
        return self in (Model.RASCH, Model.ONE)


@dataclass(frozen=True)
class Items:
    """Items of one model.

    Attributes
    ----------
    model
        Which of the models.
    slopes
        Slope a of each item (items).
    intercepts
        Of each step of each item (items × steps); what lies beyond an item's own steps is not looked at.
    steps
        How many steps each item has: one less than its categories (items).
    guessing
        Lower asymptote c of each item (items); 0 but for `3pl`.
    """

    model: Model
    slopes: Floats
    intercepts: Floats
    steps: NDArray[np.int64]
    guessing: Floats

    def __len__(self) -> int:
        """The number of items."""
        return len(self.slopes)

    def pick(self, which: Any) -> "Items":
        """Some of the items, by index or mask."""
        return Items(self.model, self.slopes[which], self.intercepts[which], self.steps[which], self.guessing[which])

    @property
    def exists(self) -> NDArray[np.bool_]:
        """Which categories each item has (items × categories)."""
        return np.asarray(np.arange(self.intercepts.shape[1] + 1) <= self.steps[:, None])

    @property
    def thresholds(self) -> Floats:
        """Location of each step, −intercept / slope, NaN beyond an item's own steps (items × steps)."""
        located = np.full_like(self.intercepts, np.nan)
        np.divide(-self.intercepts, self.slopes[:, None], out=located, where=self.exists[:, 1:] & (self.slopes != 0)[:, None])
        return located

    @classmethod
    def from_thresholds(
        cls, model: Model, slopes: ArrayLike, thresholds: Sequence[Sequence[float]] | Floats, guessing: ArrayLike = 0.0
    ) -> "Items":
        """Items from slopes, thresholds (one list an item) and lower asymptotes."""
        a = np.asarray(slopes, dtype=np.float64)
        steps = np.array([len(one) for one in thresholds], dtype=np.int64)
        intercepts = np.zeros((len(a), int(steps.max(initial=1))))
        for item, one in enumerate(thresholds):
            intercepts[item, : len(one)] = -a[item] * np.asarray(one)
        return cls(model, a, intercepts, steps, np.broadcast_to(np.asarray(guessing, dtype=np.float64), a.shape).copy())


def probabilities(items: Items, theta: ArrayLike) -> Floats:
    """How likely each category is.

    Parameters
    ----------
    items
        The items.
    theta
        Abilities (points).

    Returns
    -------
    array
        items × categories × points; 0 for a category the item does not have.
    """
    return np.moveaxis(_probabilities(items, np.atleast_1d(np.asarray(theta, dtype=np.float64))), 1, 0)


def expected_scores(items: Items, theta: ArrayLike) -> Floats:
    """Expected score of each item, categories scored 0, 1, 2, … (items × points)."""
    chances = probabilities(items, theta)
    return np.asarray(np.arange(chances.shape[1], dtype=np.float64) @ chances)


def _probabilities(items: Items, theta: Floats) -> Floats:
    """Categories × items × points, so that categories are added and subtracted as whole planes."""
    lines = items.slopes[:, None] * theta
    if items.model is Model.PARTIAL_CREDIT:
        return _partial_credit(items, lines)
    ends = np.full((1, *lines.shape), np.inf)
    has = (np.arange(items.intercepts.shape[1])[:, None] < items.steps)[:, :, None]
    logits = np.concatenate([ends, np.where(has, lines + items.intercepts.T[:, :, None], -np.inf), -ends])
    upper, lower = logits[:-1], logits[1:]
    # L(x) − L(y) = L(x) · L(−y) · (1 − exp(y − x)) keeps its digits where both are near 1.
    apart = np.subtract(lower, upper, out=np.zeros_like(upper), where=np.isfinite(upper) | np.isfinite(lower))
    chances: Floats = expit(upper) * expit(-lower) * -np.expm1(apart)
    chances *= 1 - items.guessing[:, None]
    chances[1] += items.guessing[:, None]
    return chances


def _partial_credit(items: Items, lines: Floats) -> Floats:
    powers = np.full((items.intercepts.shape[1] + 1, *lines.shape), -np.inf)
    powers[0] = 0.0
    for step in range(items.intercepts.shape[1]):
        has = (items.steps > step)[:, None]
        powers[step + 1] = np.where(has, powers[step] + lines + items.intercepts[:, step, None], -np.inf)
    chances = np.exp(powers - powers.max(axis=0))
    return np.asarray(chances / chances.sum(axis=0))


@dataclass(frozen=True)
class Slopes:
    """How the probabilities change with ability: themselves, first and second derivative (items × categories × points)."""

    chances: Floats
    first: Floats
    second: Floats


def ability_derivatives(items: Items, theta: ArrayLike) -> Slopes:
    """The probabilities with their first and second derivative by ability."""
    points = np.atleast_1d(np.asarray(theta, dtype=np.float64))
    chances = _probabilities(items, points)
    a = items.slopes[:, None]
    if items.model is Model.PARTIAL_CREDIT:
        score = np.arange(len(chances), dtype=np.float64)[:, None, None]
        mean = (score * chances).sum(axis=0)
        variance = ((score - mean) ** 2 * chances).sum(axis=0)
        first = a * chances * (score - mean)
        second = a**2 * chances * ((score - mean) ** 2 - variance)
    else:
        first, second = np.zeros_like(chances), np.zeros_like(chances)
        for step in range(items.intercepts.shape[1]):
            logit = a * points + items.intercepts[:, step, None]
            logistic = expit(logit)
            bell = (items.steps > step)[:, None] * (1 - items.guessing[:, None]) * logistic * expit(-logit)
            for plane, change in ((first, a * bell), (second, a**2 * bell * (1 - 2 * logistic))):
                plane[step + 1] += change
                plane[step] -= change
    return Slopes(*(np.moveaxis(plane, 1, 0) for plane in (chances, first, second)))


def parameter_derivatives(items: Items, theta: Floats) -> tuple[Floats, Floats]:
    """The probabilities, and their derivatives by slope, intercepts and (`3pl`) the logit of c.

    Returns
    -------
    tuple of array
        items × categories × points, and parameters × items × categories × points: slope first, then each step, then logit c.
    """
    chances = _probabilities(items, theta)
    steps = items.intercepts.shape[1]
    guesses = items.model is Model.THREE
    changes = np.zeros((1 + steps + guesses, *chances.shape))
    if items.model is Model.PARTIAL_CREDIT:
        at_least = chances[::-1].cumsum(axis=0)[::-1]
        for step in range(steps):
            reached = (np.arange(len(chances)) > step)[:, None, None]
            changes[1 + step] = chances * (reached - at_least[step + 1])
    else:
        for step in range(steps):
            logit = items.slopes[:, None] * theta + items.intercepts[:, step, None]
            bell = (items.steps > step)[:, None] * (1 - items.guessing[:, None]) * expit(logit) * expit(-logit)
            changes[1 + step, step + 1], changes[1 + step, step] = bell, -bell
    changes[0] = theta * changes[1 : 1 + steps].sum(axis=0)
    if guesses:
        c = items.guessing[:, None]
        wrong = c * (1 - c) * expit(-items.slopes[:, None] * theta - items.intercepts)
        changes[-1, 1], changes[-1, 0] = wrong, -wrong
    return np.moveaxis(chances, 1, 0), np.moveaxis(changes, 2, 1)

"""How likely each option of each item is at an ability, and what ability chosen options speak for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

BLANK: Final = -1
ABILITY_RANGE_LOGIT: Final = (-4.0, 4.0)
"""Where the most likely ability is searched: it has no bound for somebody with everything right."""

NODES: Final = np.linspace(-6, 6, 61)
"""Points at which the posterior of an ability is summed."""


@dataclass(frozen=True)
class Choices:
    """What n candidates chose on k items: codes of options, n × k, −1 where blank; `key` the right code of each item."""

    codes: Whole
    key: Whole
    options: int

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether a candidate is right; a blank is not."""
        return np.asarray(self.codes == self.key)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whether a candidate chose anything."""
        return np.asarray(self.codes != BLANK)

    def chosen(self) -> Floats:
        """One column an item and option: 1 where chosen, n × (k · options)."""
        return np.asarray(self.codes[:, :, None] == np.arange(self.options), dtype=np.float64).reshape(len(self.codes), -1)


Chances = Callable[[Floats], Floats]
"""From abilities (n,) to chances of each option, n × k × options."""


def nominal_chances(slopes: ArrayLike, intercepts: ArrayLike) -> Chances:
    """The nominal response model: P(o) ∝ exp(a_o θ + c_o) (Bock 1972); k × options, NaN where an item has no such option."""
    a, c = np.asarray(slopes, dtype=np.float64), np.asarray(intercepts, dtype=np.float64)
    there = ~np.isnan(a) & ~np.isnan(c)

    def chances(theta: Floats) -> Floats:
        line = np.where(there, np.where(there, a, 0.0) * theta[:, None, None] + np.where(there, c, 0.0), -np.inf)
        odds = np.exp(line - line.max(axis=2, keepdims=True))
        return np.asarray(odds / odds.sum(axis=2, keepdims=True))

    return chances


def built_chances(choices: Choices, a: ArrayLike, b: ArrayLike, c: ArrayLike, d: float = 1.0) -> Chances:
    """Options from the three-parameter model: P(key) = c + (1 − c)/(1 + exp(−d a (θ − b))), the rest shared by distractors.

    Wrong options share 1 − P(key) at every ability as they did among the wrong answers to the item in these very data; where
    nobody was wrong, equally.
    """
    slope, place, guess = (np.asarray(x, dtype=np.float64) for x in (a, b, c))
    items = np.arange(choices.codes.shape[1])
    wrong = (choices.codes[:, :, None] == np.arange(choices.options)).sum(axis=0).astype(np.float64)
    wrong[items, choices.key] = 0
    total = wrong.sum(axis=1, keepdims=True)
    equal = np.full(wrong.shape, 1 / max(choices.options - 1, 1))
    equal[items, choices.key] = 0
    share = np.where(total > 0, wrong / np.where(total > 0, total, 1.0), equal)

    def chances(theta: Floats) -> Floats:
        right = guess + (1 - guess) * expit(d * slope * (theta[:, None] - place))
        found = (1 - right)[:, :, None] * share
        found[:, items, choices.key] = right
        return np.asarray(found)

    return chances


def log_likelihood(choices: Choices, chances: Chances, theta: Floats) -> Floats:
    """How likely each candidate's choices are at his ability, (n,); blanks say nothing."""
    of_items = np.take_along_axis(chances(theta), np.maximum(choices.codes, 0)[:, :, None], axis=2)[:, :, 0]
    return np.asarray(np.where(choices.answered, np.log(np.maximum(of_items, 1e-300)), 0.0).sum(axis=1))


def expected_abilities(choices: Choices, chances: Chances) -> Floats:
    """Mean of the posterior with a standard normal prior (EAP), over 61 points from −6 to 6."""
    at_nodes = np.log(np.maximum(chances(NODES), 1e-300)).reshape(len(NODES), -1)
    posterior = choices.chosen() @ at_nodes.T - NODES**2 / 2
    weight = np.exp(posterior - posterior.max(axis=1, keepdims=True))
    return np.asarray(weight @ NODES / weight.sum(axis=1))


def likeliest_abilities(choices: Choices, chances: Chances) -> Floats:
    """The most likely ability within −4 … 4 (ML), to 1e-9: the best of 81 points, then golden sections around it."""
    low, high = ABILITY_RANGE_LOGIT
    points = np.linspace(low, high, 81)
    at_points = choices.chosen() @ np.log(np.maximum(chances(points), 1e-300)).reshape(len(points), -1).T
    best, step = points[at_points.argmax(axis=1)], points[1] - points[0]
    left, right = np.maximum(best - step, low), np.minimum(best + step, high)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        one, two = right - ratio * (right - left), left + ratio * (right - left)
        better = log_likelihood(choices, chances, one) > log_likelihood(choices, chances, two)
        left, right = np.where(better, left, one), np.where(better, two, right)
    return np.asarray((left + right) / 2)

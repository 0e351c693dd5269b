"""Simulated raters whose severity, consistency and use of the scale are known."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

STEP_SPREAD_LOGIT: Final = 1.5
"""The lowest and the highest step of a scale lie this far below and above its middle."""


@dataclass(frozen=True)
class Raters:
    """r raters; every field has the shape (r,).

    `severity_logit` is positive for severe ones. `consistency` multiplies every distance: at 1 a rater follows the rating
    scale model, above it chance means less. `centrality` stretches the steps of the scale: above 1 a rater keeps to the
    middle, below 1 goes to the ends (Myford & Wolfe 2003).
    """

    severity_logit: Floats
    consistency: Floats
    centrality: Floats

    def __len__(self) -> int:
        return len(self.severity_logit)

    def take(self, rows: ArrayLike) -> "Raters":
        """Those in `rows`, in that order."""
        kept = np.asarray(rows, dtype=np.int64)
        return Raters(self.severity_logit[kept], self.consistency[kept], self.centrality[kept])


def draw_raters(r: int, rng: Generator, *, severity_sd_logit: float = 0.4) -> Raters:
    """Draw `r` raters who are right on average."""
    return Raters(rng.normal(0, severity_sd_logit, r), rng.lognormal(0.3, 0.25, r), rng.lognormal(0, 0.2, r))


def level_chances(quality_logit: ArrayLike, raters: Raters, levels: ArrayLike) -> Floats:
    """Chance of each level by the many-facet rating scale model: P(x) ∝ exp(κ Σ over j ≤ x of (q − s − ω·step j)).

    Parameters
    ----------
    quality_logit
        Quality of each script on each criterion, (n, criteria), less the criterion's difficulty.
    raters
        Who rates.
    levels
        How many levels a criterion has, for all or for each, at least 2.

    Returns
    -------
    Chances of levels 0, 1, …, (n, raters, criteria, most levels); 0 beyond a criterion's last one.

    References
    ----------
    Andrich, D. (1978). A rating formulation for ordered response categories. Psychometrika 43, 561–573.
    Linacre, J. M. (1989). Many-facet Rasch measurement. MESA Press.
    """
    quality = np.asarray(quality_logit, dtype=np.float64)
    count = np.broadcast_to(np.asarray(levels, dtype=np.int64), quality.shape[1:])[:, None]
    level = np.arange(count.max(initial=2))
    # The sum of evenly spaced steps from −spread to +spread up to each level.
    steps = STEP_SPREAD_LOGIT * level * (level + 1 - count) / np.maximum(count - 2, 1)
    leniency = quality[:, None, :] - raters.severity_logit[:, None]
    exponent = level * leniency[..., None] - raters.centrality[:, None, None] * steps
    exponent = np.where(level < count, raters.consistency[:, None, None] * exponent, -np.inf)
    chances = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True))


def rate(quality_logit: ArrayLike, raters: Raters, levels: ArrayLike, rng: Generator) -> NDArray[np.int64]:
    """Let every rater rate every script: levels from 0 up, (n, raters, criteria); see `level_chances`."""
    below = level_chances(quality_logit, raters, levels).cumsum(axis=-1)[..., :-1]
    return np.asarray((rng.random((*below.shape[:-1], 1)) >= below).sum(axis=-1))

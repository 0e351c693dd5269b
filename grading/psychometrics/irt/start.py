"""Where estimation begins."""

from typing import Final

import numpy as np
from scipy.special import logit

from grading.psychometrics.irt.models import Items, Model
from grading.psychometrics.irt.responses import Patterns

FIRST_GUESSING: Final = 0.15


def first_guess(patterns: Patterns, model: Model) -> Items:
    """Slopes of 1, intercepts from the proportions that reached each step, asymptotes of 0.15."""
    most = int(patterns.steps.max(initial=1))
    seen = patterns.counts @ (patterns.categories >= 0)
    reached = np.stack([patterns.counts @ (patterns.categories > step) for step in range(most)], axis=1)
    shares = (reached + 0.5) / (seen[:, None] + 1)
    if model is Model.PARTIAL_CREDIT:
        exact = np.concatenate([1 - shares[:, :1], shares[:, :-1] - shares[:, 1:], shares[:, -1:]], axis=1).clip(0.005)
        shares = exact[:, 1:] / (exact[:, 1:] + exact[:, :-1])
    guessing = np.full(len(patterns.steps), FIRST_GUESSING if model is Model.THREE else 0.0)
    shares = ((shares - guessing[:, None]) / (1 - guessing[:, None])).clip(0.001, 0.999)
    intercepts = np.where(np.arange(most) < patterns.steps[:, None], 1.2 * logit(shares), 0.0)
    return Items(model, np.ones(len(patterns.steps)), intercepts, patterns.steps, guessing)

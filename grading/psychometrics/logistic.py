"""Logistic regression from counts, told apart from data that no finite coefficients fit."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

Floats = NDArray[np.float64]

MOST_STEPS: Final = 60
SETTLED: Final = 1e-9


@dataclass(frozen=True)
class LogisticFit:
    """A fitted model: `settled` when its coefficients are finite, `told` when its terms can be told from each other."""

    log_likelihood: float
    beta: Floats
    covariance: Floats
    settled: bool
    told: bool = True


def fit_logistic(design: Floats, right: Floats, wrong: Floats) -> LogisticFit:
    """Maximum likelihood by Newton's method with step halving.

    Parameters
    ----------
    design
        Values of the terms, (rows, terms), the constant among them.
    right, wrong
        How many of each row are right and wrong, (rows,).
    """
    beta = np.zeros(design.shape[1])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return LogisticFit(0.0, beta, np.zeros((0, 0)), settled=False, told=False)
    best = _log_likelihood(design @ beta, right, wrong)
    for _ in range(MOST_STEPS):
        chance = expit(design @ beta)
        slope = design.T @ (right - (right + wrong) * chance)
        information = (design.T * ((right + wrong) * chance * (1 - chance))) @ design
        if not np.linalg.cond(information) < 1e13:
            break
        step = np.linalg.solve(information, slope)
        while (now := _log_likelihood(design @ (beta + step), right, wrong)) < best - 1e-9 * (1 + abs(best)):
            step /= 2
        beta, best = beta + step, max(best, now)
        if np.abs(step).max() < SETTLED * (1 + np.abs(beta).max()):
            return LogisticFit(best, beta, np.linalg.inv(information), settled=True)
    return LogisticFit(best, beta, np.zeros((0, 0)), settled=False)


def _log_likelihood(logit: Floats, right: Floats, wrong: Floats) -> float:
    return float(right @ log_expit(logit) + wrong @ log_expit(-logit))

"""Whether a candidate's responses follow the model: the standardised log-likelihood, and its form for estimated abilities."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

from grading.psychometrics.irt.models import Floats, Items, ability_derivatives
from grading.psychometrics.irt.responses import Integers, Patterns
from grading.psychometrics.irt.scoring import score_wle

BLOCK: Final = 2048
SMALLEST: Final = 1e-300
NO_VARIANCE: Final = 1e-10


@dataclass(frozen=True)
class PersonFit:
    """For every row of patterns; NaN where a row has no variance to compare with.

    Attributes
    ----------
    theta, errors
        Warm's weighted likelihood estimate and its standard error.
    log_likelihood
        Of the responses at that ability.
    lz
        Standardised as if the ability were known (Drasgow, Levine & Williams 1985): too close to 0 in practice.
    lz_star
        Corrected for the ability being estimated (Snijders 2001; for graded items Sinharay 2016): close to standard normal.
    p
        Of `lz_star`, one-sided: how likely so low a value is where the model holds.
    """

    theta: Floats
    errors: Floats
    log_likelihood: Floats
    lz: Floats
    lz_star: Floats
    p: Floats


def person_fit(items: Items, patterns: Patterns) -> PersonFit:
    """Person fit of every row, at its weighted likelihood estimate; missing responses (−1) add nothing."""
    abilities = score_wle(items, patterns)
    parts = [
        _standardise(items, patterns.categories[start : start + BLOCK], abilities.theta[start : start + BLOCK])
        for start in range(0, len(abilities.theta), BLOCK)
    ]
    log_likelihood, lz, lz_star = (np.concatenate(column) for column in zip(*parts, strict=True))
    return PersonFit(abilities.theta, abilities.errors, log_likelihood, lz, lz_star, ndtr(lz_star))


def _standardise(items: Items, categories: Integers, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood, lz and lz* of some rows.

    With l = Σ log P, its variance V and information I: c = Σ P' log P / I, and lz* = (l − E l + c r₀) / √(V − c² I), where
    r₀ = J / 2 I is what the weighted likelihood adds to the score (Snijders 2001, eqs. 4, 15 and 18; for right and wrong items
    this is his Σ (x − P) w with w = log P / Q).
    """
    slopes = ability_derivatives(items, theta)
    answered = (categories >= 0).T
    logs = np.log(slopes.chances.clip(SMALLEST))
    per_chance = np.divide(slopes.first, slopes.chances, out=np.zeros_like(logs), where=slopes.chances > SMALLEST)

    def total(per_item: Floats) -> Floats:
        return np.asarray((per_item * answered).sum(axis=0))

    mean = (slopes.chances * logs).sum(axis=1)
    observed = total(np.take_along_axis(logs, categories.T.clip(0)[:, None, :], axis=1)[:, 0])
    variance = total((slopes.chances * (logs - mean[:, None]) ** 2).sum(axis=1))
    information = total((per_chance * slopes.first).sum(axis=1))
    skew = total((per_chance * slopes.second).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        c = total((slopes.first * logs).sum(axis=1)) / information
        apart = observed - total(mean)
        left = variance - c**2 * information
        lz = np.where(variance > 0, apart / np.sqrt(variance), np.nan)
        lz_star = np.where(left > NO_VARIANCE * variance, (apart + c * skew / (2 * information)) / np.sqrt(left), np.nan)
    return observed, lz, lz_star

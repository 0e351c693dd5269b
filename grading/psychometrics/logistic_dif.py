"""Differential item functioning by logistic regression, which also finds what helps one group below and the other above."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from grading.psychometrics.dif import DECIMALS, SIGNIFICANCE, Cells, EtsClass
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.logistic import LogisticFit, fit_logistic

Floats = NDArray[np.float64]

MODERATE_R2: Final = 0.035
LARGE_R2: Final = 0.07
TERMS: Final = ("intercept", "total", "group", "total_by_group")


@dataclass(frozen=True)
class Contrast:
    """A likelihood-ratio test of two nested models, and the gain in Nagelkerke's R²."""

    chi2: Estimate
    df: int
    p: Estimate
    r2_change: Estimate


@dataclass(frozen=True)
class LogisticDif:
    """Logistic regression of one item on total, group and their product.

    `uniform` tests the group beside the total (1 df), `nonuniform` the product beside both (1 df), `both` the two at once (2).
    `coefficients` and `errors` are those of the whole model, in the order of `TERMS`; the group is 1 for the focal one.
    """

    uniform: Contrast
    nonuniform: Contrast
    both: Contrast
    coefficients: tuple[Estimate, ...]
    errors: tuple[Estimate, ...]
    effect: EtsClass | None


def logistic_dif(cells: Cells) -> LogisticDif:
    """Test an item for uniform and non-uniform differential functioning.

    Parameters
    ----------
    cells
        The tables of one item with a stratum for every score; `level` is the total, so that the counts hold all there is.

    Returns
    -------
    LogisticDif
        Coefficients have no value where they grow without bound because a group is right or wrong without exception above
        some total (``separated``); the tests do, from the limit of the likelihood. Nothing has one where the groups share
        too few totals to tell the terms apart (``not_estimable``), or everybody or nobody is right (``no_variance``).

    References
    ----------
    Swaminathan, H. & Rogers, H. J. (1990). Journal of Educational Measurement 27, 361–370; Nagelkerke, N. J. D. (1991).
    Biometrika 78, 691–692; classes of effect: Jodoin, M. G. & Gierl, M. J. (2001). Applied Measurement in Education 14,
    329–349.
    """
    right, wrong = cells.right.ravel(), cells.wrong.ravel()
    n = int(right.sum() + wrong.sum())
    if not (right.sum() and wrong.sum()):
        return _nothing(Estimate(None, n, "no_variance"))
    centre, spread = float(np.average(cells.level)), float(np.ptp(cells.level)) or 1.0
    total = np.repeat((cells.level - centre) / spread, 2)
    group = np.tile([0.0, 1.0], len(cells.level))
    design = np.stack([np.ones_like(total), total, group, total * group], axis=1)
    there = right + wrong > 0
    fits = [fit_logistic(design[there, :terms], right[there], wrong[there]) for terms in (1, 2, 3, 4)]
    uniform, nonuniform, both = (_contrast(fits[0], fits[small], fits[large], n) for small, large in ((1, 2), (2, 3), (1, 3)))
    # Back from the standardised total to marks: b0 − b1·m/s, b1/s, b2 − b3·m/s, b3/s.
    back: Floats = np.kron(np.eye(2), np.array([[1.0, -centre / spread], [0.0, 1 / spread]])).astype(np.float64)
    coefficients, errors = _terms(fits[3], back, n)
    return LogisticDif(uniform, nonuniform, both, coefficients, errors, _effect(both))


def _contrast(empty: LogisticFit, small: LogisticFit, large: LogisticFit, n: int) -> Contrast:
    """Compare two models."""
    df = len(large.beta) - len(small.beta)
    if not (small.told and large.told):
        none = Estimate(None, n, "not_estimable")
        return Contrast(none, df, none, none)
    chi2 = max(0.0, 2 * (large.log_likelihood - small.log_likelihood))
    change = _nagelkerke(large, empty, n) - _nagelkerke(small, empty, n)
    return Contrast(Estimate(chi2, n), df, Estimate(float(chdtrc(df, chi2)), n), Estimate(change, n))


def _nagelkerke(fit: LogisticFit, empty: LogisticFit, n: int) -> float:
    gain = -np.expm1(2 * (empty.log_likelihood - fit.log_likelihood) / n)
    return float(gain / -np.expm1(2 * empty.log_likelihood / n))


def _terms(fit: LogisticFit, back: Floats, n: int) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]]:
    """Coefficients and standard errors in marks."""
    if not fit.settled:
        none = (Estimate(None, n, "separated" if fit.told else "not_estimable"),) * len(TERMS)
        return none, none
    errors = np.sqrt(np.diag(back @ fit.covariance @ back.T))
    return tuple(Estimate(float(value), n) for value in back @ fit.beta), tuple(Estimate(float(value), n) for value in errors)


def _effect(both: Contrast) -> EtsClass | None:
    """Class by size and significance: A when not significant or below 0.035, C from 0.07, else B."""
    if both.p.value is None or both.r2_change.value is None:
        return None
    change = round(both.r2_change.value, DECIMALS)
    if both.p.value >= SIGNIFICANCE or change < MODERATE_R2:
        return EtsClass.A
    return EtsClass.B if change < LARGE_R2 else EtsClass.C


def _nothing(none: Estimate) -> LogisticDif:
    one, two = (Contrast(none, df, none, none) for df in (1, 2))
    return LogisticDif(one, one, two, (none,) * len(TERMS), (none,) * len(TERMS), None)

"""Loglinear presmoothing: a smooth distribution with the same first moments as the observed one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

Floats = NDArray[np.float64]

MOST_STEPS: Final = 100
SETTLED: Final = 1e-10


@dataclass(frozen=True)
class Smoothed:
    """Smoothed shares in the shape of the counts, and how well they fit.

    `chi2` is the likelihood-ratio statistic with `df` degrees of freedom; `aic` is −2 ln L + 2 · parameters (Poisson).
    """

    shares: Floats
    chi2: float
    df: int
    aic: float
    converged: bool


def smooth(counts: Floats, moments: int) -> Smoothed:
    """Smooth a distribution so that its first `moments` moments stay as observed.

    Parameters
    ----------
    counts
        Candidates at each score point, (points,).
    moments
        How many moments to keep; fewer than there are points.

    References
    ----------
    Holland, P. W. & Thayer, D. T. (2000). Journal of Educational and Behavioral Statistics 25, 133–183.
    """
    return _fit(counts, _powers(len(counts), moments))


def smooth_jointly(counts: Floats, moments: int, anchor_moments: int, cross: int) -> Smoothed:
    """Smooth the distribution of total and anchor: the moments of either and the cross moments xⁱvʲ, i and j up to `cross`.

    Parameters
    ----------
    counts
        Candidates at each total and anchor score, (points, anchor points).
    moments, anchor_moments, cross
        Moments to keep of the total, of the anchor and across.

    References
    ----------
    Holland & Thayer (2000); Kolen & Brennan (2004), chs. 3 and 5.
    """
    x, v = _powers(counts.shape[0], max(moments, cross)), _powers(counts.shape[1], max(anchor_moments, cross))
    whole = np.ones(counts.shape)
    terms = [
        *((whole * x[:, power, None]).ravel() for power in range(moments + 1)),
        *((whole * v[:, power]).ravel() for power in range(1, anchor_moments + 1)),
        *(np.outer(x[:, i], v[:, j]).ravel() for i in range(1, cross + 1) for j in range(1, cross + 1)),
    ]
    found = _fit(counts.ravel(), np.stack(terms, axis=1))
    return Smoothed(found.shares.reshape(counts.shape), found.chi2, found.df, found.aic, found.converged)


def _powers(points: int, highest: int) -> Floats:
    """Orthonormal polynomials up to a degree, (points, degrees + 1): the same models as powers, without their rounding."""
    spaced = np.linspace(-1.0, 1.0, points) if points > 1 else np.zeros(1)
    basis, _ = np.linalg.qr(np.polynomial.legendre.legvander(spaced, min(highest, points - 1)))
    powers: Floats = basis * np.sqrt(points)
    return powers


def _fit(counts: Floats, design: Floats) -> Smoothed:
    """Poisson maximum likelihood by Newton's method with step halving."""
    total = counts.sum()
    if total <= 0:
        return Smoothed(np.zeros_like(counts), 0.0, 0, 0.0, converged=False)
    beta = np.linalg.lstsq(design, np.log(0.8 * counts + 0.2 * total / len(counts)), rcond=None)[0]
    wanted, converged = design.T @ counts, False
    best = _log_likelihood(design, beta, wanted)
    for _ in range(MOST_STEPS):
        fitted = np.exp(design @ beta)
        off = wanted - design.T @ fitted
        if np.abs(off).max() < SETTLED * total:
            converged = True
            break
        step = np.linalg.lstsq((design.T * fitted) @ design, off, rcond=None)[0]
        for _ in range(40):
            now = _log_likelihood(design, beta + step, wanted)
            if now >= best - 1e-12 * abs(best):
                break
            step /= 2
        beta, best = beta + step, now
    fitted = np.exp(design @ beta)
    chi2 = 2 * float((xlogy(counts, counts) - xlogy(counts, fitted) - counts + fitted).sum())
    poisson = float((xlogy(counts, fitted) - fitted - gammaln(counts + 1)).sum())
    parameters = design.shape[1]
    return Smoothed(fitted / fitted.sum(), max(0.0, chi2), len(counts) - parameters, 2 * parameters - 2 * poisson, converged)


def _log_likelihood(design: Floats, beta: Floats, wanted: Floats) -> float:
    with np.errstate(over="ignore"):
        return float(wanted @ beta - np.exp(design @ beta).sum())

"""A calibration as it is reported: items on the scale of the model, with standard errors, whichever way they were estimated."""

from dataclasses import dataclass, replace
from math import log

import numpy as np

from grading.psychometrics.irt.cml import ConditionalFit
from grading.psychometrics.irt.mml import Fit
from grading.psychometrics.irt.models import Floats, Items, Model
from grading.psychometrics.irt.quadrature import Grid


@dataclass(frozen=True)
class Calibration:
    """Items and how well they are known.

    Attributes
    ----------
    items
        On the reported scale: for `rasch` all slopes are 1.
    slope_errors, threshold_errors, guessing_errors
        Standard errors (items; items × steps; items), NaN where there is none.
    ability_sd, ability_sd_error
        Standard deviation of ability in the population: 1 but for `rasch`; None with conditional likelihood.
    log_likelihood, n_parameters, n
        Of the fit; `n` counts the candidates that were used.
    iterations, converged
        How the estimation ended.
    marginal
        The marginal fit itself; None with conditional likelihood.
    """

    items: Items
    slope_errors: Floats
    threshold_errors: Floats
    guessing_errors: Floats
    ability_sd: float | None
    ability_sd_error: float | None
    log_likelihood: float
    n_parameters: int
    n: int
    iterations: int
    converged: bool
    marginal: Fit | None = None

    @property
    def aic(self) -> float:
        """Akaike's criterion: −2 log L + 2 p."""
        return -2 * self.log_likelihood + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion: −2 log L + p log n."""
        return -2 * self.log_likelihood + self.n_parameters * log(self.n)

    def grid(self, standard: Grid) -> Grid:
        """The grid of the population of ability, from one of the standard normal distribution."""
        return Grid(standard.theta * (self.ability_sd or 1.0), standard.weights)


def calibrate(fit: Fit, n: int) -> Calibration:
    """The calibration of a marginal fit; thresholds' standard errors by the delta method.

    For `rasch` the common slope is the standard deviation of ability σ, and with θ = σ z the difficulty is −intercept.
    """
    items, is_rasch = fit.items, fit.items.model is Model.RASCH
    errors = fit.standard_errors
    if errors is None:
        errors = np.full(fit.layout.place.shape, np.nan)
    steps = items.intercepts.shape[1]
    guessing = np.full(len(items), np.nan)
    if items.model is Model.THREE:
        guessing = items.guessing * (1 - items.guessing) * errors[:, -1]
    sd, sd_error = (float(items.slopes[0]), float(errors[0, 0])) if is_rasch else (1.0, None)
    return Calibration(
        replace(items, slopes=np.ones(len(items))) if is_rasch else items,
        np.full(len(items), np.nan) if is_rasch else errors[:, 0],
        errors[:, 1 : 1 + steps] if is_rasch else _threshold_errors(fit),
        guessing, sd, sd_error, fit.log_likelihood, fit.n_parameters, n, fit.iterations, fit.converged, fit,
    )  # fmt: skip


def calibrate_conditional(fit: ConditionalFit, n: int) -> Calibration:
    """The calibration of a conditional fit of the Rasch model: difficulties with sum zero, nothing said of ability."""
    k = len(fit.difficulties)
    items = Items.from_thresholds(Model.RASCH, np.ones(k), fit.difficulties[:, None])
    none = np.full(k, np.nan)
    errors = np.sqrt(np.diag(fit.covariance))[:, None]
    return Calibration(
        items, none, errors, none, None, None, fit.log_likelihood, k - 1, n, fit.iterations, fit.converged
    )  # fmt: skip


def _threshold_errors(fit: Fit) -> Floats:
    """Of b = −d / a: Var b = (Var d + b² Var a + 2 b Cov(a, d)) / a² (items × steps)."""
    thresholds = fit.items.thresholds
    if fit.covariance is None:
        return np.full_like(thresholds, np.nan)
    place = fit.layout.place[:, 1 : 1 + thresholds.shape[1]]
    slope = fit.layout.place[:, :1]
    variances = np.diag(fit.covariance)
    spread = variances[place] + thresholds**2 * variances[slope] + 2 * thresholds * fit.covariance[slope, place]
    return np.asarray(np.sqrt(spread) / np.abs(fit.items.slopes[:, None]))

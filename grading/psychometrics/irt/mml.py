"""Marginal maximum likelihood: item parameters with ability integrated out (Bock & Aitkin 1981).

The expectation step is Bock and Aitkin's. Instead of their maximisation the parameters move by Newton's method on the marginal
likelihood, with the information kept as long as the steps shrink fast, and by the expectation-maximisation step (Lange 1995)
where that would not help. Large data are first fitted on a sample of rows, which gives the start and the first information.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from grading.psychometrics.irt.information import total_information
from grading.psychometrics.irt.layout import Layout, lay_out
from grading.psychometrics.irt.marginal import Expected, Marginal
from grading.psychometrics.irt.models import Floats, Items, Model
from grading.psychometrics.irt.quadrature import NODES, RANGE, Grid, normal_grid
from grading.psychometrics.irt.responses import Patterns
from grading.psychometrics.irt.start import first_guess

TOLERANCE: Final = 1e-7
MOST_ITERATIONS: Final = 500
WARM_UP: Final = 2000
LONGEST_STEP: Final = 1.0
STEEPEST: Final = 25.0
GOOD_CONTRACTION: Final = 0.25
FIRST_EM_STEPS: Final = 3
MOST_HALVINGS: Final = 10
NO_GUESSING: Final = 1e-4
SMALL_GUESSING: Final = 0.002
FAST_FALL: Final = 0.3
SECOND_GUESSING: Final = 0.05
ROUNDING: Final = 1e-11
SMALL_RIDGE: Final = 1e-9
CENTRE: Final = 3.0
WIDEST_SPACING: Final = 1.2
MOST_NODES: Final = 601


@dataclass(frozen=True)
class BetaPrior:
    """A beta prior on lower asymptotes: density c^(alpha − 1) · (1 − c)^(beta − 1), both above 1."""

    alpha: float
    beta: float


@dataclass(frozen=True)
class Fit:
    """What was estimated.

    Attributes
    ----------
    items
        The items, with θ ~ N(0, 1).
    layout
        Where each parameter stands in `covariance`.
    covariance
        Of the estimates, the inverse of the observed information; None where that cannot be inverted.
    log_likelihood
        Of all candidates, without the prior.
    iterations
        Passes over all candidates.
    converged
        Whether the last step was below the tolerance and the information is positive definite; not where a slope runs away.
    grid
        The points of ability.
    """

    items: Items
    layout: Layout
    covariance: Floats | None
    log_likelihood: float
    iterations: int
    converged: bool
    grid: Grid

    @property
    def n_parameters(self) -> int:
        """How many parameters were estimated, a lower asymptote at its bound of 0 included."""
        return self.layout.size + int((self.items.guessing == 0).sum() if self.items.model is Model.THREE else 0)

    @property
    def standard_errors(self) -> Floats | None:
        """Of slope, intercepts and logit c (items × parameters), NaN where there is no parameter."""
        if self.covariance is None:
            return None
        errors = np.sqrt(np.diag(self.covariance))
        return np.where(self.layout.free, errors[self.layout.place], np.nan)


def fit(
    patterns: Patterns, model: Model, *, grid: Grid | None = None, prior: BetaPrior | None = None,
    most_iterations: int = MOST_ITERATIONS,
) -> Fit:  # fmt: skip
    """Estimate the items of a model.

    Parameters
    ----------
    patterns
        Rows of responses; missing ones are ignored (missing at random).
    model
        Which model; `rasch` is fitted as `1pl`, whose common slope is the standard deviation of ability.
    grid
        Points and weights of the standard normal distribution. By default 61 points on [−6, 6], or more where the items
        together are so sharp that these would be too far apart.
    prior
        On lower asymptotes; none by default. Without one, an asymptote that falls below 0.0001 is set to 0.
    most_iterations
        Passes over all candidates before giving up.
    """
    # The products are small: threads of the linear algebra would spend their time waiting for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        found = _fit(Marginal(patterns, grid or normal_grid()), model, prior, most_iterations)
        finer = normal_grid(_nodes_needed(found.items))
        if grid is None and found.converged and len(finer.theta) > len(found.grid.theta):
            climb = _Climb(Marginal(patterns, finer), lay_out(model, patterns.steps), prior)
            found = climb.go_up(found.items, most_iterations)
        return found


def _nodes_needed(items: Items) -> int:
    """Points that lie no further apart than the narrowest posterior of ability is wide; coarser ones would miss some."""
    standard = normal_grid()
    inside = np.abs(standard.theta) <= CENTRE
    width = (1 + total_information(items, standard.theta[inside]).max()) ** -0.5
    spacing = standard.theta[1] - standard.theta[0]
    return NODES if spacing <= WIDEST_SPACING * width else min(2 * ceil(RANGE / width) + 1, MOST_NODES)


def _fit(marginal: Marginal, model: Model, prior: BetaPrior | None, most_iterations: int) -> Fit:
    patterns = marginal.patterns
    layout, start, rows = lay_out(model, patterns.steps), first_guess(patterns, model), len(patterns.counts)
    curvature = None
    if rows > 2 * WARM_UP:
        some = patterns.sample(np.linspace(0, rows - 1, WARM_UP).astype(np.int64))
        warm = _Climb(Marginal(some, marginal.grid), layout, prior)
        warm.go_up(start, most_iterations)
        start = warm.here.items
        if warm.layout.size == layout.size and warm.curvature is not None:
            curvature = warm.curvature * (patterns.counts.sum() / some.counts.sum())
        start = replace(start, guessing=np.where(start.guessing > 0, start.guessing, first_guess(patterns, model).guessing / 3))
    return _Climb(marginal, layout, prior, curvature).go_up(start, most_iterations)


@dataclass(frozen=True)
class _Place:
    """A place on the way: the items and what the data say there."""

    items: Items
    expected: Expected
    objective: float


class _Climb:
    """The way up the likelihood of one set of patterns; `curvature` is the information in use."""

    def __init__(self, marginal: Marginal, layout: Layout, prior: BetaPrior | None, curvature: Floats | None = None) -> None:
        self.marginal, self.layout, self.prior, self.curvature = marginal, layout, prior, curvature
        self.iterations = 0
        self.settled: tuple[_Place, Layout] | None = None
        self.here: _Place

    def go_up(self, start: Items, most_iterations: int) -> Fit:
        """Go up until the step is below the tolerance, or nothing leads up any more."""
        self.here, before, length = self._look(start), np.inf, np.inf
        while self.iterations < most_iterations and np.abs(self.here.items.slopes).max() < STEEPEST:
            step = self._step()
            if self._drop_guessing(step):
                self.curvature, before = None, np.inf
                continue
            length = float(np.abs(step).max(initial=0.0))
            if length < TOLERANCE and self.curvature is not None:
                if not self._take_guessing_back():
                    break
                self.curvature, before = None, np.inf
                continue
            went = self._go(step)
            if not went and self.curvature is None:
                break
            if not went:
                self.curvature = None
            elif self.iterations > FIRST_EM_STEPS and length > GOOD_CONTRACTION * before:
                self.curvature = _if_definite(self._information())
            before = length if went else np.inf
        self._settle()
        return self._fit(converged=length < TOLERANCE)

    def _fit(self, *, converged: bool) -> Fit:
        information = _if_definite(self._information())
        covariance = None if information is None else np.asarray(np.linalg.inv(information), dtype=np.float64)
        return Fit(
            self.here.items, self.layout, covariance, self.here.expected.log_likelihood, self.iterations,
            converged and covariance is not None, self.marginal.grid,
        )  # fmt: skip

    def _look(self, items: Items) -> _Place:
        """Take an expectation step at a place."""
        self.iterations += 1
        expected = self.marginal.expect(items)
        return _Place(items, expected, expected.log_likelihood + self._log_prior(items))

    def _go(self, step: Floats) -> bool:
        """Move by a step, or by as much of it as leads up; says whether anything did."""
        slack = ROUNDING * abs(self.here.objective)
        vector = self.layout.read(self.here.items)
        for halving in range(MOST_HALVINGS):
            items = self.layout.write(self.here.items, vector + step * 0.5**halving)
            if not _is_ordered(items):
                continue
            there = self._look(items)
            if there.objective >= self.here.objective - slack:
                self.here = there
                return True
        return False

    def _step(self) -> Floats:
        """The next step: Newton's where the information is known, else that of expectation and maximisation."""
        counts = self.here.expected.counts
        gradient = self.marginal.gradient(self.here.items, counts)
        gradient[:, -1] += self._prior_slope()
        curvature = self.curvature
        if curvature is None:
            blocks = self.marginal.complete_information(self.here.items, counts)
            curvature = self.layout.gather_blocks(blocks) + SMALL_RIDGE * np.eye(self.layout.size)
        return self._shorten(np.asarray(np.linalg.solve(curvature, self.layout.gather(gradient)), dtype=np.float64))

    def _shorten(self, step: Floats) -> Floats:
        """No parameter moves by more than the longest step: item by item where items move apart, else all together."""
        moves = np.where(self.layout.free, step[self.layout.place], 0.0)
        scale = LONGEST_STEP / np.abs(moves).max(axis=1, keepdims=True).clip(LONGEST_STEP)
        if self.curvature is not None or self.here.items.model.has_common_slope:
            return np.asarray(step * scale.min())
        shortened = np.zeros_like(step)
        shortened[self.layout.place[self.layout.free]] = (moves * scale)[self.layout.free]
        return shortened

    def _information(self) -> Floats:
        information = self.marginal.observed_information(self.here.items, self.layout, self.here.expected.counts)
        if self.prior is not None:
            c = self.here.items.guessing
            bend = np.zeros(self.layout.place.shape)
            bend[:, -1] = (self.prior.alpha + self.prior.beta - 2) * c * (1 - c)
            information += np.diag(self.layout.gather(bend))
        return information

    def _log_prior(self, items: Items) -> float:
        if self.prior is None:
            return 0.0
        c = items.guessing
        return float(((self.prior.alpha - 1) * np.log(c) + (self.prior.beta - 1) * np.log1p(-c)).sum())

    def _prior_slope(self) -> Floats:
        """Derivative of the logarithm of the prior by the logit of c, for each item."""
        c = self.here.items.guessing
        if self.prior is None:
            return np.zeros_like(c)
        return (self.prior.alpha - 1) * (1 - c) - (self.prior.beta - 1) * c

    def _drop_guessing(self, step: Floats) -> bool:
        """Set lower asymptotes that fall to their bound to 0 and estimate them no more; says whether there were any."""
        items = self.here.items
        if items.model is not Model.THREE or self.prior is not None:
            return False
        falls = np.where(self.layout.free[:, -1], step[self.layout.place[:, -1]], 0.0) < -FAST_FALL
        fell = (items.guessing > 0) & (items.guessing < np.where(falls, SMALL_GUESSING, NO_GUESSING))
        if fell.any():
            self.layout = self.layout.without_guessing(fell)
            self.here = self._look(replace(items, guessing=np.where(fell, 0.0, items.guessing)))
        return bool(fell.any())

    def _take_guessing_back(self) -> bool:
        """Once, at the top, raise every asymptote that was set to 0: the likelihood may be higher beyond a dip."""
        items = self.here.items
        if items.model is not Model.THREE or self.settled is not None or not (items.guessing == 0).any():
            return False
        self.settled = (self.here, self.layout)
        self.layout = lay_out(items.model, items.steps)
        self.here = self._look(replace(items, guessing=np.where(items.guessing == 0, SECOND_GUESSING, items.guessing)))
        return True

    def _settle(self) -> None:
        """Keep the better of the two tops."""
        if self.settled is not None and self.settled[0].objective > self.here.objective:
            self.here, self.layout = self.settled


def _if_definite(matrix: Floats) -> Floats | None:
    """The matrix, None where it is not positive definite."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None
    return matrix


def _is_ordered(items: Items) -> bool:
    """Whether the steps of graded items are in order, so that every category has a chance."""
    if items.model is not Model.GRADED:
        return True
    return bool((np.diff(items.intercepts, axis=1) < 0)[items.exists[:, 2:]].all())

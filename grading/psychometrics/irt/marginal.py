"""The marginal likelihood of response patterns under a normal distribution of ability, its gradient and its information.

Candidates are worked through in blocks; the posterior of ability is a matrix of candidates × points, and every sum over
candidates is a product of matrices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.irt.layout import Layout
from grading.psychometrics.irt.models import Floats, Items, Model, parameter_derivatives, probabilities
from grading.psychometrics.irt.quadrature import Grid
from grading.psychometrics.irt.responses import Patterns

BLOCK = 4096
LARGE_BLOCK = 32768
NEGLIGIBLE = 1e-12
SMALLEST = 1e-300
STEP = 1e-5


@dataclass(frozen=True)
class Expected:
    """What the posterior says: the log-likelihood, and how many candidates of each ability gave each category.

    `counts` is items × categories × points.
    """

    log_likelihood: float
    counts: Floats


@dataclass(frozen=True)
class Block:
    """Some rows: which category above 0 each response is (rows × all steps), what was answered, and how often."""

    chosen: Floats
    answered: Floats | None
    counts: Floats


@dataclass(frozen=True)
class Marginal:
    """Patterns of responses on a grid of abilities."""

    patterns: Patterns
    grid: Grid

    @cached_property
    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Item and category of each column of `Block.chosen`."""
        items = np.repeat(np.arange(len(self.patterns.steps)), self.patterns.steps)
        first = np.concatenate([[0], self.patterns.steps.cumsum()[:-1]])
        return items, np.arange(len(items)) - first[items] + 1

    @cached_property
    def _chosen(self) -> NDArray[np.bool_]:
        items, categories = self.rows
        return np.asarray(self.patterns.categories[:, items] == categories)

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The rows in blocks, by default such as fit the processor's cache."""
        for start in range(0, len(self.patterns.counts), size):
            part = slice(start, start + size)
            answered = None if self.patterns.is_complete else (self.patterns.categories[part] >= 0).astype(np.float64)
            yield Block(self._chosen[part].astype(np.float64), answered, self.patterns.counts[part])

    def posterior(self, items: Items, size: int = BLOCK) -> Iterator[tuple[Block, Floats, Floats]]:
        """For each block the log-likelihood of each row and its posterior of ability (rows × points)."""
        logs = np.log(probabilities(items, self.grid.theta).clip(SMALLEST))
        of, category = self.rows
        base = logs[:, 0]
        above = logs[of, category] - base[of]
        prior = np.log(self.grid.weights)
        for block in self.blocks(size):
            joint = block.chosen @ above
            joint += prior + base.sum(axis=0) if block.answered is None else prior + block.answered @ base
            highest = joint.max(axis=1, keepdims=True)
            joint -= highest
            np.exp(joint, out=joint)
            total = joint.sum(axis=1, keepdims=True)
            joint /= total
            yield block, (np.log(total) + highest)[:, 0], joint

    def expect(self, items: Items) -> Expected:
        """The expectation step (Bock & Aitkin 1981, eqs. 9-11)."""
        of, category = self.rows
        log_likelihood, per_step = 0.0, np.zeros((len(of), len(self.grid.theta)))
        answered = np.zeros((len(items), len(self.grid.theta)))
        for block, logs, posterior in self.posterior(items):
            log_likelihood += float(block.counts @ logs)
            np.multiply(posterior, block.counts[:, None], out=posterior)
            per_step += block.chosen.T @ posterior
            answered += posterior.sum(axis=0) if block.answered is None else block.answered.T @ posterior
        counts = np.zeros((len(items), items.intercepts.shape[1] + 1, len(self.grid.theta)))
        counts[of, category] = per_step
        counts[:, 0] = answered - counts.sum(axis=1)
        return Expected(log_likelihood, counts)

    def gradient(self, items: Items, counts: Floats) -> Floats:
        """Gradient of the marginal log-likelihood, from expected counts at the same parameters (items × parameters)."""
        return np.asarray(np.einsum("kcq,pkcq->kp", counts, self._log_changes(items), optimize=True))

    def complete_information(self, items: Items, counts: Floats) -> Floats:
        """Expected information were abilities known (items × parameters × parameters); always positive definite."""
        chances, changes = parameter_derivatives(items, self.grid.theta)
        weighted = changes * (counts.sum(axis=1)[:, None, :] / chances.clip(SMALLEST))
        return np.asarray(np.einsum("pkcq,rkcq->kpr", weighted, changes, optimize=True))

    def observed_information(self, items: Items, layout: Layout, counts: Floats) -> Floats:
        """Observed information of the marginal likelihood (parameters × parameters): Louis 1982, exact on the grid.

        What would be known with abilities observed, less the variance of the score given the responses.
        """
        of, category = self.rows
        changes = self._log_changes(items)
        base = changes[:, :, 0]
        above = changes[:, of, category] - base[:, of]
        missing = self._missing(items, layout, base, above)
        return layout.gather_blocks(self._curvature(items, layout, counts)) - missing

    def _log_changes(self, items: Items) -> Floats:
        chances, changes = parameter_derivatives(items, self.grid.theta)
        return np.divide(changes, chances, out=np.zeros_like(changes), where=chances > SMALLEST)

    def _curvature(self, items: Items, layout: Layout, counts: Floats) -> Floats:
        """Observed information were abilities known, from central differences of the analytic gradient."""
        blocks = np.zeros((len(items), layout.place.shape[1], layout.place.shape[1]))
        apart = Layout(np.arange(layout.place.size).reshape(layout.place.shape))
        vector = apart.read(items)
        for parameter in range(layout.place.shape[1]):
            shift = np.zeros(layout.place.shape)
            shift[:, parameter] = STEP * layout.free[:, parameter]
            up, down = (self.gradient(apart.write(items, vector + sign * shift.ravel()), counts) for sign in (1.0, -1.0))
            blocks[:, :, parameter] = (down - up) / (2 * STEP)
        return (blocks + blocks.transpose(0, 2, 1)) / 2

    def _missing(self, items: Items, layout: Layout, base: Floats, above: Floats) -> Floats:
        """Variance of the score given the responses, summed over candidates."""
        total = np.zeros((layout.size, layout.size))
        for block, _, posterior in self.posterior(items, LARGE_BLOCK):
            means = self._mean_scores(block, posterior, layout, base, above) * np.sqrt(block.counts)[:, None]
            total -= means.T @ means
            np.multiply(posterior, block.counts[:, None], out=posterior)
            if block.answered is None and items.model not in (Model.THREE, Model.GRADED):
                total += self._linear_squares(block, posterior, layout, base, above)
            else:
                total += self._squares(block, posterior, layout, base, above)
        return total

    def _squares(self, block: Block, posterior: Floats, layout: Layout, base: Floats, above: Floats) -> Floats:
        """Sum of squared scores over candidates and abilities, ability by ability."""
        answered = np.ones((len(posterior), 1)) if block.answered is None else block.answered
        both = np.concatenate([block.chosen, answered], axis=1)
        total = np.zeros((layout.size, layout.size))
        share = posterior.sum(axis=0)
        for point in np.flatnonzero(share > NEGLIGIBLE * share.sum()):
            weighted = both * np.sqrt(posterior[:, point, None])
            design = self._design(layout, base[:, :, point], above[:, :, point], answered.shape[1])
            total += design.T @ (weighted.T @ weighted) @ design
        return total

    def _linear_squares(self, block: Block, posterior: Floats, layout: Layout, base: Floats, above: Floats) -> Floats:
        """The same where scores are linear in ability (`1pl`, `2pl`, `gpcm`) and nothing is missing: three products in all."""
        theta = self.grid.theta
        nowhere = np.zeros(base.shape[:2])
        constant = self._design(layout, nowhere, np.concatenate([nowhere[:1, self.rows[0]], above[1:, :, 0]]), 1)[:-1]
        rising = self._design(layout, nowhere, np.concatenate([above[:1, :, 0], 0 * above[1:, :, 0]]) / theta[0], 1)[:-1]
        total = np.zeros((layout.size, layout.size))
        for power, pairs in enumerate((((constant, constant),), ((constant, rising), (rising, constant)), ((rising, rising),))):
            product = (block.chosen * (posterior @ theta**power)[:, None]).T @ block.chosen
            for left, right in pairs:
                total += left.T @ product @ right
        common = np.stack([layout.gather(base[:, :, point].T) for point in range(len(theta))])
        sums = block.chosen.T @ posterior
        cross = (constant.T @ sums + rising.T @ (sums * theta)) @ common
        return np.asarray(total + cross + cross.T + (common * posterior.sum(axis=0)[:, None]).T @ common)

    def _mean_scores(self, block: Block, posterior: Floats, layout: Layout, base: Floats, above: Floats) -> Floats:
        """Posterior mean of each candidate's score (rows × free parameters)."""
        of, _ = self.rows
        starts = np.flatnonzero(np.diff(of, prepend=-1))
        scores = np.zeros((len(posterior), layout.size))
        for parameter in range(len(base)):
            free = layout.free[:, parameter]
            if not free.any():
                continue
            part = np.add.reduceat(block.chosen * (posterior @ above[parameter].T), starts, axis=1)
            common = posterior @ base[parameter].T
            part += common if block.answered is None else common * block.answered
            places = layout.place[free, parameter]
            if len(np.unique(places)) < len(places):
                scores[:, places[0]] += part[:, free].sum(axis=1)
            else:
                scores[:, places] += part[:, free]
        return scores

    def _design(self, layout: Layout, base: Floats, above: Floats, wide: int) -> Floats:
        """How the free parameters' scores follow from what was chosen and what was answered, at one ability."""
        of, _ = self.rows
        design = np.zeros((len(of) + wide, layout.size))
        for parameter in range(len(base)):
            free = layout.free[:, parameter]
            rows = np.flatnonzero(free[of])
            np.add.at(design, (rows, layout.place[of[rows], parameter]), above[parameter, rows])
            items = np.flatnonzero(free)
            np.add.at(design, (len(of) + items % wide, layout.place[items, parameter]), base[parameter, items])
        return design

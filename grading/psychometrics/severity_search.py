"""The maximum of the joint likelihood of a many-facet rating scale model, by Newton's method from normal approximations."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy import sparse
from scipy.linalg import pinvh

from grading.psychometrics.severity_design import Floats, Ratings, design_matrix

MOST_ROUNDS: Final = 100
SMALLEST_STEP_LOGIT: Final = 1e-8
SMALLEST_RESIDUAL: Final = 1e-6

PROX_ROUNDS: Final = 5
LOGISTIC_TO_NORMAL: Final = 2.9
"""Square of 1.7, by which normal and logistic variances are made alike."""


@dataclass(frozen=True)
class Moments:
    """Of each rating: chances of the categories (m × categories), expected score, its variance and fourth central moment."""

    chances: Floats
    expected: Floats
    variance: Floats
    fourth: Floats


@dataclass(frozen=True)
class Curvature:
    """Information of candidates (n,), between them and all else (n × s), and the inverse for all else, candidates unknown."""

    own: Floats
    to_other: Floats
    inverse: Floats


@dataclass
class State:
    """Where the search is: measures of all elements in one row, and the free steps (all but the ends of each structure)."""

    elements: Floats
    steps: Floats
    moments: Moments = field(init=False)
    log_likelihood: float = field(init=False)


def moments(logit: Floats, steps: Floats) -> Moments:
    """Chances and moments of ratings at these logits (candidate − rater − criterion), with `steps` of each, m × categories."""
    category = np.arange(steps.shape[1])
    exponent = logit[:, None] * category + steps
    chances = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    expected = chances @ category
    off = (category - expected[:, None]) ** 2
    return Moments(chances, expected, (chances * off).sum(axis=1), (chances * off**2).sum(axis=1))


class Search:
    """Newton's method for one set of ratings."""

    def __init__(self, ratings: Ratings) -> None:
        self.ratings = ratings
        self.n = ratings.counts[0]
        self.design = design_matrix(ratings)
        used = ratings.used.copy()
        ends = np.sort(np.stack([used.argmax(axis=1), used.shape[1] - 1 - used[:, ::-1].argmax(axis=1)]), axis=0)
        self.used, inner = used, used.copy()
        inner[np.arange(len(used)), ends[0]] = inner[np.arange(len(used)), ends[1]] = False
        self.inner = inner & used
        self.place = np.where(self.inner, np.cumsum(self.inner.ravel()).reshape(inner.shape) - 1, -1)
        self.given = sparse.csr_array(
            (np.ones(len(ratings.scores)), (np.arange(len(ratings.scores)), ratings.structure)),
            shape=(len(ratings.scores), len(used)),
        )

    def spread(self, steps: Floats) -> Floats:
        """Free steps as structures × categories: 0 at both ends, −inf where a category was not used."""
        table = np.where(self.used, 0.0, -np.inf)
        table[self.inner] = steps
        return np.asarray(table)

    def run(self) -> tuple[State, int, bool]:
        """The maximum, the rounds it took, and whether the rule was met."""
        state = self.evaluate(prox(self.ratings), self._first_steps())
        for round_ in range(1, MOST_ROUNDS + 1):
            slope, step = self._newton(state)
            length = 1.0
            while length > 1e-6:
                move = length * step
                moved = self.evaluate(state.elements + move[: len(state.elements)], state.steps + move[len(state.elements) :])
                if moved.log_likelihood >= state.log_likelihood - 1e-9 * abs(state.log_likelihood):
                    break
                length /= 2
            state = moved
            if np.abs(step).max() < SMALLEST_STEP_LOGIT and np.abs(slope).max() < SMALLEST_RESIDUAL:
                return state, round_, True
        return state, MOST_ROUNDS, False

    def evaluate(self, elements: Floats, steps: Floats) -> State:
        """The chances, and how likely the ratings are, at these parameters."""
        state = State(elements, steps)
        logit = self.design @ elements
        state.moments = moments(logit, self.spread(steps)[self.ratings.structure])
        at = state.moments.chances[np.arange(len(logit)), self.ratings.scores]
        state.log_likelihood = float(np.log(np.maximum(at, 1e-300)).sum())
        return state

    def _first_steps(self) -> Floats:
        """Log shares of the categories, with the trend between the ends taken out."""
        counts = np.zeros(self.used.shape)
        np.add.at(counts, (self.ratings.structure, self.ratings.scores), 1)
        return np.asarray(
            np.where(self.inner, np.log(np.maximum(counts, 0.5) / counts.max(axis=1, keepdims=True)), 0.0)[self.inner]
        )

    def curvature(self, now: Moments) -> Curvature:
        """Information of all parameters, in the blocks that eliminating the candidates needs."""
        across = self._columns(now.chances * (np.arange(now.chances.shape[1]) - now.expected[:, None]))
        weighted = sparse.diags_array(now.variance) @ self.design[:, self.n :]
        with_steps = self.design.T @ across
        own = self.design[:, : self.n].T @ now.variance
        own = np.where(own > 0, own, 1.0)
        to_other = np.hstack([(self.design[:, : self.n].T @ weighted).toarray(), with_steps[: self.n]])
        between = (self.design[:, self.n :].T @ weighted).toarray()
        other = np.block([[between, with_steps[self.n :]], [with_steps[self.n :].T, self._among_steps(now)]])
        inverse = pinvh(other - to_other.T @ (to_other / own[:, None]), rtol=1e-10)
        return Curvature(own, to_other, inverse)

    def _newton(self, state: State) -> tuple[Floats, Floats]:
        """Slope of the likelihood and Newton's step; directions that the ratings do not tell of are left alone."""
        m, now = self.ratings, state.moments
        hit = np.zeros_like(now.chances)
        hit[np.arange(len(m.scores)), m.scores] = 1
        slope = np.concatenate([self.design.T @ (m.scores - now.expected), (self.given.T @ (hit - now.chances))[self.inner]])
        of = self.curvature(now)
        step = of.inverse @ (slope[self.n :] - of.to_other.T @ (slope[: self.n] / of.own))
        return slope, np.concatenate([(slope[: self.n] - of.to_other @ step) / of.own, step])

    def joint_errors(self, state: State) -> tuple[Floats, Floats]:
        """Errors of all elements and the covariance of the free steps, all parameters being unknown together."""
        of = self.curvature(state.moments)
        carried = of.to_other / of.own[:, None]
        candidates = 1 / of.own + ((carried @ of.inverse) * carried).sum(axis=1)
        others = self.design.shape[1] - self.n
        variances = np.concatenate([candidates, np.diag(of.inverse)[:others]])
        return np.sqrt(np.maximum(variances, 0)), of.inverse[others:, others:]

    def _columns(self, per_category: Floats) -> Floats:
        """Spread m × categories over m × free steps: each rating has figures in the columns of its own structure only."""
        found = np.zeros((len(per_category), int(self.inner.sum())))
        place = self.place[self.ratings.structure]
        rows, categories = np.nonzero(place >= 0)
        found[rows, place[rows, categories]] = per_category[rows, categories]
        return found

    def _among_steps(self, now: Moments) -> Floats:
        chances = self._columns(now.chances)
        return np.asarray(np.diag(chances.sum(axis=0)) - chances.T @ chances)


def prox(ratings: Ratings) -> Floats:
    """Normal approximations: mean of what an element met, plus its logit, stretched by the spread of what it met."""
    low, high = ratings.bounds
    share = (ratings.scores - low) / np.maximum(high - low, 1)
    measures = [np.zeros(count) for count in ratings.counts]
    signs = (1.0, -1.0, -1.0)
    for _ in range(PROX_ROUNDS):
        for facet in range(3):
            met = -sum(signs[f] * measures[f][ratings.elements[f]] for f in range(3) if f != facet)
            index, count = ratings.elements[facet], ratings.counts[facet]
            rated = np.maximum(np.bincount(index, minlength=count), 1)
            mean, square, right = (np.bincount(index, weights=w, minlength=count) / rated for w in (met, met**2, share))
            right = right.clip(0.5 / (rated + 1), 1 - 0.5 / (rated + 1))
            stretch = np.sqrt(1 + np.maximum(square - mean**2, 0) / LOGISTIC_TO_NORMAL)
            measures[facet] = signs[facet] * (mean + stretch * np.log(right / (1 - right)))
            if facet:
                measures[facet] -= measures[facet].mean()
    return np.concatenate(measures)

"""Severity of raters: the many-facet rating scale model by joint maximum likelihood.

log P(x)/P(x − 1) = candidate − rater − criterion − threshold x (Linacre 1989), thresholds shared by all (Andrich 1978) or each
criterion's own (partial credit, Masters 1982). Raters and criteria have mean 0, thresholds mean 0, candidates are free.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from grading.psychometrics.severity_design import Floats, Ratings, Split, Whole, free_directions, set_extremes_apart
from grading.psychometrics.severity_search import MOST_ROUNDS, SMALLEST_STEP_LOGIT, Search, moments

EXTREME_SHARE: Final = 0.3
"""An extreme score is moved this far inward, in score points, to get a finite measure (Linacre's rule)."""

LARGEST_ERROR_LOGIT: Final = 30.0
"""A larger error is that of a measure the search drove towards infinity."""


class NoMaximumError(ValueError):
    """The ratings determine no measures."""


@dataclass(frozen=True)
class Severity:
    """A fitted model; measures in logits, NaN where an element has none.

    `measures` and their errors are of candidates, raters and criteria: `errors` with all others held, `joint_errors` with all
    unknown together. `steps` holds the sum of thresholds up to each category with its sign changed, structures × categories,
    −inf where a category was not used; `threshold_errors` are of the threshold into each category, NaN where there is none.
    """

    split: Split
    measures: tuple[Floats, Floats, Floats]
    errors: tuple[Floats, Floats, Floats]
    joint_errors: tuple[Floats, Floats, Floats]
    steps: Floats
    threshold_errors: Floats
    rounds: int
    converged: bool
    log_likelihood: float
    bias_factor: float = 1.0


def fit_severity(ratings: Ratings, *, correct_bias: bool = True) -> Severity:
    """Fit the many-facet rating scale model; raises `NoMaximumError` when the ratings do not determine one.

    Newton's method on the concave likelihood of all parameters together, candidates eliminated, halving a step that does not
    help, from normal approximations (PROX). Done when no step is above 1e-8 logit and no score is off by more than 1e-6.
    Elements with only lowest or only highest ratings are set apart and measured afterwards from a score 0.3 points inside.

    Parameters
    ----------
    correct_bias
        Shrink raters, criteria and thresholds by (L − 1)/L, L the mean number of ratings of a candidate, and measure the
        candidates again (Wright & Douglas 1977).

    References
    ----------
    Linacre, J. M. (1989). Many-facet Rasch measurement. MESA Press.
    Andrich, D. (1978). Psychometrika 43, 561–573. Masters, G. N. (1982). Psychometrika 47, 149–174.
    Wright, B. D., & Douglas, G. A. (1977). Educational and Psychological Measurement 37, 573–586.
    """
    split = set_extremes_apart(ratings)
    kept = split.ratings
    if not len(kept.scores):
        raise NoMaximumError("every rating is of an element with only lowest or only highest ratings")
    search = Search(kept)
    state, rounds, converged = search.run()
    joint, covariance = search.joint_errors(state)
    if max(joint.max(), np.sqrt(np.diag(covariance).clip(0)).max(initial=0)) > LARGEST_ERROR_LOGIT:
        raise NoMaximumError("the ratings are too few for the model: some measures run to infinity")
    measures, steps = _centred(kept, state.elements), search.spread(state.steps)
    factor = _bias_factor(kept) if correct_bias else 1.0
    if factor < 1:
        steps = np.where(np.isfinite(steps), steps * factor, steps)
        measures = (measures[0], measures[1] * factor, measures[2] * factor)
        measures = (_measure(kept, 0, measures, steps, kept.scores.astype(np.float64)), *measures[1:])
    full = _with_extremes(ratings, split, measures, steps)
    return Severity(
        split=split, measures=full, errors=_errors(ratings, full, steps), joint_errors=_joint_errors(split, joint * factor),
        steps=steps, threshold_errors=_threshold_errors(search, covariance) * factor, rounds=rounds, converged=converged,
        log_likelihood=state.log_likelihood, bias_factor=factor,
    )  # fmt: skip


def _joint_errors(split: Split, joint: Floats) -> tuple[Floats, Floats, Floats]:
    """Errors by facet, NaN for extremes, and for a measure that is a convention, such as that of the only rater of a subset."""
    parts = np.split(np.where(joint > 1e-6, joint, np.nan), np.cumsum(split.ratings.counts)[:-1])
    found = [np.where(of == 0, one, np.nan) for one, of in zip(parts, split.extreme, strict=True)]
    return found[0], found[1], found[2]


def _bias_factor(ratings: Ratings) -> float:
    """(L − 1)/L with L the mean number of ratings of a candidate; 1 where everybody has a single one."""
    each = len(ratings.scores) / len(np.unique(ratings.elements[0]))
    return (each - 1) / each if each > 1 else 1.0


def _threshold_errors(search: Search, covariance: Floats) -> Floats:
    """Errors of thresholds: each is the difference of two neighbouring steps."""
    found = np.full(search.used.shape, np.nan)
    for structure, below in np.argwhere(search.used[:, 1:] & search.used[:, :-1]):
        contrast = np.zeros(len(covariance))
        for place, sign in ((search.place[structure, below], 1.0), (search.place[structure, below + 1], -1.0)):
            if place >= 0:
                contrast[place] = sign
        found[structure, below + 1] = np.sqrt(max(float(contrast @ covariance @ contrast), 0.0))
    return found


def _centred(ratings: Ratings, elements: Floats) -> tuple[Floats, Floats, Floats]:
    """Measures with mean 0 of raters and of criteria; what cannot be told stays as small as can be (least squares).

    In a design of disconnected subsets this gives the raters of each subset the mean 0.
    """
    n, raters = ratings.counts[:2]
    other, free = elements[n:], free_directions(ratings)
    moved = free @ (free.T @ other)
    rated = np.bincount(ratings.elements[0], minlength=n) > 0
    shift = np.zeros(n)
    shift[ratings.elements[0]] = moved[ratings.elements[1]] + moved[raters + ratings.elements[2]]
    candidates = np.where(rated, elements[:n] - shift, np.nan)
    other = other - moved
    return candidates, other[:raters], other[raters:]


def _offset(ratings: Ratings, facet: int, measures: tuple[Floats, Floats, Floats]) -> Floats:
    """What the other facets add to each rating's logit."""
    signs = (1.0, -1.0, -1.0)
    return np.asarray(sum(signs[f] * measures[f][ratings.elements[f]] for f in range(3) if f != facet), dtype=np.float64)


def _measure(ratings: Ratings, facet: int, measures: tuple[Floats, Floats, Floats], steps: Floats, scores: Floats) -> Floats:
    """Measures of one facet's elements at which their expected scores are `scores` in sum, all others held."""
    offset, sign = _offset(ratings, facet, measures), 1.0 if facet == 0 else -1.0
    index, count = ratings.elements[facet], ratings.counts[facet]
    target = np.bincount(index, weights=scores, minlength=count)
    found, of_rating = np.zeros(count), steps[ratings.structure]
    for _ in range(MOST_ROUNDS):
        now = moments(sign * found[index] + offset, of_rating)
        off = target - np.bincount(index, weights=now.expected, minlength=count)
        slope = np.bincount(index, weights=now.variance, minlength=count)
        step = (off / np.maximum(slope, 1e-12)).clip(-1, 1)
        found += sign * step
        if np.abs(step).max(initial=0.0) < SMALLEST_STEP_LOGIT:
            break
    return np.where(np.bincount(index, minlength=count) > 0, found, np.nan)


def _with_extremes(
    ratings: Ratings, split: Split, measures: tuple[Floats, Floats, Floats], steps: Floats
) -> tuple[Floats, Floats, Floats]:
    """Add measures of extreme elements: from the lowest or highest possible score, moved inward, all others held."""
    full = [np.where(of == 0, one, np.nan) for one, of in zip(measures, split.extreme, strict=True)]
    finite = np.isfinite(steps)
    low, high = finite.argmax(axis=1), steps.shape[1] - 1 - finite[:, ::-1].argmax(axis=1)
    for facet in (1, 2, 0):
        marks = split.extreme[facet]
        others = [f for f in range(3) if f != facet]
        rows = np.all([~np.isnan(full[f][ratings.elements[f]]) for f in others], axis=0) & (
            np.abs(marks[ratings.elements[facet]]) == 1
        )
        if not rows.any():
            continue
        own = ratings.keep(rows)
        side = marks[own.elements[facet]]
        inward = EXTREME_SHARE / np.bincount(own.elements[facet], minlength=own.counts[facet])[own.elements[facet]]
        bound = np.where(side > 0, high[own.structure], low[own.structure])
        found = _measure(own, facet, (full[0], full[1], full[2]), steps, bound - side * inward)
        full[facet] = np.where(np.isnan(found), full[facet], found)
    return full[0], full[1], full[2]


def _errors(ratings: Ratings, measures: tuple[Floats, Floats, Floats], steps: Floats) -> tuple[Floats, Floats, Floats]:
    """Standard errors, one over the root of an element's information, the other elements held (Linacre 1989)."""
    told = ratings.keep(np.all([~np.isnan(measures[f][ratings.elements[f]]) for f in range(3)], axis=0))
    variance = moments(measures[0][told.elements[0]] + _offset(told, 0, measures), steps[told.structure]).variance
    return tuple(_one_over_root(told.elements[f], variance, told.counts[f]) for f in range(3))  # type: ignore[return-value]


def _one_over_root(index: Whole, variance: Floats, count: int) -> Floats:
    information = np.bincount(index, weights=variance, minlength=count)
    return np.where(information > 0, 1 / np.sqrt(np.where(information > 0, information, 1.0)), np.nan)

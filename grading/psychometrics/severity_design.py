"""Ratings of a many-facet design: who was rated by whom on what, which elements are extreme, and what can be compared."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import eigh

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

FACETS = ("candidates", "raters", "criteria")


@dataclass(frozen=True)
class Ratings:
    """m ratings in long form; every array has the shape (m,).

    `elements` are row numbers of candidates, raters and criteria, 3 × m, and `counts` how many of each there are. `scores` are
    whole numbers from 0 up. With `by_criterion` every criterion has thresholds of its own (partial credit), else all share one
    rating scale.
    """

    elements: Whole
    scores: Whole
    counts: tuple[int, int, int]
    by_criterion: bool = False

    @cached_property
    def structure(self) -> Whole:
        """Which set of thresholds each rating is of."""
        return self.elements[2] if self.by_criterion else np.zeros(len(self.scores), dtype=np.int64)

    @property
    def structures(self) -> int:
        """How many sets of thresholds there are."""
        return self.counts[2] if self.by_criterion else 1

    @cached_property
    def used(self) -> Flags:
        """Which categories were used, structures × categories."""
        found = np.zeros((self.structures, int(self.scores.max(initial=0)) + 1), dtype=np.bool_)
        found[self.structure, self.scores] = True
        return found

    @cached_property
    def bounds(self) -> tuple[Whole, Whole]:
        """Lowest and highest category used, of each rating's structure."""
        low, high = self.used.argmax(axis=1), self.used.shape[1] - 1 - self.used[:, ::-1].argmax(axis=1)
        return low[self.structure], high[self.structure]

    def keep(self, rows: Flags) -> "Ratings":
        """These ratings only."""
        return replace(self, elements=self.elements[:, rows], scores=self.scores[rows])


@dataclass(frozen=True)
class Split:
    """Ratings the model is fitted to, and for each facet which elements are extreme.

    `extreme` holds for each facet −1 (all lowest), 1 (all highest), 0 (measured), or 2 (only rated with extreme elements).
    """

    ratings: Ratings
    extreme: tuple[Whole, Whole, Whole]


def set_extremes_apart(ratings: Ratings) -> Split:
    """Set elements with only lowest or only highest ratings apart, until there are none: they have no finite measure."""
    kept = ratings
    extreme = tuple(np.zeros(count, dtype=np.int64) for count in ratings.counts)
    while len(kept.scores):
        low, high = kept.bounds
        sides = [(sign, kept.scores == bound) for sign, bound in ((-1, low), (1, high))]
        found = [_all_so(kept, facet, at) & (extreme[facet] == 0) for facet in range(3) for _, at in sides]
        if not any(flags.any() for flags in found):
            break
        for place, flags in enumerate(found):
            marks = extreme[place // 2]
            marks[flags & (marks == 0)] = sides[place % 2][0]
        kept = kept.keep(np.all([extreme[facet][kept.elements[facet]] == 0 for facet in range(3)], axis=0))
    for facet in range(3):
        rated = np.bincount(kept.elements[facet], minlength=kept.counts[facet]) > 0
        extreme[facet][~rated & (extreme[facet] == 0)] = 2
    return Split(kept, (extreme[0], extreme[1], extreme[2]))


def _all_so(ratings: Ratings, facet: int, flags: Flags) -> Flags:
    """Whether an element has ratings and all of them are so; a facet of one element is none to measure."""
    count = ratings.counts[facet]
    rated = np.bincount(ratings.elements[facet], minlength=count)
    so = np.bincount(ratings.elements[facet], weights=flags, minlength=count)
    return np.asarray((rated > 0) & (so == rated) & (count > 1 or facet == 0))


def design_matrix(ratings: Ratings) -> sparse.csr_array:
    """What adds to each rating's logit: + candidate, − rater, − criterion; ratings × all elements."""
    m = len(ratings.scores)
    starts = np.concatenate([[0], np.cumsum(ratings.counts)[:-1]])
    columns = (ratings.elements + starts[:, None]).ravel()
    signs = np.repeat([1.0, -1.0, -1.0], m)
    return sparse.csr_array((signs, (np.tile(np.arange(m), 3), columns)), shape=(m, sum(ratings.counts)))


def eliminated(matrix: sparse.csr_array, weights: Floats, n: int) -> Floats:
    """DᵀWD of the elements other than candidates, when the n candidates are eliminated."""
    own, other = matrix[:, :n], matrix[:, n:]
    weighted = sparse.diags_array(weights) @ other
    between = (own.T @ weighted).toarray()
    total = own.T @ weights
    return np.asarray((other.T @ weighted).toarray() - between.T @ (between / np.where(total > 0, total, 1.0)[:, None]))


def free_directions(ratings: Ratings) -> Floats:
    """What the ratings cannot tell of raters and criteria: an orthonormal basis, (raters + criteria) × directions.

    A connected design leaves one direction a facet, its mean; any further one means that some elements cannot be compared.
    """
    within = eliminated(design_matrix(ratings), np.ones(len(ratings.scores)), ratings.counts[0])
    values, vectors = eigh(within)
    return np.asarray(vectors[:, values < 1e-9 * max(1.0, float(values.max(initial=0.0)))])


def comparable_groups(ratings: Ratings, split: Split) -> tuple[Whole, Whole, Whole]:
    """For each facet the number of each element's group: elements of one group can be compared, of different ones not.

    Elements that are not measured have −1. In a connected design all others have 0.
    """
    kept, rated = split.ratings, [of == 0 for of in split.extreme]
    free = free_directions(kept)
    raters, criteria = free[: ratings.counts[1]], free[ratings.counts[1] :]
    shift = raters[kept.elements[1]] + criteria[kept.elements[2]]
    candidates = np.zeros((ratings.counts[0], free.shape[1]))
    candidates[kept.elements[0]] = shift
    groups = [_numbered(shifts, of) for shifts, of in zip((candidates, raters, criteria), rated, strict=True)]
    return groups[0], groups[1], groups[2]


def _numbered(shifts: Floats, measured: Flags) -> Whole:
    """Elements that every free direction moves alike have one number, in order of their first."""
    found = np.full(len(shifts), -1, dtype=np.int64)
    if measured.any():
        _, first, number = np.unique(np.round(shifts[measured], 6) + 0.0, axis=0, return_index=True, return_inverse=True)
        found[measured] = np.argsort(np.argsort(first))[number.ravel()]
    return found

"""Responses made ready for estimation: equal rows counted once, categories numbered from 0, hopeless items left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.irt.models import Floats, Model

Integers = NDArray[np.int64]

WORTH_COLLAPSING = 0.5


@dataclass(frozen=True)
class LeftOut:
    """An item that could not be used, by its column, and why: `no_variance` or `no_responses`."""

    item: int
    reason: str


@dataclass(frozen=True)
class Patterns:
    """Rows of responses and how often each was seen.

    Attributes
    ----------
    categories
        The category of each response, −1 where missing (rows × items).
    counts
        How many candidates gave the row (rows).
    steps
        How many steps each item has (items).
    row_of
        The row of each candidate (candidates).
    """

    categories: Integers
    counts: Floats
    steps: Integers
    row_of: Integers

    @property
    def is_complete(self) -> bool:
        """Whether no response is missing."""
        return bool((self.categories >= 0).all())

    def sample(self, rows: Integers) -> "Patterns":
        """Some of the rows."""
        return Patterns(self.categories[rows], self.counts[rows], self.steps, np.arange(len(rows)))


@dataclass(frozen=True)
class Coded:
    """What a response matrix is to a model.

    Attributes
    ----------
    patterns
        The rows, items that were left out removed, candidates without any response removed.
    used
        Columns of the items kept.
    levels
        The scores behind the categories of each item kept: category 1 of an item scored 0 and 2 alone is a 2.
    candidates
        Which candidates have at least one response (all candidates).
    left_out
        The items that are not kept.
    """

    patterns: Patterns
    used: Integers
    levels: tuple[Floats, ...]
    candidates: NDArray[np.bool_]
    left_out: tuple[LeftOut, ...]


def code_responses(scores: ArrayLike, model: Model) -> Coded:
    """Number the categories of each item, leave out what does not vary, and count equal rows once.

    Parameters
    ----------
    scores
        Candidates × items, whole numbers from 0, NaN where missing; 0 and 1 alone for models of right and wrong.
    model
        The model they are meant for.

    Raises
    ------
    ValueError
        When a score is not a category of the model; `find_faults` says which.
    """
    matrix = np.asarray(scores, dtype=np.float64)
    if len(find_faults(matrix, model)):
        raise ValueError(f"scores are {'whole numbers from 0' if model.is_graded else '0 and 1'} for {model.value}")
    levels, left_out = [], []
    for item, column in enumerate(matrix.T):
        found = np.flatnonzero(np.bincount(column[~np.isnan(column)].astype(np.int64))).astype(np.float64)
        if len(found) < 2:
            left_out.append(LeftOut(item, "no_variance" if len(found) else "no_responses"))
        levels.append(found)
    used = np.array([item for item, found in enumerate(levels) if len(found) > 1], dtype=np.int64)
    kept = tuple(levels[item] for item in used)
    categories = np.full((len(matrix), len(used)), -1, dtype=np.int64)
    for place, item in enumerate(used):
        seen = ~np.isnan(matrix[:, item])
        categories[seen, place] = np.searchsorted(kept[place], matrix[seen, item])
    candidates = np.asarray((categories >= 0).any(axis=1))
    steps = np.array([len(found) - 1 for found in kept], dtype=np.int64)
    return Coded(_collapse(categories[candidates], steps), used, kept, candidates, tuple(left_out))


def find_faults(scores: Floats, model: Model) -> Integers:
    """Places (candidate, item) of scores that are no category of the model."""
    bad = ~np.isnan(scores) & ((scores < 0) | (scores != np.floor(scores)) | (scores > (LARGEST if model.is_graded else 1)))
    return np.argwhere(bad)


LARGEST = 100
"""The highest category: beyond it a column is a mark or a name, not a category."""


def _collapse(categories: Integers, steps: Integers) -> Patterns:
    """Count equal rows once where that saves at least half of them."""
    small = np.ascontiguousarray((categories + 1).astype(np.uint8))
    whole = small.view(np.dtype((np.void, max(small.shape[1], 1)))).ravel() if small.size else small[:, :0].sum(axis=1)
    _, first, row_of, counts = np.unique(whole, return_index=True, return_inverse=True, return_counts=True)
    if len(first) > WORTH_COLLAPSING * len(categories):
        return Patterns(categories, np.ones(len(categories)), steps, np.arange(len(categories)))
    return Patterns(categories[first], counts.astype(np.float64), steps, row_of.reshape(-1))

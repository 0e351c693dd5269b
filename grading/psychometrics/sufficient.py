"""Everything item analysis and reliability need to know of a response matrix, in a size that does not grow with its rows.

What two parts of a matrix give, merged, is what the whole gives; so a matrix may be read in blocks, by several processors, or
as a Dask array that never is in memory as a whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from importlib import import_module
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Matrix

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

DECIMALS: Final = 9  # totals nearer to each other than this are the same total: 0.1 + 0.2 is 0.3
DENSE: Final = 1 << 22  # the largest table of score by total that is counted directly
STEPS: Final = (1, 2, 4, 10, 20, 100)  # of a mark: scores in such parts are counted as whole numbers


class Missing(StrEnum):
    """What happens to a response that is missing."""

    LISTWISE = "listwise"
    WRONG = "wrong"
    PAIRWISE = "pairwise"


@dataclass(frozen=True, slots=True)
class Joint:
    """How many candidates had this answer to an item together with this total, item by item.

    Attributes
    ----------
    item
        Column of the item.
    answer
        Its score, or the code of the option chosen.
    total
        Sum of the candidate's scores.
    count
        How many.
    """

    item: Counts
    answer: Matrix
    total: Matrix
    count: Counts

    @classmethod
    def of(cls, answers: NDArray[Any], totals: Matrix) -> Self:
        """Count a block: `answers` candidates × items, `totals` one per candidate."""
        rows, k = answers.shape
        if rows and k and (step := _step(answers)) and (small := _small_numbers(answers, totals, step)) is not None:
            return cls._counted(*small, step)
        item = np.repeat(np.arange(k), rows)
        return cls(item, answers.T.reshape(-1).astype(np.float64), np.tile(totals, k), np.ones(rows * k, np.int64))

    @classmethod
    def _counted(cls, answers: Counts, totals: Counts, step: int) -> Self:
        lowest, first = int(answers.min()), int(totals.min())
        wide = int(totals.max()) - first + 1
        size = (int(answers.max()) - lowest + 1) * wide
        place = totals - first
        tables = np.stack([np.bincount((column - lowest) * wide + place, minlength=size) for column in answers])
        item, cell = np.nonzero(tables)
        level, total = np.divmod(cell, wide)
        return cls(item, (level + lowest) / step, (total + first) / step, tables[item, cell])

    def grouped(self) -> Self:
        """The same with one row for each item, answer and total, in this order."""
        order = np.lexsort((self.total, self.answer, self.item))
        item, answer, total, count = self.item[order], self.answer[order], self.total[order], self.count[order]
        if not len(item):
            return type(self)(item, answer, total, count)
        new = np.r_[True, (np.diff(item) != 0) | (np.diff(answer) != 0) | (np.diff(total) != 0)]
        start = np.flatnonzero(new)
        return type(self)(item[new], answer[new], total[new], np.add.reduceat(count, start))

    def merged(self, other: Self) -> Self:
        """The counts of two parts together."""
        pairs = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("item", "answer", "total", "count"))
        return type(self)(*pairs).grouped()

    def of_item(self, item: int) -> tuple[Matrix, Matrix, Counts]:
        """Answers, totals and counts of one item."""
        start, end = np.searchsorted(self.item, [item, item + 1])
        return self.answer[start:end], self.total[start:end], self.count[start:end]

    def of_totals(self) -> tuple[Matrix, Counts]:
        """Every total that occurs, ascending, with the number of candidates; taken from the first item."""
        _, totals, counts = self.of_item(0)
        found, place = np.unique(totals, return_inverse=True)
        return found, np.bincount(place, counts, len(found)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Sufficient:
    """Sufficient statistics of k items; `[i, j]` rests on the candidates who have both item i and item j.

    Attributes
    ----------
    candidates
        All candidates, also those left out.
    answered
        How many candidates have a response to each item, before anybody is left out.
    pairs, means, moments
        k × k: numbers of candidates, means of item i, and sums of products of the deviations from these means.
    low, high
        The lowest and highest score of each item; infinite where nobody has one.
    binary
        Whether every score of an item is 0 or 1.
    joint
        Scores by totals, of candidates who have every score; None when missing responses are taken pairwise and there are some.
    """

    candidates: int
    answered: Counts
    pairs: Matrix
    means: Matrix
    moments: Matrix
    low: Matrix
    high: Matrix
    binary: Flags
    joint: Joint | None

    @classmethod
    def of(cls, scores: ArrayLike, missing: Missing = Missing.LISTWISE) -> Self:
        """Sufficient statistics of a matrix, candidates × items, NaN where missing; also of a Dask array, block by block."""
        if hasattr(scores, "to_delayed"):
            return cls._of_blocks(scores, missing)
        matrix = np.asarray(scores)
        if matrix.ndim != 2:
            raise ValueError(f"scores are a matrix of candidates and items, not of {matrix.ndim} dimensions")
        if matrix.dtype.kind not in "iub":
            matrix = matrix.astype(np.float64, copy=False)
            empty = np.isnan(matrix)
            if empty.any():
                return cls._with_missing(matrix, empty, missing)
        return cls._complete(matrix, len(matrix), np.full(matrix.shape[1], len(matrix)))

    @classmethod
    def _of_blocks(cls, scores: Any, missing: Missing) -> Self:
        delayed = import_module("dask").delayed  # an extra: only whoever has more than memory holds needs it
        blocks = [delayed(cls.of, pure=False)(block, missing) for block in scores.rechunk({1: -1}).to_delayed().ravel()]
        while len(blocks) > 1:
            blocks = [delayed(merge, pure=False)(blocks[at : at + 8]) for at in range(0, len(blocks), 8)]
        found: Self = blocks[0].compute()
        return found

    @classmethod
    def _complete(cls, matrix: NDArray[Any], candidates: int, answered: Counts) -> Self:
        rows, k = matrix.shape
        matrix = _compact(matrix)
        totals = np.round(matrix.sum(axis=1, dtype=np.float64), DECIMALS)
        means = matrix.mean(axis=0, dtype=np.float64) if rows else np.zeros(k)
        low, high = (matrix.min(axis=0), matrix.max(axis=0)) if rows else (np.full(k, np.inf), np.full(k, -np.inf))
        return cls(
            candidates, answered, np.full((k, k), float(rows)), np.repeat(means[:, None], k, axis=1), _moments(matrix, means),
            low.astype(np.float64), high.astype(np.float64), _binary(matrix), Joint.of(matrix, totals),
        )  # fmt: skip

    @classmethod
    def _with_missing(cls, matrix: Matrix, empty: Flags, missing: Missing) -> Self:
        answered = (~empty).sum(axis=0)
        if missing is Missing.LISTWISE:
            return cls._complete(matrix[~empty.any(axis=1)], len(matrix), answered)
        if missing is Missing.WRONG:
            return cls._complete(np.where(empty, 0.0, matrix), len(matrix), answered)
        return cls._pairwise(matrix, empty, answered)

    @classmethod
    def _pairwise(cls, matrix: Matrix, empty: Flags, answered: Counts) -> Self:
        here = (~empty).astype(np.float64)
        middle = np.where(empty, 0.0, matrix).sum(axis=0) / np.maximum(answered, 1)
        shifted = np.where(empty, 0.0, matrix - middle)
        pairs = here.T @ here
        off = np.divide(shifted.T @ here, pairs, out=np.zeros_like(pairs), where=pairs > 0)
        low = np.where(empty, np.inf, matrix).min(axis=0)
        high = np.where(empty, -np.inf, matrix).max(axis=0)
        binary = (empty | (matrix == 0) | (matrix == 1)).all(axis=0)
        moments = shifted.T @ shifted - pairs * off * off.T
        return cls(len(matrix), answered, pairs, off + middle[:, None], moments, low, high, binary, None)

    def merged(self, other: Self) -> Self:
        """The sufficient statistics of two parts of the candidates together.

        References
        ----------
        Chan, T. F., Golub, G. H. & LeVeque, R. J. (1983). Algorithms for computing the sample variance. The American
        Statistician 37, 242–247, eq. 1.5b; here for products of two items.
        """
        pairs = self.pairs + other.pairs
        share = np.divide(other.pairs, pairs, out=np.zeros_like(pairs), where=pairs > 0)
        apart = other.means - self.means
        joint = self.joint.merged(other.joint) if self.joint is not None and other.joint is not None else None
        return type(self)(
            self.candidates + other.candidates, self.answered + other.answered, pairs, self.means + apart * share,
            self.moments + other.moments + apart * apart.T * self.pairs * share,
            np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.binary & other.binary, joint,
        )  # fmt: skip

    @property
    def n(self) -> int:
        """The candidates a figure of the whole paper rests on: those who have both items, for the pair with the fewest."""
        return int(self.pairs.min()) if self.pairs.size else 0

    @property
    def covariance(self) -> Matrix:
        """Sample covariances (n − 1) of the items; exactly zero where one does not vary or nobody but one has both."""
        able = (self.pairs > 1) & self.varies & self.varies[:, None]
        return np.divide(self.moments, self.pairs - 1, out=np.zeros_like(self.moments), where=able)

    @property
    def varies(self) -> Flags:
        """Whether an item has more than one score."""
        return np.asarray(self.high > self.low)


def merge(parts: Iterable[Sufficient]) -> Sufficient:
    """The sufficient statistics of several parts together."""
    return reduce(Sufficient.merged, parts)


def _moments(matrix: NDArray[Any], means: Matrix) -> Matrix:
    """Sums of products of deviations; whole numbers are summed exactly in single precision, which is twice as fast."""
    rows = len(matrix)
    if matrix.dtype.kind in "iub" and rows and rows * float(max(abs(int(matrix.min())), int(matrix.max()))) ** 2 < 1 << 24:
        single = matrix.astype(np.float32)
        return (single.T @ single).astype(np.float64) - rows * np.outer(means, means)
    centred = matrix - means
    return centred.T @ centred


def _compact(matrix: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in two bytes, which everything after goes through faster; any other matrix as it is."""
    if matrix.dtype.kind != "f" or not matrix.size:
        return matrix
    with np.errstate(invalid="ignore"):
        short = matrix.astype(np.int16)
    return short if (short == matrix).all() else matrix


def _binary(matrix: NDArray[Any]) -> Flags:
    return np.asarray(((matrix == 0) | (matrix == 1)).all(axis=0))


def _step(answers: NDArray[Any]) -> int | None:
    """The least of a few numbers that makes all scores whole: 1 for marks, 2 for half marks, …; None when none does."""
    if answers.dtype.kind in "iub":
        return 1
    if not (np.abs(answers) < DENSE).all():
        return None
    return next((step for step in STEPS if _fits(answers[:8], step) and _fits(answers, step)), None)


def _fits(answers: NDArray[Any], step: int) -> bool:
    return bool((np.rint(answers * step) / step == answers).all())


def _small_numbers(answers: NDArray[Any], totals: Matrix, step: int) -> tuple[Counts, Counts] | None:
    """Answers (items × candidates) and totals in steps, when they are few enough to be counted in a table."""
    levels, places = (answers, totals) if step == 1 else (np.rint(answers * step), np.rint(totals * step))
    wide = (int(levels.max()) - int(levels.min()) + 1) * (int(places.max()) - int(places.min()) + 1)
    if wide > DENSE or wide * answers.shape[1] > 16 * DENSE or wide > 64 * len(answers) + 4096:
        return None
    return np.ascontiguousarray(levels.T, dtype=np.int64), places.astype(np.int64)

"""What each item did: how difficult it was and how it separated candidates."""

from itertools import repeat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Estimate, Matrix, complete_rows, varies


def difficulty(scores: ArrayLike, max_scores: ArrayLike = 1.0) -> list[Estimate]:
    """Difficulty p of each item: mean score as a share of the maximum (the proportion right for right/wrong items).

    Parameters
    ----------
    scores
        Item scores, candidates × items, NaN where missing; a candidate with a missing score is left out.
    max_scores
        Maximum of every item, or one for all.

    Returns
    -------
    list of Estimate
        One per item; none without candidates.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, on item difficulty.
    """
    matrix = complete_rows(scores)
    n, k = matrix.shape
    if n == 0:
        return list(repeat(Estimate(None, 0, "too_few_candidates"), k))
    shares = matrix.mean(axis=0) / np.broadcast_to(np.asarray(max_scores, dtype=np.float64), (k,))
    return [Estimate(float(share), n) for share in shares]


def item_rest_correlation(scores: ArrayLike) -> list[Estimate]:
    """Corrected item-total correlation: Pearson's r of each item with the sum of the other items.

    Parameters
    ----------
    scores
        As for `difficulty`.

    Returns
    -------
    list of Estimate
        One per item; none for fewer than two candidates or items, or where the item or the rest does not vary.

    References
    ----------
    Henrysson, S. (1963). Correction of item-total correlations in item analysis. Psychometrika 28, 211–218.
    """
    matrix = complete_rows(scores)
    n, k = matrix.shape
    if n < 2 or k < 2:
        return list(repeat(Estimate(None, n, "too_few_candidates" if n < 2 else "too_few_items"), k))
    rest = matrix.sum(axis=1, keepdims=True) - matrix
    usable = varies(matrix) & varies(rest)
    return [
        Estimate(float(value), n) if able else Estimate(None, n, "no_variance")
        for value, able in zip(_pearson(matrix, rest), usable, strict=True)
    ]


def _pearson(left: Matrix, right: Matrix) -> NDArray[np.float64]:
    """Correlation of every column of `left` with the same column of `right`; what is not defined comes out as 0."""
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    scale = np.sqrt((left**2).sum(axis=0) * (right**2).sum(axis=0))
    correlations: NDArray[np.float64] = np.divide((left * right).sum(axis=0), scale, out=np.zeros_like(scale), where=scale > 0)
    return correlations.clip(-1.0, 1.0)

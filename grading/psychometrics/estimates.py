"""A figure, or the reason why there is none."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with the number of candidates it rests on; where it cannot be computed, None with a reason.

    Reasons are short codes such as ``too_few_candidates``, ``too_few_items``, ``no_variance`` or ``negative_reliability``;
    the page of each statistic lists its own.
    """

    value: float | None
    n: int
    reason: str | None = None

    def __post_init__(self) -> None:
        """A figure or a reason, never both, and never NaN."""
        if (self.value is None) == (self.reason is None) or (self.value is not None and not isfinite(self.value)):
            raise ValueError(f"an estimate has a finite value or a reason, not {self.value!r} and {self.reason!r}")


def complete_rows(scores: ArrayLike) -> Matrix:
    """The candidates × items matrix without the candidates who have a missing score (listwise)."""
    matrix = np.asarray(scores, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"scores are a matrix of candidates and items, not of {matrix.ndim} dimensions")
    return matrix[~np.isnan(matrix).any(axis=1)]


def varies(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each column holds more than one value; exact, where a computed variance may be off zero by rounding."""
    return np.asarray(values.max(axis=0) > values.min(axis=0)) if len(values) else np.zeros(values.shape[1:], dtype=np.bool_)

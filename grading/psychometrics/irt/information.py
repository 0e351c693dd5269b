"""What items and a test tell at an ability: information and expected scores."""

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.irt.models import Floats, Items, ability_derivatives

SMALLEST = 1e-300


def item_information(items: Items, theta: ArrayLike) -> Floats:
    """Fisher information of each item about ability: Σ P'² / P over its categories (items × points).

    References
    ----------
    Lord, F. M. (1980). Applications of item response theory to practical testing problems, eq. 5-9; Samejima, F. (1969) for
    graded items.
    """
    slopes = ability_derivatives(items, theta)
    parts = np.divide(slopes.first**2, slopes.chances, out=np.zeros_like(slopes.first), where=slopes.chances > SMALLEST)
    return np.asarray(parts.sum(axis=1))


def total_information(items: Items, theta: ArrayLike) -> Floats:
    """Information of the test: the sum of its items' (points). The standard error of an ability is 1 / √information."""
    return np.asarray(item_information(items, theta).sum(axis=0))

"""False discovery: how many of what is flagged is flagged by chance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def adjusted(p: ArrayLike) -> NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p-values: flagging all up to q keeps the expected share of false flags at or below q.

    NaN stays NaN and does not count as a test.

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Journal of the Royal Statistical Society B 57, 289–300.
    """
    values = np.asarray(p, dtype=np.float64)
    told = np.flatnonzero(~np.isnan(values))
    order = told[np.argsort(values[told], kind="stable")]
    n = len(order)
    steps = values[order] * n / np.arange(1, n + 1)
    found = np.full(values.shape, np.nan)
    found[order] = np.minimum.accumulate(steps[::-1])[::-1].clip(max=1)
    return found

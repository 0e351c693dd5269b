"""How far a total can be trusted."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.estimates import Estimate, complete_rows, varies


def cronbach_alpha(scores: ArrayLike) -> Estimate:
    """Coefficient alpha: k/(k − 1) · (1 − Σ s²ᵢ / s²ₓ), with sample variances (n − 1) throughout.

    Parameters
    ----------
    scores
        Item scores, candidates × items, NaN where missing; a candidate with a missing score is left out.

    Returns
    -------
    Estimate
        Alpha, which may be negative; none for fewer than two candidates or items, or when all totals are the same.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16, 297–334.
    """
    matrix = complete_rows(scores)
    n, k = matrix.shape
    if n < 2 or k < 2:
        return Estimate(None, n, "too_few_candidates" if n < 2 else "too_few_items")
    totals = matrix.sum(axis=1)
    if not varies(totals):
        return Estimate(None, n, "no_variance")
    within = matrix.var(axis=0, ddof=1).sum()
    return Estimate(float(k / (k - 1) * (1 - within / totals.var(ddof=1))), n)


def sem(scores: ArrayLike) -> Estimate:
    """Standard error of measurement of the total: s · √(1 − alpha), in marks.

    Parameters
    ----------
    scores
        As for `cronbach_alpha`.

    Returns
    -------
    Estimate
        The error; none where alpha has none, or where a negative alpha cannot be a reliability.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, on the error of measurement.
    """
    alpha = cronbach_alpha(scores)
    if alpha.value is None:
        return alpha
    if alpha.value < 0:
        return Estimate(None, alpha.n, "negative_reliability")
    spread = np.std(complete_rows(scores).sum(axis=1), ddof=1)
    return Estimate(float(spread) * sqrt(max(0.0, 1 - alpha.value)), alpha.n)

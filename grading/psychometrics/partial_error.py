"""The error of measurement at one score of a paper whose items may give part of their marks."""

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.conditional_error import conditional_errors
from grading.psychometrics.estimates import Estimate, Matrix, complete_rows
from grading.psychometrics.reliability import sem

FEWEST = 10


def error_at(scores: ArrayLike, at: float, max_scores: ArrayLike = 1.0) -> Estimate:
    """Conditional standard error of measurement of the total at the score `at`, in marks.

    Parameters
    ----------
    scores
        Item scores, candidates × items; a candidate with a missing one is left out.
    at
        A total, such as the cut.
    max_scores
        Maximum of every item, or one for all.

    Returns
    -------
    Estimate
        None where there is no SEM, for fewer than ten candidates, or when the curve is not above 0 there.

    Notes
    -----
    Where every score is 0 or 1, Keats' error at that score. Otherwise a candidate's own error variance is Σ k s² over the items
    of equal maximum, s² the variance of that candidate's k scores on them (Brennan 1998, absolute error with items in strata;
    it is Lord's x (k − x)/(k − 1) when items are right or wrong); items that share their maximum with no other are one stratum.
    These variances are scaled to a mean of SEM², as Keats scales Lord's, and smoothed by a parabola in the total.

    References
    ----------
    Brennan, R. L. (1998). Raw-score conditional standard errors of measurement in generalizability theory. Applied
    Psychological Measurement 22, 307–331; Keats, J. A. (1957). Psychometrika 22, 29–41.
    """
    matrix = complete_rows(scores)
    overall = sem(matrix)
    if overall.value is None or len(matrix) < FEWEST:
        return Estimate(None, len(matrix), overall.reason or "too_few_candidates")
    if ((matrix == 0) | (matrix == 1)).all():
        return conditional_errors(matrix, [at])[0].keats
    own = _own_variances(matrix, np.broadcast_to(np.asarray(max_scores, dtype=np.float64), matrix.shape[1:]))
    return _smoothed(matrix.sum(axis=1), own, overall.value**2, at)


def _smoothed(totals: Matrix, own: Matrix, mean: float, at: float) -> Estimate:
    """The root of a parabola through candidates' variances `own`, scaled to `mean`, over their totals."""
    n = len(totals)
    if len(np.unique(totals)) < 3 or own.mean() <= 0:
        return Estimate(None, n, "no_variance")
    middle, spread = totals.mean(), totals.std()
    curve = np.polynomial.polynomial.polyfit((totals - middle) / spread, own * mean / own.mean(), 2)
    variance = float(np.polynomial.polynomial.polyval((at - middle) / spread, curve))
    return Estimate(variance**0.5, n) if variance > 0 else Estimate(None, n, "outside_scale")


def _own_variances(matrix: Matrix, max_scores: Matrix) -> Matrix:
    """Each candidate's error variance, from the scores on items of equal maximum."""
    tops, place, counts = np.unique(max_scores, return_inverse=True, return_counts=True)
    stratum = np.where(counts[place] > 1, place, len(tops))
    parts = [matrix[:, stratum == one] for one in np.unique(stratum)]
    return np.asarray(
        sum(part.shape[1] * part.var(axis=1, ddof=1) for part in parts if part.shape[1] > 1) + np.zeros(len(matrix))
    )

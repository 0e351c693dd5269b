"""How far the score of one candidate can be trusted, which differs along the scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.reliability import Data, as_sufficient, cronbach_alpha, kr21, usable
from grading.psychometrics.sufficient import Joint

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConditionalError:
    """Standard errors of measurement at one score, in marks, and how many candidates have it (None where that is not known)."""

    score: float
    n: int | None
    lord: Estimate
    keats: Estimate


def lord_error(score: ArrayLike, k: int) -> Floats:
    """Lord's binomial error √(x (k − x) / (k − 1)) of a number-right score x of k items, in items.

    References
    ----------
    Lord, F. M. (1955). Estimating test reliability. Educational and Psychological Measurement 15, 325–336.
    """
    right = np.asarray(score, dtype=np.float64)
    return np.asarray(np.sqrt(np.maximum(right * (k - right), 0.0) / (k - 1)))


def keats_error(score: ArrayLike, k: int, reliability: float, kr21: float) -> Floats:
    """Lord's error brought to the reliability of the paper: lord · √((1 − ρ) / (1 − KR-21)).

    References
    ----------
    Keats, J. A. (1957). Estimation of error variances of test scores. Psychometrika 22, 29–41.
    """
    return np.asarray(lord_error(score, k) * np.sqrt(max(0.0, 1 - reliability) / (1 - kr21)))


def conditional_errors(data: Data, scores: ArrayLike | None = None) -> list[ConditionalError]:
    """Standard errors at every possible score of a paper of right/wrong items, or at the scores given.

    Parameters
    ----------
    data
        Item scores 0 and 1, candidates × items, or their sufficient statistics. Alpha (KR-20) is the reliability ρ of Keats.
    scores
        Where to tell the error, in marks; the whole numbers 0 to k when not given.

    Returns
    -------
    list of ConditionalError
        Empty of figures, with the reason, where items are not right or wrong or a coefficient cannot be had.
    """
    found = as_sufficient(data)
    k = len(found.low)
    wanted = np.atleast_1d(np.asarray(range(k + 1) if scores is None else scores, dtype=np.float64))
    reliability, formula21 = usable(cronbach_alpha(found)), kr21(found)
    why_lord = "not_right_wrong" if not found.binary.all() else "too_few_items" if k < 2 else None
    why_keats = why_lord or formula21.reason or reliability.reason
    lord = np.zeros(len(wanted)) if why_lord else lord_error(wanted, k)
    keats = np.zeros(len(wanted))
    if why_keats is None and reliability.value is not None and formula21.value is not None:
        keats = keats_error(wanted, k, reliability.value, formula21.value)
    outside = (wanted < 0) | (wanted > k)
    return [
        ConditionalError(
            score, size,
            _estimate(one, found.n, "outside_scale" if out else why_lord),
            _estimate(two, found.n, "outside_scale" if out else why_keats),
        )
        for score, size, one, two, out in zip(wanted.tolist(), _sizes(found.joint, wanted), lord, keats, outside, strict=True)
    ]  # fmt: skip


def _sizes(joint: Joint | None, wanted: Floats) -> list[int | None]:
    """How many candidates have each score; None where no candidate's total is known."""
    if joint is None:
        return [None] * len(wanted)
    totals, counts = joint.of_totals()
    sizes = dict(zip(totals.tolist(), counts.tolist(), strict=True))
    return [sizes.get(score, 0) for score in wanted.tolist()]


def _estimate(value: float, n: int, why: str | None) -> Estimate:
    return Estimate(None, n, why) if why else Estimate(float(value), n)

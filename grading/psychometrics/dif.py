"""Differential item functioning: whether candidates of equal total, but of two groups, do differently on an item."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, ndtri

from grading.psychometrics.estimates import Estimate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DELTA_PER_LOG_ODDS: Final = -2.35
"""4 / 1.7: from log odds to the delta scale of ETS (Holland & Thayer 1988), where negative is against the focal group."""

SIGNIFICANCE: Final = 0.05
SMALL_DELTA: Final = 1.0
LARGE_DELTA: Final = 1.5
MOST_ROUNDS: Final = 10
DECIMALS: Final = 9
"""Totals that agree to this many decimals are one score: 0.1 + 0.2 is 0.3."""


class EtsClass(StrEnum):
    """How much an item functions differently: negligible, moderate, large."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class Cells:
    """The 2 × 2 tables of one item; rows are the strata, columns the reference (0) and the focal group (1).

    `level` is the mean matching score of each stratum, (strata,); `right` and `wrong` count candidates, (strata, 2).
    """

    level: Floats
    right: Floats
    wrong: Floats

    def shared(self) -> "Cells":
        """Only the strata in which both groups are found: the others compare nobody."""
        both = ((self.right + self.wrong) > 0).all(axis=1)
        return Cells(self.level[both], self.right[both], self.wrong[both])


@dataclass(frozen=True)
class MantelHaenszel:
    """The Mantel-Haenszel figures of one item; `chi2` is with the continuity correction, `chi2_uncorrected` without."""

    chi2: Estimate
    p: Estimate
    chi2_uncorrected: Estimate
    p_uncorrected: Estimate
    odds_ratio: Estimate
    d_dif: Estimate
    d_dif_se: Estimate
    p_above_one: Estimate
    ets_class: EtsClass | None
    favours: str | None


@dataclass(frozen=True)
class Purified:
    """The items that are left to match on, how many rounds it took to find them, and whether they had settled by then."""

    anchor: Flags
    rounds: int
    settled: bool


def dichotomous(scores: Floats) -> tuple[Floats, Flags]:
    """Right (1) and wrong (0) for every item with two different scores; the higher one is right.

    Parameters
    ----------
    scores
        Candidates × items, none missing.

    Returns
    -------
    tuple
        The matrix of 0 and 1, and which items do have exactly two scores.
    """
    low, high = scores.min(axis=0), scores.max(axis=0)
    usable = (high > low) & ((scores == low) | (scores == high)).all(axis=0)
    return (scores == high).astype(np.float64), np.asarray(usable)


def matching_scores(scores: Floats, anchor: Flags | None = None) -> Floats:
    """Total on the items matched on, for every item: the studied item is always part of it.

    Parameters
    ----------
    scores
        Candidates × items, none missing.
    anchor
        Which items to match on, (items,); all without it.

    Returns
    -------
    ndarray
        Candidates × items: the total to use when that item is studied.

    References
    ----------
    Holland, P. W. & Thayer, D. T. (1988). In Wainer & Braun (eds), Test validity, 129–145: the studied item is included.
    """
    kept = np.ones(scores.shape[1], dtype=np.bool_) if anchor is None else anchor
    totals = scores[:, kept].sum(axis=1, keepdims=True)
    matched: Floats = np.round(totals + np.where(kept, 0.0, scores), DECIMALS)
    return matched


def strata_of(totals: Floats, bands: int | None = None) -> NDArray[np.int64]:
    """Stratum of every candidate: one for each score (thin), or at most `bands` of about equal size (thick).

    Thick matching puts a score into band ⌊bands · P⌋, where P is the share of candidates below it plus half of those on it.

    References
    ----------
    Donoghue, J. R. & Allen, N. L. (1993). Thin versus thick matching in the Mantel-Haenszel procedure.
    Journal of Educational Statistics 18, 131–154.
    """
    _, place, count = np.unique(totals, return_inverse=True, return_counts=True)
    if bands is None:
        return np.asarray(place, dtype=np.int64)
    twice_below = 2 * count.cumsum() - count  # in whole numbers: 100 bands of 0.29 are 29, not 28.999…
    return np.asarray((bands * twice_below // (2 * len(totals)))[place], dtype=np.int64)


def cells_of(right: ArrayLike, focal: ArrayLike, totals: ArrayLike, bands: int | None = None) -> Cells:
    """Count the 2 × 2 tables of one item.

    Parameters
    ----------
    right
        1 where a candidate was right, else 0, (candidates,).
    focal
        True for the focal group, (candidates,).
    totals
        What candidates are matched on, (candidates,).
    bands
        How many thick strata; one for each score without it.
    """
    scores = np.asarray(totals, dtype=np.float64)
    _, stratum = np.unique(strata_of(scores, bands), return_inverse=True)
    size = int(stratum.max(initial=-1)) + 1
    cell = 2 * stratum + np.asarray(focal, dtype=np.int64)
    weights = np.asarray(right, dtype=np.float64)
    of_right = np.bincount(cell, weights=weights, minlength=2 * size).reshape(size, 2).astype(np.float64)
    of_all = np.bincount(cell, minlength=2 * size).reshape(size, 2).astype(np.float64)
    level = np.bincount(stratum, weights=scores, minlength=size) / of_all.sum(axis=1)
    return Cells(level, of_right, of_all - of_right)


def mantel_haenszel(cells: Cells) -> MantelHaenszel:
    """Mantel-Haenszel chi-square, common odds ratio, MH D-DIF with its standard error, and the ETS class.

    The chi-square is (|Σ A − Σ E(A)| − ½)² / Σ Var(A) over the strata, A being the reference group's right answers.
    The odds ratio is above 1, and D-DIF = −2.35 ln(odds ratio) below 0, where the item is against the focal group.

    Parameters
    ----------
    cells
        The tables of one item.

    Returns
    -------
    MantelHaenszel
        The chi-square has no value where the groups share no stratum with both right and wrong answers (``no_overlap``);
        odds ratio, D-DIF and class have none where all differences go one way, so that it is 0 or infinite (``one_sided``).

    References
    ----------
    Holland & Thayer (1988); standard error: Phillips, A. & Holland, P. W. (1987). Biometrics 43, 425–431, which is
    algebraically that of Robins, J., Breslow, N. & Greenland, S. (1986). Biometrics 42, 311–323.
    """
    n = int(cells.right.sum() + cells.wrong.sum())
    of = cells.shared()
    (a, c), (b, d) = of.right.T, of.wrong.T
    total = a + b + c + d
    gap = abs(float((a - (a + b) * (a + c) / total).sum()))
    # A stratum with both groups holds two candidates at least, so nothing is divided by 0.
    variance = float(((a + b) * (c + d) * (a + c) * (b + d) / (total**2 * (total - 1))).sum())
    chi2, p = _chi_square((gap - 0.5) ** 2, variance, n)
    plain, plain_p = _chi_square(gap**2, variance, n)
    ratio, delta, error = _odds(a, b, c, d, n)
    if delta.value is None or error.value is None or p.value is None:
        return MantelHaenszel(chi2, p, plain, plain_p, ratio, delta, error, delta, None, None)
    above = Estimate(float(ndtr(-(abs(delta.value) - SMALL_DELTA) / error.value)), n)
    favours = {-1.0: "reference", 1.0: "focal"}.get(float(np.sign(delta.value)))
    grade = ets_class(delta.value, error.value, p.value)
    return MantelHaenszel(chi2, p, plain, plain_p, ratio, delta, error, above, grade, favours)


def ets_class(d_dif: float, se: float, p: float) -> EtsClass:
    """Class of an item by size **and** significance, at the 5% level.

    A: not significantly different from 0 by the chi-square, or |D-DIF| < 1. C: |D-DIF| ≥ 1.5 and significantly greater than 1,
    (|D-DIF| − 1) / SE > 1.645 (one-sided). B: all else.

    Parameters
    ----------
    d_dif, se
        MH D-DIF and its standard error, in deltas.
    p
        Of the Mantel-Haenszel chi-square with continuity correction.

    References
    ----------
    Zieky, M. (1993). In Holland & Wainer (eds), Differential item functioning, 337–347; Zwick, R. (2012). ETS RR-12-08.
    """
    size = round(abs(d_dif), DECIMALS)
    if p >= SIGNIFICANCE or size < SMALL_DELTA:
        return EtsClass.A
    significant = size - SMALL_DELTA > float(ndtri(1 - SIGNIFICANCE)) * se
    return EtsClass.C if size >= LARGE_DELTA and significant else EtsClass.B


def standardised_difference(cells: Cells) -> tuple[Estimate, Estimate]:
    """Standardised p-difference, focal less reference, weighted by the focal group, and its standard error.

    STD P-DIF = Σ Nf (Pf − Pr) / Σ Nf over the strata that hold both groups.

    Returns
    -------
    tuple of Estimate
        The difference, from −1 to 1, and its error; none where the groups share no stratum (``no_overlap``).

    References
    ----------
    Dorans, N. J. & Kulick, E. (1986). Journal of Educational Measurement 23, 355–368; standard error: Dorans & Holland
    (1993). In Holland & Wainer (eds), Differential item functioning, 35–66, with the binomial variance of every stratum.
    """
    n = int(cells.right.sum() + cells.wrong.sum())
    of = cells.shared()
    count = of.right + of.wrong
    if not len(count):
        return Estimate(None, n, "no_overlap"), Estimate(None, n, "no_overlap")
    share = of.right / count
    weight = count[:, 1] / count[:, 1].sum()
    value = float((weight * (share[:, 1] - share[:, 0])).sum())
    variance = (weight[:, None] ** 2 * share * (1 - share) / count).sum()
    return Estimate(value, n), Estimate(sqrt(float(variance)), n)


def purify(flagged: Callable[[Flags], Flags], items: int, most: int = MOST_ROUNDS) -> Purified:
    """Drop flagged items from the matching score and look again, until the same items are flagged twice in a row.

    Parameters
    ----------
    flagged
        From the items to match on to the items flagged, both (items,).
    items
        How many there are.
    most
        Rounds after which to give up; the last set is used then, and has not settled.

    References
    ----------
    Lord, F. M. (1980). Applications of item response theory, 220; Candell, G. L. & Drasgow, F. (1988). Applied
    Psychological Measurement 12, 253–260.
    """
    found = flagged(np.ones(items, dtype=np.bool_))
    if not found.any():
        return Purified(~found, 0, settled=True)
    for rounds in range(1, most + 1):
        dropped, found = found, flagged(~found)
        if np.array_equal(dropped, found):
            return Purified(~dropped, rounds, settled=True)
    return Purified(~dropped, most, settled=False)


def below(p_values: Sequence[Estimate], alpha: float) -> Flags:
    """Which p-values are there and below `alpha`."""
    return np.array([(inf if p.value is None else p.value) < alpha for p in p_values], dtype=np.bool_)


def _chi_square(numerator: float, variance: float, n: int) -> tuple[Estimate, Estimate]:
    """Chi-square of one degree of freedom with its p-value."""
    if variance <= 0:
        return Estimate(None, n, "no_overlap"), Estimate(None, n, "no_overlap")
    value = numerator / variance
    return Estimate(value, n), Estimate(float(chdtrc(1, value)), n)


def _odds(a: Floats, b: Floats, c: Floats, d: Floats, n: int) -> tuple[Estimate, Estimate, Estimate]:
    """Common odds ratio, MH D-DIF and its standard error."""
    total = a + b + c + d
    for_reference, for_focal = a * d / total, b * c / total
    up, down = float(for_reference.sum()), float(for_focal.sum())
    if up == 0 or down == 0:
        none = Estimate(None, n, "no_overlap" if up == down else "one_sided")
        return none, none, none
    ratio = up / down
    terms = (for_reference + ratio * for_focal) * (a + d + ratio * (b + c)) / total
    error = abs(DELTA_PER_LOG_ODDS) * sqrt(float(terms.sum()) / (2 * up**2))
    return Estimate(ratio, n), Estimate(DELTA_PER_LOG_ODDS * log(ratio), n), Estimate(error, n)

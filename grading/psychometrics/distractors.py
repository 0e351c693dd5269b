"""What each option did: who chose it, how well they did, and whether the key may be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.estimates import Estimate, Matrix
from grading.psychometrics.sufficient import Joint

CHOSEN: Final = 0.05  # an option fewer choose than this says nothing about the key
UPPER: Final = 0.27  # the share of candidates with the highest totals (Kelley 1939)


@dataclass(frozen=True, slots=True)
class OptionStatistics:
    """The figures of one option.

    Attributes
    ----------
    option
        As written in the responses; empty for no response.
    key
        Whether it is the right one.
    n
        Candidates who chose it.
    proportion
        Of the candidates of the analysis.
    point_biserial, point_biserial_rest
        Pearson's correlation of choosing it with the total, and with the total of the other items.
    mean_total
        Mean total of those who chose it.
    upper
        Share that chose it among the candidates with the highest totals.
    """

    option: str
    key: bool
    n: int
    proportion: Estimate
    point_biserial: Estimate
    point_biserial_rest: Estimate
    mean_total: Estimate
    upper: Estimate


def analyse_options(options: NDArray[np.str_], scores: Matrix, key: Sequence[str]) -> list[list[OptionStatistics]]:
    """Option analysis.

    Parameters
    ----------
    options
        What was chosen, candidates × items, empty for no response.
    scores
        What each response is worth, candidates × items, without missing scores.
    key
        The right option of each item.

    Returns
    -------
    list of list of OptionStatistics
        Per item its options by name; the key is among them also when nobody chose it.

    References
    ----------
    Lord, F. M. & Novick, M. R. (1968). Statistical theories of mental test scores, section 15.5 (point biserial).
    Kelley, T. L. (1939). The selection of upper and lower groups for the validation of test items. Journal of Educational
    Psychology 30, 17–24.
    """
    names, codes = _coded(options)
    totals = np.round(scores.sum(axis=1), 9)
    joint = Joint.of(codes, totals)
    return [_of_item(joint.of_item(item), names, right) for item, right in enumerate(key)]


def suspicions(options: Sequence[OptionStatistics], item_rest: Estimate) -> list[str]:
    """Why the key of an item may be wrong; empty when nothing speaks against it.

    ``negative_discrimination``: the better candidates get it wrong (the item-rest correlation is below 0).
    ``better_distractor``: an option other than the key, chosen by at least 5 %, correlates higher with the total of the others.
    ``upper_group_differs``: among the 27 % with the highest totals more chose another option than the key.

    Notes
    -----
    The second rule needs options; without them only the first applies.
    """
    why = ["negative_discrimination"] if item_rest.value is not None and item_rest.value < 0 else []
    right = next((option for option in options if option.key), None)
    if right is None:
        return why
    others = [option for option in options if not option.key and option.option]
    if any(
        (option.proportion.value or 0) >= CHOSEN and _above(option.point_biserial_rest, right.point_biserial_rest)
        for option in others
    ):
        why.append("better_distractor")
    if any(_above(option.upper, right.upper) for option in others):
        why.append("upper_group_differs")
    return why


def _above(one: Estimate, other: Estimate) -> bool:
    return one.value is not None and one.value > (other.value if other.value is not None else 0.0)


def _coded(options: NDArray[np.str_]) -> tuple[list[str], NDArray[np.int64]]:
    """The names that occur and the matrix as numbers into them."""
    points = np.ascontiguousarray(options).view(np.uint32).reshape(*options.shape, options.dtype.itemsize // 4)
    if not points[..., 1:].any():  # single letters are compared as numbers, which is many times faster
        points = points[..., 0]
        seen = np.flatnonzero(np.bincount(points.ravel()))
        place = np.zeros(int(seen.max(initial=0)) + 1, dtype=np.int64)
        place[seen] = np.arange(len(seen))
        return [chr(point) if point else "" for point in seen], place[points]
    names, codes = np.unique(options, return_inverse=True)
    return names.tolist(), codes.reshape(options.shape).astype(np.int64)


def _of_item(rows: tuple[Matrix, Matrix, NDArray[np.int64]], names: list[str], right: str) -> list[OptionStatistics]:
    codes, totals, counts = rows
    n = int(counts.sum())
    chosen = [(names[int(code)], codes == code) for code in np.unique(codes)]
    if right not in dict(chosen):
        chosen.append((right, np.zeros(len(codes), dtype=np.bool_)))
    is_right = next(mask for name, mask in chosen if name == right)
    rests = totals - is_right
    best = _upper(totals, counts)
    return [
        OptionStatistics(
            name, name == right, int(counts[mask].sum()),
            Estimate(counts[mask].sum() / n, n) if n else Estimate(None, 0, "too_few_candidates"),
            _point_biserial(mask, totals, counts), _point_biserial(mask, rests, counts),
            _mean(totals[mask], counts[mask]), _mean(mask[best].astype(np.float64), counts[best]),
        )
        for name, mask in sorted(chosen, key=lambda pair: pair[0])
    ]  # fmt: skip


def _upper(totals: Matrix, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Those with the highest totals: at least 27 %, with all who have the same total as the last of them."""
    order = np.argsort(-totals, kind="stable")
    enough = np.searchsorted(np.cumsum(counts[order]), UPPER * counts.sum() - 1e-9)
    return np.asarray(totals >= totals[order[enough]]) if len(order) else np.zeros(0, dtype=np.bool_)


def _mean(values: Matrix, counts: NDArray[np.int64]) -> Estimate:
    n = int(counts.sum())
    return Estimate(float((values * counts).sum() / n), n) if n else Estimate(None, 0, "not_chosen")


def _point_biserial(mask: NDArray[np.bool_], values: Matrix, counts: NDArray[np.int64]) -> Estimate:
    n, inside = int(counts.sum()), int(counts[mask].sum())
    if n < 2:
        return Estimate(None, n, "too_few_candidates")
    if inside in (0, n) or not np.ptp(values):
        return Estimate(None, n, "no_variance" if inside else "not_chosen")
    share = inside / n
    away = values - (values * counts).sum() / n
    above = (away[mask] * counts[mask]).sum() / n
    return Estimate(float(above / np.sqrt(share * (1 - share) * (away**2 * counts).sum() / n)), n)

"""Two people mark the same work: when their marks agree, when a third decides, and when a senior does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import ceil, floor
from typing import Any, Final

from grading.errors import RubricError
from grading.exact import exact, written
from grading.rubrics import CriterionMarks, Rubric, check_marks

ORDER: Final = ("first", "second", "third")


class Verdict(StrEnum):
    """What the marks given so far lead to."""

    AGREED = "agreed"
    THIRD_NEEDED = "third_needed"
    ADJUDICATED = "adjudicated"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class DoubleDecision:
    """What double marking gives.

    `total` is None while a third mark or the senior's is needed. `pair` names the two marks whose mean is the total,
    `differing` the criteria on which the first two differ by more than the tolerance.
    """

    verdict: Verdict
    total: Fraction | None
    pair: tuple[str, str] | None
    difference: Fraction
    differing: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The decision as plain data, numbers as exact strings."""
        return {
            "verdict": self.verdict.value,
            "total": None if self.total is None else written(self.total),
            "pair": self.pair and list(self.pair),
            "difference": written(self.difference),
            "differing": list(self.differing),
        }


def decide_double(rubric: Rubric, marks: Mapping[str, CriterionMarks]) -> DoubleDecision:
    """Apply the rule of double marking.

    The totals differ by at most ``total_tolerance`` and every criterion by at most ``criterion_tolerance`` times its
    maximum: the mean of the two totals, ``agreed``. Otherwise a third mark: of the pairs (1, 2), (1, 3), (2, 3) the
    closest by total (ties: the higher mean); when it differs by more than the total tolerance, ``escalate``, and the
    senior's total stands; else its mean, ``adjudicated``. A third mark given without need is ignored.

    Parameters
    ----------
    rubric
        The rule document: ``criteria`` and ``double`` with ``total_tolerance``, ``criterion_tolerance`` (without it
        criteria are not compared) and ``rounding`` (step and mode; without it the mean is exact).
    marks
        Marks by criterion from ``first``, ``second`` and, where given, ``third`` and ``senior``.

    Raises
    ------
    RubricError
        Marks that do not fit the rubric, ``first_two_needed``, or ``no_double_rule``.
    """
    rule = rubric.get("double")
    if rule is None:
        raise RubricError("no_double_rule", "the rubric does not say how two marks are compared", "double")
    if not {"first", "second"} <= set(marks):
        raise RubricError("first_two_needed", "double marking needs a first and a second mark")
    totals = {name: check_marks(rubric, marks[name]) for name in (*ORDER, "senior") if name in marks}
    tolerance = exact(rule["total_tolerance"], "double.total_tolerance")
    differing = _differing(rubric, marks["first"], marks["second"])
    difference = abs(totals["first"] - totals["second"])
    if difference <= tolerance and not differing:
        pair = ("first", "second")
        return DoubleDecision(Verdict.AGREED, _rounded_mean(totals, pair, rule), pair, difference, differing)
    if "third" not in totals:
        return DoubleDecision(Verdict.THIRD_NEEDED, None, None, difference, differing)
    pair, closest = _closest(totals)
    if closest > tolerance:
        return DoubleDecision(Verdict.ESCALATE, totals.get("senior"), None, closest, differing)
    return DoubleDecision(Verdict.ADJUDICATED, _rounded_mean(totals, pair, rule), pair, closest, differing)


def _differing(rubric: Rubric, first: CriterionMarks, second: CriterionMarks) -> tuple[str, ...]:
    """Criteria on which two people differ by more than the tolerance, a share of the criterion's maximum."""
    share = rubric["double"].get("criterion_tolerance")
    if share is None:
        return ()
    allowed = {criterion["id"]: exact(share) * exact(criterion["max"]) for criterion in rubric["criteria"]}
    return tuple(name for name, most in allowed.items() if abs(exact(first[name]) - exact(second[name])) > most)


def _closest(totals: Mapping[str, Fraction]) -> tuple[tuple[str, str], Fraction]:
    """The pair of totals that differ least; of equally close ones the pair with the higher mean."""
    one, other = min(
        combinations(ORDER, 2), key=lambda pair: (abs(totals[pair[0]] - totals[pair[1]]), -totals[pair[0]] - totals[pair[1]])
    )
    return (one, other), abs(totals[one] - totals[other])


def _rounded_mean(totals: Mapping[str, Fraction], pair: tuple[str, str], rule: Mapping[str, Any]) -> Fraction:
    mean = (totals[pair[0]] + totals[pair[1]]) / 2
    rounding = rule.get("rounding")
    if rounding is None:
        return mean
    step = exact(rounding["step"], "double.rounding.step")
    if step <= 0 or rounding["mode"] not in ROUNDINGS:
        raise RubricError("unknown_rounding", f"the rounding {dict(rounding)} cannot be done", "double.rounding")
    return ROUNDINGS[rounding["mode"]](mean / step) * step


# Totals are never negative, so up and down need no word about signs.
ROUNDINGS: Final[Mapping[str, Callable[[Fraction], int]]] = {
    "half_up": lambda steps: floor(steps + Fraction(1, 2)),
    "half_even": round,
    "up": ceil,
    "down": floor,
}

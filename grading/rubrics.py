"""Marks a person gives by rubric: complete, each as a level gives it, and added up."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from grading.errors import ItemError, RubricError
from grading.exact import ZERO, exact, written

Rubric = Mapping[str, Any]
CriterionMarks = Mapping[str, object]


def check_marks(rubric: Rubric, marks: CriterionMarks) -> Fraction:
    """Refuse marks that are not complete or that no level gives; the total of those that are right.

    Parameters
    ----------
    rubric
        ``{"criteria": [{"id", "max", "levels": [{"marks": 0}, …]}]}``; a criterion without levels takes 0 to its maximum.
    marks
        Marks by criterion id, as numbers or exact strings.

    Raises
    ------
    RubricError
        ``unknown_criterion``, ``missing_criterion``, ``not_a_number`` or ``not_a_level``.
    """
    criteria = {criterion["id"]: criterion for criterion in rubric["criteria"]}
    if stray := sorted(set(marks) - set(criteria)):
        raise RubricError("unknown_criterion", f"the rubric has no criterion {', '.join(stray)}", stray[0])
    if missing := [name for name in criteria if marks.get(name) is None]:
        raise RubricError("missing_criterion", f"no marks yet for {', '.join(missing)}", missing[0])
    return sum((check_criterion(criterion, marks[name]) for name, criterion in criteria.items()), ZERO)


def check_criterion(criterion: Mapping[str, Any], given: object) -> Fraction:
    """Refuse marks for one criterion that none of its levels gives; the exact marks otherwise.

    Raises
    ------
    RubricError
        ``not_a_number`` or ``not_a_level``.
    """
    name = criterion["id"]
    try:
        marks = exact(given, name)
    except ItemError as error:
        raise RubricError(error.code, error.message, name) from error
    levels = [exact(level["marks"]) for level in criterion.get("levels") or []]
    if levels and marks not in levels:
        raise RubricError("not_a_level", f"{written(marks)} is none of {', '.join(map(written, levels))}", name)
    if not levels and not 0 <= marks <= exact(criterion["max"]):
        raise RubricError("not_a_level", f"{written(marks)} is not within 0 and {criterion['max']}", name)
    return marks

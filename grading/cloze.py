"""Cloze: gaps in a text, each an item of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grading.errors import ItemError
from grading.exact import ZERO, exact
from grading.marked import Item, Response

GAP_TYPES: Final = ("single_choice", "numeric", "short_text")


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: its id, weight and marker."""

    id: str
    weight: Fraction
    credit: Callable[[Response], Fraction]


def weighted_parts(gaps: list[Gap], response: Response) -> Fraction:
    """Σ wᵢ·creditᵢ / Σ wᵢ; each gap has its own type and rule."""
    earned = sum((gap.weight * gap.credit(response.get(gap.id)) for gap in gaps), ZERO)
    return earned / sum(gap.weight for gap in gaps)


def all_open(gaps: list[Gap]) -> Fraction:
    """What the gaps give when none is filled in: each says for itself what an omission is worth."""
    return weighted_parts(gaps, {})


def prepare_gaps(item: Item, credit_function: Callable[[Item], Callable[[Response], Fraction]]) -> list[Gap]:
    """Read every gap; `credit_function` turns one into its marker."""
    gaps = [_prepare_gap(name, gap, credit_function) for name, gap in item["gaps"].items()]
    if not sum(gap.weight for gap in gaps):
        raise ItemError("no_weight", "the gaps have no weight together", "gaps")
    return gaps


def _prepare_gap(name: str, gap: Item, credit_function: Callable[[Item], Callable[[Response], Fraction]]) -> Gap:
    where = f"gaps.{name}"
    if gap.get("type") not in GAP_TYPES:
        raise ItemError("unknown_type", f"a gap is {', '.join(GAP_TYPES)}", f"{where}.type")
    weight = exact(gap.get("weight", 1), f"{where}.weight")
    if weight < 0:
        raise ItemError("negative_weight", "a weight is not negative", f"{where}.weight")
    try:
        return Gap(name, weight, credit_function(gap))
    except ItemError as error:
        raise ItemError(error.code, error.message, f"{where}.{error.where}".rstrip(".")) from error

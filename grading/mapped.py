"""Rules taken over from QTI 2 and 3: `mapResponse` and `match_correct`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grading.errors import ItemError
from grading.exact import ONE, ZERO, clamp, exact
from grading.marked import Item, Response, Rule
from grading.ordering import Order, prepare_order
from grading.selection import Choice, check_bounds, chosen, known_options, left_open, prepare_choice


@dataclass(frozen=True, slots=True)
class Mapping:
    """Mapped values by option, the value of every other option, and the bounds where there are any."""

    values: dict[object, Fraction]
    default: Fraction
    lower: Fraction | None
    upper: Fraction | None


def mapped_single(mapping: Mapping, response: Response) -> Fraction:
    """The mapped value of the response, or the default; no answer → default, clamped."""
    return mapping.values.get(response, mapping.default)


def mapped_multiple(mapping: Mapping, response: Response) -> Fraction:
    """Σ over distinct values of the mapped value or default, clamped to [lower, upper]; no answer → default, clamped."""
    total = sum((mapping.values.get(option, mapping.default) for option in chosen(response)), ZERO)
    return clamp(total, mapping.lower, mapping.upper)


def no_answer(mapping: Mapping) -> Fraction:
    """The default, clamped."""
    return clamp(mapping.default, mapping.lower, mapping.upper)


def match_set(choice: Choice, response: Response) -> Fraction:
    """1 if the response equals the key (as a set for multiple choice), else 0."""
    return ONE if chosen(response) == choice.key else ZERO


def match_sequence(order: Order, response: Response) -> Fraction:
    """1 if the response equals the key as a sequence, else 0."""
    return ONE if response == order.key else ZERO


def prepare_mapping(item: Item) -> Mapping:
    """Read map, default and bounds; no bound is one where none is written, except that credit never passes 1."""
    marking = item["marking"]
    if "map" not in marking:
        raise ItemError("missing_map", "the rule mapped needs a map by option", "marking.map")
    values = {option: exact(value, f"marking.map.{option}") for option, value in marking["map"].items()}
    known_options(values, item, "marking.map")
    lower = exact(marking["lower"], "marking.lower") if "lower" in marking else None
    upper = exact(marking.get("upper", 1), "marking.upper")
    check_bounds(lower, upper)
    mapping = Mapping(values, exact(marking.get("default", 0), "marking.default"), lower, upper)
    if item["type"] == "single_choice" and max([mapping.default, *values.values()]) > 1:
        raise ItemError("credit_above_one", "credit is a share of the item's marks: no value may exceed 1", "marking.map")
    return mapping


SINGLE: Final = {
    "mapped": Rule(mapped_single, prepare_mapping, no_answer),
    "match": Rule(match_set, prepare_choice, is_unanswered=left_open),
}
MULTIPLE: Final = {
    "mapped": Rule(mapped_multiple, prepare_mapping, no_answer),
    "match": Rule(match_set, prepare_choice, is_unanswered=left_open),
}
ORDERING: Final = {"match": Rule(match_sequence, prepare_order)}

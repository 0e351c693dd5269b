"""Selection from options: key set K, chosen set S, k options.

`right` counts the chosen options that are in K, `wrong` the chosen ones that are not. Where K is empty, nothing is
to be found: choosing nothing is then the right answer, and right / size of K counts as 1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grading.errors import ItemError
from grading.exact import ONE, ZERO, clamp, exact
from grading.marked import Item, Response, Rule, is_empty

HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a selection rule knows of its item: the key set and the number of options."""

    key: frozenset[object]
    size: int


@dataclass(frozen=True, slots=True)
class WeightedChoice:
    """Weights by option and the bounds of their sum."""

    weights: dict[object, Fraction]
    lower: Fraction
    upper: Fraction


def all_or_nothing(choice: Choice, response: Response) -> Fraction:
    """1 if S = K, else 0."""
    return ONE if chosen(response) == choice.key else ZERO


def weighted(choice: WeightedChoice, response: Response) -> Fraction:
    """Sum of the weights of S, clamped to [lower, upper] (defaults 0 and 1); an option without a weight weighs 0."""
    total = sum((choice.weights.get(option, ZERO) for option in chosen(response)), ZERO)
    return clamp(total, choice.lower, choice.upper)


def right_minus_wrong(choice: Choice, response: Response) -> Fraction:
    """max(0, right − wrong) / size of K."""
    right, wrong = _counts(choice, response)
    if not choice.key:
        return ZERO if wrong else ONE
    return Fraction(max(0, right - wrong), len(choice.key))


def balanced(choice: Choice, response: Response) -> Fraction:
    """max(0, right / size of K − wrong / (k − size of K))."""
    right, wrong = _counts(choice, response)
    found = Fraction(right, len(choice.key)) if choice.key else ONE
    return max(ZERO, found - Fraction(wrong, choice.size - len(choice.key))) if wrong else found


def per_option(choice: Choice, response: Response) -> Fraction:
    """Options whose chosen state equals the key's state, / k."""
    return Fraction(_judged_rightly(choice, response), choice.size)


def half_or_more(choice: Choice, response: Response) -> Fraction:
    """1 if every option is judged rightly, 0.5 if strictly more than half are, else 0 (PS50 of Albanese)."""
    rightly = _judged_rightly(choice, response)
    if rightly == choice.size:
        return ONE
    return HALF if 2 * rightly > choice.size else ZERO


def capped(choice: Choice, response: Response) -> Fraction:
    """Number right / size of K, but 0 if more than size-of-K options are chosen."""
    right, wrong = _counts(choice, response)
    if right + wrong > len(choice.key):
        return ZERO
    return Fraction(right, len(choice.key)) if choice.key else ONE


def formula(choice: Choice, response: Response) -> Fraction:
    """Single best answer corrected for guessing: 1 right, −1/(k − 1) wrong, 0 omitted (may be negative)."""
    if chosen(response) == choice.key:
        return ONE
    return Fraction(-1, choice.size - 1)


def chosen(response: Response) -> frozenset[object]:
    """S: the options of a list, or the one option (or truth value) that is the response."""
    return frozenset(response) if isinstance(response, list) else frozenset((response,))


def _counts(choice: Choice, response: Response) -> tuple[int, int]:
    options = chosen(response)
    right = len(options & choice.key)
    return right, len(options) - right


def _judged_rightly(choice: Choice, response: Response) -> int:
    return choice.size - len(chosen(response) ^ choice.key)


def option_ids(item: Item) -> list[object]:
    """Ids of the options; the two truth values for a true/false item."""
    return [True, False] if item["type"] == "true_false" else [option["id"] for option in item.get("options", [])]


def prepare_choice(item: Item) -> Choice:
    """Read the key of a selection item."""
    key, options = chosen(item["key"]), option_ids(item)
    if stray := sorted(str(option) for option in key - set(options)):
        raise ItemError("key_unknown_option", f"{', '.join(stray)} is not one of the options", "key")
    if len(key) != 1 and item["type"] != "multiple_choice":
        raise ItemError("key_not_single", "exactly one option is the key", "key")
    return Choice(key, len(options))


def prepare_weighted(item: Item) -> WeightedChoice:
    """Read the weights and bounds of a weighted item."""
    marking = item["marking"]
    if "weights" not in marking:
        raise ItemError("missing_weights", "the rule weighted needs weights by option", "marking.weights")
    weights = {option: exact(weight, f"marking.weights.{option}") for option, weight in marking["weights"].items()}
    known_options(weights, item, "marking.weights")
    lower, upper = exact(marking.get("lower", 0), "marking.lower"), exact(marking.get("upper", 1), "marking.upper")
    check_bounds(lower, upper)
    return WeightedChoice(weights, lower, upper)


def known_options(values: Iterable[object], item: Item, where: str) -> None:
    """Refuse values for options that the item does not have."""
    if stray := sorted(str(option) for option in set(values) - set(option_ids(item))):
        raise ItemError("unknown_option", f"{', '.join(stray)} is not one of the options", where)


def check_bounds(lower: Fraction | None, upper: Fraction | None) -> None:
    """Refuse bounds that cross, or that let a response earn more than the item's marks."""
    if upper is not None and upper > 1:
        raise ItemError("credit_above_one", "credit is a share of the item's marks, so upper may be at most 1", "marking.upper")
    if lower is not None and upper is not None and lower > upper:
        raise ItemError("bounds_crossed", "lower is greater than upper", "marking")


def left_open(choice: Choice, response: Response) -> bool:
    """An empty list answers an item whose key is empty; it leaves any other item unanswered."""
    return is_empty(response) and (bool(choice.key) or response != [])


def _keyed(credit: Callable[[Choice, Response], Fraction]) -> Rule:
    return Rule(credit, prepare_choice, is_unanswered=left_open)


_WEIGHTED: Final = Rule(weighted, prepare_weighted)

SINGLE: Final = {
    "all_or_nothing": _keyed(all_or_nothing),
    "weighted": _WEIGHTED,
    "formula": _keyed(formula),
}
TRUE_FALSE: Final = {"all_or_nothing": _keyed(all_or_nothing), "formula": _keyed(formula)}
MULTIPLE: Final = {
    "all_or_nothing": _keyed(all_or_nothing),
    "weighted": _WEIGHTED,
    "right_minus_wrong": _keyed(right_minus_wrong),
    "balanced": _keyed(balanced),
    "per_option": _keyed(per_option),
    "half_or_more": _keyed(half_or_more),
    "capped": _keyed(capped),
}

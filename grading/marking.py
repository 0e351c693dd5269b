"""From an item and a response to marks: the register of rules, and the two ways to call it."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from grading import cloze, mapped, matching, numeric, ordering, selection, text
from grading.errors import GradingError, ItemError
from grading.exact import ZERO, exact
from grading.marked import Item, Marked, Response, Rule, Status, is_empty
from grading.responses import check_response

RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "single_choice": selection.SINGLE | mapped.SINGLE,
    "multiple_choice": selection.MULTIPLE | mapped.MULTIPLE,
    "true_false": selection.TRUE_FALSE,
    "matching": matching.PAIRS,
    "categorising": matching.PAIRS,
    "matrix": matching.PAIRS,
    "ordering": ordering.ORDER | mapped.ORDERING,
    "numeric": numeric.NUMERIC,
    "short_text": text.SHORT_TEXT,
    "cloze": {
        "weighted_parts": Rule(cloze.weighted_parts, lambda item: cloze.prepare_gaps(item, credit_function), cloze.all_open)
    },
}
"""Marking rules by item type; the first of a type is its default."""

BY_PERSON: Final = frozenset({"written", "files"})
_KEYLESS: Final = frozenset({"weighted", "mapped", "weighted_parts"})
_MOST_KEPT: Final = 256

Marker = Callable[[Response], Marked]


def mark(item: Item, response: Response) -> Marked:
    """Check a response and mark it.

    Raises
    ------
    ResponseError
        The response has the wrong shape for the item.
    ItemError
        The item cannot be marked, whatever the response.
    """
    check_response(item, response)
    return compile_item(item)(response)


def compile_item(item: Item) -> Marker:
    """Read the key of `item` once and return the function that marks responses to it.

    The function takes checked responses (see `check_response`), and is what marks many candidates.
    """
    highest = _highest_marks(item)
    if item.get("type") in BY_PERSON:
        return _person_marker(highest)
    rule = find_rule(item)
    question = _prepare(rule, item)
    credit, is_unanswered = rule.credit, rule.is_unanswered
    blank = Marked(rule.unanswered(question), highest, Status.UNANSWERED)
    kept: dict[Fraction, Marked] = {}

    def marker(response: Response) -> Marked:
        if is_unanswered(question, response):
            return blank
        worth = credit(question, response)
        if worth not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[worth] = Marked(worth, highest, Status.MARKED)
        return kept[worth]

    return marker


def credit_function(item: Item) -> Callable[[Response], Fraction]:
    """As `compile_item`, but gives the bare credit: what a gap of a cloze needs."""
    rule = find_rule(item)
    question = _prepare(rule, item)
    blank = rule.unanswered(question)
    return lambda response: blank if rule.is_unanswered(question, response) else rule.credit(question, response)


def find_rule(item: Item) -> Rule:
    """The rule an item names, or the default of its type.

    Raises
    ------
    ItemError
        ``unknown_type`` or ``unknown_rule``.
    """
    kind = item.get("type", "")
    if kind not in RULES:
        raise ItemError("unknown_type", f"{kind!r} is no type of item that can be marked", "type")
    rules = RULES[kind]
    name = (item.get("marking") or {}).get("rule", next(iter(rules)))
    if name not in rules:
        raise ItemError("unknown_rule", f"{name!r} is no marking rule for {kind}; it has {', '.join(rules)}", "marking.rule")
    if item.get("key") is None and name not in _KEYLESS:
        raise ItemError("missing_key", f"the rule {name} needs a key", "key")
    return rules[name]


def _prepare(rule: Rule, item: Item) -> Any:
    """Read the item; whatever its key is made of, a bad one is refused as a bad item."""
    try:
        return rule.prepare(item)
    except GradingError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise ItemError("unreadable_item", f"the item's key or marking cannot be read ({detail})") from error


def _highest_marks(item: Item) -> Fraction:
    highest = exact(item.get("marks", 1), "marks")
    if highest < 0:
        raise ItemError("negative_marks", "an item is not worth less than 0 marks", "marks")
    return highest


def _person_marker(highest: Fraction) -> Marker:
    """Blank work needs no person: it is worth nothing. Anything else waits for one."""
    blank, waiting = Marked(ZERO, highest, Status.UNANSWERED), Marked(None, highest, Status.NEEDS_PERSON)
    return lambda response: blank if is_empty(response) else waiting

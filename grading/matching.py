"""Matching, categorising and matrix items: n pairs in the key, each left entry with one right partner.

Unused extra choices are allowed. A left entry that the key leaves out is a decoy: pairing it is a wrong answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grading.errors import ItemError
from grading.exact import ONE, ZERO
from grading.marked import Item, Response, Rule, is_empty

SIDES: Final = {
    "matching": ("left", "right"),
    "categorising": ("left", "right"),
    "matrix": ("rows", "columns"),
}


@dataclass(frozen=True, slots=True)
class Pairs:
    """The right partner of each left entry."""

    key: dict[str, str]


def per_pair(pairs: Pairs, response: Response) -> Fraction:
    """Number right / n."""
    return Fraction(_counts(pairs, response)[0], len(pairs.key))


def per_pair_penalty(pairs: Pairs, response: Response) -> Fraction:
    """max(0, right − wrong answered) / n."""
    right, wrong = _counts(pairs, response)
    return Fraction(max(0, right - wrong), len(pairs.key))


def all_or_nothing(pairs: Pairs, response: Response) -> Fraction:
    """1 if every pair is right and nothing else is paired, else 0."""
    return ONE if _counts(pairs, response) == (len(pairs.key), 0) else ZERO


def _counts(pairs: Pairs, response: Response) -> tuple[int, int]:
    answered = {left: right for left, right in response.items() if not is_empty(right)}
    right = sum(pairs.key.get(left) == partner for left, partner in answered.items())
    return right, len(answered) - right


def prepare_pairs(item: Item) -> Pairs:
    """Read the key and hold it against both sides of the item."""
    key = item["key"]
    lefts, rights = ({entry["id"] for entry in item.get(side, [])} for side in SIDES[item["type"]])
    if not key:
        raise ItemError("empty_key", "the key pairs nothing", "key")
    for left, right in key.items():
        if left not in lefts or right not in rights:
            raise ItemError("key_unknown_pair", f"{left} with {right} is not a pair this item offers", f"key.{left}")
    return Pairs(key)


def _rule(credit: Callable[[Pairs, Response], Fraction]) -> Rule:
    return Rule(credit, prepare_pairs)


PAIRS: Final = {
    "per_pair": _rule(per_pair),
    "per_pair_penalty": _rule(per_pair_penalty),
    "all_or_nothing": _rule(all_or_nothing),
}

"""Ordering: n entries whose right order is the key.

A response that names only some entries has filled the first places; the other places are unanswered, and an entry
without a place earns nothing. With n = 1 a rule that would divide by zero gives 1 for the right answer.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final

from grading.errors import ItemError
from grading.exact import ONE, ZERO
from grading.marked import Item, Response, Rule


@dataclass(frozen=True, slots=True)
class Order:
    """The right order, and the right place of each entry counted from 0."""

    key: list[str]
    place: dict[str, int]


def all_or_nothing(order: Order, response: Response) -> Fraction:
    """1 if every entry is in its place, else 0."""
    return ONE if response == order.key else ZERO


def exact_position(order: Order, response: Response) -> Fraction:
    """Entries in the right place / n."""
    return Fraction(sum(entry == right for entry, right in zip(response, order.key, strict=False)), len(order.key))


def adjacent_pairs(order: Order, response: Response) -> Fraction:
    """Right successor pairs / (n − 1)."""
    return _share(order, _successor_pairs(order, response), len(order.key) - 1)


def adjacent_pairs_and_last(order: Order, response: Response) -> Fraction:
    """Right successor pairs, plus one if the last entry is last, / n."""
    return Fraction(_successor_pairs(order, response) + _last_is_last(order, response), len(order.key))


def neighbours(order: Order, response: Response) -> Fraction:
    """Right predecessors and right successors counted, where none counts at the ends, / 2n."""
    ends = (response[0] == order.key[0]) + _last_is_last(order, response)
    return Fraction(2 * _successor_pairs(order, response) + ends, 2 * len(order.key))


def all_before_after(order: Order, response: Response) -> Fraction:
    """For each entry the true predecessors before it and the true successors after it, summed, / n(n − 1)."""
    in_order = sum(before < after for before, after in _placed_pairs(order, response))
    n = len(order.key)
    return _share(order, 2 * in_order, n * (n - 1))


def longest_subset(order: Order, response: Response) -> Fraction:
    """Longest increasing subsequence / n (length 1 counts 0)."""
    tails: list[int] = []
    for place in _places(order, response):
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
    return _length(order, len(tails))


def longest_run(order: Order, response: Response) -> Fraction:
    """Longest run of entries, each the immediate successor of the one before, / n (length 1 counts 0)."""
    longest = run = 1
    for before, after in pairwise(_places(order, response)):
        run = run + 1 if after == before + 1 else 1
        longest = max(longest, run)
    return _length(order, longest)


def distance(order: Order, response: Response) -> Fraction:
    """Σ max(0, (n − 1) − |place − right place|) / n(n − 1)."""
    n = len(order.key)
    near = sum(n - 1 - abs(place - right) for place, right in enumerate(_places(order, response)))
    return _share(order, near, n * (n - 1))


def kendall(order: Order, response: Response) -> Fraction:
    """max(0, Kendall's tau-a): (concordant − discordant pairs) / (n(n − 1)/2)."""
    balance = sum(1 if before < after else -1 for before, after in _placed_pairs(order, response))
    n = len(order.key)
    return max(ZERO, _share(order, 2 * balance, n * (n - 1)))


def _places(order: Order, response: Response) -> list[int]:
    return [order.place[entry] for entry in response]


def _placed_pairs(order: Order, response: Response) -> Iterator[tuple[int, int]]:
    return combinations(_places(order, response), 2)


def _successor_pairs(order: Order, response: Response) -> int:
    return sum(after == before + 1 for before, after in pairwise(_places(order, response)))


def _last_is_last(order: Order, response: Response) -> bool:
    return len(response) == len(order.key) and response[-1] == order.key[-1]


def _length(order: Order, length: int) -> Fraction:
    return Fraction(length, len(order.key)) if length > 1 else ZERO


def _share(order: Order, part: int, whole: int) -> Fraction:
    """Part / whole; the one order that a single entry can have is wholly right."""
    return Fraction(part, whole) if len(order.key) > 1 else ONE


def prepare_order(item: Item) -> Order:
    """Read the key and hold it against the entries."""
    key = list(item["key"])
    entries = {entry["id"] for entry in item.get("entries", [])}
    if not key or len(set(key)) != len(key) or set(key) != entries:
        raise ItemError("key_not_an_order", "the key names every entry exactly once", "key")
    return Order(key, {entry: place for place, entry in enumerate(key)})


def _rule(credit: Callable[[Order, Response], Fraction]) -> Rule:
    return Rule(credit, prepare_order)


ORDER: Final = {
    "all_or_nothing": _rule(all_or_nothing),
    "exact_position": _rule(exact_position),
    "adjacent_pairs": _rule(adjacent_pairs),
    "adjacent_pairs_and_last": _rule(adjacent_pairs_and_last),
    "neighbours": _rule(neighbours),
    "all_before_after": _rule(all_before_after),
    "longest_subset": _rule(longest_subset),
    "longest_run": _rule(longest_run),
    "distance": _rule(distance),
    "kendall": _rule(kendall),
}

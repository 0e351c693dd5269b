"""Rules on a bank as a whole: what no single item shows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import binomtest, chisquare

from question_bank.editorial.words import CHINESE, ENGLISH, by_language, reading_size, said_in, texts_in, words
from question_bank.findings import Document

CHANCE: Final = 0.01
"""How unlikely by chance a pattern must be before it is reported."""

ENOUGH: Final = 20
"""Items from which a pattern is looked for."""

ALIKE: Final = 0.6
"""Shared share of word triples (English) or character triples (Chinese) from which two items ask the same."""


class BankFinding(NamedTuple):
    """Something noticed about a bank: at an item, or at the bank itself when `item` is None."""

    item: str | None
    place: str
    code: str
    message: str


def key_balance(items: Sequence[Document]) -> Iterator[BankFinding]:
    """The key stands at each position about equally often; a preferred one is soon known (chi-square at 1 %)."""
    for level, group in _by_level(items):
        positions: dict[int, Counter[int]] = defaultdict(Counter)
        for item in group:
            if item["type"] == "single_choice":
                place = next(place for place, option in enumerate(item["options"]) if option["id"] == item["key"])
                positions[len(item["options"])][place] += 1
        for options, found in sorted(positions.items()):
            counts = [found[place] for place in range(options)]
            if sum(counts) >= ENOUGH and chisquare(counts).pvalue < CHANCE:
                said = ", ".join(f"{chr(65 + place)} {count}" for place, count in enumerate(counts))
                yield BankFinding(None, level, "key_balance", f"keys of the {options}-option items are not balanced: {said}")


def truth_balance(items: Sequence[Document]) -> Iterator[BankFinding]:
    """About half of the statements are true; else one answer to all of them pays (binomial at 1 %)."""
    for level, group in _by_level(items):
        keys = [item["key"] for item in group if item["type"] == "true_false"]
        if len(keys) >= ENOUGH and binomtest(sum(keys), len(keys)).pvalue < CHANCE:
            yield BankFinding(None, level, "truth_balance", f"{sum(keys)} of {len(keys)} statements are true")


def length_balance(items: Sequence[Document]) -> Iterator[BankFinding]:
    """The key is the longest or the shortest option no more often than chance allows (binomial at 1 %)."""
    for level, group in _by_level(items):
        single = [item for item in group if item["type"] == "single_choice"]
        for language in (CHINESE, ENGLISH):
            for name, extreme in (("longest", max), ("shortest", min)):
                hits = [_stands_out(item, language, extreme) for item in single]
                chances = [1 / len(item["options"]) for item in single]
                if len(hits) >= ENOUGH and binomtest(sum(hits), len(hits), float(np.mean(chances)), "greater").pvalue < CHANCE:
                    message = f"the key is the {name} option in {sum(hits)} of {len(hits)} items ({language})"
                    yield BankFinding(None, level, "length_balance", message)


def near_duplicate(items: Sequence[Document]) -> Iterator[BankFinding]:
    """Items that ask the same in almost the same words are enemies, or one of them goes: a form never holds both."""
    close: Counter[tuple[int, int]] = Counter()
    languages = [language for language in (CHINESE, ENGLISH) if any(language in by_language(item["stem"]) for item in items)]
    for language in languages:
        close.update(_close_pairs([_shingles(item, language) for item in items]))
    enemies = _enemies(items)
    for (first, second), times in sorted(close.items()):
        one, other = items[first]["id"], items[second]["id"]
        if times == len(languages) and frozenset((one, other)) not in enemies:
            yield BankFinding(other, "stem", "near_duplicate", f"reads almost like {one}, and they are not enemies")


def enemy_one_sided(items: Sequence[Document]) -> Iterator[BankFinding]:
    """Enemies name each other: a name on one side only is a slip, or the other item changed since."""
    named = {item["id"]: set(item.get("enemies", ())) for item in items}
    for item, enemies in named.items():
        for enemy in sorted(enemies & named.keys()):
            if item not in named[enemy]:
                yield BankFinding(item, "enemies", "enemy_one_sided", f"names {enemy}, which does not name it")


def _by_level(items: Sequence[Document]) -> Iterable[tuple[str, list[Document]]]:
    groups: dict[str, list[Document]] = defaultdict(list)
    for item in items:
        groups[item.get("level", "")].append(item)
    return sorted(groups.items())


def _stands_out(item: Document, language: str, extreme: Any) -> bool:
    """Whether the key alone is the longest or the shortest."""
    sizes = {option["id"]: reading_size(said_in(option["text"], language)) for option in item["options"]}
    outermost = extreme(sizes.values())
    return sizes[item["key"]] == outermost and list(sizes.values()).count(outermost) == 1


def _enemies(items: Sequence[Document]) -> set[frozenset[str]]:
    return {frozenset((item["id"], enemy)) for item in items for enemy in item.get("enemies", ())}


def _shingles(item: Document, language: str) -> set[str]:
    """Triples of words, or of characters where words are not set apart."""
    text = " ".join(texts_in(item, language))
    if language == CHINESE:
        plain = "".join(text.split())
        return {plain[place : place + 3] for place in range(len(plain) - 2)}
    listed = words(text)
    return {" ".join(listed[place : place + 3]) for place in range(len(listed) - 2)}


def _close_pairs(texts: Sequence[set[str]]) -> list[tuple[int, int]]:
    """Pairs whose shared shingles are at least `ALIKE` of all they have (Jaccard's coefficient)."""
    columns: dict[str, int] = {}
    for text in texts:
        for shingle in text:
            columns.setdefault(shingle, len(columns))
    sizes = np.array([len(text) for text in texts])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    indices = np.array([columns[shingle] for text in texts for shingle in text], dtype=np.int64)
    matrix = csr_array((np.ones(len(indices)), indices, ends), shape=(len(texts), max(len(columns), 1)))
    shared = (matrix @ matrix.T).tocoo()
    upper = shared.row < shared.col
    first, second, both = shared.row[upper], shared.col[upper], shared.data[upper]
    alike = both >= ALIKE * (sizes[first] + sizes[second] - both)
    return list(zip(first[alike].tolist(), second[alike].tolist(), strict=True))

"""Rules on stems and options: what lets somebody find the key without knowing the subject.

The guidelines are those of Haladyna, Downing & Rodriguez (2002), A review of multiple-choice item-writing guidelines for
classroom assessment, Applied Measurement in Education 15(3), 309-333, named below by their numbers there.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any, Final

from question_bank.editorial.words import CHINESE, ENGLISH, by_language, reading_size, said_in, words
from question_bank.findings import Document, Finding

LONGER: Final = 1.5
"""How many times as long as the longest distractor a key may be."""

ALIKE: Final = 0.9
"""Likeness of two options, in every language, from which they say the same."""

_CHOICES: Final = ("single_choice", "multiple_choice")
_ABOVE: Final = {
    ENGLISH: re.compile(r"\b(all|none|both|neither|any)( of)?( the)? (above|these|options|answers)\b", re.IGNORECASE),
    CHINESE: re.compile(r"以上(都|皆|全|均|各项|选项|所有)|上述(都|皆|全|均|各项)|(都|皆|均)(不)?(对|是|正确)$"),
}
_ABSOLUTE: Final = {
    ENGLISH: re.compile(
        r"\b(always|never|only|all|none|every|completely|entirely|absolutely|impossible|guarantees?)\b", re.IGNORECASE
    ),
    CHINESE: re.compile(r"一定|永远|所有|全部|任何|绝对|完全|必然|从不|从来|总是|只要|唯一|仅(?!次)"),
}
_NEGATIVE: Final = {
    ENGLISH: re.compile(r"\b(not|except|least|incorrect|wrong|false|untrue)\b(?! only)", re.IGNORECASE),
    CHINESE: re.compile(r"不属于|不正确|不恰当|不合适|不合理|不应|不是|不需要|不包括|不包含|不符合|错误的|例外|除外|最不"),
}
_STRONG: Final = re.compile(r"\*\*.+?\*\*|__.+?__")
_SENTENCE: Final = re.compile(r"[^.?!。？！]*[.?!。？！]?\s*$")
_STOPS: Final = (".", "。", ";", "；")
_COMMON: Final = frozenset(
    ["service", "services", "should", "which", "management", "process", "practice", "information", "support", "before"]
)


def longest_option(item: Document) -> Iterator[Finding]:
    """The key is not by far the longest option: writers qualify what is right, and candidates know it (guideline 24)."""
    if item["type"] != "single_choice":
        return
    for language in _languages(item):
        sizes = {option["id"]: reading_size(said_in(option["text"], language)) for option in item["options"]}
        key = sizes.pop(item["key"])
        if key > LONGER * max(sizes.values()) and key - max(sizes.values()) > 3:
            yield _option(item, item["key"], "longest_option", f"the key is by far the longest option ({language})")


def article_cue(item: Document) -> Iterator[Finding]:
    """A stem does not end in "a" or "an", which only some options can follow (guideline 28: grammatical consistency)."""
    stem = said_in(item["stem"], ENGLISH)
    if item["type"] in _CHOICES and re.search(r"\ban?[\s:…_.]*$", stem):
        yield Finding(
            ("stem", ENGLISH), "article_cue", 'the stem ends in "a" or "an"; put the article into the options', "warning"
        )


def uneven_endings(item: Document) -> Iterator[Finding]:
    """Either all options end in a full stop or none does; a different one stands out (guideline 23: homogeneous choices)."""
    if item["type"] not in _CHOICES:
        return
    for language in _languages(item):
        ends = [said_in(option["text"], language).rstrip().endswith(_STOPS) for option in item["options"]]
        if 0 < sum(ends) < len(ends):
            yield Finding(
                ("options",), "uneven_endings", f"some options end in a full stop, some do not ({language})", "warning"
            )


def echo_cue(item: Document) -> Iterator[Finding]:
    """No telling word of the stem returns in the key alone; candidates choose what sounds like the question (guideline 28)."""
    if item["type"] != "single_choice":
        return
    stem = set(_telling(said_in(item["stem"], ENGLISH)))
    said = {option["id"]: set(_telling(said_in(option["text"], ENGLISH))) for option in item["options"]}
    echoes = stem & said.pop(item["key"]) - set().union(*said.values())
    if echoes:
        message = f"{', '.join(sorted(echoes))}: in the stem and in no other option than the key"
        yield _option(item, item["key"], "echo_cue", message)


def all_or_none(item: Document) -> Iterator[Finding]:
    """No option is "all of the above" or "none of the above": knowing part of the options is enough (guidelines 25, 26)."""
    yield from _options_that_match(item, _ABOVE, "all_or_none", "an option that refers to the others")


def absolute_word(item: Document) -> Iterator[Finding]:
    """Absolute words stand neither in distractors alone nor in false statements: they give them away (guideline 28)."""
    if item["type"] == "true_false" and item["key"] is False:
        for language, typed in by_language(item["stem"]).items():
            if found := _ABSOLUTE.get(language, _NEVER).search(typed):
                message = f'"{found.group()}" makes a false statement easy to tell ({language})'
                yield Finding(("stem", language), "absolute_word", message, "warning")
    if item["type"] == "single_choice":
        found_in = {finding.path[1] for finding in _options_that_match(item, _ABSOLUTE, "", "")}
        key = next(place for place, option in enumerate(item["options"]) if option["id"] == item["key"])
        if found_in and key not in found_in:
            yield from _options_that_match(item, _ABSOLUTE, "absolute_word", "an absolute word in distractors alone")


def negative_stem(item: Document) -> Iterator[Finding]:
    """A stem that asks for what is not so says it in bold; a missed "not" tests eyesight (guideline 17)."""
    if item["type"] not in _CHOICES:
        return
    for language, typed in by_language(item["stem"]).items():
        question = _SENTENCE.search(typed.rstrip())
        plain = _STRONG.sub("", question.group() if question else typed)
        if found := _NEGATIVE.get(language, _NEVER).search(plain):
            yield Finding(("stem", language), "negative_stem", f'"{found.group()}" in the stem is not in bold', "warning")


def options_alike(item: Document) -> Iterator[Finding]:
    """No two options say the same: neither could be right, so both fall away (guideline 22: choices are independent)."""
    for first, second in combinations(item.get("options", ()), 2):
        pairs = [_pair(first["text"], second["text"], language) for language in _languages(item)]
        if pairs and all(_digits(one) == _digits(two) and _likeness(one, two) >= ALIKE for one, two in pairs):
            yield _option(item, second["id"], "options_alike", f"says almost the same as {first['id']}")


def rationale_missing(item: Document) -> Iterator[Finding]:
    """The team wrote down why the key is right and why each distractor is not: that is what a reviewer checks."""
    if "rationale" not in item and item["type"] not in ("written", "files"):
        yield Finding((), "rationale_missing", "no rationale for the key", "warning")
    right = item["key"] if item["type"] == "multiple_choice" else [item.get("key")]
    for option in item.get("options", ()):
        if "rationale" not in option and option["id"] not in right:
            yield _option(item, option["id"], "rationale_missing", f"no rationale against option {option['id']}")


_NEVER: Final = re.compile(r"(?!)")


def _languages(item: Document) -> list[str]:
    return [language for language in (CHINESE, ENGLISH) if language in by_language(item["stem"])]


def _option(item: Document, name: str, code: str, message: str) -> Finding:
    place = next(place for place, option in enumerate(item["options"]) if option["id"] == name)
    return Finding(("options", place), code, message, "warning")


def _options_that_match(item: Document, patterns: Mapping[str, re.Pattern[str]], code: str, message: str) -> Iterator[Finding]:
    for place, option in enumerate(item.get("options", ())):
        for language, typed in by_language(option["text"]).items():
            if found := patterns.get(language, _NEVER).search(typed):
                said = f'{message}: "{found.group()}" ({language})'
                yield Finding(("options", place, "text"), code, said, "warning")


def _telling(typed: str) -> Iterator[str]:
    """The stems of long words; common ones of the subject tell nothing."""
    for word in words(typed):
        if len(word) > 5 and word not in _COMMON:
            yield re.sub(r"(ies|ing|ed|es|s|y)$", "", word)


def _pair(first: Any, second: Any, language: str) -> tuple[str, str]:
    return said_in(first, language), said_in(second, language)


def _digits(typed: str) -> list[str]:
    return re.findall(r"\d+", typed)


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()

"""Texts as the editorial rules read them: by language, as words, as numbers."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

CHINESE: Final = "zh"
ENGLISH: Final = "en"

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9][\w.,:/%-]*")
_NUMBER: Final = re.compile(r"(\d+(?:,\d{3})+|\d+)(\.\d+)?\s*(%|thousand|million|billion|百万|千|万|亿)?")
_TIMES: Final = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "千": 10**3, "万": 10**4, "百万": 10**6, "亿": 10**8,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "hundred": 100,
}  # fmt: skip
_ONES: Final = {
    name: place for place, name in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)
}
_SPELLED: Final = re.compile(rf"\b({'|'.join(_TENS)})(?:-({'|'.join(_ONES)}))?\b", re.IGNORECASE)

Text = str | Mapping[str, str]


def by_language(text: Text) -> dict[str, str]:
    """A text by the main part of its language: `zh-CN` as `zh`; a text without language is left out."""
    return {} if isinstance(text, str) else {tag.partition("-")[0].lower(): typed for tag, typed in text.items()}


def said_in(text: Text, language: str) -> str:
    """What a reader of a language reads; a text without language is read by everybody."""
    return text if isinstance(text, str) else by_language(text).get(language, "")


def texts_in(item: Mapping[str, Any], language: str) -> Iterator[str]:
    """What a candidate reads of an item in one language: situation, stem, choices, the text around gaps."""
    for name in ("context", "stem", "text"):
        yield said_in(item.get(name, ""), language)
    for name in ("options", "left", "right", "rows", "columns", "entries"):
        yield from (said_in(choice["text"], language) for choice in item.get(name, ()))
    for gap in item.get("gaps", {}).values():
        yield from (said_in(choice["text"], language) for choice in gap.get("options", ()))


def han(text: str) -> int:
    """The number of Chinese characters."""
    return len(_HAN.findall(text))


def words(text: str) -> list[str]:
    """The words written in Latin letters, small."""
    return [word.lower() for word in _WORD.findall(text)]


def reading_size(text: str) -> int:
    """The length of a text for its reader: Chinese characters, plus words and numbers in Latin script."""
    return han(text) + len(_TOKEN.findall(text))


def numbers(text: str) -> set[Fraction]:
    """The numbers of a text that must stand in every language: those over 12, and those with decimals.

    Smaller ones may be digits in one language and words in another.
    """
    found = {_value(*match) for match in _NUMBER.findall(text)}
    found |= {Fraction(_TENS[tens.lower()] + _ONES.get(ones.lower(), 0)) for tens, ones in _SPELLED.findall(text)}
    return {number for number in found if number > 12 or number.denominator > 1}


def _value(whole: str, decimals: str, scale: str) -> Fraction:
    return Fraction(whole.replace(",", "") + decimals) * _TIMES.get(scale, 1)

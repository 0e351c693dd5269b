"""Rules on languages: one item, one key, and nobody at a disadvantage for the language they read it in."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from question_bank.editorial.words import CHINESE, ENGLISH, by_language, han, numbers, reading_size, words
from question_bank.findings import Document, Finding
from question_bank.texts import texts_of

PROPORTION: Final = (0.8, 2.2)
"""Chinese characters to an English word, in texts of twenty words and more."""

_LONG_ENOUGH: Final = 20


def untranslated(document: Document) -> Iterator[Finding]:
    """Chinese texts are written in Chinese and English ones in English; names, codes and figures may stay as they are."""
    for path, text in texts_of(document):
        pair = by_language(text)
        if han(pair.get(ENGLISH, "")):
            yield Finding(path, "untranslated", "Chinese characters in the English text", "warning")
        if ENGLISH in pair and CHINESE in pair and not han(pair[CHINESE]) and _sentence(pair[ENGLISH]):
            yield Finding(path, "untranslated", "no Chinese in the Chinese text", "warning")


def out_of_proportion(document: Document) -> Iterator[Finding]:
    """Neither language says much more than the other: something would be missing in one of them."""
    for path, text in texts_of(document):
        pair = by_language(text)
        if not {CHINESE, ENGLISH} <= pair.keys() or path[-1] == "model_answer":
            continue
        english = len(pair[ENGLISH].split())
        if english >= _LONG_ENOUGH:
            ratio = reading_size(pair[CHINESE]) / english
            if not PROPORTION[0] <= ratio <= PROPORTION[1]:
                message = f"{reading_size(pair[CHINESE])} Chinese characters for {english} English words"
                yield Finding(path, "out_of_proportion", message, "warning")


def numbers_differ(document: Document) -> Iterator[Finding]:
    """The same figures stand in both languages: a figure that differs makes two questions of one."""
    for path, text in texts_of(document):
        pair = by_language(text)
        if {CHINESE, ENGLISH} <= pair.keys() and path[-1] != "model_answer":
            alone = numbers(pair[CHINESE]) ^ numbers(pair[ENGLISH])
            if alone:
                said = ", ".join(_written(number) for number in sorted(alone))
                yield Finding(path, "numbers_differ", f"in one language only: {said}", "warning")


def _sentence(english: str) -> bool:
    """Whether a text has something to translate: two small words at least."""
    return sum(word.islower() for word in english.split() if words(word)) > 1


def _written(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"

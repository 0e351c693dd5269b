"""Short text: accepted answers in order, compared after both sides were made alike in the ways the key asks for."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import re2

from grading.errors import ItemError
from grading.exact import ZERO
from grading.marked import Item, Response, Rule
from grading.numeric import credit_of

Fold = Callable[[str], str]
Matches = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Options:
    """How answers are made alike before they are compared."""

    ignore_case: bool
    fold_spaces: bool
    normalise: str
    ignore_punctuation: bool


@dataclass(frozen=True, slots=True)
class ShortText:
    """A short text question: tests in order, each with its credit."""

    accepted: list[tuple[Matches, Fraction]]


def first_match(question: ShortText, response: Response) -> Fraction:
    """Accepted answers are tried in order; the first that matches the whole answer gives its credit."""
    return next((credit for matches, credit in question.accepted if matches(response)), ZERO)


def fold(text: str, options: Options) -> str:
    """`text` as it is compared: Unicode form, case, punctuation, then spaces inside and at the ends."""
    folded = alike(text, options)
    return folded.strip() if options.fold_spaces else folded


def alike(text: str, options: Options) -> str:
    """As `fold`, but a space at the ends stays: it counts where the text is a piece of a longer one."""
    text = _unicode_form(text, options)
    if options.ignore_case:
        text = _unicode_form(text.casefold(), options)
    if options.ignore_punctuation:
        text = "".join(sign for sign in text if not unicodedata.category(sign).startswith("P"))
    return re.sub(r"\s+", " ", text) if options.fold_spaces else text


def _unicode_form(text: str, options: Options) -> str:
    if options.normalise == "NFC":
        return unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFKC", text) if options.normalise == "NFKC" else text


def exact_text(text: str, options: Options, where: str) -> Matches:
    """Equal to `text`."""
    wanted = fold(text, options)
    if not wanted:
        raise ItemError("empty_text", "nothing is left of this text to compare", where)
    return lambda response: fold(response, options) == wanted


def wildcard(text: str, options: Options, where: str) -> Matches:
    r"""``*`` stands for any run of characters, ``\*`` for a star; everything else is literal."""
    pieces = [alike(piece.replace(r"\*", "*"), options) for piece in re.split(r"(?<!\\)\*", text)]
    if options.fold_spaces:
        pieces[0], pieces[-1] = pieces[0].lstrip(), pieces[-1].rstrip()
    compiled = _compile("(?s)" + ".*".join(map(re2.escape, pieces)), ignore_case=False, where=where)
    return lambda response: compiled.fullmatch(fold(response, options)) is not None


def pattern(text: str, options: Options, where: str) -> Matches:
    """A regular expression that the whole answer matches, run in linear time; the pattern itself is not folded."""
    compiled = _compile(text, ignore_case=options.ignore_case, where=where)
    as_typed = replace(options, ignore_case=False)
    return lambda response: compiled.fullmatch(fold(response, as_typed)) is not None


def _compile(expression: str, *, ignore_case: bool, where: str) -> Any:
    settings = re2.Options()
    settings.log_errors = False
    settings.case_sensitive = not ignore_case
    try:
        return re2.compile(expression, settings)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ItemError("bad_pattern", f"the pattern cannot be used: {reason}", where) from error


MATCHES: Final = {"exact": exact_text, "wildcard": wildcard, "pattern": pattern}


def prepare_text(item: Item) -> ShortText:
    """Read the accepted answers and how they are compared."""
    key = item["key"]
    options = Options(
        key.get("ignore_case", True),
        key.get("fold_spaces", True),
        key.get("normalise", "NFC"),
        key.get("ignore_punctuation", False),
    )
    accepted = []
    for index, entry in enumerate(key["accepted"]):
        where, kind = f"key.accepted[{index}]", entry.get("match", "exact")
        if kind not in MATCHES:
            raise ItemError("unknown_match", f"{kind!r} is no way to match a text", f"{where}.match")
        accepted.append((MATCHES[kind](entry["text"], options, f"{where}.text"), credit_of(entry, where)))
    return ShortText(accepted)


SHORT_TEXT: Final = {"first_match": Rule(first_match, prepare_text)}

"""Reading a number as a person of a given locale writes it.

What can be read in only one way is read; anything else is refused with a hint, so that nobody is marked wrong for a
comma. Without a locale a lone dot is the decimal sign and `1,234` is ambiguous.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Final

from grading.errors import ItemError, ResponseError
from grading.exact import exact

LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """A number and the unit written after it (empty when there is none)."""

    number: Fraction
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Convention:
    """How a locale writes numbers: its decimal sign and the signs that may group thousands."""

    decimal: str
    groups: str


_DOT: Final = Convention(".", ",' ")
_SWISS: Final = Convention(".", "' ")
_COMMA: Final = Convention(",", ".' ")
_COMMA_SPACE: Final = Convention(",", " ")
_REGIONS: Final = {
    **dict.fromkeys(("de-ch", "de-li", "it-ch"), _SWISS),
    **dict.fromkeys(("es-mx", "es-us", "es-gt", "es-hn", "es-ni", "es-pa", "es-pe", "es-pr", "es-sv", "es-do"), _DOT),
}
_LANGUAGES: Final = {
    **dict.fromkeys(["en", "zh", "ja", "ko", "th", "he", "ms"], _DOT),
    **dict.fromkeys(["de", "es", "it", "nl", "pt", "da", "tr", "id", "el", "ro", "hr", "sl", "sr", "vi", "is"], _COMMA),
    **dict.fromkeys(
        ["fr", "ru", "uk", "pl", "cs", "sk", "sv", "nb", "nn", "no", "fi", "hu", "bg", "et", "lv", "lt"], _COMMA_SPACE
    ),
}
_MAGNITUDES: Final = {
    "十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
}  # fmt: skip
# Full-width forms and the many spaces and minus signs keyboards produce; deliberately not NFKC, which would turn 10³ into 103.
_PLAIN: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    **dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F, 0x2007, 0x09), " "),
    **dict.fromkeys((0x2212, 0x2013), "-"),
    0x2019: "'",
}
_NUMBER: Final = re.compile(r"([+-]?) ?([0-9]+(?:[ .,'][0-9]+)*|[.,][0-9]+)(?: ?[eE]([+-]?[0-9]{1,3})(?![0-9]))? *")
_SIGNS_OF_UNITS: Final = "°%‰$€£¥"
_SECOND_NUMBER: Final = re.compile(r"^[eE][+-]?[0-9]| [^ ]*[0-9]")


def read_number(response: object, locale: str | None = None, units: Container[str] = (), where: str = "") -> Reading:
    """Read a numeric response.

    Parameters
    ----------
    response
        A JSON number, or text such as ``"1 234,56"``, ``"1.2e3"``, ``"９９．５"``, ``"1.5万"``, ``"90 min"``.
    locale
        Language tag of the item; None reads every form that has one meaning only.
    units
        Units the item knows, tried before Chinese magnitudes: 千克 is a unit, 千 a thousand.
    where
        Place to name in a refusal.

    Raises
    ------
    ResponseError
        ``not_a_number``, ``number_too_long``, ``unreadable_number`` or ``ambiguous_number``.
    """
    if isinstance(response, int | float) and not isinstance(response, bool):
        return Reading(_exactly(response, where))
    if not isinstance(response, str):
        raise ResponseError("not_a_number", "the answer is a number", where)
    text = response.translate(_PLAIN).strip()
    if len(text) > LONGEST:
        raise ResponseError("number_too_long", f"a number has at most {LONGEST} characters", where)
    match = _NUMBER.match(text)
    if match is None:
        raise ResponseError("unreadable_number", f"“{response}” starts with no number; write it in digits, such as 12.5", where)
    sign, body, exponent = match.groups()
    number = _read_body(body, locale, where) * Fraction(10) ** int(exponent or 0)
    rest = text[match.end() :].strip()
    if rest[:1] in _MAGNITUDES and rest not in units:
        if not _reads_chinese(locale):
            raise ResponseError("unreadable_number", f"“{rest[:1]}” is not read here; write the number in digits only", where)
        number, rest = _read_magnitudes(number, rest, units, where)
    if rest and rest not in units and not _is_unit(rest):
        raise ResponseError("unreadable_number", f"“{response}” is more than a number and a unit; write it like 12.5", where)
    return Reading(-number if sign == "-" else number, rest)


def _is_unit(rest: str) -> bool:
    """A unit starts with a letter or a sign such as °, and holds no second number: not 10³, 1½, 5-6, 1/3 or 2 h 30 min."""
    return (rest[0].isalpha() or rest[0] in _SIGNS_OF_UNITS) and not _SECOND_NUMBER.search(rest)


def _exactly(number: float | str, where: str) -> Fraction:
    try:
        return exact(number)
    except ItemError as error:
        raise ResponseError("not_a_number", f"{str(number)[:LONGEST]} is not a number this exam can hold", where) from error


def _read_body(body: str, locale: str | None, where: str) -> Fraction:
    """The digits and separators between sign and exponent."""
    convention = _convention(locale)
    if convention is not None:
        return _exactly(_in_own_form(body, convention, where), where)
    plain = {text for sign in (_DOT, _COMMA) if (text := _plain(body, sign)) is not None}
    if not plain:
        raise ResponseError("unreadable_number", f"“{body}” is not grouped in threes; write it like 1234.5", where)
    if len(plain) > 1 and "." not in body:
        either = " or ".join(sorted(plain))
        raise ResponseError("ambiguous_number", f"“{body}” can mean {either}; write it without grouping", where)
    return _exactly(body if len(plain) > 1 else plain.pop(), where)


def _in_own_form(body: str, convention: Convention, where: str) -> str:
    plain = _plain(body, convention)
    if plain is None:
        hint = f"the decimal sign here is “{convention.decimal}”; write it like 1234{convention.decimal}5"
        raise ResponseError("ambiguous_number", f"“{body}” cannot be read for certain: {hint}", where)
    return plain


def _plain(body: str, convention: Convention) -> str | None:
    """`body` with a decimal dot and no grouping, or None where the convention does not allow it."""
    whole, sign, decimals = body.partition(convention.decimal)
    if sign and not decimals.isdigit():
        return None
    if not whole.isdigit() and whole:
        used = set(re.sub("[0-9]", "", whole))
        if len(used) > 1 or not used <= set(convention.groups):
            return None
        if not re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(used.pop())}[0-9]{{3}})+", whole):
            return None
    digits = re.sub("[^0-9]", "", whole) or "0"
    return f"{digits}.{decimals}" if sign else digits


def _convention(locale: str | None) -> Convention | None:
    if locale is None:
        return None
    tag = locale.lower()
    return _REGIONS.get(tag) or _LANGUAGES.get(re.split("[-_]", tag)[0])


def _reads_chinese(locale: str | None) -> bool:
    return locale is None or locale.lower().startswith("zh")


def _read_magnitudes(number: Fraction, rest: str, units: Container[str], where: str) -> tuple[Fraction, str]:
    """Read 1.5万, 3千万 or 1亿2000万; what follows the last magnitude is the unit."""
    total, smallest = Fraction(0), None
    while True:
        signs = re.match(f"[{''.join(_MAGNITUDES)}]*", rest if rest not in units else "")
        factor = prod(_MAGNITUDES[sign] for sign in signs[0]) if signs else 1
        if smallest is not None and (factor == 1 or number * factor >= smallest):
            raise ResponseError("ambiguous_number", "what follows 万 or 亿 has no clear place; use digits only", where)
        total, smallest = total + number * factor, factor
        rest = rest[len(signs[0]) :].strip() if signs else rest
        digits = re.match(r"[0-9]+(?:\.[0-9]+)?", rest)
        if digits is None:
            return total, rest
        number, rest = _exactly(digits[0], where), rest[digits.end() :].strip()

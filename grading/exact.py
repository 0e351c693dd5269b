"""Exact numbers: read from JSON, rounded half up, written back.

Inside the package every mark and credit is a `Fraction`, so that three thirds are one. A `Decimal` or a
string appears only at the edge.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from math import floor
from typing import Final

from grading.errors import ItemError

ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)
EDGE_DIGITS: Final = 28
_LONGEST: Final = 100
_WIDEST_EXPONENT: Final = 300


def exact(value: object, where: str = "") -> Fraction:
    """Exact value of a JSON number, a decimal string or a fraction string such as ``"1/60"``.

    A JSON number counts as it is written: 0.1 is one tenth, not the nearest binary fraction.

    Raises
    ------
    ItemError
        ``not_a_number`` when `value` is none of these.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ItemError("not_a_number", f"{value!r} is not a number", where)
    try:
        numerator, slash, denominator = str(value).partition("/")
        return _decimal(numerator) / _decimal(denominator) if slash else _decimal(numerator)
    except (InvalidOperation, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ItemError("not_a_number", f"{value!r} is not a number", where) from error


def _decimal(text: str) -> Fraction:
    number = Decimal(text) if len(text) <= _LONGEST else Decimal("NaN")
    # A number such as 1e999999999 is short to write and fills the memory once it is a fraction.
    if not number.is_finite() or abs(number.adjusted()) > _WIDEST_EXPONENT:
        raise ValueError(text)
    return Fraction(number)


def to_decimal(value: Fraction) -> Decimal:
    """`value` as a decimal: exact where it ends within 28 digits, else the nearest one of 28 digits."""
    with localcontext(prec=EDGE_DIGITS, rounding=ROUND_HALF_EVEN):
        return Decimal(value.numerator) / Decimal(value.denominator)


def to_number(value: Fraction) -> int | float:
    """`value` as a JSON number: an integer where it is one, else the nearest double."""
    return value.numerator if value.denominator == 1 else float(value)


def written(value: Fraction) -> str:
    """`value` as an exact string: ``"0.25"`` where the decimal ends, else a fraction in lowest terms, ``"1/3"``."""
    if value.denominator == 1:
        return str(value.numerator)
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        twos, rest = twos + 1, rest // 2
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def exact_sum(values: Iterable[Fraction]) -> Fraction:
    """Sum of many fractions: numerators are added by denominator first, which is ten times faster for marks."""
    numerators: dict[int, int] = {}
    for value in values:
        numerators[value.denominator] = numerators.get(value.denominator, 0) + value.numerator
    return sum((Fraction(numerator, denominator) for denominator, numerator in numerators.items()), ZERO)


def clamp(value: Fraction, lower: Fraction | None, upper: Fraction | None) -> Fraction:
    """`value`, but never under `lower` nor over `upper`, where these are given."""
    if lower is not None and value < lower:
        return lower
    if upper is not None and value > upper:
        return upper
    return value


def round_to_step(value: Fraction, step: Fraction) -> Fraction:
    """`value` rounded to a multiple of `step`; halves go away from zero."""
    steps = floor(abs(value) / step + Fraction(1, 2)) * step
    return -steps if value < 0 else steps


def round_to_decimals(value: Fraction, decimals: int) -> Fraction:
    """`value` rounded half up (away from zero) to `decimals` places."""
    return round_to_step(value, Fraction(10) ** -decimals)


def round_to_significant(value: Fraction, figures: int) -> Fraction:
    """`value` rounded half up (away from zero) to `figures` significant figures; 0 stays 0."""
    if value == 0:
        return ZERO
    return round_to_step(value, Fraction(10) ** (_exponent(abs(value)) - figures + 1))


def _exponent(value: Fraction) -> int:
    """The e with 10^e <= value < 10^(e+1), found from the lengths and then put right exactly."""
    guess = len(str(value.numerator)) - len(str(value.denominator))
    return guess if value >= Fraction(10) ** guess else guess - 1

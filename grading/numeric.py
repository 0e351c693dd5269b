"""Numeric answers: accepted values with tolerances, and units.

All values are fractions, so 0.1 + 0.2 meets 0.3 and a bound met exactly is met.
"""

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from grading.errors import ItemError, ResponseError
from grading.exact import ONE, ZERO, exact
from grading.marked import Item, Response, Rule
from grading.reading import Reading, read_number
from grading.tolerances import Matches, read_tolerance


@dataclass(frozen=True, slots=True)
class Units:
    """Multipliers to the base unit, and what a missing or unknown unit costs."""

    multipliers: dict[str, Fraction]
    required: bool
    penalty: Fraction
    of_maximum: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric question: what is accepted, in order, with its credit."""

    accepted: list[tuple[Matches, Fraction]]
    units: Units | None
    known_units: frozenset[str]
    locale: str | None


def first_match(question: Number, response: Response) -> Fraction:
    """Accepted answers are tried in order; the first that matches gives its credit, less what a wrong unit costs."""
    reading = read_with_unit(question, response)
    value, penalised = _in_base_unit(reading, question.units)
    credit = next((credit for matches, credit in question.accepted if matches(value)), ZERO)
    return _less_penalty(credit, question.units) if penalised else credit


def read_with_unit(question: Number, response: Response, where: str = "") -> Reading:
    """Read the number; refuse a unit that an item without a table of units does not show."""
    reading = read_number(response, question.locale, question.known_units, where)
    unit = _normal(reading.unit)
    if unit and question.units is None and unit not in question.known_units:
        asked = f"in {', '.join(sorted(question.known_units))}" if question.known_units else "without a unit"
        raise ResponseError("unexpected_unit", f"“{reading.unit}” cannot be read here; give the number {asked}", where)
    return Reading(reading.number, unit)


def _in_base_unit(reading: Reading, units: Units | None) -> tuple[Fraction, bool]:
    """The value in the base unit, and whether the unit costs something; without a known unit the base unit is meant."""
    if units is None:
        return reading.number, False
    if reading.unit in units.multipliers:
        return reading.number * units.multipliers[reading.unit], False
    return reading.number, bool(reading.unit) or units.required


def _less_penalty(credit: Fraction, units: Units | None) -> Fraction:
    if units is None:
        return credit
    return max(ZERO, credit - units.penalty * (ONE if units.of_maximum else credit))


def credit_of(accepted: dict[str, Any], where: str) -> Fraction:
    """Credit of an accepted answer, 1 where none is written."""
    credit = exact(accepted.get("credit", 1), f"{where}.credit")
    if not 0 <= credit <= 1:
        raise ItemError("credit_out_of_range", "credit is within 0 and 1", f"{where}.credit")
    return credit


def prepare_number(item: Item) -> Number:
    """Read accepted values, tolerances and units."""
    key = item["key"]
    accepted = []
    for index, entry in enumerate(key["accepted"]):
        where = f"key.accepted[{index}]"
        value = exact(entry["value"], f"{where}.value")
        accepted.append((read_tolerance(value, entry.get("tolerance"), f"{where}.tolerance"), credit_of(entry, where)))
    units = _read_units(key["units"]) if key.get("units") else None
    return Number(accepted, units, _shown_units(item) | set(units.multipliers if units else ()), item.get("locale"))


def reading_of(item: Item) -> Number:
    """What is needed to read a response to `item`, without its key: enough for a check at entry."""
    units = (item.get("key") or {}).get("units")
    table = _read_units(units) if units else None
    return Number([], table, _shown_units(item) | set(table.multipliers if table else ()), item.get("locale"))


def _read_units(units: dict[str, Any]) -> Units:
    multipliers = {_normal(unit): exact(value, f"key.units.multipliers.{unit}") for unit, value in units["multipliers"].items()}
    if not all(multipliers.values()):
        raise ItemError("zero_multiplier", "a unit is not zero times the base unit", "key.units.multipliers")
    penalty = exact(units.get("penalty", "0.1"), "key.units.penalty")
    if not 0 <= penalty <= 1:
        raise ItemError("penalty_out_of_range", "a penalty is within 0 and 1", "key.units.penalty")
    return Units(multipliers, units.get("required", True), penalty, units.get("penalty_of", "mark") == "maximum")


def _shown_units(item: Item) -> frozenset[str]:
    """The unit printed beside the field, in every language."""
    unit = item.get("unit") or {}
    texts = [unit] if isinstance(unit, str) else unit.values()
    return frozenset(_normal(text) for text in texts if text)


def _normal(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).strip()


NUMERIC: Final = {"first_match": Rule(first_match, prepare_number)}

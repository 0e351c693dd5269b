"""Numeric keys, recomputed from the formula their author states."""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from simpleeval import InvalidExpression, NameNotDefined, SimpleEval

from question_bank.editorial.words import by_language, texts_in
from question_bank.findings import Document, Finding
from question_bank.item_checks import exact

Path = tuple[str | int, ...]


class FormulaError(ValueError):
    """The formula cannot be computed; the message says why."""


_MOST_DIGITS: Final = 2000
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "round": lambda value, places=0: _round(value, int(places)),
    "min": min,
    "max": max,
    "ceil": lambda value: Fraction(math.ceil(value)),
    "floor": lambda value: Fraction(math.floor(value)),
    "abs": abs,
}


def compute(formula: str, given: Mapping[str, Any] | None = None) -> Fraction:
    """Compute an arithmetic formula exactly.

    Parameters
    ----------
    formula
        Numbers, names, `+ - * / **`, brackets, and `round(x, places)` (halves away from 0), `min`, `max`, `ceil`, `floor`,
        `abs`.
    given
        The values of the names.

    Raises
    ------
    FormulaError
        When it is not such a formula, names something that is not given, or divides by 0.
    """
    names = {name: exact(value) for name, value in (given or {}).items()}
    reader = SimpleEval(operators=_OPERATORS, functions=dict(_FUNCTIONS), names=names)
    # The library counts in floats; a key is held against an exact number.
    reader.nodes = {node: read for node, read in reader.nodes.items() if node in _NODES} | {ast.Constant: _number}
    try:
        result = reader.eval(formula)
    except NameNotDefined as error:
        raise FormulaError(f'"{error.name}" is not given') from error
    except ZeroDivisionError as error:
        raise FormulaError("divides by 0") from error
    except (InvalidExpression, SyntaxError, RecursionError, MemoryError, TypeError, OverflowError, KeyError) as error:
        raise FormulaError("is not an arithmetic formula") from error
    return Fraction(result)


def numeric_key(item: Document) -> Iterator[Finding]:
    """A numeric key is what its formula gives, rounded as the key is: arithmetic slips are the commonest wrong keys."""
    for path, part in _numeric_parts(item):
        if "formula" not in part:
            yield Finding(
                path, "formula_missing", "the formula of the key is not stated, so the key cannot be recomputed", "warning"
            )
            continue
        yield from _recompute(part, path)


def given_missing(item: Document) -> Iterator[Finding]:
    """The values a formula takes as given stand in what the candidate reads, in every language."""
    for path, part in _numeric_parts(item):
        for language in by_language(item["stem"]):
            read = " ".join(texts_in(item, language)).replace(",", "").replace("，", " ")
            for name, value in part.get("formula", {}).get("given", {}).items():
                if not any(form in read for form in _forms(value)):
                    message = f"{name} = {value} does not stand in the text ({language})"
                    yield Finding((*path, "formula", "given", name), "given_missing", message, "warning")


def _numeric_parts(item: Document) -> Iterator[tuple[Path, Document]]:
    if item["type"] == "numeric":
        yield (), item
    for name, gap in item.get("gaps", {}).items():
        if gap["type"] == "numeric":
            yield ("gaps", name), gap


def _recompute(part: Document, path: Path) -> Iterator[Finding]:
    try:
        result = compute(part["formula"]["compute"], part["formula"].get("given"))
    except FormulaError as error:
        yield Finding((*path, "formula", "compute"), "formula_broken", str(error))
        return
    key = exact(part["key"]["accepted"][0]["value"])
    places = _places(str(part["key"]["accepted"][0]["value"]))
    if _round(result, places) != key:
        message = f"the formula gives {float(result):g}, the key is {float(key):g}"
        yield Finding((*path, "key", "accepted", 0, "value"), "formula_key", message)


def _number(node: ast.Constant) -> Fraction:
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        raise FormulaError("is not an arithmetic formula")
    return exact(node.value)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """Whole powers stay exact; a huge one would only keep the machine busy."""
    if exponent.denominator == 1:
        if abs(exponent) * len(str(base)) > _MOST_DIGITS:
            raise FormulaError("a power this large is not computed")
        return base ** int(exponent)
    result = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise FormulaError("is not a real number")
    return Fraction(result)


def _round(value: Fraction, places: int) -> Fraction:
    scaled = abs(value) * Fraction(10) ** places
    rounded = math.floor(scaled + Fraction(1, 2)) / Fraction(10) ** places
    return rounded if value >= 0 else -rounded


def _places(written: str) -> int:
    return len(written.partition(".")[2]) if "." in written and "e" not in written.lower() else 0


_NODES: Final = (ast.Expr, ast.BinOp, ast.UnaryOp, ast.Name, ast.Call)
_OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
    ast.USub: operator.neg,
}


def _forms(value: Any) -> set[str]:
    """How a number may stand in a text: as it is, as a percentage, in thousands or ten thousands."""
    number = exact(value)
    scales = (number, number * 100, number / 10**3, number / 10**4, number / 10**6)
    return {str(scaled.numerator) if scaled.denominator == 1 else f"{float(scaled):.12g}" for scaled in scales}

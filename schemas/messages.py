"""Faults of the schema checker in plain words, one sentence each."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

_NAMES: Final = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule of a schema that a value breaks.

    Attributes
    ----------
    rule, wanted
        The schema's keyword and what stands behind it, such as ``minItems`` and 2.
    value
        What the document has there.
    schema
        The part of the schema the rule stands in.
    """

    rule: str
    wanted: Any
    value: Any
    schema: Mapping[str, Any]


def show(value: object) -> str:
    """A value as it is quoted in a message, cut when it is long."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def listed(values: Iterable[object]) -> str:
    """Values as a list in a sentence."""
    return ", ".join(str(value) for value in values)


def guess(word: str, known: Iterable[str]) -> str:
    """A hint at the known word that `word` was probably meant to be, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def explain(fault: Fault) -> str:
    """Say in plain words what was found."""
    sentence = _SENTENCES.get(fault.rule)
    return sentence(fault) if sentence else str(fault.schema.get("description", "does not fit here"))


def _type(fault: Fault) -> str:
    wanted = fault.wanted if isinstance(fault.wanted, list) else [fault.wanted]
    return f"must be {' or '.join(_NAMES[name] for name in wanted)}, not {show(fault.value)}"


def _enum(fault: Fault) -> str:
    known = [str(value) for value in fault.wanted]
    return f"{show(fault.value)} is not one of {listed(known)}{guess(str(fault.value), known)}"


def _described(fault: Fault) -> str:
    described = fault.schema.get("description", "has the wrong form")
    return f"{show(fault.value)}: {described}" if fault.value else str(described)


def _at_least(fault: Fault) -> str:
    return f"must be at least {fault.wanted}, not {show(fault.value)}"


def _at_most(fault: Fault) -> str:
    return f"must be at most {fault.wanted}, not {show(fault.value)}"


def _counted(word: str, one: str, several: str) -> Callable[[Fault], str]:
    def sentence(fault: Fault) -> str:
        limit = fault.wanted
        return f"needs at {word} {limit} {one if limit == 1 else several}, has {len(fault.value)}"

    return sentence


def _unique(fault: Fault) -> str:
    seen: list[object] = []
    for value in fault.value:
        if value in seen:
            return f"{show(value)} is listed more than once"
        seen.append(value)
    return "an entry is listed more than once"


_SENTENCES: Final[Mapping[str, Callable[[Fault], str]]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda fault: f"must be {show(fault.wanted)}, not {show(fault.value)}",
    "pattern": _described,
    "minimum": _at_least,
    "maximum": _at_most,
    "exclusiveMinimum": lambda fault: f"must be more than {fault.wanted}, not {show(fault.value)}",
    "exclusiveMaximum": lambda fault: f"must be less than {fault.wanted}, not {show(fault.value)}",
    "minItems": _counted("least", "entry", "entries"),
    "maxItems": _counted("most", "entry", "entries"),
    "minProperties": _counted("least", "field", "fields"),
    "maxProperties": _counted("most", "field", "fields"),
    "minLength": _counted("least", "character", "characters"),
    "maxLength": _counted("most", "character", "characters"),
    "uniqueItems": _unique,
}

"""The texts inside an item or a case, wherever they stand."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]

_NAMES: Final = frozenset({
    "stem", "context", "rationale", "text", "title", "short_title", "scenario", "tab", "note", "unit", "model_answer",
    "comments", "rows", "times", "days", "from", "to", "at", "organisation", "audience", "methods", "condition",
})  # fmt: skip
_WITHOUT_TEXT: Final = frozenset({"key", "marking", "tags", "parameters", "multipliers", "explained"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


def texts_of(document: object, path: Path = ()) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield every text that is written in languages, with the way to it."""
    if isinstance(document, list):
        for number, inner in enumerate(document):
            yield from texts_of(inner, (*path, number))
    elif _is_text(document, path):
        yield path, document  # type: ignore[misc]  # what _is_text says
    elif isinstance(document, Mapping):
        for name, inner in document.items():
            if name not in _WITHOUT_TEXT:
                yield from texts_of(inner, (*path, name))


def languages_of(documents: list[Any]) -> list[str]:
    """The languages the texts of `documents` are written in, in the order they are met."""
    return list(dict.fromkeys(language for _, text in texts_of(documents) for language in text))


def _is_text(value: object, path: Path) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return name in _NAMES and all(isinstance(typed, str) and _LANGUAGE.match(tag) for tag, typed in value.items())

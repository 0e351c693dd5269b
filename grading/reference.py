"""The reference of marking rules, written from the rules themselves, so that the page cannot say anything else."""

import inspect
from collections.abc import Iterator

from grading.marking import RULES
from grading.retakes import TABLE
from grading.tolerances import KINDS


def rules_table() -> str:
    """Every marking rule as a Markdown table: its name, the item types that have it, and its credit."""
    lines = ["| rule | item types | credit |", "| --- | --- | --- |"]
    return "\n".join([*lines, *_rows()])


def _rows() -> Iterator[str]:
    types: dict[tuple[str, str], list[str]] = {}
    for kind, rules in RULES.items():
        for name, rule in rules.items():
            types.setdefault((name, _definition(rule.credit)), []).append(f"`{kind}`")
    for (name, definition), kinds in types.items():
        yield f"| `{name}` | {', '.join(kinds)} | {definition} |"


def tolerances_table() -> str:
    """The kinds of tolerance of a numeric answer as a Markdown table."""
    lines = ["| `kind` | accepted |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{kind}` | {_definition(function)} |" for kind, function in KINDS.items())])


def moves_table() -> str:
    """Every move of the retake machine as a Markdown table."""
    lines = ["| state | event | next state |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| `{state}` | `{event}` | `{after}` |" for (state, event), after in TABLE.items())])


def _definition(function: object) -> str:
    """First paragraph of a docstring, on one line, safe in a table."""
    paragraph = (inspect.getdoc(function) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).replace("|", "\\|")

"""What a candidate may see of an item or a case, built up field by field from what is allowed, never by taking away."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from question_bank.rendering import block_html, gap_html, inline_html, plain

Document = Mapping[str, Any]
Shown = dict[str, Any]
Show = Callable[[Any], Any]


def public_view(item: Document) -> Shown:
    """Return an item as the player gets it: no key, no marking, no rationale, no tag.

    Parameters
    ----------
    item
        An item that follows its schema, or a part of a case.

    Returns
    -------
    dict
        `id`, `type`, `marks`, `context`, `stem` and the fields of the type; texts are safe HTML by language.
        Entries and right-hand choices that are shuffled come in an order that tells nothing about the author's.
    """
    shown: Shown = {"id": item["id"], "type": item["type"], "marks": str(item.get("marks", 1))}
    shown |= _pick(item, {"context": block_html, "stem": block_html})
    shown |= _pick(item, _FIELDS[item["type"]])
    if item.get("shuffle", True):
        for name in ("entries", "right"):
            if name in shown:
                shown[name] = sorted(shown[name], key=lambda choice: _lot(item["id"], choice["id"]))
    return shown


def public_case(case: Document) -> Shown:
    """Return a case as the player gets it: scenario, exhibits, and the tasks with their parts as public views.

    Texts are safe HTML by language, except in exhibits that are drawn (`relations`, `bars`, `lines`, `calendar`): theirs are
    plain.
    """
    shown: Shown = {"id": case["id"]}
    shown |= _pick(case, {"title": inline_html, "scenario": block_html, "minutes": _same})
    shown["exhibits"] = [_exhibit(exhibit) for exhibit in case.get("exhibits", [])]
    shown["tasks"] = [_task(task) for task in case["tasks"]]
    return shown


def _pick(document: Document, allowed: Mapping[str, Show]) -> Shown:
    """Show the allowed fields that are there, each in its own way."""
    return {name: show(document[name]) for name, show in allowed.items() if name in document}


def _each(allowed: Mapping[str, Show]) -> Show:
    def show(documents: Iterable[Document]) -> list[Shown]:
        return [_pick(document, allowed) for document in documents]

    return show


def _same(value: Any) -> Any:
    """A number, a word of the schema or an id, shown as it is."""
    return value


def _limits(value: Document) -> Shown:
    return _pick(value, {"min": _same, "max": _same})


def _rows(rows: Iterable[Iterable[Any]]) -> list[list[dict[str, str]]]:
    return [[inline_html(cell) for cell in row] for row in rows]


def _plain_list(texts: Iterable[Any]) -> list[Any]:
    return [plain(text) for text in texts]


def _lot(item: str, choice: str) -> bytes:
    """A place drawn from the ids alone, the same on every machine."""
    return sha256(f"{item}\n{choice}".encode()).digest()


def _gaps(gaps: Mapping[str, Document]) -> Shown:
    return {name: {"type": gap["type"], **_pick(gap, _FIELDS[gap["type"]])} for name, gap in gaps.items()}


def _exhibit(exhibit: Document) -> Shown:
    shown = _pick(exhibit, {"id": _same, "kind": _same, "tab": inline_html, "title": inline_html, "note": block_html})
    return shown | _pick(exhibit, _EXHIBITS[exhibit["kind"]])


def _task(task: Document) -> Shown:
    parts = [public_view(part) for part in task["parts"]]
    return {"id": task["id"], "title": inline_html(task["title"]), "parts": parts}


_CHOICES: Final = _each({"id": _same, "text": inline_html})

_FIELDS: Final[Mapping[str, Mapping[str, Show]]] = {
    "single_choice": {"options": _CHOICES},
    "multiple_choice": {"options": _CHOICES, "choose": _limits},
    "true_false": {},
    "matching": {"left": _CHOICES, "right": _CHOICES},
    "categorising": {"left": _CHOICES, "right": _CHOICES},
    "matrix": {"rows": _CHOICES, "columns": _CHOICES},
    "ordering": {"entries": _CHOICES},
    "numeric": {"unit": inline_html, "decimals": _same, "locale": _same},
    "short_text": {"max_length": _same},
    "cloze": {"text": gap_html, "gaps": _gaps},
    "written": {"words": _limits},
    "files": {"accept": list, "max_files": _same, "max_bytes": _same},
}

_MESSAGE: Final[Mapping[str, Show]] = {"from": inline_html, "to": inline_html, "at": inline_html, "text": block_html}
_COLUMN: Final[Mapping[str, Show]] = {"title": inline_html, "align": _same, "nowrap": _same}
_NODE: Final[Mapping[str, Show]] = {"id": _same, "title": plain, "text": plain, "x": _same, "y": _same, "state": _same}
_EDGE: Final[Mapping[str, Show]] = {"from": _same, "to": _same, "text": plain, "shared": _same}
_BAR: Final[Mapping[str, Show]] = {"title": plain, "text": plain, "value": _same}
_SERIES: Final[Mapping[str, Show]] = {"title": plain, "values": list}
_EVENT: Final[Mapping[str, Show]] = {"at": _same, "text": plain}
_SPAN: Final[Mapping[str, Show]] = {"from": _same, "to": _same, "text": plain, "state": _same}
_LANE: Final[Mapping[str, Show]] = {"title": plain, "text": plain, "spans": _each(_SPAN)}

_EXHIBITS: Final[Mapping[str, Mapping[str, Show]]] = {
    "table": {"columns": _each(_COLUMN), "rows": _rows},
    "thread": {"messages": _each(_MESSAGE)},
    "document": {"text": block_html},
    "relations": {"nodes": _each(_NODE), "edges": _each(_EDGE)},
    "bars": {"unit": plain, "target": _same, "better": _same, "bars": _each(_BAR)},
    "lines": {"unit": plain, "target": _same, "times": _plain_list, "series": _each(_SERIES), "events": _each(_EVENT)},
    "calendar": {"days": _plain_list, "lanes": _each(_LANE)},
}

"""From drawn items to a form's documents: what candidates get, what marking needs, and the slots that join them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from exam_engine.core.canonical import canonical_json, sha256_hex
from question_bank import public_case, public_view

Document = dict[str, Any]


@dataclass(frozen=True)
class DrawnForm:
    """A form before it is stored: `slots` name items and sections, `public` goes to candidates, `marking` never does."""

    slots: list[Document]
    public: str
    marking: str

    @property
    def digest(self) -> str:
        """SHA-256 over the slots and the items with their keys: what exactly was prepared."""
        return sha256_hex(canonical_json(self.slots), self.marking)


def section_of(syllabus: str | Sequence[str]) -> str:
    """The content area a place of the syllabus belongs to: its first step."""
    place = syllabus if isinstance(syllabus, str) else syllabus[0]
    return place.partition(".")[0]


def _slot(name: str, key: str, code: str, item: Mapping[str, Any], section: str) -> Document:
    """`item` is the key of the item in the form's documents, `code` its id in the bank."""
    marks = str(item.get("marks", 1))
    return {
        "slot": name,
        "item": key,
        "code": code,
        "version": item.get("version", 1),
        "section": section,
        "marks": marks,
        "type": item["type"],
    }


def draw_theory(items: Iterable[Document]) -> DrawnForm:
    """A form of theory items, in the order given."""
    drawn = list(items)
    return DrawnForm(
        slots=[
            _slot(f"q{number}", item["id"], item["id"], item, section_of(item["syllabus"]))
            for number, item in enumerate(drawn, 1)
        ],
        public=orjson.dumps({"items": {item["id"]: public_view(item) for item in drawn}, "case": None}).decode(),
        marking=canonical_json({"items": {item["id"]: item for item in drawn}, "case": None}),
    )


def parts_of(case: Document) -> dict[str, Document]:
    """The parts of a case by slot name, `t1/a` and so on, in order."""
    return {f"{task['id']}/{part['id']}": part for task in case["tasks"] for part in task["parts"]}


def draw_case(case: Document) -> DrawnForm:
    """A form of one case: every part of every task is a slot."""
    parts = parts_of(case)
    shown = public_case(case)
    for task in shown["tasks"]:
        task["parts"] = [f"{task['id']}/{part['id']}" for part in task["parts"]]
    return DrawnForm(
        slots=[
            _slot(name, name, f"{case['id']}/{name}", part, section_of(part.get("syllabus") or case["syllabus"]))
            for name, part in parts.items()
        ],
        public=orjson.dumps(
            {"items": {name: {**public_view(part), "id": name} for name, part in parts.items()}, "case": shown}
        ).decode(),
        marking=canonical_json({"items": dict(parts), "case": case}),
    )

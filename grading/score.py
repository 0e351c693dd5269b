"""The score of an attempt: a pure function of paper, answers, key version and the marks people gave.

The result is plain data whose numbers are exact strings (``"0.25"``, or ``"1/3"`` where a decimal would not end), so
its canonical JSON is the same bytes on every machine. `pack` gives the same marks as a vector of doubles for
statistics; decisions are taken on the exact document, never on the vector.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.errors import ItemError, RubricError
from grading.exact import ZERO, exact, exact_sum, written
from grading.marked import Item, Marked, Status
from grading.marking import Marker, compile_item

Score = dict[str, Any]
Scorer = Callable[[Mapping[str, Any], Mapping[str, object]], Score]
_OVERLAID: Final = ("key", "marking", "marks", "gaps")


def score(
    slots: Sequence[Mapping[str, Any]],
    answers: Mapping[str, Any],
    persons: Mapping[str, object] | None = None,
    keys: Mapping[str, Item] | None = None,
) -> Score:
    """Score one attempt.

    Parameters
    ----------
    slots
        The paper: ``{"slot": "q1", "item": {…}, "section": "process", "marks": 2}``; section and marks are optional,
        and marks, where given, replace those of the item.
    answers
        Checked responses by slot; a slot without one is unanswered, and an answer without a slot is not looked at.
    persons
        Marks given by people, by slot; they stand wherever they are given.
    keys
        Key version: by item id, the fields ``key``, ``marking``, ``marks`` or ``gaps`` that replace those on the paper.

    Returns
    -------
    dict
        ``slots`` (marks, max, status of each), ``sections`` (marks, max), ``marks``, ``max`` and ``pending``, the slots
        that wait for a person; while there are any, the sums leave these slots out of marks but not out of max.

    Raises
    ------
    ItemError
        An item on the paper cannot be marked.
    RubricError
        Marks by a person outside 0 and the slot's maximum, or for a slot that is not on the paper.
    """
    return compile_paper(slots, keys)(answers, persons or {})


def compile_paper(slots: Sequence[Mapping[str, Any]], keys: Mapping[str, Item] | None = None) -> Scorer:
    """Read every key of a paper once and return the function that scores attempts at it."""
    markers = {slot["slot"]: _slot_marker(slot, keys or {}) for slot in slots}
    layout = _layout(slots, {name: marker(None).exact_max for name, marker in markers.items()})

    def scorer(answers: Mapping[str, Any], persons: Mapping[str, object]) -> Score:
        if stray := sorted(set(persons) - set(markers)):
            raise RubricError("unknown_slot", f"marks for {', '.join(stray)}, which the paper does not have")
        marked = {name: marker(answers.get(name)) for name, marker in markers.items()}
        marked |= {name: _by_person(marked[name], given, name) for name, given in persons.items() if given is not None}
        return _document(layout, marked)

    return scorer


@dataclass(frozen=True, slots=True)
class Layout:
    """What is the same for every attempt at a paper: slots by section, and all maxima as exact strings."""

    sections: dict[str, list[str]]
    slot_max: dict[str, str]
    section_max: dict[str, str]
    paper_max: str


def _layout(slots: Sequence[Mapping[str, Any]], highest: Mapping[str, Fraction]) -> Layout:
    sections: dict[str, list[str]] = {}
    for slot in slots:
        if slot.get("section") is not None:
            sections.setdefault(slot["section"], []).append(slot["slot"])
    section_max = {section: written(exact_sum(highest[name] for name in own)) for section, own in sections.items()}
    slot_max = {name: written(value) for name, value in highest.items()}
    return Layout(sections, slot_max, section_max, written(exact_sum(highest.values())))


def _document(layout: Layout, marked: Mapping[str, Marked]) -> Score:
    earned = {name: one.exact_marks or ZERO for name, one in marked.items()}
    return {
        "slots": {
            name: {"marks": one.written_marks, "max": layout.slot_max[name], "status": one.status.value}
            for name, one in marked.items()
        },
        "sections": {
            section: {"marks": written(exact_sum(earned[name] for name in own)), "max": layout.section_max[section]}
            for section, own in layout.sections.items()
        },
        "marks": written(exact_sum(earned.values())),
        "max": layout.paper_max,
        "pending": [name for name, one in marked.items() if one.status is Status.NEEDS_PERSON],
    }


def _slot_marker(slot: Mapping[str, Any], keys: Mapping[str, Item]) -> Marker:
    item = dict(slot["item"])
    newer = keys.get(item.get("id", ""), {})
    item |= {field: newer[field] for field in _OVERLAID if field in newer}
    if "marks" in slot:
        item["marks"] = slot["marks"]
    return compile_item(item)


def _by_person(marked: Marked, given: object, name: str) -> Marked:
    """What a person gave for a slot stands."""
    try:
        marks = exact(given, name)
    except ItemError as error:
        raise RubricError(error.code, error.message, name) from error
    if not 0 <= marks <= marked.exact_max:
        raise RubricError("marks_out_of_range", f"{given} is not within 0 and {written(marked.exact_max)}", name)
    credit = marks / marked.exact_max if marked.exact_max else ZERO
    return Marked(credit, marked.exact_max, Status.MARKED)


def canonical(document: object) -> bytes:
    """The one way to write `document` as JSON: keys sorted, no spaces, UTF-8, no NaN."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def pack(scored: Score, order: Sequence[str]) -> NDArray[np.float64]:
    """Marks of the slots in `order`, as the nearest doubles; NaN where a person has yet to mark.

    Its bytes are the same on every machine; `unpack` reads many at once.
    """
    waiting = set(scored["pending"])
    return np.array(
        [np.nan if name in waiting else float(Fraction(scored["slots"][name]["marks"])) for name in order], dtype="<f8"
    )


def unpack(packed: Sequence[bytes], slots: int) -> NDArray[np.float64]:
    """Matrix of attempts × `slots` from the bytes of packed vectors."""
    return np.frombuffer(b"".join(packed), dtype="<f8").reshape(-1, slots)

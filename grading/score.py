"""The score of an attempt: a pure function of paper, answers, key version and the marks people gave.

The result is plain data whose numbers are exact strings (``"0.25"``, or ``"1/3"`` where a decimal would not end), so
its canonical JSON is the same bytes on every machine. `pack` gives the same marks as a vector of doubles for
statistics; decisions are taken on the exact document, never on the vector.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.errors import ItemError, RubricError
from grading.exact import ZERO, exact, written
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
    markers = [(slot["slot"], slot.get("section"), _slot_marker(slot, keys or {})) for slot in slots]
    known = {name for name, _, _ in markers}

    def scorer(answers: Mapping[str, Any], persons: Mapping[str, object]) -> Score:
        if stray := sorted(set(persons) - known):
            raise RubricError("unknown_slot", f"marks for {', '.join(stray)}, which the paper does not have")
        marked = [(name, section, marker(answers.get(name))) for name, section, marker in markers]
        if persons:
            marked = [(name, section, _by_person(one, persons.get(name), name)) for name, section, one in marked]
        return _document(marked)

    return scorer


def _slot_marker(slot: Mapping[str, Any], keys: Mapping[str, Item]) -> Marker:
    item = dict(slot["item"])
    newer = keys.get(item.get("id", ""), {})
    item |= {field: newer[field] for field in _OVERLAID if field in newer}
    if "marks" in slot:
        item["marks"] = slot["marks"]
    return compile_item(item)


def _by_person(marked: Marked, given: object, name: str) -> Marked:
    """What a person gave for a slot stands; a slot nobody gave marks for stays as it is."""
    if given is None:
        return marked
    try:
        marks = exact(given, name)
    except ItemError as error:
        raise RubricError(error.code, error.message, name) from error
    if not 0 <= marks <= marked.exact_max:
        raise RubricError("marks_out_of_range", f"{given} is not within 0 and {written(marked.exact_max)}", name)
    credit = marks / marked.exact_max if marked.exact_max else ZERO
    return Marked(credit, marked.exact_max, Status.MARKED)


def _document(marked: list[tuple[str, str | None, Marked]]) -> Score:
    sections: dict[str, list[Marked]] = {}
    for _, section, one in marked:
        if section is not None:
            sections.setdefault(section, []).append(one)
    return {
        "slots": {name: {**_sums([one]), "status": one.status.value} for name, _, one in marked},
        "sections": {name: _sums(ones) for name, ones in sections.items()},
        **_sums([one for _, _, one in marked]),
        "pending": [name for name, _, one in marked if one.status is Status.NEEDS_PERSON],
    }


def _sums(ones: list[Marked]) -> dict[str, str]:
    earned = sum((one.exact_marks or ZERO for one in ones), ZERO)
    return {"marks": written(earned), "max": written(sum((one.exact_max for one in ones), ZERO))}


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

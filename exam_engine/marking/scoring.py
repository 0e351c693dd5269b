"""Marking an attempt when it ends: what the engine can mark becomes a packed vector, the rest becomes anonymous scripts."""

import secrets
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import orjson

from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.operations import ClosedAttempt, Scored
from exam_engine.delivery.rules import spell
from grading import Status, compile_item
from grading.exact import written

MOST_REMEMBERED: Final = 512
"""Responses of one slot whose marks are remembered; most candidates choose among a few."""

NOT_YET: Final = float("nan")
NO_ANSWER: Final = "null"


class Worth(NamedTuple):
    """Marks of one response: the nearest double for the vector, the exact value for the sum, whether a person marks it."""

    value: float
    exact: Fraction | int
    needs_person: bool


@dataclass(frozen=True, slots=True)
class SlotMarker:
    """How one slot of a form is marked."""

    slot: str
    item: str
    double: bool
    mark: Callable[[str], Worth]


def marker_of(item: dict[str, Any]) -> Callable[[str], Worth]:
    """The function from a response's JSON text to its worth, with the key read once and frequent responses remembered."""
    mark = compile_item(item)
    remembered: dict[str, Worth] = {}

    def worth_of(text: str) -> Worth:
        found = remembered.get(text)
        if found is None:
            if len(remembered) >= MOST_REMEMBERED:
                remembered.clear()
            marked = mark(orjson.loads(text))
            exact = marked.exact_marks
            if marked.status is Status.NEEDS_PERSON or exact is None:
                found = Worth(NOT_YET, 0, needs_person=True)
            else:
                found = Worth(float(exact), exact.numerator if exact.denominator == 1 else exact, needs_person=False)
            remembered[text] = found
        return found

    return worth_of


_compiled: WeakKeyDictionary[FormFacts, list[SlotMarker]] = WeakKeyDictionary()


def compile_form(form: FormFacts) -> list[SlotMarker]:
    """The markers of a form, in its own order of slots; kept as long as the form is."""
    found = _compiled.get(form)
    if found is None:
        found = [
            SlotMarker(
                slot=slot["slot"],
                item=slot["code"],
                double="double" in (form.items[slot["slot"]].get("rubric") or {}),
                mark=marker_of(form.items[slot["slot"]]),
            )
            for slot in form.slots
        ]
        _compiled[form] = found
    return found


def score_attempts(closed: Sequence[ClosedAttempt]) -> Scored:
    """Mark attempts that have just ended: one packed row each, and a script for every answer that a person has to mark."""
    scores: list[tuple[int, int, bytes, str]] = []
    scripts: list[tuple[int, str, str, str, bool]] = []
    for one in closed:
        markers = compile_form(one.form)
        worths = [marker.mark(one.responses.get(marker.slot, NO_ANSWER)) for marker in markers]
        scores.append((one.attempt, one.form.key_version, pack([worth.value for worth in worths]), total_of(worths)))
        scripts += [
            (one.attempt, marker.slot, marker.item, _draw_code(), marker.double)
            for marker, worth in zip(markers, worths, strict=True)
            if worth.needs_person
        ]
    return Scored(scores, scripts)


def pack(values: Sequence[float]) -> bytes:
    """A vector as little-endian doubles, the same bytes on every machine; `grading.score.unpack` reads many at once."""
    return struct.pack(f"<{len(values)}d", *values)


def total_of(worths: Sequence[Worth]) -> str:
    """The exact sum, as it is stored."""
    return written(Fraction(sum(worth.exact for worth in worths)))


def _draw_code() -> str:
    """All that a marker sees of whose answer it is. A code that is taken is refused by the table and drawn again."""
    return f"S-{spell(secrets.token_bytes(8), 5)}"

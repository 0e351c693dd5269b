"""A corrected key after delivery: every attempt at the form is scored again, and marks by people are never touched.

Only the slots whose key changed are read and marked again; a paper of forty items with one wrong key costs a fortieth. Sums
stay exact: what the old key gave for a slot is taken off and what the new one gives is added, both as fractions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.orm import Session, undefer

from exam_engine.core import audit
from exam_engine.core.canonical import canonical_json
from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import Answer, Attempt
from exam_engine.marking.records import AutoScore
from exam_engine.marking.scoring import NO_ANSWER, Worth, marker_of
from exam_engine.sittings.records import CandidatePaper, Form
from grading.errors import GradingError
from grading.exact import written
from grading.marking import BY_PERSON
from grading.score import unpack

CORRECTABLE: Final = frozenset({"key", "marking", "gaps"})
"""Fields of an item that a new key version may change; what an item is worth and what it asks stay as they were sat."""

Items = Mapping[str, dict[str, Any]]
Mark = Callable[[str], Worth]


@dataclass(frozen=True)
class Rescored:
    """What a new key version did: attempts scored again, and those of them whose marks changed."""

    key_version: int
    attempts: int
    changed: int


def rescore_form(session: Session, form_id: int, keys: Items, by: str, now: datetime) -> Rescored:
    """Put corrected keys in force for a form and score all its attempts again.

    Parameters
    ----------
    session
        The caller's transaction.
    form_id
        The form.
    keys
        By item, as the form's slots name it: the fields `key`, `marking` or `gaps` that replace the earlier ones.
    by, now
        Who corrects, and when.

    Raises
    ------
    Refusal
        `not_found`; `bad_content` when a key is for no item of the form, cannot be marked by, or changes nothing.
    """
    # Hand-ins hold this row for reading until they commit, so every attempt is scored by exactly one of the two keys.
    form = session.get(Form, form_id, options=[undefer(Form.marking)], with_for_update=True, populate_existing=True)
    if form is None:
        raise Refusal("not_found", f"There is no form {form_id}.")
    document = orjson.loads(form.marking)
    before: dict[str, dict[str, Any]] = document["items"]
    after = _correct(before, keys)
    columns = [place for place, slot in enumerate(form.slots) if before[slot["item"]] != after[slot["item"]]]
    if not columns:
        raise Refusal("bad_content", "The new keys are the old ones.")
    form.marking = canonical_json({**document, "items": after})
    form.key_version += 1
    result = _rescore(session, form, [(place, before, after) for place in columns])
    audit.record(
        session, by, "form.rescored", f"form:{form_id}", now,
        key_version=result.key_version, items=sorted(keys), attempts=result.attempts, changed=result.changed,
    )  # fmt: skip
    return result


def _correct(before: Items, keys: Items) -> dict[str, dict[str, Any]]:
    """The form's items with the corrected fields; each corrected item is seen to be markable."""
    after = dict(before)
    for name, fields in keys.items():
        if name not in before or set(fields) - CORRECTABLE or before[name]["type"] in BY_PERSON:
            raise Refusal("bad_content", f"{name}: only key, marking and gaps of items that the engine marks can be corrected.")
        after[name] = {**before[name], **fields}
        try:
            marker_of(after[name])
        except GradingError as error:
            raise Refusal("bad_content", f"{name}: {error}") from error
    return after


def _rescore(session: Session, form: Form, corrections: Sequence[tuple[int, Items, Items]]) -> Rescored:
    """Mark the corrected slots of all attempts, write the rows that change, and note the key version on all of them."""
    mine = _attempts_of(form.id)
    rows = session.execute(
        select(AutoScore.attempt_id, AutoScore.vector, AutoScore.marks).where(AutoScore.attempt_id.in_(mine))
    ).all()
    if rows:
        vectors = unpack([row.vector for row in rows], len(form.slots)).copy()
        deltas: list[Fraction | int] = [0] * len(rows)
        places = {row.attempt_id: number for number, row in enumerate(rows)}
        for column, before, after in corrections:
            slot = form.slots[column]
            responses = _newest(session, form.id, slot["slot"], places)
            marks = marker_of(before[slot["item"]]), marker_of(after[slot["item"]])
            _mark_column(vectors[:, column], deltas, responses, marks)
        changed = _changed_rows(rows, vectors, deltas)
        if changed:
            table = AutoScore.__table__
            statement = update(AutoScore).where(table.c.attempt_id == bindparam("attempt"))
            session.connection().execute(statement.values(vector=bindparam("packed"), marks=bindparam("sum")), changed)
    else:
        changed = []
    session.execute(
        update(AutoScore)
        .where(AutoScore.attempt_id.in_(mine))
        .values(key_version=form.key_version)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return Rescored(form.key_version, len(rows), len(changed))


def _attempts_of(form_id: int) -> Any:
    return (
        select(Attempt.id)
        .join(CandidatePaper, CandidatePaper.id == Attempt.candidate_paper_id)
        .where(CandidatePaper.form_id == form_id)
    )


def _newest(session: Session, form_id: int, slot: str, places: Mapping[int, int]) -> list[str]:
    """The newest response to `slot` of every attempt, in the order of `places`."""
    newest = (
        select(Answer.attempt_id, func.max(Answer.seq).label("seq"))
        .where(Answer.slot == slot, Answer.attempt_id.in_(_attempts_of(form_id)))
        .group_by(Answer.attempt_id)
        .subquery()
    )
    query = select(Answer.attempt_id, Answer.response).join(
        newest, (newest.c.attempt_id == Answer.attempt_id) & (newest.c.seq == Answer.seq)
    )
    responses = [NO_ANSWER] * len(places)
    for attempt, response in session.execute(query):
        if attempt in places:
            responses[places[attempt]] = response
    return responses


def _mark_column(
    column: NDArray[np.float64], deltas: list[Fraction | int], responses: Sequence[str], marks: tuple[Mark, Mark]
) -> None:
    """Write a slot's new marks into its column, and what they change into the deltas; each response once."""
    codes: dict[str, int] = {}
    places = np.array([codes.setdefault(response, len(codes)) for response in responses], dtype=np.intp)
    old_mark, new_mark = marks
    worths = [(old_mark(response), new_mark(response)) for response in codes]
    column[:] = np.array([new.value for _, new in worths])[places]
    differences = [new.exact - old.exact for old, new in worths]
    for place in np.flatnonzero(np.array([bool(difference) for difference in differences])[places]):
        deltas[place] += differences[places[place]]


def _changed_rows(
    rows: Sequence[Row[Any]], vectors: NDArray[np.float64], deltas: Iterable[Fraction | int]
) -> list[dict[str, Any]]:
    """Parameters of the update of every attempt whose vector is not what it was."""
    return [
        {"attempt": row.attempt_id, "packed": packed, "sum": written(Fraction(row.marks) + delta)}
        for row, vector, delta in zip(rows, vectors, deltas, strict=True)
        if (packed := vector.tobytes()) != row.vector
    ]

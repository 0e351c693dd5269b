"""What a script answers: the item with its rubric, the case around it, and the answer itself."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import Answer, StoredFile
from exam_engine.marking.records import Script
from exam_engine.sittings.records import Form

Text = dict[str, str] | str


@dataclass(frozen=True)
class Task:
    """The item of a script, whole, and the case it belongs to, if any; `slot` is its place on the paper."""

    slot: str
    item: dict[str, Any]
    case: dict[str, Any] | None

    @property
    def rubric(self) -> dict[str, Any]:
        """The rubric of the item."""
        rubric: dict[str, Any] = self.item["rubric"]
        return rubric

    @property
    def number(self) -> str:
        """The short name on the paper: `1b` for the part of a case, the slot for an item of its own."""
        if self.case is None or "/" not in self.slot:
            return self.slot
        task, part = self.slot.split("/", 1)
        ids = [one["id"] for one in self.case["tasks"]]
        return f"{ids.index(task) + 1 if task in ids else task}{part}"


@lru_cache(maxsize=32)
def _parse(marking: str) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(marking)
    return parsed


def read_task(session: Session, script: Script) -> Task:
    """The task of a script, from the form its candidate had.

    Raises
    ------
    Refusal
        `not_found` when the form does not hold the item, or the item has no rubric.
    """
    form_id = script.attempt.candidate_paper.form_id
    form = session.get_one(Form, form_id, options=[undefer(Form.marking)])
    document = _parse(form.marking)
    item = document["items"].get(script.slot) or document["items"].get(script.item)
    if item is None or "rubric" not in item:
        raise Refusal("not_found", f"form {form_id} has no rubric for {script.slot}")
    return Task(script.slot, item, document.get("case"))


def read_response(session: Session, script: Script) -> Any:
    """The newest answer of the script's slot."""
    query = select(Answer.response).where(Answer.attempt_id == script.attempt_id, Answer.slot == script.slot)
    response = session.scalars(query.order_by(Answer.seq.desc()).limit(1)).first()
    return None if response is None else orjson.loads(response)


def list_files(session: Session, script: Script) -> list[StoredFile]:
    """The files of the script's newest answer, in the candidate's order; files that never arrived whole are left out."""
    response = read_response(session, script)
    named = [one["sha256"] for one in response] if isinstance(response, list) else []
    query = select(StoredFile).where(
        StoredFile.attempt_id == script.attempt_id, StoredFile.slot == script.slot, StoredFile.completed_at.is_not(None)
    )
    stored = {file.sha256: file for file in session.scalars(query)}
    return [stored[digest] for digest in named if digest in stored]

"""What waits for a marker: the queues by task, how far the marking has come, and what was set aside."""

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from exam_engine.core.records import Role, User
from exam_engine.marking import rules
from exam_engine.marking.actions import list_drafts, waiting_scripts
from exam_engine.marking.records import Mark, MarkPlace, Script
from exam_engine.marking.rules import SENIOR_PLACES
from exam_engine.marking.tasks import Task, read_task


@dataclass(frozen=True)
class Progress:
    """Markings finished and needed; a script that two people mark needs two."""

    finished: int
    needed: int


@dataclass(frozen=True)
class Queue:
    """One task as a marker finds it: scripts waiting for them, the code of the one they hold, disputed ones for seniors."""

    item: str
    task: Task
    progress: Progress
    waiting: int
    held: str | None
    disputed: int
    disputed_held: str | None


@dataclass(frozen=True)
class SetAside:
    """A script that somebody set aside; `is_own` tells whose it is."""

    code: str
    task: Task
    reason: str
    is_own: bool
    holder: User


def measure_progress(session: Session, item: str | None = None) -> dict[str, Progress]:
    """How far the first and second markings have come, by task."""
    needed = select(Script.item, func.sum(case((Script.double, 2), else_=1))).group_by(Script.item)
    finished = (
        select(Script.item, func.count(Mark.id))
        .join(Mark, Mark.script_id == Script.id)
        .where(Mark.is_final, Mark.place.in_([MarkPlace.FIRST, MarkPlace.SECOND]))
        .group_by(Script.item)
    )
    if item is not None:
        needed, finished = needed.where(Script.item == item), finished.where(Script.item == item)
    done = {row[0]: row[1] for row in session.execute(finished)}
    return {row[0]: Progress(int(done.get(row[0], 0)), int(row[1])) for row in session.execute(needed)}


def list_queues(session: Session, marker: User) -> list[Queue]:
    """The tasks with scripts, those with work for `marker` first.

    Raises
    ------
    Refusal
        `not_allowed` for people who do not mark.
    """
    rules.check_marker(marker)
    progress = measure_progress(session)
    waiting = _count_waiting(session, marker)
    disputed = _count_waiting(session, marker, adjudicate=True) if marker.has_role(Role.SENIOR_MARKER) else {}
    held, disputed_held = _list_held(session, marker)
    queues = [
        Queue(
            item, _read_any_task(session, item), progress[item], waiting.get(item, 0), held.get(item), disputed.get(item, 0),
            disputed_held.get(item),
        )
        for item in sorted(progress)
    ]
    return sorted(queues, key=lambda queue: not (queue.waiting or queue.held or queue.disputed or queue.disputed_held))


def list_set_aside(session: Session, marker: User) -> list[SetAside]:
    """What `marker` set aside; for a senior marker also what others did."""
    query = select(Mark).where(~Mark.is_final).order_by(Mark.id)
    if not marker.has_role(Role.SENIOR_MARKER):
        query = query.where(Mark.marker_id == marker.id)
    return [
        SetAside(
            mark.script.code, read_task(session, mark.script), mark.criteria[rules.SET_ASIDE]["reason"],
            mark.marker_id == marker.id, mark.marker,
        )
        for mark in session.scalars(query)
        if rules.is_set_aside(mark.criteria)
    ]


def _count_waiting(session: Session, marker: User, *, adjudicate: bool = False) -> dict[str, int]:
    waiting = waiting_scripts(marker, adjudicate=adjudicate)
    counted = waiting.with_only_columns(Script.item, func.count(Script.id)).group_by(Script.item)
    return {row[0]: row[1] for row in session.execute(counted)}


def _list_held(session: Session, marker: User) -> tuple[dict[str, str], dict[str, str]]:
    """Codes of the scripts in hand, by task: those in the ordinary queues, and the disputed ones."""
    ordinary: dict[str, str] = {}
    disputed: dict[str, str] = {}
    for mark in list_drafts(session, marker):
        if not rules.is_set_aside(mark.criteria):
            (disputed if mark.place in SENIOR_PLACES else ordinary).setdefault(mark.script.item, mark.script.code)
    return ordinary, disputed


def _read_any_task(session: Session, item: str) -> Task:
    script = session.scalars(select(Script).where(Script.item == item).order_by(Script.id.desc()).limit(1)).one()
    return read_task(session, script)

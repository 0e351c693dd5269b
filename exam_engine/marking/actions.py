"""The work of markers: take a script, mark it one criterion at a time, finish it, or set it aside.

Whoever holds a draft holds its place on the script; the database lets a place be taken, and a person mark a script, only once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.delivery.records import Attempt
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.marking import rules
from exam_engine.marking.records import Mark, SavedComment, Script, ScriptState
from exam_engine.marking.rules import SENIOR_PLACES, SET_ASIDE, Settlement, Step
from exam_engine.marking.tasks import read_task
from exam_engine.sittings.records import Booking, CandidatePaper
from exam_engine.training.records import TrainingRecord
from grading.errors import RubricError
from grading.exact import written
from grading.rubrics import check_criterion

LONGEST_COMMENT: Final = 2000
LONGEST_SAVED_COMMENT: Final = 200
TRIES: Final = 5

_Trained = aliased(Enrolment)


def waiting_scripts(marker: User, *, adjudicate: bool = False) -> Select[tuple[Script]]:
    """The scripts `marker` may take now: what is left to mark, as one query that follows `rules.get_place`."""
    taken, finished = _count_marks(), _count_marks(Mark.is_final.is_(True))
    if adjudicate:
        waits = (Script.state == ScriptState.ADJUDICATION) & (taken == finished)
    else:
        waits = (Script.state == ScriptState.OPEN) & (taken < case((Script.double, 2), else_=1))
    by_marker = exists().where(Mark.script_id == Script.id, Mark.marker_id == marker.id)
    trained = exists().where(
        TrainingRecord.trainer_id == marker.id,
        TrainingRecord.enrolment_id == _Trained.id,
        _Trained.candidate_id == Candidate.id,
    )
    return (
        select(Script)
        .join(Attempt, Attempt.id == Script.attempt_id)
        .join(CandidatePaper, CandidatePaper.id == Attempt.candidate_paper_id)
        .join(Booking, Booking.id == CandidatePaper.booking_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Candidate, Candidate.id == Enrolment.candidate_id)
        .where(waits, ~by_marker, ~trained, Candidate.user_id != marker.id)
    )


def next_script(session: Session, marker: User, item: str, now: datetime, *, adjudicate: bool = False) -> Mark | None:
    """The script of this task that `marker` marks next: the one they hold, else one that waits, which they hold from now on.

    The order follows the anonymous codes from a place that differs by marker, never the candidates.

    Returns
    -------
    Mark or None
        The marker's draft; None when nothing waits for them.

    Raises
    ------
    Refusal
        `not_allowed` for people who do not mark, or who may not adjudicate.
    """
    rules.check_marker(marker)
    if adjudicate and not marker.has_role(Role.SENIOR_MARKER):
        raise Refusal("not_allowed", "a disputed script is marked by a senior marker")
    for held in list_drafts(session, marker):
        if held.script.item == item and (held.place in SENIOR_PLACES) is adjudicate and not rules.is_set_aside(held.criteria):
            return held
    start = rules.starting_code(marker.id, item)
    order = case((Script.code < start, 1), else_=0)
    waiting = waiting_scripts(marker, adjudicate=adjudicate).where(Script.item == item).order_by(order, Script.code)
    for _ in range(TRIES):
        script = session.scalars(waiting.limit(1).with_for_update(of=Script, skip_locked=True)).first()
        if script is None:
            return None
        if (mark := _claim(session, script, marker, now)) is not None:
            return mark
    raise Refusal("wrong_state", "others take the scripts of this task just now; ask again")


@dataclass(frozen=True)
class Judgement:
    """What a marker decided on one criterion; `marks` None means not yet."""

    criterion: str
    marks: str | None
    comment: str = ""


def save_draft(session: Session, marker: User, code: str, judgement: Judgement, now: datetime) -> Mark:
    """Keep what `marker` decided on one criterion; whatever was there before is replaced.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`, `wrong_state`; `bad_content` for an unknown criterion, marks no level gives, a long comment.
    """
    mark = _lock_draft(session, marker, code)
    criterion, rubric = judgement.criterion, read_task(session, mark.script).rubric
    found = next((one for one in rubric["criteria"] if one["id"] == criterion), None)
    if found is None:
        raise Refusal("bad_content", f"the rubric has no criterion {criterion}")
    given = {"marks": _read_marks(found, judgement.marks), "comment": _read_comment(judgement.comment, LONGEST_COMMENT)}
    if mark.criteria.get(criterion, {"marks": None, "comment": ""}) == given:
        return mark
    mark.criteria = {**mark.criteria, criterion: given}
    mark.changed_at = now
    _record(session, marker, "mark.drafted", mark, now, criterion=criterion, **given)
    return mark


def finish_mark(session: Session, marker: User, code: str, now: datetime) -> Settlement:
    """Make the draft final, and settle the script or pass it on as the rubric's rule says.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`, `wrong_state`; `bad_content` with `open`, the criteria that have no mark.
    """
    mark = _lock_draft(session, marker, code)
    script, rubric = mark.script, read_task(session, mark.script).rubric
    if missing := rules.list_open(rubric, mark.criteria):
        raise Refusal("bad_content", f"no mark yet for {', '.join(missing)}", open=missing)
    mark.is_final, mark.total, mark.changed_at = True, rules.sum_marks(mark.criteria), now
    session.flush()
    settlement = rules.settle(read_facts(session, script), rubric)
    script.state, script.marks = settlement.state, settlement.marks
    _record(session, marker, "mark.finished", mark, now, total=mark.total, criteria=mark.criteria)
    if settlement.step is not Step.WAITS:
        audit.record(session, marker.login, f"script.{settlement.step.value}", f"script:{code}", now, marks=script.marks)
    return settlement


def set_aside(session: Session, marker: User, code: str, reason: str, now: datetime) -> Mark:
    """Put a script aside that cannot be marked as it is: it stays with `marker`, or goes to a senior marker who takes it over.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`, `wrong_state`; `bad_content` without a reason.
    """
    mark = _lock_draft(session, marker, code)
    reason = _read_comment(reason, LONGEST_COMMENT)
    if not reason:
        raise Refusal("bad_content", "say why the script is set aside")
    mark.criteria = {**mark.criteria, SET_ASIDE: {"reason": reason}}
    mark.changed_at = now
    _record(session, marker, "script.set_aside", mark, now, reason=reason)
    return mark


def take_up(session: Session, marker: User, code: str, now: datetime) -> Mark:
    """Take a script up again that was set aside: one's own goes on as it was, a senior marker begins another's afresh.

    Raises
    ------
    Refusal
        `not_found`; `wrong_state` when it is not set aside; `not_yours` for markers; else as `rules.check_may_hold`.
    """
    script = _lock_script(session, code)
    own = next((one for one in script.given if one.marker_id == marker.id), None)
    held = next((one for one in script.given if not one.is_final and rules.is_set_aside(one.criteria)), None)
    if held is None or (own is not None and own is not held and not own.is_final):
        raise Refusal("wrong_state", "this script is not set aside")
    if own is held:
        held.criteria = {name: given for name, given in held.criteria.items() if name != SET_ASIDE}
        _record(session, marker, "script.taken_up", held, now)
    else:
        if not marker.has_role(Role.SENIOR_MARKER):
            raise Refusal("not_yours", "a senior marker takes over what another set aside")
        rules.check_may_hold(read_facts(session, script), marker, held.place)
        _record(session, marker, "script.taken_over", held, now, holder=held.marker.login, criteria=held.criteria)
        held.marker_id, held.criteria = marker.id, {}
    held.changed_at = now
    session.flush()
    return held


def save_comment(session: Session, marker: User, code: str, criterion: str, text: str, now: datetime) -> None:
    """Keep a comment of `marker` for a criterion of this task, to use again; the same one twice is kept once.

    Raises
    ------
    Refusal
        `not_found`, `not_yours`; `bad_content` for an unknown criterion, an empty or a long comment.
    """
    mark = get_mark(session, marker, code)
    text = _read_comment(text, LONGEST_SAVED_COMMENT)
    known = {one["id"] for one in read_task(session, mark.script).rubric["criteria"]}
    if not text or criterion not in known:
        raise Refusal("bad_content", "a comment to keep has words, and belongs to a criterion")
    if text in list_comments(session, marker, mark.script.item).get(criterion, []):
        return
    session.add(SavedComment(marker_id=marker.id, criterion=_comment_place(mark.script.item, criterion), text=text))
    _record(session, marker, "comment.kept", mark, now, criterion=criterion, text=text)


def list_comments(session: Session, marker: User, item: str) -> dict[str, list[str]]:
    """The comments `marker` keeps for a task, by criterion, oldest first."""
    place = _comment_place(item, "")
    query = select(SavedComment).where(
        SavedComment.marker_id == marker.id, func.substr(SavedComment.criterion, 1, len(place)) == place
    )
    comments: dict[str, list[str]] = {}
    for saved in session.scalars(query.order_by(SavedComment.id)):
        comments.setdefault(saved.criterion[len(place) :], []).append(saved.text)
    return comments


def list_drafts(session: Session, marker: User) -> list[Mark]:
    """The scripts `marker` holds, set aside or not, oldest first."""
    return list(session.scalars(select(Mark).where(Mark.marker_id == marker.id, ~Mark.is_final).order_by(Mark.id)))


def get_mark(session: Session, marker: User, code: str) -> Mark:
    """The mark, draft or final, that lets `marker` see this script.

    Raises
    ------
    Refusal
        `not_found` when there is no such script, `not_yours` when it was never given to this marker.
    """
    script = session.scalars(select(Script).where(Script.code == code)).one_or_none()
    if script is None:
        raise Refusal("not_found", f"there is no script {code}")
    return _mark_by(marker, script)


def _mark_by(marker: User, script: Script) -> Mark:
    mark = next((one for one in script.given if one.marker_id == marker.id), None)
    if mark is None:
        raise Refusal("not_yours", "take a script from its queue first")
    return mark


def read_facts(session: Session, script: Script) -> rules.Facts:
    """What the rules need to know of a script, read afresh."""
    given = session.scalars(
        select(Mark).where(Mark.script_id == script.id).order_by(Mark.id).execution_options(populate_existing=True)
    )
    enrolment = script.attempt.candidate_paper.booking.enrolment
    trainers = session.scalars(
        select(TrainingRecord.trainer_id)
        .join(Enrolment, Enrolment.id == TrainingRecord.enrolment_id)
        .where(Enrolment.candidate_id == enrolment.candidate_id, TrainingRecord.trainer_id.is_not(None))
    )
    marks = tuple(rules.Given(mark.place, mark.marker_id, mark.is_final, mark.criteria) for mark in given)
    barred = {trainer for trainer in trainers if trainer is not None} | {enrolment.candidate.user_id}
    return rules.Facts(script.state, script.double, marks, frozenset(barred))


def _count_marks(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count(Mark.id)).where(Mark.script_id == Script.id, *conditions)
    return counted.correlate(Script).scalar_subquery()


def _claim(session: Session, script: Script, marker: User, now: datetime) -> Mark | None:
    """Give the script to `marker`; None when somebody else was faster."""
    try:
        place = rules.get_place(read_facts(session, script), marker)
        with session.begin_nested():
            mark = Mark(script=script, marker_id=marker.id, place=place, criteria={}, changed_at=now)
            session.add(mark)
    except (Refusal, IntegrityError):
        session.expire(script)
        return None
    _record(session, marker, "script.taken", mark, now)
    return mark


def _lock_script(session: Session, code: str) -> Script:
    """The script, locked so that two marks finished at once see each other."""
    query = select(Script).where(Script.code == code).with_for_update().execution_options(populate_existing=True)
    script = session.scalars(query).one_or_none()
    if script is None:
        raise Refusal("not_found", f"there is no script {code}")
    return script


def _lock_draft(session: Session, marker: User, code: str) -> Mark:
    mark = _mark_by(marker, _lock_script(session, code))
    if mark.is_final:
        raise Refusal("wrong_state", "this mark is final")
    if rules.is_set_aside(mark.criteria):
        raise Refusal("wrong_state", "this script is set aside; take it up again first")
    return mark


def _record(session: Session, marker: User, action: str, mark: Mark, now: datetime, **data: Any) -> None:
    audit.record(session, marker.login, action, f"script:{mark.script.code}", now, place=mark.place.value, **data)


def _read_marks(criterion: Any, marks: str | None) -> str | None:
    if marks is None:
        return None
    try:
        return written(check_criterion(criterion, marks))
    except RubricError as error:
        raise Refusal("bad_content", str(error)) from error


def _read_comment(text: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest:
        raise Refusal("bad_content", f"a comment has at most {longest} characters")
    return text


def _comment_place(item: str, criterion: str) -> str:
    return f"{item}\n{criterion}"

"""Proposing and releasing results: computed again from the answers, proposed by one officer, released by another."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.core import audit, hooks
from exam_engine.core.canonical import sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.results.collect import Scorers, TakenPaper, find_waiting, live_bookings, papers_of, read_papers, read_responses
from exam_engine.results.decision import describe
from exam_engine.results.item_statistics import mark_sitting
from exam_engine.results.records import Outcome, Result, ResultState
from exam_engine.results.rules import Judged, component_of, judge
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, BookingState, Sitting, SittingState
from exam_engine.sittings.rules import next_state
from exam_engine.training.records import TrainingRecord
from grading.score import Score

WAITING_WORDS = {
    "not_over": "%d papers can still be started",
    "running": "%d attempts are running",
    "unmarked": "%d attempts are not marked",
    "scripts": "%d scripts wait for marks",
}


def propose_results(session: Session, sitting: Sitting, by: User, now: datetime) -> list[Result]:
    """Compute the results of a sitting and put them forward for release; an earlier proposal is replaced.

    Raises
    ------
    Refusal
        `wrong_state` with `waiting` while something is missing, or when everything is released already; `same_person`
        when the officer sat here or trained a candidate of the sitting; `not_eligible` when a sitting does not count.
    """
    _check_may_decide(session, sitting, by)
    _lock(session, sitting)
    papers = read_papers(session, sitting)
    check_complete(sitting, papers, now)
    open_ones = [booking for booking in live_bookings(session, sitting) if booking.state is BookingState.OPEN]
    if not open_ones:
        raise Refusal("wrong_state", "every result of this sitting is released")
    scores = score_sitting(session, sitting, papers)
    results = [_propose(session, booking, papers[booking.id], scores, by, now) for booking in open_ones]
    _close(session, sitting, by, now)
    return results


def check_complete(sitting: Sitting, papers: Mapping[int, list[TakenPaper]], now: datetime) -> None:
    """Refuse with what is missing unless every attempt has ended and every script is settled."""
    if sitting.state is SittingState.PLANNED:
        raise Refusal("wrong_state", "the sitting is not prepared yet")
    if waiting := find_waiting(sitting, papers, now):
        said = ", ".join(WAITING_WORDS[one.code] % one.count for one in waiting)
        raise Refusal("wrong_state", said, waiting=[{"code": one.code, "count": one.count} for one in waiting])


def score_sitting(session: Session, sitting: Sitting, papers: Mapping[int, list[TakenPaper]]) -> dict[int, Score]:
    """The exact score of every attempt, by attempt id."""
    scorers, sat = Scorers(sitting), [one for own in papers.values() for one in own if one.attempt is not None]
    responses = read_responses(session, papers_of(sitting))
    return {one.attempt.id: scorers.score(one, responses.get(one.attempt.id, {})) for one in sat if one.attempt}


def _propose(
    session: Session, booking: Booking, papers: Sequence[TakenPaper], scores: Mapping[int, Score], by: User, now: datetime
) -> Result:
    judged = judge_booking(session, booking, papers, scores, now)
    total, decision = judged.decision.as_json()["total"], describe(booking, judged, papers, scores)
    result = session.scalars(select(Result).where(Result.booking_id == booking.id)).one_or_none()
    if result is None:
        result = Result(booking_id=booking.id, booking=booking, state=ResultState.PROPOSED)
    result.outcome, result.total, result.decision = judged.outcome, total, {**decision, "basis": basis_of(papers)}
    result.proposed_by_id, result.proposed_at = by.id, now
    session.add(result)
    session.flush()
    audit.record(
        session, by.login, "result.proposed", f"result:{result.id}", now,
        booking=booking.id, outcome=judged.outcome.value, total=total, basis=result.decision["basis"],
    )  # fmt: skip
    return result


def judge_booking(
    session: Session, booking: Booking, papers: Sequence[TakenPaper], scores: Mapping[int, Score], now: datetime
) -> Judged:
    """Decide on one booking by the scheme version of its enrolment."""
    enrolment, sitting = booking.enrolment, booking.sitting
    level = enrolment.scheme_version.get_level(enrolment.level)
    taken = [component_of(one.candidate_paper.sitting_paper.code, scores[one.attempt.id]) for one in papers if one.attempt]
    history = gate.read_history(session, enrolment.id)
    judged = judge(level, taken, history, (str(sitting.id), gate.sitting_day(sitting)), now.date())
    if isinstance(judged, str):
        raise Refusal(
            "not_eligible", f"candidate {enrolment.candidate.number}: {gate.WHY.get(judged, judged)}", reasons=[judged]
        )
    return judged


def basis_of(papers: Sequence[TakenPaper]) -> str:
    """Digest over all that a result rests on."""
    return sha256_hex("result", *(one.basis for one in papers))


def release_results(session: Session, sitting: Sitting, by: User, now: datetime) -> list[Result]:
    """Release everything that is proposed: the second person. Passes go on to the certificate hook in the same transaction.

    Raises
    ------
    Refusal
        `wrong_state` when nothing is proposed, or when an answer, key or mark changed since; `same_person` when the
        officer proposed one of the results, sat here or trained a candidate of the sitting.
    """
    _check_may_decide(session, sitting, by)
    _lock(session, sitting)
    proposed = list_results(session, sitting, ResultState.PROPOSED)
    if not proposed:
        raise Refusal("wrong_state", "nothing is proposed")
    if any(result.proposed_by_id == by.id for result in proposed):
        raise Refusal("same_person", "results are released by somebody other than who proposed them", why="proposer")
    papers = read_papers(session, sitting)
    check_complete(sitting, papers, now)
    for result in proposed:
        if result.decision["basis"] != basis_of(papers[result.booking_id]):
            number = result.booking.enrolment.candidate.number
            detail = f"marks of candidate {number} changed after the proposal; propose again"
            raise Refusal("wrong_state", detail, why="changed", candidate=number)
    for result in proposed:
        _release(session, result, by, now)
    mark_sitting(session, sitting.id, now)
    return proposed


def _release(session: Session, result: Result, by: User, now: datetime) -> None:
    booking = result.booking
    result.state, result.released_by_id, result.released_at = ResultState.RELEASED, by.id, now
    booking.state = BookingState.FINISHED
    gate.note(session, booking.enrolment_id, result.decision["history"], now)
    audit.record(
        session, by.login, "result.released", f"result:{result.id}", now,
        booking=booking.id, outcome=result.outcome.value, total=result.total,
    )  # fmt: skip
    hooks.tell(session, "result.released", result, now)


def list_results(session: Session, sitting: Sitting, state: ResultState | None = None) -> list[Result]:
    """The results of a sitting in the order of its seats."""
    query = select(Result).join(Booking).where(Booking.sitting_id == sitting.id).order_by(Booking.id)
    return list(session.scalars(query if state is None else query.where(Result.state == state)))


def _check_may_decide(session: Session, sitting: Sitting, by: User) -> None:
    """Officers decide; never an administrator, a candidate of the sitting, or somebody who trained one of them."""
    if not by.has_role(Role.OFFICER) or by.has_role(Role.ADMINISTRATOR):
        raise Refusal("not_allowed", "results are decided by officers, never by an administrator")
    bookings = live_bookings(session, sitting)
    enrolments = [booking.enrolment_id for booking in bookings]
    trained = select(func.count()).where(TrainingRecord.enrolment_id.in_(enrolments), TrainingRecord.trainer_id == by.id)
    if session.scalar(trained):
        raise Refusal("same_person", "whoever trained a candidate does not decide on that candidate", why="trainer")
    if any(booking.enrolment.candidate.user_id == by.id for booking in bookings):
        raise Refusal("same_person", "nobody decides on their own exam", why="candidate")


def _lock(session: Session, sitting: Sitting) -> None:
    """Two officers at once would otherwise both compute."""
    session.execute(select(Sitting.id).where(Sitting.id == sitting.id).with_for_update())


def _close(session: Session, sitting: Sitting, by: User, now: datetime) -> None:
    """Results are being decided: nobody starts a paper of this sitting any more."""
    state = next_state(sitting.state, "close")
    if state is not None:
        sitting.state = state
        session.flush()
        audit.record(session, by.login, "sitting.closed", f"sitting:{sitting.id}", now)


def pass_rate(results: Sequence[Result]) -> tuple[int, int]:
    """How many passed, and of how many who sat at least one paper."""
    sat = [result for result in results if result.outcome is not Outcome.ABSENT]
    return sum(result.outcome is Outcome.PASS for result in sat), len(sat)

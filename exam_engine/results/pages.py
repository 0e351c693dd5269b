"""What the pages of results show: plain values, scores already written for people, texts left to the templates."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.delivery.records import Attempt
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.results.actions import list_results
from exam_engine.results.collect import Waiting, find_waiting, live_bookings, read_papers
from exam_engine.results.records import Outcome, Result, ResultState
from exam_engine.results.rules import show_score
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper, Sitting, SittingKind, SittingState
from grading.exact import exact


@dataclass(frozen=True)
class Bar:
    """One score as a bar from 0 to 100; `needed` only where that cut decides. `width` is an SVG attribute."""

    title: Any
    score: str
    width: str
    needed: str | None
    met: bool
    facts: dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """Bars that belong together; `needed` is the cut they share, if they do."""

    title: Any
    kind: str
    bars: list[Bar]

    @property
    def needed(self) -> str | None:
        """The one cut of all bars; None when they differ or have none."""
        cuts = {bar.needed for bar in self.bars}
        return next(iter(cuts)) if len(cuts) == 1 else None

    @property
    def has_cuts(self) -> bool:
        """Whether any bar has a cut line."""
        return any(bar.needed for bar in self.bars)


@dataclass(frozen=True)
class NextStep:
    """What is open to the candidate after this result: `kind` is makeup, training or sitting; None while nothing is."""

    kind: str | None
    reason: str
    not_before: datetime | None
    carried: list[tuple[Any, datetime]]


@dataclass(frozen=True)
class SittingRow:
    """One sitting on the officers' list."""

    sitting: Sitting
    candidates: int
    waiting: list[Waiting]
    proposed: int
    released: int


def list_sittings(session: Session, now: datetime) -> list[SittingRow]:
    """Sittings that have begun, what needs an officer first, then the newest."""
    begun = select(Sitting).where(Sitting.state != SittingState.PLANNED, Sitting.opens_at <= now)
    rows = [_sitting_row(session, sitting, now) for sitting in session.scalars(begun.order_by(Sitting.opens_at.desc()))]
    return sorted(rows, key=lambda row: row.released == row.candidates)


def _sitting_row(session: Session, sitting: Sitting, now: datetime) -> SittingRow:
    states = dict(
        session.execute(
            select(Result.state, func.count()).join(Booking).where(Booking.sitting_id == sitting.id).group_by(Result.state)
        )
        .tuples()
        .all()
    )
    candidates, released = len(live_bookings(session, sitting)), states.get(ResultState.RELEASED, 0)
    waiting = [] if released == candidates else find_waiting(sitting, read_papers(session, sitting), now)
    return SittingRow(sitting, candidates, waiting, states.get(ResultState.PROPOSED, 0), released)


def describe_sitting(session: Session, sitting: Sitting, user: User, now: datetime) -> dict[str, Any]:
    """Everything the officers' page of one sitting shows."""
    papers, results = read_papers(session, sitting), list_results(session, sitting)
    by_booking = {result.booking_id: result for result in results}
    attempts = {id_: {one.candidate_paper.sitting_paper.code: one.attempt for one in own} for id_, own in papers.items()}
    return {
        "sitting": sitting,
        "level": sitting.scheme_version.get_level(sitting.level),
        "waiting": find_waiting(sitting, papers, now),
        "rows": [
            {"booking": booking, "attempts": attempts.get(booking.id, {}), **_result_row(by_booking.get(booking.id))}
            for booking in live_bookings(session, sitting)
        ],
        "results": results,
        "proposed": [result for result in results if result.state is ResultState.PROPOSED],
        "mine": any(result.proposed_by_id == user.id for result in results if result.state is ResultState.PROPOSED),
    }  # fmt: skip


def _result_row(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"result": None, "scores": {}, "total": None, "reasons": []}
    decision = result.decision
    scores = {paper["id"]: _shown(paper["score"], paper["needed"]) for paper in decision["papers"] if paper["score"]}
    return {"result": result, "scores": scores, "total": total_of(result), "reasons": reasons_of(decision)}


def _shown(score: str, needed: str | None) -> str:
    return show_score(exact(score), exact(needed) if needed is not None else None)


def total_of(result: Result) -> str | None:
    """The total as people read it."""
    cut = result.decision["standard"].get("cut")
    return None if result.total is None else _shown(result.total, None if cut is None else str(cut))


def reasons_of(decision: dict[str, Any]) -> list[dict[str, Any]]:
    """Why it is not a pass: the unmet conditions, with titles of papers and sections and scores for people."""
    titles = {paper["id"]: paper for paper in decision["papers"]}
    areas = {area["id"]: area["title"] for area in decision["areas"]}
    found = []
    for reason in decision["reasons"]:
        paper = titles.get(reason.get("component"), {})
        section = reason.get("section")
        found.append(
            {
                "code": reason["code"], "paper": paper.get("title"),
                "section": (paper.get("titles") or areas).get(section, section),
                "score": _shown(reason["score"], reason["needed"]) if "score" in reason else None,
                "needed": show_score(exact(reason["needed"])) if "needed" in reason else None,
            }
        )  # fmt: skip
    return found


def list_own(session: Session, user: User) -> list[tuple[Booking, Result | None]]:
    """The candidate's sittings, newest first, each with its released result."""
    bookings = session.scalars(
        select(Booking)
        .join(Sitting, Sitting.id == Booking.sitting_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Candidate, Candidate.id == Enrolment.candidate_id)
        .where(Candidate.user_id == user.id, Booking.state != BookingState.CANCELLED)
        .order_by(Sitting.opens_at.desc())
    ).all()
    released = select(Result).where(Result.booking_id.in_([one.id for one in bookings]), Result.state == ResultState.RELEASED)
    results = {result.booking_id: result for result in session.scalars(released)}
    return [(booking, results.get(booking.id)) for booking in bookings]


def count_papers(session: Session, booking: Booking) -> tuple[int, int]:
    """How many papers of the booking were handed in, and how many there are."""
    ended = select(func.count(Attempt.id)).join(CandidatePaper).where(CandidatePaper.booking_id == booking.id)
    return session.scalar(ended.where(Attempt.submitted_at.is_not(None))) or 0, len(booking.papers)


def get_own_result(session: Session, result_id: int, user: User) -> Result:
    """A released result of this person; `not_found` for anything else, so that nothing is learned by trying numbers."""
    found = session.get(Result, result_id)
    if found is None or found.state is not ResultState.RELEASED or found.booking.enrolment.candidate.user_id != user.id:
        raise Refusal("not_found", "there is no such result")
    return found


def profiles_of(decision: dict[str, Any]) -> list[Profile]:
    """Papers first; then the sections whose minima decide; then the content areas over all papers."""
    floors = {check["component"] for check in decision["checks"] if check["code"] == "section_floor"}
    papers = Profile("papers", "papers", [_paper_bar(decision, paper) for paper in decision["papers"] if paper["score"]])
    sections = [_section_profile(decision, paper) for paper in decision["papers"] if paper["id"] in floors]
    areas = [_bar(area["title"], area["score"], None, area) for area in decision["areas"]]
    return [papers, *sections, Profile("areas", "areas", areas)]


def _paper_bar(decision: dict[str, Any], paper: dict[str, Any]) -> Bar:
    """A paper's bar; where the level has one paper, the cut of the total is its own."""
    standard = decision["standard"]
    needed = paper["needed"] if paper["needed"] is not None or len(decision["papers"]) > 1 else str(standard["cut"])
    return _bar(paper["title"], paper["score"], needed, paper)


def _section_profile(decision: dict[str, Any], paper: dict[str, Any]) -> Profile:
    checks = [check for check in decision["checks"] if check["code"] == "section_floor" and check["component"] == paper["id"]]
    needed = {check["section"]: check["needed"] for check in checks}
    titles = paper["titles"] or {area["id"]: area["title"] for area in decision["areas"]}
    bars = [
        _bar(titles.get(name, name), str(100 * exact(part["marks"]) / exact(part["max"])), needed.get(name), part)
        for name, part in paper["sections"].items()
    ]
    return Profile(paper["title"], "tasks" if paper["titles"] else "sections", bars)


def _bar(title: Any, score: str, needed: str | None, part: dict[str, Any]) -> Bar:
    value, cut = exact(score), None if needed is None else exact(needed)
    width = f"{float(min(max(value, Fraction(0)), Fraction(100))):.2f}"
    facts = {**part, "marks": show_score(exact(part["marks"])), "max": show_score(exact(part["max"]))}
    return Bar(
        title, show_score(value, cut), width, None if cut is None else show_score(cut), cut is None or value >= cut, facts
    )


def next_step(session: Session, result: Result, now: datetime) -> NextStep | None:
    """What is open after this result; None after a pass, or when the result of a newer sitting has taken its place."""
    enrolment = result.booking.enrolment
    newer = select(Booking.state).join(Sitting).where(
        Booking.enrolment_id == enrolment.id, Booking.state != BookingState.CANCELLED,
        Sitting.opens_at > result.booking.sitting.opens_at,
    )  # fmt: skip
    states = set(session.scalars(newer))
    if result.outcome is Outcome.PASS or BookingState.FINISHED in states:
        return None
    found = gate.standing(session, enrolment, now)
    titles = {paper["id"]: paper["title"] for paper in result.decision["papers"]}
    carried = [(titles.get(name, name), _noon(last)) for name, last in found.carried.items()]
    return NextStep(found.open, found.reason, _noon(found.not_before) if found.not_before else None, carried)


def _noon(day: date) -> datetime:
    """An instant that falls on this day wherever the site is."""
    return datetime.combine(day, time(12), UTC)


def is_makeup(sitting: Sitting) -> bool:
    """Whether the sitting is the makeup of a failed one."""
    return sitting.kind is SittingKind.MAKEUP

"""Scheduling sittings, booking candidates, and preparing forms and papers before the doors open."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.authoring.actions import approved_documents, get_blueprint
from exam_engine.authoring.calibrations import accepted_parameters, with_parameters
from exam_engine.core import audit
from exam_engine.core.clock import to_ms
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.enrolment.actions import scheme_in_force
from exam_engine.enrolment.records import Enrolment, EnrolmentState
from exam_engine.sittings import gate
from exam_engine.sittings.papers import DrawnForm, draw_case, draw_theory
from exam_engine.sittings.records import (
    Booking,
    BookingState,
    CandidatePaper,
    Form,
    Sitting,
    SittingKind,
    SittingPaper,
    SittingState,
)
from exam_engine.sittings.rules import next_state, paper_of, seat_name, share_forms
from question_bank.assembly.assemble import InfeasibleError, UndecidedError, assemble
from question_bank.assembly.orders import candidate_seed, draw_order
from question_bank.assembly.rules import Request
from question_bank.blueprint import parse_blueprint
from question_bank.pool import pool_of_items

REGULAR_FORMS: Final = 2

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What an officer decides when a sitting is scheduled, and the seed that forms and orders are drawn by."""

    level: str
    kind: SittingKind
    opens_at: datetime
    closes_at: datetime
    room: Any
    seed: int = field(default_factory=lambda: secrets.randbits(48))


def plan_sitting(session: Session, plan: Plan, by: User, now: datetime) -> Sitting:
    """Schedule a sitting; its papers, titles and minutes come from the scheme in force.

    Raises
    ------
    Refusal
        `unknown_level`, or `bad_content` when it would close before it opens.
    """
    scheme = scheme_in_force(session, now)
    try:
        level = scheme.get_level(plan.level)
    except KeyError:
        raise Refusal("unknown_level", f"{plan.level!r} is not a level of scheme {scheme.scheme} {scheme.version}") from None
    if plan.opens_at >= plan.closes_at:
        raise Refusal("bad_content", "a sitting opens before it closes")
    sitting = Sitting(
        level=plan.level,
        kind=plan.kind,
        state=SittingState.PLANNED,
        scheme_version_id=scheme.id,
        scheme_version=scheme,
        room=plan.room,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        seed=plan.seed,
        created_by_id=by.id,
        papers=[
            SittingPaper(code=paper["id"], kind=paper["kind"], minutes=paper["minutes"], title=paper["title"])
            for paper in level["papers"]
        ],
    )
    session.add(sitting)
    session.flush()
    audit.record(
        session,
        by.login,
        "sitting.planned",
        f"sitting:{sitting.id}",
        now,
        level=plan.level,
        kind=plan.kind.value,
        opens_ms=to_ms(plan.opens_at),
        closes_ms=to_ms(plan.closes_at),
        seed=sitting.seed,
    )
    return sitting


def get_sitting(session: Session, sitting_id: int) -> Sitting:
    """The sitting; `not_found` when there is none."""
    found = session.get(Sitting, sitting_id)
    if found is None:
        raise Refusal("not_found", f"there is no sitting {sitting_id}")
    return found


def book(
    session: Session, sitting: Sitting, enrolment: Enrolment, by: str, now: datetime, *, time_percent: int = 100
) -> Booking:
    """Give the candidate a seat, if the retake rules of their scheme allow this kind of sitting.

    Raises
    ------
    Refusal
        `wrong_state` when the sitting is prepared already or the enrolment ended, `bad_content` for another level,
        `not_eligible` with the reasons of the retake rules, `already_there` when the candidate holds an open booking.
    """
    if sitting.state is not SittingState.PLANNED or enrolment.state is not EnrolmentState.ACTIVE:
        raise Refusal("wrong_state", "bookings are for planned sittings and active enrolments")
    if sitting.level != enrolment.level:
        raise Refusal("bad_content", f"the sitting is for {sitting.level}, the enrolment for {enrolment.level}")
    gate.check_open(session, enrolment, sitting.kind, sitting.opens_at)
    open_one = select(Booking.id).where(Booking.enrolment_id == enrolment.id, Booking.state == BookingState.OPEN)
    if session.scalars(open_one).first() is not None:
        raise Refusal("already_there", f"candidate {enrolment.candidate.number} holds an open booking")
    taken = session.scalar(select(func.count()).where(Booking.sitting_id == sitting.id)) or 0
    booking = Booking(
        sitting_id=sitting.id,
        sitting=sitting,
        enrolment_id=enrolment.id,
        enrolment=enrolment,
        seat=seat_name(taken),
        time_percent=time_percent,
        booked_at=now,
    )
    session.add(booking)
    session.flush()
    audit.record(
        session,
        by,
        "booking.made",
        f"booking:{booking.id}",
        now,
        sitting=sitting.id,
        candidate=enrolment.candidate.number,
        seat=booking.seat,
    )
    return booking


def seen_codes(session: Session, enrolment_id: int) -> frozenset[str]:
    """Codes of every item that was on a paper drawn for any booking of this candidate."""
    candidate = select(Enrolment.candidate_id).where(Enrolment.id == enrolment_id).scalar_subquery()
    slots = session.scalars(
        select(Form.slots)
        .join(CandidatePaper, CandidatePaper.form_id == Form.id)
        .join(Booking, Booking.id == CandidatePaper.booking_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Enrolment.candidate_id == candidate)
        .distinct()
    )
    return frozenset(slot["code"] for form in slots for slot in form)


def prepare(session: Session, sitting: Sitting, by: str, now: datetime, progress: Progress = lambda _: None) -> None:
    """Draw forms and one paper per candidate and paper, so that opening the doors costs nothing.

    A makeup form shares no item with anything its candidate has seen.

    Raises
    ------
    Refusal
        `wrong_state` unless the sitting is planned; `blueprint_infeasible` naming the conflicting rules.
    """
    state = next_state(sitting.state, "prepare")
    if state is None:
        raise Refusal("wrong_state", f"the sitting is {sitting.state.value}")
    if not sitting.bookings:
        raise Refusal("wrong_state", "nobody is booked")
    seen = _items_to_avoid(session, sitting)
    for paper in sitting.papers:
        progress(paper.code)
        forms = _prepare_forms(session, sitting, paper, seen)
        _assign(session, sitting, forms, seen)
    sitting.state = state
    session.flush()
    audit.record(
        session,
        by,
        "sitting.prepared",
        f"sitting:{sitting.id}",
        now,
        bookings=len(sitting.bookings),
        forms={paper.code: [form.digest for form in paper.forms] for paper in sitting.papers},
    )


def _items_to_avoid(session: Session, sitting: Sitting) -> list[frozenset[str]]:
    """What each form must not hold: for a makeup everything its candidate has seen; a new training bars nothing."""
    if sitting.kind is SittingKind.REGULAR:
        return [frozenset()] * len(sitting.bookings)
    return [seen_codes(session, booking.enrolment_id) for booking in sitting.bookings]


def _prepare_forms(session: Session, sitting: Sitting, paper: SittingPaper, seen: list[frozenset[str]]) -> list[Form]:
    level = sitting.scheme_version.get_level(sitting.level)
    rule = paper_of(level, paper.code)
    draw = _cases if paper.kind == "practical" else _theory
    forms = [
        Form(
            sitting_paper=paper,
            number=number,
            slots=drawn.slots,
            public=drawn.public,
            marking=drawn.marking,
            digest=drawn.digest,
        )
        for number, drawn in enumerate(draw(session, sitting, rule, seen), 1)
    ]
    session.add_all(forms)
    session.flush()
    return forms


def _theory(session: Session, sitting: Sitting, rule: Any, seen: list[frozenset[str]]) -> list[DrawnForm]:
    """Parallel forms for those who have seen nothing yet, and one for each further set of seen items.

    Forms are drawn by the parameters in force; the documents of a form hold the items as they were approved.
    """
    items = approved_documents(session, "item", sitting.level)
    by_code = {item["id"]: item for item in items}
    pool = pool_of_items(with_parameters(items, accepted_parameters(session, by_code)))
    blueprint = parse_blueprint(get_blueprint(session, rule["blueprint"]), rule["blueprint"])
    drawn: list[frozenset[str]] = []
    for codes in sorted(set(seen), key=sorted):
        if all(form & codes for form in drawn):
            count = REGULAR_FORMS if not codes else 1
            request = Request(pool, blueprint, count, sitting.seed % 2**31, forbidden=codes & set(by_code))
            drawn += _assemble(request)
    return [draw_theory(by_code[code] for code in sorted(form)) for form in drawn]


def _assemble(request: Request) -> list[frozenset[str]]:
    try:
        return [frozenset(form.items) for form in assemble(request).forms]
    except InfeasibleError as error:
        rules = [{"rule": conflict.rule, "detail": conflict.detail} for conflict in error.conflict]
        raise Refusal("blueprint_infeasible", str(error), conflict=rules) from error
    except UndecidedError as error:
        raise Refusal("blueprint_infeasible", str(error), conflict=[]) from error


def _cases(session: Session, sitting: Sitting, _rule: Any, seen: list[frozenset[str]]) -> list[DrawnForm]:
    """Every case of the level that somebody here has not seen; a case is seen when any of its parts was."""
    drawn = [draw_case(case) for case in approved_documents(session, "case", sitting.level)]
    if not all(any(not _codes_of(form.slots) & codes for form in drawn) for codes in seen):
        raise Refusal(
            "blueprint_infeasible",
            "there is no case that every candidate has not seen",
            conflict=[{"rule": "cases", "detail": str(len(drawn))}],
        )
    return drawn


def _codes_of(slots: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(slot["code"] for slot in slots)


def _assign(session: Session, sitting: Sitting, forms: list[Form], seen: list[frozenset[str]]) -> None:
    shares = share_forms(seen, [_codes_of(form.slots) for form in forms])
    items = [orjson.loads(form.marking)["items"] for form in forms]
    for booking, share in zip(sitting.bookings, shares, strict=True):
        number = booking.enrolment.candidate.number
        if share is None:
            raise Refusal("blueprint_infeasible", f"no form is new to candidate {number}", conflict=[])
        form, paper = forms[share], forms[share].sitting_paper
        # The parts of a case build on each other and keep their order.
        document = {"slots": form.slots, "shuffle": paper.kind == "theory"}
        order = draw_order(document, items[share], candidate_seed(f"{sitting.seed}/{paper.code}", number))
        session.add(CandidatePaper(booking_id=booking.id, sitting_paper_id=paper.id, form_id=form.id, order=order))
    session.flush()

"""Pages of the officers: scheduling sittings, booking candidates, preparing papers."""

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, stage, whole_number
from exam_engine.core.records import Role
from exam_engine.enrolment.actions import scheme_in_force
from exam_engine.enrolment.records import Enrolment
from exam_engine.sittings import actions, sitting_page
from exam_engine.sittings.plan_input import PlanInput, read_plan
from exam_engine.sittings.records import Sitting, SittingState

sittings = stage("sittings", __name__)

LONGEST_TIME_PERCENT = 300


@sittings.get("/sittings")
@require(Role.OFFICER)
def list_all() -> str:
    """Every sitting, by state."""
    with get_site().database.read() as session:
        return render_template("sittings.html", listed=sitting_page.list_sittings(session), SittingState=SittingState)


@sittings.get("/sittings/new")
@require(Role.OFFICER)
def new() -> str:
    """The form of a new sitting."""
    return _show_form(PlanInput({}))


@sittings.post("/sittings/new")
@require(Role.OFFICER)
def new_post() -> Response | tuple[str, int]:
    """Schedule a sitting, or say at each field what is wrong."""
    site, now = get_site(), get_site().clock()
    with site.database.write() as session:
        levels = [level["id"] for level in scheme_in_force(session, now).document["levels"]]
        typed = read_plan(request.form, levels, site.settings.timezone, now)
        if typed.plan is None:
            return _show_form(typed), 422
        sitting = actions.plan_sitting(session, typed.plan, signed_in(), now)
        return redirect(url_for("sittings.one", sitting_id=sitting.id))


def _show_form(typed: PlanInput) -> str:
    with get_site().database.read() as session:
        levels = sitting_page.list_levels(scheme_in_force(session, get_site().clock()).document)
        zone = get_site().settings.timezone.key
        return render_template("sitting_new.html", typed=typed, levels=levels, zone=zone)


@sittings.get("/sittings/<int:sitting_id>")
@require(Role.OFFICER)
def one(sitting_id: int) -> str:
    """One sitting: papers, forms, bookings, who else may be booked."""
    with get_site().database.read() as session:
        return _show(session, actions.get_sitting(session, sitting_id))


def _show(session: Session, sitting: Sitting, refusal: Refusal | None = None) -> str:
    search = request.values.get("search", "").strip()
    is_planned = sitting.state is SittingState.PLANNED
    bookable, more = sitting_page.list_bookable(session, sitting, search) if is_planned else ([], False)
    return render_template(
        "sitting.html", sitting=sitting, level=sitting.scheme_version.get_level(sitting.level), bookable=bookable, more=more,
        search=search, forms=sitting_page.count_forms(session, sitting), attempts=sitting_page.say_attempts(session, sitting),
        refusal=refusal, is_planned=is_planned, done=request.args.get("done"),
    )  # fmt: skip


@sittings.post("/sittings/<int:sitting_id>/book")
@require(Role.OFFICER)
def book(sitting_id: int) -> Response | tuple[str, int]:
    """Give the ticked candidates seats: all of them, or none and why."""
    try:
        with get_site().database.write() as session:
            _book_ticked(session, actions.get_sitting(session, sitting_id))
    except Refusal as refusal:
        return _refused(sitting_id, refusal)
    return redirect(url_for("sittings.one", sitting_id=sitting_id, done="booked", _anchor="bookings"))


def _book_ticked(session: Session, sitting: Sitting) -> None:
    ticked = request.form.getlist("enrolment", type=whole_number)
    if not ticked:
        raise Refusal("bad_content", "nobody is ticked", field="enrolment")
    for enrolment_id in ticked:
        enrolment = session.get(Enrolment, enrolment_id)
        if enrolment is None:
            raise Refusal("not_found", f"there is no enrolment {enrolment_id}")
        percent = request.form.get(f"percent.{enrolment_id}", 100, type=whole_number)
        if not 100 <= percent <= LONGEST_TIME_PERCENT:
            raise Refusal("bad_content", f"time goes from 100 to {LONGEST_TIME_PERCENT} %", field="percent")
        actions.book(session, sitting, enrolment, signed_in().login, get_site().clock(), time_percent=percent)


@sittings.post("/sittings/<int:sitting_id>/prepare")
@require(Role.OFFICER)
def prepare(sitting_id: int) -> Response | tuple[str, int]:
    """Draw forms and papers; when the bank cannot meet the blueprint, say which rules exclude each other."""
    try:
        with get_site().database.write() as session:
            sitting = actions.get_sitting(session, sitting_id)
            actions.prepare(session, sitting, signed_in().login, get_site().clock())
    except Refusal as refusal:
        return _refused(sitting_id, refusal)
    return redirect(url_for("sittings.one", sitting_id=sitting_id, done="prepared"))


def _refused(sitting_id: int, refusal: Refusal) -> tuple[str, int]:
    """The sitting's page with what was refused; a sitting that is not there stays an error."""
    with get_site().database.read() as session:
        return _show(session, actions.get_sitting(session, sitting_id), refusal), refusal.kind.status

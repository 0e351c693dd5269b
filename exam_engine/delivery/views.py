"""Pages of the candidate: the way, the waiting room, the declaration, the exam, the receipt."""

import orjson
from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.core import facts
from exam_engine.core.page import current_language, get_site, require, signed_in, stage
from exam_engine.core.records import Role
from exam_engine.core.words import pick
from exam_engine.delivery import exam_page, way
from exam_engine.delivery.calendar import write_event
from exam_engine.delivery.exam_page import Door
from exam_engine.delivery.openapi import describe_api
from exam_engine.delivery.receipt_page import describe_receipt
from exam_engine.delivery.room_views import rooms

delivery = stage("delivery", __name__)
delivery.register_blueprint(rooms)
facts.provide("papers.attempts", exam_page.say_attempts)


@delivery.get("/way")
@require(Role.CANDIDATE)
def my_way() -> str:
    """Where the candidate stands on the way to each level, and the next exam."""
    with get_site().database.read() as session:
        candidate = exam_page.get_candidate(session, signed_in())
        ways = way.list_ways(session, candidate, get_site().clock(), get_site().settings.timezone) if candidate else []
        held = way.list_certificates(session, candidate) if candidate else []
        return render_template("way.html", candidate=candidate, ways=ways, certificates=held, Door=Door)


@delivery.get("/way/<int:booking_id>.ics")
@require(Role.CANDIDATE)
def calendar(booking_id: int) -> Response:
    """The exam as a calendar entry."""
    site, language = get_site(), current_language()
    with site.database.read() as session:
        booking = way.get_own_booking(session, signed_in(), booking_id)
        response = make_response(write_event(booking, site.clock(), language, site.settings.site_url))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = f'attachment; filename="exam-{booking_id}.ics"'
    return response


def _leave_for(door: Door, paper_id: int, attempt_id: int | None) -> BaseResponse | None:
    """Where a candidate belongs instead, when the exam runs or has ended."""
    if door is Door.RUNNING:
        return redirect(url_for("delivery.exam", paper_id=paper_id))
    if door is Door.ENDED:
        return redirect(url_for("delivery.receipt", attempt_id=attempt_id))
    return None


@delivery.get("/exam/<int:paper_id>/wait")
@require(Role.CANDIDATE)
def wait(paper_id: int) -> str | BaseResponse:
    """The waiting room: how long, what is allowed, whether this device can do it."""
    now = get_site().clock()
    with get_site().database.read() as session:
        paper = exam_page.get_own_paper(session, signed_in(), paper_id)
        attempt = exam_page.find_attempt(session, paper_id)
        door = exam_page.door_of(paper.booking.sitting, attempt.state if attempt else None, now)
        return _leave_for(door, paper_id, attempt.id if attempt else None) or render_template(
            "exam_wait.html",
            paper=paper,
            booking=paper.booking,
            sitting=paper.booking.sitting,
            door=door.value,
            now=now,
            facts=exam_page.describe_paper(paper.sitting_paper, paper.booking.time_percent),
        )


@delivery.get("/exam/<int:paper_id>/declare")
@require(Role.CANDIDATE)
def declare(paper_id: int) -> str | BaseResponse:
    """The declaration."""
    return _show_declaration(paper_id, is_missing=False)


@delivery.post("/exam/<int:paper_id>/declare")
@require(Role.CANDIDATE)
def declare_post(paper_id: int) -> str | BaseResponse | tuple[str | BaseResponse, int]:
    """Keep the declaration and open the exam; without the tick, say so at the tick."""
    if request.form.get("declared") != "yes":
        return _show_declaration(paper_id, is_missing=True), 422
    with get_site().database.write() as session:
        paper = exam_page.get_own_paper(session, signed_in(), paper_id)
        exam_page.declare(session, signed_in(), paper, get_site().clock())
    return redirect(url_for("delivery.exam", paper_id=paper_id))


def _show_declaration(paper_id: int, *, is_missing: bool) -> str | BaseResponse:
    with get_site().database.read() as session:
        paper = exam_page.get_own_paper(session, signed_in(), paper_id)
        attempt = exam_page.find_attempt(session, paper_id)
        door = exam_page.door_of(paper.booking.sitting, attempt.state if attempt else None, get_site().clock())
        if door in (Door.EARLY, Door.MISSED):
            return redirect(url_for("delivery.wait", paper_id=paper_id))
        return _leave_for(door, paper_id, attempt.id if attempt else None) or render_template(
            "exam_declare.html",
            paper=paper,
            candidate=paper.booking.enrolment.candidate,
            is_missing=is_missing,
            facts=exam_page.describe_paper(paper.sitting_paper, paper.booking.time_percent),
        )


@delivery.get("/exam/<int:paper_id>")
@require(Role.CANDIDATE)
def exam(paper_id: int) -> str | BaseResponse:
    """The shell of the player, for those who may start or go on."""
    with get_site().database.read() as session:
        paper = exam_page.get_own_paper(session, signed_in(), paper_id)
        attempt = exam_page.find_attempt(session, paper_id)
        door = exam_page.door_of(paper.booking.sitting, attempt.state if attempt else None, get_site().clock())
        if door in (Door.EARLY, Door.MISSED):
            return redirect(url_for("delivery.wait", paper_id=paper_id))
        if attempt is None and not exam_page.is_declared(session, paper_id):
            return redirect(url_for("delivery.declare", paper_id=paper_id))
        if door is Door.ENDED and attempt is not None:
            return redirect(url_for("delivery.receipt", attempt_id=attempt.id))
        name = pick(signed_in().names, current_language())
        return render_template("exam.html", paper=paper, name=name)


@delivery.get("/attempts/<int:attempt_id>/receipt")
@require(Role.CANDIDATE)
def receipt(attempt_id: int) -> str | BaseResponse:
    """The receipt of an exam that is handed in or closed."""
    return _show_receipt(attempt_id, "receipt.html")


@delivery.get("/attempts/<int:attempt_id>/receipt.txt")
@require(Role.CANDIDATE)
def receipt_text(attempt_id: int) -> str | BaseResponse:
    """The receipt as a text file to keep."""
    shown = _show_receipt(attempt_id, "receipt.txt")
    if not isinstance(shown, str):
        return shown
    response = make_response(shown)
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{attempt_id}.txt"'
    return response


def _show_receipt(attempt_id: int, template: str) -> str | BaseResponse:
    with get_site().database.read() as session:
        attempt = exam_page.get_own_attempt(session, signed_in(), attempt_id)
        if attempt.submitted_at is None:
            return redirect(url_for("delivery.exam", paper_id=attempt.candidate_paper_id))
        return render_template(template, attempt=attempt, facts=describe_receipt(session, attempt, get_site().clock()))


@delivery.get("/api/v1/openapi.json")
def api_description() -> Response:
    """The player's API described for machines; open to anyone, it holds nothing of this site."""
    return Response(orjson.dumps(describe_api()), mimetype="application/json")

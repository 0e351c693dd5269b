"""Pages of results: officers propose and release, candidates read what was released."""

from typing import Any

import orjson
from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.core.errors import Refusal
from exam_engine.core.page import current_language, get_site, require, signed_in, stage
from exam_engine.core.records import Role
from exam_engine.core.words import LANGUAGES
from exam_engine.results import actions, pages
from exam_engine.results.bundle import seal_attempt
from exam_engine.results.report_pages import render_body, render_file
from exam_engine.results.sitting_report import report_sitting
from exam_engine.sittings.actions import get_sitting

results = stage("results", __name__)


@results.get("/release")
@require(Role.OFFICER)
def sittings() -> str:
    """Sittings and what each waits for."""
    with get_site().database.read() as session:
        return render_template("release_list.html", rows=pages.list_sittings(session, get_site().clock()))


@results.get("/release/<int:sitting_id>")
@require(Role.OFFICER)
def sitting(sitting_id: int) -> str:
    """One sitting: candidates, scores, and the two steps."""
    return _show_sitting(sitting_id)


@results.post("/release/<int:sitting_id>/propose")
@require(Role.OFFICER)
def propose(sitting_id: int) -> BaseResponse | tuple[str, int]:
    """The first person."""
    return _decide(sitting_id, actions.propose_results)


@results.post("/release/<int:sitting_id>/release")
@require(Role.OFFICER)
def release(sitting_id: int) -> BaseResponse | tuple[str, int]:
    """The second person."""
    return _decide(sitting_id, actions.release_results)


def _decide(sitting_id: int, action: Any) -> BaseResponse | tuple[str, int]:
    """Run one of the two steps; a refusal is explained on the page itself."""
    site = get_site()
    try:
        with site.database.write() as session:
            action(session, get_sitting(session, sitting_id), signed_in(), site.clock())
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _show_sitting(sitting_id, refusal), refusal.kind.status
    return redirect(url_for("results.sitting", sitting_id=sitting_id))


def _show_sitting(sitting_id: int, refusal: Refusal | None = None) -> str:
    site = get_site()
    with site.database.read() as session:
        shown = pages.describe_sitting(session, get_sitting(session, sitting_id), signed_in(), site.clock())
        return render_template("release_sitting.html", **shown, refusal=refusal, rate=actions.pass_rate(shown["results"]))


@results.get("/release/attempts/<int:attempt_id>/bundle.json")
@require(Role.OFFICER)
def bundle(attempt_id: int) -> Response:
    """The sealed bundle of an attempt, from which anyone can compute its score again."""
    site = get_site()
    with site.database.write() as session:
        sealed = seal_attempt(session, attempt_id, signed_in(), site.clock())
    response = Response(orjson.dumps(sealed, option=orjson.OPT_INDENT_2), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="attempt-{attempt_id}.json"'
    return response


@results.get("/release/<int:sitting_id>/statistics")
@require(Role.OFFICER)
def sitting_statistics(sitting_id: int) -> str:
    """The report on one sitting as a page."""
    site, language = get_site(), current_language()
    with site.database.read() as session:
        sitting = get_sitting(session, sitting_id)
        report = report_sitting(session, sitting, site.clock())
        body = render_body(report, language, site.settings.timezone)
        return render_template("report.html", report=report, sitting=sitting, body=body)


@results.get("/release/<int:sitting_id>/report.html")
@require(Role.OFFICER)
def sitting_report(sitting_id: int) -> Response:
    """The same report as one file, in both languages unless `lang` names one."""
    site = get_site()
    with site.database.read() as session:
        report = report_sitting(session, get_sitting(session, sitting_id), site.clock())
    asked = request.args.get("lang", "")
    languages = [asked] if asked in LANGUAGES else [*LANGUAGES]
    response = Response(render_file(report, languages, site.settings.timezone), mimetype="text/html")
    response.headers["Content-Disposition"] = f'attachment; filename="sitting-{sitting_id}.html"'
    return response


@results.get("/results")
@require(Role.CANDIDATE)
def own_results() -> str:
    """The candidate's sittings and results."""
    site = get_site()
    with site.database.read() as session:
        own = pages.list_own(session, signed_in())
        rows = [(booking, result, pages.count_papers(session, booking)) for booking, result in own]
        return render_template("results_list.html", rows=rows, total_of=pages.total_of)


@results.get("/results/<int:result_id>")
@require(Role.CANDIDATE)
def own_result(result_id: int) -> str:
    """One released result, with everything it rests on."""
    site = get_site()
    with site.database.read() as session:
        result = pages.get_own_result(session, result_id, signed_in())
        enrolment, decision = result.booking.enrolment, result.decision
        return render_template(
            "result.html",
            result=result,
            decision=decision,
            level=enrolment.scheme_version.get_level(enrolment.level),
            profiles=pages.profiles_of(decision),
            total=pages.total_of(result),
            reasons=pages.reasons_of(decision),
            next=pages.next_step(session, result, site.clock()),
            is_makeup=pages.is_makeup(result.booking.sitting),
        )

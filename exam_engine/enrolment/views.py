"""Pages of the officers: the candidates, registering one, accepting one for a further level."""

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, stage
from exam_engine.core.people import PersonInput, read_person
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user, hash_password, make_password
from exam_engine.enrolment.actions import accept_enrolment, register_candidate, scheme_in_force
from exam_engine.enrolment.candidate_list import get_candidate, list_candidates

enrolment = stage("enrolment", __name__)


@enrolment.get("/candidates")
@require(Role.OFFICER)
def list_all() -> str:
    """Everybody who sits exams, with the form to register a candidate."""
    return _show(PersonInput({}))


@enrolment.post("/candidates")
@require(Role.OFFICER)
def register() -> str | tuple[str, int]:
    """Register a candidate for a level and show the first password, once; or say at each field what is wrong."""
    typed = read_person(request.form)
    if request.form.get("level") not in {level["id"] for level in _levels()}:
        typed.errors["level"] = "Choose a level."
    if typed.errors:
        return _show(typed), 422
    password = make_password()
    try:
        _store(typed, request.form["level"], hash_password(password))
    except Refusal as refusal:
        if refusal.code != "already_there":
            raise
        typed.errors["login"] = "This number is taken. Choose another."
        return _show(typed), refusal.kind.status
    return _show(PersonInput({}), added=typed.login, password=password)


def _store(typed: PersonInput, level: str, hashed: str) -> None:
    """The person, the candidate and the way to the level: all of them, or nothing."""
    site, by = get_site(), signed_in().login
    with site.database.write() as session:
        now = site.clock()
        user = add_user(session, typed.login, hashed, typed.names, [Role.CANDIDATE], now, by=by)
        accept_enrolment(session, register_candidate(session, user, typed.login, by, now), level, by, now)


@enrolment.post("/candidates/<int:candidate_id>")
@require(Role.OFFICER)
def accept(candidate_id: int) -> Response | tuple[str, int]:
    """Accept a candidate for a further level."""
    site = get_site()
    try:
        with site.database.write() as session:
            candidate = get_candidate(session, candidate_id)
            accept_enrolment(session, candidate, _chosen_level(), signed_in().login, site.clock())
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _show(PersonInput({}), refusal=refusal), refusal.kind.status
    return redirect(url_for("enrolment.list_all", q=request.form.get("q") or None))


def _chosen_level() -> str:
    level = request.form.get("level", "")
    if not level:
        raise Refusal("bad_content", "no level is chosen")
    return level


def _levels() -> list[dict[str, Any]]:
    with get_site().database.read() as session:
        return _levels_in_force(session)


def _levels_in_force(session: Session) -> list[dict[str, Any]]:
    """The levels candidates can be accepted for now: none on a site without a scheme in force."""
    try:
        found: list[dict[str, Any]] = scheme_in_force(session, get_site().clock()).document["levels"]
    except Refusal:
        return []
    return found


def _show(typed: PersonInput, added: str = "", password: str = "", refusal: Refusal | None = None) -> str:
    wanted = request.values.get("q", "").strip()
    with get_site().database.read() as session:
        rows, more = list_candidates(session, wanted)
        return render_template(
            "candidates.html", rows=rows, more=more, q=wanted, levels=_levels_in_force(session), typed=typed, added=added,
            password=password, refusal=refusal,
        )  # fmt: skip

"""Pages of the administrator: the people of the site, adding one, closing and opening somebody's way in."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from exam_engine.core import people as actions
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in
from exam_engine.core.people import PersonInput, read_member
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user, hash_password, make_password, reset_password

people = Blueprint("people", __name__)

ERRORS = {
    "already_there": ("login", "This name is taken. Choose another."),
    "same_person": ("roles", "An administrator cannot mark, decide or release. Give these roles to somebody else."),
}


@people.get("/people")
@require(Role.ADMINISTRATOR)
def list_all() -> str:
    """Everybody, with the form to add a person."""
    return _show(PersonInput({}))


@people.post("/people")
@require(Role.ADMINISTRATOR)
def add() -> str | tuple[str, int]:
    """Add a person and show the first password, once; or say at each field what is wrong."""
    site, typed = get_site(), read_member(request.form, request.form.getlist("role"))
    if typed.errors:
        return _show(typed), 422
    password = make_password()
    hashed = hash_password(password)  # takes its time, so before the transaction
    try:
        with site.database.write() as session:
            add_user(session, typed.login, hashed, typed.names, typed.roles, site.clock(), by=signed_in().login)
    except Refusal as refusal:
        if refusal.code not in ERRORS:
            raise
        name, sentence = ERRORS[refusal.code]
        typed.errors[name] = sentence
        return _show(typed), refusal.kind.status
    return _show(PersonInput({}), added=typed.login, password=password)


@people.post("/people/<int:user_id>")
@require(Role.ADMINISTRATOR)
def change(user_id: int) -> Response | str:
    """Close or open a person's way in, or give a new first password."""
    site, wanted = get_site(), request.form.get("do")
    with site.database.write() as session:
        person = actions.get_person(session, user_id)
        if wanted not in {"open", "close", "password"}:
            raise Refusal("bad_request", "a person's way in is opened or closed, or gets a new password")
        if wanted != "password":
            actions.set_active(session, person, signed_in(), site.clock(), active=wanted == "open")
            return redirect(url_for("core.people.list_all", q=request.form.get("q") or None))
        login, password = person.login, reset_password(session, person, signed_in(), site.clock())
    return _show(PersonInput({}), added=login, password=password)


def _show(typed: PersonInput, added: str = "", password: str = "") -> str:
    wanted = request.values.get("q", "").strip()
    with get_site().database.read() as session:
        listed, more = actions.list_people(session, wanted)
        return render_template(
            "people.html", listed=listed, more=more, q=wanted, typed=typed, added=added, password=password,
            roles=actions.STAFF_ROLES, role_words=actions.ROLE_WORDS,
        )  # fmt: skip

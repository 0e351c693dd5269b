"""The page on which people choose their own password: at the first sign-in, and whenever they like."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from exam_engine.core import sign_in as sessions
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, welcome
from exam_engine.core.people import get_person

password = Blueprint("password", __name__)

ERRORS = {
    "wrong_password": ("current", "This is not the password you signed in with."),
    "bad_content": ("chosen", "Choose at least 12 characters, not the old password and not your name."),
}


@password.get("/password")
@require()
def show() -> str:
    """The form."""
    return render_template("password.html", errors={}, first=signed_in().must_change_password)


@password.post("/password")
@require()
def change() -> Response | tuple[str, int]:
    """Change it and go on with a session of its own; or say at the field what is wrong."""
    form, site = request.form, get_site()
    errors = {} if form.get("chosen") == form.get("again") else {"again": "The two are not the same."}
    try:
        if not errors:
            with site.database.write() as session:
                user = get_person(session, signed_in().id)
                sessions.change_password(session, user, form.get("current", ""), form.get("chosen", ""), site.clock())
                token = sessions.open_session(session, user, site.clock(), site.settings.session_hours)
            return welcome(token, "/")
    except Refusal as refusal:
        if refusal.code not in ERRORS:
            raise
        name, sentence = ERRORS[refusal.code]
        errors = {name: sentence}
    return render_template("password.html", errors=errors, first=signed_in().must_change_password), 422

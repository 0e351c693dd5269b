"""Sign-in, language, static files and the addresses that machines ask for health."""

import re
from pathlib import Path
from typing import Final

from flask import Response, current_app, make_response, redirect, render_template, request, send_from_directory, url_for
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.core import sign_in as sessions
from exam_engine.core import words
from exam_engine.core.errors import Refusal
from exam_engine.core.page import PLAYER, current_user, get_site, stage, welcome
from exam_engine.core.password_views import password
from exam_engine.core.people_views import people
from exam_engine.core.records import Role, User
from exam_engine.core.throttle import Throttle

core = stage("core", __name__)
core.register_blueprint(people)
core.register_blueprint(password)

HOMES = (
    (Role.CANDIDATE, "/way"),
    (Role.MARKER, "/marking"),
    (Role.SENIOR_MARKER, "/marking"),
    (Role.OFFICER, "/sittings"),
    (Role.INVIGILATOR, "/rooms"),
    (Role.AUTHOR, "/bank"),
    (Role.REVIEWER, "/bank"),
    (Role.TRAINER, "/training"),
    (Role.ADMINISTRATOR, "/people"),
)


def home_of(user: User) -> str:
    """The first page of a person, by role."""
    return next((place for role, place in HOMES if user.has_role(role)), "/help")


# Browsers read a backslash as a slash and skip control characters, so that `/\t/evil` would name another host.
_PATH: Final = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")


def _local(target: str) -> str:
    """`target` when it is a path of this site, else the front page."""
    return target if _PATH.fullmatch(target) else "/"


@core.get("/")
def front() -> BaseResponse:
    """Everyone's own first page."""
    user = current_user()
    return redirect(home_of(user) if user else url_for("core.sign_in"))


@core.get("/sign-in")
def sign_in() -> str:
    """The sign-in form."""
    return render_template("sign_in.html", next=_local(request.args.get("next", "/")), login="", refusal=None)


@core.post("/sign-in")
def sign_in_post() -> BaseResponse | tuple[str, int]:
    """Check name and password, open a session."""
    site, login = get_site(), request.form.get("login", "")
    target = _local(request.form.get("next", "/"))
    try:
        user = _check_sign_in(login, request.form.get("password", ""))
    except Refusal as refusal:
        return render_template("sign_in.html", next=target, login=login, refusal=refusal), refusal.kind.status
    with site.database.write() as session:
        token = sessions.open_session(session, user, site.clock(), site.settings.session_hours)
    return welcome(token, target)


def _check_sign_in(login: str, password: str) -> User:
    """The person who signs in; failures are counted, and too many of them wait a minute."""
    site, place = get_site(), request.remote_addr or ""
    throttle: Throttle = current_app.extensions.setdefault("sign_in_throttle", Throttle())
    throttle.check(login, place, site.clock())
    try:
        with site.database.read() as session:
            user = sessions.check_password(session, login, password)
    except Refusal:
        throttle.count_failure(login, place, site.clock())
        raise
    throttle.forget(login, place)
    return user


@core.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session."""
    with get_site().database.write() as session:
        sessions.close_session(session, request.cookies.get(sessions.COOKIE, ""), get_site().clock())
    response = redirect(url_for("core.sign_in"))
    response.delete_cookie(sessions.COOKIE)
    return response


@core.get("/language/<language>")
def choose_language(language: str) -> BaseResponse:
    """Show the site in another language and go back to the page."""
    response = redirect(_local(request.args.get("next", "/")))
    if language in words.LANGUAGES:
        response.set_cookie("language", language, max_age=31536000, samesite="Lax")
    return response


@core.get("/help")
def help_page() -> str:
    """What candidates and staff ask most."""
    return render_template("help.html")


@core.get("/static/<path:name>")
def static_file(name: str) -> BaseResponse:
    """Styles, scripts and icons, as the player's build left them."""
    response = send_from_directory(PLAYER / "dist", name)
    named_by_content = "v" in request.args
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named_by_content else "public, max-age=3600"
    return response


@core.get("/healthz")
def healthz() -> Response:
    """Whether the process is alive."""
    return make_response({"status": "alive"})


@core.get("/readyz")
def readyz() -> tuple[dict[str, str], int]:
    """Whether the site can serve: the database answers and the player is built."""
    try:
        with get_site().database.read() as session:
            session.execute(text("SELECT 1 FROM audit_head"))
    except SQLAlchemyError as error:
        return {"status": "not ready", "database": type(error).__name__}, 503
    if not Path(PLAYER / "dist" / "player.js").exists():
        return {"status": "not ready", "player": "not built"}, 503
    return {"status": "ready"}, 200


@core.get("/metrics")
def metrics() -> Response:
    """Figures of this process for Prometheus."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

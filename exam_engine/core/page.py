"""The page shell: who is asking, in which language, what every template knows, and how refusals are shown."""

import hmac
import re
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import orjson
from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from exam_engine.core import words
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.core.sign_in import COOKIE, csrf_token, find_user

P = ParamSpec("P")
R = TypeVar("R")

PLAYER = Path(__file__).parent.parent / "player"

OPEN_BEFORE_PASSWORD = frozenset(
    {
        "core.password.show",
        "core.password.change",
        "core.sign_out",
        "core.choose_language",
        "core.static_file",
        "core.healthz",
        "core.readyz",
    }
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


LARGEST_NUMBER: Final = 2**31 - 1
_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,9}\s*")


class NumberInAddress(IntegerConverter):
    """A number in an address; one that no database holds is an address that is not there."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_NUMBER)


def whole_number(typed: str) -> int:
    """A whole number of a form or query; as `type=` of Werkzeug's `get`, anything else counts as not given.

    Raises
    ------
    ValueError
        For anything but up to nine plain digits.
    """
    if not _NUMBER.fullmatch(typed):
        raise ValueError(typed[:20])
    return int(typed)


class Site:
    """What a request handler needs of the site, kept in `app.extensions["site"]`."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock


def get_site() -> Site:
    """The running site."""
    site: Site = current_app.extensions["site"]
    return site


def current_user() -> User | None:
    """Who is signed in, if anybody; looked up once a request."""
    if "user" not in g:
        with get_site().database.read() as session:
            g.user = find_user(session, request.cookies.get(COOKIE, ""), get_site().clock())
    user: User | None = g.user
    return user


def signed_in() -> User:
    """Who is signed in.

    Raises
    ------
    Refusal
        `not_signed_in`.
    """
    user = current_user()
    if user is None:
        raise Refusal("not_signed_in")
    return user


def welcome(token: str, target: str) -> BaseResponse:
    """Send somebody on to `target` with the cookie of a session just opened."""
    response = redirect(target)
    secure = get_site().settings.secure_cookies
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=secure)
    return response


def require(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only people with one of `roles` in (anyone signed in, when none is named)."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            user = signed_in()
            if roles and not user.has_role(*roles):
                raise Refusal("not_allowed")
            return view(*args, **kwargs)

        vars(guarded)["required_roles"] = roles  # read by the test that walks every route
        return guarded

    return decorate


def current_language() -> str:
    """The language of this page: chosen with the switch, else the browser's, else the site's."""
    chosen = request.cookies.get("language")
    if chosen in words.LANGUAGES:
        return chosen
    return request.accept_languages.best_match(["zh-CN", "zh", "en"], words.DEFAULT_LANGUAGE).replace("zh", "zh-CN")[:5]


@cache
def _read_icons() -> dict[str, str]:
    text = (PLAYER / "styles" / "icons.svg").read_text(encoding="utf-8")
    return dict(re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', text, re.DOTALL))


@cache
def _read_manifest() -> dict[str, str]:
    path = PLAYER / "dist" / "manifest.json"
    return orjson.loads(path.read_bytes()) if path.exists() else {}


def asset(name: str) -> str:
    """Address of a built file, with its digest: a new release has new addresses, so that no browser mixes two."""
    digest = _read_manifest().get(name)
    return f"/static/{name}" + (f"?v={digest}" if digest else "")


def icon(name: str, size: str = "") -> Markup:
    """An icon of the set, to stand beside a word."""
    extra = f" icon-{size}" if size else ""
    return Markup('<svg class="icon{}" viewBox="0 0 20 20" aria-hidden="true">{}</svg>').format(
        extra,
        Markup(_read_icons()[name]),  # noqa: S704
    )


def _shell_words() -> dict[str, Any]:
    language, site = current_language(), get_site()
    token = request.cookies.get(COOKIE, "")
    return {
        "_": lambda sentence, **values: words.translate(sentence, language, **values),
        "language": language,
        "languages": words.LANGUAGES,
        "user": current_user(),
        "now": site.clock(),
        "timezone": site.settings.timezone.key,
        "icon": icon,
        "asset": asset,
        "csrf": csrf_token(token, site.settings.secret) if token else "",
        "Role": Role,
    }


def _add_filters(app: Flask) -> None:
    @app.template_filter("text")
    def text(document: Any) -> str:
        return words.pick(document, current_language())

    @app.template_filter("when")
    def when(instant: Any, pattern: str = "moment") -> str:
        return words.say_when(instant, pattern, current_language(), get_site().settings.timezone)

    @app.template_filter("duration")
    def duration(value: Any) -> str:
        return words.say_duration(value, current_language())

    @app.template_filter("score")
    def score(value: Any, digits: int = 1) -> str:
        return words.say_number(value, digits)


def _guard_changes() -> None:
    """A change needs the form's token; before anyone is signed in, it must at least come from this site."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        raise Refusal("bad_form", "the request comes from another site")
    token = request.cookies.get(COOKIE, "")
    if current_user() is None:
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not hmac.compare_digest(sent.encode(), csrf_token(token, get_site().settings.secret).encode()):
        raise Refusal("bad_form")


def _ask_for_own_password() -> BaseResponse | None:
    """Whoever still has a password that somebody else has seen chooses one before anything else."""
    user = current_user()
    if user is None or not user.must_change_password or request.endpoint in OPEN_BEFORE_PASSWORD:
        return None
    return redirect("/password")


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "core.static_file":
        response.headers["Cache-Control"] = "no-store"
    return response


def _wants_json() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _show_refusal(refusal: Refusal) -> BaseResponse | tuple[Any, int]:
    if _wants_json():
        return Response(orjson.dumps(refusal.problem()), refusal.kind.status, mimetype="application/problem+json")
    if refusal.code == "not_signed_in" and request.method == "GET":
        return redirect(url_for("core.sign_in", next=request.full_path.rstrip("?")))
    return render_template("refusal.html", refusal=refusal), refusal.kind.status


def _show_http_error(error: HTTPException) -> BaseResponse | tuple[Any, int]:
    codes = {404: "not_found", 405: "bad_request", 413: "too_large", 429: "too_many_requests"}
    return _show_refusal(Refusal(codes.get(error.code or 500, "bad_request" if (error.code or 500) < 500 else "server_error")))


def prepare_app(app: Flask, site: Site) -> None:
    """Give `app` the shell: context, filters, guards, headers and error pages."""
    app.extensions["site"] = site
    app.url_map.converters["int"] = NumberInAddress
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_shell_words)
    _add_filters(app)
    app.before_request(_guard_changes)
    app.before_request(_ask_for_own_password)
    app.after_request(_add_headers)
    app.register_error_handler(Refusal, _show_refusal)
    app.register_error_handler(HTTPException, _show_http_error)


def stage(name: str, package: str) -> Blueprint:
    """The blueprint of one stage folder; its templates lie beside it."""
    return Blueprint(name, package, template_folder="templates")

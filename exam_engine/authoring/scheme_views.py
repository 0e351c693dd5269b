"""Pages of the officers: the scheme in force, the blueprints, and the upload of a new version of either."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.authoring.actions import store_blueprint, store_scheme
from exam_engine.authoring.records import BlueprintVersion, SchemeVersion
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in
from exam_engine.core.records import Role
from question_bank.formats.files import UnreadableError, decode_utf8, parse_json
from schemas import Problem

schemes = Blueprint("schemes", __name__)

LARGEST_DOCUMENT: Final = 4 * 1024 * 1024
"""Bytes of one upload: its checks share the processor with the exams that run."""


@schemes.get("/scheme")
@require(Role.OFFICER)
def overview() -> str:
    """Every version of scheme and blueprints, with the form to upload one."""
    return _show()


@schemes.post("/scheme")
@require(Role.OFFICER)
def upload() -> Response | tuple[str, int]:
    """Store an uploaded version, or show every problem it has and store nothing."""
    kind, file = request.form.get("kind", ""), request.files.get("file")
    if file is None or not file.filename or kind not in STORE:
        return _show(kind, fault="Choose a file first."), 422
    try:
        document = _read(file.filename, file.stream.read(LARGEST_DOCUMENT + 1))
        with get_site().database.write() as session:
            STORE[kind](session, document, signed_in().login, get_site().clock())
    except Refusal as refusal:
        return _refused(kind, file.filename, refusal)
    return redirect(url_for("authoring.schemes.overview", done=kind))


def _refused(kind: str, name: str, refusal: Refusal) -> tuple[str, int]:
    faults = {
        "already_there": "This version is stored already. A change needs a new version.",
        "bad_content": "The file has problems. Nothing was stored.",
    }
    problems = refusal.data.get("problems", [])
    shown = _show(kind, fault=faults.get(refusal.code, refusal.kind.sentence), name=name, problems=problems)
    return shown, refusal.kind.status


def _refuse(code: str, message: str, place: str = "") -> Refusal:
    return Refusal("bad_content", message, problems=[Problem("", place, code, message).to_dict()])


def _read(name: str, content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST_DOCUMENT:
        raise Refusal("too_large", name)
    try:
        document = parse_json(decode_utf8(content))
    except UnreadableError as error:
        raise _refuse(error.code, str(error), error.place) from error
    if not isinstance(document, dict):
        raise _refuse("type", "must be an object")
    return document


def start_of(document: dict[str, Any], now: datetime) -> datetime | None:
    """The beginning of the day it names, in the site's time zone; now when it names none, nothing when that is no day."""
    if "effective_from" not in document:
        return now
    try:
        day = datetime.fromisoformat(str(document["effective_from"]))
        return day.replace(tzinfo=get_site().settings.timezone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _store_scheme(session: Session, document: dict[str, Any], by: str, now: datetime) -> None:
    starts = start_of(document, now)
    store_scheme(session, document, starts or now, by, now)
    if starts is None:  # said after the faults that the checks find
        raise _refuse("day", "is not a day of the calendar", "effective_from")


STORE: Final = {"scheme": _store_scheme, "blueprint": store_blueprint}


def _list_schemes(session: Session) -> Sequence[SchemeVersion]:
    return session.scalars(select(SchemeVersion).order_by(SchemeVersion.effective_from.desc(), SchemeVersion.id.desc())).all()


def _list_blueprints(session: Session) -> Sequence[BlueprintVersion]:
    return session.scalars(select(BlueprintVersion).order_by(BlueprintVersion.name, BlueprintVersion.version.desc())).all()


def _show(kind: str = "scheme", fault: str = "", name: str = "", problems: Sequence[dict[str, str]] = ()) -> str:
    with get_site().database.read() as session:
        versions, blueprints = _list_schemes(session), _list_blueprints(session)
    newest = {one.name: one.version for one in reversed(blueprints)}
    in_force = next((one for one in versions if one.effective_from <= get_site().clock()), None)
    return render_template(
        "scheme.html", versions=versions, in_force=in_force, blueprints=blueprints, newest=newest, kind=kind, fault=fault,
        name=name, problems=problems, done=request.args.get("done"),
    )  # fmt: skip

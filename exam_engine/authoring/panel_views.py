"""Pages of the officers: panels of judges, what they found, and the scheme version that takes their cut over."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from exam_engine.authoring import panels as actions
from exam_engine.authoring.panel_figures import Ratings
from exam_engine.authoring.panels import Judgement, NewVersion
from exam_engine.authoring.rules import WHOLE
from exam_engine.authoring.scheme_views import LARGEST_DOCUMENT, start_of
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in
from exam_engine.core.records import Role
from grading.exact import exact, written

panels = Blueprint("panels", __name__)

RATINGS: Final = {
    Ratings.CHANCE: "chances from 0 to 1, or yes and no",
    Ratings.PERCENT: "percent, from 0 to 100",
    Ratings.MARKS: "expected marks",
}
METHODS: Final = {
    "angoff": "Angoff: a borderline candidate, question by question",
    "bookmark": "Bookmark: a page of the ordered booklet",
}


@panels.get("/panels")
@require(Role.OFFICER)
def overview() -> str:
    """Every panel, with the form for a new one."""
    return _show_list()


@panels.post("/panels")
@require(Role.OFFICER)
def store() -> Response | tuple[str, int]:
    """Keep a panel's table and figures, or name every fault of the table and keep nothing."""
    try:
        judged = _read_judgement()
        with get_site().database.write() as session:
            panel = actions.store_panel(session, judged, signed_in(), get_site().clock())
    except Refusal as refusal:
        return _show_list(refusal), refusal.kind.status
    return redirect(url_for("authoring.panels.one", panel_id=panel.id))


def _read_judgement() -> Judgement:
    level, _, paper = request.form.get("place", "").partition("/")
    table = _read_file("file")
    if not table:
        raise Refusal("bad_content", "Choose a file first.", problems=[])
    return Judgement(
        level, paper, request.form.get("method", ""), table, ratings=request.form.get("ratings", Ratings.CHANCE),
        parameters=_read_file("parameters"),
    )  # fmt: skip


def _read_file(name: str) -> bytes:
    file = request.files.get(name)
    content = file.stream.read(LARGEST_DOCUMENT + 1) if file is not None and file.filename else b""
    if len(content) > LARGEST_DOCUMENT:
        raise Refusal("too_large", name)
    return content


def _show_list(refusal: Refusal | None = None) -> str:
    with get_site().database.read() as session:
        try:
            levels = actions.newest_scheme(session).document["levels"]
        except Refusal:
            levels = []
        problems: Sequence[dict[str, Any]] = refusal.data.get("problems", []) if refusal else []
        return render_template(
            "panels.html", listed=actions.list_panels(session), levels=levels, places=_places(levels), methods=METHODS,
            ratings=RATINGS, refusal=refusal, problems=problems, typed=request.form, whole=WHOLE,
        )  # fmt: skip


def _places(levels: Sequence[Any]) -> dict[tuple[str, str], Any]:
    """Titles of level and paper by their ids; the whole level has no title of a paper."""
    titles: dict[tuple[str, str], Any] = {}
    for level in levels:
        titles |= {(level["id"], paper["id"]): (level["title"], paper["title"]) for paper in level["papers"]}
        titles[level["id"], WHOLE] = (level["title"], None)
    return titles


@panels.get("/panels/<int:panel_id>")
@require(Role.OFFICER)
def one(panel_id: int) -> str:
    """What a panel found, and the form that makes a version of the scheme of it."""
    return _show(panel_id)


@panels.post("/panels/<int:panel_id>/scheme")
@require(Role.OFFICER)
def apply(panel_id: int) -> Response | tuple[str, int]:
    """Store a version of the scheme with a cut of this panel."""
    now = get_site().clock()
    try:
        with get_site().database.write() as session:
            panel = actions.get_panel(session, panel_id)
            actions.apply_panel(session, panel, _read_version(), signed_in(), now)
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _show(panel_id, refusal), refusal.kind.status
    return redirect(url_for("authoring.schemes.overview", done="scheme"))


def _read_version() -> NewVersion:
    """The typed version; a day in the past would change by what earlier candidates were accepted."""
    version, cut, day = (request.form.get(name, "").strip() for name in ("version", "cut", "day"))
    now, zone = get_site().clock(), get_site().settings.timezone
    starts = start_of({"effective_from": day}, now)
    if not version:
        raise Refusal("bad_content", "a version has a name", field="version")
    if starts is None or starts.astimezone(zone).date() < now.astimezone(zone).date():
        raise Refusal("bad_content", "it begins today or later", field="day")
    return NewVersion(version, cut, day, starts)


def _show(panel_id: int, refusal: Refusal | None = None) -> str:
    with get_site().database.read() as session:
        panel, scheme = actions.get_panel(session, panel_id), actions.newest_scheme(session)
        places = _places(scheme.document["levels"])
        return render_template(
            "panel.html", panel=panel, place=places.get((panel.level, panel.paper), (panel.level, panel.paper)),
            method=METHODS[panel.method], scheme=scheme, lower=_less_one_error(panel.recommended, panel.standard_error),
            refusal=refusal, typed=request.form,
        )  # fmt: skip


def _less_one_error(cut: str, error: str | None) -> str | None:
    """The cut that gives borderline candidates the benefit of the panel's doubt; never below 0."""
    if error is None:
        return None
    return written(max(exact(cut) - exact(error), exact(0)))

"""Pages of the question-setting teams: the bank, one item, import."""

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

import question_bank
from exam_engine.authoring import actions
from exam_engine.authoring.calibration_views import calibrations
from exam_engine.authoring.calibrations import accepted_parameters, list_parameters, list_statistics
from exam_engine.authoring.overview import Filter, count_states, find_items, places_of, read_coverage
from exam_engine.authoring.panel_views import panels
from exam_engine.authoring.records import ItemState, SchemeVersion
from exam_engine.authoring.rules import TRANSITIONS
from exam_engine.authoring.scheme_views import schemes
from exam_engine.core.canonical import canonical_json
from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, stage, whole_number
from exam_engine.core.records import Role
from question_bank import public_view
from question_bank.editorial import notice
from question_bank.formats.entries import Entry
from question_bank.rendering import block_html, inline_html

authoring = stage("authoring", __name__)
authoring.register_blueprint(schemes)
authoring.register_blueprint(calibrations)
authoring.register_blueprint(panels)

TEAMS: Final = (Role.AUTHOR, Role.REVIEWER)
TYPES: Final = {
    "single_choice": "Single",
    "multiple_choice": "Multiple",
    "true_false": "True or false",
    "matching": "Matching",
    "categorising": "Categorising",
    "ordering": "Ordering",
    "matrix": "Matrix",
    "numeric": "Numeric",
    "short_text": "Short text",
    "cloze": "Gaps",
    "written": "Written",
    "files": "Files",
    "case": "Case",
}
STATES: Final = {
    ItemState.DRAFT: ("Draft", "edit", ""),
    ItemState.IN_REVIEW: ("In review", "users", "chip-accent"),
    ItemState.APPROVED: ("Approved", "check", "chip-plain"),
    ItemState.RETIRED: ("Retired", "close", ""),
}
EVENTS: Final = {
    "submit": ("Submit for review", Role.AUTHOR),
    "approve": ("Approve", Role.REVIEWER),
    "return": ("Return to the author", Role.REVIEWER),
    "retire": ("Retire", Role.REVIEWER),
}
FLAGS: Final = {
    "negative_discrimination": "The better candidates get it wrong: is the key right?",
    "better_distractor": "A wrong option goes with high scores more than the key does",
    "upper_group_differs": "Most of the best candidates chose another option than the key",
    "too_hard": "Fewer than 20 % of the marks were reached",
    "too_easy": "More than 95 % of the marks were reached",
    "low_discrimination": "It hardly separates better candidates from weaker ones",
    "often_omitted": "More than 10 % left it blank",
}
MOST_ITEMS: Final = 5_000
"""Items of one upload: their checks share the processor with the exams that run. The command line takes any number."""

SUFFIXES: Final = {"json": ".json", "csv": ".csv", "xlsx": ".xlsx", "gift": ".gift"}


def _scheme(session: Any) -> dict[str, Any]:
    """The newest scheme's document; an empty one on a site that has none yet."""
    found = session.query(SchemeVersion).order_by(SchemeVersion.effective_from.desc(), SchemeVersion.id.desc()).first()
    return found.document if found else {"levels": [], "syllabus": []}


def _wanted() -> Filter:
    names = ("text", "level", "area", "type", "state", "view")
    return Filter(**{name: request.args.get(name, "") for name in names}, page=request.args.get("page", 1, type=whole_number))


@authoring.get("/bank")
@require(*TEAMS)
def bank() -> str:
    """The bank with its coverage, and the items that match."""
    with get_site().database.read() as session:
        scheme, wanted = _scheme(session), _wanted()
        return render_template(
            "bank.html",
            wanted=wanted,
            found=find_items(session, wanted, signed_in()),
            counts=count_states(session),
            coverage=read_coverage(session, scheme),
            places=dict(places_of(scheme["syllabus"])),
            levels={level["id"]: level["title"] for level in scheme["levels"]},
            types=TYPES,
            states=STATES,
            link=lambda **changed: url_for("authoring.bank", **_arguments(wanted, changed)),
        )


def _arguments(wanted: Filter, changed: dict[str, Any]) -> dict[str, Any]:
    now = {name: getattr(wanted, name) for name in ("text", "level", "area", "type", "state", "view")}
    return {name: value for name, value in {**now, **changed}.items() if value}


@authoring.get("/bank/items/<code>")
@require(*TEAMS)
def item(code: str) -> str:
    """One item as the team sees it: question, key, reasons, history, and as the candidate sees it."""
    with get_site().database.read() as session:
        version = actions.get_version(session, code, request.args.get("version", type=whole_number))
        scheme = _scheme(session)
        return render_template(
            "bank_item.html",
            version=version,
            parts=_parts(version.document),
            versions=actions.list_versions(session, code),
            places=dict(places_of(scheme["syllabus"])),
            levels={level["id"]: level["title"] for level in scheme["levels"]},
            types=TYPES,
            states=STATES,
            events=_open_events(version),
            statistics=list_statistics(session, code),
            parameters=list_parameters(session, code),
            in_force=accepted_parameters(session, [code]).get((code, version.version)),
            flags=FLAGS,
            block=block_html,
            inline=inline_html,
            shown=lambda part: canonical_json(public_view(part)),
        )


def _parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The item itself, or every part of a case."""
    if "tasks" not in document:
        return [document]
    return [{**part, "id": f"{task['id']}/{part['id']}"} for task in document["tasks"] for part in task["parts"]]


def _open_events(version: Any) -> list[tuple[str, str]]:
    """What the signed-in person may do with this version."""
    user = signed_in()
    possible = [event for state, event in TRANSITIONS if state is version.state]
    return [
        (event, EVENTS[event][0])
        for event in possible
        if user.has_role(EVENTS[event][1]) and (event == "submit" or user.id != version.author_id)
    ]


@authoring.post("/bank/items/<code>/<event>")
@require(*TEAMS)
def move(code: str, event: str) -> BaseResponse:
    """Submit, approve, return or retire one version."""
    if event not in EVENTS:
        raise Refusal("not_found")
    number = request.form.get("version", type=whole_number)
    with get_site().database.write() as session:
        version = actions.get_version(session, code, number)
        actions.move_item(session, version, event, signed_in(), get_site().clock())
    return redirect(url_for("authoring.item", code=code, version=number))


@authoring.get("/bank/import")
@require(Role.AUTHOR)
def import_page() -> str:
    """Where a team uploads a file of items."""
    return render_template("bank_import.html", report=None, bank=None, done=None, name="", fault="")


@authoring.post("/bank/import")
@require(Role.AUTHOR)
def import_post() -> str | tuple[str, int]:
    """Check an uploaded file and store its good items as drafts; the report says what became of each."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return render_template(
            "bank_import.html", report=None, bank=None, done=None, name="", fault="Choose a file first."
        ), 422
    try:
        found = _load(upload.filename, upload.stream.read(), request.form.get("format", ""))
    except question_bank.UnknownFormatError as error:
        return render_template(
            "bank_import.html", report=None, bank=None, done=None, name=upload.filename, fault=str(error)
        ), 422
    done = None
    if request.form.get("do") == "import" and (found.items or found.cases):
        with get_site().database.write() as session:
            author = session.merge(signed_in(), load=False)
            done = actions.import_bank(session, found, author, get_site().clock())
    return render_template("bank_import.html", report=found.report, bank=found, done=done, name=upload.filename, fault="")


def _load(name: str, content: bytes, chosen: str) -> question_bank.Bank:
    """Load an upload under a name of our own, so that nothing of the sender's name reaches the disk but its ending."""
    suffix = SUFFIXES.get(chosen) or Path(name).suffix[:10]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(content)
        found = question_bank.load(path, chosen or None, _check_count)
    notice(found)
    return found


def _check_count(entries: Sequence[Entry]) -> Iterator[Entry]:
    if len(entries) > MOST_ITEMS:
        raise Refusal("too_large", f"The file holds {len(entries)} items; at most {MOST_ITEMS} are taken at once.")
    return iter(entries)


@authoring.get("/bank/export.json")
@require(*TEAMS)
def export() -> Response:
    """The newest version of every item and case, as one JSON file."""
    with get_site().database.read() as session:
        whole = actions.export_bank(session)
    document = {"id": whole.id, "title": whole.title, "items": whole.items, "cases": whole.cases}
    body = io.BytesIO(canonical_json(document).encode())
    headers = {"Content-Disposition": "attachment; filename=bank.json"}
    return Response(body, mimetype="application/json", headers=headers)

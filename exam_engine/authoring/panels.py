"""Panels that set a standard: a table of judges is kept with its figures, and a cut score becomes a version of the scheme."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.authoring.actions import store_scheme
from exam_engine.authoring.panel_figures import Found, Ratings, angoff, bookmark
from exam_engine.authoring.records import ItemState, ItemVersion, SchemeVersion, StandardPanel
from exam_engine.authoring.rules import WHOLE, with_cut
from exam_engine.core import audit
from exam_engine.core.canonical import sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from grading.psychometrics.tables import DataError

METHODS: Final = ("angoff", "bookmark")


@dataclass(frozen=True)
class Judgement:
    """What an officer uploads: `paper` is a paper of the level, or `WHOLE`; `parameters` belong to a bookmark."""

    level: str
    paper: str
    method: str
    table: bytes
    ratings: str = Ratings.CHANCE
    parameters: bytes = b""


@dataclass(frozen=True)
class NewVersion:
    """The version of the scheme that is to hold a cut: its name, the cut in percent, and its first day."""

    version: str
    cut: str
    day: str
    starts: datetime


def newest_scheme(session: Session) -> SchemeVersion:
    """The version of the scheme that begins last, on which a new one builds; `not_found` when there is none."""
    query = select(SchemeVersion).order_by(SchemeVersion.effective_from.desc(), SchemeVersion.id.desc())
    found = session.scalars(query).first()
    if found is None:
        raise Refusal("not_found", "no scheme is stored")
    return found


def store_panel(session: Session, judged: Judgement, by: User, now: datetime) -> StandardPanel:
    """Compute what the judges' table comes to, and keep both; a panel is never changed.

    Raises
    ------
    Refusal
        `bad_content` with every fault of the table; `unknown_level` or `unknown_paper`; `not_found` without a scheme.
    """
    _check_place(session, judged)
    found = _compute(session, judged)
    panel = StandardPanel(
        level=judged.level, paper=judged.paper, method=judged.method, table=judged.table.decode("utf-8-sig"),
        digest=sha256_hex(judged.table), figures=found.figures, recommended=found.recommended,
        standard_error=found.standard_error, by_id=by.id, stored_at=now,
    )  # fmt: skip
    session.add(panel)
    session.flush()
    audit.record(
        session, by.login, "panel.stored", f"panel:{panel.id}", now,
        level=panel.level, paper=panel.paper, method=panel.method, recommended=panel.recommended, digest=panel.digest,
    )  # fmt: skip
    return panel


def _check_place(session: Session, judged: Judgement) -> None:
    try:
        level = newest_scheme(session).get_level(judged.level)
    except KeyError:
        raise Refusal("unknown_level", f"the scheme has no level {judged.level!r}") from None
    if judged.paper not in (WHOLE, *(paper["id"] for paper in level["papers"])):
        raise Refusal("unknown_paper", f"{judged.level} has no paper {judged.paper!r}")


def _compute(session: Session, judged: Judgement) -> Found:
    if judged.method not in METHODS:
        raise Refusal("bad_request", f"a panel works by {' or '.join(METHODS)}")
    if judged.ratings not in list(Ratings):
        raise Refusal("bad_request", f"ratings are {', '.join(Ratings)}")
    try:
        if judged.method == "bookmark":
            return bookmark(judged.table, judged.parameters)
        return angoff(judged.table, _maxima(session, judged.level), Ratings(judged.ratings))
    except DataError as error:
        problems = [problem.to_dict() for problem in error.problems]
        raise Refusal("bad_content", str(error), problems=problems) from error


def _maxima(session: Session, level: str) -> dict[str, float]:
    """What the items of a level are worth: the parts of cases by their whole name, such as `case/t1/a`."""
    query = select(ItemVersion.document).where(ItemVersion.level == level, ItemVersion.state == ItemState.APPROVED)
    maxima: dict[str, float] = {}
    for document in session.scalars(query):
        maxima |= _marks_of(document)
    return maxima


def _marks_of(document: dict[str, Any]) -> dict[str, float]:
    if "tasks" not in document:
        return {document["id"]: float(document.get("marks", 1))}
    parts = [(f"{document['id']}/{task['id']}/{part['id']}", part) for task in document["tasks"] for part in task["parts"]]
    return {name: float(part.get("marks", 1)) for name, part in parts}


def get_panel(session: Session, panel_id: int) -> StandardPanel:
    """The panel; `not_found` when there is none."""
    found = session.get(StandardPanel, panel_id)
    if found is None:
        raise Refusal("not_found", f"there is no panel {panel_id}")
    return found


def list_panels(session: Session) -> list[StandardPanel]:
    """Every panel, newest first."""
    return list(session.scalars(select(StandardPanel).order_by(StandardPanel.id.desc())))


def apply_panel(session: Session, panel: StandardPanel, wanted: NewVersion, by: User, now: datetime) -> SchemeVersion:
    """Store a version of the scheme with this cut; everything else is as in the version that begins last.

    Raises
    ------
    Refusal
        `bad_content` for a cut that is no percentage or has no place in the standard, or a scheme that would not be valid;
        `already_there` when there is a version of this name.
    """
    before = newest_scheme(session)
    document = with_cut(before.document, (panel.level, panel.paper), wanted.cut)
    document |= {"version": wanted.version, "effective_from": wanted.day}
    version = store_scheme(session, document, wanted.starts, by.login, now)
    audit.record(
        session, by.login, "panel.applied", f"panel:{panel.id}", now,
        scheme=version.scheme, version=version.version, before=before.version, cut=wanted.cut, recommended=panel.recommended,
    )  # fmt: skip
    return version

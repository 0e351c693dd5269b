"""What the bank page shows: which items there are, how many cover each place of the syllabus, and how many are needed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from exam_engine.authoring.records import BlueprintVersion, ItemState, ItemStatistics, ItemVersion
from exam_engine.core.records import User

FORMS_WANTED: Final = 3
"""Papers without a common item: the first sitting, the makeup, the sitting after retraining."""

PAGE_SIZE: Final = 25


@dataclass(frozen=True)
class Filter:
    """What a person looks for; empty means anything."""

    text: str = ""
    level: str = ""
    area: str = ""
    type: str = ""
    state: str = ""
    view: str = ""
    page: int = 1


@dataclass(frozen=True)
class Cell:
    """Coverage of one place at one level: approved items, and how many the blueprints need."""

    level: str
    place: str
    approved: int
    needed: int

    @property
    def spare(self) -> int:
        """How many more than needed; negative when short."""
        return self.approved - self.needed

    @property
    def tint(self) -> int:
        """The tint of the cell, 0 to 4: the more spare, the darker."""
        if not self.approved:
            return 0
        return min(4, 1 + 4 * max(0, self.spare) // max(1, self.needed))


@dataclass(frozen=True)
class Found:
    """One page of items, and how many there are in all."""

    versions: list[ItemVersion]
    total: int
    pages: int
    counts: dict[str, int] = field(default_factory=dict)


def _is_newest() -> ColumnElement[bool]:
    other = aliased(ItemVersion)
    newest = select(func.max(other.version)).where(other.code == ItemVersion.code).scalar_subquery()
    return ItemVersion.version == newest


def _view(user: User, name: str) -> ColumnElement[bool]:
    """The views of picture 12: mine in work, waiting for my review; and those that their statistics speak against."""
    if name == "mine":
        return and_(ItemVersion.author_id == user.id, ItemVersion.state.in_([ItemState.DRAFT, ItemState.IN_REVIEW]))
    if name == "review":
        return and_(ItemVersion.author_id != user.id, ItemVersion.state == ItemState.IN_REVIEW)
    if name == "flagged":
        return exists().where(
            ItemStatistics.code == ItemVersion.code, ItemStatistics.version == ItemVersion.version, ItemStatistics.is_flagged
        )
    return ItemVersion.id.is_not(None)


def _matching(wanted: Filter, user: User) -> Select[tuple[ItemVersion]]:
    query = select(ItemVersion).where(_is_newest(), _view(user, wanted.view))
    for column, value in (
        (ItemVersion.level, wanted.level),
        (ItemVersion.type, wanted.type),
        (ItemVersion.state, wanted.state),
    ):
        if value:
            query = query.where(column == value)
    if wanted.area:
        query = query.where(ItemVersion.syllabus.startswith(wanted.area, autoescape=True))
    if wanted.text:
        query = query.where(
            ItemVersion.code.icontains(wanted.text, autoescape=True)
            | ItemVersion.search.icontains(wanted.text, autoescape=True)
        )
    return query


def find_items(session: Session, wanted: Filter, user: User) -> Found:
    """The newest versions that match, one page of them."""
    query = _matching(wanted, user)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    offset = (min(max(wanted.page, 1), pages) - 1) * PAGE_SIZE
    ordered = query.options(joinedload(ItemVersion.author)).order_by(ItemVersion.changed_at.desc(), ItemVersion.code)
    versions = list(session.scalars(ordered.limit(PAGE_SIZE).offset(offset)))
    counts = {
        name: session.scalar(select(func.count(ItemVersion.id)).where(_is_newest(), _view(user, name))) or 0
        for name in ("", "mine", "review", "flagged")
    }
    return Found(versions, total, pages, counts)


def count_states(session: Session) -> tuple[int, int]:
    """How many items are approved, and how many are in work."""
    rows = session.execute(
        select(ItemVersion.state, func.count()).where(ItemVersion.kind == "item").group_by(ItemVersion.state)
    ).tuples()
    counts = dict(rows.all())
    return counts.get(ItemState.APPROVED, 0), counts.get(ItemState.DRAFT, 0) + counts.get(ItemState.IN_REVIEW, 0)


def places_of(syllabus: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The leaves of the syllabus as (place, title), in its order."""
    for node in syllabus:
        if node.get("children"):
            yield from places_of(node["children"])
        else:
            yield node["place"], node["title"]


def read_coverage(session: Session, scheme: Mapping[str, Any]) -> list[tuple[Any, list[Cell]]]:
    """One row per level of the scheme: approved items at each place against what three papers without repeats need."""
    rows = session.execute(
        select(ItemVersion.level, ItemVersion.syllabus, func.count())
        .where(ItemVersion.state == ItemState.APPROVED, ItemVersion.kind == "item")
        .group_by(ItemVersion.level, ItemVersion.syllabus)
    ).tuples()
    approved = {(level, place): count for level, place, count in rows}
    names = [place for place, _ in places_of(scheme["syllabus"])]
    covered = []
    for level in scheme["levels"]:
        needed = _needed(session, level)
        cells = [
            Cell(level["id"], place, approved.get((level["id"], place), 0), FORMS_WANTED * needed[place]) for place in names
        ]
        covered.append((level, cells))
    return covered


def _needed(session: Session, level: Mapping[str, Any]) -> Counter[str]:
    """How many items of each place one form needs at least, over the level's blueprints."""
    needed: Counter[str] = Counter()
    for paper in level["papers"]:
        if "blueprint" not in paper:
            continue
        newest = select(BlueprintVersion.document).where(BlueprintVersion.name == paper["blueprint"])
        document = session.scalars(newest.order_by(BlueprintVersion.version.desc())).first() or {}
        for rule in document.get("constraints", []):
            place = rule.get("where", {}).get("syllabus")
            if isinstance(place, str) and set(rule["where"]) == {"syllabus"}:
                needed[place] += rule.get("min", 0)
    return needed

"""Forms in memory: read once, shared by all who sit the same form. Keys stay inside; `public` is all that travels."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import undefer

from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.sittings.records import Form, SittingPaper

MOST_FORMS: Final = 256

KIND_WORDS: Final = {
    "theory": {"zh-CN": "理论", "en": "theory"},
    "practical": {"zh-CN": "实操", "en": "practical"},
}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FormFacts:
    """What delivery and marking know of a form. `slots` are in the form's order; `items` carry keys and are found by slot.

    One object is one form with one key: equal only to itself, so that what is compiled from it may be kept beside it.
    """

    id: int
    key_version: int
    slots: tuple[Mapping[str, Any], ...]
    items: Mapping[str, Any] = field(repr=False)
    paper: Mapping[str, Any] = field(repr=False)
    public: str = field(repr=False)


class Forms:
    """The forms in use, at most `MOST_FORMS` of them; the one loaded first goes first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loaded: dict[int, FormFacts] = {}
        self._lock = threading.Lock()

    def find(self, form: int) -> FormFacts | None:
        """The form when it is in memory."""
        return self._loaded.get(form)

    def get(self, form: int, key_version: int = 0) -> FormFacts:
        """The form with a key at least as new as `key_version`, read from the database when needed.

        Raises
        ------
        Refusal
            `not_found` when there is no such form.
        """
        found = self._loaded.get(form)
        if found is not None and found.key_version >= key_version:
            return found
        loaded = self._load(form)
        with self._lock:
            self._loaded[form] = loaded
            while len(self._loaded) > MOST_FORMS:
                del self._loaded[next(iter(self._loaded))]
        return loaded

    def _load(self, form: int) -> FormFacts:
        with self._database.read() as session:
            query = select(Form).where(Form.id == form).options(undefer(Form.public), undefer(Form.marking))
            row = session.scalars(query).one_or_none()
            if row is None:
                raise Refusal("not_found", f"There is no form {form}.")
            items = orjson.loads(row.marking)["items"]
            return FormFacts(
                id=row.id,
                key_version=row.key_version,
                slots=tuple(row.slots),
                items={slot["slot"]: items[slot["item"]] for slot in row.slots},
                paper=_describe_paper(row.sitting_paper, items.values(), len(row.slots)),
                public=row.public,
            )


def _describe_paper(paper: SittingPaper, items: Iterable[Mapping[str, Any]], count: int) -> dict[str, Any]:
    """What the player shows of a paper; `marks` is the exact sum of the items' marks."""
    sitting = paper.sitting
    level = sitting.scheme_version.get_level(sitting.level)
    marks = sum((Fraction(str(item.get("marks", 1))) for item in items), Fraction())
    return {
        "title": paper.title,
        "short_title": _join_texts(level.get("title", sitting.level), KIND_WORDS.get(paper.kind, paper.kind)),
        "kind": paper.kind,
        "level": sitting.level,
        "minutes": paper.minutes,
        "languages": _languages(paper.title, items),
        "count": count,
        "marks": str(marks.numerator) if marks.denominator == 1 else str(float(marks)),
    }


def _join_texts(first: Any, second: Any) -> Any:
    """Two texts as one, language by language: `Junior · theory`."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first} · {second}"
    languages = first if isinstance(first, dict) else second
    return {tag: f"{_in_language(first, tag)} · {_in_language(second, tag)}" for tag in languages}


def _in_language(text: Any, tag: str) -> str:
    found: str = text if isinstance(text, str) else text.get(tag) or next(iter(text.values()))
    return found


def _languages(title: Any, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Languages in which every question of the paper is there, in the order of the title."""
    common: list[str] | None = None
    for item in items:
        if isinstance(stem := item.get("stem"), dict):
            common = list(stem) if common is None else [tag for tag in common if tag in stem]
    order = list(title) if isinstance(title, dict) else []
    return sorted(common or order, key=lambda tag: order.index(tag) if tag in order else len(order))

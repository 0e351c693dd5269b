"""Officers upload schemes and blueprints: what is in order is stored as a version, anything else is named and not stored."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from exam_engine.authoring import scheme_views
from exam_engine.authoring.records import BlueprintVersion, SchemeVersion
from exam_engine.core.database import Database
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user
from exam_engine.demo.site import read_json
from tests.conftest import NOW, SECRET
from tests.site_pages import Pages, open_pages, words_of

SCHEME: dict[str, Any] = read_json("scheme.json")
BLUEPRINT: dict[str, Any] = read_json("blueprints/senior-theory.json")


@pytest.fixture
def pages(tmp_path: Path, sqlite_template: Path) -> Iterator[Pages]:
    """A site with one officer and nothing else."""
    (tmp_path / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)
    with database.write() as session:
        add_user(session, "chen", "no hash", {"en": "Chen Wei"}, [Role.OFFICER], NOW)
    yield open_pages(database, tmp_path)
    database.close()


def upload(pages: Pages, kind: str, content: object) -> TestResponse:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return pages.browser("chen").post("/scheme", kind=kind, file=(io.BytesIO(data), "upload.json"))


def stored(pages: Pages) -> tuple[int, int]:
    """How many versions of schemes and of blueprints there are."""
    with pages.database.read() as session:
        counts = [session.scalar(select(func.count()).select_from(one)) or 0 for one in (SchemeVersion, BlueprintVersion)]
    return counts[0], counts[1]


def test_an_uploaded_scheme_is_in_force_from_its_day(pages: Pages) -> None:
    assert upload(pages, "scheme", SCHEME).headers["Location"] == "/scheme?done=scheme"
    page = pages.browser("chen").read("/scheme")
    assert "2026.1 1 January 2026" in page
    assert "in force" in page


def test_a_version_that_begins_later_waits_and_an_older_one_is_replaced(pages: Pages) -> None:
    for version, day in (("2025.1", "2025-01-01"), ("2026.1", "2026-01-01"), ("2027.1", "2027-01-01")):
        assert upload(pages, "scheme", {**SCHEME, "version": version, "effective_from": day}).status_code == 302
    page = pages.browser("chen").read("/scheme")
    rows = [page[page.index(version) :] for version in ("2027.1", "2026.1", "2025.1")]
    states = [min(("later", "in force", "replaced"), key=lambda state, row=row: row.find(state) % 10**6) for row in rows]
    assert states == ["later", "in force", "replaced"]


def test_a_stored_version_is_never_changed(pages: Pages) -> None:
    upload(pages, "scheme", SCHEME)
    again = upload(pages, "scheme", {**SCHEME, "scale": 50})
    assert again.status_code == 409
    assert "A change needs a new version." in words_of(again)
    assert stored(pages) == (1, 0)


def test_a_blueprint_uploaded_again_is_the_next_version(pages: Pages) -> None:
    for _ in range(2):
        assert upload(pages, "blueprint", BLUEPRINT).headers["Location"] == "/scheme?done=blueprint"
    assert stored(pages) == (0, 2)
    page = pages.browser("chen").read("/scheme")
    assert page.index("in use") < page.index("replaced")


@pytest.mark.parametrize(
    ("kind", "content", "places"),
    [
        ("scheme", {**SCHEME, "scale": "much", "levels": []}, ["scale", "levels"]),
        ("scheme", {**SCHEME, "effective_from": "2026-02-30"}, ["effective_from"]),
        ("scheme", {**SCHEME, "effective_from": 7}, ["effective_from"]),
        ("scheme", b"{\n  nothing", ["line 2"]),
        ("scheme", b"\xff\xfe{}", ["UTF-8"]),
        ("scheme", [SCHEME], ["the whole file must be an object"]),
        ("blueprint", {**BLUEPRINT, "length": 0, "where": 3}, ["length", "where"]),
        ("blueprint", {name: value for name, value in BLUEPRINT.items() if name != "id"}, ["id"]),
        ("blueprint", SCHEME, ["length"]),
    ],
)
def test_every_problem_is_named_with_its_place_and_nothing_is_stored(
    pages: Pages, kind: str, content: object, places: list[str]
) -> None:
    reply = upload(pages, kind, content)
    assert reply.status_code == 422
    page = words_of(reply)
    problems = page[page.index("Place What to look at") : page.index("Versions of the scheme")]
    assert [place for place in places if place not in problems] == []
    assert stored(pages) == (0, 0)


@pytest.mark.parametrize("fields", [{}, {"kind": "scheme"}, {"kind": "poem"}])
def test_without_a_file_or_a_kind_there_is_nothing_to_store(pages: Pages, fields: dict[str, str]) -> None:
    reply = pages.browser("chen").post("/scheme", **fields)
    assert reply.status_code == 422
    assert "Choose a file first." in words_of(reply)


def test_a_very_large_file_is_refused(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheme_views, "LARGEST_DOCUMENT", 10)
    assert upload(pages, "scheme", SCHEME).status_code == 413
    assert stored(pages) == (0, 0)


def test_an_empty_site_says_what_comes_first(pages: Pages) -> None:
    page = pages.browser("chen").read("/scheme")
    assert "No scheme is stored yet." in page
    assert "No blueprint is stored yet." in page

"""The bank's pages: who gets in, what an upload reports, what a reviewer can do."""

import io
import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from exam_engine.core.database import Database
from exam_engine.core.sign_in import COOKIE, csrf_token
from exam_engine.web import create_app
from tests.conftest import SECRET
from tests.world import World, build_world, level_bank

GOOD = {
    "id": "up-1",
    "type": "true_false",
    "level": "junior",
    "syllabus": "tools",
    "stem": {"zh-CN": "对吗", "en": "Right?"},
    "key": True,
}
BROKEN = {
    "id": "up-2",
    "type": "single_choice",
    "stem": "?",
    "options": [{"id": "A", "text": "a"}, {"id": "B", "text": "b"}],
    "key": "Z",
}


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return build_world(sqlite_database, tmp_path, candidates=1)


def client_of(world: World, login: str) -> FlaskClient:
    app = create_app(world.settings, world.database, lambda: world.now)
    client = app.test_client()
    client.set_cookie(COOKIE, world.sign_in(login))
    client.set_cookie("language", "en")
    return client


def csrf_of(world: World, login: str) -> str:
    return csrf_token(world.sign_in(login), SECRET)


def upload(world: World, client: FlaskClient, content: bytes, name: str = "items.json", do: str = "import"):
    data = {"csrf": csrf_of(world, "adeyemi"), "do": do, "file": (io.BytesIO(content), name)}
    return client.post("/bank/import", data=data, content_type="multipart/form-data")


@pytest.mark.parametrize("login", ["adeyemi", "park"])
def test_the_team_sees_bank_and_coverage(world: World, login: str) -> None:
    page = client_of(world, login).get("/bank").text
    assert "Coverage" in page
    items = len(level_bank("junior").items)
    assert f"{items} approved, 0 in work" in page


@pytest.mark.parametrize("login", ["chen", "novak", "shen", "admin", "C-2026-0417"])
def test_nobody_else_sees_an_item(world: World, login: str) -> None:
    client = client_of(world, login)
    for address in ("/bank", "/bank/items/itsm-j-inc-001", "/bank/export.json", "/bank/import"):
        assert client.get(address).status_code == 403


def test_a_broken_item_never_hides_the_good_one(world: World) -> None:
    client = client_of(world, "adeyemi")
    page = upload(world, client, json.dumps([GOOD, BROKEN]).encode()).text
    assert "1 new, 0 changed, 0 unchanged" in page
    assert "refused" in page
    assert client.get("/bank/items/up-1").status_code == 200
    assert client.get("/bank/items/up-2").status_code == 404


def test_a_check_stores_nothing(world: World) -> None:
    client = client_of(world, "adeyemi")
    assert "Checked, nothing stored" in upload(world, client, json.dumps(GOOD).encode(), do="check").text
    assert client.get("/bank/items/up-1").status_code == 404


def test_an_editors_remark_stands_beside_the_item_unless_the_item_explains_it(world: World) -> None:
    client = client_of(world, "adeyemi")
    remark = "no practice or standard is named"
    assert remark in upload(world, client, json.dumps(GOOD).encode(), do="check").text
    explained = GOOD | {"explained": {"reference_missing": "house rules of the organisation"}}
    assert remark not in upload(world, client, json.dumps(explained).encode(), do="check").text


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"", b"[]"])
def test_a_file_that_cannot_be_read_says_so(world: World, content: bytes) -> None:
    response = upload(world, client_of(world, "adeyemi"), content)
    assert response.status_code in {200, 422}
    assert "new, " not in response.text or "0 new" in response.text


def test_a_file_of_an_unknown_kind_is_refused(world: World) -> None:
    assert upload(world, client_of(world, "adeyemi"), b"MZ\x90", "virus.exe").status_code == 422


def test_a_reviewer_approves_in_the_browser(world: World) -> None:
    author = client_of(world, "adeyemi")
    upload(world, author, json.dumps(GOOD).encode())
    author.post("/bank/items/up-1/submit", data={"csrf": csrf_of(world, "adeyemi"), "version": 1})
    reviewer = client_of(world, "park")
    assert "Approve" in reviewer.get("/bank/items/up-1").text
    reviewer.post("/bank/items/up-1/approve", data={"csrf": csrf_of(world, "park"), "version": 1})
    assert "approved by Park Ji-hoon" in reviewer.get("/bank/items/up-1").text


def test_a_change_without_the_forms_token_is_refused(world: World) -> None:
    assert client_of(world, "adeyemi").post("/bank/items/itsm-j-inc-001/retire", data={"version": 1}).status_code == 400


@pytest.mark.parametrize(
    "query", ["?text=incident", "?level=junior&area=tools", "?type=cloze", "?state=approved&page=2", "?page=x", "?text=%25"]
)
def test_filters_answer(world: World, query: str) -> None:
    assert client_of(world, "park").get(f"/bank{query}").status_code == 200

"""A password that somebody else has seen is changed before anything else; a change ends every other session."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.sign_in import COOKIE, csrf_token
from exam_engine.demo.people import PASSWORD
from exam_engine.web import create_app
from tests.conftest import SECRET
from tests.world import World, build_world

CHOSEN = "a long new password"


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return build_world(sqlite_database, tmp_path, candidates=1)


def client_of(world: World) -> FlaskClient:
    return create_app(world.settings, world.database, lambda: world.now).test_client()


def sign_in(client: FlaskClient, login: str, password: str) -> int:
    return client.post("/sign-in", data={"login": login, "password": password}).status_code


def send(client: FlaskClient, address: str, **data: str):
    cookie = client.get_cookie(COOKIE)
    return client.post(address, data={"csrf": csrf_token(cookie.value, SECRET) if cookie else "", **data})


def change(client: FlaskClient, current: str = PASSWORD, chosen: str = CHOSEN, again: str = CHOSEN):
    return send(client, "/password", current=current, chosen=chosen, again=again)


def number_of(world: World, login: str) -> int:
    with world.database.read() as session:
        return session.query(User.id).filter(User.login == login).scalar()


def test_the_new_password_opens_and_the_old_one_does_not(world: World) -> None:
    client, elsewhere = client_of(world), client_of(world)
    sign_in(client, "chen", PASSWORD)
    sign_in(elsewhere, "chen", PASSWORD)
    assert change(client).status_code == 302
    assert client.get("/sittings").status_code == 200
    assert elsewhere.get("/sittings").location.startswith("/sign-in")
    assert sign_in(client_of(world), "chen", PASSWORD) == 401
    assert sign_in(client_of(world), "chen", CHOSEN) == 302


@pytest.mark.parametrize(
    ("current", "chosen", "again"),
    [
        ("wrong", CHOSEN, CHOSEN),
        (PASSWORD, "short", "short"),
        (PASSWORD, CHOSEN, "another one"),
        (PASSWORD, PASSWORD, PASSWORD),
    ],
)
def test_a_change_that_is_refused_changes_nothing(world: World, current: str, chosen: str, again: str) -> None:
    client = client_of(world)
    sign_in(client, "chen", PASSWORD)
    assert change(client, current, chosen, again).status_code == 422
    assert sign_in(client_of(world), "chen", PASSWORD) == 302


def test_a_password_given_by_somebody_else_is_changed_first(world: World) -> None:
    admin, officer = client_of(world), client_of(world)
    sign_in(admin, "admin", PASSWORD)
    page = send(admin, f"/people/{number_of(world, 'chen')}", do="password").text
    first = page.split('<code class="strong">')[1].split("</code>")[0]
    assert sign_in(officer, "chen", PASSWORD) == 401
    assert sign_in(officer, "chen", first) == 302
    for address in ("/sittings", "/release", "/"):
        assert officer.get(address).location == "/password"
    assert send(officer, "/release/1/propose").location == "/password"
    assert change(officer, current=first).status_code == 302
    assert officer.get("/sittings").status_code == 200


def test_nobody_resets_their_own_password(world: World) -> None:
    admin = client_of(world)
    sign_in(admin, "admin", PASSWORD)
    assert send(admin, f"/people/{number_of(world, 'admin')}", do="password").status_code == 403

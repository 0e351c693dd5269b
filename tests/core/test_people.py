"""Administrators add people and shut people out; nobody gets roles that do not go together, and no name is given twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.people import list_people, read_member, set_active
from exam_engine.core.records import AuditEntry, Role, User
from exam_engine.core.sign_in import add_user, make_password
from tests.conftest import NOW, SECRET
from tests.site_pages import Pages, find_user, open_pages, words_of

GOOD = {"login": "chen", "name_zh": "陈薇", "name_en": "Chen Wei", "role": ["officer", "trainer"]}


@pytest.fixture
def pages(tmp_path: Path, sqlite_template: Path) -> Iterator[Pages]:
    """A site as `init` leaves it: one administrator."""
    (tmp_path / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)
    with database.write() as session:
        add_user(session, "admin", "no hash", {"en": "Administrator"}, [Role.ADMINISTRATOR], NOW)
    yield open_pages(database, tmp_path)
    database.close()


def logins(pages: Pages) -> list[str]:
    with pages.database.read() as session:
        return list(session.scalars(select(User.login).order_by(User.id)))


def add(pages: Pages, **changes: object) -> TestResponse:
    return pages.browser("admin").post("/people", **{**GOOD, **changes})


def test_an_administrator_begins_with_the_people(pages: Pages) -> None:
    assert pages.browser("admin").get("/").headers["Location"] == "/people"


def test_an_added_person_signs_in_with_the_password_that_is_shown_once(pages: Pages) -> None:
    reply = add(pages)
    assert reply.status_code == 200
    found = re.search(r"<code[^>]*>([^<]+)</code>", reply.get_data(as_text=True))
    assert found
    signed_in = pages.browser().client.post("/sign-in", data={"login": "chen", "password": found[1]})
    assert signed_in.status_code == 302
    page = pages.browser("admin").read("/people")
    assert "Chen Wei chen Officer, Trainer can sign in" in page
    assert found[1] not in page


def test_the_audit_trail_says_who_added_whom(pages: Pages) -> None:
    add(pages)
    with pages.database.read() as session:
        entry = session.scalars(
            select(AuditEntry).order_by(AuditEntry.seq.desc()).where(AuditEntry.action == "user.added")
        ).first()
    assert entry is not None
    assert entry.actor == "admin"
    assert '"chen"' in entry.data


@pytest.mark.parametrize(
    ("changes", "status", "field", "said"),
    [
        ({"login": ""}, 422, "login", "Up to 80 letters"),
        ({"login": "chen wei"}, 422, "login", "Up to 80 letters"),
        ({"login": "x" * 81}, 422, "login", "Up to 80 letters"),
        ({"login": "chen\x00"}, 422, "login", "Up to 80 letters"),
        ({"login": "admin"}, 409, "login", "This name is taken"),
        ({"login": "system"}, 409, "login", "This name is taken"),
        ({"name_zh": " ", "name_en": ""}, 422, "name_zh", "at least one language"),
        ({"name_en": "Chen\nWei"}, 422, "name_en", "on one line"),
        ({"role": []}, 422, "roles", "at least one role"),
        ({"role": ["candidate"]}, 422, "roles", "at least one role"),
        ({"role": ["administrator", "marker"]}, 403, "roles", "An administrator cannot mark"),
        ({"role": ["administrator", "officer"]}, 403, "roles", "An administrator cannot mark"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nobody_is_added(
    pages: Pages, changes: dict[str, object], status: int, field: str, said: str
) -> None:
    reply = add(pages, **changes)
    assert reply.status_code == status
    text = reply.get_data(as_text=True)
    assert f'aria-describedby="{field}-error"' in text
    assert said in text[text.index(f'id="{field}-error"') :]
    assert logins(pages) == ["admin"]


def test_what_was_typed_stands_there_again(pages: Pages) -> None:
    text = add(pages, login="admin").get_data(as_text=True)
    assert 'value="陈薇"' in text
    assert 'value="officer" checked' in text
    assert 'value="marker" checked' not in text


def test_who_is_shut_out_is_signed_out_at_once_and_let_in_again(pages: Pages) -> None:
    add(pages)
    with pages.database.write() as session:
        chen = find_user(session, "chen")
        chen.must_change_password, place = False, f"/people/{chen.id}"
    officer, administrator = pages.browser("chen"), pages.browser("admin")
    assert officer.get("/sittings").status_code == 200
    assert administrator.post(place, do="close").status_code == 302
    assert officer.get("/sittings").headers["Location"].startswith("/sign-in")
    assert "Chen Wei chen Officer, Trainer shut out" in administrator.read("/people")
    assert administrator.post(place, do="close").status_code == 409
    assert administrator.post(place, do="open").status_code == 302
    assert officer.get("/sittings").status_code == 200


def test_nobody_shuts_themselves_out(pages: Pages) -> None:
    with pages.database.read() as session:
        number = find_user(session, "admin").id
    assert pages.browser("admin").post(f"/people/{number}", do="close").status_code == 403
    assert pages.browser("admin").get("/people").status_code == 200


def test_the_list_finds_people_by_their_sign_in_name(pages: Pages) -> None:
    add(pages)
    administrator = pages.browser("admin")
    assert "Chen Wei" not in administrator.read("/people?q=adm")
    assert "No sign-in name holds “100%”." in administrator.read("/people?q=100%25")


@pytest.mark.parametrize(("language", "word"), [("en", "Senior marker"), ("zh-CN", "高级阅卷员")])
def test_roles_are_said_in_words(pages: Pages, language: str, word: str) -> None:
    add(pages, role=["senior_marker"])
    assert f"chen {word}" in words_of(pages.browser("admin", language).get("/people"))


def test_a_taken_name_is_refused_on_every_database(database: Database) -> None:
    with database.write() as session:
        add_user(session, "chen", "x", {"en": "Chen"}, [Role.OFFICER], NOW)
        with pytest.raises(Refusal, match="already_there"):
            add_user(session, "chen", "x", {"en": "Another"}, [Role.TRAINER], NOW)


def test_the_way_in_is_closed_on_every_database(database: Database) -> None:
    with database.write() as session:
        admin = add_user(session, "admin", "x", {"en": "Admin"}, [Role.ADMINISTRATOR], NOW)
        chen = add_user(session, "chen", "x", {"en": "Chen"}, [Role.OFFICER], NOW)
        set_active(session, chen, admin, NOW, active=False)
        add_user(session, "C-1", "x", {"en": "One"}, [Role.CANDIDATE], NOW)
    with database.read() as session:
        assert [one.login for one in list_people(session)[0]] == ["chen", "admin", "C-1"], "staff come first"
        people, more = list_people(session, "CHE")
        assert [(one.login, one.is_active) for one in people] == [("chen", False)]
        assert not more


def test_roles_nobody_knows_are_not_given() -> None:
    form = MultiDict({"login": "a", "name_en": "A"})
    assert read_member(form, ["root", "author"]).roles == [Role.AUTHOR]


def test_first_passwords_are_long_and_never_the_same() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", one) for one in made)

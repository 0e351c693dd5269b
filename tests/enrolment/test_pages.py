"""Officers register candidates and accept them for levels of the scheme in force; a candidate signs in with the number."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from exam_engine.authoring.actions import store_scheme
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry, Role, User
from exam_engine.core.sign_in import add_user
from exam_engine.demo.site import read_json
from exam_engine.enrolment.actions import accept_enrolment, register_candidate
from exam_engine.enrolment.candidate_list import list_candidates
from exam_engine.enrolment.records import Candidate, Enrolment
from tests.conftest import NOW, SECRET
from tests.site_pages import Pages, open_pages

GOOD = {"login": "C-2026-0001", "name_zh": "林悦", "name_en": "Lin Yue", "level": "junior"}


@pytest.fixture
def bare(tmp_path: Path, sqlite_template: Path) -> Iterator[Pages]:
    """A site with one officer and no scheme."""
    (tmp_path / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)
    with database.write() as session:
        add_user(session, "chen", "no hash", {"en": "Chen Wei"}, [Role.OFFICER], NOW)
    yield open_pages(database, tmp_path)
    database.close()


@pytest.fixture
def pages(bare: Pages) -> Pages:
    """The same with a scheme in force, and a later one that is not yet."""
    with bare.database.write() as session:
        store_scheme(session, read_json("scheme.json"), NOW - timedelta(days=1), "chen", NOW)
        later = {**read_json("scheme.json"), "version": "2027.1"}
        store_scheme(session, later, NOW + timedelta(days=1), "chen", NOW)
    return bare


def register(pages: Pages, **changes: object) -> TestResponse:
    return pages.browser("chen").post("/candidates", **{**GOOD, **changes})


def ways(pages: Pages) -> list[tuple[str, str, str]]:
    """(number, level, version of the scheme) of every acceptance."""
    with pages.database.read() as session:
        found = session.scalars(select(Enrolment).order_by(Enrolment.id))
        return [(one.candidate.number, one.level, one.scheme_version.version) for one in found]


def place_of(pages: Pages) -> str:
    with pages.database.read() as session:
        return f"/candidates/{session.scalars(select(Candidate)).one().id}"


def test_a_registered_candidate_signs_in_with_number_and_first_password(pages: Pages) -> None:
    reply = register(pages)
    assert reply.status_code == 200
    found = re.search(r"<code[^>]*>([^<]+)</code>", reply.get_data(as_text=True))
    assert found
    guest = pages.browser().client
    assert guest.post("/sign-in", data={"login": "C-2026-0001", "password": found[1]}).status_code == 302
    assert guest.get("/way").headers["Location"] == "/password", "somebody else has seen the first password"
    assert found[1] not in pages.browser("chen").read("/candidates")


def test_a_candidate_is_accepted_under_the_scheme_in_force(pages: Pages) -> None:
    register(pages)
    assert ways(pages) == [("C-2026-0001", "junior", "2026.1")]


def test_the_audit_trail_names_the_officer_in_every_step(pages: Pages) -> None:
    register(pages)
    steps = ["user.added", "candidate.registered", "enrolment.accepted"]
    with pages.database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.in_(steps)).order_by(AuditEntry.seq.desc()))
        assert [(one.action, one.actor) for one in entries][:3] == [(step, "chen") for step in reversed(steps)]


@pytest.mark.parametrize(
    ("changes", "status", "field", "said"),
    [
        ({"login": "C 1"}, 422, "login", "Up to 80 letters"),
        ({"login": "chen"}, 409, "login", "This number is taken"),
        ({"name_zh": "", "name_en": ""}, 422, "name_zh", "at least one language"),
        ({"level": ""}, 422, "level", "Choose a level"),
        ({"level": "wizard"}, 422, "level", "Choose a level"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(
    pages: Pages, changes: dict[str, object], status: int, field: str, said: str
) -> None:
    reply = register(pages, **changes)
    assert reply.status_code == status
    text = reply.get_data(as_text=True)
    assert f'aria-describedby="{field}-error"' in text
    assert said in text[text.index(f'id="{field}-error"') :]
    assert ways(pages) == []
    with pages.database.read() as session:
        assert list(session.scalars(select(User.login))) == ["chen"]


def test_a_candidate_is_accepted_for_a_further_level_once(pages: Pages) -> None:
    register(pages)
    officer = pages.browser("chen")
    assert officer.post(place_of(pages), level="senior").status_code == 302
    assert [level for _, level, _ in ways(pages)] == ["junior", "senior"]
    again = officer.post(place_of(pages), level="senior")
    assert again.status_code == 409
    assert "on the way to this level already" in again.get_data(as_text=True)
    assert len(ways(pages)) == 2


@pytest.mark.parametrize(("level", "status"), [("", 422), ("wizard", 404)])
def test_a_level_that_is_none_is_refused(pages: Pages, level: str, status: int) -> None:
    register(pages)
    assert pages.browser("chen").post(place_of(pages), level=level).status_code == status
    assert len(ways(pages)) == 1


def test_the_list_says_levels_and_state_and_offers_the_levels_that_are_left(pages: Pages) -> None:
    register(pages)
    text = pages.browser("chen").get("/candidates").get_data(as_text=True)
    row = text[text.index("<tbody>") :]
    assert "Lin Yue" in row
    assert "on the way" in row
    assert 'value="senior"' in row
    assert 'value="junior"' not in row


def test_the_list_finds_candidates_by_their_number(pages: Pages) -> None:
    register(pages)
    assert "Lin Yue" in pages.browser("chen").read("/candidates?q=0001")
    assert "No candidate number holds “0002”." in pages.browser("chen").read("/candidates?q=0002")


def test_without_a_scheme_in_force_nobody_can_be_registered(bare: Pages) -> None:
    officer = bare.browser("chen")
    page = officer.get("/candidates").get_data(as_text=True)
    assert "No scheme is in force" in page
    assert 'href="/scheme"' in page
    assert register(bare).status_code == 422
    assert ways(bare) == []


def test_candidates_are_listed_and_refused_twice_on_every_database(database: Database) -> None:
    with database.write() as session:
        store_scheme(session, read_json("scheme.json"), NOW, "chen", NOW)
        user = add_user(session, "C-1", "x", {"en": "One"}, [Role.CANDIDATE], NOW)
        candidate = register_candidate(session, user, "C-1", "chen", NOW)
        accept_enrolment(session, candidate, "junior", "chen", NOW)
        with pytest.raises(Refusal, match="already_there"):
            accept_enrolment(session, candidate, "junior", "chen", NOW)
        with pytest.raises(Refusal, match="already_there"):
            register_candidate(session, user, "C-2", "chen", NOW)
    with database.read() as session:
        rows, more = list_candidates(session, "c-1")
        assert [(row.candidate.number, [one.level for one in row.enrolments]) for row in rows] == [("C-1", ["junior"])]
        assert not more

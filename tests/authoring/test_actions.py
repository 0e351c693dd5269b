"""Question-setting teams: immutable versions, review by somebody else, one approved version at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from exam_engine.authoring import actions
from exam_engine.authoring.records import ItemState, ItemVersion
from exam_engine.authoring.rules import TRANSITIONS, next_state
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.demo.site import Staff, add_staff, read_json
from question_bank import Bank
from tests.conftest import NOW

ITEM = {
    "id": "inc-1",
    "version": 1,
    "type": "true_false",
    "level": "junior",
    "syllabus": "process.incident",
    "stem": {"zh-CN": "事件等于问题。", "en": "An incident is a problem."},
    "key": False,
}


def bank_of(*items: dict) -> Bank:
    return Bank(id="t", title="t", languages=["en"], items=list(items))


@pytest.fixture
def staff(database: Database) -> Staff:
    with database.write() as session:
        return add_staff(session, NOW)


def import_one(database: Database, staff: Staff, item: dict = ITEM) -> actions.Imported:
    with database.write() as session:
        return actions.import_bank(session, bank_of(item), staff["adeyemi"], NOW)


def move(database: Database, staff: Staff, event: str, login: str, code: str = "inc-1") -> None:
    with database.write() as session:
        actions.move_item(session, actions.get_version(session, code), event, staff[login], NOW)


def test_an_imported_item_is_a_draft_of_its_author(database: Database, staff: Staff) -> None:
    assert import_one(database, staff).added == ["inc-1"]
    with database.read() as session:
        version = actions.get_version(session, "inc-1")
        assert (version.version, version.state, version.author_id) == (1, ItemState.DRAFT, staff["adeyemi"].id)


def test_the_same_content_again_makes_no_new_version(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    assert import_one(database, staff, {**ITEM, "version": 7}).unchanged == ["inc-1"]


def test_an_edit_makes_a_new_version_and_leaves_the_old_one_as_it_was(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    assert import_one(database, staff, {**ITEM, "key": True}).changed == ["inc-1"]
    with database.read() as session:
        assert [(one.version, one.document["key"]) for one in actions.list_versions(session, "inc-1")] == [
            (2, True),
            (1, False),
        ]


def test_only_a_question_setting_team_imports(database: Database, staff: Staff) -> None:
    with pytest.raises(Refusal, match="not_allowed"), database.write() as session:
        actions.import_bank(session, bank_of(ITEM), staff["park"], NOW)
    with database.read() as session:
        assert session.scalars(select(ItemVersion)).all() == []


def test_a_reviewer_approves_what_somebody_else_wrote(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    move(database, staff, "submit", "adeyemi")
    move(database, staff, "approve", "park")
    with database.read() as session:
        version = actions.get_version(session, "inc-1")
        assert (version.state, version.reviewer_id) == (ItemState.APPROVED, staff["park"].id)


def test_an_author_never_approves_their_own_item(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    move(database, staff, "submit", "adeyemi")
    with database.write() as session:
        session.merge(staff["adeyemi"]).roles = ["author", "reviewer"]
    staff["adeyemi"].roles = ["author", "reviewer"]
    with pytest.raises(Refusal, match="same_person"):
        move(database, staff, "approve", "adeyemi")


def test_the_database_itself_refuses_an_author_as_reviewer(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("UPDATE item_versions SET reviewer_id = author_id"))


def test_approving_a_new_version_retires_the_one_before(database: Database, staff: Staff) -> None:
    for item in (ITEM, {**ITEM, "key": True}):
        import_one(database, staff, item)
        move(database, staff, "submit", "adeyemi")
        move(database, staff, "approve", "park")
    with database.read() as session:
        states = [one.state for one in actions.list_versions(session, "inc-1")]
        assert states == [ItemState.APPROVED, ItemState.RETIRED]
        assert [one["key"] for one in actions.approved_documents(session, "item", "junior")] == [True]


@given(st.lists(st.sampled_from(["submit", "approve", "return", "retire"]), max_size=12))
def test_nothing_but_the_table_moves_a_version(events: list[str]) -> None:
    state = ItemState.DRAFT
    for event in events:
        following = next_state(state, event)
        assert (following is not None) == ((state, event) in TRANSITIONS)
        assert not (state is ItemState.RETIRED and following is not None)
        state = following or state
    assert state is not ItemState.APPROVED or "approve" in events


@pytest.mark.parametrize("event", ["approve", "return", "retire"])
def test_a_draft_can_only_be_submitted(database: Database, staff: Staff, event: str) -> None:
    import_one(database, staff)
    with pytest.raises(Refusal, match="wrong_state"):
        move(database, staff, event, "park")


def test_a_scheme_version_is_stored_once(database: Database, staff: Staff) -> None:
    document = read_json("scheme.json")
    with database.write() as session:
        actions.store_scheme(session, document, NOW, "chen", NOW)
    with pytest.raises(Refusal, match="already_there"), database.write() as session:
        actions.store_scheme(session, document, NOW, "chen", NOW)


def test_a_broken_scheme_or_blueprint_is_refused_with_every_fault(database: Database, staff: Staff) -> None:
    broken = {**read_json("scheme.json"), "levels": [], "languages": "en"}
    with pytest.raises(Refusal, match="bad_content") as refused, database.write() as session:
        actions.store_scheme(session, broken, NOW, "chen", NOW)
    assert {problem["place"] for problem in refused.value.data["problems"]} >= {"levels", "languages"}
    with pytest.raises(Refusal, match="bad_content"), database.write() as session:
        actions.store_blueprint(session, {"id": "b", "length": -1}, "adeyemi", NOW)


def test_an_export_holds_the_newest_version_of_what_is_not_retired(database: Database, staff: Staff) -> None:
    import_one(database, staff)
    import_one(database, staff, {**ITEM, "key": True})
    with database.read() as session:
        assert [(item["id"], item["version"], item["key"]) for item in actions.export_bank(session).items] == [
            ("inc-1", 2, True)
        ]

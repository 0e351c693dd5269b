"""A sitting goes from planned to prepared, everybody gets one paper, and every change is on record. On both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from exam_engine.core.audit import find_faults
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry
from exam_engine.sittings.actions import Plan, book, get_sitting, plan_sitting, prepare
from exam_engine.sittings.records import CandidatePaper, SittingKind
from exam_engine.sittings.rules import seat_name, share_forms
from tests.conftest import NOW, SECRET
from tests.site_pages import find_user
from tests.world import ITEMS, World, build_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return build_world(database, tmp_path, candidates=3)


def make_plan(hours: int = 3) -> Plan:
    return Plan("junior", SittingKind.REGULAR, NOW + timedelta(days=1), NOW + timedelta(days=1, hours=hours), {"en": "Room 5"})


def test_everybody_has_one_paper_of_the_length_of_the_scheme_and_the_chain_holds(world: World) -> None:
    with world.database.read() as session:
        papers = session.scalars(select(CandidatePaper)).all()
        assert len(papers) == 3
        assert {len(paper.order["slots"]) for paper in papers} == {ITEMS}
        assert "sitting.prepared" in session.scalars(select(AuditEntry.action)).all()
        assert list(find_faults(session, SECRET)) == []


def test_the_order_names_every_slot_of_the_form_once(world: World) -> None:
    with world.database.read() as session:
        for paper in session.scalars(select(CandidatePaper)):
            drawn = [slot["slot"] for slot in paper.order["slots"]]
            assert sorted(drawn) == sorted(slot["slot"] for slot in paper.form.slots)


def test_neighbours_do_not_see_the_same_order(world: World) -> None:
    with world.database.read() as session:
        orders = [[slot["slot"] for slot in paper.order["slots"]] for paper in session.scalars(select(CandidatePaper))]
        assert orders[0] != orders[1] != orders[2]


def test_a_sitting_is_prepared_once(world: World) -> None:
    with pytest.raises(Refusal, match="wrong_state"), world.database.write() as session:
        prepare(session, get_sitting(session, world.sitting.id), "chen", NOW)


@pytest.mark.parametrize("hours", [0, -1])
def test_a_sitting_opens_before_it_closes(world: World, hours: int) -> None:
    with pytest.raises(Refusal, match="bad_content"), world.database.write() as session:
        plan_sitting(session, make_plan(hours), find_user(session, "chen"), NOW)


def test_whoever_holds_an_open_booking_gets_no_second_one(world: World) -> None:
    with world.database.write() as session:
        sitting = plan_sitting(session, make_plan(), find_user(session, "chen"), NOW)
        with pytest.raises(Refusal, match="already_there"):
            book(session, sitting, session.merge(world.enrolments[0]), "chen", NOW)


def test_nobody_is_no_sitting_to_prepare(world: World) -> None:
    with pytest.raises(Refusal, match="wrong_state"), world.database.write() as session:
        prepare(session, plan_sitting(session, make_plan(), find_user(session, "chen"), NOW), "chen", NOW)


def test_seats_count_on_through_rows_and_past_the_alphabet() -> None:
    assert [seat_name(number) for number in (0, 7, 8, 8 * 26)] == ["A1", "A8", "B1", "AA1"]


def test_forms_go_to_those_who_have_seen_nothing_of_them() -> None:
    seen = [frozenset({"a"}), frozenset(), frozenset({"a", "c"})]
    assert share_forms(seen, [frozenset({"a", "b"}), frozenset({"c", "d"})]) == [1, 1, None]

"""What simulated candidates put down, and when: consistent with what is true of them."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from exam_engine.authoring.actions import import_bank, move_item
from exam_engine.authoring.records import ItemVersion
from exam_engine.core.database import Database
from exam_engine.demo.crowd import Crowd, ItemPool
from exam_engine.demo.sheets import FilledForm, FormPlan, Seat, fill_in
from exam_engine.demo.site import LEVELS, add_staff
from exam_engine.records import Base
from exam_engine.sittings.papers import draw_case, draw_theory
from exam_engine.sittings.records import Form, SittingPaper
from grading.psychometrics.simulation import NOBODY, Population, draw_people
from tests.conftest import NOW, SECRET
from tests.world import level_bank, sample_bank

PEOPLE = 60
CHEATS = Population(copiers=0.1, informed=0.1)


def theory_form() -> Form:
    return form_of(draw_theory(level_bank("junior").items[:30]), "theory")


def case_form() -> Form:
    return form_of(draw_case(level_bank("senior").cases[0]), "practical")


def form_of(drawn: Any, kind: str) -> Form:
    return Form(slots=drawn.slots, marking=drawn.marking, sitting_paper=SittingPaper(kind=kind))


def fill(form: Form, pool: ItemPool, minutes: float = 600) -> tuple[FilledForm, Crowd]:
    draw = np.random.default_rng(8)
    numbers = [f"C{row}" for row in range(PEOPLE)]
    crowd = Crowd.of_people(numbers, draw_people(PEOPLE, draw, CHEATS))
    slots = [slot["slot"] for slot in form.slots]
    seats = [Seat(row, number, f"S{row}", "", minutes, draw.permutation(slots).tolist()) for row, number in enumerate(numbers)]
    return fill_in(seats, FormPlan.of(form), crowd, pool, draw), crowd


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> ItemPool:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('pool') / 'exam.db'}", SECRET)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        store(session)
        pool = ItemPool(session, LEVELS, np.random.default_rng(3))
    database.close()
    return pool


def store(session: Session) -> None:
    staff = add_staff(session, NOW)
    import_bank(session, sample_bank(), staff["adeyemi"], NOW)
    for version in session.query(ItemVersion).all():
        move_item(session, version, "submit", staff["adeyemi"], NOW)
        move_item(session, version, "approve", staff["park"], NOW)


def test_answers_come_in_the_candidates_own_order_one_after_the_other_and_within_the_time(pool: ItemPool) -> None:
    minutes = 15
    filled, _ = fill(theory_form(), pool, minutes)
    late = 0
    for sheet in filled.sheets:
        places = [sheet.seat.order.index(entry.slot) for entry in sheet.entries]
        moments = [entry.at_s for entry in sheet.entries]
        assert places == sorted(places)
        assert moments == sorted(set(moments))
        assert moments[-1] <= sheet.leaves_s <= 60 * minutes
        late += sheet.leaves_s == 60 * minutes
    assert 0 < late < PEOPLE, "some run out of time, some do not"


def test_copiers_and_informed_are_planted_on_theory_papers_and_only_there(pool: ItemPool) -> None:
    filled, crowd = fill(theory_form(), pool)
    copiers = {f"C{row}": f"C{crowd.people.source[row]}" for row in np.flatnonzero(crowd.people.source != NOBODY)}
    assert copiers
    assert {one.number: one.source for one in filled.planted if one.source} == copiers
    assert {one.number for one in filled.planted if not one.source} == {
        f"C{row}" for row in np.flatnonzero(crowd.people.leak >= 0)
    }
    assert fill(case_form(), pool)[0].planted == []


def test_a_planted_copier_has_the_answers_of_the_source(pool: ItemPool) -> None:
    filled, _ = fill(theory_form(), pool)
    answers = {sheet.seat.number: {entry.slot: entry.response for entry in sheet.entries} for sheet in filled.sheets}
    for one in filled.planted:
        if one.source:
            same = sum(answers[one.source].get(slot) == response for slot, response in answers[one.number].items())
            assert same >= one.answers > 0


def test_every_kind_of_part_of_a_case_is_answered(pool: ItemPool) -> None:
    form = case_form()
    filled, _ = fill(form, pool)
    answered = {entry.slot for sheet in filled.sheets for entry in sheet.entries}
    assert answered == {slot["slot"] for slot in form.slots}
    files = {slot["slot"] for slot in form.slots if slot["type"] == "files"}
    for entry in (entry for sheet in filled.sheets for entry in sheet.entries):
        assert entry.is_file == (entry.slot in files)
        assert (entry.response is None) == entry.is_file


def test_no_part_of_a_case_is_known_outside(pool: ItemPool) -> None:
    assert not pool.take(code for code in pool.documents if "/" in code).leaked.any()
    assert pool.take(code for code in pool.documents if "/" not in code).leaked.any()


def test_true_difficulties_follow_the_authors_estimates(pool: ItemPool) -> None:
    codes = [code for code in pool.documents if "/" not in code]
    estimates = np.array([pool.documents[code]["difficulty"] - 3 for code in codes])
    true = pool.take(codes).b_logit
    assert np.corrcoef(estimates, true)[0, 1] > 0.8
    assert (true != estimates).all()

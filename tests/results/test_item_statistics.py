"""A release marks its sitting; the worker computes what its items did, once for every release. On both databases."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from exam_engine.authoring.records import ItemStatistics
from exam_engine.core.database import Database
from exam_engine.results.item_statistics import compute_due, mark_sitting
from exam_engine.results.records import DueStatistics
from exam_engine.sittings.records import Form
from tests.conftest import NOW
from tests.results.centre import Centre
from tests.results.cohort import sit_and_release
from tests.site_pages import find_user
from tests.world import World, build_world


def test_a_release_marks_the_sitting_once_for_all_its_results(centre: Centre) -> None:
    sitting = centre.sitting([centre.enrol(1, "junior"), centre.enrol(2, "junior")], NOW)
    for booking in sitting.bookings:
        centre.theory(booking, right=4)
    from exam_engine.results.actions import propose_results, release_results

    after = NOW + timedelta(hours=3)
    propose_results(centre.session, sitting, centre.users["chen"], after)
    assert centre.session.scalars(select(DueStatistics)).all() == []
    release_results(centre.session, sitting, centre.users["silva"], after)
    assert [due.sitting_id for due in centre.session.scalars(select(DueStatistics))] == [sitting.id]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return build_world(database, tmp_path, candidates=2)


def release(world: World, right: np.ndarray, at: int = 0) -> None:
    with world.database.write() as session:
        officers = find_user(session, "chen"), find_user(session, "silva")
        form = session.scalars(select(Form).order_by(Form.id)).first()
        assert form is not None
        sit_and_release(session, form, right, officers)
        mark_sitting(session, world.sitting.id, NOW + timedelta(seconds=at))


def compute(world: World, at: int = 60) -> int:
    return compute_due(world.database, world.settings, lambda: NOW + timedelta(seconds=at))


def figures(world: World) -> dict[str, tuple[int, float | None]]:
    with world.database.read() as session:
        rows = session.scalars(select(ItemStatistics).where(ItemStatistics.source == f"sitting:{world.sitting.id}")).all()
    assert len({(row.code, row.version) for row in rows}) == len(rows)
    return {row.code: (row.n, row.p) for row in rows}


def test_statistics_of_a_sitting_are_computed_and_then_nothing_waits(world: World) -> None:
    right = np.zeros((40, world_items(world)), dtype=np.bool_)
    right[:30] = True
    release(world, right)
    assert (compute(world), compute(world)) == (1, 0)
    assert set(figures(world).values()) == {(40, 0.75)}


def test_a_later_release_of_the_same_sitting_takes_the_place_of_the_earlier_figures(world: World) -> None:
    release(world, np.ones((10, world_items(world)), dtype=np.bool_))
    compute(world)
    release(world, np.zeros((30, world_items(world)), dtype=np.bool_), at=90)
    compute(world, at=120)
    assert set(figures(world).values()) == {(40, 0.25)}


def test_what_is_released_while_figures_are_computed_is_not_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release(world, np.ones((10, world_items(world)), dtype=np.bool_))
    from exam_engine.results import item_statistics

    whole = item_statistics.pool_figures

    def meanwhile(forms):
        found = whole(forms)
        monkeypatch.setattr(item_statistics, "pool_figures", whole)
        release(world, np.zeros((30, world_items(world)), dtype=np.bool_), at=90)
        return found

    monkeypatch.setattr(item_statistics, "pool_figures", meanwhile)
    assert compute(world) == 0
    assert figures(world) == {}
    assert compute(world) == 1
    assert set(figures(world).values()) == {(40, 0.25)}


def world_items(world: World) -> int:
    with world.database.read() as session:
        return len(session.scalars(select(Form).order_by(Form.id)).first().slots)


def test_a_sitting_that_cannot_be_analysed_does_not_hold_back_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from exam_engine.results import item_statistics

    release(world, np.ones((10, world_items(world)), dtype=np.bool_))
    whole, asked = item_statistics.pool_figures, []

    def fail_once(forms):
        asked.append(list(forms))
        if len(asked) == 1:
            raise KeyError("a form nobody can read")
        return whole(asked[-1])

    monkeypatch.setattr(item_statistics, "pool_figures", fail_once)
    assert [compute(world), compute(world), compute(world)] == [0, 1, 0]

"""From true parameters through the engine's own records back to parameters, and into the next papers. On both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sqlalchemy import select

from exam_engine.authoring import calibrations as actions
from exam_engine.authoring.actions import export_bank, get_version, import_bank
from exam_engine.authoring.records import Calibration, CalibrationModel, CalibrationState
from exam_engine.core.audit import find_faults
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry
from exam_engine.results.calibrating import calibrate_due, read_responses_of_level, run_calibration
from exam_engine.results.estimation import EstimationError
from exam_engine.sittings import actions as sittings
from exam_engine.sittings.records import Form, SittingKind
from question_bank.assembly.rules import Request
from question_bank.pool import provisional_parameters
from tests.conftest import NOW, SECRET
from tests.results.cohort import sit_and_release
from tests.site_pages import find_user
from tests.world import World, build_world

LATER = NOW + timedelta(days=1)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return build_world(database, tmp_path, candidates=2)


def true_parameters(world: World) -> dict[str, tuple[float, float]]:
    """Difficulties near what the authors thought, of the same mean and spread; slopes around 1."""
    with world.database.read() as session:
        slots = [slot for form in session.scalars(select(Form)) for slot in form.slots]
        codes = sorted({slot["code"] for slot in slots})
        thought = np.array([provisional_parameters(get_version(session, code).document)["b"] for code in codes])
    draw = np.random.default_rng(7)
    b = thought + draw.normal(0, 0.6, len(codes))
    b = (b - b.mean()) / b.std() * thought.std() + thought.mean()
    return {code: (a, at) for code, a, at in zip(codes, draw.lognormal(0.1, 0.2, len(codes)).tolist(), b.tolist(), strict=True)}


def sit(world: World, truth: dict[str, tuple[float, float]], candidates: int, seed: int = 1) -> None:
    """So many candidates a form answer by the true parameters, and their results are released."""
    draw = np.random.default_rng(seed)
    with world.database.write() as session:
        officers = find_user(session, "chen"), find_user(session, "silva")
        for form in session.scalars(select(Form).order_by(Form.id)).all():
            a, b = np.array([truth[slot["code"]] for slot in form.slots]).T
            chances = expit(a * (draw.normal(size=(candidates, 1)) - b))
            sit_and_release(session, form, draw.random(chances.shape) < chances, officers)


def ask(world: World, model: CalibrationModel = CalibrationModel.TWO, by: str = "chen") -> int:
    with world.database.write() as session:
        return actions.ask_calibration(session, "junior", model, find_user(session, by), NOW).id


def work(world: World) -> int:
    return calibrate_due(world.database, world.settings, lambda: LATER)


def decide(world: World, number: int, event: str, by: str = "silva") -> None:
    with world.database.write() as session:
        actions.decide_calibration(session, number, event, find_user(session, by), LATER)


def calibrate(world: World) -> Calibration:
    number = ask(world)
    assert work(world) == 1
    with world.database.read() as session:
        found = actions.get_calibration(session, number)
        assert found.parameters is not None, "loaded while the session is open"
        return found


def drawn_by(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[float, float, bool]]:
    """Parameters that the next sitting of the level is drawn by: a, b and whether they are provisional."""
    seen: list[Request] = []
    whole = sittings.assemble

    def watch(request: Request) -> Any:
        seen.append(request)
        return whole(request)

    monkeypatch.setattr(sittings, "assemble", watch)
    with world.database.write() as session:
        plan = sittings.Plan("junior", SittingKind.REGULAR, LATER, LATER + timedelta(hours=3), {"en": "Room 5"}, seed=417)
        sitting = sittings.plan_sitting(session, plan, find_user(session, "chen"), NOW)
        from exam_engine.demo.site import Staff, add_candidate  # the world's own staff trains one more

        enrolment = add_candidate(session, Staff(world.staff.users, "no hash"), 900, "junior", NOW)
        sittings.book(session, sitting, enrolment, "chen", NOW)
        sittings.prepare(session, sitting, "chen", NOW)
        documents = [item for form in sitting.papers[0].forms for item in _items(form)]
    assert not any("parameters" in item for item in documents), "the form holds the items as they were approved"
    pool = seen[0].pool
    rows = zip(pool.ids, pool.a, pool.b, pool.provisional, strict=True)
    return {code: (float(a), float(b), bool(guess)) for code, a, b, guess in rows}


def _items(form: Form) -> list[dict[str, Any]]:
    import orjson

    return list(orjson.loads(form.marking)["items"].values())


def test_true_difficulties_come_back_on_the_old_scale_and_draw_the_next_papers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = true_parameters(world)
    sit(world, truth, 400)
    found = calibrate(world)
    b = {one.code: one.b for one in found.parameters}
    estimated, true = np.array([(b[code], truth[code][1]) for code in b]).T
    assert (found.state, found.linking, found.n, found.progress) == (CalibrationState.PROPOSED, "mean-sigma", 800, 100)
    assert len(b) == len(truth) - len(found.left_out)
    assert 0.9 * len(b) < found.common_items <= len(b)
    assert np.corrcoef(estimated, true)[0, 1] > 0.9
    assert np.abs(estimated.mean() - true.mean()) < 0.1
    assert np.sqrt(np.mean((estimated - true) ** 2)) < 0.35

    before = export_of(world)
    assert not any("parameters" in item for item in before.values()), "nothing counts before it is accepted"
    decide(world, found.id, "accept")
    assert {code: item["parameters"]["b"] for code, item in export_of(world).items() if "parameters" in item} == b
    pool = drawn_by(world, monkeypatch)
    assert {code: pool[code][1] for code in b} == b
    assert {code for code, (_, _, provisional) in pool.items() if not provisional} == set(b)
    with world.database.read() as session:
        assert list(find_faults(session, SECRET)) == []


def export_of(world: World) -> dict[str, dict[str, Any]]:
    with world.database.read() as session:
        return {item["id"]: item for item in export_bank(session).items}


def test_a_later_calibration_is_linked_by_the_accepted_one_and_replaces_it_once_it_is_accepted_too(world: World) -> None:
    truth = true_parameters(world)
    sit(world, truth, 300)
    first = calibrate(world)
    decide(world, first.id, "accept")
    sit(world, truth, 300, seed=2)
    second = calibrate(world)
    assert (second.linking, second.common_items) == ("stocking-lord", len(first.parameters))
    assert (second.slope, second.intercept) == (pytest.approx(first.slope, abs=0.2), pytest.approx(first.intercept, abs=0.2))
    before = {one.code: one.b for one in first.parameters}
    assert {one.code: one.b_before for one in second.parameters if one.code in before} == before
    assert in_force(world) == {first.id}
    decide(world, second.id, "accept")
    assert second.id in in_force(world)
    with world.database.read() as session:
        kept = {one.code: one.b for one in actions.get_calibration(session, first.id).parameters}
    assert kept == before, "what was accepted is never overwritten"


def in_force(world: World) -> set[int]:
    with world.database.read() as session:
        return {one.calibration_id for one in actions.accepted_parameters(session).values()}


def test_what_was_exported_comes_back_without_a_new_version(world: World) -> None:
    sit(world, true_parameters(world), 150)
    decide(world, calibrate(world).id, "accept")
    with world.database.write() as session:
        bank = export_bank(session)
        done = import_bank(session, bank, find_user(session, "adeyemi"), LATER)
    assert (done.added, done.changed) == ([], [])


def test_a_calibration_that_was_rejected_changes_nothing(world: World) -> None:
    sit(world, true_parameters(world), 150)
    decide(world, calibrate(world).id, "reject")
    assert in_force(world) == set()


def test_without_released_papers_a_calibration_fails_and_says_why(world: World) -> None:
    found = calibrate(world)
    assert (found.state, found.reason) == (CalibrationState.FAILED, "no_results")


def test_one_candidate_too_few_leaves_nothing_to_estimate(world: World) -> None:
    sit(world, true_parameters(world), 49)
    found = calibrate(world)
    assert (found.state, found.reason) == (CalibrationState.FAILED, "too_few_candidates")


def test_a_fault_ends_the_calibration_and_is_told_to_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = ask(world)
    monkeypatch.setattr("exam_engine.results.calibrating.read_responses_of_level", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        work(world)
    with world.database.read() as session:
        assert actions.get_calibration(session, number).reason == "server_error"


def test_progress_is_seen_from_outside_while_it_runs(world: World) -> None:
    sit(world, true_parameters(world), 150)
    number = ask(world, CalibrationModel.ONE)
    seen: list[tuple[int, int]] = []

    def look(percent: int) -> None:
        with world.database.read() as session:
            seen.append((percent, actions.get_calibration(session, number).progress))

    with world.database.write() as session:
        actions.start_calibration(session, number, NOW)
    run_calibration(world.database, number, lambda: LATER, look)
    assert [percent for percent, _ in seen] == sorted({percent for percent, _ in seen})
    assert all(percent == stored for percent, stored in seen)
    assert seen[-1] == (100, 100)


def test_only_released_theory_papers_of_the_level_are_read(world: World) -> None:
    sit(world, true_parameters(world), 30)
    with world.database.read() as session:
        responses = read_responses_of_level(session, "junior")
        assert responses.scores.shape[0] == 60, "the two who are booked have no released result"
        assert set(np.unique(responses.scores[~np.isnan(responses.scores)])) == {0.0, 1.0}
        with pytest.raises(EstimationError, match="no_results"):
            read_responses_of_level(session, "senior")


def test_a_worker_that_is_gone_loses_its_calibration_to_another_and_can_not_finish_it_twice(world: World) -> None:
    sit(world, true_parameters(world), 150)
    number = ask(world)
    with world.database.write() as session:
        assert actions.start_calibration(session, number, NOW) is not None
        assert actions.start_calibration(session, number, NOW + actions.LEASE) is None
    assert calibrate_due(world.database, world.settings, lambda: NOW + actions.LEASE) == 0
    assert work(world) == 1
    run_calibration(world.database, number, lambda: LATER)  # the first worker was only slow
    with world.database.read() as session:
        found = actions.get_calibration(session, number)
        assert found.state is CalibrationState.PROPOSED
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"calibration:{number}")).all()
    assert told == ["calibration.asked", "calibration.proposed"]


def test_a_level_is_calibrated_once_at_a_time_and_only_when_it_has_items(world: World) -> None:
    ask(world)
    with pytest.raises(Refusal, match="already_there"):
        ask(world)
    with pytest.raises(Refusal, match="unknown_level"), world.database.write() as session:
        actions.ask_calibration(session, "grand", CalibrationModel.ONE, find_user(session, "chen"), NOW)
    with pytest.raises(Refusal, match="not_allowed"), world.database.write() as session:
        actions.ask_calibration(session, "junior", CalibrationModel.ONE, find_user(session, "adeyemi"), NOW)

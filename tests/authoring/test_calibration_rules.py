"""The life of a calibration: one table, two people, and no way back from a decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from exam_engine.authoring import calibrations as actions
from exam_engine.authoring.records import Calibration, CalibrationModel, CalibrationState, ItemParameters
from exam_engine.authoring.rules import CALIBRATION, next_calibration_state
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.demo.site import Staff, add_staff
from tests.authoring.test_actions import ITEM, import_one
from tests.conftest import NOW

EVENTS = ("start", "propose", "fail", "accept", "reject")
ENDS = {CalibrationState.ACCEPTED, CalibrationState.REJECTED, CalibrationState.FAILED}
FOUND = actions.Proposal(
    n=200, iterations=9, log_likelihood=-1.5, linking="mean-sigma", slope=1.1, intercept=0.2, common_items=7, left_out=[],
    parameters=[actions.Estimated(ITEM["id"], 1, 200, a=1.2, b=0.5, se_a=0.1, se_b=0.1, b_before=0.0)],
)  # fmt: skip


@pytest.mark.parametrize("state", list(CalibrationState))
@pytest.mark.parametrize("event", EVENTS)
def test_only_what_the_table_names_is_possible(state: CalibrationState, event: str) -> None:
    assert next_calibration_state(state, event) == CALIBRATION.get((state, event))
    assert state not in ENDS or next_calibration_state(state, event) is None


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_whatever_happens_nothing_is_accepted_that_was_not_proposed_and_an_end_is_the_end(events: list[str]) -> None:
    states = [CalibrationState.QUEUED]
    for event in events:
        states.append(next_calibration_state(states[-1], event) or states[-1])
    if CalibrationState.ACCEPTED in states:
        assert CalibrationState.PROPOSED in states[: states.index(CalibrationState.ACCEPTED)]
    ended = [state for state in states if state in ENDS]
    assert len(set(ended)) <= 1


@pytest.fixture
def staff(database: Database) -> Staff:
    with database.write() as session:
        found = add_staff(session, NOW)
    import_one(database, found)
    return found


def propose(session: Session, staff: Staff, found: actions.Proposal = FOUND) -> Calibration:
    asked = actions.ask_calibration(session, "junior", CalibrationModel.TWO, staff["chen"], NOW)
    actions.start_calibration(session, asked.id, NOW)
    actions.propose_calibration(session, asked.id, found, NOW)
    return asked


def test_whoever_asked_does_not_decide_and_an_administrator_never_does(database: Database, staff: Staff) -> None:
    with database.write() as session:
        number = propose(session, staff).id
    for login, code in (("chen", "same_person"), ("admin", "not_allowed"), ("park", "not_allowed")):
        for event in ("accept", "reject"):
            with pytest.raises(Refusal, match=code), database.write() as session:
                actions.decide_calibration(session, number, event, staff[login], NOW)


def test_a_decision_is_final(database: Database, staff: Staff) -> None:
    with database.write() as session:
        number = propose(session, staff).id
        actions.decide_calibration(session, number, "accept", staff["silva"], NOW)
    with pytest.raises(Refusal, match="wrong_state"), database.write() as session:
        actions.decide_calibration(session, number, "reject", staff["silva"], NOW)


@pytest.mark.parametrize(
    "change",
    [
        "decided_by_id = asked_by_id",
        "decided_by_id = NULL",
        "progress = 101",
        "state = 'failed', decided_by_id = NULL",
        "state = 'guessed'",
    ],
)
def test_the_database_itself_keeps_two_people_apart(database: Database, staff: Staff, change: str) -> None:
    with database.write() as session:
        number = propose(session, staff).id
        actions.decide_calibration(session, number, "accept", staff["silva"], NOW)
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text(f"UPDATE calibrations SET {change} WHERE id = {number}"))


def test_of_two_accepted_calibrations_the_one_accepted_last_counts(database: Database, staff: Staff) -> None:
    with database.write() as session:
        first, second = (propose(session, staff) for _ in range(2))
        later = NOW.replace(hour=NOW.hour + 1)
        actions.decide_calibration(session, second.id, "accept", staff["silva"], NOW)
        actions.decide_calibration(session, first.id, "accept", staff["silva"], later)
        assert actions.accepted_parameters(session)[ITEM["id"], 1].calibration_id == first.id


@pytest.mark.parametrize(
    ("own", "version", "b"), [({}, 1, 0.5), ({"a": 2.0, "b": 9.0}, 1, 0.5), ({"a": 2.0, "b": 9.0}, 2, 9.0)]
)
def test_parameters_are_those_of_exactly_this_version_else_the_item_keeps_its_own(own: dict, version: int, b: float) -> None:
    accepted = {(ITEM["id"], 1): ItemParameters(code=ITEM["id"], version=1, a=1.2, b=0.5, c=0.0)}
    item = {**ITEM, "version": version} | ({"parameters": own} if own else {})
    (found,) = actions.with_parameters([item], accepted)
    assert found["parameters"]["b"] == b
    assert item.get("parameters", {}) == own, "the document itself is not touched"

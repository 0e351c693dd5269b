"""The gate in front of the whole machine: however histories run, nobody gets a second makeup or an exam while blocked."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from exam_engine.core.errors import Refusal
from exam_engine.enrolment.records import EnrolmentState
from exam_engine.results.actions import propose_results, release_results
from exam_engine.results.records import Outcome
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, Sitting, SittingKind
from tests.conftest import NOW
from tests.results.centre import Centre

DAY = timedelta(days=1)
REGULAR, MAKEUP = SittingKind.REGULAR, SittingKind.MAKEUP
COOLING_OFF = 14

sit = st.tuples(st.sampled_from([REGULAR, MAKEUP]), st.sampled_from(["pass", "fail", "fail", "absent"]))
steps = st.lists(st.tuples(st.sampled_from([1, 5, 14, 15, 40]), st.one_of(st.just("train"), sit)), min_size=1, max_size=9)


class Rules:
    """The measures in their plainest form, to hold the engine against."""

    def __init__(self):
        self.state, self.failed_on = "untrained", None

    def allows(self, kind, day):
        if kind is REGULAR:
            return self.state == "eligible"
        return self.state == "may make up" and day >= self.failed_on + COOLING_OFF

    def train(self):
        if self.state in {"untrained", "must retrain"}:
            self.state = "eligible"

    def sat(self, kind, outcome, day):
        self.failed_on = day
        self.state = "passed" if outcome == "pass" else "may make up" if kind is REGULAR else "must retrain"


def _sit_and_release(centre: Centre, enrolment, kind, outcome, at):
    """Book through the gate, sit, and have the result released by two officers; the outcome that was decided."""
    sitting = centre.sitting([enrolment], at, kind)
    if outcome != "absent":
        centre.theory(sitting.bookings[0], 4 if outcome == "pass" else 1)
    over = at + timedelta(hours=3)
    propose_results(centre.session, sitting, centre.users["chen"], over)
    return release_results(centre.session, sitting, centre.users["silva"], over)[0].outcome


@pytest.fixture
def site(sqlite_database, scheme):
    with sqlite_database.read() as session:
        yield Centre.open(session, scheme, NOW), iter(range(1, 10**6))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_gate_opens_exactly_what_the_measures_allow(site, history):
    centre, numbers = site
    enrolment, rules, day, kinds = centre.enrol(next(numbers), "junior", trained=False), Rules(), 0, []
    for gap, step in history:
        day += gap
        at = NOW + day * DAY
        if step == "train":
            centre.train(enrolment, at)
            rules.train()
            kinds.append("train")
            continue
        kind, outcome = step
        if not rules.allows(kind, day):
            with pytest.raises(Refusal) as refused:
                centre.sitting([enrolment], at, kind)
            assert refused.value.code == "not_eligible"
            assert refused.value.data["reasons"]
            continue
        decided = _sit_and_release(centre, enrolment, kind, outcome, at)
        expected = {
            "pass": Outcome.PASS,
            "absent": Outcome.ABSENT,
            "fail": Outcome.FINAL_FAIL if kind is MAKEUP else Outcome.FAIL,
        }
        assert decided is expected[outcome]
        rules.sat(kind, outcome, day)
        kinds.append(kind)
    _check_invariants(centre, enrolment, kinds)


def _check_invariants(centre, enrolment, kinds):
    rows = select(Sitting.kind).join(Booking).where(Booking.enrolment_id == enrolment.id).order_by(Sitting.opens_at)
    assert centre.session.scalars(rows).all() == [kind for kind in kinds if kind != "train"]
    makeups = 0
    for kind in kinds:
        makeups = 0 if kind == "train" else makeups + (kind is MAKEUP)
        assert makeups <= 1


def test_training_is_what_opens_the_exam(centre):
    enrolment = centre.enrol(1, "junior", trained=False)
    with pytest.raises(Refusal) as refused:
        centre.sitting([enrolment], NOW)
    assert refused.value.data["reasons"] == ["not_trained"]
    centre.train(enrolment, NOW)
    assert gate.standing(centre.session, enrolment, NOW).open == "sitting"
    assert centre.sitting([enrolment], NOW).bookings


def test_a_second_booking_is_refused_while_the_first_is_open(centre):
    enrolment = centre.enrol(1, "junior")
    centre.sitting([enrolment], NOW)
    with pytest.raises(Refusal) as refused:
        centre.sitting([enrolment], NOW + DAY)
    assert refused.value.code == "already_there"


def test_a_makeup_before_the_cooling_off_is_over_is_refused_with_the_day_from_which_it_is_open(centre):
    enrolment = centre.enrol(1, "junior")
    assert _sit_and_release(centre, enrolment, REGULAR, "fail", NOW) is Outcome.FAIL
    with pytest.raises(Refusal) as refused:
        centre.sitting([enrolment], NOW + 13 * DAY, MAKEUP)
    assert (refused.value.data["reasons"], refused.value.data["not_before"]) == (["too_early"], "2026-12-05")
    assert centre.sitting([enrolment], NOW + 14 * DAY, MAKEUP).bookings


def test_whoever_may_make_up_gets_no_regular_sitting_instead(centre):
    enrolment = centre.enrol(1, "junior")
    _sit_and_release(centre, enrolment, REGULAR, "fail", NOW)
    with pytest.raises(Refusal) as refused:
        centre.sitting([enrolment], NOW + 30 * DAY, REGULAR)
    assert (refused.value.data["reasons"], refused.value.data["open"]) == (["wrong_kind"], "makeup")


def test_standing_follows_the_way_booked_sat_failed_blocked_trained(centre):
    enrolment, session = centre.enrol(1, "junior"), centre.session

    def state(at):
        found = gate.standing(session, enrolment, at)
        return found.state, found.open

    sitting = centre.sitting([enrolment], NOW + DAY)
    assert state(NOW) == ("sitting_booked", None)
    assert state(sitting.closes_at) == ("awaiting_result", None)
    propose_results(session, sitting, centre.users["chen"], sitting.closes_at)
    release_results(session, sitting, centre.users["silva"], sitting.closes_at)
    assert state(NOW + 2 * DAY) == ("may_make_up", None)
    assert state(NOW + 15 * DAY) == ("may_make_up", "makeup")
    _sit_and_release(centre, enrolment, MAKEUP, "fail", NOW + 20 * DAY)
    assert state(NOW + 21 * DAY) == ("must_retrain", "training")
    centre.train(enrolment, NOW + 30 * DAY)
    assert state(NOW + 30 * DAY) == ("eligible", "sitting")
    assert enrolment.state is EnrolmentState.ACTIVE

"""Results: computed when everything is in, proposed by one officer, released by another, exact to the last fraction."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exam_engine.certificates import actions as _hook  # noqa: F401  listens to releases
from exam_engine.certificates.records import OutboxEvent
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry, Role
from exam_engine.delivery.records import AttemptState
from exam_engine.enrolment.records import HistoryEntry
from exam_engine.marking.records import AutoScore, Script, ScriptState
from exam_engine.results.actions import pass_rate, propose_results, release_results
from exam_engine.results.records import Outcome, Result, ResultState
from exam_engine.sittings.papers import draw_theory
from exam_engine.sittings.records import BookingState, SittingKind, SittingState
from tests.conftest import NOW
from tests.results.centre import Centre, theory_items

DAY = timedelta(days=1)
AFTER = NOW + timedelta(hours=3)


def _propose(centre: Centre, sitting, by: str = "chen", at=AFTER) -> list[Result]:
    return propose_results(centre.session, sitting, centre.users[by], at)


def _release(centre: Centre, sitting, by: str = "silva", at=AFTER) -> list[Result]:
    return release_results(centre.session, sitting, centre.users[by], at)


def _junior(centre: Centre, *right: int):
    """A junior sitting whose candidates answered that many of five items right."""
    sitting = centre.sitting([centre.enrol(number, "junior") for number in range(len(right))], NOW)
    for booking, count in zip(sitting.bookings, right, strict=True):
        centre.theory(booking, count)
    return sitting


def _exact(centre: Centre, *marks: str, given: dict[str, str]) -> Result:
    sitting = centre.sitting([centre.enrol(1, "junior")], NOW, forms={"theory": draw_theory(theory_items(marks))})
    centre.take(sitting.bookings[0], "theory", given)
    return _propose(centre, sitting)[0]


def test_sixty_of_a_hundred_passes_and_forty_fails_with_a_makeup_open(centre):
    sitting = _junior(centre, 3, 2)
    results = _propose(centre, sitting)
    assert [(result.outcome, result.total) for result in results] == [(Outcome.PASS, "60"), (Outcome.FAIL, "40")]
    assert pass_rate(results) == (1, 2)
    assert results[1].decision["reasons"][0]["code"] == "total_cut"


def test_a_score_of_59_999_fails_however_it_would_be_rounded(centre):
    result = _exact(centre, "59.999", "0.001", "40", given={"q1": "B", "q2": "A", "q3": "A"})
    assert (result.outcome, result.total) == (Outcome.FAIL, "59.999")


def test_the_missing_thousandth_makes_it_a_pass(centre):
    result = _exact(centre, "59.999", "0.001", "40", given={"q1": "B", "q2": "B", "q3": "A"})
    assert (result.outcome, result.total) == (Outcome.PASS, "60")


def test_a_total_that_no_decimal_can_write_stays_a_fraction(centre):
    result = _exact(centre, "1", "1", "1", given={"q1": "B", "q2": "A", "q3": "A"})
    assert result.total == "100/3"


def test_theory_and_practical_are_weighed_sixty_to_forty(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 4)
    centre.practical(sitting.bookings[0], "36.5", "30")
    result = _propose(centre, sitting)[0]
    assert (result.outcome, result.total) == (Outcome.PASS, "74.6")  # 0.6 × 80 + 0.4 × 66.5
    assert [paper["score"] for paper in result.decision["papers"]] == ["80", "66.5"]


def test_a_component_under_its_floor_fails_whatever_the_total(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "59", "0.5")
    result = _propose(centre, sitting)[0]
    assert result.outcome is Outcome.FAIL
    assert result.decision["reasons"] == [
        {"code": "component_floor", "met": False, "component": "practical", "needed": "60", "score": "59.5"}
    ]


def test_sections_of_a_practical_are_its_tasks_and_areas_run_through_both_papers(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "36", "30")
    decision = _propose(centre, sitting)[0].decision
    assert decision["papers"][1]["sections"] == {"t1": {"marks": "36", "max": "60"}, "t2": {"marks": "30", "max": "40"}}
    process = next(area for area in decision["areas"] if area["id"] == "process")
    assert (process["marks"], process["max"], process["questions"], process["tasks"]) == ("86", "120", 1, 2)


def test_whoever_sat_no_paper_is_absent_and_keeps_the_makeup(centre):
    sitting = _junior(centre, 5)
    late = centre.sitting([centre.enrol(9, "junior")], NOW)
    assert _propose(centre, sitting)[0].outcome is Outcome.PASS
    result = _propose(centre, late)[0]
    assert (result.outcome, result.total, result.decision["final"]) == (Outcome.ABSENT, None, False)


def test_a_paper_that_was_not_sat_makes_a_fail_not_an_absence(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    result = _propose(centre, sitting)[0]
    assert (result.outcome, result.total) == (Outcome.FAIL, None)
    assert result.decision["reasons"][0] == {"code": "component_missing", "met": False, "component": "practical"}


def _reopen(_centre: Centre, attempt):
    attempt.state, attempt.submitted_at = AttemptState.OPEN, None


def _unmark(centre: Centre, attempt):
    centre.session.delete(centre.session.get(AutoScore, attempt.id))


def _leave(_centre: Centre, _attempt):
    """Nothing is wrong with the attempt itself."""


@pytest.mark.parametrize(
    ("at", "break_it", "code"),
    [(NOW + timedelta(hours=1), _leave, "not_over"), (AFTER, _reopen, "running"), (AFTER, _unmark, "unmarked")],
)
def test_nothing_is_proposed_while_something_is_missing_and_it_is_said_what(centre, at, break_it, code):
    sitting = centre.sitting([centre.enrol(1, "junior"), centre.enrol(2, "junior")], NOW)
    attempt = centre.theory(sitting.bookings[0], 5)
    break_it(centre, attempt)
    centre.session.flush()
    with pytest.raises(Refusal) as refused:
        _propose(centre, sitting, at=at)
    assert (refused.value.code, refused.value.data["waiting"]) == ("wrong_state", [{"code": code, "count": 1}])


def test_a_script_that_is_not_settled_holds_everybody_back(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "36", None)
    with pytest.raises(Refusal) as refused:
        _propose(centre, sitting)
    assert refused.value.data["waiting"] == [{"code": "scripts", "count": 1}]


def test_a_stored_score_that_the_answers_do_not_give_is_not_passed_on(centre):
    sitting = _junior(centre, 2)
    centre.session.scalars(select(AutoScore)).one().marks = "60"
    with pytest.raises(Refusal, match="was marked 60, but its answers give 40"):
        _propose(centre, sitting)


def test_proposing_again_replaces_the_proposal_and_closes_the_sitting(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "30", "20")
    first = _propose(centre, sitting)[0]
    assert first.outcome is Outcome.FAIL
    centre.session.scalars(select(Script)).first().marks = "50"
    again = _propose(centre, sitting, "silva")
    assert [result.id for result in again] == [first.id]
    assert again[0].outcome is Outcome.PASS
    assert sitting.state is SittingState.CLOSED


def test_release_needs_a_second_person(centre):
    sitting = _junior(centre, 3)
    _propose(centre, sitting)
    with pytest.raises(Refusal) as refused:
        _release(centre, sitting, "chen")
    assert refused.value.code == "same_person"
    assert _release(centre, sitting)[0].state is ResultState.RELEASED


@pytest.mark.parametrize("login", ["admin", "zhou"])
def test_only_officers_decide(centre, login):
    sitting = _junior(centre, 3)
    with pytest.raises(Refusal) as refused:
        _propose(centre, sitting, login)
    assert refused.value.code == "not_allowed"


def test_a_candidates_trainer_decides_nothing_about_the_candidate(centre):
    sitting = _junior(centre, 3)
    centre.users["zhou"].roles = [Role.TRAINER, Role.OFFICER]
    for decide in (_propose, _release):
        with pytest.raises(Refusal) as refused:
            decide(centre, sitting, "zhou")
        assert refused.value.code == "same_person"


def test_a_mark_that_changed_after_the_proposal_stops_the_release(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "30", "20")
    _propose(centre, sitting)
    centre.session.scalars(select(Script)).first().marks = "50"
    with pytest.raises(Refusal, match="changed after the proposal"):
        _release(centre, sitting)


def test_a_script_reopened_after_the_proposal_stops_the_release(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    centre.theory(sitting.bookings[0], 5)
    centre.practical(sitting.bookings[0], "30", "20")
    _propose(centre, sitting)
    centre.session.scalars(select(Script)).first().state = ScriptState.ADJUDICATION
    with pytest.raises(Refusal, match="1 scripts wait"):
        _release(centre, sitting)


def test_release_ends_the_booking_enters_the_history_and_goes_on_record(centre):
    sitting = _junior(centre, 3, 2)
    _propose(centre, sitting)
    _release(centre, sitting)
    assert {booking.state for booking in sitting.bookings} == {BookingState.FINISHED}
    entries = centre.session.scalars(
        select(HistoryEntry).where(HistoryEntry.event != "trained").order_by(HistoryEntry.id)
    ).all()
    assert [(entry.event, entry.data["sitting"]) for entry in entries] == [
        ("passed", str(sitting.id)),
        ("failed", str(sitting.id)),
    ]
    released = select(func.count()).where(AuditEntry.action == "result.released")
    assert centre.session.scalar(released) == 2


def test_only_passes_reach_the_outbox(centre):
    sitting = _junior(centre, 3, 2, 5, 0)
    _propose(centre, sitting)
    results = _release(centre, sitting)
    sent = centre.session.scalars(select(OutboxEvent.result_id).order_by(OutboxEvent.id)).all()
    assert sent == [result.id for result in results if result.outcome is Outcome.PASS]


def test_a_released_result_is_neither_proposed_nor_released_again(centre):
    sitting = _junior(centre, 3)
    _propose(centre, sitting)
    _release(centre, sitting)
    for decide in (_propose, _release):
        with pytest.raises(Refusal) as refused:
            decide(centre, sitting)
        assert refused.value.code == "wrong_state"


def test_failing_the_makeup_is_final_until_the_candidate_trains_again(centre):
    enrolment = centre.enrol(1, "junior")
    for kind, days, outcome in ((SittingKind.REGULAR, 0, Outcome.FAIL), (SittingKind.MAKEUP, 20, Outcome.FINAL_FAIL)):
        sitting = centre.sitting([enrolment], NOW + days * DAY, kind)
        centre.theory(sitting.bookings[0], 1)
        assert _propose(centre, sitting, at=AFTER + days * DAY)[0].outcome is outcome
        _release(centre, sitting, at=AFTER + days * DAY)


def test_a_passed_paper_is_carried_into_the_makeup_and_need_not_be_sat_again(centre):
    enrolment = centre.enrol(1, "intermediate")
    first = centre.sitting([enrolment], NOW)
    centre.theory(first.bookings[0], 4)
    centre.practical(first.bookings[0], "10", "10")
    _propose(centre, first)
    _release(centre, first)
    makeup = centre.sitting([enrolment], NOW + 20 * DAY, SittingKind.MAKEUP)
    centre.practical(makeup.bookings[0], "50", "20")
    result = _propose(centre, makeup, at=AFTER + 20 * DAY)[0]
    assert (result.outcome, result.total) == (Outcome.PASS, "76")  # 0.6 × 80 carried + 0.4 × 70
    assert [paper["carried"] for paper in result.decision["papers"]] == [True, False]


def test_sitting_a_carried_paper_again_never_does_harm(centre):
    enrolment = centre.enrol(1, "intermediate")
    first = centre.sitting([enrolment], NOW)
    centre.theory(first.bookings[0], 4)
    centre.practical(first.bookings[0], "10", "10")
    _propose(centre, first)
    _release(centre, first)
    makeup = centre.sitting([enrolment], NOW + 20 * DAY, SittingKind.MAKEUP)
    centre.theory(makeup.bookings[0], 1)
    centre.practical(makeup.bookings[0], "50", "20")
    result = _propose(centre, makeup, at=AFTER + 20 * DAY)[0]
    assert (result.outcome, result.total) == (Outcome.PASS, "76")

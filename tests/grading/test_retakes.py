import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import PolicyError
from grading.histories import Event
from grading.retakes import OPEN, TABLE, VOID, State, find_bar, status

POLICY = {"makeups": 1, "cooling_off_days": 14, "carry_over_days": 100, "then": "retrain"}
START = date(2026, 3, 1)
LATER = START + timedelta(days=1000)


def day(number):
    return START + timedelta(days=number)


def trained(on):
    return {"event": "trained", "on": day(on)}


def sitting(event, on, name=None, **more):
    return {"event": event, "on": day(on), "sitting": name or f"s{on}", **more}


def now(history, on=None, policy=POLICY):
    return status(policy, history, LATER if on is None else day(on))


def verdicts(current):
    return [attempt.void or attempt.verdict for attempt in current.attempts]


FAILED_ONCE = [trained(0), sitting("failed", 10)]
FAILED_TWICE = [*FAILED_ONCE, sitting("failed", 24)]


@pytest.mark.parametrize(
    ("history", "state", "opens", "since"),
    [
        ([], State.UNTRAINED, "training", None),
        ([trained(0)], State.ELIGIBLE, "sitting", 0),
        ([trained(0), sitting("booked", 2000)], State.SITTING_BOOKED, None, 0),
        ([trained(0), sitting("sat", 10)], State.AWAITING_RESULT, None, 10),
        ([trained(0), sitting("passed", 10)], State.PASSED, None, 10),
        (FAILED_ONCE, State.MAY_MAKE_UP, "makeup", 10),
        ([*FAILED_ONCE, sitting("booked", 2000)], State.MAKEUP_BOOKED, None, 10),
        ([*FAILED_ONCE, sitting("sat", 24)], State.AWAITING_RESULT, None, 24),
        ([*FAILED_ONCE, sitting("passed", 24)], State.PASSED, None, 24),
        (FAILED_TWICE, State.MUST_RETRAIN, "training", 24),
        ([*FAILED_TWICE, trained(40)], State.ELIGIBLE, "sitting", 40),
        ([*FAILED_TWICE, trained(40), sitting("failed", 50)], State.MAY_MAKE_UP, "makeup", 50),
    ],
)
def test_the_way_of_a_candidate(history, state, opens, since):
    current = now(history)
    assert (current.state, current.open, current.since) == (state, opens, None if since is None else day(since))
    assert current.reason == state.value


def test_one_makeup_then_retrain_with_verdicts_fail_and_final_fail():
    assert verdicts(now(FAILED_TWICE)) == ["fail", "final_fail"]
    assert [attempt.makeup for attempt in now(FAILED_TWICE).attempts] == [False, True]


def test_without_makeups_the_first_failure_is_final():
    assert verdicts(now(FAILED_ONCE, policy=POLICY | {"makeups": 0})) == ["final_fail"]


def test_with_two_makeups_the_third_failure_is_final():
    history = [*FAILED_TWICE, sitting("failed", 38)]
    assert verdicts(now(history, policy=POLICY | {"makeups": 2})) == ["fail", "fail", "final_fail"]


@pytest.mark.parametrize(("on", "verdict"), [(23, "too_early"), (24, "pass")])
def test_a_makeup_before_the_cooling_off_days_are_over_is_void(on, verdict):
    assert verdicts(now([*FAILED_ONCE, sitting("passed", on)])) == ["fail", verdict]


def test_during_the_cooling_off_nothing_is_open_and_the_first_day_is_named():
    waiting, over = now(FAILED_ONCE, on=23), now(FAILED_ONCE, on=24)
    assert (waiting.state, waiting.open, waiting.reason, waiting.not_before) == (
        State.MAY_MAKE_UP,
        None,
        "cooling_off",
        day(24),
    )
    assert (over.open, over.reason) == ("makeup", "may_make_up")


@pytest.mark.parametrize(
    ("history", "void"),
    [
        ([sitting("passed", 10)], "not_trained"),
        ([sitting("passed", 10), trained(11)], "not_trained"),
        ([trained(0), sitting("passed", 10), sitting("failed", 30)], "already_passed"),
        ([*FAILED_TWICE, sitting("passed", 60)], "beyond_limit"),
        ([*FAILED_TWICE, sitting("passed", 60), trained(61)], "beyond_limit"),
        ([trained(0), sitting("sat", 10), sitting("passed", 30)], "another_open"),
        ([trained(0), sitting("booked", 2000), sitting("booked", 2001)], "another_open"),
    ],
)
def test_a_sitting_that_nothing_opened_is_void(history, void):
    assert [attempt.void for attempt in now(history).attempts if attempt.void] == [void]


def test_a_void_sitting_uses_up_no_makeup():
    history = [*FAILED_ONCE, sitting("failed", 12), sitting("failed", 13)]
    current = now(history)
    assert (current.state, current.makeups_left) == (State.MAY_MAKE_UP, 1)


def test_training_while_a_makeup_is_open_adds_none_and_ends_no_cooling_off():
    history = [*FAILED_ONCE, trained(12), sitting("passed", 15)]
    assert verdicts(now(history)) == ["fail", "too_early"]
    assert now([*FAILED_TWICE, trained(12)]).state is State.MUST_RETRAIN


def test_training_on_the_day_of_a_final_failure_is_not_later_than_it():
    assert now([*FAILED_TWICE, trained(24)]).state is State.MUST_RETRAIN


def test_a_cancelled_sitting_never_was():
    history = [trained(0), sitting("booked", 10), sitting("cancelled", 10)]
    assert now(history).state is State.ELIGIBLE
    assert now(history).attempts == ()


def test_a_booking_nobody_used_does_not_stand_in_the_way():
    assert now([trained(0), sitting("booked", 5), sitting("passed", 10)]).state is State.PASSED


def test_what_lies_ahead_counts_as_booked_and_training_ahead_not_at_all():
    assert now([trained(0), sitting("passed", 10)], on=9).state is State.SITTING_BOOKED
    assert now([trained(0), sitting("passed", 10)], on=10).state is State.PASSED
    assert now([trained(10)], on=9).state is State.UNTRAINED


def test_a_passed_component_is_carried_to_the_makeup_for_so_many_days():
    history = [trained(0), sitting("failed", 10, passed=["theory"])]
    assert now(history, on=110).carried == {"theory": day(110)}
    assert now(history, on=111).carried == {}


def test_nothing_is_carried_over_beyond_a_final_failure_or_without_days_for_it():
    history = [trained(0), sitting("failed", 10, passed=["theory"])]
    assert now([*history, sitting("failed", 24)], on=25).carried == {}
    without = {name: value for name, value in POLICY.items() if name != "carry_over_days"}
    assert now(history, on=10, policy=without).carried == {}
    assert now(history, on=10, policy=POLICY | {"carry_over_days": 0}).carried == {}


def test_two_people_may_allow_one_more_makeup():
    override = {"event": "overridden", "on": day(30), "by": ["u1", "u2"]}
    current = now([*FAILED_TWICE, override])
    assert (current.state, current.makeups_left) == (State.MAY_MAKE_UP, 1)
    assert verdicts(now([*FAILED_TWICE, override, sitting("failed", 40)])) == ["fail", "final_fail", "final_fail"]
    with pytest.raises(PolicyError, match="two people"):
        now([*FAILED_TWICE, override | {"by": ["u1", "u1"]}])


def test_an_override_on_the_day_of_the_final_failure_comes_after_it():
    override = {"event": "overridden", "on": day(24), "by": ["u1", "u2"]}
    assert now([override, *FAILED_TWICE]).state is State.MAY_MAKE_UP


def test_an_outcome_with_a_higher_revision_replaces_the_earlier_one():
    revised = [*FAILED_ONCE, sitting("passed", 10, revision=1)]
    assert now(revised).state is State.PASSED
    with pytest.raises(PolicyError) as refusal:
        now([*FAILED_ONCE, sitting("passed", 10)])
    assert refusal.value.code == "two_outcomes"


def test_a_late_record_changes_what_the_history_means():
    early = [trained(0), sitting("sat", 10), sitting("passed", 30)]
    assert verdicts(now(early)) == [None, "another_open"]
    assert verdicts(now([*early, sitting("failed", 10)])) == ["fail", "pass"]


@pytest.mark.parametrize(
    ("history", "on", "bar"),
    [
        ([], 5, "not_trained"),
        ([trained(0)], 5, None),
        ([trained(6)], 5, "not_trained"),
        ([trained(0), sitting("booked", 20)], 5, "another_open"),
        (FAILED_ONCE, 23, "too_early"),
        (FAILED_ONCE, 24, None),
        (FAILED_TWICE, 50, "beyond_limit"),
        ([trained(0), sitting("passed", 10)], 50, "already_passed"),
    ],
)
def test_why_a_sitting_may_not_be_booked(history, on, bar):
    assert find_bar(POLICY, history, day(on)) == bar


def test_days_may_be_iso_text():
    history = [{"event": "trained", "on": "2026-03-01"}, {"event": "sat", "on": "2026-03-10T09:00:00+08:00", "sitting": "s"}]
    assert status(POLICY, history, date(2026, 4, 1)).since == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("policy", "history", "code"),
    [
        (POLICY | {"then": "forgive"}, [], "unknown_policy"),
        (POLICY | {"makeups": -1}, [], "unknown_policy"),
        (POLICY | {"carry_over_days": 10**12}, [], "unknown_policy"),
        (POLICY | {"cooling_off_days": 1.5}, [], "unknown_policy"),
        (POLICY, [{"event": "danced", "on": START}], "unreadable_entry"),
        (POLICY, [{"event": "trained"}], "unreadable_entry"),
        (POLICY, [{"event": "sat", "on": START}], "unreadable_entry"),
        (POLICY, [{"event": "trained", "on": "soon"}], "not_a_day"),
        (POLICY, [{"event": "trained", "on": 5}], "not_a_day"),
    ],
)
def test_what_cannot_be_read_is_refused(policy, history, code):
    with pytest.raises(PolicyError) as refusal:
        status(policy, history, LATER)
    assert refusal.value.code == code


def test_a_state_either_has_room_for_a_sitting_or_says_why_not():
    rooms = {state for state, event in TABLE if event is Event.BOOKED}
    assert rooms | set(VOID) == set(State)
    assert rooms.isdisjoint(VOID)
    assert {state for state, event in TABLE if event is Event.TRAINED} == {
        state for state, opens in OPEN.items() if opens == "training"
    }


def test_no_move_leads_out_of_passed():
    assert not [move for move in TABLE if move[0] is State.PASSED]


entries = st.one_of(
    st.builds(trained, st.integers(0, 60)),
    st.builds(sitting, st.sampled_from(["booked", "cancelled", "sat", "passed", "failed"]), st.integers(0, 60)),
)
# One outcome a sitting: two without a revision are refused, which has its own test.
histories = st.lists(entries, max_size=14, unique_by=lambda entry: (entry["on"], "sitting" in entry))
policies = st.fixed_dictionaries(
    {"makeups": st.integers(0, 3), "cooling_off_days": st.integers(0, 20), "carry_over_days": st.just(30)}
)


def counted(current):
    return [attempt for attempt in current.attempts if attempt.void is None]


@settings(max_examples=300)
@given(policies, histories)
def test_never_more_makeups_between_two_trainings_than_the_policy_has(policy, history):
    days = sorted(entry["on"] for entry in history if entry["event"] == "trained")
    makeups = [attempt.on for attempt in counted(now(history, policy=policy)) if attempt.makeup]
    for begin, end in zip([date.min, *days], [*days, date.max], strict=True):
        assert sum(begin <= on < end for on in makeups) <= policy["makeups"]


@settings(max_examples=300)
@given(policies, histories)
def test_after_a_final_failure_no_sitting_counts_without_a_later_training(policy, history):
    days = [entry["on"] for entry in history if entry["event"] == "trained"]
    attempts = counted(now(history, policy=policy))
    for index, attempt in enumerate(attempts[:-1]):
        if attempt.verdict == "final_fail":
            assert any(attempt.on < training <= attempts[index + 1].on for training in days)


@settings(max_examples=300)
@given(policies, histories)
def test_a_pass_is_the_end(policy, history):
    verdict_list = [attempt.verdict for attempt in counted(now(history, policy=policy))]
    assert "pass" not in verdict_list[:-1]


@settings(max_examples=300)
@given(policies, histories)
def test_every_makeup_respects_the_cooling_off(policy, history):
    attempts = counted(now(history, policy=policy))
    for before, after in itertools.pairwise(attempts):
        if after.makeup:
            assert (after.on - before.on).days >= policy["cooling_off_days"]


@settings(max_examples=300)
@given(policies, histories)
def test_void_sittings_never_count(policy, history):
    current = now(history, policy=policy)
    void = {attempt.sitting for attempt in current.attempts if attempt.void}
    without = now([entry for entry in history if entry.get("sitting") not in void], policy=policy)
    assert counted(without) == counted(current)
    assert (without.state, without.makeups_left, without.carried) == (current.state, current.makeups_left, current.carried)


@settings(max_examples=300)
@given(policies, histories.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))), st.integers(0, 70))
def test_the_order_of_recording_changes_nothing(policy, both, on):
    history, shuffled = both
    assert now(history, on, policy) == now(shuffled, on, policy)


@settings(max_examples=300)
@given(policies, histories, st.integers(0, 70))
def test_what_find_bar_allows_is_not_void_when_booked(policy, history, on):
    history = [entry for entry in history if entry["on"] <= day(on)]
    bar = find_bar(policy, history, day(on))
    booked = status(policy, [*history, {"event": "booked", "on": day(on), "sitting": "~asked"}], day(on))
    assert [attempt.void for attempt in booked.attempts if attempt.sitting == "~asked"] == [bar]

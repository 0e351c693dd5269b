"""Who may mark what, and when a script is settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.marking import rules
from exam_engine.marking.records import MarkPlace, ScriptState
from exam_engine.marking.rules import Facts, Given, Step
from tests.marking.desk import RUBRIC

FIRST, SECOND, THIRD, SENIOR = MarkPlace.FIRST, MarkPlace.SECOND, MarkPlace.THIRD, MarkPlace.SENIOR


def person(number: int, *roles: Role) -> User:
    return User(id=number, login=f"p{number}", roles=[role.value for role in roles])


def mark(place: MarkPlace, marker: int, cause: str = "0", clarity: str = "0", *, final: bool = True) -> Given:
    return Given(place, marker, final, {"cause": {"marks": cause, "comment": ""}, "clarity": {"marks": clarity, "comment": ""}})


def facts(
    *given: Given, double: bool = True, state: ScriptState = ScriptState.OPEN, barred: frozenset[int] = frozenset()
) -> Facts:
    return Facts(state, double, given, barred)


@pytest.mark.parametrize(
    ("script", "place"),
    [
        (facts(double=False), FIRST),
        (facts(mark(FIRST, 1, final=False), double=False), None),
        (facts(mark(FIRST, 1), double=False), None),
        (facts(), FIRST),
        (facts(mark(FIRST, 1, final=False)), SECOND),
        (facts(mark(SECOND, 1)), FIRST),
        (facts(mark(FIRST, 1), mark(SECOND, 2, final=False)), None),
        (facts(mark(FIRST, 1), mark(SECOND, 2), state=ScriptState.ADJUDICATION), THIRD),
        (facts(mark(FIRST, 1), mark(SECOND, 2), mark(THIRD, 3, final=False), state=ScriptState.ADJUDICATION), None),
        (facts(mark(FIRST, 1), mark(SECOND, 2), mark(THIRD, 3), state=ScriptState.ADJUDICATION), SENIOR),
        (facts(mark(FIRST, 1), mark(SECOND, 2), state=ScriptState.SETTLED), None),
    ],
)
def test_places_open_one_after_the_other(script: Facts, place: MarkPlace | None) -> None:
    assert rules.find_open_place(script) is place


def test_nobody_marks_a_script_twice() -> None:
    with pytest.raises(Refusal, match="same_person"):
        rules.get_place(facts(mark(FIRST, 1)), person(1, Role.MARKER))


def test_a_trainer_does_not_mark_those_he_trained() -> None:
    with pytest.raises(Refusal, match="same_person"):
        rules.get_place(facts(barred=frozenset({1})), person(1, Role.MARKER))


@pytest.mark.parametrize("roles", [[Role.ADMINISTRATOR], [Role.ADMINISTRATOR, Role.MARKER], [Role.OFFICER], [Role.TRAINER]])
def test_only_markers_mark_and_an_administrator_never(roles: list[Role]) -> None:
    with pytest.raises(Refusal, match="not_allowed"):
        rules.get_place(facts(), person(1, *roles))


def test_a_disputed_script_is_for_senior_markers() -> None:
    disputed = facts(mark(FIRST, 1), mark(SECOND, 2), state=ScriptState.ADJUDICATION)
    with pytest.raises(Refusal, match="not_allowed"):
        rules.get_place(disputed, person(3, Role.MARKER))
    assert rules.get_place(disputed, person(3, Role.SENIOR_MARKER)) is THIRD


def test_a_senior_who_gave_the_first_mark_does_not_adjudicate() -> None:
    disputed = facts(mark(FIRST, 1), mark(SECOND, 2), state=ScriptState.ADJUDICATION)
    with pytest.raises(Refusal, match="same_person"):
        rules.get_place(disputed, person(1, Role.SENIOR_MARKER))


def test_a_single_mark_stands() -> None:
    settled = rules.settle(facts(mark(FIRST, 1, "1.5", "2"), double=False), RUBRIC)
    assert (settled.step, settled.state, settled.marks) == (Step.SINGLE, ScriptState.SETTLED, "3.5")


def test_the_first_of_two_marks_settles_nothing() -> None:
    settled = rules.settle(facts(mark(FIRST, 1, "1.5", "2"), mark(SECOND, 2, final=False)), RUBRIC)
    assert (settled.step, settled.state, settled.marks) == (Step.WAITS, ScriptState.OPEN, None)


def test_two_marks_within_the_tolerance_give_their_mean() -> None:
    # (3.5 + 4.5) / 2 = 4: totals differ by 1, clarity by 1 of 2, which is half of its maximum
    settled = rules.settle(facts(mark(FIRST, 1, "3", "0.5"), mark(SECOND, 2, "3", "1.5")), _free_rubric())
    assert (settled.step, settled.state, settled.marks) == (Step.AGREED, ScriptState.SETTLED, "4")


def test_two_marks_beyond_the_tolerance_go_to_adjudication() -> None:
    settled = rules.settle(facts(mark(FIRST, 1, "3", "2"), mark(SECOND, 2, "1.5", "2")), RUBRIC)
    assert (settled.step, settled.state, settled.marks) == (Step.DIFFERS, ScriptState.ADJUDICATION, None)


def test_a_third_mark_settles_with_the_closest_pair() -> None:
    # totals 5, 0, 4.5 wait for no senior: 5 and 4.5 are closest, their mean 4.75 is rounded half up to 5
    given = (mark(FIRST, 1, "3", "2"), mark(SECOND, 2, "0", "0"), mark(THIRD, 3, "3", "1.5"))
    settled = rules.settle(facts(*given, state=ScriptState.ADJUDICATION), _free_rubric())
    assert (settled.step, settled.state, settled.marks) == (Step.ADJUDICATED, ScriptState.SETTLED, "5")


def test_three_marks_far_apart_wait_for_another_senior_whose_total_stands() -> None:
    given = (mark(FIRST, 1, "3", "2"), mark(SECOND, 2, "0", "0"), mark(THIRD, 3, "1.5", "1"))
    escalated = rules.settle(facts(*given, state=ScriptState.ADJUDICATION), RUBRIC)
    assert (escalated.step, escalated.state, escalated.marks) == (Step.ESCALATED, ScriptState.ADJUDICATION, None)
    settled = rules.settle(facts(*given, mark(SENIOR, 4, "1.5", "0"), state=ScriptState.ADJUDICATION), RUBRIC)
    assert (settled.step, settled.state, settled.marks) == (Step.SENIOR, ScriptState.SETTLED, "1.5")


def test_a_settled_script_takes_no_further_mark() -> None:
    with pytest.raises(Refusal, match="wrong_state"):
        rules.settle(facts(mark(FIRST, 1), double=False, state=ScriptState.SETTLED), RUBRIC)


@given(st.lists(st.sampled_from(["0", "0.75", "1.5", "2.25", "3"]), max_size=12))
def test_the_sum_of_marks_is_exact(marks: list[str]) -> None:
    criteria = {f"c{number}": {"marks": one, "comment": ""} for number, one in enumerate(marks)}
    assert float(rules.sum_marks(criteria)) == sum(map(float, marks))  # quarters are exact in binary


def test_markers_see_scripts_in_their_own_order_and_always_the_same() -> None:
    starts = {marker: rules.starting_code(marker, "case-1/t1/a") for marker in range(20)}
    assert starts == {marker: rules.starting_code(marker, "case-1/t1/a") for marker in range(20)}
    assert len(set(starts.values())) == 20


@pytest.mark.parametrize(
    ("text", "language", "length"),
    [
        ("The backup fills uplink 2, it’s slow.", "en", 7),
        ("每天八点多刷卡很慢，重启没有用。", "zh-CN", 14),
        ("自 CHG-1187 起，备份走上行链路 2。", "zh-CN", 11),
        ("", "en", 0),
    ],
)
def test_english_is_measured_in_words_and_chinese_in_characters(text: str, language: str, length: int) -> None:
    assert rules.measure_text(text) == (language, length)


def _free_rubric() -> dict:
    """The rubric without levels, where any mark up to the maximum can be given."""
    criteria = [{name: value for name, value in one.items() if name != "levels"} for one in RUBRIC["criteria"]]
    return {**RUBRIC, "criteria": criteria}

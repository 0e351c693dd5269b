from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import RubricError
from grading.double_marking import Verdict, decide_double

RULE = {"total_tolerance": 1, "criterion_tolerance": "0.5", "rounding": {"step": "0.5", "mode": "half_up"}}


def rubric(**rule):
    criteria = [{"id": "a", "max": 10}, {"id": "b", "max": 2}]
    return {"criteria": criteria, "double": RULE | rule}


def decide(*totals, senior=None, **rule):
    """Marks that differ on the first criterion only."""
    marks = {name: {"a": total, "b": 0} for name, total in zip(("first", "second", "third"), totals, strict=False)}
    return decide_double(rubric(**rule), marks | ({"senior": {"a": senior, "b": 0}} if senior is not None else {}))


@pytest.mark.parametrize(
    ("totals", "verdict", "total", "pair"),
    [
        ((6, 6), Verdict.AGREED, "6", ("first", "second")),
        ((6, 7), Verdict.AGREED, "13/2", ("first", "second")),  # a difference of just the tolerance
        (("6", "6.5"), Verdict.AGREED, "13/2", ("first", "second")),  # 6.25, half up to a half
        ((6, "7.1"), Verdict.THIRD_NEEDED, None, None),
        ((2, 8, 7), Verdict.ADJUDICATED, "15/2", ("second", "third")),  # 8 and 7 are closest
        ((2, 8, 3), Verdict.ADJUDICATED, "5/2", ("first", "third")),
        ((4, 6, 5), Verdict.ADJUDICATED, "11/2", ("second", "third")),  # 4-5 and 5-6 tie: the higher mean
        ((2, 8, 5), Verdict.ESCALATE, None, None),  # 3 apart at best
        ((6, 7, 1), Verdict.AGREED, "13/2", ("first", "second")),  # a third mark without need is ignored
    ],
)
def test_the_rule_of_double_marking(totals, verdict, total, pair):
    decision = decide(*totals)
    assert (decision.verdict, decision.pair) == (verdict, pair)
    assert decision.total == (None if total is None else Fraction(total))


def test_after_escalation_the_seniors_total_stands_as_it_is():
    decision = decide(2, 8, 5, senior="4.25")
    assert (decision.verdict, decision.total) == (Verdict.ESCALATE, Fraction("4.25"))


def test_a_seniors_mark_given_without_need_is_ignored():
    assert decide(6, 7, 1, senior=0).total == Fraction(13, 2)


@pytest.mark.parametrize(("second", "verdict", "differing"), [(1, Verdict.AGREED, ()), ("1.01", Verdict.THIRD_NEEDED, ("b",))])
def test_a_criterion_may_differ_by_a_share_of_its_maximum(second, verdict, differing):
    # Criterion b has a maximum of 2 and a tolerance of 0.5 * 2 = 1; the totals are the same.
    decision = decide_double(rubric(), {"first": {"a": second, "b": 0}, "second": {"a": 0, "b": second}})
    assert (decision.verdict, decision.differing) == (verdict, differing)


def test_where_only_a_criterion_differs_the_first_two_may_still_be_the_closest_pair():
    marks = {"first": {"a": 2, "b": 0}, "second": {"a": 0, "b": 2}, "third": {"a": 9, "b": 2}}
    decision = decide_double(rubric(), marks)
    assert (decision.verdict, decision.pair, decision.total) == (Verdict.ADJUDICATED, ("first", "second"), 2)


@pytest.mark.parametrize(
    ("step", "mode", "expected"),
    [
        ("0.5", "half_up", "6.5"),  # mean 6.25
        ("0.5", "half_even", "6"),
        ("0.5", "up", "6.5"),
        ("0.5", "down", "6"),
        (1, "half_up", "6"),
        ("0.1", "half_up", "6.3"),
    ],
)
def test_the_mean_is_rounded_as_the_document_says(step, mode, expected):
    assert decide(6, "6.5", rounding={"step": step, "mode": mode}).total == Fraction(expected)


def test_without_a_rounding_the_mean_is_exact_and_without_a_criterion_tolerance_criteria_are_not_compared():
    marks = {"first": {"a": 0, "b": 2}, "second": {"a": "2.5", "b": 0}}
    bare = {"criteria": rubric()["criteria"], "double": {"total_tolerance": 1}}
    assert decide_double(bare, marks).total == Fraction("2.25")


@pytest.mark.parametrize(
    ("document", "marks", "code"),
    [
        ({"criteria": []}, {}, "no_double_rule"),
        (rubric(), {"first": {"a": 1, "b": 1}}, "first_two_needed"),
        (rubric(), {"first": {"a": 1, "b": 1}, "second": {"a": 1}}, "missing_criterion"),
        (
            rubric(rounding={"step": 0, "mode": "half_up"}),
            {"first": {"a": 1, "b": 1}, "second": {"a": 1, "b": 1}},
            "unknown_rounding",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(document, marks, code):
    with pytest.raises(RubricError) as refusal:
        decide_double(document, marks)
    assert refusal.value.code == code


def test_the_decision_is_plain_data():
    assert decide(6, 7).as_json() == {
        "verdict": "agreed",
        "total": "6.5",
        "pair": ["first", "second"],
        "difference": "1",
        "differing": [],
    }


@given(st.lists(st.integers(0, 10), min_size=3, max_size=3))
def test_a_total_that_is_not_a_seniors_lies_within_the_marks_given(totals):
    decision = decide(*totals, rounding={"step": "0.5", "mode": "down"})
    if decision.total is not None:
        assert min(totals) <= decision.total <= max(totals)

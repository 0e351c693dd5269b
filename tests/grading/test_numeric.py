from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ItemError, ResponseError, Status, mark
from tests.grading.builders import credit, numeric, share


def near(value, **tolerance):
    return {"value": value, "tolerance": tolerance}


@pytest.mark.parametrize(
    ("accepted", "answer", "expected"),
    [
        ("3.25", "3.25", 1),
        ("3.25", 3.25, 1),
        ("3.25", "3.250", 1),
        ("3.25", "3.2500001", 0),
        # absolute: |x - 0.3| <= 0.1 ends at 0.2 and 0.4, which binary floats miss.
        (near("0.3", kind="absolute", bound="0.1"), "0.4", 1),
        (near("0.3", kind="absolute", bound="0.1"), "0.2", 1),
        (near("0.3", kind="absolute", bound="0.1"), "0.4000001", 0),
        (near(0.3, kind="absolute", bound=0.1), 0.4, 1),
        # A float sum is judged as it is written: 0.30000000000000004 is not 0.3.
        ("0.3", 0.1 + 0.2, 0),
        # relative: 5 % of |-200| is 10.
        (near(-200, kind="relative", bound="0.05"), "-210", 1),
        (near(-200, kind="relative", bound="0.05"), "-190", 1),
        (near(-200, kind="relative", bound="0.05"), "-210.01", 0),
        (near(0, kind="relative", bound="0.05"), "0", 1),
        (near(0, kind="relative", bound="0.05"), "0.001", 0),
        # geometric: 100/1.25 = 80 to 100 * 1.25 = 125.
        (near(100, kind="geometric", bound="0.25"), "80", 1),
        (near(100, kind="geometric", bound="0.25"), "125", 1),
        (near(100, kind="geometric", bound="0.25"), "79.99", 0),
        (near(-100, kind="geometric", bound="0.25"), "-125", 1),
        (near(-100, kind="geometric", bound="0.25"), "-80", 1),
        (near(-100, kind="geometric", bound="0.25"), "-79.99", 0),
        (near(-100, kind="geometric", bound="0.25"), "100", 0),
        # asymmetric: 10 - 1 to 10 + 3.
        (near(10, kind="absolute", lower=1, upper=3), "9", 1),
        (near(10, kind="absolute", lower=1, upper=3), "13", 1),
        (near(10, kind="absolute", lower=1, upper=3), "8.9", 0),
        (near(10, kind="relative", lower="0.1", upper="0.3"), "9", 1),
        (near(-10, kind="relative", lower="0.1", upper="0.3"), "-11", 1),  # -10 - 0.1 * 10
        (near(-10, kind="relative", lower="0.1", upper="0.3"), "-7", 1),  # -10 + 0.3 * 10
        # strict ends.
        (near(10, kind="absolute", bound=1, lower_strict=True), "9", 0),
        (near(10, kind="absolute", bound=1, lower_strict=True), "11", 1),
        (near(10, kind="absolute", bound=1, upper_strict=True), "11", 0),
        (near(-10, kind="geometric", lower=1, upper=1, upper_strict=True), "-20", 0),  # the outer end of a negative value
        (near(-10, kind="geometric", lower=1, upper=1, upper_strict=True), "-5", 1),
        # rounded: half up, away from zero.
        (near("2.35", kind="rounded", decimals=1), "2.4", 1),
        (near("2.35", kind="rounded", decimals=1), "2.34", 0),
        (near("-2.35", kind="rounded", decimals=1), "-2.4", 1),
        (near("1234", kind="rounded", significant=2), "1200", 1),
        (near("1234", kind="rounded", significant=2), "1249.99", 1),
        (near("1234", kind="rounded", significant=2), "1250", 0),
        (near("9.996", kind="rounded", significant=3), "10", 1),
        (near("0.0012345", kind="rounded", significant=3), "0.00123", 1),
        (near(0, kind="rounded", significant=3), "0", 1),
        (near(150, kind="rounded", decimals=-2), "249", 1),  # 200 and 200
    ],
)
def test_tolerances(accepted, answer, expected):
    assert credit(numeric(accepted), answer) == expected


def test_accepted_answers_are_tried_in_order_and_the_first_match_counts():
    item = numeric({"value": "10", "credit": "0.5"}, near("10", kind="absolute", bound=2) | {"credit": 1})
    assert [credit(item, answer) for answer in ("10", "11", "13")] == [share("1/2"), 1, 0]


TIME = {"multipliers": {"h": 1, "min": "1/60", "小时": 1}, "required": True, "penalty": "0.1", "penalty_of": "mark"}


@pytest.mark.parametrize(
    ("units", "answer", "expected"),
    [
        ({}, "1.5 h", "1"),
        ({}, "90min", "1"),  # 90/60
        ({}, "１．５小时", "1"),
        ({}, "1.5", "9/10"),  # missing: 1 - 0.1 of the mark
        ({}, 1.5, "9/10"),
        ({}, "1.5 days", "9/10"),  # unknown: read in the base unit, 1 - 0.1
        ({}, "90", "0"),  # missing, and not 1.5 h
        ({}, "90 h", "0"),  # a known unit is taken at its word
        ({"required": False}, "1.5", "1"),
        ({"required": False}, "1.5 days", "9/10"),
    ],
)
def test_units(units, answer, expected):
    assert credit(numeric("1.5", units=TIME | units), answer) == share(expected)


@pytest.mark.parametrize(
    ("penalty_of", "expected"),
    [("mark", "2/5"), ("maximum", "3/10")],  # 0.5 - 0.2 * 0.5 and 0.5 - 0.2 * 1
)
def test_a_unit_penalty_is_a_share_of_the_mark_or_of_the_maximum(penalty_of, expected):
    item = numeric({"value": 1, "credit": "0.5"}, units=TIME | {"penalty": "0.2", "penalty_of": penalty_of})
    assert credit(item, "1") == share(expected)


def test_a_unit_penalty_never_takes_a_credit_under_zero():
    item = numeric({"value": 1, "credit": "0.5"}, units=TIME | {"penalty": "0.8", "penalty_of": "maximum"})
    assert credit(item, "1") == 0
    assert credit(item, "7") == 0


def test_without_a_table_the_unit_shown_may_be_written_and_any_other_is_refused():
    item = numeric("99.5", unit={"en": "%", "zh-CN": "％"})
    assert credit(item, "99.5 %") == credit(item, "９９．５％") == credit(item, "99.5") == 1
    with pytest.raises(ResponseError) as refusal:
        mark(item, "99.5 min")
    assert refusal.value.code == "unexpected_unit"
    assert "%" in refusal.value.message


@pytest.mark.parametrize("response", [None, "", "  "])
def test_a_blank_is_unanswered(response):
    assert mark(numeric("0"), response).status is Status.UNANSWERED


def test_zero_is_an_answer():
    assert mark(numeric("0"), 0).exact_credit == 1


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (numeric(near(1, kind="vague", bound=1)), "unknown_tolerance"),
        (numeric(near(1, kind="absolute")), "missing_bound"),
        (numeric(near(1, kind="absolute", bound=-1)), "negative_bound"),
        (numeric(near(1, kind="rounded")), "missing_bound"),
        (numeric(near(1, kind="rounded", significant=0)), "no_figures"),
        (numeric("one"), "not_a_number"),
        (numeric("1e999999999"), "not_a_number"),
        (numeric({"value": 1, "credit": 2}), "credit_out_of_range"),
        (numeric(1, units=TIME | {"penalty": 2}), "penalty_out_of_range"),
        (numeric(1, units={"multipliers": {"h": 0}}), "zero_multiplier"),
        (numeric(1) | {"key": {}}, "unreadable_item"),
    ],
)
def test_a_numeric_key_that_makes_no_sense_is_refused(item, code):
    with pytest.raises(ItemError) as refusal:
        mark(item, None)
    assert refusal.value.code == code


@given(st.decimals("-1e6", "1e6", places=4), st.decimals("0", "1e3", places=4))
def test_a_bound_met_exactly_is_met_and_any_step_beyond_is_not(value, bound):
    item = numeric(near(str(value), kind="absolute", bound=str(bound)))
    assert credit(item, format(value + bound, "f")) == 1
    assert credit(item, format(value - bound, "f")) == 1
    assert credit(item, format(value + bound + Decimal("0.0001"), "f")) == 0

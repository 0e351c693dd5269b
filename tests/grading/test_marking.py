from decimal import Decimal
from fractions import Fraction

import pytest

from grading import ResponseError, Status, compile_item, mark
from grading.exact import exact, round_to_decimals, round_to_significant, written
from tests.grading.builders import matching, multiple, short_text, single

THIRD = matching(key="1a 2b 3c", lefts="123")


def test_marks_are_credit_times_the_items_marks_and_exact_until_the_edge():
    marked = mark(THIRD | {"marks": 2}, {"1": "a"})
    assert marked.exact_marks == Fraction(2, 3)
    assert marked.marks == Decimal("0.6666666666666666666666666667")
    assert marked.max_marks == Decimal(2)
    assert marked.credit == Decimal("0.3333333333333333333333333333")


def test_json_gives_numbers():
    assert mark(THIRD, {"1": "a"}).as_json() == {"marks": 1 / 3, "max_marks": 1, "credit": 1 / 3, "status": "marked"}
    assert mark(single() | {"marks": "0.5"}, "B").as_json() == {"marks": 0.5, "max_marks": 0.5, "credit": 1, "status": "marked"}


def test_marks_of_a_tenth_are_a_tenth():
    assert mark(single() | {"marks": 0.1}, "B").exact_marks * 3 == Fraction(3, 10)


@pytest.mark.parametrize("kind", ["written", "files"])
def test_work_for_a_person_waits_without_marks_and_blank_work_is_worth_nothing(kind):
    item = {"id": "i", "type": kind, "marks": 4}
    work = "Words." if kind == "written" else [{"name": "a.pdf", "sha256": "0" * 64, "size": 1}]
    waiting, blank = mark(item, work), mark(item, None)
    assert waiting.as_json() == {"marks": None, "max_marks": 4, "credit": None, "status": "needs_person"}
    assert (waiting.marks, waiting.credit) == (None, None)
    assert blank.as_json() == {"marks": 0, "max_marks": 4, "credit": 0, "status": "unanswered"}


def test_the_first_rule_of_a_type_is_its_default():
    item = multiple()
    del item["marking"]
    assert mark(item, ["A"]).exact_credit == 0
    assert mark(item, ["C", "A"]).exact_credit == 1


def test_marking_checks_the_response_first():
    with pytest.raises(ResponseError):
        mark(single(), "Z")


def test_a_compiled_item_marks_many_responses_and_remembers_only_so_many_credits():
    marker = compile_item(short_text(*({"text": str(n), "credit": f"{n}/1000"} for n in range(1000))))
    assert [marker(str(n)).exact_credit for n in range(1000)] == [Fraction(n, 1000) for n in range(1000)]
    assert marker("none of them").status is Status.MARKED


@pytest.mark.parametrize(
    ("value", "text"),
    [("1/4", "0.25"), ("-1/4", "-0.25"), ("1/3", "1/3"), ("7", "7"), ("0", "0"), ("1/3200", "0.0003125"), ("-101/50", "-2.02")],
)
def test_exact_strings_end_or_stay_fractions(value, text):
    assert written(Fraction(value)) == text
    assert exact(text) == Fraction(value)


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"), [("0.5", 0, "1"), ("-0.5", 0, "-1"), ("2.675", 2, "2.68"), ("0.4999", 0, "0")]
)
def test_rounding_is_half_up_away_from_zero(value, decimals, rounded):
    assert round_to_decimals(Fraction(value), decimals) == Fraction(rounded)


@pytest.mark.parametrize(
    ("value", "figures", "rounded"),
    [("99.95", 3, "100"), ("0.099", 1, "0.1"), ("1/3", 2, "0.33"), ("999/1000", 2, "1"), ("-0.00155", 2, "-0.0016")],
)
def test_significant_figures(value, figures, rounded):
    assert round_to_significant(Fraction(value), figures) == Fraction(rounded)

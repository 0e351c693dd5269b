from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ItemError, Status, mark
from tests.grading.builders import credit, multiple, share, single, true_false

KEYED = ["all_or_nothing", "right_minus_wrong", "balanced", "per_option", "half_or_more", "capped", "match"]


@pytest.mark.parametrize(
    ("rule", "chosen", "expected"),
    [
        # Five options, key A and C.
        ("all_or_nothing", "AC", "1"),
        ("all_or_nothing", "CA", "1"),
        ("all_or_nothing", "A", "0"),
        ("all_or_nothing", "ACD", "0"),
        ("right_minus_wrong", "AC", "1"),  # (2 - 0)/2
        ("right_minus_wrong", "ACD", "1/2"),  # (2 - 1)/2
        ("right_minus_wrong", "AB", "0"),  # (1 - 1)/2
        ("right_minus_wrong", "BDE", "0"),  # max(0, 0 - 3)/2
        ("balanced", "AC", "1"),  # 2/2 - 0/3
        ("balanced", "ACD", "2/3"),  # 2/2 - 1/3
        ("balanced", "AB", "1/6"),  # 1/2 - 1/3
        ("balanced", "ABCDE", "0"),  # 2/2 - 3/3
        ("balanced", "BD", "0"),  # max(0, -2/3)
        ("per_option", "AC", "1"),  # 5/5
        ("per_option", "A", "4/5"),  # C is missed
        ("per_option", "BDE", "0"),  # every state is wrong
        ("per_option", "AB", "3/5"),  # A, D and E are judged rightly
        ("capped", "AC", "1"),  # 2/2
        ("capped", "AB", "1/2"),  # 1/2
        ("capped", "ACD", "0"),  # three chosen, two in the key
        ("match", "CA", "1"),
        ("match", "AB", "0"),
    ],
)
def test_multiple_choice_by_rule(rule, chosen, expected):
    assert credit(multiple(rule), list(chosen)) == share(expected)


@pytest.mark.parametrize(
    ("options", "chosen", "expected"),
    [
        ("ABCD", "AC", "1"),  # 4 of 4 judged rightly
        ("ABCD", "A", "1/2"),  # 3 of 4: more than half
        ("ABCD", "AB", "0"),  # 2 of 4: not strictly more than half
        ("ABCDE", "AB", "1/2"),  # 3 of 5
        ("ABCDE", "BD", "0"),  # 1 of 5
    ],
)
def test_ps50_of_albanese_gives_half_for_more_than_half_judged_rightly(options, chosen, expected):
    assert credit(multiple("half_or_more", options), list(chosen)) == share(expected)


def test_when_every_option_is_in_the_key_balanced_has_nothing_wrong_to_divide_by():
    item = multiple("balanced", options="AB", key="AB")
    assert credit(item, ["A"]) == share("1/2")
    assert credit(item, ["A", "B"]) == 1


@pytest.mark.parametrize("rule", KEYED)
def test_with_an_empty_key_an_empty_list_is_the_right_answer_and_no_response_is_unanswered(rule):
    item = multiple(rule, key="")
    assert mark(item, []).status is Status.MARKED
    assert credit(item, []) == 1
    assert mark(item, None).status is Status.UNANSWERED
    assert mark(item, None).exact_credit == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("right_minus_wrong", "0"), ("balanced", "4/5"), ("per_option", "4/5"), ("half_or_more", "1/2"), ("capped", "0")],
)
def test_with_an_empty_key_one_wrong_option_of_five(rule, expected):
    assert credit(multiple(rule, key=""), ["A"]) == share(expected)


@pytest.mark.parametrize("rule", KEYED)
@pytest.mark.parametrize("response", [None, "", []])
def test_an_unanswered_multiple_choice_is_wrong_even_where_leaving_options_open_is_right(rule, response):
    marked = mark(multiple(rule), response)
    assert (marked.exact_credit, marked.status) == (0, Status.UNANSWERED)


WEIGHTS = {"A": "0.5", "B": "-0.25", "C": 0.5, "D": "-1"}


@pytest.mark.parametrize(
    ("chosen", "bounds", "expected"),
    [
        ("AC", {}, "1"),  # 0.5 + 0.5
        ("AB", {}, "1/4"),  # 0.5 - 0.25
        ("E", {}, "0"),  # no weight
        ("D", {}, "0"),  # -1, not under 0
        ("D", {"lower": -1}, "-1"),
        ("BD", {"lower": "-0.5"}, "-1/2"),  # -1.25, not under -0.5
        ("AC", {"upper": "0.8"}, "4/5"),
    ],
)
def test_weighted_sums_and_clamps(chosen, bounds, expected):
    assert credit(multiple("weighted", weights=WEIGHTS, **bounds), list(chosen)) == share(expected)


def test_weighted_single_choice_gives_the_weight_of_the_one_option():
    item = single("weighted", weights={"B": 1, "C": "0.4"})
    assert [credit(item, option) for option in "BCD"] == [1, share("2/5"), 0]


def test_three_weights_of_a_third_are_exactly_one():
    thirds = dict.fromkeys("ABC", "1/3")
    assert credit(multiple("weighted", weights=thirds), ["A", "B", "C"]) == 1


def test_one_tenth_and_two_tenths_are_exactly_three_tenths():
    assert credit(multiple("weighted", weights={"A": 0.1, "B": 0.2}), ["A", "B"]) == Fraction(3, 10)


def test_formula_scoring_takes_one_over_k_minus_one_for_a_wrong_answer_and_nothing_for_an_omission():
    item = single("formula", options="ABCD", key="B")
    assert credit(item, "B") == 1
    assert credit(item, "A") == share("-1/3")
    assert credit(item, None) == 0


def test_formula_scoring_of_true_or_false_takes_a_whole_mark():
    assert credit(true_false(key=False, rule="formula"), True) == -1
    assert credit(true_false(key=False, rule="formula"), False) == 1


def test_formula_with_a_single_option_has_no_wrong_answer():
    assert credit(single("formula", options="A", key="A"), "A") == 1


def test_false_is_an_answer():
    marked = mark(true_false(key=True), False)
    assert (marked.exact_credit, marked.status) == (0, Status.MARKED)


def test_mapped_single_gives_the_value_or_the_default_and_the_clamped_default_for_no_answer():
    item = single("mapped", map={"B": 1, "C": "0.5"}, default="-0.5", lower=0)
    assert [credit(item, response) for response in ("B", "C", "A", None)] == [1, share("1/2"), share("-1/2"), 0]


def test_mapped_multiple_after_the_water_item_of_qti_halved():
    # IMS QTI 2.1 example choice_multiple: H 1, O 1, Cl -1, default -2, bounds 0 and 2; here as shares of 2 marks.
    item = multiple("mapped", "HOCPS", "", map={"H": "0.5", "O": "0.5", "C": "-0.5"}, default=-1, lower=0, upper=1)
    assert credit(item, ["H", "O"]) == 1
    assert credit(item, ["H"]) == share("1/2")
    assert credit(item, ["H", "O", "C"]) == share("1/2")
    assert credit(item, ["H", "O", "P"]) == 0  # 1 - 1
    assert credit(item, ["S"]) == 0  # -1, not under 0
    assert credit(item, []) == 0  # default -1, clamped


def test_mapped_without_a_lower_bound_may_fall_under_zero():
    assert credit(multiple("mapped", map={"A": 1}, default="-0.5"), ["B", "D"]) == -1


def test_match_is_equality_with_the_key():
    assert [credit(single("match"), option) for option in "BA"] == [1, 0]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (single(key="Z"), "key_unknown_option"),
        (single(key=["A", "B"]), "key_not_single"),
        (single("balanced"), "unknown_rule"),
        (single() | {"key": None}, "missing_key"),
        (single("weighted"), "missing_weights"),
        (single("weighted", weights={"Z": 1}), "unknown_option"),
        (multiple("weighted", weights={"A": 1}, upper=2), "credit_above_one"),
        (multiple("weighted", weights={"A": 1}, lower=1, upper=0), "bounds_crossed"),
        (multiple("weighted", weights={"A": "much"}), "not_a_number"),
        (single("mapped"), "missing_map"),
        (single("mapped", map={"A": 2}), "credit_above_one"),
        ({"id": "i", "type": "riddle"}, "unknown_type"),
        (single() | {"marks": -1}, "negative_marks"),
    ],
)
def test_an_item_that_cannot_be_marked_is_refused_with_a_code(item, code):
    with pytest.raises(ItemError) as refusal:
        mark(item, None)
    assert refusal.value.code == code


@given(st.sampled_from(KEYED), st.sets(st.sampled_from("ABCDE"), min_size=1), st.sets(st.sampled_from("ABCDE")))
def test_credit_is_within_0_and_1_and_is_1_exactly_when_all_is_right(rule, key, chosen):
    worth = credit(multiple(rule, key="".join(key)), sorted(chosen))
    assert 0 <= worth <= 1
    assert (worth == 1) == (key == chosen)

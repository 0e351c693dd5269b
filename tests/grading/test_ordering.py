from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from grading import ItemError, mark
from grading.marking import RULES
from tests.grading.builders import credit, ordering, share

ALL_RULES = list(RULES["ordering"])


@pytest.mark.parametrize(
    ("rule", "answer", "expected"),
    [
        # Key ABCD, n = 4.
        ("all_or_nothing", "ABCD", "1"),
        ("all_or_nothing", "ABDC", "0"),
        ("match", "ABCD", "1"),
        ("match", "ABDC", "0"),
        ("exact_position", "ABDC", "1/2"),  # A and B stand right
        ("exact_position", "DABC", "0"),
        ("adjacent_pairs", "DABC", "2/3"),  # AB and BC of AB, BC, CD
        ("adjacent_pairs", "DCBA", "0"),
        ("adjacent_pairs_and_last", "BCDA", "1/2"),  # BC and CD; A is last, not D: 2/4
        ("adjacent_pairs_and_last", "BACD", "1/2"),  # CD, and D is last: 2/4
        ("neighbours", "DABC", "1/2"),  # successors AB, BC and predecessors AB, BC: 4/8; no end is right
        ("neighbours", "ACBD", "1/4"),  # no pair; A first and D last have nothing beyond them: 2/8
        ("all_before_after", "ABDC", "5/6"),  # 5 of 6 pairs in order, each seen from both ends: 10/12
        ("all_before_after", "DCBA", "0"),
        ("longest_subset", "DABC", "3/4"),  # A B C
        ("longest_subset", "BADC", "1/2"),  # B D
        ("longest_subset", "DCBA", "0"),  # length 1 counts 0
        ("longest_run", "DABC", "3/4"),  # A B C
        ("longest_run", "ACBD", "0"),  # length 1 counts 0
        ("longest_run", "CDAB", "1/2"),  # C D
        ("distance", "ABDC", "5/6"),  # 3 + 3 + 2 + 2 of 12
        ("distance", "DCBA", "1/3"),  # 0 + 2 + 2 + 0 of 12
        ("kendall", "ABDC", "2/3"),  # (5 - 1)/6
        ("kendall", "BADC", "1/3"),  # (4 - 2)/6
        ("kendall", "DCBA", "0"),  # max(0, -1)
    ],
)
def test_four_entries_by_rule(rule, answer, expected):
    assert credit(ordering(rule), list(answer)) == share(expected)


@pytest.mark.parametrize("answer", list(permutations("ABCD")))
def test_kendall_agrees_with_tau_of_scipy_which_is_tau_a_without_ties(answer):
    tau = kendalltau([0, 1, 2, 3], ["ABCD".index(entry) for entry in answer]).statistic
    assert float(credit(ordering("kendall"), list(answer))) == pytest.approx(max(0.0, tau), abs=1e-12)


@pytest.mark.parametrize("rule", ALL_RULES)
def test_a_single_entry_in_its_place_is_right_unless_the_rule_counts_length_1_as_0(rule):
    expected = 0 if rule.startswith("longest") else 1
    assert credit(ordering(rule, key="A"), ["A"]) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("exact_position", "1/2"),  # A and B in place
        ("adjacent_pairs", "1/3"),  # AB
        ("adjacent_pairs_and_last", "1/4"),  # AB; the last place is empty
        ("neighbours", "3/8"),  # AB twice, A first
        ("all_before_after", "1/6"),  # one of six pairs
        ("longest_subset", "1/2"),
        ("longest_run", "1/2"),
        ("distance", "1/2"),  # 3 + 3 of 12
        ("kendall", "1/6"),  # one pair in order, the others in no order
        ("all_or_nothing", "0"),
    ],
)
def test_entries_without_a_place_earn_nothing(rule, expected):
    assert credit(ordering(rule), ["A", "B"]) == share(expected)


@pytest.mark.parametrize("rule", ["adjacent_pairs_and_last", "neighbours"])
def test_the_last_entry_is_last_only_in_the_last_place(rule):
    assert credit(ordering(rule), ["D"]) == 0


def test_a_key_that_is_no_order_of_the_entries_is_refused():
    for key in ("AAB", "AB", ""):
        with pytest.raises(ItemError, match="every entry exactly once"):
            mark(ordering("kendall") | {"key": list(key)}, None)


def longest_increasing(places):
    """Slow and sure: try every subset."""
    best = 0
    for mask in range(1 << len(places)):
        picked = [place for index, place in enumerate(places) if mask >> index & 1]
        if picked == sorted(picked):
            best = max(best, len(picked))
    return best if best > 1 else 0


@given(st.permutations("ABCDEF"))
def test_longest_subset_agrees_with_trying_every_subset(answer):
    key = "ABCDEF"
    assert credit(ordering("longest_subset", key), answer) == Fraction(longest_increasing([key.index(e) for e in answer]), 6)


@given(st.sampled_from(ALL_RULES), st.permutations("CABED"))
def test_credit_is_within_0_and_1_and_is_1_exactly_when_the_order_is_right(rule, answer):
    worth = credit(ordering(rule, "CABED"), answer)
    assert 0 <= worth <= 1
    assert (worth == 1) == (answer == list("CABED"))

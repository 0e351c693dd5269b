import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ItemError, Status, mark
from tests.grading.builders import credit, entries, matching, share


def pairs(text):
    return {pair[0]: pair[1] for pair in text.split()}


@pytest.mark.parametrize(
    ("rule", "answered", "expected"),
    [
        # Four pairs, 1a 2b 3c 4d, and a spare choice e.
        ("per_pair", "1a 2b 3c 4d", "1"),
        ("per_pair", "1a 2b 3d 4c", "1/2"),
        ("per_pair", "1a", "1/4"),
        ("per_pair", "1a 2a 3a 4a", "1/4"),  # a choice may be used again
        ("per_pair_penalty", "1a 2b 3c 4e", "1/2"),  # (3 - 1)/4
        ("per_pair_penalty", "1a 2b 3c", "3/4"),  # an open row is not a wrong one
        ("per_pair_penalty", "1a 2c 3b", "0"),  # max(0, 1 - 2)/4
        ("all_or_nothing", "1a 2b 3c 4d", "1"),
        ("all_or_nothing", "1a 2b 3c", "0"),
    ],
)
def test_pairs_by_rule(rule, answered, expected):
    assert credit(matching(rule), pairs(answered)) == share(expected)


@pytest.mark.parametrize(("kind", "left", "right"), [("categorising", "left", "right"), ("matrix", "rows", "columns")])
def test_categorising_and_matrix_are_marked_as_matching_is(kind, left, right):
    item = {"id": "i", "type": kind, left: entries("12"), right: entries("ab"), "key": {"1": "a", "2": "a"}}
    assert credit(item, {"1": "a", "2": "b"}) == share("1/2")


def test_a_left_entry_that_the_key_leaves_out_is_a_decoy():
    item = matching("all_or_nothing", key="1a 2b", lefts="123")
    assert credit(item, pairs("1a 2b")) == 1
    assert credit(item, pairs("1a 2b 3c")) == 0
    assert credit(matching("per_pair_penalty", key="1a 2b", lefts="123"), pairs("1a 2b 3c")) == share("1/2")


@pytest.mark.parametrize("response", [None, {}, {"1": None, "2": ""}])
def test_a_map_of_nothing_is_unanswered(response):
    assert mark(matching(), response).status is Status.UNANSWERED


@pytest.mark.parametrize("emptied", [None, "", " "])
def test_an_emptied_row_counts_as_open(emptied):
    assert credit(matching("per_pair_penalty"), {"1": "a", "2": emptied}) == share("1/4")
    assert credit(matching("all_or_nothing", key="1a"), {"1": "a", "2": emptied}) == 1


@pytest.mark.parametrize(("key", "code"), [("1z", "key_unknown_pair"), ("9a", "key_unknown_pair"), ("", "empty_key")])
def test_a_key_that_does_not_fit_the_item_is_refused(key, code):
    with pytest.raises(ItemError) as refusal:
        mark(matching(key=key), None)
    assert refusal.value.code == code


@given(st.dictionaries(st.sampled_from("1234"), st.sampled_from("abcde")))
def test_the_penalty_never_helps(answered):
    assert credit(matching("per_pair_penalty"), answered) <= credit(matching("per_pair"), answered)

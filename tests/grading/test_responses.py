from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ItemError, ResponseError, check_response
from tests.grading.builders import entries, matching, multiple, numeric, ordering, short_text, single, true_false

WRITTEN = {"id": "i", "type": "written"}
FILES = {"id": "i", "type": "files", "accept": ["pdf"], "max_files": 2, "max_bytes": 10}
CLOZE = {"id": "i", "type": "cloze", "gaps": {"gap1": single(), "gap2": numeric("1")}}
FILE = {"name": "plan.PDF", "sha256": "a" * 64, "size": 10}
ALL = [
    single(),
    multiple(),
    true_false(key=True),
    matching(),
    ordering("kendall"),
    numeric("1"),
    short_text("a"),
    CLOZE,
    WRITTEN,
    FILES,
]


@pytest.mark.parametrize("item", ALL, ids=lambda item: item["type"])
@pytest.mark.parametrize("response", [None, "", "  ", [], {}])
def test_nothing_is_a_response_to_everything(item, response):
    check_response(item, response)


@pytest.mark.parametrize(
    ("item", "response"),
    [
        (single(), "A"),
        (multiple(), ["A", "E"]),
        (multiple() | {"choose": {"min": 2, "max": 2}}, ["A"]),  # fewer than asked is an answer on its way
        (true_false(key=True), False),
        (matching(), {"1": "a", "2": None}),
        (ordering("kendall"), ["D", "A"]),
        (numeric("1"), "1.5e3"),
        (short_text("a"), "变更"),
        (CLOZE, {"gap1": "A", "gap2": 3}),
        (WRITTEN, "Some words."),
        (FILES, [FILE]),
    ],
)
def test_responses_of_the_right_shape_pass(item, response):
    check_response(item, response)


@pytest.mark.parametrize(
    ("item", "response", "code", "where"),
    [
        (single(), "Z", "unknown_option", ""),
        (single(), ["A"], "not_an_option", ""),
        (single(), 1, "not_an_option", ""),
        (multiple(), "AC", "not_a_list", ""),
        (multiple(), ["A", "Z"], "unknown_option", "[1]"),
        (multiple(), ["A", ["B"]], "unknown_option", "[1]"),
        (multiple(), ["A", "A"], "named_twice", ""),
        (multiple() | {"choose": {"max": 2}}, ["A", "B", "C"], "too_many_options", ""),
        (true_false(key=True), "true", "not_true_or_false", ""),
        (true_false(key=True), 1, "not_true_or_false", ""),
        (matching(), ["1"], "not_a_map", ""),
        (matching(), {"9": "a"}, "unknown_row", ""),
        (matching(), {"1": "z"}, "unknown_choice", "1"),
        (matching(), {"1": ["a"]}, "unknown_choice", "1"),
        (ordering("kendall"), ["A", "Z"], "unknown_entry", "[1]"),
        (ordering("kendall"), ["A", "B", "A"], "named_twice", ""),
        (numeric("1"), "one", "unreadable_number", ""),
        (numeric("1", locale="en"), "1,5", "ambiguous_number", ""),
        (short_text("a"), 5, "not_text", ""),
        (short_text("a"), "\ud800", "not_text", ""),
        (short_text("a"), "a\0", "not_text", ""),
        (short_text("a") | {"max_length": 3}, "abcd", "text_too_long", ""),
        (CLOZE, {"gap9": "A"}, "unknown_gap", ""),
        (CLOZE, {"gap1": "Z"}, "unknown_option", "gap1"),
        (WRITTEN, "x" * 100_001, "text_too_long", ""),
        (FILES, [FILE] * 3, "not_files", ""),
        (FILES, [FILE | {"path": "/etc"}], "not_a_file", "[0]"),
        (FILES, [FILE | {"sha256": "A" * 64}], "bad_digest", "[0]"),
        (FILES, [FILE | {"size": 11}], "bad_size", "[0]"),
        (FILES, [FILE, FILE | {"name": "plan.exe"}], "wrong_kind_of_file", "[1]"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_code_and_place(item, response, code, where):
    with pytest.raises(ResponseError) as refusal:
        check_response(item, response)
    assert (refusal.value.code, refusal.value.where) == (code, where)


def test_an_unknown_option_is_told_what_would_be_known():
    with pytest.raises(ResponseError, match="'Z' is not one of A, B, C, D"):
        check_response(single(), "Z")


def test_an_item_of_unknown_type_takes_no_response():
    with pytest.raises(ItemError):
        check_response({"id": "i", "type": "riddle"}, None)


def test_a_matrix_is_checked_by_its_rows_and_columns():
    item = {"id": "i", "type": "matrix", "rows": entries("12"), "columns": entries("ab")}
    check_response(item, {"1": "b"})
    with pytest.raises(ResponseError):
        check_response(item, {"a": "1"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(ALL), json_values)
def test_any_json_at_all_is_either_fine_or_refused(item, response):
    with suppress(ResponseError):
        check_response(item, response)

"""What simulated candidates can answer: right is right, wrong is wrong, and everything has the shape its item takes."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from exam_engine.demo.answers import BY_PERSONS, GRADED, MOST_WRONG, responses_to, write_text
from grading import compile_item
from grading.responses import check_response
from tests.world import sample_bank

Item = Mapping[str, Any]


def marked_items() -> Iterator[Item]:
    bank = sample_bank()
    parts = [part for case in bank.cases for task in case["tasks"] for part in task["parts"]]
    yield from (item for item in [*bank.items, *parts] if item["type"] not in BY_PERSONS)


def items_of(kind: str) -> list[Item]:
    return [item for item in marked_items() if item["type"] == kind]


KINDS = sorted({item["type"] for item in marked_items()})


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_response_has_full_marks_and_no_other_has(kind: str) -> None:
    for item in items_of(kind):
        mark, full = compile_item(dict(item)), Fraction(str(item.get("marks", 1)))
        right, *wrong = responses_to(item)
        assert mark(right).exact_marks == full, item["stem"]
        assert wrong
        assert [one for one in wrong if mark(one).exact_marks == full] == [], item["stem"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_response_has_the_shape_its_item_takes_and_is_there_once(kind: str) -> None:
    for item in items_of(kind):
        responses = responses_to(item)
        for response in responses:
            check_response(item, response)
        assert all(one not in responses[:place] for place, one in enumerate(responses))
        assert 2 <= len(responses) <= 1 + MOST_WRONG


@pytest.mark.parametrize("kind", sorted(GRADED & set(KINDS)))
def test_wrong_responses_of_graded_items_begin_with_the_near_miss(kind: str) -> None:
    for item in items_of(kind):
        mark = compile_item(dict(item))
        marks = [mark(one).exact_marks or 0 for one in responses_to(item)]
        assert marks[1] == max(marks[1:]), item["stem"]


def test_every_option_is_somebodys_mistake_and_the_most_plausible_is_not_always_the_same_letter() -> None:
    items = items_of("single_choice")
    assert all(set(responses_to(item)) == {option["id"] for option in item["options"]} for item in items)
    assert len({responses_to(item)[1] for item in items}) > 2


@pytest.mark.parametrize(
    ("choose", "sizes"), [({"min": 2, "max": 2}, {2}), ({"min": 1, "max": 4}, {1, 2, 3}), ({"min": 3, "max": 3}, {3})]
)
def test_nobody_chooses_more_or_fewer_options_than_the_item_allows(choose: dict[str, int], sizes: set[int]) -> None:
    options = [{"id": letter, "text": letter} for letter in "ABCDE"]
    key = ["A", "C", "D"] if sizes == {3} else ["A", "C"]
    item = {"type": "multiple_choice", "stem": "?", "options": options, "key": key, "choose": choose}
    assert {len(one) for one in responses_to(item)} == sizes


@pytest.mark.parametrize("value", ["0", "1", "-1", "1/60", "99.5", "43200"])
def test_a_wrong_number_is_another_number(value: str) -> None:
    item = {"type": "numeric", "stem": "?", "key": {"accepted": [{"value": value}]}}
    right, *wrong = responses_to(item)
    assert right == value
    assert all(Fraction(one) != Fraction(value) for one in wrong)


def test_a_unit_is_written_where_one_must_be() -> None:
    units = {"multipliers": {"min": "1/60", "h": 1}, "required": True}
    item = {"type": "numeric", "stem": "?", "key": {"accepted": [{"value": "2"}], "units": units}}
    assert [one for one in responses_to(item) if not one.endswith(" h")] == []


def test_who_knows_more_writes_more() -> None:
    item = {"type": "written", "words": {"min": 100, "max": 400}}
    for seed in range(10):
        short, long = (write_text(item, share, np.random.default_rng(seed)) for share in (0.0, 1.0))
        assert 0 < len(short) < len(long)

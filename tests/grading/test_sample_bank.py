from pathlib import Path

import pytest

from grading import Status, check_response, mark
from question_bank import load

BANK = load(Path(__file__).parents[2] / "question_bank" / "banks" / "itsm")
PARTS = [part for case in BANK.cases for task in case["tasks"] for part in task["parts"]]


def base_unit(multipliers):
    return next(unit for unit, multiplier in multipliers.items() if multiplier in (1, "1"))


def right_response(item):
    """What a candidate who knows everything answers, or None where a person has to judge."""
    if item["type"] == "numeric":
        value, units = item["key"]["accepted"][0]["value"], item["key"].get("units")
        return f"{value} {base_unit(units['multipliers'])}" if units else value
    if item["type"] == "short_text":
        return next((entry["text"] for entry in item["key"]["accepted"] if entry.get("match", "exact") == "exact"), None)
    if item["type"] == "cloze":
        return {name: right_response(gap) for name, gap in item["gaps"].items()}
    return item.get("key")


@pytest.mark.parametrize("item", [*BANK.items, *PARTS], ids=lambda item: item["id"])
def test_the_key_of_every_sample_item_earns_full_marks_and_no_answer_none(item):
    assert mark(item, None).exact_credit == 0
    response = right_response(item)
    check_response(item, response)
    if response is not None:
        marked = mark(item, response)
        assert (marked.exact_credit, marked.status) == (1, Status.MARKED)

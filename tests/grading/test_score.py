import json
import math
from fractions import Fraction

import numpy as np
import pytest

from grading import ItemError, RubricError
from grading.score import canonical, compile_paper, pack, score, unpack
from tests.grading.builders import matching, multiple, single

WRITTEN = {"id": "essay", "type": "written", "marks": 6}
PAPER = [
    {"slot": "q1", "item": single() | {"id": "one"}, "section": "process"},
    {"slot": "q2", "item": matching(key="1a 2b 3c", lefts="123") | {"id": "two"}, "section": "process"},
    {"slot": "q10", "item": multiple("balanced") | {"id": "three", "marks": 2}, "section": "tools"},
    {"slot": "q7", "item": WRITTEN, "section": "tools"},
]
ANSWERS = {"q1": "B", "q2": {"1": "a"}, "q10": ["A", "C"], "q7": "Some words."}


def test_a_score_sums_slots_into_sections_and_leaves_out_what_waits_for_a_person():
    assert score(PAPER, ANSWERS) == {
        "slots": {
            "q1": {"marks": "1", "max": "1", "status": "marked"},
            "q2": {"marks": "1/3", "max": "1", "status": "marked"},
            "q10": {"marks": "2", "max": "2", "status": "marked"},
            "q7": {"marks": "0", "max": "6", "status": "needs_person"},
        },
        "sections": {"process": {"marks": "4/3", "max": "2"}, "tools": {"marks": "2", "max": "8"}},
        "marks": "10/3",
        "max": "10",
        "pending": ["q7"],
    }


def test_a_persons_marks_fill_their_slot():
    scored = score(PAPER, ANSWERS, {"q7": "5.5"})
    assert scored["slots"]["q7"] == {"marks": "5.5", "max": "6", "status": "marked"}
    assert (scored["marks"], scored["pending"]) == ("53/6", [])


def test_a_persons_marks_stand_over_those_of_the_engine_and_survive_a_new_key():
    keys = {"one": {"key": "A"}}
    assert score(PAPER, ANSWERS, {"q1": "0.5"}, keys)["slots"]["q1"]["marks"] == "0.5"


def test_a_newer_key_rescores_only_the_item_it_names():
    before, after = score(PAPER, ANSWERS), score(PAPER, ANSWERS, keys={"one": {"key": "A"}, "nowhere": {"key": "A"}})
    assert (before["slots"]["q1"]["marks"], after["slots"]["q1"]["marks"]) == ("1", "0")
    assert before["slots"]["q2"] == after["slots"]["q2"]


def test_marks_of_the_slot_replace_those_of_the_item():
    slots = [{"slot": "q1", "item": single(), "marks": "2.5"}]
    assert score(slots, {"q1": "B"})["max"] == "2.5"


def test_slots_without_an_answer_are_unanswered_and_answers_without_a_slot_are_not_looked_at():
    scored = score(PAPER[:1], {"q99": "B"})
    assert scored["slots"] == {"q1": {"marks": "0", "max": "1", "status": "unanswered"}}


def test_thirds_add_up_to_one():
    slots = [{"slot": name, "item": matching(key="1a 2b 3c", lefts="123")} for name in "abc"]
    assert score(slots, {name: {"1": "a"} for name in "abc"})["marks"] == "1"


@pytest.mark.parametrize(
    ("given", "code"), [({"q7": 7}, "marks_out_of_range"), ({"q7": "-1"}, "marks_out_of_range"), ({"q7": "x"}, "not_a_number")]
)
def test_marks_by_a_person_fit_their_slot(given, code):
    with pytest.raises(RubricError) as refusal:
        score(PAPER, ANSWERS, given)
    assert (refusal.value.code, refusal.value.where) == (code, "q7")


def test_marks_for_a_slot_that_is_not_there_are_refused():
    with pytest.raises(RubricError, match="q99"):
        score(PAPER, ANSWERS, {"q99": 1})


def test_a_paper_that_cannot_be_marked_is_refused_before_any_answer_is_looked_at():
    with pytest.raises(ItemError):
        compile_paper([{"slot": "q1", "item": single("balanced")}])


def test_the_canonical_bytes_do_not_depend_on_the_order_of_answers_nor_on_a_journey_through_json():
    there = score(PAPER, ANSWERS, {"q7": "5.5"})
    shuffled = dict(reversed(ANSWERS.items()))
    back = score(json.loads(json.dumps(PAPER)), json.loads(json.dumps(shuffled)), {"q7": 5.5})
    assert canonical(there) == canonical(back) == canonical(json.loads(canonical(there)))
    assert canonical({"b": "é", "a": [1]}) == '{"a":[1],"b":"é"}'.encode()


def test_packed_marks_keep_the_order_of_the_paper_also_after_the_journey():
    order = [slot["slot"] for slot in PAPER]
    scored = json.loads(canonical(score(PAPER, ANSWERS)))
    packed = pack(scored, order)
    assert packed[:3].tolist() == [1.0, float(Fraction(1, 3)), 2.0]
    assert math.isnan(packed[3])
    matrix = unpack([packed.tobytes(), packed.tobytes()], len(order))
    assert matrix.shape == (2, 4)
    np.testing.assert_array_equal(matrix[1], packed)

import pytest

from grading import ItemError, ResponseError, Status, mark
from tests.grading.builders import credit, numeric, share, short_text, single


def cloze(**gaps):
    return {"id": "i", "type": "cloze", "text": " ".join(f"{{{{{name}}}}}" for name in gaps), "gaps": gaps}


THREE = cloze(choice=single() | {"weight": 1}, number=numeric("4"), word=short_text("SLA") | {"weight": 2})


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"choice": "B", "number": 4, "word": "sla"}, "1"),
        ({"choice": "B", "number": 5, "word": "sla"}, "3/4"),  # (1 + 0 + 2)/4
        ({"choice": "B"}, "1/4"),  # an open gap is wrong
        ({"word": "SLA"}, "1/2"),
    ],
)
def test_weighted_parts(response, expected):
    assert credit(THREE, response) == share(expected)


def test_gaps_keep_their_own_rules():
    item = cloze(a=single("formula"), b=single("weighted", weights={"B": 1, "C": "0.5"}))
    assert credit(item, {"a": "A", "b": "C"}) == share("1/12")  # (-1/3 + 1/2)/2
    assert credit(item, {"b": "C"}) == share("1/4")  # omitted is 0 under formula scoring


@pytest.mark.parametrize("response", [None, {}, {"a": "", "b": None}])
def test_gaps_all_left_open_give_what_each_rule_gives_for_no_answer(response):
    item = cloze(a=single("mapped", map={"B": 1}, default="0.25"), b=single())
    assert credit(item, response) == share("1/8")  # (1/4 + 0)/2, as for a response that fills the other gap wrongly
    assert credit(item, {"b": "A"}) == share("1/8")


def test_three_gaps_of_a_third_each_are_one():
    item = cloze(a=single() | {"weight": "1/3"}, b=single() | {"weight": "1/3"}, c=single() | {"weight": "1/3"})
    assert credit(item, dict.fromkeys("abc", "B")) == 1


@pytest.mark.parametrize("response", [None, {}, {"choice": "", "word": "  "}])
def test_a_cloze_with_every_gap_open_is_unanswered(response):
    assert mark(THREE, response).status is Status.UNANSWERED


def test_a_fault_in_a_gap_names_the_gap():
    with pytest.raises(ResponseError) as refusal:
        mark(THREE, {"number": "1,234"})
    assert (refusal.value.where, refusal.value.code) == ("number", "ambiguous_number")


@pytest.mark.parametrize(
    ("item", "code", "where"),
    [
        (cloze(a=single() | {"weight": 0}), "no_weight", "gaps"),
        (cloze(a=single() | {"weight": -1}), "negative_weight", "gaps.a.weight"),
        (cloze(a=single("balanced")), "unknown_rule", "gaps.a.marking.rule"),
        (cloze(a={"type": "cloze", "gaps": {}}), "unknown_type", "gaps.a.type"),
    ],
)
def test_gaps_that_cannot_be_marked_are_refused(item, code, where):
    with pytest.raises(ItemError) as refusal:
        mark(item, None)
    assert (refusal.value.code, refusal.value.where) == (code, where)

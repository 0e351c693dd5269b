import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import StandardError
from grading.standards import Outcome, decide

JUNIOR = {"model": "compensatory", "cut": 60, "weights": {"theory": 100}, "distinction": {"total": 90}}
INTERMEDIATE = {
    "model": "compensatory",
    "cut": 60,
    "weights": {"theory": 60, "practical": 40},
    "floors": {"theory": 60, "practical": 60},
    "distinction": {"total": 85, "floors": {"practical": 80}},
}
SENIOR = {
    "model": "compensatory",
    "cut": 60,
    "weights": {"theory": 40, "practical": 60},
    "floors": {"theory": 60, "practical": 65},
    "section_floor": {"practical": 50},
}


def part(name, marks, highest=100, **sections):
    pieces = {section: {"marks": value[0], "max": value[1]} for section, value in sections.items()}
    return {"id": name, "marks": marks, "max": highest, "sections": pieces}


def codes(decision):
    return [(reason.code, reason.component, reason.section) for reason in decision.reasons]


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [("12", Outcome.PASS), ("11.99", Outcome.FAIL), ("35.9999999999999999999/3", Outcome.FAIL), ("36/3", Outcome.PASS)],
)
def test_the_cut_is_met_by_60_and_not_by_anything_under_it_unrounded(marks, outcome):
    assert decide(JUNIOR, [part("theory", marks, 20)]).outcome is outcome


def test_the_total_is_the_weighted_mean_of_percentages():
    decision = decide(INTERMEDIATE, [part("theory", "46", "60"), part("practical", "13", "20")])
    assert decision.components == {"theory": Fraction(230, 3), "practical": 65}
    assert decision.total == 72  # 0.6 * 76.67 + 0.4 * 65
    assert decision.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("theory", "practical", "reasons"),
    [
        (60, 60, []),
        ("59.99", 100, [("component_floor", "theory", None)]),
        (100, "59.99", [("component_floor", "practical", None)]),
        (59, 58, [("total_cut", None, None), ("component_floor", "theory", None), ("component_floor", "practical", None)]),
    ],
)
def test_a_floor_is_not_made_up_by_another_component(theory, practical, reasons):
    decision = decide(INTERMEDIATE, [part("theory", theory), part("practical", practical)])
    assert codes(decision) == reasons
    assert decision.outcome is (Outcome.FAIL if reasons else Outcome.PASS)


@pytest.mark.parametrize(("tools", "reasons"), [("5", []), ("4.99", [("section_floor", "practical", "tools")])])
def test_no_section_of_the_practical_may_be_under_50(tools, reasons):
    practical = part("practical", "70", incident=("9", "10"), tools=(tools, "10"))
    theory = part("theory", "80", fundamentals=("0", "10"))
    assert codes(decide(SENIOR, [theory, practical])) == reasons


def test_one_section_floor_holds_for_every_component_and_one_by_section_for_that_section():
    theory = part("theory", "80", fundamentals=("4", "10"), tools=("4", "10"))
    practical = part("practical", "80", tools=("6", "10"))
    everywhere = decide(SENIOR | {"section_floor": 50}, [theory, practical])
    assert codes(everywhere) == [("section_floor", "theory", "fundamentals"), ("section_floor", "theory", "tools")]
    one = decide(SENIOR | {"section_floor": {"theory": {"tools": 50}}}, [theory, practical])
    assert codes(one) == [("section_floor", "theory", "tools")]


CONJUNCTIVE = {"model": "conjunctive", "cuts": {"theory": 60, "practical": 65}}


@pytest.mark.parametrize(
    ("theory", "practical", "reasons"),
    [
        (60, 65, []),
        (100, "64.9", [("component_cut", "practical", None)]),
        (59, 0, [("component_cut", "theory", None), ("component_cut", "practical", None)]),
    ],
)
def test_conjunctive_holds_each_component_against_its_own_cut(theory, practical, reasons):
    decision = decide(CONJUNCTIVE, [part("theory", theory), part("practical", practical)])
    assert codes(decision) == reasons
    assert decision.total == (Fraction(theory) + Fraction(practical)) / 2


@pytest.mark.parametrize("components", [[part("theory", 90)], [part("theory", 90), part("practical", None)]])
def test_a_missing_component_leaves_the_attempt_incomplete(components):
    decision = decide(INTERMEDIATE, components)
    assert (decision.outcome, decision.total, decision.distinction) == (Outcome.INCOMPLETE, None, False)
    assert codes(decision) == [("component_missing", "practical", None)]


@pytest.mark.parametrize(
    ("theory", "practical", "distinction"),
    [(85, 85, True), ("84.99", 85, False), (100, "79.99", False), (100, 80, True)],
)
def test_distinction_needs_all_of_its_conditions(theory, practical, distinction):
    assert decide(INTERMEDIATE, [part("theory", theory), part("practical", practical)]).distinction is distinction


def test_there_is_no_distinction_without_a_pass_and_missing_it_is_no_reason_to_fail():
    high = {
        "model": "compensatory",
        "cut": 60,
        "weights": {"a": 90, "b": 10},
        "floors": {"b": 60},
        "distinction": {"total": 85},
    }
    failed = decide(high, [part("a", 100), part("b", 0)])
    assert (failed.outcome, failed.total, failed.distinction) == (Outcome.FAIL, 90, False)
    assert decide(high, [part("a", 70), part("b", 70)]).reasons == ()


def test_reasons_are_data_with_exact_numbers():
    decision = decide(JUNIOR, [part("theory", "35/3", 20)])
    assert decision.as_json() == {
        "outcome": "fail",
        "total": "175/3",
        "distinction": False,
        "components": {"theory": "175/3"},
        "reasons": [{"code": "total_cut", "met": False, "needed": "60", "score": "175/3"}],
        "checks": [{"code": "total_cut", "met": False, "needed": "60", "score": "175/3"}],
    }


@pytest.mark.parametrize(
    ("standard", "components", "code"),
    [
        (JUNIOR | {"model": "hopeful"}, [], "unknown_model"),
        ({"model": "compensatory", "weights": {"theory": 1}}, [part("theory", 1)], "missing_cut"),
        (JUNIOR | {"weights": {}}, [], "no_weight"),
        (JUNIOR | {"weights": {"theory": -1}}, [], "no_weight"),
        (JUNIOR | {"floors": {"oral": 60}}, [], "unknown_component"),
        (JUNIOR | {"distinction": {"floors": {"oral": 60}}}, [part("theory", 99)], "unknown_component"),
        (JUNIOR, [part("oral", 1)], "unknown_component"),
        (JUNIOR, [part("theory", 21, 20)], "marks_out_of_range"),
        (JUNIOR, [part("theory", 0, 0)], "marks_out_of_range"),
        (JUNIOR | {"section_floor": {"theory": {"tools": 50}}}, [part("theory", 99)], "unknown_section"),
    ],
)
def test_what_cannot_be_decided_is_refused(standard, components, code):
    with pytest.raises(StandardError) as refusal:
        decide(standard, components)
    assert refusal.value.code == code


percents = st.fractions(0, 100, max_denominator=300)


@given(percents, percents, percents)
def test_more_marks_never_turn_a_pass_into_a_fail(theory, practical, more):
    def outcome(value):
        return decide(INTERMEDIATE, [part("theory", str(value)), part("practical", str(practical))]).outcome

    if outcome(theory) is Outcome.PASS:
        assert outcome(max(theory, more)) is Outcome.PASS


def test_every_standard_of_the_sample_scheme_can_be_decided_on():
    scheme = json.loads((Path(__file__).parents[2] / "question_bank/banks/itsm/scheme.json").read_text(encoding="utf-8"))
    for level in scheme["levels"]:
        names = [paper["id"] for paper in level["papers"]]
        assert decide(level["standard"], [part(name, 65) for name in names]).outcome is Outcome.PASS
        assert decide(level["standard"], [part(name, "59.9") for name in names]).outcome is Outcome.FAIL

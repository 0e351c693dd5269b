import pytest

from grading import RubricError
from grading.rubrics import check_marks

RUBRIC = {
    "criteria": [
        {"id": "symptom", "max": 2, "levels": [{"marks": 0}, {"marks": "0.75"}, {"marks": 1.5}, {"marks": 2}]},
        {"id": "cause", "max": 3},
    ]
}


def test_complete_marks_add_up_exactly():
    assert check_marks(RUBRIC, {"symptom": "0.75", "cause": 2.5}) * 4 == 13


@pytest.mark.parametrize(
    ("marks", "code", "where"),
    [
        ({"symptom": 2}, "missing_criterion", "cause"),
        ({"symptom": None, "cause": 1}, "missing_criterion", "symptom"),
        ({"symptom": 2, "cause": 1, "style": 1}, "unknown_criterion", "style"),
        ({"symptom": 1, "cause": 1}, "not_a_level", "symptom"),
        ({"symptom": 2, "cause": "3.01"}, "not_a_level", "cause"),
        ({"symptom": 2, "cause": -1}, "not_a_level", "cause"),
        ({"symptom": "good", "cause": 1}, "not_a_number", "symptom"),
        ({"symptom": True, "cause": 1}, "not_a_number", "symptom"),
    ],
)
def test_marks_that_do_not_fit_the_rubric_are_refused(marks, code, where):
    with pytest.raises(RubricError) as refusal:
        check_marks(RUBRIC, marks)
    assert (refusal.value.code, refusal.value.where) == (code, where)

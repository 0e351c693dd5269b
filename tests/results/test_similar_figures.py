"""Answers compared: who copied is flagged, who did not is not, and the figures are those of the indices."""

import numpy as np
import pytest

from exam_engine.results.item_figures import SatForm
from exam_engine.results.similar_figures import FALSE_DISCOVERIES, SimilarAnswers, compare_answers
from exam_engine.results.statistics import FormSat

ITEMS = 40


def form(candidates: int, copied: int = 0, *, items: int = ITEMS) -> FormSat:
    """Candidates of normal ability, items of every difficulty; the last one has the first one's answers to `copied` items."""
    draw = np.random.default_rng(12)
    able, hard = draw.normal(0, 1, candidates), np.linspace(-1.5, 1.5, items)
    able[0] = -0.5
    right = draw.random((candidates, items)) < 1 / (1 + np.exp(-(able[:, None] - hard)))
    chosen = np.where(right, "A", draw.choice(["B", "C", "D"], right.shape))
    chosen[-1, :copied] = chosen[0, :copied]
    return FormSat(
        "theory", 2,
        SatForm(
            items=[(f"i{item}", 1) for item in range(items)],
            documents=[{"type": "single_choice", "key": "A"}] * items,
            highest=np.ones(items), marks=(chosen == "A").astype(float), responses=chosen.tolist(),
        ),
        [f"C-{row}" for row in range(candidates)],
    )  # fmt: skip


def test_who_copied_is_flagged_with_whom_and_nobody_else() -> None:
    found = compare_answers(form(80, copied=34))
    assert isinstance(found, SimilarAnswers)
    assert (found.form, found.candidates, found.items, found.pairs) == (2, 80, ITEMS, 80 * 79 // 2)
    assert [(one.one, one.two) for one in found.flagged] == [("C-0", "C-79")]
    (pair,) = found.flagged
    assert pair.same_wrong + pair.same_right >= 34
    assert pair.p < FALSE_DISCOVERIES / found.pairs
    assert pair.p_m4 < 0.001


def test_without_copying_nobody_is_flagged() -> None:
    found = compare_answers(form(80))
    assert isinstance(found, SimilarAnswers)
    assert found.flagged == []


@pytest.mark.parametrize(
    ("candidates", "items", "why"),
    [(49, 40, "too_few_candidates"), (501, 5, "too_many_candidates"), (60, 9, "too_few_items")],
)
def test_too_little_or_too_much_to_compare_is_said(candidates: int, items: int, why: str) -> None:
    assert compare_answers(form(candidates, items=items)) == why

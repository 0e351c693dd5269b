"""Item parameters from answers: what was true comes back on the old scale, and what cannot be estimated is left out by name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from exam_engine.results.estimation import EstimationError, Known, Responses, estimate
from grading.psychometrics.irt.models import Model

ITEMS = 24
RNG = np.random.default_rng(417)
SLOPES = RNG.lognormal(0.1, 0.25, ITEMS)
DIFFICULTIES = np.linspace(-2.0, 2.0, ITEMS)
KEYS = [(f"item-{number}", 1) for number in range(ITEMS)]
TRUE = {key: Known(a, b, 0.0, accepted=True) for key, a, b in zip(KEYS, SLOPES, DIFFICULTIES, strict=True)}


def sit(candidates: int = 1500, mean: float = 0.0, sd: float = 1.0, seed: int = 1) -> Responses:
    """Two forms that share twelve of the 24 items; what is not on a candidate's form is missing."""
    draw = np.random.default_rng(seed)
    ability = draw.normal(mean, sd, candidates)
    chances = expit(SLOPES * (ability[:, None] - DIFFICULTIES))
    scores = (draw.random(chances.shape) < chances).astype(np.float64)
    odd = np.arange(ITEMS) % 4
    scores[: candidates // 2, odd == 1] = np.nan
    scores[candidates // 2 :, odd == 3] = np.nan
    return Responses(KEYS, scores)


def test_two_forms_of_a_strange_group_come_back_on_the_scale_of_the_accepted_items() -> None:
    old = {key: one for key, one in TRUE.items() if key in KEYS[:12]}
    found = estimate(sit(4000, mean=0.8, sd=1.3), Model.TWO, old)
    b = np.array([one.b for one in found.parameters])
    assert (found.linking, found.common_items) == ("stocking-lord", 12)
    assert (found.slope, found.intercept) == (pytest.approx(1.3, abs=0.1), pytest.approx(0.8, abs=0.1))
    assert np.corrcoef(b, DIFFICULTIES)[0, 1] > 0.98
    assert np.sqrt(np.mean((b - DIFFICULTIES) ** 2)) < 0.15
    errors = np.array([(one.b - true) / (one.se_b or 1) for one, true in zip(found.parameters, DIFFICULTIES, strict=True)])
    assert (np.abs(errors) < 4).all()


def test_an_item_counts_where_it_was_on_the_paper_and_nowhere_else() -> None:
    found = estimate(sit(), Model.ONE, TRUE)
    assert {one.code: one.n for one in found.parameters} == {
        f"item-{number}": 750 if number % 2 else 1500 for number in range(ITEMS)
    }


def test_with_fewer_than_five_accepted_items_all_estimates_known_so_far_hold_the_scale() -> None:
    known = {key: replace(one, b=round(2 * one.b) / 2, accepted=number < 4) for number, (key, one) in enumerate(TRUE.items())}
    found = estimate(sit(), Model.TWO, known)
    b, before = (np.array(values) for values in zip(*((one.b, one.b_before) for one in found.parameters), strict=True))
    assert (found.linking, found.common_items) == ("mean-sigma", ITEMS)
    assert b.mean() == pytest.approx(before.mean())
    assert b.std() == pytest.approx(before.std())


def test_an_item_that_hardly_separates_anybody_does_not_stretch_the_scale() -> None:
    responses = sit()
    scores = responses.scores.copy()
    noise = np.random.default_rng(3).random(scores.shape[0]) < 0.85
    scores[:, 3] = np.where(np.isnan(scores[:, 3]), np.nan, noise)
    known = {key: replace(one, accepted=False) for key, one in TRUE.items()}
    with_it = estimate(Responses(KEYS, scores), Model.TWO, known)
    assert with_it.common_items == ITEMS - 1 - len(with_it.left_out)
    assert with_it.slope == pytest.approx(1.0, abs=0.1)


def test_items_that_too_few_answered_or_that_separate_nobody_are_left_out_by_name() -> None:
    responses = sit(600)
    scores = responses.scores.copy()
    scores[99:, 0] = np.nan
    scores[:, 2] = np.where(np.isnan(scores[:, 2]), np.nan, 1.0)
    scores[:, 4] = 1 - scores[:, 4]
    found = estimate(Responses(KEYS, scores), Model.TWO, TRUE)
    reasons = {one["code"]: one["reason"] for one in found.left_out}
    assert reasons == {"item-0": "too_few_candidates", "item-2": "no_variance", "item-4": "no_discrimination"}
    assert {one.code for one in found.parameters}.isdisjoint(reasons)
    assert next(one for one in found.left_out if one["code"] == "item-0")["n"] == 99


def test_a_hundred_candidates_are_enough_and_one_fewer_is_not() -> None:
    scores = sit(400).scores[:, ::2]
    enough = Responses(KEYS[::2], scores[:100])
    assert len(estimate(enough, Model.ONE, TRUE).parameters) + len(estimate(enough, Model.ONE, TRUE).left_out) == ITEMS // 2
    with pytest.raises(EstimationError, match="too_few_candidates"):
        estimate(Responses(KEYS[::2], scores[:99]), Model.ONE, TRUE)


def test_where_everything_known_is_equally_difficult_there_is_no_scale_to_link_to() -> None:
    flat = {key: Known(1.0, 0.0, 0.0, accepted=False) for key in KEYS}
    with pytest.raises(EstimationError, match="cannot_be_linked"):
        estimate(sit(400), Model.ONE, flat)


def test_without_anything_known_there_is_no_scale_to_link_to() -> None:
    with pytest.raises(EstimationError, match="cannot_be_linked"):
        estimate(sit(400), Model.ONE, {})


@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_candidates_and_items_changes_nothing(random: object) -> None:
    responses = sit(300)
    rows, columns = list(range(300)), list(range(ITEMS))
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    mixed = Responses([KEYS[column] for column in columns], responses.scores[np.ix_(rows, columns)])
    one, other = ({found.code: found.b for found in estimate(data, Model.ONE, TRUE).parameters} for data in (responses, mixed))
    assert other == pytest.approx(one, abs=1e-4)

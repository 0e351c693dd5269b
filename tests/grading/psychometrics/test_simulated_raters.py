"""Simulated raters follow the many-facet rating scale model. Seeds are fixed; bounds are five standard errors or wider."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.psychometrics.simulated_raters import STEP_SPREAD_LOGIT, Raters, draw_raters, level_chances, rate


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def raters(*severity: float, consistency: float = 1.0, centrality: float = 1.0) -> Raters:
    r = len(severity)
    return Raters(np.array(severity), np.full(r, consistency), np.full(r, centrality))


def test_the_odds_of_neighbouring_levels_are_those_of_the_rating_scale_model() -> None:
    """log P(x)/P(x − 1) = quality − severity − step x: Andrich (1978), eq. 1; Linacre (1989)."""
    chances = level_chances([[0.7]], raters(0.2), 5)[0, 0, 0]
    steps = np.linspace(-STEP_SPREAD_LOGIT, STEP_SPREAD_LOGIT, 4)
    np.testing.assert_allclose(np.diff(np.log(chances)), 0.7 - 0.2 - steps, atol=1e-12)


def test_two_levels_are_a_rasch_item() -> None:
    assert level_chances([[0.7]], raters(0.2), 2)[0, 0, 0, 1] == pytest.approx(1 / (1 + np.exp(-0.5)))


@given(quality=st.floats(-6, 6), severity=st.floats(-3, 3), levels=st.lists(st.integers(2, 7), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_chances_add_up_and_no_level_beyond_the_last_is_given(quality: float, severity: float, levels: list[int]) -> None:
    chances = level_chances([[quality] * len(levels)], raters(severity), levels)
    np.testing.assert_allclose(chances.sum(axis=-1), 1)
    for criterion, count in enumerate(levels):
        assert not chances[..., criterion, count:].any()
    given_levels = rate(np.full((20, len(levels)), quality), raters(severity), levels, rng())
    assert ((given_levels >= 0) & (given_levels < levels)).all()


def test_the_levels_given_are_as_frequent_as_their_chances() -> None:
    n = 40_000
    given_levels = rate(np.full((n, 1), 0.4), raters(-0.3), 4, rng())[:, 0, 0]
    shares = np.bincount(given_levels, minlength=4) / n
    chances = level_chances([[0.4]], raters(-0.3), 4)[0, 0, 0]
    np.testing.assert_allclose(shares, chances, atol=5 * 0.5 / np.sqrt(n))


def test_severe_raters_give_lower_marks() -> None:
    quality = rng(1).normal(0, 1, (4_000, 3))
    means = rate(quality, raters(-0.5, 0.0, 0.5), 5, rng()).mean(axis=(0, 2))
    assert means[0] > means[1] + 0.2
    assert means[1] > means[2] + 0.2


def test_central_raters_keep_to_the_middle_of_the_scale() -> None:
    quality = rng(1).normal(0, 1.5, (4_000, 2))
    spreads = [rate(quality, raters(0.0, centrality=one), 5, rng()).std() for one in (0.5, 1.0, 2.0)]
    assert spreads[0] > spreads[1] > spreads[2]


def test_consistent_raters_agree_with_each_other() -> None:
    quality = rng(1).normal(0, 1, (4_000, 1))
    agreement = []
    for consistency in (1.0, 3.0):
        marks = rate(quality, raters(0.0, 0.0, consistency=consistency), 5, rng())
        agreement.append((marks[:, 0] == marks[:, 1]).mean())
    assert agreement[1] > agreement[0] + 0.1


def test_drawn_raters_are_right_on_average_and_the_same_for_the_same_seed() -> None:
    drawn = draw_raters(4_000, rng(), severity_sd_logit=0.4)
    assert drawn.severity_logit.mean() == pytest.approx(0, abs=5 * 0.4 / np.sqrt(4_000))
    assert drawn.severity_logit.std() == pytest.approx(0.4, rel=0.06)
    assert (drawn.consistency > 0).all()
    assert (drawn.centrality > 0).all()
    assert np.array_equal(drawn.severity_logit, draw_raters(4_000, rng(), severity_sd_logit=0.4).severity_logit)


def test_raters_that_are_taken_keep_their_ways() -> None:
    drawn = draw_raters(4, rng())
    assert np.array_equal(drawn.take([2]).severity_logit, drawn.severity_logit[[2]])
    assert np.array_equal(drawn.take([2]).centrality, drawn.centrality[[2]])

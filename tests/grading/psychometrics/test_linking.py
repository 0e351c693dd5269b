"""Linking: exact where two calibrations differ by a linear change, by definition where they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from grading.psychometrics.irt.models import Items, Model, expected_scores, probabilities
from grading.psychometrics.linking import POINTS, Criterion, Method, link, transform

RNG = np.random.default_rng(12)
A, B, C = RNG.uniform(0.6, 2.0, 10), RNG.normal(0, 1, 10), RNG.uniform(0.05, 0.25, 10)
NEW = Items.from_thresholds(Model.THREE, A, B[:, None], C)
NOISY = Items.from_thresholds(
    Model.THREE, A / 1.2 * np.exp(RNG.normal(0, 0.1, 10)), (1.2 * B + 0.5 + RNG.normal(0, 0.15, 10))[:, None], C
)


@pytest.mark.parametrize("method", list(Method))
@settings(max_examples=12, deadline=None)
@given(slope=st.floats(0.5, 2.0), intercept=st.floats(-2, 2), both=st.booleans())
def test_a_linear_change_of_scale_is_found_again(method, slope, intercept, both):
    found = link(NEW, transform(NEW, slope, intercept), method, Criterion(POINTS, np.ones_like(POINTS), both_directions=both))
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept), abs=1e-6)


def test_a_change_of_scale_leaves_every_curve_where_it_was():
    moved = transform(NEW, 1.3, -0.4)
    np.testing.assert_allclose(probabilities(moved, 1.3 * POINTS - 0.4), probabilities(NEW, POINTS), atol=1e-12)
    np.testing.assert_allclose(moved.thresholds[:, 0], 1.3 * B - 0.4)
    np.testing.assert_allclose(moved.slopes, A / 1.3)


def test_moments_by_their_definition():
    a, b = NOISY.slopes, NOISY.thresholds[:, 0]
    found = link(NEW, NOISY, Method.MEAN_MEAN)
    assert found.slope == pytest.approx(A.mean() / a.mean(), abs=1e-12)
    assert found.intercept == pytest.approx(b.mean() - found.slope * B.mean(), abs=1e-12)
    assert found.criterion is None
    assert link(NEW, NOISY, Method.MEAN_SIGMA).slope == pytest.approx(b.std() / B.std(), abs=1e-12)


def criterion_of(slope, intercept, method, *, both):
    def part(left, right):
        if method is Method.HAEBARA:
            return ((probabilities(left, POINTS)[:, 1] - probabilities(right, POINTS)[:, 1]) ** 2).sum()
        return ((expected_scores(left, POINTS).sum(axis=0) - expected_scores(right, POINTS).sum(axis=0)) ** 2).sum()

    there = part(transform(NEW, slope, intercept), NOISY)
    return there + (part(transform(NOISY, 1 / slope, -intercept / slope), NEW) if both else 0)


@pytest.mark.parametrize("method", [Method.HAEBARA, Method.STOCKING_LORD])
@pytest.mark.parametrize("both", [False, True])
def test_curves_are_as_near_as_they_can_be(method, both):
    found = link(NEW, NOISY, method, Criterion(POINTS, np.ones_like(POINTS), both_directions=both))
    best = minimize(
        lambda x: criterion_of(x[0], x[1], method, both=both),
        [1, 0],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-14},
    )
    assert (found.slope, found.intercept) == pytest.approx(tuple(best.x), abs=1e-5)
    assert found.criterion == pytest.approx(criterion_of(found.slope, found.intercept, method, both=both), rel=1e-9)


def test_the_way_back_is_the_inverse_with_both_directions():
    both = Criterion(POINTS, np.ones_like(POINTS), both_directions=True)
    there, back = (link(*pair, Method.HAEBARA, both) for pair in ((NEW, NOISY), (NOISY, NEW)))
    assert back.slope == pytest.approx(1 / there.slope, abs=1e-6)
    assert back.intercept == pytest.approx(-there.intercept / there.slope, abs=1e-6)


@pytest.mark.parametrize("method", list(Method))
def test_with_one_slope_only_the_origin_moves(method):
    new = Items.from_thresholds(Model.TWO, np.ones(10), B[:, None])
    found = link(new, transform(new, 1.0, 0.7), method, Criterion(POINTS, np.ones_like(POINTS), one_slope=True))
    assert (found.slope, found.intercept) == pytest.approx((1.0, 0.7), abs=1e-8)


@pytest.mark.parametrize("model", [Model.GRADED, Model.PARTIAL_CREDIT])
@pytest.mark.parametrize("method", list(Method))
def test_graded_items_are_linked_too(model, method):
    new = Items.from_thresholds(model, [1.0, 1.4, 0.8], [[-1.0, 0.1, 0.9], [0.3, 1.0], [-0.5]])
    found = link(new, transform(new, 1.25, -0.3), method)
    assert (found.slope, found.intercept) == pytest.approx((1.25, -0.3), abs=1e-6)


def test_what_cannot_be_linked_is_refused():
    same = Items.from_thresholds(Model.TWO, [1.0, 1.2], [[0.5], [0.5]])
    with pytest.raises(ValueError, match="different difficulties"):
        link(same, same, Method.MEAN_SIGMA)
    with pytest.raises(ValueError, match="above 0"):
        link(Items.from_thresholds(Model.TWO, [-1.0, 1.2], [[0.5], [0.1]]), same, Method.HAEBARA)

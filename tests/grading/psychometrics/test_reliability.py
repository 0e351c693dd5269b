import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.reliability import cronbach_alpha, sem

# Four candidates, three items; totals 3, 2, 1, 0 with variance 5/3.
SMALL = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_alpha_by_hand():
    # Every item has two of four right: variance 1/3. k/(k-1) (1 - (3 * 1/3)/(5/3)) = 3/2 * (1 - 3/5) = 0.6
    assert cronbach_alpha(SMALL).value == pytest.approx(0.6, abs=1e-12)
    assert cronbach_alpha(SMALL).n == 4


def test_sem_by_hand():
    # sqrt(5/3) * sqrt(1 - 0.6) = sqrt(2/3)
    assert sem(SMALL).value == pytest.approx((2 / 3) ** 0.5, abs=1e-12)


def test_alpha_of_identical_items_is_1_and_its_error_0():
    scores = [[1, 1], [2, 2], [5, 5]]
    assert cronbach_alpha(scores).value == pytest.approx(1, abs=1e-12)
    assert sem(scores).value == pytest.approx(0, abs=1e-6)


def test_a_negative_alpha_is_told_and_has_no_error_of_measurement():
    scores = [[0, 1], [1, 0], [1, 1], [0, 1], [1, 0]]
    alpha = cronbach_alpha(scores)
    assert alpha.value is not None
    assert alpha.value < 0
    assert sem(scores) == Estimate(None, 5, "negative_reliability")


def test_a_candidate_with_a_missing_score_is_left_out():
    assert cronbach_alpha([*SMALL, [1, np.nan, 1]]) == cronbach_alpha(SMALL)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([[1, 0]], "too_few_candidates"),
        (np.empty((0, 3)), "too_few_candidates"),
        ([[1], [0]], "too_few_items"),
        ([[0, 1], [1, 0]], "no_variance"),
        ([[0.1, 0.2], [0.1, 0.2], [0.1, 0.2]], "no_variance"),
        ([[np.nan, 1], [1, np.nan]], "too_few_candidates"),
    ],
)
def test_what_cannot_be_computed_has_a_reason_instead_of_a_number(scores, reason):
    assert (cronbach_alpha(scores).value, cronbach_alpha(scores).reason) == (None, reason)
    assert sem(scores).reason == reason


def test_an_estimate_is_a_figure_or_a_reason():
    for value, reason in [(None, None), (1.0, "no_variance"), (float("nan"), None)]:
        with pytest.raises(ValueError, match="finite value or a reason"):
            Estimate(value, 3, reason)


def test_scores_are_a_matrix():
    with pytest.raises(ValueError, match="matrix"):
        cronbach_alpha([1, 2, 3])


@given(arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 5)), elements=st.integers(0, 4).map(float)))
def test_alpha_is_never_above_1_and_does_not_depend_on_the_order_of_candidates(scores):
    alpha = cronbach_alpha(scores)
    assert alpha.value is None or alpha.value <= 1 + 1e-12
    assert cronbach_alpha(scores[::-1]).value == (None if alpha.value is None else pytest.approx(alpha.value, abs=1e-9))

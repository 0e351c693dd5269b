"""Reliability: worked examples, the figures of psych for R, and what cannot be had."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import f

from grading.psychometrics.conditional_error import conditional_errors
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.items import analyse
from grading.psychometrics.reliability import (
    alpha_if_deleted,
    cronbach_alpha,
    error_ratio,
    feldt_interval,
    kr20,
    kr21,
    lambda2,
    odd_even,
    projected,
    sem,
    standardised_alpha,
)
from grading.psychometrics.sufficient import Missing, Sufficient

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


# Chatterjee & Price (1977), "attitude" in R: seven questions, thirty departments. The figures are those psych 2.x prints for
# alpha(attitude), two decimals.

ATTITUDE = np.array([
    [43, 63, 71, 61, 81, 43, 58, 71, 72, 67, 64, 67, 69, 68, 77, 81, 74, 65, 65, 50, 50, 64, 53, 40, 63, 66, 78, 48, 85, 82],
    [51, 64, 70, 63, 78, 55, 67, 75, 82, 61, 53, 60, 62, 83, 77, 90, 85, 60, 70, 58, 40, 61, 66, 37, 54, 77, 75, 57, 85, 82],
    [30, 51, 68, 45, 56, 49, 42, 50, 72, 45, 53, 47, 57, 83, 54, 50, 64, 65, 46, 68, 33, 52, 52, 42, 42, 66, 58, 44, 71, 39],
    [39, 54, 69, 47, 66, 44, 56, 55, 67, 47, 58, 39, 42, 45, 72, 72, 69, 75, 57, 54, 34, 62, 50, 58, 48, 63, 74, 45, 71, 59],
    [61, 63, 76, 54, 71, 54, 66, 70, 71, 62, 58, 59, 55, 59, 79, 60, 79, 55, 75, 64, 43, 66, 63, 50, 66, 88, 80, 51, 77, 64],
    [92, 73, 86, 84, 83, 49, 68, 66, 83, 80, 67, 74, 63, 77, 77, 54, 79, 80, 85, 78, 64, 80, 80, 57, 75, 76, 78, 83, 74, 78],
    [45, 47, 48, 35, 47, 34, 35, 41, 31, 41, 34, 41, 25, 35, 46, 36, 63, 60, 46, 52, 33, 41, 37, 49, 33, 72, 49, 38, 55, 39],
]).T  # fmt: skip


def rounded(estimates):
    return [round(estimate.value, 2) for estimate in estimates]


def test_the_figures_of_psych_for_the_attitude_data():
    assert rounded([cronbach_alpha(ATTITUDE), standardised_alpha(ATTITUDE)]) == [0.84, 0.84]
    assert rounded(alpha_if_deleted(ATTITUDE)) == [0.81, 0.80, 0.83, 0.80, 0.80, 0.86, 0.84]
    assert rounded([item.item_total for item in analyse(ATTITUDE, 100)]) == [0.78, 0.84, 0.70, 0.81, 0.85, 0.42, 0.60]
    assert rounded([item.item_rest for item in analyse(ATTITUDE, 100)]) == [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]


def test_feldts_interval_by_the_quantiles_of_f():
    alpha = cronbach_alpha(ATTITUDE).value
    interval = feldt_interval(ATTITUDE, 0.9)
    assert interval.lower.value == pytest.approx(1 - (1 - alpha) * f.ppf(0.95, 29, 29 * 6), abs=1e-12)
    assert interval.upper.value == pytest.approx(1 - (1 - alpha) * f.ppf(0.05, 29, 29 * 6), abs=1e-12)


def test_kr20_and_kr21_by_hand_with_one_divisor():
    # SMALL: p = q = 1/2, item variances 1/3 and total variance 5/3 with n - 1: KR-20 is alpha, 0.6.
    # With p q = 1/4 over 5/3 it would be 3/2 * (1 - 0.75 / (5/3)) = 0.825: the mixture that must not be.
    assert kr20(SMALL).value == pytest.approx(0.6, abs=1e-12)
    # Mean 1.5: 3/2 * (1 - 1.5 * 1.5 / (3 * 5/3)) = 0.825
    assert kr21(SMALL).value == pytest.approx(0.825, abs=1e-12)
    assert (kr20(ATTITUDE).reason, kr21(ATTITUDE).reason) == ("not_right_wrong", "not_right_wrong")


RIGHT_WRONG = (np.random.default_rng(9).random((60, 9)) + np.random.default_rng(8).random((60, 1)) > 1).astype(float)


def test_lambda2_by_its_definition_and_never_below_alpha():
    for scores in (ATTITUDE, RIGHT_WRONG):
        covariance, k = np.cov(scores, rowvar=False), scores.shape[1]
        apart = covariance[~np.eye(k, dtype=bool)]
        expected = (apart.sum() + np.sqrt(k / (k - 1) * (apart**2).sum())) / covariance.sum()
        assert lambda2(scores).value == pytest.approx(expected, abs=1e-12)
        assert lambda2(scores).value >= cronbach_alpha(scores).value


def test_the_halves_are_the_odd_and_the_even_items():
    r = np.corrcoef(RIGHT_WRONG[:, ::2].sum(axis=1), RIGHT_WRONG[:, 1::2].sum(axis=1))[0, 1]
    assert odd_even(RIGHT_WRONG).correlation.value == pytest.approx(r, abs=1e-12)
    assert odd_even(RIGHT_WRONG).spearman_brown.value == pytest.approx(2 * r / (1 + r), abs=1e-12)


def test_alpha_if_deleted_is_alpha_of_the_others():
    expected = [cronbach_alpha(np.delete(RIGHT_WRONG, item, axis=1)).value for item in range(9)]
    assert [one.value for one in alpha_if_deleted(RIGHT_WRONG)] == pytest.approx(expected, abs=1e-12)


def test_the_ratio_of_moodle_is_the_error_as_a_share_of_the_spread():
    spread = RIGHT_WRONG.sum(axis=1).std(ddof=1)
    assert error_ratio(RIGHT_WRONG).value == pytest.approx(100 * sem(RIGHT_WRONG).value / spread, abs=1e-9)


def test_twice_the_length_by_spearman_and_brown():
    assert projected(Estimate(0.6, 4), 2).value == pytest.approx(0.75)
    assert projected(Estimate(0.6, 4), 1).value == pytest.approx(0.6)
    assert projected(Estimate(-0.2, 4), 2).reason == "negative_reliability"


def test_errors_of_lord_and_keats_by_hand():
    # SMALL: three items, KR-20 0.6, KR-21 0.825. At 1: sqrt(1 * 2 / 2) = 1; Keats * sqrt(0.4 / 0.175).
    errors = conditional_errors(SMALL)
    assert [(error.score, error.n) for error in errors] == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert [error.lord.value for error in errors] == pytest.approx([0, 1, 1, 0], abs=1e-12)
    keats = (0.4 / 0.175) ** 0.5
    assert [error.keats.value for error in errors] == pytest.approx([0, keats, keats, 0], abs=1e-12)
    assert conditional_errors(SMALL, [1.5])[0].lord.value == pytest.approx((2.25 / 2) ** 0.5)
    assert conditional_errors(SMALL, [3.5])[0].lord.reason == "outside_scale"
    assert conditional_errors(ATTITUDE, [3])[0].lord.reason == "not_right_wrong"


def test_the_squares_of_keats_average_to_the_error_of_the_paper():
    scores = RIGHT_WRONG
    errors = conditional_errors(scores)
    mean = sum(error.n * error.keats.value**2 for error in errors) / len(scores)
    # Keats scales by variances with n, which cancel; ours have n - 1 in both coefficients.
    k, totals = scores.shape[1], scores.sum(axis=1)
    binomial = np.mean(totals * (k - totals)) / (k - 1)
    assert mean == pytest.approx(binomial * (1 - kr20(scores).value) / (1 - kr21(scores).value), abs=1e-12)


def test_what_a_negative_alpha_makes_impossible_says_so():
    scores = [[0, 1], [1, 0], [1, 1], [0, 1], [1, 0]]
    assert kr20(scores).value == cronbach_alpha(scores).value < 0
    assert feldt_interval(scores).lower.value < feldt_interval(scores).upper.value
    assert {sem(scores).reason, error_ratio(scores).reason, projected(kr20(scores), 3).reason} == {"negative_reliability"}
    assert {error.keats.reason for error in conditional_errors(scores)} == {"negative_reliability"}
    assert conditional_errors(scores)[1].lord.value == pytest.approx(1)


def test_an_item_without_variance_counts_for_alpha_and_not_for_correlations():
    scores = np.column_stack([SMALL, np.ones(4)])
    assert cronbach_alpha(scores).value == pytest.approx(4 / 3 * 0.4, abs=1e-12)
    assert standardised_alpha(scores).value == pytest.approx(standardised_alpha(SMALL).value, abs=1e-12)


def test_missing_responses_may_count_as_wrong():
    holes = [[1, 1, 1], [1, 1, np.nan], [0, np.nan, 1], [0, 0, 0]]
    assert cronbach_alpha(Sufficient.of(holes, Missing.WRONG)).value == pytest.approx(0.6, abs=1e-12)


@given(arrays(np.float64, st.tuples(st.integers(3, 6), st.integers(3, 5)), elements=st.integers(0, 1).map(float)))
def test_the_interval_holds_alpha(scores):
    alpha, interval = cronbach_alpha(scores), feldt_interval(scores)
    if alpha.value is not None:
        assert interval.lower.value <= alpha.value + 1e-9
        assert interval.upper.value <= 1 + 1e-9


def test_the_interval_covers_the_coefficient_it_estimates():
    # Eight parallel items, variance 1 of truth and 2 of error: reliability 8/(8 + 2) = 0.8. Within three standard errors.
    random = np.random.default_rng(20)
    held = 0
    for _ in range(400):
        scores = random.normal(size=(50, 1)) + random.normal(size=(50, 8)) * np.sqrt(2)
        interval = feldt_interval(scores)
        held += interval.lower.value <= 0.8 <= interval.upper.value
    assert abs(held / 400 - 0.95) < 3 * (0.95 * 0.05 / 400) ** 0.5

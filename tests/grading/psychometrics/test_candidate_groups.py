"""Cut scores from candidates whose competence is judged."""

from math import pi, sqrt

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import linregress, norm

from grading.psychometrics.candidate_groups import (
    borderline_group,
    borderline_regression,
    contrast_by_crossing,
    contrast_by_logistic,
    contrast_by_medians,
)

# Hours studied by those who failed and passed an exam, the usual example (Wikipedia, "Logistic regression"): intercept -4.1,
# slope 1.5 there; even chances at 2.71 hours.
FAILED = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5]
PASSED = [1.75, 2.25, 2.75, 3.25, 4, 4.25, 4.5, 4.75, 5, 5.5]


def test_borderline_regression_agrees_with_least_squares():
    rng = np.random.default_rng(3)
    ratings = rng.integers(1, 6, 80).astype(float)
    scores = 20 + 8 * ratings + rng.normal(0, 4, 80)
    found, expected = borderline_regression(scores, ratings, 2), linregress(ratings, scores)
    assert found.slope.value == pytest.approx(expected.slope, abs=1e-9)
    assert found.cut.value == pytest.approx(expected.intercept + 2 * expected.slope, abs=1e-9)
    assert found.r2.value == pytest.approx(expected.rvalue**2, abs=1e-9)
    # The error of the line at 0 is that of the intercept.
    at_zero = borderline_regression(scores, ratings, 0)
    assert at_zero.se.value == pytest.approx(expected.intercept_stderr, abs=1e-9)


def test_borderline_regression_needs_three_candidates_and_two_ratings():
    assert borderline_regression([1, 2], [1, 2], 2).cut.reason == "too_few_candidates"
    assert borderline_regression([1, 2, 3], [2, 2, 2], 2).cut.reason == "no_variance"
    level = borderline_regression([5, 5, 5], [1, 2, 3], 2)
    assert (level.cut.value, level.se.value, level.r2.reason) == (5, 0, "no_variance")


def test_borderline_group_takes_the_median():
    cut, se = borderline_group([50, 52, 60])
    assert cut.value == 52
    assert se.value == pytest.approx(sqrt(pi / 2) * np.std([50, 52, 60], ddof=1) / sqrt(3))
    assert borderline_group([50, 52, 60], mean=True)[0].value == 54
    assert borderline_group([50])[1].reason == "too_few_candidates"
    assert borderline_group([])[0].reason == "too_few_candidates"


def test_logistic_contrast_of_the_usual_example():
    cut, se = contrast_by_logistic(PASSED, FAILED)
    assert cut.value == pytest.approx(4.0777 / 1.5046, abs=2e-4)
    assert 0.2 < se.value < 0.7


def test_the_error_of_the_logistic_cut_is_what_samples_show():
    rng = np.random.default_rng(5)
    cuts, errors = [], []
    for _ in range(150):
        scores = rng.normal(50, 10, 300)
        qualified = rng.random(300) < expit(0.15 * (scores - 48))
        cut, se = contrast_by_logistic(scores[qualified], scores[~qualified])
        cuts.append(cut.value)
        errors.append(se.value)
    assert np.mean(errors) == pytest.approx(np.std(cuts), rel=0.2)


def test_a_score_that_parts_the_groups_has_no_logistic_cut():
    assert contrast_by_logistic([5, 6], [1, 2])[0].reason == "separated"
    assert contrast_by_logistic([1, 2, 3, 1], [2, 3, 4, 4])[0].reason == "not_rising"
    assert contrast_by_logistic([2, 2], [2, 2, 2])[0].reason == "no_variance"
    assert contrast_by_logistic([], [1.0])[0].reason == "one_group"


def test_at_the_crossing_the_curves_are_equally_high():
    rng = np.random.default_rng(6)
    up, down = rng.normal(60, 6, 200), rng.normal(45, 10, 300)
    cut, se = contrast_by_crossing(up, down)
    at = [norm.pdf(cut.value, group.mean(), group.std(ddof=1)) for group in (up, down)]
    assert at[0] == pytest.approx(at[1], rel=1e-9)
    assert down.mean() < cut.value < up.mean()
    again = [contrast_by_crossing(rng.normal(60, 6, 200), rng.normal(45, 10, 300))[0].value for _ in range(200)]
    assert se.value == pytest.approx(np.std(again), rel=0.2)


def test_equal_spreads_cross_half_way():
    assert contrast_by_crossing([6, 8, 10], [1, 3, 5])[0].value == pytest.approx(5.5)


def test_where_there_is_no_crossing_there_is_a_reason():
    assert contrast_by_crossing([5], [1, 2])[0].reason == "too_few_candidates"
    assert contrast_by_crossing([5, 5], [1, 2])[0].reason == "no_variance"
    assert contrast_by_crossing([1, 2], [5, 6])[0].reason == "not_rising"
    assert contrast_by_crossing([10.0, 10.2], [0, 20])[0].reason in (None, "no_crossing")


def test_the_midpoint_of_the_medians():
    cut, se = contrast_by_medians([6, 8, 10], [1, 3, 4])
    assert cut.value == 5.5
    assert se.value == pytest.approx(sqrt(pi / 2) / 2 * sqrt(np.var([6, 8, 10], ddof=1) / 3 + np.var([1, 3, 4], ddof=1) / 3))
    assert contrast_by_medians([6], [1, 3])[1].reason == "too_few_candidates"
    assert contrast_by_medians([], [1, 3])[0].reason == "one_group"

"""Cut scores from panels of judges."""

from math import log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.psychometrics.judges import (
    Limits,
    agreement_of,
    angoff_cuts,
    expected_score,
    failing,
    hofstee,
    jackknife_error,
    judge_consistency,
    modified_z,
    panel_of,
    response_location,
)


def test_an_angoff_cut_is_the_sum_of_the_chances_exact_in_decimal():
    cuts = angoff_cuts([[0.1, 0.2], [0.5, 0.25]])
    assert cuts.tolist() == [0.3, 0.75]
    panel = panel_of(cuts)
    assert panel.cut.value == pytest.approx(0.525, abs=1e-12)
    assert panel.se.value == pytest.approx(np.std([0.3, 0.75], ddof=1) / sqrt(2), abs=1e-12)


def test_the_error_of_a_median_is_larger():
    mean, median = panel_of([1, 2, 6]), panel_of([1, 2, 6], median=True)
    assert (mean.cut.value, median.cut.value) == (3, 2)
    assert median.se.value == pytest.approx(mean.se.value * sqrt(pi / 2), abs=1e-12)


def test_one_judge_has_a_cut_but_no_error():
    panel = panel_of([4.5])
    assert (panel.cut.value, panel.se.reason, panel.sd.reason) == (4.5, "too_few_judges", "too_few_judges")


def test_an_outlier_is_found_even_in_a_small_panel():
    # A standard score could not exceed (n − 1)/√n = 1.79 here, however far off the judge is.
    panel = panel_of([20, 21, 22, 20.5, 60])
    assert panel.outlying.tolist() == [False, False, False, False, True]
    # 0.6745 (60 − 21) / MAD, and MAD is 1.
    assert panel.modified_z[4] == pytest.approx(39 * 0.6744897501960817, abs=1e-9)


def test_where_more_than_half_agree_the_mean_deviation_takes_over():
    assert modified_z(np.array([5.0, 5, 5, 5, 9])).tolist() == pytest.approx([0, 0, 0, 0, 4 / (0.8 * sqrt(pi / 2))])
    assert modified_z(np.array([0.3, 0.1 + 0.2, 0.3])).tolist() == [0, 0, 0]


def test_agreement_of_the_published_example():
    # Shrout & Fleiss (1979), table 2: six targets, four judges; ICC(2,1) = 0.29 and ICC(2,4) = 0.62.
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]).T
    found = agreement_of(ratings)
    assert found.icc_single.value == pytest.approx(0.2898, abs=5e-5)
    assert found.icc_panel.value == pytest.approx(0.6201, abs=5e-5)
    assert found.mean_item_sd.value == pytest.approx(ratings.std(axis=0, ddof=1).mean())


def test_agreement_and_consistency_have_reasons_where_there_are_none():
    assert agreement_of([[0.5, 0.6]]).icc_single.reason == "too_few_judges"
    assert agreement_of([[0.5], [0.6]]).icc_single.reason == "too_few_items"
    assert agreement_of([[0.5, 0.5], [0.5, 0.5]]).icc_panel.reason == "no_variance"
    assert [one.reason for one in judge_consistency([[0.1, 0.2, 0.3]])] == ["too_few_judges"]
    assert judge_consistency([[0.5, 0.5, 0.5], [0.1, 0.2, 0.3]])[0].reason == "no_variance"
    assert judge_consistency([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.6, 0.5, 0.4]])[2].value == pytest.approx(-1)


def test_response_locations_of_the_rasch_model():
    # With a response probability of two thirds an item lies ln 2 above its difficulty; at one half on it.
    assert response_location([0.0, 1.0], 2 / 3).tolist() == pytest.approx([log(2), 1 + log(2)])
    assert response_location([0.4], 0.5).tolist() == [0.4]
    assert response_location([0.4], 0.67, a=[2.0], d=1.7)[0] == pytest.approx(0.4 + log(0.67 / 0.33) / 3.4)


@given(st.floats(-3, 3), st.floats(0.3, 3), st.floats(0, 0.3), st.floats(0.4, 0.9))
def test_at_its_location_an_item_is_answered_with_the_response_probability(b, a, c, rp):
    at = float(response_location([b], rp, [a], [c], 1.7)[0])
    assert expected_score(at, np.array([b]), np.array([a]), np.array([c]), 1.7) == pytest.approx(rp, abs=1e-9)


def test_hofstee_by_hand():
    # Scores 10, 20, 30, 40: half fail on (20, 30]; the line from (15, 0.7) to (35, 0.3) is at one half at 25.
    found = hofstee(Limits(15, 35, 0.3, 0.7), [10, 20, 30, 40])
    assert (found.cut, found.fallback) == (25.0, None)
    # The polygon rises from 0.25 at 20 to 0.5 at 21 and stays there: it meets the line at 25 too.
    assert found.interpolated == pytest.approx(25.0, abs=1e-9)


def test_hofstee_in_a_rise_of_the_curve():
    # At 20 a quarter fails and the line allows 0.4; just above, half fail.
    found = hofstee(Limits(10, 30, 0.3, 0.5), [10, 20, 30, 40])
    assert found.cut == 20
    # From 0.25 at 20 to 0.5 at 21 against 0.4 to 0.39: 0.15 of 0.26.
    assert found.interpolated == pytest.approx(20 + 0.15 / 0.26, abs=1e-9)


def test_hofstee_that_does_not_cross_takes_the_nearest_limit_and_says_so():
    scores = [10, 20, 30, 40]
    assert hofstee(Limits(25, 30, 0.1, 0.4), scores).fallback == "lowest_cut"
    assert hofstee(Limits(25, 30, 0.1, 0.4), scores).cut == 25
    assert hofstee(Limits(11, 20, 0.3, 0.6), scores) == type(hofstee(Limits(0, 1, 0, 1), scores))(20, 20, "highest_cut")


def test_hofstee_limits_met_exactly_in_decimal_are_met():
    scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    # Three of ten lie below 0.4; 0.1 + 0.2 is a little more than 0.3 in binary, 0.3 a little less.
    assert hofstee(Limits(0.4, 0.6, 0.1, 0.3), scores).fallback is None
    assert hofstee(Limits(0.2, 0.4, 0.1 + 0.2, 0.5), scores).fallback is None
    assert hofstee(Limits(0.5, 0.5, 0.2, 0.6), scores).cut == 0.5


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 50), min_size=3, max_size=40),
    st.integers(0, 24),
    st.integers(25, 50),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_hofstee_is_the_lowest_cut_with_as_many_failures_as_the_line_allows(scores, low, high, one, other):
    limits = Limits(low, high, min(one, other) / 100, max(one, other) / 100)
    found = hofstee(limits, scores)
    assert low <= found.cut <= high
    fine = np.linspace(low, high, 4001)
    enough = fine[failing(scores, fine) >= limits.line(fine) - 1e-12]
    if found.fallback is None and len(enough):
        assert found.cut == pytest.approx(enough[0], abs=(high - low) / 4000 + 1e-6)


def test_a_score_that_equals_the_cut_in_decimal_passes():
    assert failing([0.3, 0.2], 0.1 + 0.2) == 0.5
    assert failing([0.1 + 0.2, 0.2], 0.3) == 0.5


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.array([1.0, 4, 5, 9])
    without = [np.delete(values, place).mean() for place in range(4)]
    assert jackknife_error(without).value == pytest.approx(values.std(ddof=1) / 2)
    assert jackknife_error([3.0]).reason == "too_few_judges"

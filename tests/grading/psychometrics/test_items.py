"""Item analysis: hand-worked figures, Moodle's own figures, and what must never change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.items import analyse, difficulty, item_rest_correlation
from grading.psychometrics.sufficient import Missing

SMALL = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0]]
RANDOM = np.random.default_rng(7).integers(0, 4, (40, 6)).astype(float)


def values(estimates: list[Estimate]) -> list[float | None]:
    return [estimate.value for estimate in estimates]


def column(name: str, scores: object, *more: object) -> list[float | None]:
    return values([getattr(item, name) for item in analyse(scores, *more)])  # type: ignore[arg-type]


def test_difficulty_is_the_mean_share_of_the_maximum():
    assert values(difficulty(SMALL)) == [0.5, 0.75, 0.5]
    assert values(difficulty([[1, 3], [2, 0]], [2, 3])) == [0.75, 0.5]


def test_item_rest_correlation_by_hand():
    # Item 1 is 1 1 0 0, the others sum to 2 1 1 1: r = 0.5 / sqrt(1 * 0.75) = 0.577350...
    first = item_rest_correlation(SMALL)[0]
    assert first.value == pytest.approx(1 / 3**0.5, abs=1e-12)
    assert first.n == 4


def test_correlations_agree_with_numpy_item_by_item():
    rest = [np.corrcoef(RANDOM[:, item], np.delete(RANDOM, item, axis=1).sum(axis=1))[0, 1] for item in range(6)]
    total = [np.corrcoef(RANDOM[:, item], RANDOM.sum(axis=1))[0, 1] for item in range(6)]
    np.testing.assert_allclose(column("item_rest", RANDOM), rest, atol=1e-12)
    np.testing.assert_allclose(column("item_total", RANDOM), total, atol=1e-12)
    np.testing.assert_allclose(column("sd", RANDOM), RANDOM.std(axis=0, ddof=1), atol=1e-12)


def test_the_biserial_is_the_point_biserial_over_the_height_of_the_normal_curve():
    scores = (np.random.default_rng(3).random((60, 5)) < 0.6).astype(float)
    for item, one in enumerate(analyse(scores)):
        rest = np.delete(scores, item, axis=1).sum(axis=1)
        p = scores[:, item].mean()
        expected = np.corrcoef(scores[:, item], rest)[0, 1] * np.sqrt(p * (1 - p)) / norm.pdf(norm.ppf(p))
        assert one.biserial.value == pytest.approx(expected, abs=1e-12)


def test_only_right_or_wrong_has_a_biserial():
    assert {item.biserial.reason for item in analyse(RANDOM)} == {"not_right_wrong"}


# Moodle's figures of three questions of its own quiz of 22 attempts: each with the total of the attempt. The figures are those
# its test suite takes from a spreadsheet (mod/quiz/report/statistics/tests/statistics_test.php, "stats.xls").

TOTALS = [12, 7.4, 11.7, 8.5, 10.1, 11.3, 11.2, 14.1, 8.6, 11.6, 9.3, 13.1, 11.5, 11.3, 5.5, 4.8, 8.7, 11.8, 6, 5.9, 12.8, 13.8]
EIGHTH = [5.5, 1, 2.5, 4, 3, 4.5, 3, 6, 0.5, 5.5, 2.5, 4, 4, 3, 1, 1, 1.5, 4, 2, 1, 6, 7]
NINTH = [0.3, 0.9, 1, 0.3, 0.9, 0.9, 0.3, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1, 1, 0.3, 1, 0.9, 0.9, 1, 0.9, 0.9]
THIRTEENTH = [1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("marks", "most", "facility", "sd", "index", "efficiency"),
    [
        (EIGHTH, 8, 41.19318182, 1.912733589, 25.88327077, 27.23492723),
        (NINTH, 1, 81.36363636, 0.2512738111, 1.170256965, 1.382386552),
        (THIRTEENTH, 1, 36.36363636, 0.4923659639, -12.99017581, -17.5074184),
    ],
)
def test_moodles_figures(marks, most, facility, sd, index, efficiency):
    one = analyse(np.stack([marks, np.subtract(TOTALS, marks)], axis=1), [most, 15])[0]
    assert one.facility.value == pytest.approx(facility, abs=1e-6)
    assert one.sd.value == pytest.approx(sd, abs=1e-6)
    assert one.standard_deviation.value == pytest.approx(100 * sd / most, abs=1e-6)
    assert one.discrimination_index.value == pytest.approx(index, abs=1e-6)
    assert one.discrimination_efficiency.value == pytest.approx(efficiency, abs=1e-6)


def test_weights_by_moodles_definitions():
    scores, most = RANDOM, np.array([3, 3, 3, 3, 3, 6])
    covariances = np.array([np.cov(scores[:, item], scores.sum(axis=1))[0, 1] for item in range(6)])
    assert (covariances > 0).all()
    np.testing.assert_allclose(
        column("effective_weight", scores, most), 100 * np.sqrt(covariances) / np.sqrt(covariances).sum()
    )
    np.testing.assert_allclose(column("intended_weight", scores, most), 100 * most / most.sum())


def test_an_item_that_goes_against_the_total_has_no_effective_weight_and_leaves_the_rest_the_whole():
    found = [item.effective_weight for item in analyse([[0, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 1]])]
    assert found[0].reason == "negative_covariance"
    assert sum(one.value or 0 for one in found) == pytest.approx(100)


def test_the_efficiency_is_the_covariance_over_that_of_both_sorted():
    for scores in (RANDOM, RANDOM / 10, RANDOM * 0.3 - 1):
        for item, one in enumerate(analyse(scores)):
            rest = np.delete(scores, item, axis=1).sum(axis=1)
            most = np.cov(np.sort(scores[:, item]), np.sort(rest))[0, 1]
            expected = 100 * np.cov(scores[:, item], rest)[0, 1] / most
            assert one.discrimination_efficiency.value == pytest.approx(expected, abs=1e-8)


def test_an_item_everyone_answered_alike_separates_nobody():
    estimates = item_rest_correlation([[1, 1, 0.1], [1, 0, 0.1], [1, 1, 0.1]])
    assert [estimate.reason for estimate in estimates] == ["no_variance"] * 3
    assert [estimate.reason for estimate in item_rest_correlation([[1, 1, 1], [1, 0, 0]])] == ["no_variance", None, None]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [(np.empty((0, 2)), "too_few_candidates"), ([[1.0]], "too_few_candidates"), ([[1.0], [0.0]], "too_few_items")],
)
def test_too_little_data_has_a_reason(scores, reason):
    assert {estimate.reason for estimate in item_rest_correlation(scores)} == {reason}


def test_difficulty_without_candidates_has_a_reason():
    assert [estimate.reason for estimate in difficulty(np.empty((0, 2)))] == ["too_few_candidates"] * 2


HOLES = [[1, 1, 0], [0, np.nan, 1], [1, 0, 1], [0, 0, 0]]


def test_missing_scores_leave_the_candidate_out_unless_told_otherwise():
    assert [(one.n, one.p.value) for one in analyse(HOLES)] == [(3, 2 / 3), (3, 1 / 3), (3, 1 / 3)]
    assert [one.p.value for one in analyse(HOLES, 1, Missing.WRONG)] == [0.5, 0.25, 0.5]
    pairwise = analyse(HOLES, 1, Missing.PAIRWISE)
    assert [one.n for one in pairwise] == [4, 3, 4]
    assert [one.p.value for one in pairwise] == pytest.approx([0.5, 1 / 3, 0.5], abs=1e-12)


def test_the_omit_rate_counts_all_candidates_also_those_left_out():
    for missing in Missing:
        assert [one.omit_rate.value for one in analyse(HOLES, 1, missing)] == [0, 0.25, 0]


def test_pairwise_covariances_rest_on_the_candidates_who_have_both():
    scores = RANDOM.copy()
    scores[np.random.default_rng(1).random(scores.shape) < 0.15] = np.nan
    covariance = np.array(np.ma.cov(np.ma.masked_invalid(scores), rowvar=False))
    pairs = [[~np.isnan(scores[:, [i, j]]).any(axis=1) for j in range(6)] for i in range(6)]
    exact = np.array([[np.cov(scores[pairs[i][j]][:, i], scores[pairs[i][j]][:, j])[0, 1] for j in range(6)] for i in range(6)])
    rest = exact.sum(axis=1) - np.diag(exact)
    spread = exact.sum() - 2 * exact.sum(axis=1) + np.diag(exact)
    found = analyse(scores, 1, Missing.PAIRWISE)
    assert covariance.shape == exact.shape
    np.testing.assert_allclose(values([one.item_rest for one in found]), rest / np.sqrt(np.diag(exact) * spread), atol=1e-12)
    assert {one.discrimination_efficiency.reason for one in found} == {"incomplete_totals"}


MATRICES = arrays(np.float64, st.tuples(st.integers(3, 8), st.integers(2, 5)), elements=st.integers(0, 3).map(float))


@given(MATRICES, st.randoms())
def test_the_order_of_candidates_changes_nothing(scores, random):
    order = list(range(len(scores)))
    random.shuffle(order)
    for one, other in zip(analyse(scores), analyse(scores[order]), strict=True):
        for name in ("p", "sd", "item_total", "item_rest", "effective_weight", "discrimination_efficiency"):
            first, second = getattr(one, name), getattr(other, name)
            assert first.reason == second.reason
            assert first.value == (None if second.value is None else pytest.approx(second.value, abs=1e-9))


@given(MATRICES)
def test_the_efficiency_is_at_most_100_and_no_less_than_the_index(scores):
    for one in analyse(scores):
        index, efficiency = one.discrimination_index.value, one.discrimination_efficiency.value
        if index is not None and efficiency is not None:
            assert efficiency <= 100 + 1e-9
            assert abs(efficiency) >= abs(index) - 1e-9


@given(MATRICES)
def test_adding_marks_to_everyone_leaves_the_correlations_alone(scores):
    for one, other in zip(analyse(scores), analyse(scores + 2), strict=True):
        assert one.item_rest.value == (
            None if other.item_rest.value is None else pytest.approx(other.item_rest.value, abs=1e-9)
        )

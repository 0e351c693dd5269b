import numpy as np
import pytest

from grading.psychometrics.items import difficulty, item_rest_correlation

SMALL = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_difficulty_is_the_mean_share_of_the_maximum():
    assert [estimate.value for estimate in difficulty(SMALL)] == [0.5, 0.75, 0.5]
    assert [estimate.value for estimate in difficulty([[1, 3], [2, 0]], [2, 3])] == [0.75, 0.5]


def test_item_rest_correlation_by_hand():
    # Item 1 is 1 1 0 0, the others sum to 2 1 1 1: r = 0.5 / sqrt(1 * 0.75) = 0.577350...
    first = item_rest_correlation(SMALL)[0]
    assert first.value == pytest.approx(1 / 3**0.5, abs=1e-12)
    assert first.n == 4


def test_item_rest_correlation_agrees_with_numpy_item_by_item():
    scores = np.random.default_rng(7).integers(0, 4, (40, 6)).astype(float)
    expected = [np.corrcoef(scores[:, item], np.delete(scores, item, axis=1).sum(axis=1))[0, 1] for item in range(6)]
    np.testing.assert_allclose([estimate.value for estimate in item_rest_correlation(scores)], expected, atol=1e-12)


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


def test_missing_scores_leave_the_candidate_out():
    assert difficulty([[1, 1], [0, np.nan]])[0].n == 1

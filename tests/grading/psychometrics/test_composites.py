"""Figures of a sitting as a whole: forms compared, totals of several papers, the error at a cut, shares with intervals."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from grading.psychometrics.composites import composite_error, composite_reliability, pooled_error, wilson_interval
from grading.psychometrics.conditional_error import conditional_errors
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.parallel_forms import compare_forms
from grading.psychometrics.partial_error import error_at
from grading.psychometrics.reliability import sem

RANDOM = np.random.default_rng(11)
ABLE = RANDOM.normal(0, 1, 400)
RIGHT = (RANDOM.random((400, 30)) < 1 / (1 + np.exp(-(ABLE[:, None] - np.linspace(-2, 2, 30))))).astype(float)


def test_two_forms_are_compared_as_by_welchs_t() -> None:
    one, other = RANDOM.normal(60, 10, 40), RANDOM.normal(64, 14, 55)
    found, t = compare_forms([one, other]), stats.ttest_ind(one, other, equal_var=False)
    assert found.f.value == pytest.approx(t.statistic**2)
    assert found.df2.value == pytest.approx(t.df)
    assert found.p.value == pytest.approx(t.pvalue)
    assert found.spread_p.value == pytest.approx(stats.levene(one, other, center="median").pvalue)


def test_three_forms_are_compared_as_by_welchs_analysis_of_variance() -> None:
    found = compare_forms([[1, 2, 3, 4], [2, 4, 6], [5, 5, 8, 9, 9]])
    groups = [np.array([1, 2, 3, 4.0]), np.array([2, 4, 6.0]), np.array([5, 5, 8, 9, 9.0])]
    w = np.array([len(g) / g.var(ddof=1) for g in groups])
    m = np.array([g.mean() for g in groups])
    spare = sum((1 - w[i] / w.sum()) ** 2 / (len(groups[i]) - 1) for i in range(3))
    by_hand = ((w * (m - (w * m).sum() / w.sum()) ** 2).sum() / 2) / (1 + 2 / 8 * spare)
    assert found.f.value == pytest.approx(by_hand)
    assert found.df1.value == 2
    assert found.df2.value == pytest.approx(8 / (3 * spare))
    assert found.p.value == pytest.approx(stats.f.sf(by_hand, 2, 8 / (3 * spare)))
    assert found.difference.value == pytest.approx(7.2 - 2.5)


def test_the_order_of_forms_and_the_unit_of_scores_change_no_test() -> None:
    forms = [RANDOM.normal(60, 10, 40), RANDOM.normal(64, 14, 55), RANDOM.normal(61, 9, 20)]
    found = compare_forms(forms)
    for other in (compare_forms(forms[::-1]), compare_forms([7 + 3 * one for one in forms])):
        assert other.p.value == pytest.approx(found.p.value)
        assert other.spread_p.value == pytest.approx(found.spread_p.value)
        assert other.effect.value == pytest.approx(found.effect.value)


@pytest.mark.parametrize(
    ("forms", "why"), [([[1, 2, 3]], "one_form"), ([[1, 2], [3]], "one_form"), ([[5, 5], [6, 6]], "no_variance")]
)
def test_forms_that_cannot_be_compared_say_why(forms: list[list[float]], why: str) -> None:
    found = compare_forms(forms)
    assert (found.p.value, found.p.reason) == (None, why)


def test_the_error_of_a_composite_is_that_of_its_papers_by_weight() -> None:
    assert composite_error([0.6, 0.4], [Estimate(5.0, 40), Estimate(10.0, 40)]).value == pytest.approx(5)
    assert composite_error([0.6, 0.4], [Estimate(5.0, 40), Estimate(None, 40, "no_variance")]).reason == "no_variance"


def test_the_reliability_of_a_single_paper_is_alpha() -> None:
    found = composite_reliability(RIGHT.sum(axis=1), composite_error([1], [sem(RIGHT)]))
    alpha = 30 / 29 * (1 - RIGHT.var(axis=0, ddof=1).sum() / RIGHT.sum(axis=1).var(ddof=1))
    assert found.value == pytest.approx(alpha)


def test_the_error_over_forms_counts_candidates_and_leaves_out_what_has_none() -> None:
    assert pooled_error([Estimate(3.0, 10), Estimate(4.0, 10)], [10, 10]).value == pytest.approx(12.5**0.5)
    assert pooled_error([Estimate(3.0, 10), Estimate(None, 1, "too_few_candidates")], [10, 1]).value == 3
    assert pooled_error([Estimate(None, 1, "no_variance")], [1]).reason == "no_variance"


@pytest.mark.parametrize(("count", "n"), [(0, 10), (10, 10), (7, 10), (109, 150)])
def test_wilsons_interval_is_where_the_score_test_does_not_reject(count: int, n: int) -> None:
    z = NormalDist().inv_cdf(0.975)
    for end in wilson_interval(count, n):
        assert end.value is not None
        assert 0 <= end.value <= 1
        if 1e-9 < end.value < 1 - 1e-9:
            assert abs(count / n - end.value) == pytest.approx(z * (end.value * (1 - end.value) / n) ** 0.5)
    assert wilson_interval(0, 0)[0].reason == "too_few_candidates"


# The error at a score


def test_of_right_and_wrong_items_the_error_is_that_of_keats() -> None:
    assert error_at(RIGHT, 18) == conditional_errors(RIGHT, [18])[0].keats


def test_items_worth_two_marks_have_twice_the_error_as_nearly_as_the_divisor_of_a_variance_tells() -> None:
    twice, keats = error_at(2 * RIGHT, 36), conditional_errors(RIGHT, [18])[0].keats
    assert twice.value == pytest.approx(2 * (keats.value or 0), rel=0.01)


def test_the_error_averages_to_the_standard_error_of_measurement() -> None:
    graded, most = RIGHT * np.where(np.arange(30) % 2, 2, 1), np.where(np.arange(30) % 2, 2, 1)
    errors = [error_at(graded, total, most).value or 0 for total in graded.sum(axis=1)]
    assert np.mean(np.square(errors)) == pytest.approx((sem(graded).value or 0) ** 2, rel=0.01)


def test_items_of_unequal_worth_are_no_error_by_themselves() -> None:
    """Whoever has full marks everywhere cannot be measured wrong by items that differ in their maximum only."""
    most = np.where(np.arange(30) % 2, 2, 1)
    graded = np.vstack([RIGHT * most, most])
    assert (error_at(graded, 45, most).value or 0) < 0.5 * (error_at(graded, 45).value or 0)


def test_without_a_standard_error_there_is_none_at_the_cut() -> None:
    assert error_at(np.ones((20, 4)), 2).reason == "no_variance"
    assert error_at(RIGHT[:5], 18).reason == "too_few_candidates"

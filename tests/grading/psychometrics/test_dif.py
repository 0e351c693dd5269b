"""Who does worse on an item than others of equal total, and how sure one can be."""

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from grading.psychometrics.dif import (
    Cells,
    EtsClass,
    cells_of,
    dichotomous,
    ets_class,
    mantel_haenszel,
    matching_scores,
    purify,
    standardised_difference,
    strata_of,
)
from grading.psychometrics.logistic_dif import logistic_dif

# Penicillin and rabbits, Agresti (1990), Categorical data analysis, 231-237: cured and died, at once and after 1.5 hours.
RABBITS = Cells(
    np.arange(5.0),
    np.array([[0, 0], [3, 0], [6, 2], [5, 6], [2, 5]], dtype=float),
    np.array([[6, 5], [3, 6], [0, 4], [1, 0], [0, 0]], dtype=float),
)


def people(n: int, k: int, seed: int, *, bias: float = 0.0, twist: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Rasch responses where item 0 is `bias` logits harder for the focal group and `twist` steeper."""
    rng = np.random.default_rng(seed)
    focal = np.arange(n) % 2 == 1
    theta = rng.normal(0, 1, n)
    logit = theta[:, None] - np.linspace(-1.5, 1.5, k)
    logit[:, 0] = theta * (1 + twist * focal) - bias * focal
    return (rng.random((n, k)) < expit(logit)).astype(float), focal


def tables(scores: np.ndarray, focal: np.ndarray, item: int = 0) -> Cells:
    return cells_of(scores[:, item], focal, matching_scores(scores)[:, item])


def test_mantel_haenszel_of_a_published_example():
    # R's documentation of mantelhaen.test: 3.9286, p 0.04747, common odds ratio 7, interval 1.026713 to 47.725133.
    found = mantel_haenszel(RABBITS)
    assert found.chi2.value == pytest.approx(3.9286, abs=5e-5)
    assert found.p.value == pytest.approx(0.04747, abs=5e-6)
    assert found.odds_ratio.value == pytest.approx(7, abs=1e-12)
    assert found.d_dif.value == pytest.approx(-2.35 * log(7), abs=1e-12)
    error = (log(47.725133) - log(1.026713)) / (2 * 1.959963985)
    assert found.d_dif_se.value == pytest.approx(2.35 * error, abs=1e-5)
    assert found.favours == "reference"


def test_mantel_haenszel_agrees_with_the_definitions_stratum_by_stratum():
    scores, focal = people(300, 8, 3, bias=0.6)
    totals = scores.sum(axis=1)
    gap = variance = up = down = first = second = third = 0.0
    for total in np.unique(totals):
        at = totals == total
        a, b = ((at & ~focal & (scores[:, 0] == right)).sum() for right in (1, 0))
        c, d = ((at & focal & (scores[:, 0] == right)).sum() for right in (1, 0))
        t = at.sum()
        gap += a - (a + b) * (a + c) / t
        variance += (a + b) * (c + d) * (a + c) * (b + d) / (t * t * (t - 1)) if t > 1 else 0
        up, down = up + a * d / t, down + b * c / t
        p, q, r, s = (a + d) / t, (b + c) / t, a * d / t, b * c / t
        first, second, third = first + p * r, second + p * s + q * r, third + q * s
    found = mantel_haenszel(tables(scores, focal))
    assert found.chi2.value == pytest.approx((abs(gap) - 0.5) ** 2 / variance, abs=1e-10)
    assert found.chi2_uncorrected.value == pytest.approx(gap**2 / variance, abs=1e-10)
    robins_breslow_greenland = first / (2 * up**2) + second / (2 * up * down) + third / (2 * down**2)
    assert found.d_dif_se.value == pytest.approx(2.35 * sqrt(robins_breslow_greenland), abs=1e-10)


@pytest.mark.parametrize(
    ("d_dif", "se", "p", "expected"),
    [
        (2.5, 1.6, 0.12, "A"),  # large, but it may be chance
        (0.99, 0.1, 1e-9, "A"),  # certain, but small
        (1.0, 0.1, 1e-9, "B"),
        (1.49, 0.1, 1e-9, "B"),
        (1.5, 0.1, 1e-9, "C"),
        (-1.5, 0.1, 1e-9, "C"),
        (1.0 + 0.5 * (0.1 + 0.2) / 0.3, 0.1, 1e-9, "C"),
        (1.8, 0.5, 0.001, "B"),  # large, but not significantly above 1: 0.8 / 0.5 < 1.645
        (1.83, 0.5, 0.001, "C"),
        (1.6, 0.2, 0.05, "A"),
    ],
)
def test_the_class_follows_from_size_and_significance(d_dif, se, p, expected):
    assert ets_class(d_dif, se, p) is EtsClass(expected)


def test_size_alone_never_makes_a_class():
    scores, focal = people(40, 8, 5, bias=1.0)
    found = mantel_haenszel(tables(scores, focal))
    assert abs(found.d_dif.value) > 1.5
    assert found.ets_class is EtsClass.A


def test_a_real_disadvantage_is_found_and_points_the_right_way():
    scores, focal = people(4000, 20, 1, bias=0.9)
    found = mantel_haenszel(tables(scores, focal))
    assert (found.ets_class, found.favours) == (EtsClass.C, "reference")
    assert abs(found.d_dif.value + 2.35 * 0.9) < 3 * found.d_dif_se.value
    assert standardised_difference(tables(scores, focal))[0].value < -0.1


def test_standardised_difference_by_hand():
    # Focal weights 4 and 6: 4/10 (1/4 − 1/2) + 6/10 (3/6 − 3/4) = −0.25; the stratum without reference does not count.
    cells = Cells(
        np.arange(3.0), np.array([[1, 1], [3, 3], [0, 2]], dtype=float), np.array([[1, 3], [1, 3], [0, 0]], dtype=float)
    )
    value, error = standardised_difference(cells)
    assert value.value == pytest.approx(-0.25, abs=1e-12)
    variance = 0.16 * (0.25 / 2 + 0.1875 / 4) + 0.36 * (0.1875 / 4 + 0.25 / 6)
    assert error.value == pytest.approx(sqrt(variance), abs=1e-12)


def test_totals_that_are_equal_in_decimal_are_one_stratum():
    scores = np.array([[0.1, 0.2, 0.0], [0.3, 0.0, 0.0], [0.0, 0.0, 0.3]])
    assert len(np.unique(matching_scores(scores)[:, 0])) == 1


def test_the_studied_item_is_always_matched_on():
    scores = np.array([[1.0, 0, 1], [0, 1, 1]])
    totals = matching_scores(scores, np.array([False, True, True]))
    assert totals.tolist() == [[2, 1, 1], [2, 2, 2]]


def test_items_may_be_worth_other_marks_and_less_than_nothing():
    right, usable = dichotomous(np.array([[1.0, 2, 1, 0], [-0.25, 0, 1, 1], [1, 2, 1, 2]]))
    assert usable.tolist() == [True, True, False, False]
    assert right[:, :2].tolist() == [[1, 1], [0, 0], [1, 1]]


def test_thick_strata_pool_neighbouring_scores_of_about_equal_numbers():
    assert strata_of(np.array([0.0, 1, 1, 2, 3, 3, 4, 5]), bands=2).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert strata_of(np.array([7.0, 5, 7])).tolist() == [1, 0, 1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_candidates_does_not_matter_and_swapping_groups_turns_the_sign(seed):
    scores, focal = people(120, 6, seed, bias=0.3)
    order = np.random.default_rng(seed).permutation(len(focal))
    found, shuffled = mantel_haenszel(tables(scores, focal)), mantel_haenszel(tables(scores[order], focal[order]))
    swapped = mantel_haenszel(tables(scores, ~focal))
    assert found.chi2 == shuffled.chi2
    if found.d_dif.value is not None:
        assert swapped.chi2.value == pytest.approx(found.chi2.value, abs=1e-9)
        assert swapped.d_dif.value == pytest.approx(-found.d_dif.value, abs=1e-9)
        assert swapped.d_dif_se.value == pytest.approx(found.d_dif_se.value, abs=1e-9)


def test_what_compares_nobody_has_a_reason():
    apart = cells_of([1, 0, 1], [True, True, False], [3, 3, 5])
    assert mantel_haenszel(apart).chi2.reason == "no_overlap"
    assert standardised_difference(apart)[0].reason == "no_overlap"
    one_way = cells_of([1, 1, 0, 0], [False, False, True, True], [3, 3, 3, 3])
    found = mantel_haenszel(one_way)
    assert (found.odds_ratio.reason, found.ets_class) == ("one_sided", None)
    assert found.chi2.value is not None


def test_purification_ends_when_the_same_items_are_flagged_twice():
    def flagged(anchor):
        return np.array([True, bool(anchor[0]), False])

    found = purify(flagged, 3)
    assert (found.anchor.tolist(), found.rounds, found.settled) == ([False, True, True], 2, True)
    assert purify(lambda _: np.zeros(3, dtype=bool), 3).rounds == 0


def test_purification_that_goes_in_circles_says_so():
    found = purify(lambda anchor: np.array([True, False]) if anchor.all() else anchor.copy(), 2, most=4)
    assert (found.rounds, found.settled) == (4, False)


def by_search(scores: np.ndarray, focal: np.ndarray, terms: int) -> float:
    """The likelihood of the first `terms` of intercept, total, group and product, found by a general search on candidates."""
    total = scores.sum(axis=1)
    total = (total - total.mean()) / total.std()
    design = np.stack([np.ones_like(total), total, focal, total * focal], axis=1)[:, :terms]

    def badness(beta):
        logit = design @ beta
        return -(scores[:, 0] * log_expit(logit) + (1 - scores[:, 0]) * log_expit(-logit)).sum()

    return -minimize(badness, np.zeros(terms), method="BFGS", options={"gtol": 1e-7}).fun


def test_likelihood_ratio_and_nagelkerke_agree_with_a_general_search():
    scores, focal = people(300, 8, 11, bias=0.5, twist=0.8)
    empty, total, group, whole = (by_search(scores, focal, terms) for terms in (1, 2, 3, 4))
    found, n = logistic_dif(tables(scores, focal)), len(scores)
    assert found.uniform.chi2.value == pytest.approx(2 * (group - total), abs=1e-6)
    assert found.nonuniform.chi2.value == pytest.approx(2 * (whole - group), abs=1e-6)
    assert found.both.chi2.value == pytest.approx(2 * (whole - total), abs=1e-6)

    def r2(fit):
        return (1 - exp(2 * (empty - fit) / n)) / (1 - exp(2 * empty / n))

    assert found.both.r2_change.value == pytest.approx(r2(whole) - r2(total), abs=1e-7)


def test_logistic_regression_recovers_what_was_put_in():
    rng = np.random.default_rng(4)
    total, focal = rng.integers(5, 26, 8000).astype(float), rng.random(8000) < 0.5
    truth = np.array([-3.0, 0.2, 1.0, -0.08])
    logit = truth[0] + truth[1] * total + truth[2] * focal + truth[3] * total * focal
    found = logistic_dif(cells_of(rng.random(8000) < expit(logit), focal, total))
    for value, error, true in zip(found.coefficients, found.errors, truth, strict=True):
        assert abs(value.value - true) < 3 * error.value
    assert found.nonuniform.p.value < 0.001


def test_separation_has_tests_but_no_coefficients():
    cells = cells_of([0, 0, 1, 1, 0, 1, 0, 1], [False] * 4 + [True] * 4, [1, 2, 3, 4, 1, 2, 3, 4])
    found = logistic_dif(cells)
    assert {value.reason for value in found.coefficients} == {"separated"}
    # The limit of the likelihood: the reference group is predicted without fault, the focal group as it is by itself.
    assert found.both.chi2.value > 0
    one_total = logistic_dif(cells_of([0, 1, 0, 1], [False, False, True, True], [3, 3, 3, 3]))
    assert one_total.both.chi2.reason == "not_estimable"
    assert logistic_dif(cells_of([1, 1], [False, True], [3, 4])).both.chi2.reason == "no_variance"


def test_a_share_on_the_edge_of_a_band_is_in_the_upper_one():
    totals = np.repeat([0.0, 1.0, 2.0], [28, 2, 70])  # half of those with 1 are the 29th of a hundred: 100 · 0.29
    assert strata_of(totals, 100)[28] == 29

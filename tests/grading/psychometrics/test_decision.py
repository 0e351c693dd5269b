"""Decisions: published fits, independent integration and simulation, and bounds met exactly."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import beta as beta_of
from scipy.stats import betabinom, binom

from grading.psychometrics.decision import (
    Fit,
    Rounding,
    Scale,
    huynh,
    kr21_of_scores,
    livingston_lewis,
    subkoviak,
)
from grading.psychometrics.reliability import cronbach_alpha
from grading.psychometrics.true_scores import Beta, four_parameters, true_moments, two_parameters


def scale(low: object, high: object, cut: object) -> Scale:
    return Scale(Fraction(str(low)), Fraction(str(high)), Fraction(str(cut)))


def beta_binomials() -> np.ndarray:
    """The data of the worked example in the documentation of bbclassify (H. Haakstad), drawn as it says."""
    random = np.random.RandomState(1234)  # the generator of the example
    chances = random.beta(6, 4, 250) * (0.85 - 0.15) + 0.15
    return np.array([random.binomial(1, chance, 100) for chance in chances])


EXAMPLE = beta_binomials()
TOTALS = EXAMPLE.sum(axis=1)


# The fit


def test_the_published_fit_of_four_parameters_and_effective_length():
    fitted = four_parameters(true_moments(TOTALS.astype(float), 100))
    assert fitted is not None
    assert fitted.alpha == pytest.approx(3.877386083988672, abs=1e-8)
    assert fitted.beta == pytest.approx(3.9727308136649238, abs=1e-8)
    assert (fitted.lower, fitted.upper) == pytest.approx((0.2681195709670965, 0.8706384086828665), abs=1e-9)
    model = livingston_lewis(TOTALS, cronbach_alpha(EXAMPLE).value, scale(0, 100, 50))
    assert model.effective_length.value == pytest.approx(99.96892140618861, abs=1e-9)
    assert (model.length, model.effective_cut, model.parameters, model.fallback) == (100, 50, 4, None)


def test_the_published_accuracy_and_consistency_of_two_cuts():
    # Three grades are wrong where either cut is; nobody is wrong by two. Published with moments on the length of 100.
    alpha = cronbach_alpha(EXAMPLE).value
    both = [livingston_lewis(TOTALS, alpha, scale(0, 100, cut)).decisions for cut in (50, 75)]
    assert 1 - sum(1 - one.accuracy.value for one in both) == pytest.approx(0.8438848734448846, abs=5e-5)
    assert 1 - sum(1 - one.consistency.value for one in both) == pytest.approx(0.7811757067805466, abs=5e-5)


@pytest.mark.parametrize("beta", [Beta(5, 3, 0.25, 0.75), Beta(2, 7, 0, 1), Beta(0.6, 0.8, 0.1, 0.9)])
def test_moments_give_back_the_distribution_they_are_of(beta: Beta):
    exact = beta_of(beta.alpha, beta.beta, beta.lower, beta.upper - beta.lower)
    moments = np.array([exact.moment(order) for order in (1, 2, 3, 4)])
    four, two = four_parameters(moments), two_parameters(moments, beta.lower, beta.upper)
    for fitted in (four, two):
        found = (fitted.alpha, fitted.beta, fitted.lower, fitted.upper)
        assert found == pytest.approx((beta.alpha, beta.beta, beta.lower, beta.upper), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "beta",
    [Beta(5, 3, 0.25, 0.75), Beta(0.05, 0.1), Beta(900, 1100), Beta(0.5, 800, 0.1, 0.9), Beta(2, 3, 0.3, 0.9), Beta(1, 1)],
)
@pytest.mark.parametrize("cut", [0.05, 0.3, 0.55, 0.95])
def test_points_and_weights_are_those_of_the_distribution(beta: Beta, cut: float):
    exact = beta_of(beta.alpha, beta.beta, beta.lower, beta.upper - beta.lower)
    (low, below), (high, above) = beta.pieces(cut)
    assert below.sum() == pytest.approx(exact.cdf(cut), abs=1e-9)
    assert low @ below + high @ above == pytest.approx(exact.mean(), abs=1e-9)
    assert (low <= cut + 1e-12).all()
    assert (high >= cut - 1e-12).all()


# Decisions


def test_decisions_by_adaptive_integration():
    model = livingston_lewis(TOTALS, 0.88, scale(0, 100, 62))
    beta = model.true_scores
    density = beta_of(beta.alpha, beta.beta, beta.lower, beta.upper - beta.lower).pdf
    passes = lambda true: binom.sf(model.effective_cut - 1, model.length, true)  # noqa: E731
    over = lambda function, start, end: quad(lambda true: function(passes(true)) * density(true), start, end, epsabs=1e-11)[0]  # noqa: E731
    found = model.decisions
    assert found.false_pass.value == pytest.approx(over(lambda chance: chance, beta.lower, 0.62), abs=1e-8)
    assert found.false_fail.value == pytest.approx(over(lambda chance: 1 - chance, 0.62, beta.upper), abs=1e-8)
    assert found.consistency.value == pytest.approx(
        over(lambda chance: chance**2 + (1 - chance) ** 2, beta.lower, beta.upper), abs=1e-8
    )
    assert found.accuracy.value == pytest.approx(1 - found.false_pass.value - found.false_fail.value)


def test_decisions_on_two_real_papers_come_out_as_expected():
    random = np.random.default_rng(6)
    true = random.beta(6, 3, 100_000) * 0.7 + 0.25
    first, second = random.binomial(50, true), random.binomial(50, true)
    passes, again, should = first >= 35, second >= 35, true >= 0.7
    found = livingston_lewis(first, np.corrcoef(first, second)[0, 1], scale(0, 50, 35)).decisions
    error = 4 * (0.25 / 100_000) ** 0.5
    assert found.consistency.value == pytest.approx((passes == again).mean(), abs=error)
    assert found.accuracy.value == pytest.approx((passes == should).mean(), abs=error)
    assert found.false_pass.value == pytest.approx((passes & ~should).mean(), abs=error)
    assert found.passing.value == pytest.approx(passes.mean(), abs=error)


def test_an_inadmissible_fit_falls_back_to_two_parameters_and_says_so():
    scores = np.random.default_rng(4).binomial(40, np.random.default_rng(5).beta(4, 1.5, 300))
    model = livingston_lewis(scores, 0.85, scale(0, 40, 24))
    assert (model.parameters, model.fallback) == (2, "bounds_outside_0_to_1")
    assert model.rejected is not None
    assert not model.rejected.is_admissible
    assert (model.true_scores.lower, model.true_scores.upper) == (0, 1)
    asked = livingston_lewis(scores, 0.85, scale(0, 40, 24), Fit(parameters=2))
    assert (asked.decisions, asked.parameters, asked.fallback) == (model.decisions, 2, None)


def test_moments_of_no_distribution_fall_back_too():
    model = livingston_lewis(np.repeat([0, 1, 2, 9, 10], [5, 1, 1, 4, 9]), 0.9, scale(0, 10, 6))
    assert (model.parameters, model.fallback, model.rejected) == (2, "no_fit", None)


def test_two_parameters_keep_the_bounds_they_are_given():
    model = livingston_lewis(TOTALS, 0.88, scale(0, 100, 62), Fit(2, 0.2, 0.95))
    assert (model.true_scores.lower, model.true_scores.upper) == (0.2, 0.95)


def test_the_scale_does_not_matter():
    one = livingston_lewis(TOTALS, 0.88, scale(0, 100, 62)).decisions
    other = livingston_lewis(TOTALS / 4 - 10, 0.88, scale(-10, 15, 5.5)).decisions
    for name in ("consistency", "accuracy", "kappa", "false_pass"):
        assert getattr(one, name).value == pytest.approx(getattr(other, name).value, abs=1e-6)


def test_a_cut_of_a_whole_number_of_answers_is_met_exactly():
    # 0.29 of 100 is 28.999999999999996 in binary: with exact decimals the cut is 29, however it is rounded.
    assert 0.29 * 100 < 29
    for rounding in Rounding:
        model = livingston_lewis(TOTALS / 100, cronbach_alpha(EXAMPLE).value, scale(0, 1, "0.29"), Fit(rounding=rounding))
        assert (model.length, model.effective_cut) == (100, 29)


@pytest.mark.parametrize(
    ("cut", "expected"), [("60.5", (60, 60, 61)), ("61.5", (61, 62, 62)), ("60.7", (60, 61, 61)), ("60", (60,) * 3)]
)
def test_a_cut_between_two_answers_goes_where_it_is_told(cut, expected):
    alpha = cronbach_alpha(EXAMPLE).value
    models = [
        livingston_lewis(TOTALS, alpha, scale(0, 100, cut), Fit(rounding=Rounding(one))) for one in ("down", "nearest", "up")
    ]
    assert tuple(model.effective_cut for model in models) == expected


@pytest.mark.parametrize(
    ("scores", "reason"),
    [([1, 2], "too_few_candidates"), ([5, 5, 5], "no_variance"), ([0, 0, 10, 10], "effective_length_too_short")],
)
def test_what_cannot_be_computed_has_a_reason(scores, reason):
    model = livingston_lewis(scores, 0.8, scale(0, 10, 6))
    assert (model.decisions.accuracy.value, model.decisions.accuracy.reason) == (None, reason)
    assert model.true_scores is None


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.2])
def test_a_reliability_lies_between_0_and_1(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        livingston_lewis(TOTALS, bad, scale(0, 100, 62))


@pytest.mark.parametrize(("low", "high", "cut"), [(0, 10, 0), (0, 10, 10.5), (5, 5, 5)])
def test_a_cut_lies_on_its_scale(low, high, cut):
    with pytest.raises(ValueError, match="cut lies"):
        scale(low, high, cut)


@given(st.lists(st.integers(0, 20), min_size=5, max_size=40), st.floats(0.3, 0.95), st.integers(1, 20))
def test_shares_are_shares(scores, reliability, cut):
    assume(len(set(scores)) > 2)
    found = livingston_lewis(scores, reliability, scale(0, 20, cut)).decisions
    if found.accuracy.value is None:
        return
    assert all(
        -1e-9 <= share.value <= 1 + 1e-9 for share in (found.accuracy, found.false_pass, found.false_fail, found.passing)
    )
    assert found.consistency.value >= found.chance.value - 1e-9  # equal papers cannot agree less than independent ones
    assert found.accuracy.value + found.false_pass.value + found.false_fail.value == pytest.approx(1, abs=1e-9)


# Right/wrong items

COUNTS = np.array([2, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10])


def test_subkoviak_candidate_by_candidate():
    r, mean = kr21_of_scores(COUNTS, scale(0, 10, 6)).value, COUNTS.mean()
    assert r == pytest.approx(10 / 9 * (1 - mean * (10 - mean) / (10 * COUNTS.var(ddof=1))))
    chances = [binom.sf(5, 10, r * x / 10 + (1 - r) * mean / 10) for x in COUNTS]
    alike = np.mean([chance**2 + (1 - chance) ** 2 for chance in chances])
    by_chance = np.mean(chances) ** 2 + (1 - np.mean(chances)) ** 2
    found = subkoviak(COUNTS, scale(0, 10, 6))
    assert found.consistency.value == pytest.approx(alike, abs=1e-12)
    assert found.kappa.value == pytest.approx((alike - by_chance) / (1 - by_chance), abs=1e-12)
    assert found.accuracy.reason == "not_of_this_method"


def test_huynh_by_the_bivariate_negative_hypergeometric_distribution():
    r, mean = kr21_of_scores(COUNTS, scale(0, 10, 6)).value, COUNTS.mean()
    alpha, beta = (1 / r - 1) * mean, (1 / r - 1) * (10 - mean)
    joint = np.array([
        [comb(10, x) * comb(10, y) * np.exp(betaln(alpha + x + y, beta + 20 - x - y) - betaln(alpha, beta)) for y in range(11)]
        for x in range(11)
    ])  # fmt: skip
    assert joint.sum() == pytest.approx(1)
    alike = joint[:6, :6].sum() + joint[6:, 6:].sum()
    passing = betabinom.sf(5, 10, alpha, beta)
    found = huynh(COUNTS, scale(0, 10, 6))
    assert found.consistency.value == pytest.approx(alike, abs=1e-9)
    assert found.passing.value == pytest.approx(passing, abs=1e-9)
    by_chance = passing**2 + (1 - passing) ** 2
    assert found.kappa.value == pytest.approx((alike - by_chance) / (1 - by_chance), abs=1e-8)


def test_a_cut_between_two_counts_is_the_next_count():
    for method in (subkoviak, huynh):
        found, whole = method(COUNTS, scale(0, 10, 5.5)), method(COUNTS, scale(0, 10, 6))
        assert found.consistency.value == pytest.approx(whole.consistency.value, abs=1e-9)


@pytest.mark.parametrize(
    ("scores", "limits", "reason"),
    [
        ([1.5, 2, 3], (0, 10, 6), "not_counts"),
        ([1, 2, 3], (0, 9.5, 6), "not_counts"),
        ([4, 5, 6, 5], (0, 10, 6), "negative_reliability"),
        ([0, 10, 0, 10], (0, 10, 6), "no_error"),
    ],
)
def test_methods_for_counts_say_when_they_have_none(scores, limits, reason):
    for method in (subkoviak, huynh):
        assert method(scores, scale(*limits)).consistency.reason == reason

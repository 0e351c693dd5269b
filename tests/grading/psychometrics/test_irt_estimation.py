"""Item response models: published results on LSAT6 and LSAT7, derivatives, parameter recovery, conditional likelihood."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from grading.psychometrics.irt.calibration import calibrate
from grading.psychometrics.irt.cml import fit_conditional, symmetric_functions
from grading.psychometrics.irt.layout import lay_out
from grading.psychometrics.irt.marginal import Marginal
from grading.psychometrics.irt.mml import BetaPrior, fit
from grading.psychometrics.irt.models import (
    Items,
    Model,
    ability_derivatives,
    expected_scores,
    parameter_derivatives,
    probabilities,
)
from grading.psychometrics.irt.quadrature import gauss_hermite_grid, normal_grid
from grading.psychometrics.irt.responses import code_responses
from grading.psychometrics.irt.start import first_guess
from tests.golden.lsat import LSAT6, LSAT7, responses

THETA = np.linspace(-4, 4, 17)


def fitted(scores, model, **how):
    coded = code_responses(scores, model)
    return calibrate(fit(coded.patterns, model, **how), int(coded.patterns.counts.sum()))


def simulated(model, n=3000, k=10, seed=5, guess=0.0):
    rng = np.random.default_rng(seed)
    steps = 3 if model.is_graded else 1
    slopes = np.full(k, 1.2) if model.has_common_slope else rng.uniform(0.7, 2.0, k)
    thresholds = np.sort(rng.normal(0, 1, (k, steps)), axis=1) + np.arange(steps) * 0.3
    items = Items.from_thresholds(model, slopes, thresholds, guess)
    chances = probabilities(items, rng.standard_normal(n))
    above = rng.random((k, 1, n)) > chances.cumsum(axis=1)
    return items, above.sum(axis=1).T.astype(float)


# Published results


def test_lsat6_two_parameters_as_published():
    # Rizopoulos (2006), Journal of Statistical Software 17(5), `ltm(LSAT ~ z1)`: log-likelihood -2466.653, AIC 4953.307.
    found = fitted(responses(LSAT6), Model.TWO)
    assert found.log_likelihood == pytest.approx(-2466.653, abs=5e-4)
    assert found.aic == pytest.approx(4953.307, abs=1e-3)
    np.testing.assert_allclose(found.items.slopes, [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=1e-3)
    np.testing.assert_allclose(found.items.thresholds[:, 0], [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=4e-3)


def test_lsat6_one_parameter_as_published():
    # Rizopoulos (2006), `rasch(LSAT)`: log-likelihood -2466.938, slope 0.7551; standard errors from the Hessian.
    found = fitted(responses(LSAT6), Model.ONE)
    assert (found.log_likelihood, found.aic, found.bic) == pytest.approx((-2466.938, 4945.875, 4975.322), abs=1e-3)
    np.testing.assert_allclose(found.items.slopes, 0.7551, atol=1e-4)
    np.testing.assert_allclose(found.items.thresholds[:, 0], [-3.6153, -1.3224, -0.3176, -1.7301, -2.7802], atol=1e-4)
    np.testing.assert_allclose(found.threshold_errors[:, 0], [0.3266, 0.1422, 0.0977, 0.1691, 0.2510], atol=1e-4)
    np.testing.assert_allclose(found.slope_errors, 0.0694, atol=1e-4)


def test_lsat6_rasch_is_the_one_parameter_model_on_another_scale():
    one, rasch = fitted(responses(LSAT6), Model.ONE), fitted(responses(LSAT6), Model.RASCH)
    assert rasch.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-9)
    assert rasch.ability_sd == pytest.approx(one.items.slopes[0], abs=1e-8)
    np.testing.assert_allclose(rasch.items.thresholds, one.items.thresholds * rasch.ability_sd, atol=1e-7)
    np.testing.assert_allclose(rasch.items.slopes, 1.0)
    # Chalmers's mirt, test suite: intercepts 2.73, 0.999, 0.24, 1.306, 2.099 and variance 0.57.
    np.testing.assert_allclose(rasch.items.intercepts[:, 0], [2.730, 0.999, 0.240, 1.306, 2.099], atol=1e-3)
    assert rasch.ability_sd**2 == pytest.approx(0.570, abs=1e-3)


def test_lsat7_two_parameters_as_published():
    # Chalmers (2012), Journal of Statistical Software 48(6), section 3: log-likelihood -2658.805.
    found = fitted(responses(LSAT7), Model.TWO)
    assert found.log_likelihood == pytest.approx(-2658.805, abs=1e-3)
    np.testing.assert_allclose(found.items.slopes, [0.988, 1.081, 1.706, 0.765, 0.736], atol=2e-3)
    np.testing.assert_allclose(found.items.intercepts[:, 0], [1.856, 0.808, 1.804, 0.486, 1.855], atol=2e-3)


def test_lsat6_conditional_difficulties():
    found = fit_conditional(code_responses(responses(LSAT6), Model.RASCH).patterns)
    np.testing.assert_allclose(found.difficulties, [-1.2561, 0.4749, 1.2360, 0.1684, -0.6232], atol=1e-4)
    assert found.converged
    assert found.difficulties.sum() == pytest.approx(0, abs=1e-12)


# The models


@pytest.mark.parametrize("model", list(Model))
def test_probabilities_add_up_and_their_derivatives_are_right(model):
    items, _ = simulated(model, n=5, guess=0.2 if model is Model.THREE else 0.0)
    chances, step = probabilities(items, THETA), 1e-5
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-14)
    slopes = ability_derivatives(items, THETA)
    up, down = (ability_derivatives(items, THETA + sign * step) for sign in (1, -1))
    np.testing.assert_allclose(slopes.first, (up.chances - down.chances) / (2 * step), atol=1e-9)
    np.testing.assert_allclose(slopes.second, (up.first - down.first) / (2 * step), atol=1e-9)


@pytest.mark.parametrize("model", list(Model))
def test_parameter_derivatives_are_right(model):
    items, _ = simulated(model, n=5, guess=0.2 if model is Model.THREE else 0.0)
    layout = replace(
        lay_out(Model.TWO, items.steps), place=np.arange(len(items) * (2 if not model.is_graded else 4)).reshape(len(items), -1)
    )
    if model is Model.THREE:
        layout = lay_out(model, items.steps)
    vector, (_, changes) = layout.read(items), parameter_derivatives(items, THETA)
    for parameter in range(len(changes)):
        shift = np.zeros(layout.place.shape)
        shift[:, parameter] = 1e-5
        up, down = (probabilities(layout.write(items, vector + sign * shift.ravel()), THETA) for sign in (1, -1))
        np.testing.assert_allclose(changes[parameter], (up - down) / 2e-5, atol=1e-9)


def test_a_rare_wrong_answer_keeps_its_digits():
    items = Items.from_thresholds(Model.TWO, [5.0], [[-6.0]])
    assert probabilities(items, [6.0])[0, 0, 0] == pytest.approx(np.exp(-60.0), rel=1e-12)


def test_expected_score_of_right_and_wrong_items_is_the_chance():
    items, _ = simulated(Model.TWO, n=5)
    np.testing.assert_allclose(expected_scores(items, THETA), probabilities(items, THETA)[:, 1])


# Marginal likelihood


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_the_gradient_and_the_information_are_those_of_the_marginal_likelihood(model, missing):
    items, scores = simulated(model, n=60, k=4, guess=0.2 if model is Model.THREE else 0.0)
    scores[np.random.default_rng(1).random(scores.shape) < missing] = np.nan
    patterns = code_responses(scores, model).patterns
    layout, marginal, step = lay_out(model, patterns.steps), Marginal(patterns, normal_grid(41)), 1e-4
    items = first_guess(patterns, model)
    vector = layout.read(items)

    def log_likelihood(at):
        return marginal.expect(layout.write(items, at)).log_likelihood

    def gradient(at):
        there = layout.write(items, at)
        return layout.gather(marginal.gradient(there, marginal.expect(there).counts))

    axes = np.eye(layout.size) * step
    numeric = [(log_likelihood(vector + axis) - log_likelihood(vector - axis)) / (2 * step) for axis in axes]
    np.testing.assert_allclose(gradient(vector), numeric, atol=1e-5)
    curved = np.array([(gradient(vector - axis) - gradient(vector + axis)) / (2 * step) for axis in axes])
    found = marginal.observed_information(items, layout, marginal.expect(items).counts)
    np.testing.assert_allclose(found, curved, atol=1e-5 * np.abs(curved).max())


def test_two_parameters_agree_with_a_general_optimiser():
    _, scores = simulated(Model.TWO, n=400, k=5)
    found = fitted(scores, Model.TWO)
    theta, weights = np.linspace(-6, 6, 61), np.exp(-(np.linspace(-6, 6, 61) ** 2) / 2)
    weights /= weights.sum()

    def minus(vector):
        chance = 1 / (1 + np.exp(-(vector[:5, None] * theta + vector[5:, None])))
        return -np.log(np.exp(scores @ np.log(chance) + (1 - scores) @ np.log(1 - chance)) @ weights).sum()

    best = minimize(minus, np.concatenate([np.ones(5), np.zeros(5)]), method="BFGS", options={"gtol": 1e-4})
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    np.testing.assert_allclose(found.items.slopes, best.x[:5], atol=1e-3)
    np.testing.assert_allclose(found.items.intercepts[:, 0], best.x[5:], atol=1e-3)


@pytest.mark.parametrize("model", [Model.ONE, Model.TWO, Model.GRADED, Model.PARTIAL_CREDIT])
def test_parameters_come_back_within_their_standard_errors(model):
    items, scores = simulated(model)
    found = fitted(scores, model)
    assert found.converged
    apart = (found.items.thresholds - items.thresholds) / found.threshold_errors
    assert np.sqrt(np.nanmean(apart**2)) < 1.5
    assert np.sqrt(np.nanmean(((found.items.slopes - items.slopes) / found.slope_errors) ** 2)) < 1.8


def test_a_prior_on_guessing_draws_it_in_and_none_is_used_by_default():
    items, scores = simulated(Model.THREE, n=3000, guess=0.2)
    free, drawn = fitted(scores, Model.THREE), fitted(scores, Model.THREE, prior=BetaPrior(20, 80))
    assert free.converged
    assert drawn.converged
    assert free.log_likelihood > drawn.log_likelihood
    assert np.abs(drawn.items.guessing - 0.2).mean() < np.abs(free.items.guessing - 0.2).mean()
    assert free.n_parameters == drawn.n_parameters == 3 * len(items)


def test_graded_models_of_two_categories_are_the_two_parameter_model():
    two, graded, credit = (fitted(responses(LSAT7), model) for model in (Model.TWO, Model.GRADED, Model.PARTIAL_CREDIT))
    for other in (graded, credit):
        assert other.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-9)
        np.testing.assert_allclose(other.items.thresholds, two.items.thresholds, atol=1e-6)


def test_quadratures_agree():
    grids = (normal_grid(), normal_grid(241, 8), gauss_hermite_grid(41))
    first, *others = (fitted(responses(LSAT6), Model.TWO, grid=grid) for grid in grids)
    for other in others:
        assert other.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-5)
        np.testing.assert_allclose(other.items.slopes, first.items.slopes, atol=1e-4)


def test_a_very_sharp_test_gets_the_points_it_needs():
    rng = np.random.default_rng(1)
    b, theta = rng.standard_normal(150), rng.standard_normal((300, 1))
    scores = (rng.random((300, 150)) < 1 / (1 + np.exp(-2.5 * (theta - b)))).astype(float)
    patterns = code_responses(scores, Model.ONE).patterns
    found, fine, coarse = (fit(patterns, Model.ONE, grid=grid) for grid in (None, normal_grid(481), normal_grid()))
    assert len(found.grid.theta) > 61
    assert found.log_likelihood == pytest.approx(fine.log_likelihood, abs=1e-3)
    assert abs(coarse.log_likelihood - fine.log_likelihood) > 1e-3


def test_large_data_fitted_from_a_sample_end_where_small_steps_lead():
    _, scores = simulated(Model.TWO, n=6000, k=30)
    coded = code_responses(scores, Model.TWO)
    found = fit(coded.patterns, Model.TWO)
    marginal = Marginal(coded.patterns, normal_grid())
    gradient = found.layout.gather(marginal.gradient(found.items, marginal.expect(found.items).counts))
    assert found.converged
    assert np.abs(gradient).max() < 1e-3
    assert np.abs(found.covariance @ gradient).max() < 1e-6


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 2**32 - 1))
def test_order_of_items_and_candidates_does_not_matter(order, seed):
    scores = responses(LSAT7)
    base = fitted(scores, Model.TWO)
    other = fitted(np.random.default_rng(seed).permutation(scores)[:, order], Model.TWO)
    assert other.log_likelihood == pytest.approx(base.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(other.items.slopes, base.items.slopes[list(order)], atol=1e-6)


def test_missing_responses_are_left_out_of_the_likelihood():
    scores = responses(LSAT6)
    scores[::3, 4] = np.nan
    scores[5] = np.nan
    coded = code_responses(scores, Model.TWO)
    assert coded.patterns.counts.sum() == 999
    assert fit(coded.patterns, Model.TWO).converged


def test_items_without_variance_and_categories_without_candidates():
    scores = np.array([[0, 1, 0, 0], [1, 1, 2, 1], [0, 1, 2, 0], [1, 1, 4, np.nan], [0, 1, 0, 1]])
    coded = code_responses(scores, Model.GRADED)
    assert [(one.item, one.reason) for one in coded.left_out] == [(1, "no_variance")]
    assert coded.used.tolist() == [0, 2, 3]
    assert [levels.tolist() for levels in coded.levels] == [[0, 1], [0, 2, 4], [0, 1]]
    with pytest.raises(ValueError, match="0 and 1"):
        code_responses(scores, Model.TWO)


# Conditional likelihood


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=2, max_size=8))
def test_symmetric_functions_are_sums_over_all_subsets(difficulties):
    easiness = np.exp(-np.array(difficulties))
    expected = [sum(np.prod(chosen) for chosen in combinations(easiness, order)) for order in range(len(easiness) + 1)]
    np.testing.assert_allclose(symmetric_functions(easiness), expected, rtol=1e-12)
    without = symmetric_functions(easiness, without=True)
    np.testing.assert_allclose(without[0, :-1], symmetric_functions(easiness[1:]), rtol=1e-12)
    assert without[0, -1] == 0


def test_symmetric_functions_of_very_many_items_do_not_overflow():
    gammas = symmetric_functions(np.exp(np.linspace(-4, 4, 1200)))
    assert np.isfinite(gammas).all()
    assert (gammas > 1 - 1e-9).all()


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_conditional_likelihood_is_that_of_counting_every_pattern(missing):
    rng = np.random.default_rng(3)
    scores = (rng.random((150, 4)) < 1 / (1 + np.exp(-(rng.standard_normal((150, 1)) - [-1, 0, 0.5, 1])))).astype(float)
    scores[rng.random(scores.shape) < missing] = np.nan
    found = fit_conditional(code_responses(scores, Model.RASCH).patterns)

    def log_likelihood(b):
        total = 0.0
        for row in scores:
            seen = ~np.isnan(row)
            same = [x for x in product((0, 1), repeat=int(seen.sum())) if sum(x) == row[seen].sum()]
            total += -row[seen] @ b[seen] - np.log(sum(np.exp(-np.dot(x, b[seen])) for x in same))
        return total

    assert found.log_likelihood == pytest.approx(log_likelihood(found.difficulties), abs=1e-8)
    for item in range(4):
        for shift in (-0.01, 0.01):
            assert log_likelihood(found.difficulties + shift * np.eye(4)[item]) < found.log_likelihood


def test_difficulties_that_are_not_finite_are_refused():
    guttman = np.array([[0, 0], [1, 0], [1, 1], [1, 0]], dtype=float)
    with pytest.raises(ValueError, match="not finite"):
        fit_conditional(code_responses(guttman, Model.RASCH).patterns)

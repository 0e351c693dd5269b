"""Abilities, information, fit of items, model and candidates: by definition, against independent computation."""

from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from grading.psychometrics.irt.information import item_information, total_information
from grading.psychometrics.irt.item_fit import residual_fit, score_distributions, score_fit
from grading.psychometrics.irt.layout import lay_out
from grading.psychometrics.irt.mml import fit
from grading.psychometrics.irt.model_fit import andersen_test, pair_fit
from grading.psychometrics.irt.models import Items, Model, probabilities
from grading.psychometrics.irt.quadrature import normal_grid
from grading.psychometrics.irt.responses import Patterns, code_responses
from grading.psychometrics.irt.scoring import score_eap, score_ml, score_wle
from grading.psychometrics.person_fit import person_fit
from tests.golden.lsat import LSAT6, LSAT7, PATTERNS, responses

A, B, C = np.array([0.8, 1.2, 1.6, 1.0, 0.7]), np.array([-1.0, 0.3, 0.8, -0.4, 1.2]), np.full(5, 0.15)
TWO = Items.from_thresholds(Model.TWO, A, B[:, None])
THREE = Items.from_thresholds(Model.THREE, A, B[:, None], C)
ALL = code_responses(PATTERNS, Model.TWO).patterns


def chance(theta, c=0.0):
    return c + (1 - c) / (1 + np.exp(-A * (theta - B)))


def fitted(frequencies, model):
    patterns = code_responses(responses(frequencies), model).patterns
    return patterns, fit(patterns, model)


# Abilities


def test_eap_is_the_mean_and_spread_of_the_posterior():
    found = score_eap(TWO, ALL, normal_grid())
    for row in (0, 11, 31):

        def density(theta, x=PATTERNS[row]):
            p = chance(theta)
            return float(np.prod(np.where(x == 1, p, 1 - p)) * norm.pdf(theta))

        total = quad(density, -9, 9)[0]
        mean = quad(lambda t, f=density: t * f(t), -9, 9)[0] / total
        spread = quad(lambda t, f=density, m=mean: (t - m) ** 2 * f(t), -9, 9)[0] / total
        assert (found.theta[row], found.errors[row]) == pytest.approx((mean, spread**0.5), abs=1e-6)


def test_ml_is_the_root_of_the_score_and_none_for_all_right_or_all_wrong():
    found = score_ml(TWO, ALL)
    assert np.isnan(found.theta[[0, 31]]).all()
    for row in range(1, 31):
        root = brentq(lambda t, x=PATTERNS[row]: (A * (x - chance(t))).sum(), -20, 20, xtol=1e-13)
        assert found.theta[row] == pytest.approx(root, abs=1e-8)
        p = chance(root)
        assert found.errors[row] == pytest.approx((A**2 * p * (1 - p)).sum() ** -0.5, abs=1e-8)


def test_wle_is_the_root_of_warms_equation():
    found = score_wle(TWO, ALL)

    def warm(theta, x):
        p = chance(theta)
        bell = p * (1 - p)
        return (A * (x - p)).sum() + (A**3 * bell * (1 - 2 * p)).sum() / (2 * (A**2 * bell).sum())

    expected = [brentq(warm, -25, 25, args=(x,), xtol=1e-13) for x in PATTERNS]
    np.testing.assert_allclose(found.theta, expected, atol=1e-8)


def test_wle_of_three_parameter_items_solves_its_equation_too():
    found = score_wle(THREE, ALL)
    for x, theta in zip(PATTERNS, found.theta, strict=True):
        low = 1 / (1 + np.exp(-A * (theta - B)))
        p, first = chance(theta, C), (1 - C) * A * low * (1 - low)
        second = first * A * (1 - 2 * low)
        i, j = (first**2 / (p * (1 - p))).sum(), (first * second / (p * (1 - p))).sum()
        assert ((x - p) * first / (p * (1 - p))).sum() + j / (2 * i) == pytest.approx(0, abs=1e-7)


def test_wle_of_graded_items_is_that_of_their_two_category_form():
    graded = Items.from_thresholds(Model.GRADED, A, B[:, None])
    np.testing.assert_allclose(score_wle(graded, ALL).theta, score_wle(TWO, ALL).theta, atol=1e-9)


def test_a_missing_response_is_as_if_the_item_were_not_there():
    scores = PATTERNS.copy()
    scores[:, 4] = np.nan
    patterns = code_responses(np.vstack([scores, np.ones(5), np.zeros(5)]), Model.TWO).patterns
    four = Patterns(patterns.categories[:, :4], patterns.counts, patterns.steps[:4], patterns.row_of)
    without = patterns.categories[:, 4] < 0
    for method in (score_ml, score_wle):
        full, short = method(TWO, patterns), method(TWO.pick(slice(4)), four)
        np.testing.assert_allclose(full.theta[without], short.theta[without], atol=1e-9)


# Information


def test_information_of_two_and_three_parameter_items_by_lords_formula():
    for theta in (-2.0, 0.0, 1.5):
        p = chance(theta)
        np.testing.assert_allclose(item_information(TWO, theta)[:, 0], A**2 * p * (1 - p), atol=1e-12)
        p = chance(theta, C)
        lord = A**2 * ((p - C) / (1 - C)) ** 2 * (1 - p) / p
        np.testing.assert_allclose(item_information(THREE, theta)[:, 0], lord, atol=1e-12)
    assert total_information(TWO, 0.0)[0] == pytest.approx(item_information(TWO, 0.0).sum())


def test_information_of_partial_credit_items_is_slope_squared_times_score_variance():
    items = Items.from_thresholds(Model.PARTIAL_CREDIT, [1.3], [[-1.0, 0.2, 0.9]])
    p = probabilities(items, [0.4])[0, :, 0]
    score = np.arange(4)
    variance = (score**2 * p).sum() - (score * p).sum() ** 2
    assert item_information(items, 0.4)[0, 0] == pytest.approx(1.3**2 * variance, abs=1e-12)


# Fit of items


def test_score_distributions_without_an_item_are_those_of_all_patterns():
    items = Items.from_thresholds(Model.GRADED, [1.0, 1.5, 0.7], [[-1.0, 0.5], [0.2], [-0.3, 0.4, 1.0]])
    chances = probabilities(items, [-0.5, 1.0])
    found = score_distributions(chances, items.steps)
    expected = np.zeros_like(found[1])
    for first, last in product(range(3), range(4)):
        expected[first + last] += chances[0, first] * chances[2, last]
    np.testing.assert_allclose(found[1], expected, atol=1e-14)


def test_s_x2_of_lsat7_as_in_mirt():
    # Chalmers, mirt, test suite: itemfit of the two-parameter model of LSAT7.
    patterns, found = fitted(LSAT7, Model.TWO)
    tested = score_fit(found.items, patterns, normal_grid(), np.full(5, 2))
    np.testing.assert_allclose(
        [one.statistic for one in tested], [4.749440, 14.451071, 1.270381, 5.237400, 0.941125], atol=5e-3
    )
    assert [one.df for one in tested] == [2] * 5


def test_s_x2_by_hand():
    patterns, found = fitted(LSAT7, Model.TWO)
    grid = normal_grid()
    (first, *_) = score_fit(found.items, patterns, grid, np.full(5, 2))
    p = probabilities(found.items, grid.theta)[:, 1]
    statistic = 0.0
    for total in range(1, 5):
        whole = right = 0.0
        for x in (x for x in PATTERNS if x.sum() == total):
            mass = (np.prod(np.where(x[:, None] == 1, p, 1 - p), axis=0) * grid.weights).sum()
            whole, right = whole + mass, right + mass * x[0]
        n = sum(count for x, count in zip(PATTERNS, LSAT7, strict=True) if x.sum() == total)
        o = sum(count for x, count in zip(PATTERNS, LSAT7, strict=True) if x.sum() == total and x[0] == 1) / n
        e = right / whole
        statistic += n * (o - e) ** 2 / (e * (1 - e))
    assert first.statistic == pytest.approx(statistic, abs=1e-8)


def test_infit_and_outfit_by_their_definition():
    theta = score_eap(TWO, ALL, normal_grid()).theta
    found = residual_fit(TWO, ALL, theta)
    p = chance(theta[:, None])
    variance = p * (1 - p)
    np.testing.assert_allclose([one.outfit for one in found], ((PATTERNS - p) ** 2 / variance).mean(axis=0), atol=1e-12)
    expected = ((PATTERNS - p) ** 2).sum(axis=0) / variance.sum(axis=0)
    np.testing.assert_allclose([one.infit for one in found], expected, atol=1e-12)


def test_without_anybody_of_known_ability_there_is_no_residual():
    none = residual_fit(TWO, ALL, np.full(32, np.nan))
    assert {one.n for one in none} == {0}
    assert all(np.isnan([one.infit, one.outfit, one.infit_t, one.outfit_t]).all() for one in none)


# Fit of the model


def test_m2_of_lsat6_and_lsat7_as_in_mirt():
    # Chalmers, mirt, test suite: 5.2916 with 9 degrees of freedom (Rasch, LSAT6), 11.93841 with 5 (two parameters, LSAT7).
    for frequencies, model, statistic, df in ((LSAT6, Model.ONE, 5.2916, 9), (LSAT7, Model.TWO, 11.93841, 5)):
        patterns, found = fitted(frequencies, model)
        tested = pair_fit(found.items, found.layout, patterns, normal_grid(), found.n_parameters)
        assert tested.statistic == pytest.approx(statistic, abs=1e-3)
        assert tested.df == df


def test_m2_by_enumeration_of_every_pattern():
    patterns, found = fitted(LSAT7, Model.TWO)
    grid = normal_grid()
    tested = pair_fit(found.items, found.layout, patterns, grid, found.n_parameters)

    def margins(items):
        p = probabilities(items, grid.theta)[:, 1]
        cells = np.array([(np.prod(np.where(x[:, None] == 1, p, 1 - p), axis=0) * grid.weights).sum() for x in PATTERNS])
        return cells, picked.T @ cells

    picked = np.column_stack([PATTERNS, *(PATTERNS[:, i] * PATTERNS[:, j] for i in range(5) for j in range(i + 1, 5))])
    cells, expected = margins(found.items)
    variance = picked.T @ (picked * cells[:, None]) - np.outer(expected, expected)
    layout = lay_out(Model.TWO, found.items.steps)
    vector, step = layout.read(found.items), 1e-5
    delta = np.column_stack(
        [
            (margins(layout.write(found.items, vector + axis))[1] - margins(layout.write(found.items, vector - axis))[1])
            / (2 * step)
            for axis in np.eye(layout.size) * step
        ]
    )
    e = picked.T @ (np.array(LSAT7) / 1000) - expected
    inverse = np.linalg.inv(variance)
    middle = inverse - inverse @ delta @ np.linalg.inv(delta.T @ inverse @ delta) @ delta.T @ inverse
    assert tested.statistic == pytest.approx(1000 * e @ middle @ e, abs=1e-5)
    assert tested.rmsea2 == pytest.approx(np.sqrt((tested.statistic - 5) / (5 * 999)))
    assert tested.rmsea2_interval[0] <= tested.rmsea2 <= tested.rmsea2_interval[1]


def test_m2_needs_more_pairs_than_parameters_and_complete_rows():
    three = code_responses(responses(LSAT6)[:, :3], Model.TWO).patterns
    found = fit(three, Model.TWO, most_iterations=20)
    assert pair_fit(found.items, found.layout, three, normal_grid(), found.n_parameters) == "too_few_items"
    scores = responses(LSAT6)
    scores[0, 0] = np.nan
    patterns = code_responses(scores, Model.TWO).patterns
    found = fit(patterns, Model.TWO)
    assert pair_fit(found.items, found.layout, patterns, normal_grid(), found.n_parameters) == "missing_responses"


def test_m2_of_graded_items_is_near_its_degrees_of_freedom_when_the_model_holds():
    rng = np.random.default_rng(2)
    items = Items.from_thresholds(Model.GRADED, np.linspace(0.8, 1.8, 8), [[-1.0, 0.2, 1.1]] * 8)
    chances = probabilities(items, rng.standard_normal(3000))
    scores = (rng.random((8, 1, 3000)) > chances.cumsum(axis=1)).sum(axis=1).T.astype(float)
    patterns = code_responses(scores, Model.GRADED).patterns
    found = fit(patterns, Model.GRADED)
    tested = pair_fit(found.items, found.layout, patterns, normal_grid(), found.n_parameters)
    assert tested.df == 36 - 32
    assert tested.p > 0.001
    assert all(one.p > 1e-4 for one in score_fit(found.items, patterns, normal_grid(), np.full(8, 4)))


def test_andersen_keeps_the_rasch_model_where_it_holds_and_drops_it_where_slopes_differ():
    rng = np.random.default_rng(8)
    theta, b = rng.standard_normal((2000, 1)), np.linspace(-1.5, 1.5, 8)
    for slopes, holds in ((np.ones(8), True), (np.repeat([0.4, 2.0], 4), False)):
        scores = (rng.random((2000, 8)) < 1 / (1 + np.exp(-slopes * (theta - b)))).astype(float)
        found = andersen_test(code_responses(scores, Model.RASCH).patterns)
        assert found.df == 7
        assert (found.p > 0.01) is holds
        assert sum(found.groups) == 2000


def test_andersen_takes_the_mean_where_everybody_above_the_median_has_everything_right():
    found = andersen_test(code_responses(responses(LSAT6), Model.RASCH).patterns)
    assert (found.split, found.groups) == ("mean", (345, 655))


# Fit of candidates


def test_lz_star_is_snijders_formula():
    found = person_fit(THREE, ALL)
    theta = found.theta[:, None]
    low = 1 / (1 + np.exp(-A * (theta - B)))
    p, first = chance(theta, C), (1 - C) * A * low * (1 - low)
    second, bell = first * A * (1 - 2 * low), p * (1 - p)
    w, r = np.log(p / (1 - p)), first / bell
    r0 = (first * second / bell).sum(axis=1) / (2 * (first**2 / bell).sum(axis=1))
    c = (first * w).sum(axis=1) / (first * r).sum(axis=1)
    spread = np.sqrt(((w - c[:, None] * r) ** 2 * bell).sum(axis=1))
    np.testing.assert_allclose(found.lz_star, (((PATTERNS - p) * w).sum(axis=1) + c * r0) / spread, atol=1e-9)
    lz = ((PATTERNS - p) * w).sum(axis=1) / np.sqrt((w**2 * bell).sum(axis=1))
    np.testing.assert_allclose(found.lz, lz, atol=1e-9)


@pytest.mark.parametrize("model", [Model.TWO, Model.PARTIAL_CREDIT])
def test_lz_star_is_close_to_standard_normal_and_lz_too_narrow(model):
    rng = np.random.default_rng(4)
    thresholds = rng.normal(0, 1, (50, 1 if model is Model.TWO else 3))
    items = Items.from_thresholds(model, rng.uniform(0.7, 1.8, 50), thresholds)
    chances = probabilities(items, rng.standard_normal(2000))
    scores = (rng.random((50, 1, 2000)) > chances.cumsum(axis=1)).sum(axis=1).T
    patterns = Patterns(scores, np.ones(2000), items.steps, np.arange(2000))
    found = person_fit(items, patterns)
    assert abs(found.lz_star.mean()) < 0.12
    assert found.lz_star.std() == pytest.approx(1, abs=0.06)
    assert found.lz.std() < found.lz_star.std()
    assert (found.p < 0.05).mean() == pytest.approx(0.05, abs=0.02)


def test_responses_turned_round_are_found():
    wrong_way = Patterns(np.array([[0, 0, 1, 0, 1], [1, 1, 0, 1, 0]]), np.ones(2), TWO.steps, np.arange(2))
    found = person_fit(TWO, wrong_way)
    assert found.lz_star[0] < -1 < found.lz_star[1]


def test_equal_items_say_nothing_about_a_person():
    same = Items.from_thresholds(Model.TWO, np.ones(4), np.zeros((4, 1)))
    rows = Patterns(np.array([[1, 0, 1, 0], [1, 0, 0, 0], [-1, -1, -1, -1]]), np.ones(3), same.steps, np.arange(3))
    assert np.isnan(person_fit(same, rows).lz_star).all()

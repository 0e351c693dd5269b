"""The many-facet rating scale model: an independent maximum, recovery of simulated raters, extremes and subsets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from grading.psychometrics.severity import NoMaximumError, fit_severity
from grading.psychometrics.severity_design import Ratings, comparable_groups, set_extremes_apart
from grading.psychometrics.severity_fit import category_use, element_fit, fair_averages, separation
from grading.psychometrics.simulated_raters import Raters, rate

STEPS = np.array([-1.5, -0.5, 0.5, 1.5])


def long(scores, *, by_criterion=False):
    """Ratings from an array candidates × raters × criteria, −1 where there is none."""
    places = np.array(np.nonzero(scores >= 0))
    return Ratings(places, scores[tuple(places)], scores.shape, by_criterion)


def simulated(seed, n=400, raters=8, criteria=4, each=2, steps=STEPS):
    """Scores with `each` raters a candidate, and what they were drawn from."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(0, 1.2, n)
    severity, difficulty = (drawn - drawn.mean() for drawn in (rng.normal(0, 0.6, raters), rng.normal(0, 0.5, criteria)))
    logit = ability[:, None, None] - severity[:, None] - difficulty
    odds = np.concatenate([np.zeros((*logit.shape, 1)), (logit[..., None] - steps).cumsum(axis=-1)], axis=-1)
    chances = np.exp(odds - odds.max(axis=-1, keepdims=True))
    chances /= chances.sum(axis=-1, keepdims=True)
    scores = (rng.random((*logit.shape, 1)) > chances.cumsum(axis=-1)).sum(axis=-1)
    chosen = rng.random((n, raters)).argsort(axis=1) < each
    return np.where(chosen[:, :, None], scores, -1), ability, severity, difficulty


def thresholds(fitted):
    return -np.diff(fitted.steps, axis=1)


@pytest.mark.parametrize("by_criterion", [False, True])
def test_the_maximum_is_the_one_an_unrelated_search_finds(by_criterion):
    scores = simulated(1, n=14, raters=3, criteria=2, each=3)[0]
    data = long(scores, by_criterion=by_criterion)
    found = fit_severity(data, correct_bias=False)
    kept = found.split.ratings
    n, r, c = kept.counts
    k, sets = kept.used.shape[1], kept.structures

    def minus(x):
        ability, severity, difficulty = np.split(x[: n + r + c], [n, n + r])
        logit = ability[kept.elements[0]] - severity[kept.elements[1]] - difficulty[kept.elements[2]]
        steps = np.column_stack([np.zeros(sets), x[n + r + c :].reshape(sets, k - 2), np.zeros(sets)])[kept.structure]
        exponent = np.arange(k) * logit[:, None] + steps
        return -(exponent[np.arange(len(logit)), kept.scores] - np.log(np.exp(exponent).sum(axis=1))).sum()

    best = minimize(minus, np.zeros(n + r + c + sets * (k - 2)), method="BFGS", options={"gtol": 1e-7, "maxiter": 5000})
    assert kept.used.all()
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    severity = best.x[n : n + r]
    assert found.measures[1] == pytest.approx(severity - severity.mean(), abs=1e-4)


def test_the_solution_meets_its_equations():
    data = long(simulated(2, n=60)[0])
    found = fit_severity(data, correct_bias=False)
    assert found.converged
    kept = found.split.ratings
    logit = sum(s * m[e] for s, m, e in zip((1, -1, -1), found.measures, kept.elements, strict=True))
    exponent = np.arange(5) * logit[:, None] + found.steps[0]
    chances = np.exp(exponent) / np.exp(exponent).sum(axis=1, keepdims=True)
    for facet in range(3):
        off = np.bincount(kept.elements[facet], weights=kept.scores - chances @ np.arange(5))
        assert np.abs(off).max() < 1e-6
    assert chances.sum(axis=0) == pytest.approx(np.bincount(kept.scores), abs=1e-6)
    assert found.measures[1].sum() == pytest.approx(0, abs=1e-9)
    assert found.measures[2].sum() == pytest.approx(0, abs=1e-9)
    assert thresholds(found).sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("each", [2, 3])
def test_severity_difficulty_and_thresholds_are_recovered_within_their_errors(each):
    z, slopes = [], []
    for seed in range(6):
        scores, _, severity, difficulty = simulated(seed, each=each)
        found = fit_severity(long(scores))
        z += [
            *((found.measures[1] - severity) / found.joint_errors[1]),
            *((found.measures[2] - difficulty) / found.joint_errors[2]),
        ]
        slopes.append((thresholds(found)[0] @ STEPS) / (STEPS @ STEPS))
    assert np.sqrt(np.mean(np.square(z))) < 1.35
    assert np.mean(slopes) == pytest.approx(1, abs=0.06)


def test_the_bias_of_joint_likelihood_is_there_without_correction():
    scores, _, severity, _ = simulated(3, n=800, criteria=1, each=2)
    plain, corrected = (fit_severity(long(scores), correct_bias=how) for how in (False, True))
    assert np.polyfit(severity, plain.measures[1], 1)[0] > 1.5
    assert np.polyfit(severity, corrected.measures[1], 1)[0] == pytest.approx(1, abs=0.15)
    assert corrected.bias_factor == pytest.approx(0.5, abs=0.01)


def test_raters_of_the_simulation_are_put_in_order():
    severity = np.array([-1.0, -0.3, 0.0, 0.4, 0.9])
    rng = np.random.default_rng(6)
    raters = Raters(severity, np.ones(5), np.ones(5))
    scores = rate(rng.normal(0, 1, (300, 1)) + np.zeros((300, 3)), raters, 6, rng)
    found = fit_severity(long(scores))
    assert found.measures[1] == pytest.approx(severity - severity.mean(), abs=0.15)


def test_thresholds_of_each_criterion_are_told_apart():
    scores = simulated(7, n=700, criteria=2, each=4, steps=np.array([STEPS * 1.6, STEPS * 0.4]))[0]
    found = fit_severity(long(scores, by_criterion=True))
    first, second = thresholds(found)
    assert [of @ STEPS / (STEPS @ STEPS) for of in (first, second)] == pytest.approx([1.6, 0.4], abs=0.12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_order_of_rows_and_names_of_raters_do_not_matter(seed):
    data = long(simulated(8, n=40)[0])
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(data.scores)), rng.permutation(8)
    elements = data.elements[:, rows].copy()
    elements[1] = names[elements[1]]
    one, other = fit_severity(data), fit_severity(Ratings(elements, data.scores[rows], data.counts))
    assert other.measures[1][names] == pytest.approx(one.measures[1], abs=1e-6)
    assert other.measures[0] == pytest.approx(one.measures[0], abs=1e-6)


def test_turning_the_scale_round_turns_every_measure():
    scores = simulated(9, n=50)[0]
    one, other = fit_severity(long(scores)), fit_severity(long(np.where(scores >= 0, 4 - scores, -1)))
    for a, b in zip(one.measures, other.measures, strict=True):
        assert b == pytest.approx(-a, abs=1e-6)
    assert thresholds(other)[0] == pytest.approx(-thresholds(one)[0][::-1], abs=1e-6)


def test_extreme_candidates_are_set_apart_and_measured_beyond_all_others():
    scores = simulated(10, n=60, each=3)[0]
    scores[0][scores[0] >= 0] = 4
    scores[1][scores[1] >= 0] = 0
    data = long(scores)
    found = fit_severity(data)
    assert (found.split.extreme[0][0], found.split.extreme[0][1]) == (1, -1)
    measured = found.measures[0][found.split.extreme[0] == 0]
    assert found.measures[0][0] > measured.max() - 1
    assert found.measures[0][1] < measured.min() + 1
    assert np.isfinite(found.errors[0][:2]).all()
    without = fit_severity(long(scores[2:]))
    assert found.measures[1] == pytest.approx(without.measures[1], abs=1e-7)


def test_a_candidates_extreme_measure_expects_a_score_0_3_inside():
    scores = simulated(10, n=60, each=3)[0]
    scores[0][scores[0] >= 0] = 4
    data = long(scores)
    found = fit_severity(data)
    own = data.elements[:, data.elements[0] == 0]
    logit = found.measures[0][0] - found.measures[1][own[1]] - found.measures[2][own[2]]
    chances = np.exp(np.arange(5) * logit[:, None] + found.steps[0])
    chances /= chances.sum(axis=1, keepdims=True)
    assert (chances @ np.arange(5)).sum() == pytest.approx(4 * len(logit) - 0.3, abs=1e-6)


def test_setting_apart_goes_on_until_nobody_is_extreme():
    # Without the first candidate category 2 is gone, and the second is extreme in what is left.
    scores = np.array([[[2], [2]], [[1], [1]], [[0], [1]], [[1], [0]]])
    split = set_extremes_apart(long(scores))
    assert split.extreme[0].tolist() == [1, 1, 0, 0]


def test_nothing_but_extremes_is_refused():
    with pytest.raises(ValueError, match="lowest or only highest"):
        fit_severity(long(np.full((4, 2, 1), 3)))


def test_an_unused_category_in_between_has_no_threshold_and_keeps_its_place():
    scores = simulated(11, n=80)[0]
    scores = np.where(scores == 2, 3, scores)
    found = fit_severity(long(scores))
    rows = category_use(found)[0]
    assert [row.count > 0 for row in rows] == [True, True, False, True, True]
    assert [row.threshold.reason for row in rows] == ["lowest_category", None, "unused_category", "unused_category", None]
    assert fair_averages(found)[0].max() > 3


def test_disconnected_raters_are_found_and_each_subset_has_mean_0():
    scores = simulated(12, n=60, raters=6, each=6)[0]
    scores[:30, 3:], scores[30:, :3] = -1, -1
    data = long(scores)
    found = fit_severity(data)
    candidates, raters, criteria = comparable_groups(data, found.split)
    assert raters.tolist() == [0, 0, 0, 1, 1, 1]
    assert set(candidates[:30]) - {-1} == {0}
    assert set(candidates[30:]) - {-1} == {1}
    assert set(criteria) == {0}
    assert (found.measures[1][:3].sum(), found.measures[1][3:].sum()) == pytest.approx((0, 0), abs=1e-8)


def test_raters_who_each_mark_one_criterion_only_cannot_be_told_from_it():
    scores = simulated(13, n=50, raters=4, criteria=2, each=4)[0]
    scores[:, :2, 1], scores[:, 2:, 0] = -1, -1
    data = long(scores)
    _, raters, criteria = comparable_groups(data, fit_severity(data).split)
    assert (raters.tolist(), criteria.tolist()) == ([0, 0, 1, 1], [0, 1])


def test_one_common_candidate_connects():
    scores = simulated(12, n=60, raters=6, each=6)[0]
    scores[:29, 3:], scores[30:, :3] = -1, -1
    data = long(scores)
    assert max(of.max() for of in comparable_groups(data, fit_severity(data).split)) == 0


def test_fit_is_about_1_under_the_model_and_high_for_a_rater_who_guesses():
    scores = simulated(14, each=4)[0]
    plain = element_fit(fit_severity(long(scores)))[1]
    assert plain.infit == pytest.approx(np.ones(8), abs=0.15)
    assert np.abs(plain.infit_z).max() < 3.5
    guessed = np.where((scores[:, 2] >= 0), np.random.default_rng(0).integers(0, 5, scores[:, 2].shape), -1)
    scores[:, 2] = guessed
    noisy = element_fit(fit_severity(long(scores)))[1]
    assert noisy.infit.argmax() == 2
    assert noisy.infit[2] > 1.5


def test_a_fair_average_is_what_raters_of_mean_severity_would_give():
    found = fit_severity(long(simulated(16)[0]))
    exponent = np.arange(5) * found.measures[0][0] + found.steps[0]
    expected = (np.exp(exponent) / np.exp(exponent).sum()) @ np.arange(5)
    assert fair_averages(found)[0][0] == pytest.approx(expected)
    assert np.corrcoef(fair_averages(found)[1], found.measures[1])[0, 1] < -0.99


def test_separation_takes_the_error_out_of_the_spread():
    found = separation(np.array([-1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5]))
    assert (found.sd.value, found.rmse.value) == (1, 0.5)
    assert found.reliability.value == pytest.approx(0.75)
    assert found.separation.value == pytest.approx(np.sqrt(3))
    assert found.chi2.value == pytest.approx(8)
    assert separation(np.array([0.1, -0.1]), np.array([1.0, 1.0])).reliability.value == 0
    assert separation(np.array([0.1]), np.array([1.0])).reliability.reason == "too_few_elements"


def test_ratings_too_few_for_the_model_are_refused():
    scores = np.array([[2, 2], [0, 0], [2, 2], [1, 0], [2, 1]])
    with pytest.raises(NoMaximumError, match="infinity"):
        fit_severity(long(scores[:, :, None]))

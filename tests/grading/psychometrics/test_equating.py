"""What a score on a new form is worth on an old one."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.psychometrics.equating import (
    Moments,
    chained_line,
    levine,
    levine_true,
    linear_errors,
    linear_line,
    mean_errors,
    mean_line,
    moments_of,
    tucker,
)
from grading.psychometrics.equating_methods import (
    OF_DISTRIBUTIONS,
    Design,
    Form,
    Method,
    bootstrap_errors,
    equate,
)
from grading.psychometrics.equipercentile import (
    Distribution,
    equipercentile,
    equipercentile_errors,
    on_points,
    percentile_ranks,
    score_points,
    scores_at,
    synthetic_distributions,
)
from grading.psychometrics.smoothing import smooth, smooth_jointly

# Kolen & Brennan (2004), table 2.3: forms of four items.
X = Distribution(np.arange(5.0), np.array([0.2, 0.3, 0.2, 0.2, 0.1]))
Y = Distribution(np.arange(5.0), np.array([0.1, 0.2, 0.2, 0.3, 0.2]))

# Kolen & Brennan (2004), ch. 4: forms of 36 items with 12 in common.
NEW = Moments(1655, 15.8205, 6.5278**2, 0.5799, 2.7217, 5.1063, 2.3760**2, 13.4088)
OLD = Moments(1638, 18.6728, 6.8784**2, 0.2051, 2.3028, 5.8626, 2.4515**2, 14.7603)


def group(n: int, mean: float, seed: int, *, hard: float = 0.0) -> Form:
    """Totals of 30 items, 10 of which are the anchor."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(mean, 1, n)
    chance = 1 / (1 + np.exp(-(theta[:, None] - np.linspace(-1.5, 1.5, 20) - hard)))
    anchor = (rng.random((n, 10)) < 1 / (1 + np.exp(-(theta[:, None] - np.linspace(-1, 1, 10))))).sum(axis=1)
    return Form((rng.random((n, 20)) < chance).sum(axis=1) + anchor.astype(float), anchor.astype(float), np.arange(31.0))


def test_equipercentile_equivalents_of_the_small_published_example():
    # Kolen & Brennan (2004), tables 2.3 and 2.4; also the example of eqp.eq in the R package SNSequate.
    np.testing.assert_allclose(percentile_ranks(X, np.arange(5)), [0.1, 0.35, 0.6, 0.8, 0.95], atol=1e-12)
    np.testing.assert_allclose(equipercentile(X, Y), [0.5, 1.75, 17 / 6, 3.5, 4.25], atol=1e-9)


def test_where_nobody_has_a_score_the_middle_of_the_interval_is_taken():
    gap = Distribution(np.arange(4.0), np.array([0.5, 0.0, 0.0, 0.5]))
    assert scores_at(gap, [0.0, 0.5, 1.0]).tolist() == [-0.5, 1.5, 3.5]
    ends = Distribution(np.arange(4.0), np.array([0.0, 0.5, 0.5, 0.0]))
    # No rank below 0 or above 1: from -0.5 or 0.5, and from 2.5 or 3.5.
    assert scores_at(ends, [0.0, 1.0]).tolist() == [0.0, 3.0]


def test_a_rank_on_the_edge_of_a_score_in_decimal_is_on_the_edge():
    tenths = Distribution(np.arange(4.0), np.array([0.1, 0.2, 0.0, 0.7]))
    assert scores_at(tenths, [0.3])[0] == pytest.approx((1.5 + 2.5) / 2, abs=1e-12)


def test_points_of_a_scale_are_exact_in_decimal():
    points = score_points(-0.3, 0.6, 0.1)
    assert points.tolist() == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert on_points([0.1 + 0.2, 0.35, -0.3], points).tolist() == [6, -1, 0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=20), st.lists(st.integers(1, 60), min_size=2, max_size=20))
def test_equipercentile_agrees_with_its_definition(new, old):
    x = Distribution(np.arange(len(new) * 1.0), np.array(new) / sum(new))
    y = Distribution(np.arange(len(old) * 1.0), np.array(old) / sum(old))
    for score, found in zip(x.points, equipercentile(x, y), strict=True):
        rank = (sum(new[: int(score)]) + new[int(score)] / 2) / sum(new)
        place = next(place for place in range(len(old)) if sum(old[: place + 1]) / sum(old) > rank)
        by_hand = place - 0.5 + (rank - sum(old[:place]) / sum(old)) / (old[place] / sum(old))
        assert found == pytest.approx(by_hand, abs=1e-7)
    np.testing.assert_allclose(equipercentile(x, x), x.points, atol=1e-7)


def test_tucker_of_the_published_common_item_example():
    # Kolen & Brennan (2004), ch. 4, synthetic population 1: slope 1.0289, intercept 0.5370; means and deviations rounded there.
    line = tucker(NEW, OLD, 1.0)
    assert line.slope.value == pytest.approx(1.0289, abs=1e-4)
    assert line.intercept.value == pytest.approx(0.5370, abs=1e-3)


def test_methods_with_an_anchor_follow_their_formulas():
    w1, w2, gap, spread = 0.3, 0.7, NEW.anchor_mean - OLD.anchor_mean, NEW.anchor_variance - OLD.anchor_variance
    inside = NEW.variance / NEW.covariance, OLD.variance / OLD.covariance
    outside = [(form.variance + form.covariance) / (form.anchor_variance + form.covariance) for form in (NEW, OLD)]
    for gamma, line in ((inside, levine(NEW, OLD, w1)), (outside, levine(NEW, OLD, w1, internal=False))):
        below = NEW.variance - w2 * gamma[0] ** 2 * spread + w1 * w2 * gamma[0] ** 2 * gap**2
        above = OLD.variance + w1 * gamma[1] ** 2 * spread + w1 * w2 * gamma[1] ** 2 * gap**2
        slope = sqrt(above / below)
        assert line.slope.value == pytest.approx(slope, abs=1e-12)
        means = NEW.mean - w2 * gamma[0] * gap, OLD.mean + w1 * gamma[1] * gap
        assert line.intercept.value == pytest.approx(means[1] - slope * means[0], abs=1e-12)
    true = levine_true(NEW, OLD)
    assert true.slope.value == pytest.approx(inside[1] / inside[0], abs=1e-12)
    assert true(NEW.mean) == pytest.approx(OLD.mean + inside[1] * gap, abs=1e-12)
    chain = chained_line(NEW, OLD)
    at_anchor = NEW.anchor_mean + sqrt(NEW.anchor_variance / NEW.variance) * (20 - NEW.mean)
    by_hand = OLD.mean + sqrt(OLD.variance / OLD.anchor_variance) * (at_anchor - OLD.anchor_mean)
    assert chain(20.0) == pytest.approx(by_hand, abs=1e-12)


def test_variances_have_the_divisor_n_minus_1():
    found = moments_of([1, 2, 4], [1, 1, 2])
    assert (found.variance, found.anchor_variance) == (pytest.approx(7 / 3), pytest.approx(1 / 3))
    assert found.covariance == pytest.approx(np.cov([1, 2, 4], [1, 1, 2])[0, 1])


@settings(max_examples=30, deadline=None)
@given(st.floats(-20, 20), st.floats(0, 1))
def test_a_constant_added_to_the_new_form_comes_off_again(constant, w1):
    moved = Moments(NEW.n, NEW.mean + constant, NEW.variance, 0, 3, NEW.anchor_mean, NEW.anchor_variance, NEW.covariance)
    for method in (mean_line, linear_line, levine_true, chained_line, lambda x, y: tucker(x, y, w1)):
        assert method(moved, OLD)(10.0 + constant) == pytest.approx(method(NEW, OLD)(10.0), abs=1e-8)


@pytest.mark.parametrize("method", list(Method))
def test_a_form_equated_to_itself_stays_as_it_is(method):
    form = group(3000, 0, 1)
    form = Form(form.total, form.anchor, np.arange(form.total.min(), form.total.max() + 1))
    found = equate(form, form, Design(method, np.arange(11.0)))
    there = np.isin(form.points, form.total)
    np.testing.assert_allclose(found.equated[there], form.points[there], atol=1e-6)


@pytest.mark.parametrize(
    "method", [method for method in Method if method not in (Method.MEAN, Method.LINEAR, Method.EQUIPERCENTILE)]
)
def test_an_anchor_makes_up_for_unequal_groups(method):
    # The same form for an abler group: the identity is right, and what does not use the anchor is wrong by the difference.
    new, old = group(6000, -0.3, 2), group(6000, 0.2, 3)
    found = equate(new, old, Design(method, np.arange(11.0), moments=(5, 5, 1) if method in OF_DISTRIBUTIONS else ()))
    middle = slice(10, 21)
    assert np.abs(found.equated[middle] - new.points[middle]).max() < 1.0
    assert mean_line(new.moments(), old.moments()).intercept.value > 2.2


def test_frequency_estimation_agrees_with_a_plain_sum():
    rng = np.random.default_rng(1)
    new, old = (rng.random((6, 4)) for _ in range(2))
    new, old = new / new.sum(), old / old.sum()
    of_new, of_old, *lost = synthetic_distributions(new, old, 0.25)
    for x in range(6):
        carried = sum(new[x, v] / new[:, v].sum() * old[:, v].sum() for v in range(4))
        assert of_new[x] == pytest.approx(0.25 * new[x].sum() + 0.75 * carried, abs=1e-12)
    assert (of_old.sum(), lost) == (pytest.approx(1), [0, 0])


def test_anchor_scores_nobody_has_in_one_population_are_told():
    new, old = np.array([[0.5, 0.0], [0.5, 0.0]]), np.array([[0.2, 0.3], [0.3, 0.2]])
    of_new, of_old, lost_new, lost_old = synthetic_distributions(new, old, 0.5)
    assert (lost_new, lost_old) == (pytest.approx(0.5), 0)
    assert (of_new.sum(), of_old.sum()) == (pytest.approx(1), pytest.approx(1))


def test_smoothing_keeps_its_moments_and_is_loglinear():
    counts = np.bincount(group(2000, 0, 5).total.astype(int), minlength=31).astype(float)
    found, points = smooth(counts, 4), np.arange(31)
    assert found.converged
    for power in range(5):
        assert found.shares @ points**power == pytest.approx(counts @ points**power / counts.sum(), rel=1e-9)
    assert np.abs(np.diff(np.log(found.shares), 5)).max() < 1e-8
    assert found.df == 31 - 5
    assert found.chi2 == pytest.approx(
        2 * sum(c * np.log(c / f) for c, f in zip(counts, 2000 * found.shares, strict=True) if c)
    )


def test_joint_smoothing_keeps_margins_and_cross_moments():
    counts = group(2000, 0, 6).counts(np.arange(11.0))
    found = smooth_jointly(counts, 4, 3, 2)
    x, v, shares = np.arange(31), np.arange(11), counts / counts.sum()
    assert found.converged
    assert found.df == 31 * 11 - (1 + 4 + 3 + 4)
    for i, j in [(1, 0), (4, 0), (0, 3), (1, 1), (2, 1), (1, 2), (2, 2)]:
        assert x**i @ found.shares @ v**j == pytest.approx(x**i @ shares @ v**j, rel=1e-9)
    assert x**3 @ found.shares @ v**3 != pytest.approx(x**3 @ shares @ v**3, rel=1e-7)


def test_analytic_errors_agree_with_samples_drawn_anew():
    new, old = group(1500, 0, 7, hard=0.2), group(1200, 0, 8)
    for method in (Method.MEAN, Method.LINEAR, Method.EQUIPERCENTILE):
        design = Design(method, np.zeros(1))
        analytic = equate(new, old, design).errors
        drawn, _ = bootstrap_errors(new, old, design, range(200), np.random.default_rng(9))
        ratio = analytic[10:22] / drawn[10:22]
        assert abs(np.mean(ratio) - 1) < 0.15, method
    z = 1.5
    at = new.moments().mean + z * sqrt(new.moments().variance)
    spread = old.moments().variance
    parts = [(1 + f.skewness * z + (f.kurtosis - 1) / 4 * z * z) / f.n for f in (new.moments(), old.moments())]
    assert linear_errors(new.moments(), old.moments(), at) == pytest.approx(sqrt(spread * sum(parts)), abs=1e-12)
    assert mean_errors(NEW, OLD, [1, 2])[1] == pytest.approx(sqrt(NEW.variance / 1655 + OLD.variance / 1638))


def test_the_equipercentile_error_by_hand():
    # At score 1 of the small example: rank 0.35 within score 2 of the old form, from 0.3 to 0.5.
    found = equipercentile_errors(X, Y, 100, 400)[2]
    inside = (0.6 * 0.4 * 500 / 40000 - (0.8 - 0.6) * (0.6 - 0.5) / (400 * 0.3)) / 0.3**2
    assert found == pytest.approx(sqrt(inside), abs=1e-9)


def test_what_has_no_line_has_a_reason():
    flat = Moments(5, 3.0, 0.0)
    assert linear_line(flat, OLD).slope.reason == "no_variance"
    assert np.isnan(linear_line(flat, OLD)([1.0])).all()
    assert tucker(flat, OLD, 0.5).slope.reason == "no_variance"
    assert chained_line(flat, OLD).intercept.reason == "no_variance"
    against = Moments(50, 10.0, 4.0, 0, 3, 5.0, 1.0, -0.5)
    assert levine(against, OLD, 0.5).slope.reason == "no_covariance"
    assert levine_true(against, OLD).slope.reason == "no_covariance"
    # The total hangs on an anchor that varies far less in the new group: less than nothing is left of the old form's spread.
    narrow = Moments(50, 10.0, 4.0, 0, 3, 5.0, 1.0, 1.9)
    assert tucker(narrow, Moments(50, 9.0, 1.0, 0, 3, 5.0, 9.0, 8.0), 1.0).slope.reason == "negative_variance"


def test_the_far_tail_of_a_smoothed_distribution_keeps_its_digits():
    # Shares that halve forty times over: half the mass of a point is a rank of its own, however small the point is.
    x = Distribution(np.arange(41.0), 2.0 ** -np.arange(41))
    y = Distribution(np.arange(41.0), 2.0 ** -np.arange(40, -1, -1))
    np.testing.assert_allclose(equipercentile(x, x), x.points, atol=1e-4)
    np.testing.assert_allclose(equipercentile(y, y), y.points, atol=1e-9)
    np.testing.assert_allclose(scores_at(y, percentile_ranks(y, [0.25, 3.75])), [0.25, 3.75], atol=1e-9)

"""Agreement on categories: published examples, independent sums, and what must not change a coefficient."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grading.psychometrics.agreement import (
    Weights,
    agreement_weights,
    category_counts,
    cohen_kappa,
    cross_table,
    fleiss_by_category,
    fleiss_kappa,
    mean_of,
    shares,
)

# Cohen (1968), table 1: joint proportions of two judges over three diagnoses, with his weights of disagreement.
COHEN = np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]) * 200
COHEN_WEIGHTS = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])

# A table of 19 subjects with the output SAS prints for it, as the tests of statsmodels hold it.
SAS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])

# Ratings of anxiety, 20 subjects × 3 raters, data `anxiety` of the R package irr.
ANXIETY = np.array(
    [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3, 3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4,
     2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2]
).reshape(3, 20).T  # fmt: skip

# Fleiss (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses; how many chose each.
FLEISS = np.array(
    [[0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0], [0, 0, 4, 0, 2],
     [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0],
     [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6],
     [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0], [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0],
     [1, 0, 5, 0, 0], [0, 0, 0, 0, 6]]
)  # fmt: skip

tables = arrays(np.int64, (4, 4), elements=st.integers(0, 20)).filter(
    lambda table: (table.sum(axis=0) > 0).sum() > 1 and (table.sum(axis=1) > 0).sum() > 1
)


def test_cohen_1968_unweighted_and_weighted():
    assert cohen_kappa(COHEN, np.eye(3)).value.value == pytest.approx(0.492, abs=5e-4)
    assert cohen_kappa(COHEN, 1 - COHEN_WEIGHTS / 6).value.value == pytest.approx(0.348, abs=5e-4)


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        (Weights.UNWEIGHTED, (0.4842, 0.1380, 0.1484, 3.2626, 0.0011, 0.2137, 0.7547)),
        (Weights.LINEAR, (0.4701, 0.1457, 0.1426, 3.2971, 0.0010, 0.1845, 0.7558)),
    ],
)
def test_errors_test_and_interval_are_those_sas_prints(kind, printed):
    found = cohen_kappa(SAS, agreement_weights(3, kind))
    told = (found.value.value, found.se, found.se_null, found.z, found.p, found.low, found.high)
    assert told == pytest.approx(printed, abs=5.1e-5)


@pytest.mark.parametrize(
    ("kind", "kappa", "z"),
    [
        (Weights.UNWEIGHTED, -0.006289308, -0.0604067),
        (Weights.LINEAR, 0.1459075, 1.282472),
        (Weights.QUADRATIC, 0.2520325, 1.437451),
    ],
)
def test_irr_agrees_when_the_scale_is_cut_to_what_was_used_and_the_full_scale_differs(kind, kappa, z):
    used = np.searchsorted([1, 2, 3, 4, 6], ANXIETY[:, 1:])
    cut = cohen_kappa(cross_table(used[:, 0], used[:, 1], 5), agreement_weights(5, kind))
    assert (cut.value.value, cut.z) == pytest.approx((kappa, z), abs=1e-6)
    full = cohen_kappa(cross_table(ANXIETY[:, 1] - 1, ANXIETY[:, 2] - 1, 6), agreement_weights(6, kind))
    assert (full.value.value == pytest.approx(kappa, abs=1e-6)) == (kind is Weights.UNWEIGHTED)


def test_quadratic_kappa_counts_a_category_nobody_used():
    one, two = np.array([1, 1, 2, 5, 5, 2]), np.array([1, 2, 2, 5, 2, 2])
    disagreed = ((one - two) ** 2).mean()
    by_chance = np.mean([(a - b) ** 2 for a in one for b in two])
    found = cohen_kappa(cross_table(one - 1, two - 1, 6), agreement_weights(6, Weights.QUADRATIC))
    assert found.value.value == pytest.approx(1 - disagreed / by_chance, abs=1e-12)


@given(tables, st.sampled_from(list(Weights)))
def test_the_error_is_the_delta_method_of_multinomial_shares(table, kind):
    weights, share, n = agreement_weights(4, kind), table / table.sum(), table.sum()

    def kappa(p):
        expected = p.sum(axis=1) @ weights @ p.sum(axis=0)
        return ((weights * p).sum() - expected) / (1 - expected)

    step = 1e-6
    slope = np.array([(kappa(share + step * e) - kappa(share - step * e)) / (2 * step) for e in np.eye(16).reshape(16, 4, 4)])
    p = share.ravel()
    variance = max((slope**2 @ p - (slope @ p) ** 2) / n, 0)
    assert cohen_kappa(table, weights).se == pytest.approx(np.sqrt(variance), rel=1e-4, abs=1e-5)


@given(tables, st.sampled_from(list(Weights)))
def test_which_rater_comes_first_and_which_end_is_up_do_not_matter(table, kind):
    weights = agreement_weights(4, kind)
    found, swapped, turned = (cohen_kappa(t, weights) for t in (table, table.T, table[::-1, ::-1]))
    for other in (swapped, turned):
        assert (other.value.value, other.se, other.se_null) == pytest.approx(
            (found.value.value, found.se, found.se_null), abs=1e-9
        )


@given(tables)
def test_names_of_categories_do_not_matter_unweighted(table):
    one = cohen_kappa(table, np.eye(4)).value.value
    for order in list(permutations(range(4)))[::5]:
        assert cohen_kappa(table[np.ix_(order, order)], np.eye(4)).value.value == pytest.approx(one, abs=1e-12)


def test_one_category_only_has_no_kappa():
    assert cohen_kappa(np.diag([9, 0, 0]), np.eye(3)).value.reason == "one_category"
    assert fleiss_kappa([[3, 0], [3, 0]]).value.reason == "one_category"


def test_full_disagreement_of_two_constant_raters_is_a_kappa_of_0():
    table = np.zeros((3, 3))
    table[0, 2] = 5
    assert cohen_kappa(table, np.eye(3)).value.value == 0


def test_missing_ratings_leave_a_subject_out_of_its_pair_only():
    assert cross_table([0, -1, 1], [0, 1, -1], 2).tolist() == [[1, 0], [0, 0]]


def test_adjacent_is_exactly_one_apart():
    found = shares(cross_table([0, 1, 2, 3], [0, 2, 0, 3], 4))
    assert (found.n, found.exact.value, found.adjacent.value, found.within_one.value) == (4, 0.5, 0.25, 0.75)
    assert shares(np.zeros((3, 3))).exact.reason == "too_few_candidates"


def test_fleiss_1971():
    found = fleiss_kappa(FLEISS)
    assert (found.value.value, found.z) == pytest.approx((0.4302445, 17.65183), abs=1e-5)


def test_fleiss_kappa_of_categories_averages_to_the_whole():
    parts = fleiss_by_category(FLEISS)
    weights = [part.proportion * (1 - part.proportion) for part in parts]
    assert np.average([part.value.value for part in parts], weights=weights) == pytest.approx(0.4302445, abs=1e-7)
    # Fleiss (1971), table 2: depression, personality disorder, schizophrenia, neurosis, other.
    assert [part.value.value for part in parts] == pytest.approx([0.245, 0.245, 0.520, 0.471, 0.566], abs=5.1e-4)


def test_a_category_never_used_has_no_fleiss_kappa():
    parts = fleiss_by_category(np.column_stack([FLEISS, np.zeros(30)]))
    assert parts[5].value.reason == "unused_category"


def test_fleiss_interval_covers_at_its_level():
    rng = np.random.default_rng(4)
    draws = rng.random((400, 60, 1)) < 0.5
    same, noise = rng.random((400, 60, 5)) < 0.7, rng.random((400, 60, 5)) < 0.5
    ratings = np.where(same, draws, noise).astype(int)
    found = [fleiss_kappa(category_counts(one, 2)) for one in ratings]
    covered = np.mean([one.low <= 0.49 <= one.high for one in found])
    assert covered == pytest.approx(0.95, abs=0.035)


def test_lights_kappa_is_the_mean_of_pairs():
    codes = ANXIETY - 1
    pairs = [cohen_kappa(cross_table(codes[:, a], codes[:, b], 6), np.eye(6)).value for a, b in ((0, 1), (0, 2), (1, 2))]
    assert mean_of(pairs).value == pytest.approx(np.mean([pair.value for pair in pairs]))
    assert mean_of([*pairs, cohen_kappa(np.diag([5, 0]), np.eye(2)).value]).reason == "one_category"


def test_raters_who_always_give_one_category_each_leave_no_error():
    found = cohen_kappa(cross_table([2, 2, 2], [3, 3, 3], 6), agreement_weights(6, Weights.QUADRATIC))
    assert (found.value.value, found.se) == (0, 0)

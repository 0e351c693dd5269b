"""Similarity of answers: every index against a slow sum by its definition, planted copiers, and chance levels."""

from itertools import product
from math import comb, exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import false_discovery_control, norm

from grading.psychometrics import similar_pairs
from grading.psychometrics.copying import copying_p, study_sources
from grading.psychometrics.discovery import adjusted
from grading.psychometrics.option_models import (
    Choices,
    built_chances,
    expected_abilities,
    likeliest_abilities,
    log_likelihood,
    nominal_chances,
)
from grading.psychometrics.similar_pairs import DIRECTED, INDICES, all_pairs, exact_m4, study_pairs
from grading.psychometrics.similarity import (
    binomial_test,
    count_matches,
    omega,
    poisson_binomial_tail,
    trinomial_table,
    trinomial_test,
)


def exam(seed, n=60, k=20, options=4, blank=0.0):
    """Choices drawn from a nominal model, its chances, and abilities."""
    rng = np.random.default_rng(seed)
    slopes, intercepts = rng.normal(0, 0.6, (k, options)), rng.normal(0, 0.7, (k, options))
    key = rng.integers(0, options, k)
    slopes[np.arange(k), key] += 1.2
    intercepts[np.arange(k), key] += 0.8
    model, theta = nominal_chances(slopes, intercepts), rng.normal(size=n)
    codes = (rng.random((n, k, 1)) > model(theta).cumsum(axis=2)).sum(axis=2).clip(max=options - 1)
    codes[rng.random((n, k)) < blank] = -1
    return Choices(codes, key, options), model, theta


def pair(*rows):
    return tuple(np.array([row]) for row in rows)


chances_lists = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(chances_lists)
def test_the_tail_of_a_poisson_binomial_is_the_sum_over_all_outcomes(p):
    share = np.zeros(len(p) + 1)
    for outcome in product((0, 1), repeat=len(p)):
        share[sum(outcome)] += np.prod([q if hit else 1 - q for q, hit in zip(p, outcome, strict=True)])
    for least in range(len(p) + 1):
        assert poisson_binomial_tail(np.array(p)[:, None], np.array([least]))[0] == pytest.approx(
            share[least:].sum(), abs=1e-12
        )


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=1, max_size=6), st.integers(1, 6))
def test_the_trinomial_table_is_the_sum_over_all_outcomes(p, most):
    share = np.zeros((len(p) + 1, len(p) + 1))
    for outcome in product((0, 1, 2), repeat=len(p)):
        share[outcome.count(1), outcome.count(2)] += np.prod(
            [(1 - a - b, a, b)[i] for i, (a, b) in zip(outcome, p, strict=True)]
        )
    most = min(most, len(p))
    found = trinomial_table(np.array(p)[:, :1], np.array(p)[:, 1:], most)[:, :, 0]
    assert found == pytest.approx(share[:, : most + 1], abs=1e-12)


@pytest.mark.parametrize("blank", [0.0, 0.2])
def test_omega_gbt_and_m4_are_what_their_definitions_say(blank):
    choices, model, theta = exam(1, k=6, blank=blank)
    chances, codes, key = model(theta), choices.codes, choices.key
    one, two = all_pairs(9)
    matches = count_matches(choices, one, two)
    found = omega(choices, chances, one, two)
    gbt, m4 = binomial_test(choices, chances, one, two, matches.alike)[0], trinomial_test(choices, chances, one, two, matches)
    for row, (a, b) in enumerate(zip(one, two, strict=True)):
        both = [j for j in range(6) if codes[a, j] >= 0 and codes[b, j] >= 0]
        expected = [chances[a, j, codes[b, j]] for j in both]
        h = sum(codes[a, j] == codes[b, j] for j in both)
        if both:
            assert found[row] == pytest.approx((h - sum(expected)) / np.sqrt(sum(p * (1 - p) for p in expected)))
        right = [chances[a, j, key[j]] * chances[b, j, key[j]] for j in both]
        wrong = [chances[a, j] @ chances[b, j] - r for j, r in zip(both, right, strict=True)]
        share = {}
        for outcome in product((0, 1, 2), repeat=len(both)):
            p = np.prod([(1 - r - w, r, w)[i] for i, r, w in zip(outcome, right, wrong, strict=True)])
            place = outcome.count(1), outcome.count(2)
            share[place] = share.get(place, 0) + p
        assert gbt[row] == pytest.approx(sum(p for (m, n), p in share.items() if m + n >= h), abs=1e-9)
        upper = {place: sum(p for (m, n), p in share.items() if m >= place[0] and n >= place[1]) for place in share}
        seen = upper[matches.right[row], matches.wrong[row]]
        assert m4[row] == pytest.approx(sum(p for place, p in share.items() if upper[place] <= seen * (1 + 1e-9)), abs=1e-9)


def slow_copying(choices, copier, source):
    """K, K1, K2, S1, S2 of one pair, by loops (Sotaridona & Meijer 2002, 2003; weights as CopyDetect computes them)."""
    codes, key = choices.codes, choices.key
    n, items = codes.shape
    wrong = [[j for j in range(items) if codes[i, j] >= 0 and codes[i, j] != key[j]] for i in range(n)]
    of_source = wrong[source]
    ws, g = len(of_source), 1 / choices.options

    def matches(i):
        return sum(codes[i, j] == codes[source, j] for j in of_source)

    def is_right(i, j):
        return codes[i, j] == key[j]

    groups = {r: [i for i in range(n) if len(wrong[i]) == r and i != source] for r in range(items + 1)}
    groups = {r: who for r, who in groups.items() if who}
    mean = {r: np.mean([matches(i) for i in who]) for r, who in groups.items()}

    def weight(r, j):
        prob = np.mean([is_right(i, j) and is_right(source, j) for i in groups[r]])
        return ((1 + g) / (1 - g) * exp(1)) ** (prob * -(1 + g) / g)

    weighted = {
        r: np.mean([sum(weight(r, j) for j in range(items) if is_right(i, j) and is_right(source, j)) for i in who])
        for r, who in groups.items()
    }
    x, own, m = np.array(list(groups)), len(wrong[copier]), matches(copier)
    y = np.array([mean[r] for r in groups])

    def binomial(p):
        return sum(comb(ws, w) * p**w * (1 - p) ** (ws - w) for w in range(m, ws + 1))

    def poisson(y, seen, most):
        def minus(b):
            line = b[0] + b[1] * (x / items)
            return (np.exp(line) - y * line).sum()

        b = minimize(minus, [np.log(y.mean()), 0], method="BFGS", options={"gtol": 1e-10}).x
        rate = min(np.exp(b[0] + b[1] * own / items), most)
        return sum(exp(-rate) * rate**w / factorial(w) for w in range(seen, most + 1))

    line, curve = (np.polyval(np.polyfit(x / items, y / ws, degree), own / items) for degree in (1, 2))
    both = m + int(np.ceil(sum(weight(own, j) for j in range(items) if is_right(copier, j) and is_right(source, j))))
    return (
        binomial(mean[own] / ws), binomial(np.clip(line, 0.001, 0.999)), binomial(np.clip(curve, 0.001, 0.999)),
        poisson(y, m, ws), poisson(y + np.ceil([weighted[r] for r in groups]), both, items),
    )  # fmt: skip


def test_k_k1_k2_s1_and_s2_are_what_loops_give():
    choices, *_ = exam(2, n=50, k=15)
    rng = np.random.default_rng(0)
    pairs = [(a, b) for a, b in rng.integers(0, 50, (40, 2)).tolist() if a != b]
    copiers, sources = np.array(pairs).T
    studied = study_sources(choices, sources)
    found = copying_p(studied, copiers, np.arange(len(sources)))
    for row, (copier, source) in enumerate(pairs):
        slow = slow_copying(choices, copier, source)
        told = tuple(getattr(found, name)[row] for name in ("k", "k1", "k2", "s1", "s2"))
        assert told == pytest.approx(slow, abs=1e-6), (copier, source)


def test_a_source_without_a_wrong_answer_has_no_k_family():
    choices, model, theta = exam(3)
    codes = choices.codes.copy()
    codes[0] = choices.key
    perfect = Choices(codes, choices.key, 4)
    found = copying_p(study_sources(perfect, np.array([0])), np.array([1]), np.array([0]))
    assert all(np.isnan(getattr(found, name)[0]) for name in ("k", "k1", "k2", "s1", "s2"))
    study = study_pairs(perfect, model(theta), *pair(0, 1), directed=False)
    assert study.p["k"][0] <= 1
    assert study.one_copies["k"][0], "the other direction is left"


def test_all_pairs_take_the_likelier_direction_and_count_it_twice():
    choices, model, theta = exam(4, n=25, k=12)
    chances = model(theta)
    one, two = all_pairs(25)
    study = study_pairs(choices, chances, one, two, directed=False)
    there, back = (study_pairs(choices, chances, *way, directed=True) for way in ((one, two), (two, one)))
    for name in INDICES:
        assert study.p[name] == pytest.approx(np.fmin(there.p[name], back.p[name]), abs=1e-12, nan_ok=True)
        if name in DIRECTED:
            assert study.q[name] == pytest.approx(adjusted(np.minimum(2 * study.p[name], 1)), nan_ok=True)
        else:
            assert there.p[name] == pytest.approx(back.p[name], abs=1e-12)


def test_among_many_pairs_m4_is_exact_where_it_can_matter(monkeypatch):
    choices, model, theta = exam(5, n=70, k=30)
    chances = model(theta)
    one, two = all_pairs(70)
    monkeypatch.setattr(similar_pairs, "ALL_EXACT", 0)
    study = study_pairs(choices, chances, one, two, directed=False)
    exact = exact_m4(choices, chances, one, two, study.matches)
    assert 0 < study.exact.sum() < len(one) / 4
    assert study.p["m4"][study.exact] == pytest.approx(exact[study.exact])
    assert exact[~study.exact].min() > 0.005


def test_work_in_parts_gives_the_same(monkeypatch):
    choices, model, theta = exam(13, n=30, k=10)
    whole = study_pairs(choices, model(theta), *all_pairs(30), directed=False)
    monkeypatch.setattr(similar_pairs, "SOURCES_AT_ONCE", 7)
    parts = study_pairs(choices, model(theta), *all_pairs(30), directed=False)
    for name in INDICES:
        assert parts.p[name] == pytest.approx(whole.p[name], abs=1e-12, nan_ok=True)


def test_a_copier_is_found_among_all_pairs_and_nobody_else_by_the_model_based_indices():
    choices, model, theta = exam(6, n=50, k=60)
    codes = choices.codes.copy()
    source = int(np.argsort(theta)[12])
    codes[7, :45] = codes[source, :45]
    copied = Choices(codes, choices.key, 4)
    one, two = all_pairs(50)
    study = study_pairs(copied, model(likeliest_abilities(copied, model)), one, two, directed=False)
    guilty = (one == min(7, source)) & (two == max(7, source))
    for name in ("omega", "gbt", "m4"):
        assert (study.q[name] <= 0.01).tolist() == guilty.tolist()
    assert study.p["k2"][guilty] < 1e-4


def test_p_of_honest_pairs_is_not_too_small_too_often():
    small = []
    for seed in range(12):
        choices, model, theta = exam(100 + seed, n=40, k=40)
        study = study_pairs(choices, model(theta), *all_pairs(40), directed=True)
        small.append([np.mean(study.p[name] <= 0.05) for name in INDICES])
        assert study.p["omega"] == pytest.approx(norm.sf(study.omega))
    assert (np.mean(small, axis=0) < 0.06).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_names_of_options_and_order_of_items_do_not_matter(seed):
    choices, model, theta = exam(9, n=30, k=10)
    rng = np.random.default_rng(seed)
    items, names = rng.permutation(10), rng.permutation(4)
    changed = Choices(names[choices.codes[:, items]], names[choices.key[items]], 4)
    chances = model(theta)
    moved = np.empty_like(chances)
    moved[:, :, names] = chances[:, items]
    one, other = (study_pairs(*of, *all_pairs(30), directed=False) for of in ((choices, chances), (changed, moved)))
    for name in INDICES:
        assert other.p[name] == pytest.approx(one.p[name], abs=1e-9, nan_ok=True)


def test_an_item_left_blank_by_one_is_no_evidence():
    choices, model, theta = exam(10, n=40)
    codes = choices.codes.copy()
    codes[0, :5] = -1
    chances, shorter = model(theta), Choices(choices.codes[:, 5:], choices.key[5:], 4)
    blanks = Choices(codes, choices.key, 4)
    told = []
    for of, p in ((blanks, chances), (shorter, chances[:, 5:])):
        found = study_pairs(of, p, *pair(0, 1), directed=True)
        told.append([found.omega[0], found.p["gbt"][0], found.p["m4"][0]])

    assert told[0] == pytest.approx(told[1], abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_are_those_of_benjamini_and_hochberg(p):
    assert adjusted(p) == pytest.approx(false_discovery_control(p), abs=1e-12)


def test_a_test_that_was_not_made_does_not_count():
    assert adjusted([0.01, np.nan, 0.04])[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted([0.01, np.nan])[1])


def test_the_likeliest_ability_is_the_top_of_the_likelihood_and_stays_in_range():
    choices, model, _ = exam(11)
    found = likeliest_abilities(choices, model)
    top = log_likelihood(choices, model, found)
    inside = np.abs(found) < 3.99
    for step in (-1e-3, 1e-3):
        assert (log_likelihood(choices, model, found + step) <= top + 1e-10)[inside].all()
    all_right = Choices(choices.key[None], choices.key, 4)
    assert -4 <= likeliest_abilities(all_right, model)[0] <= 4


def test_expected_abilities_are_means_of_the_posterior():
    choices, model, _ = exam(12, n=4)
    grid = np.linspace(-8, 8, 4001)
    for row, found in enumerate(expected_abilities(choices, model)):
        one = Choices(np.repeat(choices.codes[[row]], len(grid), axis=0), choices.key, 4)
        weight = np.exp(log_likelihood(one, model, grid) - grid**2 / 2)
        assert found == pytest.approx((grid * weight).sum() / weight.sum(), abs=1e-6)


def test_options_built_from_three_parameters_add_up_and_share_as_wrong_answers_did():
    choices = Choices(np.array([[0], [1], [1], [2], [-1]]), np.array([0]), 4)
    found = built_chances(choices, [1.2], [0.3], [0.2], 1.7)(np.array([0.3, 9.0]))[:, 0]
    assert found[0] == pytest.approx([0.6, 0.4 * 2 / 3, 0.4 / 3, 0])
    assert found.sum(axis=1) == pytest.approx([1, 1])
    nobody = Choices(np.array([[0], [0]]), np.array([0]), 3)
    assert built_chances(nobody, [1], [0], [0])(np.zeros(1))[0, 0] == pytest.approx([0.5, 0.25, 0.25])

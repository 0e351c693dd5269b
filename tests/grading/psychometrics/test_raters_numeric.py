"""Krippendorff's alpha and intraclass correlations: published examples, brute force, and invariance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.psychometrics.intraclass import intraclass, mean_squares
from grading.psychometrics.krippendorff import Level, krippendorff_alpha

X = np.nan

# Krippendorff (2011), section E: four observers, twelve units.
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]).T  # fmt: skip

# Shrout & Fleiss (1979), table 2: four judges, six targets.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)

ratings = st.integers(0, 2**32 - 1).map(
    lambda seed: np.where((rng := np.random.default_rng(seed)).random((12, 3)) < 0.2, X, rng.integers(1, 5, (12, 3)))
)


def alpha_by_hand(data, level):
    """Alpha from the coincidence matrix, element by element (Krippendorff 2011, sections C to E)."""
    units = [row[~np.isnan(row)] for row in data if (~np.isnan(row)).sum() > 1]
    values = sorted({value for unit in units for value in unit})
    o = np.zeros((len(values), len(values)))
    for unit in units:
        for a in range(len(unit)):
            for b in range(len(unit)):
                if a != b:
                    o[values.index(unit[a]), values.index(unit[b])] += 1 / (len(unit) - 1)
    n_c = o.sum(axis=1)

    def delta(c, k):
        low, high = min(c, k), max(c, k)
        match level:
            case Level.NOMINAL:
                return float(c != k)
            case Level.ORDINAL:
                return (n_c[low : high + 1].sum() - (n_c[c] + n_c[k]) / 2) ** 2
            case Level.INTERVAL:
                return (values[c] - values[k]) ** 2
        return ((values[c] - values[k]) / (values[c] + values[k])) ** 2

    pairs = [(c, k) for c in range(len(values)) for k in range(len(values))]
    expected = sum(n_c[c] * n_c[k] * delta(c, k) for c, k in pairs)
    return 1 - (n_c.sum() - 1) * sum(o[c, k] * delta(c, k) for c, k in pairs) / expected


@pytest.mark.parametrize(
    ("level", "alpha"), [(Level.NOMINAL, 0.743), (Level.ORDINAL, 0.815), (Level.INTERVAL, 0.849), (Level.RATIO, 0.797)]
)
def test_krippendorff_2011(level, alpha):
    assert krippendorff_alpha(KRIPPENDORFF, level).value.value == pytest.approx(alpha, abs=5e-4)


@given(ratings, st.sampled_from(list(Level)))
def test_alpha_is_what_the_coincidence_matrix_gives(data, level):
    assert krippendorff_alpha(data, level, replicates=0).value.value == pytest.approx(alpha_by_hand(data, level), abs=1e-9)


@given(ratings, st.integers(0, 99))
def test_order_of_subjects_and_raters_does_not_change_alpha(data, seed):
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(rng.permutation(data, axis=0), axis=1)
    for level in Level:
        one, other = (krippendorff_alpha(d, level, replicates=0).value.value for d in (data, mixed))
        assert other == pytest.approx(one, abs=1e-9)


def test_interval_alpha_keeps_under_shift_and_stretch_ordinal_under_any_rise_ratio_under_stretch():
    def of(data, level):
        return krippendorff_alpha(data, level, replicates=0).value.value

    assert of(KRIPPENDORFF * 3 - 100, Level.INTERVAL) == pytest.approx(of(KRIPPENDORFF, Level.INTERVAL), abs=1e-10)
    assert of(np.exp(KRIPPENDORFF), Level.ORDINAL) == pytest.approx(of(KRIPPENDORFF, Level.ORDINAL), abs=1e-10)
    assert of(KRIPPENDORFF * 7, Level.RATIO) == pytest.approx(of(KRIPPENDORFF, Level.RATIO), abs=1e-10)


def test_the_interval_of_alpha_repeats_with_its_seed_and_holds_the_value():
    one, again, other = (krippendorff_alpha(KRIPPENDORFF, Level.ORDINAL, seed=seed) for seed in (5, 5, 6))
    assert (one.low, one.high) == (again.low, again.high) != (other.low, other.high)
    assert one.low < one.value.value < one.high


def test_alpha_that_cannot_be_told_has_a_reason():
    assert krippendorff_alpha([[2, 2], [2, 2], [2, 2]], Level.NOMINAL).value.reason == "one_category"
    assert krippendorff_alpha([[2, X], [X, 2], [2, 3]], Level.NOMINAL).value.reason == "too_few_candidates"
    assert krippendorff_alpha([[-2, 2], [1, 2]], Level.RATIO).value.reason == "negative_values"


def test_alpha_of_two_zeros_on_a_ratio_scale():
    assert krippendorff_alpha([[0, 0], [0, 1], [2, 2]], Level.RATIO).value.value is not None


def test_shrout_and_fleiss_1979():
    found = intraclass(SHROUT_FLEISS)
    told = {name: round(one.value.value, 2) for name, one in found.items()}
    assert told == {"1,1": 0.17, "2,1": 0.29, "3,1": 0.71, "1,k": 0.44, "2,k": 0.62, "3,k": 0.91}
    ms = mean_squares(SHROUT_FLEISS)
    assert (ms.subjects, ms.within, ms.raters, ms.error) == pytest.approx((11.24, 6.26, 32.49, 1.02), abs=5e-3)


@pytest.mark.parametrize(
    ("name", "f", "df2", "low", "high"),
    # Bounds as the R package psych prints them for these data.
    [("1,1", 1.79, 18, -0.133, 0.723), ("2,1", 11.03, 15, 0.019, 0.761), ("3,1", 11.03, 15, 0.342, 0.946),
     ("1,k", 1.79, 18, -0.884, 0.912), ("2,k", 11.03, 15, 0.071, 0.927), ("3,k", 11.03, 15, 0.676, 0.986)],
)  # fmt: skip
def test_tests_and_intervals_of_shrout_and_fleiss_data(name, f, df2, low, high):
    found = intraclass(SHROUT_FLEISS)[name]
    assert (found.f, found.df1, found.df2) == (pytest.approx(f, abs=5e-3), 5, df2)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)


@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.1, 20))
def test_units_and_order_do_not_change_an_intraclass_correlation(seed, shift, stretch):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(9, 1)) + rng.normal(size=(9, 4))
    one, other = intraclass(data), intraclass(rng.permutation(data, axis=0)[:, ::-1] * stretch + shift)
    for name, found in one.items():
        changed = other[name]
        assert (changed.value.value, changed.low, changed.high) == pytest.approx(
            (found.value.value, found.low, found.high), abs=1e-8
        )


def test_severity_lowers_absolute_agreement_only():
    severe = SHROUT_FLEISS + np.array([0, 5, -5, 20])
    before, after = intraclass(SHROUT_FLEISS), intraclass(severe)
    assert after["3,1"].value.value == pytest.approx(before["3,1"].value.value, abs=1e-12)
    assert after["2,1"].value.value < before["2,1"].value.value


def test_raters_who_differ_by_a_constant_are_consistent_without_a_test():
    found = intraclass([[1, 2], [2, 3], [4, 5]])
    assert (found["3,1"].value.value, found["3,1"].f, found["2,1"].value.value < 1) == (1, None, True)
    assert intraclass([[3, 3], [3, 3], [3, 3]])["1,1"].value.reason == "no_variance"
    assert intraclass([[3, X], [3, 3]])["1,1"].value.reason == "too_few_candidates"


def test_the_interval_of_icc_2_1_covers_at_its_level():
    rng = np.random.default_rng(11)
    data = rng.normal(size=(500, 40, 1)) + 0.5 * rng.normal(size=(500, 1, 6)) + rng.normal(size=(500, 40, 6))
    found = [intraclass(one)["2,1"] for one in data]
    assert np.mean([one.low <= 1 / 2.25 <= one.high for one in found]) == pytest.approx(0.95, abs=0.035)

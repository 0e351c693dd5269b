"""Sufficient statistics: parts merged are the whole, whatever the parts."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grading.psychometrics.items import analyse
from grading.psychometrics.reliability import cronbach_alpha, kr21, lambda2
from grading.psychometrics.sufficient import Missing, Sufficient, merge

SCORES = st.sampled_from([0.0, 1.0, 0.25, 0.1, 3.0, np.nan])
WHOLE = st.sampled_from([0.0, 1.0, np.nan])
SHAPES = st.tuples(st.integers(2, 12), st.integers(1, 4))
MATRICES = st.one_of(arrays(np.float64, SHAPES, elements=SCORES), arrays(np.float64, SHAPES, elements=WHOLE))


def same(one: Sufficient, other: Sufficient) -> None:
    assert one.candidates == other.candidates
    for name in ("answered", "pairs", "low", "high", "binary"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    for name in ("means", "moments"):
        there = one.pairs > 0
        np.testing.assert_allclose(getattr(one, name)[there], getattr(other, name)[there], atol=1e-9)
    assert (one.joint is None) == (other.joint is None)
    if one.joint is not None and other.joint is not None:
        for name in ("item", "answer", "total", "count"):
            np.testing.assert_array_equal(getattr(one.joint.grouped(), name), getattr(other.joint.grouped(), name), name)


@given(MATRICES, st.data(), st.sampled_from(Missing))
def test_parts_merged_are_the_whole(scores, data, missing):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(scores)), max_size=3)))
    parts = np.split(scores, cuts)
    same(merge(Sufficient.of(part, missing) for part in parts), Sufficient.of(scores, missing))


@given(MATRICES, st.sampled_from(Missing))
def test_merging_does_not_care_for_order(scores, missing):
    first, second = Sufficient.of(scores[:1], missing), Sufficient.of(scores[1:], missing)
    same(first.merged(second), second.merged(first))


@pytest.mark.parametrize("missing", Missing)
def test_a_dask_array_gives_what_the_matrix_gives(missing):
    scores = (np.random.default_rng(2).random((500, 7)) < 0.6).astype(float)
    scores[np.random.default_rng(3).random(scores.shape) < 0.02] = np.nan
    blocks = da.from_array(scores, chunks=(64, 3))
    same(Sufficient.of(blocks, missing), Sufficient.of(scores, missing))
    for coefficient in (cronbach_alpha, kr21, lambda2):
        assert coefficient(Sufficient.of(blocks)).value == pytest.approx(coefficient(scores).value, abs=1e-12)
    for one, other in zip(analyse(blocks), analyse(scores), strict=True):
        assert one.discrimination_efficiency.value == pytest.approx(other.discrimination_efficiency.value, abs=1e-9)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.bool_, np.float32])
def test_the_type_of_the_numbers_does_not_matter(kind):
    scores = (np.random.default_rng(4).random((50, 4)) < 0.5).astype(float)
    same(Sufficient.of(scores.astype(kind)), Sufficient.of(scores))


def test_scores_far_from_zero_keep_their_variance():
    scores = np.random.default_rng(5).random((200, 3))
    near, far = Sufficient.of(scores), merge(Sufficient.of(part) for part in np.split(scores + 1e8, 4))
    np.testing.assert_allclose(far.covariance, near.covariance, atol=1e-7)


def test_totals_equal_in_decimals_are_one_total():
    joint = Sufficient.of([[0.1, 0.2], [0.3, 0.0]]).joint
    assert joint is not None
    assert [array.tolist() for array in joint.of_totals()] == [[0.3], [2]]

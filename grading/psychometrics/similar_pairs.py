"""All indices of similarity for many pairs of candidates, with control of false discoveries."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
from scipy.special import ndtr

from grading.psychometrics.copying import CopyingP, copying_p, study_sources
from grading.psychometrics.discovery import adjusted
from grading.psychometrics.option_models import Choices, Floats, Whole
from grading.psychometrics.similarity import Matches, binomial_test, count_matches, omega, trinomial_test

T = TypeVar("T")

INDICES: Final = ("omega", "gbt", "k", "k1", "k2", "s1", "s2", "m4")
DIRECTED: Final = ("omega", "k", "k1", "k2", "s1", "s2")

SHARE_OF_WORK: Final = 100_000
SOURCES_AT_ONCE: Final = 512
ALL_EXACT: Final = 20_000
WORTH_EXACT: Final = 0.05
"""With more than `ALL_EXACT` pairs, M4 is exact for those whose first look at it is at most `WORTH_EXACT`."""


@dataclass(frozen=True)
class PairStudy:
    """Every index of m pairs of rows `one` and `two`.

    `p` holds for each index the one-sided p; of a directed index the smaller one of both directions unless the direction was
    given, and `one_copies` says whether it is that of `one` copying from `two`. `q` is adjusted for false discoveries over all
    pairs, after a p that is the smaller of two was doubled. `omega` goes with its p. `exact` says where M4 is exact.
    """

    one: Whole
    two: Whole
    matches: Matches
    omega: Floats
    p: dict[str, Floats]
    q: dict[str, Floats]
    one_copies: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]
    exact: np.ndarray[tuple[int], np.dtype[np.bool_]]


def all_pairs(n: int) -> tuple[Whole, Whole]:
    """Every pair of n rows once."""
    one, two = np.triu_indices(n, 1)
    return one.astype(np.int64), two.astype(np.int64)


def study_pairs(choices: Choices, chances: Floats, one: Whole, two: Whole, *, directed: bool) -> PairStudy:
    """All indices of the pairs of rows `one` and `two`.

    Parameters
    ----------
    choices
        What everybody chose: the pairs are of them, and the K family learns from all of them.
    chances
        Chances of the options at each candidate's ability, n × k × options.
    directed
        Whether `one` are suspected to have copied from `two`; else both directions are computed and the smaller p counts twice.
    """
    matches = _together(Matches, _shared(lambda rows: count_matches(choices, one[rows], two[rows]), len(one)))
    tests = _shared(lambda rows: binomial_test(choices, chances, one[rows], two[rows], matches.alike[rows]), len(one))
    gbt, look = (np.concatenate([part[i] for part in tests]) for i in range(2))
    ways = [(one, two)] if directed else [(one, two), (two, one)]
    found = [_directed(choices, chances, copiers, sources) for copiers, sources in ways]
    first = {
        name: found[0][name] <= found[-1][name] if not directed else np.ones(len(one), dtype=np.bool_) for name in DIRECTED
    }
    if not directed:
        first = {name: of | np.isnan(found[1][name]) for name, of in first.items()}
    p = {name: np.where(first[name], found[0][name], found[-1][name]) for name in DIRECTED}
    values = np.where(first["omega"], found[0]["value"], found[-1]["value"])
    exact = np.full(len(one), len(one) <= ALL_EXACT) | (look <= WORTH_EXACT)
    p |= {"gbt": gbt, "m4": look.copy()}
    p["m4"][exact] = exact_m4(choices, chances, one[exact], two[exact], matches.take(exact))
    times = {name: 2.0 if name in DIRECTED and not directed else 1.0 for name in INDICES}
    q = {name: adjusted(np.minimum(times[name] * p[name], 1.0)) for name in INDICES}
    return PairStudy(one, two, matches, values, {name: p[name] for name in INDICES}, q, first, exact)


def exact_m4(choices: Choices, chances: Floats, one: Whole, two: Whole, matches: Matches) -> Floats:
    """M4 of pairs from their exact distributions."""
    parts = _shared(
        lambda rows: trinomial_test(choices, chances, one[rows], two[rows], matches.take(rows)), len(one), SHARE_OF_WORK // 50
    )
    return np.concatenate([np.empty(0), *parts])


def _directed(choices: Choices, chances: Floats, copiers: Whole, sources: Whole) -> dict[str, Floats]:
    """Omega (its value and p) and p of the K family for copiers and sources."""
    value = np.concatenate(
        [np.empty(0), *_shared(lambda rows: omega(choices, chances, copiers[rows], sources[rows]), len(copiers))]
    )
    rows, column = np.unique(sources, return_inverse=True)
    order = np.argsort(column, kind="stable")
    starts = np.searchsorted(column[order], np.arange(0, len(rows) + SOURCES_AT_ONCE, SOURCES_AT_ONCE))
    result = {of.name: np.empty(len(copiers)) for of in fields(CopyingP)}
    for block, (start, end) in enumerate(pairwise(starts.tolist())):
        here, offset = order[start:end], block * SOURCES_AT_ONCE
        studied = study_sources(choices, rows[offset : offset + SOURCES_AT_ONCE])
        done = _shared(lambda part, s=studied, h=here, o=offset: copying_p(s, copiers[h[part]], column[h[part]] - o), len(here))  # type: ignore[misc]
        for name, target in result.items():
            target[here] = np.concatenate([np.empty(0), *(getattr(part, name) for part in done)])
    return {"value": value, "omega": ndtr(-value), **result}


def _shared(work: Callable[[slice], T], n: int, size: int = SHARE_OF_WORK) -> list[T]:
    """Do `work` on slices of n rows, on all cores: the array functions inside let go of the interpreter."""
    slices = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    if len(slices) < 2:
        return [work(of) for of in slices]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, slices))


def _together(kind: type[Matches], parts: list[Matches]) -> Matches:
    return kind(*(np.concatenate([np.empty(0, np.int64), *(getattr(part, of.name) for part in parts)]) for of in fields(kind)))

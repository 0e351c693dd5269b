"""How alike two candidates' choices are against what their abilities explain: omega, the generalized binomial test, M4."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from grading.psychometrics.option_models import Choices, Floats, Whole

PAIRS_AT_ONCE: Final = 2048
TABLES_AT_ONCE: Final = 48
NEGLIGIBLE: Final = 1e-18

Single = NDArray[np.float64]


@dataclass(frozen=True)
class Matches:
    """Items two candidates both answered, and answered alike: all, rightly, wrongly; an array each, one entry a pair."""

    items: Whole
    alike: Whole
    right: Whole
    wrong: Whole

    def take(self, rows: Whole | slice | NDArray[np.bool_]) -> "Matches":
        """Those of some pairs."""
        return Matches(self.items[rows], self.alike[rows], self.right[rows], self.wrong[rows])


def count_matches(choices: Choices, one: Whole, two: Whole) -> Matches:
    """Matches of the pairs of rows `one` and `two`."""
    parts = []
    for block in _blocks(len(one), 8 * PAIRS_AT_ONCE):
        first, second = choices.codes[one[block]], choices.codes[two[block]]
        both = (first >= 0) & (second >= 0)
        same = both & (first == second)
        parts.append(np.stack([both.sum(axis=1), same.sum(axis=1), (same & (first == choices.key)).sum(axis=1)]))
    items, alike, right = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0), dtype=np.int64)
    return Matches(items, alike, right, alike - right)


def omega(choices: Choices, chances: Floats, copiers: Whole, sources: Whole) -> Floats:
    """Wollack's omega of each copier and source: matches less expected ones, in standard deviations.

    Expected is the chance that the copier, by own ability, chooses what the source chose; items both answered count. Its
    one-sided p is that of a standard normal. NaN where no item tells anything.

    Parameters
    ----------
    choices
        What the candidates chose.
    chances
        Chances of the options at each candidate's ability, n × k × options.
    copiers, sources
        Rows of the candidates, one entry a pair.

    References
    ----------
    Wollack, J. A. (1997). Applied Psychological Measurement 21, 307–320.
    """
    found = np.empty(len(copiers))
    items = np.arange(choices.codes.shape[1])
    for block in _blocks(len(copiers), PAIRS_AT_ONCE):
        own, other = choices.codes[copiers[block]], choices.codes[sources[block]]
        both = (own >= 0) & (other >= 0)
        p = np.where(both, chances[copiers[block][:, None], items, np.maximum(other, 0)], 0.0)
        variance = (p * (1 - p)).sum(axis=1)
        matches = (both & (own == other)).sum(axis=1)
        found[block] = (matches - p.sum(axis=1)) / np.sqrt(np.where(variance > 0, variance, np.nan))
    return found


def binomial_test(choices: Choices, chances: Floats, one: Whole, two: Whole, alike: Whole) -> tuple[Floats, Floats]:
    """The generalized binomial test of each pair: P(at least as many matches), and a first look at M4's p.

    Two independent candidates match on an item with chance Σ P₁(o) P₂(o); the number of matches is Poisson binomial. The first
    look treats right and wrong matches as independent with refined normal tails; it serves to find pairs worth an exact M4.

    References
    ----------
    van der Linden, W. J., & Sotaridona, L. (2006). Journal of Educational and Behavioral Statistics 31, 283–304.
    """
    exact, look = np.empty(len(one)), np.empty(len(one))
    for block in _blocks(len(one), PAIRS_AT_ONCE):
        pair = _pair_chances(choices, chances, one[block], two[block])
        exact[block] = poisson_binomial_tail(pair.right + pair.wrong, alike[block])
        same = choices.codes[one[block]] == choices.codes[two[block]]
        right = (same & (choices.codes[one[block]] == choices.key)).sum(axis=1)
        tail = _refined_tail(pair.right, right) * _refined_tail(pair.wrong, alike[block] - right)
        look[block] = tail * (1 - np.log(np.maximum(tail, 1e-300)))
    return exact, look.clip(0, 1)


def trinomial_test(choices: Choices, chances: Floats, one: Whole, two: Whole, matches: Matches) -> Floats:
    """M4 of each pair: p of right and wrong matches together, by their exact joint distribution.

    Points (right, wrong) are ordered by the chance of having at least as many of both; p is the chance of all points that are
    no likelier in this sense than the one observed.

    References
    ----------
    Maynes, D. (2014). Detection of non-independent test taking by similarity analysis. In Kingston & Clark, Test Fraud.
    Zopluoglu, C. (2019). International Journal of Assessment Tools in Education 6(5), 1–19.
    """
    found = np.empty(len(one))
    order = np.argsort(matches.wrong, kind="stable")
    for block in _blocks(len(one), TABLES_AT_ONCE):
        rows = order[block]
        pair = _pair_chances(choices, chances, one[rows], two[rows])
        table = trinomial_table(pair.right, pair.wrong, _most_wrong(pair.wrong, int(matches.wrong[rows].max())))
        upper = table[::-1, ::-1].cumsum(axis=0).cumsum(axis=1)[::-1, ::-1]
        at = upper[matches.right[rows], matches.wrong[rows], np.arange(len(rows))]
        found[rows] = np.where(upper <= at * (1 + 1e-12), table, 0.0).sum(axis=(0, 1))
    return found.clip(0, 1)


@dataclass(frozen=True)
class _PairChances:
    """Chances to match rightly and wrongly on each item, k × pairs; 0 on an item one of them left blank."""

    right: Single
    wrong: Single


def _pair_chances(choices: Choices, chances: Floats, one: Whole, two: Whole) -> _PairChances:
    items = np.arange(len(choices.key))
    first, second = chances[one], chances[two]
    alike = np.einsum("pko,pko->kp", first, second)
    both = ((choices.codes[one] >= 0) & (choices.codes[two] >= 0)).T
    right = (first[:, items, choices.key] * second[:, items, choices.key]).T * both
    return _PairChances(right, np.maximum(alike * both - right, 0.0))


def poisson_binomial_tail(chances: Floats, least: Whole) -> Floats:
    """P(at least `least` of the trials succeed), trials × cases with a `least` each, by adding one trial after the other."""
    trials, cases = chances.shape
    share = np.zeros((trials + 1, cases))
    share[0] = 1.0
    for done, p in enumerate(chances):
        moved = share[: done + 1] * p
        share[: done + 1] -= moved
        share[1 : done + 2] += moved
    # Terms of the tail only, so that a tiny one keeps its digits.
    inside = (np.arange(trials + 1)[:, None] >= least).astype(np.float64)
    return np.asarray(np.einsum("tc,tc->c", share, inside).clip(0, 1))


def trinomial_table(first: Floats, second: Floats, most_second: int) -> Floats:
    """P(i of one kind, j of the other) of trials that end so, so or neither: (trials + 1) × (most_second + 1) × cases."""
    trials, cases = first.shape
    table = np.zeros((trials + 1, most_second + 1, cases))
    table[0, 0] = 1.0
    for done, (p, q) in enumerate(zip(first, second, strict=True)):
        wide = min(done, most_second) + 1
        old = table[: done + 1, :wide]
        to_first = old * p
        to_second = (old * q)[:, : min(wide, most_second)]
        old *= 1 - p - q
        table[1 : done + 2, :wide] += to_first
        table[: done + 1, 1 : to_second.shape[1] + 1] += to_second
    return table


def _most_wrong(wrong: Floats, seen: int) -> int:
    """Beyond this many wrong matches there is less than 1e-18, by Chernoff's bound for the largest mean."""
    mean = float(wrong.sum(axis=0).max(initial=0.0))
    most = np.arange(1, len(wrong) + 1)
    bound = most - mean - most * np.log(most / max(mean, 1e-300))
    enough = most[(most > mean) & (bound < np.log(NEGLIGIBLE))]
    return min(len(wrong), max(seen, int(enough[0]) if len(enough) else len(wrong)))


def _refined_tail(chances: Floats, least: Whole) -> Floats:
    """P(at least `least`) by the normal approximation refined by skewness (Hong 2013, section 2.3)."""
    mean, variance = chances.sum(axis=0), (chances * (1 - chances)).sum(axis=0)
    sd = np.sqrt(np.maximum(variance, 1e-12))
    skew = (chances * (1 - chances) * (1 - 2 * chances)).sum(axis=0) / sd**3
    x = (least - 0.5 - mean) / sd
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray((ndtr(-x) - skew * (1 - x**2) * density / 6).clip(1e-300, 1.0))


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))

"""Who answered like whom: candidates as points, flagged pairs as lines."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, cos, pi, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.charts.drawing import SIZE, WIDTH, hint, line, picture, shorten, tag, text
from grading.psychometrics.charts.words import ENGLISH, Words, number

Pair = tuple[str, str]
MOST_SAID: Final = 20
THIN, THICK = 1.5, 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate is drawn, and on which side the name stands."""

    x: float
    y: float
    is_left: bool


def similarity_network(
    pairs: Sequence[Pair], strengths: ArrayLike, candidates: int, *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Flagged pairs of candidates, groups that hang together side by side, the largest first.

    Parameters
    ----------
    pairs
        Names of two candidates each; all others are left out of the picture.
    strengths
        One per pair, at least 0: the stronger the thicker the line, for instance −log₁₀ p.
    candidates
        How many were compared.
    """
    weights = np.asarray(strengths, dtype=np.float64)
    if not len(pairs):
        said = words["say_pairs"].format(pairs=0, candidates=candidates, which="–")
        return picture(60, title or words["network"], said, text(0, 34, words["no_pairs"], fill="ink2"))
    places, height = _places(_groups(pairs))
    most = float(weights.max()) or 1.0
    edges = [
        _edge(places, pair, weight, THIN + (THICK - THIN) * weight / most) for pair, weight in zip(pairs, weights, strict=True)
    ]
    which = ", ".join(f"{a}\u2013{b}" for a, b in pairs[:MOST_SAID]) + ("…" if len(pairs) > MOST_SAID else "")
    said = words["say_pairs"].format(pairs=len(pairs), candidates=candidates, which=which)
    return picture(height, title or words["network"], said, *edges, *(_point(name, at) for name, at in places.items()))


def _groups(pairs: Sequence[Pair]) -> list[list[str]]:
    """Candidates who hang together by pairs, the largest group first; the best connected of each first."""
    near: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    waiting, groups = dict.fromkeys(near), []
    while waiting:
        group, found = [], [next(iter(waiting))]
        while found:
            one = found.pop()
            if one in waiting:
                del waiting[one]
                group.append(one)
                found += sorted(near[one])
        groups.append(sorted(group, key=lambda one: (-len(near[one]), one)))
    return sorted(groups, key=lambda group: (-len(group), group))


def _places(groups: Sequence[Sequence[str]]) -> tuple[dict[str, Place], float]:
    """A ring for each group, rings in rows; and the height of all."""
    places: dict[str, Place] = {}
    top = 0.0
    for row in _rows(groups):
        tall = max(_reach(len(group)) for group in row) * 2 + 44
        for column, group in enumerate(row):
            middle = WIDTH * (column + 0.5) / len(row)
            places |= dict(_ring(group, middle, top + tall / 2))
        top += tall
    return places, top + 4


def _rows(groups: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    """Large groups alone, small ones two in a row."""
    small = [group for group in groups if len(group) <= 3]
    yield from ([group] for group in groups if len(group) > 3)
    for start in range(0, len(small), 2):
        yield small[start : start + 2]


def _reach(size: int) -> float:
    return 26.0 if size == 2 else min(110.0, 22.0 + 11.0 * sqrt(size) * ceil(size / 8))


def _ring(group: Sequence[str], x: float, y: float) -> Iterator[tuple[str, Place]]:
    for number_, name in enumerate(group):
        angle = 2 * pi * number_ / len(group) - pi / 2
        yield name, Place(x + _reach(len(group)) * 0.75 * cos(angle), y + _reach(len(group)) * sin(angle), cos(angle) < -0.01)


def _edge(places: dict[str, Place], pair: Pair, weight: float, wide: float) -> str:
    a, b = places[pair[0]], places[pair[1]]
    said = hint(f"{pair[0]}\u2013{pair[1]}: {number(weight)}")
    return tag("g", said, line(a.x, a.y, b.x, b.y, "danger", stroke_width=float(wide), stroke_linecap="round"))


def _point(name: str, at: Place) -> str:
    dot = tag("circle", cx=at.x, cy=at.y, r=5.0, fill="paper", stroke="ink", stroke_width=2)
    anchor, x = ("end", at.x - 10) if at.is_left else ("start", at.x + 10)
    return dot + text(x, at.y + 4.5, shorten(name, 120), text_anchor=anchor, font_size=SIZE)

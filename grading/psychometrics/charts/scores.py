"""Distributions: scores with the cut and its error band; candidates and items on one scale; two marks of each script."""

from collections.abc import Sequence
from itertools import pairwise
from math import floor
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.charts.axes import BOTTOM, CUT_TOP, RIGHT, TOP, Axis, Floats, Plane, plane, round_step
from grading.psychometrics.charts.curves import upright
from grading.psychometrics.charts.drawing import WIDTH, hint, line, picture, shorten, tag, text, width_of
from grading.psychometrics.charts.words import ENGLISH, Words, number

BARS: Final = 24
ROWS: Final = 28
MAP_HEIGHT: Final = 420.0
MARKS_HEIGHT: Final = 330.0


def score_distribution(
    scores: ArrayLike,
    scale: tuple[float, float],
    *,
    cut: float | None = None,
    error: float | None = None,
    words: Words = ENGLISH,
    title: str | None = None,
) -> str:
    """Histogram of scores with the cut and one standard error of measurement on either side of it.

    Parameters
    ----------
    scores
        One per candidate.
    scale
        Its ends.
    cut
        A score of the cut or more passes. Bars end there, so that none holds both who passed and who did not: those who did are
        filled, the others outlined.
    error
        Standard error of measurement at the cut.
    """
    values = np.asarray(scores, dtype=np.float64)
    edges = _edges(values, scale, cut)
    counts = np.array([((values >= a - 1e-9) & (values < b - 1e-9)).sum() for a, b in pairwise(edges)])
    most = max(1, int(counts.max(initial=0)))
    field = plane((edges[0], edges[-1], words["score"]), (0, most, words["candidates"]), top=CUT_TOP, counts=True)
    bars = "".join(
        _bar(field, a, b, int(n), passed=cut is None or a >= cut - 1e-9)
        for (a, b), n in zip(pairwise(edges), counts, strict=True)
        if n
    )
    behind, before = _band(field, cut, error) if cut is not None and error else ("", "")
    mark = "" if cut is None else upright(field, cut, words["cut"].format(cut=number(cut)))
    key, below = ("", 0.0) if cut is None else _key(field.height, words, with_band=bool(error))
    said = _say_scores(values, cut, error, words)
    return picture(field.height + below, title or words["distribution"], said, behind, field.drawn(), bars, before, mark, key)


def _key(top: float, words: Words, *, with_band: bool) -> tuple[str, float]:
    """What the fills mean, below the picture, and the room it takes."""
    kinds = [("fail_key", "none", "accent"), ("pass_key", "accent", "accent")] + (
        [("sem", "band", "warn")] if with_band else []
    )
    x, parts = 0.0, []
    for name, fill, stroke in kinds:
        parts += [
            tag("rect", x=x + 0.75, y=top + 4, width=16, height=11, fill=fill, stroke=stroke),
            text(x + 22, top + 14, words[name]),
        ]
        x += 36 + width_of(words[name])
    return "".join(parts), 22.0


def _edges(values: Floats, scale: tuple[float, float], cut: float | None) -> Floats:
    """Edges of bars of a round width from the lowest to the highest score, one of them at the cut."""
    low, high = scale
    start = float(values.min()) if len(values) else low
    end = float(values.max()) if len(values) else high
    if cut is not None:
        start, end = min(start, cut), max(end, cut)
    step = round_step(max(end - start, (high - low) / 10), BARS)
    zero = cut if cut is not None else low
    first, last = floor((start - zero) / step + 1e-9), floor((end - zero) / step + 1e-9) + 1
    edges = zero + step * np.arange(first, max(last, first + 1) + 1)
    return np.asarray(np.maximum(edges, low) if start >= low else edges, dtype=np.float64)


def _bar(field: Plane, a: float, b: float, count: int, *, passed: bool) -> str:
    left, right = field.x.place(a), field.x.place(b)
    top = field.y.place(count)
    said = hint(f"{number(a)}\u2013{number(b)}: {count}")
    return tag(
        "rect", said, x=left + 0.75, y=top, width=max(right - left - 1.5, 1.0), height=field.y.start - top,
        fill="accent" if passed else "none", stroke="accent", stroke_width=1,
    )  # fmt: skip


def _band(field: Plane, cut: float, error: float) -> tuple[str, str]:
    """One error on either side of the cut: the band behind the bars, and its length above them."""
    top, base = field.y.end, field.y.start
    left, right = (field.x.place(float(np.clip(one, field.x.low, field.x.high))) for one in (cut - error, cut + error))
    ends = [line(x, top - 6, x, top + 2, "warn", stroke_width=2) for x in (left, right)]
    band = tag("rect", x=left, y=top - 2, width=right - left, height=base - top + 2, fill="band")
    return band, "".join([line(left, top - 2, right, top - 2, "warn", stroke_width=2), *ends])


def _say_scores(values: Floats, cut: float | None, error: float | None, words: Words) -> str:
    if not len(values):
        return words["say_distribution"].format(n=0, mean="–", sd="–", low="–", high="–")
    sd = number(float(values.std(ddof=1))) if len(values) > 1 else "–"
    said = [
        words["say_distribution"].format(
            n=len(values),
            mean=number(float(values.mean())),
            sd=sd,
            low=number(float(values.min())),
            high=number(float(values.max())),
        )
    ]
    if cut is not None:
        below = int((values < cut - 1e-9).sum())
        said.append(words["say_cut"].format(cut=number(cut), below=below, above=len(values) - below))
    if cut is not None and error:
        said.append(words["say_band"].format(near=int((np.abs(values - cut) <= error).sum()), sem=number(error)))
    return " ".join(said)


def item_person_map(
    persons: ArrayLike, items: ArrayLike, names: Sequence[str], *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Wright map: how able candidates are and how difficult items, on one scale, the hardest and ablest at the top.

    Parameters
    ----------
    persons, items
        Abilities and difficulties in logits.
    names
        Of the items; each mark says its item on hover.
    """
    able, hard = np.asarray(persons, dtype=np.float64), np.asarray(items, dtype=np.float64)
    both = np.concatenate([able, hard]) if len(able) + len(hard) else np.zeros(1)
    scale = Axis.over(float(both.min()), float(both.max()), (MAP_HEIGHT - 16, 58), most=8)
    edges = np.linspace(scale.low, scale.high, ROWS + 1)
    middle = 170.0
    parts = [
        *_scale(scale, middle), *_people(able, scale, edges, middle - 22), *_items(hard, names, scale, edges, middle + 22),
        text(0, 14, words["candidates"], fill="ink2"), text(middle + 22, 14, words["items"], fill="ink2"),
        text(middle, 34, words["logits"], fill="ink2", text_anchor="middle"),
    ]  # fmt: skip
    said = words["say_map"].format(persons=len(able), person=_mean(able), items=len(hard), item=_mean(hard))
    return picture(MAP_HEIGHT, title or words["map"], said, *parts)


def _mean(values: Floats) -> str:
    return number(float(values.mean())) if len(values) else "–"


def _scale(scale: Axis, middle: float) -> list[str]:
    marks = [line(x, scale.end, x, scale.start, "axis") for x in (middle - 18, middle + 18)]
    return marks + [
        text(middle, y + 4.5, scale.said(tick), text_anchor="middle", fill="ink2")
        for tick, y in zip(scale.ticks, scale.at(scale.ticks), strict=True)
    ]


def _people(able: Floats, scale: Axis, edges: Floats, start: float) -> list[str]:
    counts, _ = np.histogram(able, edges)
    unit, tall = start / max(1, int(counts.max(initial=0))), (scale.start - scale.end) / ROWS
    bars = [
        tag("rect", hint(str(n)), x=start - n * unit, y=scale.place(top), width=n * unit, height=tall - 1.5, fill="accent")
        for n, top in zip(counts, edges[1:], strict=True)
        if n
    ]
    return bars + ([_mean_mark(scale.place(float(able.mean())), start + 4)] if len(able) else [])


def _items(hard: Floats, names: Sequence[str], scale: Axis, edges: Floats, start: float) -> list[str]:
    rows = np.clip(np.searchsorted(edges, hard, side="right") - 1, 0, ROWS - 1)
    seen: dict[int, int] = {}
    most = max(1, int(np.bincount(rows, minlength=1).max()))
    step = min(12.0, (WIDTH - start - 8) / most)
    marks = []
    for name, value, row in sorted(zip(names, hard, rows, strict=True), key=lambda one: (one[2], one[1])):
        place = seen[row] = seen.get(row, -1) + 1
        y = (scale.place(float(edges[row])) + scale.place(float(edges[row + 1]))) / 2
        said = hint(f"{name}: {number(float(value))}")
        marks.append(
            tag("circle", said, cx=start + 6 + place * step, cy=y, r=4.0, fill="paper", stroke="warn", stroke_width=1.75)
        )
        if (rows == row).sum() == 1:
            marks.append(text(start + 16, y + 4.5, shorten(name, WIDTH - start - 16), fill="ink2"))
    return marks + ([_mean_mark(scale.place(float(hard.mean())), start - 4)] if len(hard) else [])


def _mean_mark(y: float, x: float) -> str:
    return tag("path", d=f"M{x - 4:.1f} {y:.1f}l4 -5l4 5l-4 5z", fill="ink")


def paired_marks(first: ArrayLike, second: ArrayLike, *, most: float, words: Words = ENGLISH, title: str | None = None) -> str:
    """First against second marks of the same scripts; a circle's area is the number of scripts, the diagonal is agreement."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    ends = (-most / 25, most * 1.04)
    across = Axis.over(*ends, (34, WIDTH - RIGHT), widen=False)
    up = Axis.over(*ends, (MARKS_HEIGHT - BOTTOM, TOP), widen=False)
    field = Plane(across, up, words["first"], words["second"])
    pairs, counts = np.unique(np.stack([one, other], axis=1).reshape(-1, 2), axis=0, return_counts=True)
    diagonal = (across.place(0), up.place(0), across.place(most), up.place(most))
    largest = int(counts.max(initial=1))
    marks = [
        tag(
            "circle", hint(f"{number(a)} / {number(b)}: {n}"), cx=field.x.place(a), cy=field.y.place(b),
            r=max(2.5, 11 * float(np.sqrt(n / largest))), fill="accent", fill_opacity=0.7, stroke="paper",
        )
        for (a, b), n in zip(pairs, counts, strict=True)
    ]  # fmt: skip
    said = words["say_marks"].format(n=len(one), same=int((one == other).sum()))
    return picture(
        field.height, title or words["marks"], said, field.drawn(), line(*diagonal, "ink2", stroke_dasharray="5 3"), *marks
    )

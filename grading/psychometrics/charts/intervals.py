"""Figures with their intervals, one row each: differential item functioning, severity of graders, forms compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from grading.psychometrics.charts.axes import RIGHT, Axis, Floats, Plane
from grading.psychometrics.charts.drawing import WIDTH, hint, line, picture, shorten, tag, text, width_of
from grading.psychometrics.charts.words import ENGLISH, Words, number

ROW: Final = 22.0
HEAD: Final = 14.0
Z_95: Final = 1.959963984540054
ETS_BOUNDS: Final = (1.0, 1.5)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its interval; `flag` is said beside the name, and draws the mark filled with a warning colour."""

    name: str
    value: float
    low: float
    high: float
    flag: str = ""


def interval_plot(
    rows: Sequence[Row],
    axis_title: str,
    title: str,
    *,
    reference: float | None = 0.0,
    bounds: Sequence[float] = (),
    words: Words = ENGLISH,
) -> str:
    """Rows of points with intervals.

    Parameters
    ----------
    rows
        From top to bottom.
    axis_title, title
        What is measured, and the name of the picture.
    reference
        Where an upright line stands: no difference.
    bounds
        Where dashed lines stand: from here on a difference counts.
    """
    names = [f"{row.name} {row.flag}".strip() for row in rows]
    left = min(150.0, 14 + max((width_of(name) for name in names), default=40.0))
    ends = [end for row in rows for end in (row.low, row.high)] + [one for one in (reference, *bounds) if one is not None]
    base = HEAD + ROW * max(1, len(rows))
    scale = Axis.over(min(ends, default=0.0), max(ends, default=1.0), (left, WIDTH - RIGHT), most=5)
    field = Plane(scale, Axis(0, 1, 1, base, HEAD), axis_title, "")
    parts = [line(x, HEAD, x, base) for x in scale.at(scale.ticks)]
    parts += [line(x, HEAD, x, base, "ink2", stroke_dasharray="4 3") for x in scale.at(list(bounds))]
    parts += (
        [] if reference is None else [line(scale.place(reference), HEAD, scale.place(reference), base, "ink", stroke_width=1.5)]
    )
    parts += [_row(row, name, place, scale) for place, (row, name) in enumerate(zip(rows, names, strict=True))]
    said = " ".join(
        words["say_interval"].format(name=name, value=number(row.value), low=number(row.low), high=number(row.high))
        for row, name in zip(rows, names, strict=True)
    )
    return picture(field.height, title, said, *parts, field.foot())


def _row(row: Row, name: str, place: int, scale: Axis) -> str:
    y, paint = HEAD + ROW * (place + 0.5), "danger" if row.flag else "accent"
    x = scale.place(row.value)
    mark = (
        tag("path", d=f"M{x - 5.5:.1f} {y:.1f}l5.5 -5.5l5.5 5.5l-5.5 5.5z", fill=paint)
        if row.flag
        else tag("circle", cx=x, cy=y, r=4.0, fill=paint)
    )
    return tag(
        "g",
        hint(f"{name}: {number(row.value)} [{number(row.low)}, {number(row.high)}]"),
        text(0, y + 4.5, shorten(name, scale.start - 8), font_weight=600 if row.flag else None),
        line(scale.place(row.low), y, scale.place(row.high), y, paint, stroke_width=2),
        mark,
    )


def dif_plot(
    names: Sequence[str],
    d_dif: ArrayLike,
    errors: ArrayLike,
    classes: Sequence[str],
    *,
    words: Words = ENGLISH,
    title: str | None = None,
) -> str:
    """MH D-DIF with 95 % intervals, the items with the largest differences first, and the bounds of ETS classes B and C.

    Parameters
    ----------
    names
        Of the items.
    d_dif, errors
        Mantel-Haenszel differences on the delta scale and their standard errors; an item without either is left out.
    classes
        A, B or C; B and C are marked.
    """
    value, se = np.asarray(d_dif, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    order = [int(one) for one in np.argsort(-np.abs(value)) if np.isfinite(value[one]) and np.isfinite(se[one])]
    rows = [_with_error(names[one], value[one], se[one], classes[one] if classes[one] in ("B", "C") else "") for one in order]
    bounds = [sign * one for one in ETS_BOUNDS for sign in (-1, 1)]
    return interval_plot(rows, words["difference"], title or words["dif"], bounds=bounds, words=words)


def rater_severity(
    names: Sequence[str], severity: ArrayLike, errors: ArrayLike, *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Severity of graders in logits with 95 % intervals, the most severe first; marked where the interval does not hold 0."""
    value, se = np.asarray(severity, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    order = [int(one) for one in np.argsort(-value) if np.isfinite(value[one]) and np.isfinite(se[one])]
    flags = {one: "\u25c6" if abs(value[one]) > Z_95 * se[one] else "" for one in order}
    rows = [_with_error(names[one], value[one], se[one], flags[one]) for one in order]
    return interval_plot(rows, words["severity"], title or words["severities"], words=words)


def forms_compared(
    names: Sequence[str], means: ArrayLike, errors: ArrayLike, *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Mean scores of the forms of a paper with 95 % intervals; a form without either is left out."""
    value, se = np.asarray(means, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    there = np.flatnonzero(np.isfinite(value) & np.isfinite(se)).tolist()
    rows = [_with_error(names[one], value[one], se[one], "") for one in there]
    return interval_plot(rows, words["mean"], title or words["forms"], reference=None, words=words)


def _with_error(name: str, value: Floats | float, error: Floats | float, flag: str) -> Row:
    middle, reach = float(value), Z_95 * float(error)
    return Row(name, middle, middle - reach, middle + reach, flag)

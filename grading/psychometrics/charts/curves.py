"""Curves: item and test characteristics, information, and what options were chosen by weaker and stronger candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.charts.axes import CUT_TOP, Floats, Plane, plane
from grading.psychometrics.charts.drawing import SIZE, WIDTH, hint, line, picture, shorten, tag, text, width_of
from grading.psychometrics.charts.words import ENGLISH, Words, number

DASHES: Final = (None, "7 3", "2 3", "8 3 2 3", "4 2", "10 4", "1 2", "6 2 2 2")
PAINT: Final = ("accent", "danger", "warn", "ok", "ink2", "ink")
MOST_NAMED: Final = 6
GROUPS: Final = 5


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture; `strong` draws it thick, as the key among options; `label` stands in the legend for its name."""

    name: str
    x: Floats
    y: Floats
    strong: bool = False
    label: str = ""


def characteristic_curves(
    theta: ArrayLike, probabilities: ArrayLike, names: Sequence[str], *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Expected item scores by ability, as shares of the maximum.

    Parameters
    ----------
    theta
        Abilities in logits, ascending.
    probabilities
        Items × abilities, from 0 to 1.
    names
        Of the items. Up to six get a line of their own kind and a legend; more are thin lines that say their name on hover.

    Returns
    -------
    str
        SVG.
    """
    at, values = np.asarray(theta, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    curves = [Curve(name, at, row) for name, row in zip(names, values, strict=True)]
    field = plane((float(at.min()), float(at.max()), words["ability"]), (0, 1, words["probability"]))
    return _picture(title or words["characteristic"], field, curves, _range(curves, at, words))


def total_curve(
    theta: ArrayLike,
    expected: ArrayLike,
    *,
    most: float,
    cut: float | None = None,
    words: Words = ENGLISH,
    title: str | None = None,
) -> str:
    """The test characteristic curve: expected total by ability, with the cut in marks where there is one."""
    at, values = np.asarray(theta, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    field = plane((float(at.min()), float(at.max()), words["ability"]), (0, most, words["expected"]))
    marks = _level(field, cut, words["cut"].format(cut=number(cut))) if cut is not None else ""
    said = _range([Curve(words["all"], at, values)], at, words)
    return _picture(title or words["tcc"], field, [Curve(words["all"], at, values, strong=True)], said, marks)


def information_curve(
    theta: ArrayLike,
    information: ArrayLike,
    *,
    cut_logit: float | None = None,
    words: Words = ENGLISH,
    title: str | None = None,
) -> str:
    """Information of the paper by ability; the cut, where it is known as an ability, as an upright line."""
    return _by_ability(theta, information, "information", cut_logit, words, title or words["information_curve"])


def error_curve(
    theta: ArrayLike, errors: ArrayLike, *, cut_logit: float | None = None, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Standard error of the estimated ability, one over the root of the information."""
    return _by_ability(theta, errors, "error", cut_logit, words, title or words["error_curve"])


def _by_ability(theta: ArrayLike, values: ArrayLike, what: str, cut: float | None, words: Words, title: str) -> str:
    at, height = np.asarray(theta, dtype=np.float64), np.asarray(values, dtype=np.float64)
    shown = np.where(np.isfinite(height), height, np.nan)
    field = plane((float(at.min()), float(at.max()), words["ability"]), (0, float(np.nanmax(shown)), words[what]), top=CUT_TOP)
    peak = int(np.nanargmax(shown))
    said = words["say_peak"].format(at=number(at[peak]), value=number(shown[peak]))
    marks = "" if cut is None else upright(field, cut, words["cut"].format(cut=number(cut)))
    return _picture(title, field, [Curve(title, at, shown, strong=True)], said, marks)


def option_shares(totals: ArrayLike, chosen: NDArray[np.str_], groups: int = GROUPS) -> tuple[Floats, dict[str, Floats]]:
    """How often each option was chosen in groups of candidates of rising totals.

    Parameters
    ----------
    totals
        One per candidate; equal totals stay in one group, so that groups are only about equally large.
    chosen
        The option of each candidate, empty for none.
    groups
        How many, at most.

    Returns
    -------
    means, shares
        The mean total of each group, ascending; by option its share in each group.
    """
    score = np.asarray(totals, dtype=np.float64)
    if not len(score):
        return np.zeros(0), {}
    below = np.searchsorted(np.sort(score), score, side="left") + np.searchsorted(np.sort(score), score, side="right")
    group = np.minimum((below / 2 * groups / len(score)).astype(np.int64), groups - 1)
    _, place = np.unique(group, return_inverse=True)
    size = np.bincount(place)
    means = np.bincount(place, score) / size
    names = sorted(set(chosen.tolist()))
    return means, {str(name): np.bincount(place, chosen == name, len(size)) / size for name in names}


def distractor_curves(
    item: str, means: ArrayLike, shares: dict[str, Floats], key: str, *, words: Words = ENGLISH, title: str | None = None
) -> str:
    """Shares of the options in groups of rising totals; the key is the thick line, and should rise.

    Parameters
    ----------
    item
        Its name.
    means, shares
        As `option_shares` gives them.
    key
        The right option.
    """
    at = np.asarray(means, dtype=np.float64)
    curves = [
        Curve(name or words["none"], at, values, name == key, words["key"].format(option=name) if name == key else "")
        for name, values in sorted(shares.items(), key=lambda one: (not one[0], one[0]))
    ]
    low, high = (float(at.min()), float(at.max())) if len(at) else (0.0, 1.0)
    field = plane((low, high, words["group"]), (0, 1, words["chosen"]))
    said = " ".join(
        words["say_option"].format(option=one.label or one.name, first=number(one.y[0]), last=number(one.y[-1]))
        for one in curves
    )
    return _picture(title or words["distractors"].format(item=item), field, curves, said, dots=True)


def upright(field: Plane, value: float, label: str) -> str:
    """A cut as an upright line with its label, clear of what it crosses."""
    if not field.x.low <= value <= field.x.high:
        return ""
    x, wide = field.x.place(value), width_of(label)
    end = x + wide + 6 > WIDTH
    return "".join(
        [
            line(x, field.y.end - 8, x, field.y.start, "paper", stroke_width=5),
            line(x, field.y.end - 8, x, field.y.start, "ink", stroke_width=2),
            text(x - 2 if end else x + 2, field.y.end - 12, label, text_anchor="end" if end else "start", font_weight=600),
        ]
    )


def _level(field: Plane, value: float, label: str) -> str:
    y = field.y.place(value)
    return line(field.x.start, y, field.x.end, y, "ink", stroke_width=2, stroke_dasharray="6 3") + text(
        field.x.start + 6, y - 6, label, font_weight=600
    )


def _picture(title: str, field: Plane, curves: Sequence[Curve], said: str, marks: str = "", *, dots: bool = False) -> str:
    named = 1 < len(curves) <= MOST_NAMED or dots
    drawn = "".join(_curve(field, one, place, named=named, dots=dots) for place, one in enumerate(curves))
    legend, below = _legend(curves, field.height) if named else ("", 0.0)
    return picture(field.height + below, title, said, field.drawn(), drawn, marks, legend)


def _curve(field: Plane, one: Curve, place: int, *, named: bool, dots: bool) -> str:
    there = np.isfinite(one.y)
    points = list(zip(field.x.at(one.x[there]), field.y.at(one.y[there]), strict=True))
    if not points:
        return ""
    paint, dash = _kind(place, strong=one.strong or not named)
    way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    wide = 2.5 if one.strong else 1.75 if named else 1.0
    faint = None if named or one.strong else 0.55
    path = tag(
        "path", hint(one.name), d=way, fill="none", stroke=paint, stroke_width=wide, stroke_dasharray=dash,
        stroke_linejoin="round", stroke_opacity=faint,
    )  # fmt: skip
    return path + ("".join(_dot(x, y, paint, solid=one.strong) for x, y in points) if dots else "")


def _kind(place: int, *, strong: bool) -> tuple[str, str | None]:
    """Colour and dashes of the line at this place; the strong one is petrol and unbroken."""
    return ("accent", None) if strong else (PAINT[1 + place % (len(PAINT) - 1)], DASHES[1 + place % (len(DASHES) - 1)])


def _dot(x: float, y: float, paint: str, *, solid: bool) -> str:
    return tag("circle", cx=float(x), cy=float(y), r=3.5, fill=paint if solid else "paper", stroke=paint, stroke_width=1.5)


def _legend(curves: Sequence[Curve], top: float) -> tuple[str, float]:
    """Keys below the picture, in as many rows as they need, and the room they take."""
    x, y, parts = 0.0, top + 14, []
    for place, one in enumerate(curves):
        said = shorten(one.label or one.name, WIDTH - 40)
        wide = 28 + width_of(said) + 14
        if x and x + wide - 14 > WIDTH:
            x, y = 0.0, y + 20
        paint, dash = _kind(place, strong=one.strong)
        parts.append(line(x, y - 4, x + 22, y - 4, paint, stroke_width=2.5 if one.strong else 1.75, stroke_dasharray=dash))
        parts.append(text(x + 28, y, said, font_size=SIZE, font_weight=600 if one.strong else None))
        x += wide
    return "".join(parts), y + 8 - top


def _range(curves: Sequence[Curve], at: Floats, words: Words) -> str:
    return words["say_curves"].format(n=len(curves), low=number(float(at.min())), high=number(float(at.max())))

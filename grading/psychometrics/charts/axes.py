"""Axes with round ticks, and the plane between two of them."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grading.psychometrics.charts.drawing import WIDTH, line, text, width_of

Floats = NDArray[np.float64]

TOP, RIGHT, BOTTOM = 26.0, 12.0, 42.0
CUT_TOP = 44.0
"""Room above a plane for the label of a cut, below the title of the upright axis."""


def round_step(span: float, most: int, *, whole: bool = False) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that divides `span` into `most` parts or fewer; `whole` if asked."""
    if not (isfinite(span) and span > 0) or (whole and span <= most):
        return 1.0
    power = 10.0 ** floor(log10(span / most))
    steps = (1, 2, 5, 10, 20) if whole else (1, 2, 2.5, 5, 10, 20)
    return next(power * one for one in steps if span / (power * one) <= most * (1 + 1e-9))


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of numbers from `low` to `high`, drawn from `start` to `end`; `step` is that of its ticks."""

    low: float
    high: float
    step: float
    start: float
    end: float

    @classmethod
    def over(
        cls, low: float, high: float, ends: tuple[float, float], *, most: int = 6, widen: bool = True, whole: bool = False
    ) -> "Axis":
        """An axis that holds `low` to `high`, drawn between `ends`.

        With `widen` it goes on to the next ticks; with `whole` these are whole numbers.
        """
        if high <= low:
            low, high = low - 0.5, high + 0.5
        step = round_step(high - low, most, whole=whole)
        if widen:
            low, high = step * floor(low / step + 1e-9), step * ceil(high / step - 1e-9)
        return cls(low, high, step, *ends)

    def at(self, values: ArrayLike) -> Floats:
        """Where values lie on the picture."""
        shares = (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.asarray(self.start + shares * (self.end - self.start))

    def place(self, value: float) -> float:
        """Where one value lies."""
        return float(self.at(value))

    @property
    def ticks(self) -> list[float]:
        """Round numbers within the axis."""
        first, last = ceil(self.low / self.step - 1e-9), floor(self.high / self.step + 1e-9)
        return [self.step * one for one in range(first, last + 1)]

    def said(self, value: float) -> str:
        """A tick with as many decimals as all ticks need."""
        decimals = next((one for one in range(7) if abs(round(self.step, one) - self.step) < 1e-9 * self.step), 6)
        written = f"{value:.{decimals}f}"
        return written.replace("-", "\u2212") if float(written) else written.lstrip("-")


@dataclass(frozen=True, slots=True)
class Plane:
    """Two axes and what they measure."""

    x: Axis
    y: Axis
    x_title: str
    y_title: str

    @property
    def height(self) -> float:
        """Of the whole picture."""
        return self.y.start + BOTTOM

    def drawn(self) -> str:
        """Grid, ticks and titles. The title of the upright axis lies above it, so that nobody has to turn the head."""
        left, right = self.x.start, self.x.end
        parts = [line(left, y, right, y) for y in self.y.at(self.y.ticks)]
        parts += [
            text(left - 6, y + 4.5, self.y.said(tick), text_anchor="end", fill="ink2")
            for tick, y in zip(self.y.ticks, self.y.at(self.y.ticks), strict=True)
        ]
        parts.append(self.foot())
        return "".join([*parts, text(0, 14, self.y_title, fill="ink2")])

    def foot(self) -> str:
        """The lower axis: its line, ticks, numbers and title."""
        base, left, right = self.y.start, self.x.start, self.x.end
        parts = [line(left, base, right, base, "axis")]
        for tick, x in zip(self.x.ticks, self.x.at(self.x.ticks), strict=True):
            parts += [
                line(x, base, x, base + 4, "axis"),
                text(x, base + 18, self.x.said(tick), text_anchor="middle", fill="ink2"),
            ]
        return "".join([*parts, text((left + right) / 2, base + 36, self.x_title, text_anchor="middle", fill="ink2")])


def plane(
    x: tuple[float, float, str], y: tuple[float, float, str], height: float = 250, *, top: float = TOP, counts: bool = False
) -> Plane:
    """A plane for values from (lowest, highest), with the titles of both axes.

    `top` is the room above it; `counts` says that the upright axis has whole numbers.
    """
    upright = Axis.over(y[0], y[1], (height - BOTTOM, top), most=5, whole=counts)
    room = 10 + max(width_of(upright.said(tick)) for tick in upright.ticks)
    return Plane(Axis.over(x[0], x[1], (room, WIDTH - RIGHT), widen=False), upright, x[2], y[2])

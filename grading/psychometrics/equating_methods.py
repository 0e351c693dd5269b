"""Equating two forms by a named method, with its table of equivalents and their standard errors."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from grading.psychometrics import equating as lines
from grading.psychometrics.equating import Line, Moments, moments_of
from grading.psychometrics.equipercentile import (
    Distribution,
    chained,
    equipercentile,
    equipercentile_errors,
    on_points,
    synthetic_distributions,
)
from grading.psychometrics.smoothing import Smoothed, smooth, smooth_jointly

Floats = NDArray[np.float64]


class Method(StrEnum):
    """How scores are made equal."""

    MEAN = "mean"
    LINEAR = "linear"
    EQUIPERCENTILE = "equipercentile"
    TUCKER = "tucker"
    LEVINE = "levine"
    LEVINE_TRUE = "levine-true"
    BRAUN_HOLLAND = "braun-holland"
    CHAINED = "chained"
    CHAINED_LINEAR = "chained-linear"
    CHAINED_EQUIPERCENTILE = "chained-equipercentile"
    FREQUENCY = "frequency"


WITHOUT_ANCHOR: Final = frozenset({Method.MEAN, Method.LINEAR, Method.EQUIPERCENTILE})
WITH_WEIGHTS: Final = frozenset({Method.TUCKER, Method.LEVINE, Method.BRAUN_HOLLAND, Method.FREQUENCY})
OF_DISTRIBUTIONS: Final = frozenset(
    {Method.EQUIPERCENTILE, Method.BRAUN_HOLLAND, Method.CHAINED, Method.CHAINED_EQUIPERCENTILE, Method.FREQUENCY}
)


@dataclass(frozen=True)
class Form:
    """Who took one form: totals and anchor scores (0 where there is no anchor), (candidates,), and the points of its scale."""

    total: Floats
    anchor: Floats
    points: Floats

    def moments(self) -> Moments:
        """Of total and anchor."""
        return moments_of(self.total, self.anchor)

    def resample(self, rng: Generator) -> "Form":
        """As many candidates again, drawn with replacement."""
        drawn = rng.integers(0, len(self.total), len(self.total))
        return replace(self, total=self.total[drawn], anchor=self.anchor[drawn])

    def counts(self, anchor_points: Floats) -> Floats:
        """Candidates at each total and anchor score, (points, anchor points)."""
        table = np.zeros((len(self.points), len(anchor_points)))
        np.add.at(table, (on_points(self.total, self.points), on_points(self.anchor, anchor_points)), 1.0)
        return table


@dataclass(frozen=True)
class Design:
    """How to equate.

    `w1` is the weight of the new form's population; `moments` those kept by presmoothing: of the total alone (one number), or
    of total, anchor and across (three); none without presmoothing.
    """

    method: Method
    anchor_points: Floats
    w1: float = 0.5
    internal: bool = True
    moments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Equating:
    """Equivalents on the old form of every point of the new one.

    `line` is there for linear methods; `by_rank` are the chained equipercentile equivalents beside those of the chained line.
    `lost` are the shares of the old and the new population whose anchor scores nobody has in the other one.
    """

    equated: Floats
    line: Line | None = None
    by_rank: Floats | None = None
    errors: Floats | None = None
    smoothed: tuple[Smoothed, ...] = ()
    lost: tuple[float, float] = (0.0, 0.0)


def equate(new: Form, old: Form, design: Design) -> Equating:
    """Equate the new form to the old one.

    Parameters
    ----------
    new, old
        Who took which form. For methods of `OF_DISTRIBUTIONS` every score is a point of its scale.
    design
        Method, weights, anchor and presmoothing.

    Returns
    -------
    Equating
        With analytic standard errors for mean, linear and unsmoothed equipercentile equating of random groups.
    """
    match design.method:
        case Method.EQUIPERCENTILE:
            return _of_random_groups(new, old, design)
        case Method.FREQUENCY | Method.BRAUN_HOLLAND | Method.CHAINED_EQUIPERCENTILE:
            return _through_tables(new, old, design)
        case Method.CHAINED:
            line = lines.chained_line(new.moments(), old.moments())
            ranked = _through_tables(new, old, replace(design, method=Method.CHAINED_EQUIPERCENTILE))
            return replace(ranked, equated=line(new.points), line=line, by_rank=ranked.equated)
    line = _line(new.moments(), old.moments(), design)
    errors = {Method.MEAN: lines.mean_errors, Method.LINEAR: lines.linear_errors}.get(design.method)
    return Equating(line(new.points), line, errors=errors and errors(new.moments(), old.moments(), new.points))


def bootstrap_errors(
    new: Form, old: Form, design: Design, samples: Iterable[object], rng: Generator
) -> tuple[Floats, Floats | None]:
    """Standard deviation of the equivalents over samples drawn anew from both groups (Kolen & Brennan 2004, ch. 7).

    Parameters
    ----------
    new, old, design
        As for `equate`.
    samples
        One thing for every sample to draw, such as `range(1000)`; at least two.
    rng
        Where chance comes from.

    Returns
    -------
    tuple
        For `equated`, and for `by_rank` where the method has both; NaN where a point had no equivalent in some sample.
    """
    found = [equate(new.resample(rng), old.resample(rng), design) for _ in samples]
    ranked = [one.by_rank for one in found if one.by_rank is not None]
    return np.std([one.equated for one in found], axis=0, ddof=1), np.std(ranked, axis=0, ddof=1) if ranked else None


def _line(new: Moments, old: Moments, design: Design) -> Line:
    match design.method:
        case Method.MEAN:
            return lines.mean_line(new, old)
        case Method.TUCKER:
            return lines.tucker(new, old, design.w1)
        case Method.LEVINE:
            return lines.levine(new, old, design.w1, internal=design.internal)
        case Method.LEVINE_TRUE:
            return lines.levine_true(new, old, internal=design.internal)
        case Method.CHAINED_LINEAR:
            return lines.chained_line(new, old)
    return lines.linear_line(new, old)


def _of_random_groups(new: Form, old: Form, design: Design) -> Equating:
    """Equipercentile equating without an anchor."""
    counts = [
        np.bincount(on_points(form.total, form.points), minlength=len(form.points)).astype(np.float64) for form in (new, old)
    ]
    smoothed = tuple(smooth(one, design.moments[0]) for one in counts) if design.moments else ()
    shares = [fit.shares for fit in smoothed] or [one / one.sum() for one in counts]
    x, y = (Distribution(form.points, share) for form, share in zip((new, old), shares, strict=True))
    errors = None if smoothed else equipercentile_errors(x, y, len(new.total), len(old.total))
    return Equating(equipercentile(x, y), errors=errors, smoothed=smoothed)


def _through_tables(new: Form, old: Form, design: Design) -> Equating:
    """Methods that use the joint distributions of total and anchor."""
    counts = [form.counts(design.anchor_points) for form in (new, old)]
    smoothed = tuple(smooth_jointly(one, *design.moments) for one in counts) if design.moments else ()
    x, y = [fit.shares for fit in smoothed] or [one / one.sum() for one in counts]
    if design.method is Method.CHAINED_EQUIPERCENTILE:
        return Equating(chained(x, y, (new.points, old.points, design.anchor_points)), smoothed=smoothed)
    of_new, of_old, *lost = synthetic_distributions(x, y, design.w1)
    if design.method is Method.BRAUN_HOLLAND:
        line = lines.line_of_distributions((new.points, of_new), (old.points, of_old), len(new.total) + len(old.total))
        return Equating(line(new.points), line, smoothed=smoothed, lost=(lost[0], lost[1]))
    equated = equipercentile(Distribution(new.points, of_new), Distribution(old.points, of_old))
    return Equating(equated, smoothed=smoothed, lost=(lost[0], lost[1]))

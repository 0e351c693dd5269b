"""`exam-engine stats equate`: what a score on a new form is worth on an old one."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import click
import numpy as np
from numpy.typing import NDArray

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, reading
from exam_engine.cli.stats.totals import Totals, read_totals
from exam_engine.cli.terminal import with_progress
from grading.psychometrics.equating import Line, moments_of
from grading.psychometrics.equating_methods import (
    OF_DISTRIBUTIONS,
    WITH_WEIGHTS,
    WITHOUT_ANCHOR,
    Design,
    Equating,
    Form,
    Method,
    bootstrap_errors,
    equate,
)
from grading.psychometrics.equipercentile import on_points, score_points
from grading.psychometrics.smoothing import Smoothed
from grading.psychometrics.tables import DataError
from schemas import Problem

Floats = NDArray[np.float64]
Scale = tuple[float, float]

MOST_POINTS: Final = 10_000
NAMES: Final = ("new", "old")


def _scale(_: click.Context, __: click.Parameter, typed: str | None) -> Scale | None:
    """0..40 as its two ends."""
    if typed is None:
        return None
    try:
        low, high = map(float, typed.split(".."))
    except ValueError:
        raise click.BadParameter(f'"{typed}" is not a scale such as 0..40') from None
    if not low < high < float("inf"):
        raise click.BadParameter(f'"{typed}" does not rise from one number to another')
    return low, high


def _weights(_: click.Context, __: click.Parameter, typed: str) -> float | None:
    """The weight of the new form's population; None for proportional."""
    if typed == "proportional":
        return None
    try:
        first, *second = map(float, typed.split(","))
    except ValueError:
        raise click.BadParameter(f'"{typed}" is neither "proportional" nor a weight from 0 to 1') from None
    if not 0 <= first <= 1 or len(second) > 1 or (second and abs(first + second[0] - 1) > 1e-9):
        raise click.BadParameter("weights are from 0 to 1 and sum to 1")
    return first


def _moments(_: click.Context, __: click.Parameter, typed: str | None) -> tuple[int, ...]:
    """6, or 6,6,1."""
    if typed is None:
        return ()
    parts = typed.split(",")
    if len(parts) not in (1, 3) or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f'"{typed}" is neither a number of moments, such as 6, nor three: 6,6,1')
    moments = tuple(map(int, parts))
    if moments[-1] > min(moments):
        raise click.BadParameter("keep no more cross moments than moments of either score")
    return moments


scale_option: Final = partial(click.option, callback=_scale, metavar="LOW..HIGH")


@click.command("equate")
@click.option("--new", "new_file", type=FILE, required=True, help="CSV of those who took the new form.")
@click.option("--old", "old_file", type=FILE, required=True, help="CSV of those who took the old form.")
@click.option(
    "--method", type=click.Choice([method.value for method in Method]), required=True, help="How scores are made equal."
)
@click.option("--score", help="The column of the total; score or total when left out.")
@click.option("--anchor", help="The column of the score on the items that both forms share.")
@click.option("--anchor-type", type=click.Choice(["internal", "external"]), default="internal", show_default=True,
              help="Whether the anchor counts in the total.")  # fmt: skip
@click.option("--weights", default="proportional", show_default=True, callback=_weights,
              help="Weight of the new form's population in the synthetic one, 0 to 1; or by the sizes.")  # fmt: skip
@click.option("--smooth", callback=_moments, help="Presmooth, keeping so many moments: 6; with an anchor x,v,xv: 6,6,1.")
@scale_option("--scale-new", help="Scale of the new form; from 0 to the highest score when left out.")
@scale_option("--scale-old", help="Scale of the old form; likewise.")
@scale_option("--scale-anchor", help="Scale of the anchor; likewise.")
@click.option("--step", type=Figure(min=0, min_open=True), default=1.0, show_default=True, help="From score to score.")
@click.option("--cut", type=Figure(), help="Cut score of the old form: the lowest new score that is worth it is named.")
@click.option("--bootstrap", type=click.IntRange(2, 10_000), help="Standard errors from so many samples drawn anew.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed draws the same samples.")
@json_option
def equate_forms(new_file: Path, old_file: Path, *, as_json: bool, **how: Any) -> None:
    """Equate a new form to an old one: linear and equipercentile methods, with or without an anchor."""
    method = Method(how["method"])
    _check_usage(method, how)
    anchor = None if method in WITHOUT_ANCHOR else how["anchor"]
    with reading():
        new, old = (read_totals(path, how["score"], anchor) for path in (new_file, old_file))
        design = _design(method, how, new, old)
        forms = [_form(one, how[scale], how["step"]) for one, scale in ((new, "scale_new"), (old, "scale_old"))]
        if method in OF_DISTRIBUTIONS:
            _check_grid((new, old), forms, design, anchored=anchor is not None)
    found = equate(forms[0], forms[1], design)
    document = _document((new, old), forms, design, found) | _extras(forms, design, found, how)
    answer(document, lambda: _tables(document), as_json=as_json)


def _check_usage(method: Method, how: dict[str, Any]) -> None:
    if method not in WITHOUT_ANCHOR and how["anchor"] is None:
        raise click.UsageError(f"{method} needs an anchor: name its column with --anchor")
    if how["smooth"] and method not in OF_DISTRIBUTIONS:
        raise click.UsageError(f"{method} uses no distribution that could be smoothed")
    if len(how["smooth"]) == 3 and method is Method.EQUIPERCENTILE:
        raise click.UsageError("equipercentile uses no anchor: give one number of moments")


def _design(method: Method, how: dict[str, Any], new: Totals, old: Totals) -> Design:
    w1 = len(new.total) / (len(new.total) + len(old.total)) if how["weights"] is None else how["weights"]
    moments = how["smooth"]
    points = np.zeros(1)
    if new.anchor is not None and old.anchor is not None:
        points = _points(np.concatenate([new.anchor, old.anchor]), how["scale_anchor"], how["step"])
        moments = (moments[0], moments[0], 1) if len(moments) == 1 else moments
    return Design(method, points, w1, how["anchor_type"] == "internal", moments)


def _form(read: Totals, scale: Scale | None, step: float) -> Form:
    anchor = np.zeros_like(read.total) if read.anchor is None else read.anchor
    return Form(read.total, anchor, _points(read.total, scale, step))


def _points(scores: Floats, scale: Scale | None, step: float) -> Floats:
    low, high = scale or (min(0.0, float(scores.min())), float(scores.max()))
    if (high - low) / step > MOST_POINTS:
        raise click.UsageError(f"a scale from {low:g} to {high:g} in steps of {step:g} has more than {MOST_POINTS} points")
    return score_points(low, high, step)


def _check_grid(reads: tuple[Totals, Totals], forms: Sequence[Form], design: Design, *, anchored: bool) -> None:
    """Every score is a point of its scale, and presmoothing keeps no more moments than there are scores."""
    problems: list[Problem] = []
    for read, form in zip(reads, forms, strict=True):
        checked = [(form.total, form.points), (form.anchor, design.anchor_points)][: 1 + anchored]
        for place, (scores, points) in enumerate(checked):
            problems += _off_scale(read, read.columns[place], scores, points)
            if design.moments and len(np.unique(scores)) <= design.moments[place]:
                _too_many(read.source, read.columns[place], len(np.unique(scores)))
    if problems:
        raise DataError(problems)


def _off_scale(read: Totals, column: str, scores: Floats, points: Floats) -> Iterator[Problem]:
    for row in np.flatnonzero(on_points(scores, points) < 0).tolist():
        place = f"row {read.lines[row]}, column {column}"
        told = f"{scores[row]:g} is no point of the scale from {points[0]:g} to {points[-1]:g}"
        yield Problem(read.source, place, "off_scale", told)


def _too_many(source: str, column: str, different: int) -> NoReturn:
    told = f"has {different} different scores: keep fewer moments with --smooth"
    raise DataError([Problem(source, f"column {column}", "too_few", told)])


def _document(reads: tuple[Totals, Totals], forms: Sequence[Form], design: Design, found: Equating) -> dict[str, Any]:
    weighted = design.method in WITH_WEIGHTS
    line = found.line
    return {
        "method": design.method,
        "slope": line and line.slope,
        "intercept": line and line.intercept,
        "gamma": line and line.gamma and dict(zip(NAMES, line.gamma, strict=True)),
        "weights": {"new": design.w1, "old": 1 - design.w1} if weighted else None,
        "synthetic": _synthetic(line),
        "forms": {name: _moments_row(read) for name, read in zip(NAMES, reads, strict=True)},
        "anchor_type": None if reads[0].anchor is None else "internal" if design.internal else "external",
        "warnings": _warnings(reads, design),
        "unmatched_anchor": {"new": found.lost[1], "old": found.lost[0]}
        if design.method in (Method.FREQUENCY, Method.BRAUN_HOLLAND) else None,
        "smoothing": {name: _fit(fit, design.moments) for name, fit in zip(NAMES, found.smoothed, strict=False)} or None,
        "scale": {"new": forms[0].points[[0, -1]], "old": forms[1].points[[0, -1]]},
    }  # fmt: skip


def _warnings(reads: tuple[Totals, Totals], design: Design) -> list[str]:
    """An internal anchor counts in the total, so that without negative marks it cannot be above it."""
    anchors = [(read.total, read.anchor) for read in reads if read.anchor is not None]
    odd = any((anchor > total + 1e-9).any() and total.min() >= 0 for total, anchor in anchors)
    return ["anchor_above_total"] if odd and design.internal else []


def _moments_row(read: Totals) -> dict[str, Any]:
    of = moments_of(read.total, read.anchor)
    row: dict[str, Any] = {"n": of.n, "n_left_out": read.left_out, "mean": of.mean, "sd": np.sqrt(of.variance)}
    if read.anchor is not None:
        row |= {"anchor_mean": of.anchor_mean, "anchor_sd": np.sqrt(of.anchor_variance), "covariance": of.covariance}
    return row


def _synthetic(line: Line | None) -> dict[str, Any] | None:
    if line is None or line.synthetic is None:
        return None
    return {name: {"mean": mean, "sd": sd} for name, (mean, sd) in zip(NAMES, line.synthetic, strict=True)}


def _fit(fit: Smoothed, moments: tuple[int, ...]) -> dict[str, Any]:
    return {"moments": moments, "chi2": fit.chi2, "df": fit.df, "aic": fit.aic, "converged": fit.converged}


def _extras(forms: Sequence[Form], design: Design, found: Equating, how: dict[str, Any]) -> dict[str, Any]:
    """Standard errors, the table and the cut."""
    errors, ranked, origin = found.errors, None, "analytic" if found.errors is not None else None
    if how["bootstrap"]:
        rng = np.random.default_rng(how["seed"])
        samples = with_progress(range(how["bootstrap"]), "Samples", how["bootstrap"])
        errors, ranked = bootstrap_errors(forms[0], forms[1], design, samples, rng)
        origin = "bootstrap"
    columns = {"score": forms[0].points, "equated": found.equated, "se": errors}
    if found.by_rank is not None:
        columns |= {"equated_equipercentile": found.by_rank, "se_equipercentile": ranked}
    there = {name: values for name, values in columns.items() if values is not None}
    table = [dict(zip(there, row, strict=True)) for row in zip(*there.values(), strict=True)]
    cut = None if how["cut"] is None else {"old": how["cut"], "new": _new_cut(forms[0].points, found.equated, how["cut"])}
    return {"se": origin, "table": table, "cut": cut}


def _new_cut(points: Floats, equated: Floats, cut: float) -> float | None:
    """The lowest new score worth the old cut; equal in decimal is equal."""
    enough = np.flatnonzero(equated >= cut - 1e-9)
    return float(points[enough[0]]) if len(enough) else None


def _tables(document: dict[str, Any]) -> list[Shown]:
    rows = [[name, document[name]] for name in ("slope", "intercept") if document[name] is not None]
    if document["weights"]:
        rows.append(["weight of the new form's population", document["weights"]["new"]])
    if document["cut"]:
        rows.append([f"new score worth {document['cut']['old']:g}", document["cut"]["new"]])
    forms = document["forms"]
    shown = [Shown("Forms", ["form", *forms["new"]], [[name, *one.values()] for name, one in forms.items()])]
    if rows:
        shown.append(Shown(f"Equating: {document['method']}", ["", "value"], rows))
    table = document["table"]
    return [*shown, Shown("Equivalents on the old form", [*table[0]], [list(row.values()) for row in table])]

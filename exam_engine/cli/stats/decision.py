"""`exam-engine stats decision`: how often a pass/fail decision would be the same again, and how often it is right."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_scores, write_pictures
from grading.psychometrics.decision import (
    Decisions,
    Fit,
    LivingstonLewis,
    Rounding,
    Scale,
    huynh,
    kr21_of_scores,
    livingston_lewis,
    subkoviak,
)
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.tables import LARGEST, DataError, Floats, read_table

OPEN = Figure(0, 1, min_open=True, max_open=True)
BOUND = Figure(0, 1)
MOST_DECIMALS = 30


def exactly(typed: str) -> Fraction:
    """A number as it was written, without binary rounding; none of hundreds of digits."""
    try:
        found = Decimal(typed)
    except InvalidOperation as error:
        raise ValueError(typed) from error
    if not found.is_finite() or found.copy_abs() > Decimal(LARGEST) or (found and found.adjusted() < -MOST_DECIMALS):
        raise ValueError(typed)
    return Fraction(found)


@click.command()
@click.argument("scores", type=FILE)
@click.option("--cut", type=exactly, required=True, help="The passing score: this or more passes.")
@click.option("--reliability", type=OPEN, required=True, help="Reliability of the scores, between 0 and 1.")
@click.option("--min", "low", type=exactly, required=True, help="The lowest possible score.")
@click.option("--max", "high", type=exactly, required=True, help="The highest possible score.")
@click.option(
    "--parameters",
    type=click.Choice(["4", "2"]),
    default="4",
    show_default=True,
    help="Of the beta distribution of true scores.",
)
@click.option(
    "--lower",
    type=BOUND,
    default=0.0,
    show_default=True,
    help="Lower bound of true proportions when two parameters are fitted.",
)
@click.option("--upper", type=BOUND, default=1.0, show_default=True, help="Upper bound likewise.")
@click.option(
    "--rounding", type=click.Choice([one.value for one in Rounding]), default="nearest", show_default=True,
    help="Where a cut between two right answers of the effective length goes.",
)  # fmt: skip
@plot_option
@json_option
def decision(  # noqa: PLR0913  one parameter an option
    *, scores: Path, cut: Fraction, reliability: float, low: Fraction, high: Fraction, parameters: str,
    lower: float, upper: float, rounding: str, plot: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Accuracy and consistency of passing and failing, from one administration."""
    if lower >= upper:
        raise click.BadParameter("is not below --upper", param_hint="--lower")
    try:
        scale = Scale(low, high, cut)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--cut") from error
    with reading():
        found, passed = _read(scores, scale)
    if plot:
        ends = (float(low), float(high))
        write_pictures(plot, lambda words: draw_scores(found, ends, float(cut), reliability, words))
    model = livingston_lewis(found, reliability, scale, Fit(int(parameters), lower, upper, Rounding(rounding)))
    document = {
        "n": len(found),
        "cut": float(cut),
        "min": float(low),
        "max": float(high),
        "reliability": reliability,
        "mean": float(found.mean()),
        "sd": float(found.std(ddof=1)) if len(found) > 1 else Estimate(None, 1, "too_few_candidates"),
        "observed_passing": passed,
        **_plain(model),
        "kr21": kr21_of_scores(found, scale),
        "subkoviak": _consistency(subkoviak(found, scale)),
        "huynh": _named(huynh(found, scale)),
    }
    answer(document, lambda: _tables(document), as_json=as_json)


def _read(path: Path, scale: Scale) -> tuple[Floats, float]:
    """The scores that are there, and the share of them that passes, compared as decimals."""
    table = read_table(path)
    table.names("candidate")
    found = table.numbers(["score"])[:, 0]
    outside = np.flatnonzero((found < float(scale.low)) | (found > float(scale.high)))
    if len(outside):
        limits = f"{float(scale.low):g} to {float(scale.high):g}"
        raise DataError(
            table.problem(row, "score", "off_scale", f"{found[row]:g} is not within {limits}") for row in outside.tolist()
        )
    typed = [cell for cell in table.text("score").tolist() if cell]
    if not typed:
        raise DataError([table.problem(0, "score", "missing", "no candidate has a score")])
    return found[~np.isnan(found)], sum(Decimal(cell) >= scale.cut for cell in typed) / len(typed)


def _plain(model: LivingstonLewis) -> dict[str, Any]:
    true_scores = None if model.true_scores is None else asdict(model.true_scores)
    return {
        **_named(model.decisions),
        "effective_length": model.effective_length,
        "effective_length_rounded": model.length,
        "effective_cut": model.effective_cut,
        "beta": None if true_scores is None else {"parameters": model.parameters, **true_scores},
        "fallback": model.fallback,
        "rejected_beta": None if model.rejected is None else asdict(model.rejected),
    }


def _named(decisions: Decisions) -> dict[str, Any]:
    return {field.name: getattr(decisions, field.name) for field in fields(decisions)}


def _consistency(decisions: Decisions) -> dict[str, Any]:
    return {name: getattr(decisions, name) for name in ("consistency", "chance", "kappa", "passing")}


def _tables(document: Mapping[str, Any]) -> list[Shown]:
    names = [field.name for field in fields(Decisions)]
    methods = {"Livingston & Lewis": document, "Subkoviak": document["subkoviak"], "Huynh": document["huynh"]}
    rows = [[name, *(found.get(name) for found in methods.values())] for name in names]
    figures = ("n", "observed_passing", "effective_length", "effective_length_rounded", "effective_cut", "kr21")
    model = [[name, document[name]] for name in figures]
    model += [[name, value] for name, value in (document["beta"] or {}).items()]
    model += [["fallback", document["fallback"]]] if document["fallback"] else []
    return [Shown("Decisions", ("share", *methods), rows), Shown("Model", ("figure", "value"), model)]

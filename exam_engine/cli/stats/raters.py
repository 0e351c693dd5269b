"""`exam-engine stats agreement`: how far raters agree, by every usual coefficient."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, reading
from grading.psychometrics.agreement import (
    ABSENT,
    Codes,
    Floats,
    Weights,
    agreement_weights,
    category_counts,
    cohen_kappa,
    cross_table,
    fleiss_by_category,
    fleiss_kappa,
    mean_of,
    shares,
)
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.intraclass import intraclass
from grading.psychometrics.krippendorff import Level, krippendorff_alpha
from grading.psychometrics.tables import DataError, Table, read_table
from schemas import Problem

SUBJECT_COLUMNS: Final = (
    "subject",
    "candidate",
    "id",
    "unit",
    "script",
    "item",
    "case",
    "target",
    "name",
    "person",
    "essay",
    "student",
)
MOST_CATEGORIES: Final = 1000


@dataclass(frozen=True)
class Scale:
    """The full scale: its categories in order, as written, and as numbers (None when they are names)."""

    categories: tuple[str, ...]
    values: Floats | None


def _scale(ctx: click.Context, param: click.Parameter, value: str | None) -> Scale | None:
    """The scale a user typed, `1..6` or categories in order; bad usage when it is none."""
    if value is None:
        return None
    if between := re.fullmatch(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*", value):
        low, high = int(between[1]), int(between[2])
        if not 1 <= high - low < MOST_CATEGORIES:
            message = f'"{value}" is no scale: from low to high, at most {MOST_CATEGORIES} categories'
            raise click.BadParameter(message, ctx, param)
        return Scale(tuple(map(str, range(low, high + 1))), np.arange(low, high + 1, dtype=np.float64))
    categories = tuple(part.strip() for part in value.split(","))
    if len(categories) < 2 or "" in categories or len(set(categories)) < len(categories):
        message = f'"{value}" is no scale: write 1..6, or at least two different categories such as A,B,C'
        raise click.BadParameter(message, ctx, param)
    return Scale(categories, _rising(categories))


@dataclass(frozen=True)
class Ratings:
    """Ratings of subjects × raters: places on the scale (−1 missing; None without a scale) and numbers (NaN missing)."""

    raters: tuple[str, ...]
    codes: Codes | None
    numbers: Floats | None

    @property
    def complete(self) -> Any:
        """Whether all raters rated a subject."""
        if self.codes is not None:
            return (self.codes != ABSENT).all(axis=1)
        return ~np.isnan(np.asarray(self.numbers)).any(axis=1)


@click.command()
@click.argument("ratings", type=FILE)
@click.option(
    "--scale",
    callback=_scale,
    help="The full scale: 1..6, or its categories in order (A,B,C). Without it only what needs numbers is told.",
)
@click.option("--missing", type=click.Choice(["listwise", "pairwise"]), default="listwise", show_default=True,
              help="Pairs: leave out a subject with a rating missing, or use what each pair rated.")  # fmt: skip
@click.option(
    "--confidence",
    type=Figure(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of all intervals.",
)
@click.option(
    "--bootstrap",
    type=click.IntRange(0, 100_000),
    default=1000,
    show_default=True,
    help="Samples for the interval of Krippendorff's alpha; 0 for none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Of those samples: the same seed gives the same interval.",
)
@json_option
def agreement(  # noqa: PLR0913  one parameter an option
    *, ratings: Path, scale: Scale | None, missing: str, confidence: float, bootstrap: int, seed: int, as_json: bool
) -> None:  # fmt: skip
    """How far raters agree: shares, kappas, Krippendorff's alpha and intraclass correlations."""
    with reading():
        read = _read(ratings, scale)
    complete = read.complete
    head = {
        "n": len(complete), "n_complete": int(complete.sum()), "raters": read.raters, "scale": scale and scale.categories,
        "missing": missing, "confidence": confidence, "bootstrap": bootstrap, "seed": seed,
    }  # fmt: skip
    document = {
        **head,
        **_categorical(read, scale, confidence, pairwise=missing == "pairwise"),
        "krippendorff_alpha": _alphas(read, confidence, bootstrap, seed),
        "icc": _intraclass(read, confidence),
    }
    answer(document, lambda: _tables(document), as_json=as_json)


def _rising(categories: Sequence[str]) -> Floats | None:
    """The categories as numbers, when they are rising ones."""
    try:
        values = np.array(categories, dtype=np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() and (np.diff(values) > 0).all() else None


def _read(path: Path, scale: Scale | None) -> Ratings:
    """The ratings of a file; its first column may name the subjects."""
    table = read_table(path)
    first = table.columns[0].lower()
    named = first in SUBJECT_COLUMNS or first.endswith("_id")
    if named:
        table.names(table.columns[0])
    raters = table.columns[1:] if named else table.columns
    if len(raters) < 2:
        raise DataError([Problem(table.source, "row 1", "too_few_raters", "agreement needs the columns of two raters or more")])
    if scale is None:
        return Ratings(raters, None, table.numbers(raters))
    codes = _codes(table, raters, scale)
    numbers = None if scale.values is None else np.where(codes == ABSENT, np.nan, scale.values[codes])
    return Ratings(raters, codes, numbers)


def _codes(table: Table, raters: Sequence[str], scale: Scale) -> Codes:
    """Places on the scale; a cell that is not on it is a fault. Numbers count by value: 3.0 is 3."""
    cells = np.stack([table.text(name) for name in raters], axis=1)
    if scale.values is not None:
        numbers = table.numbers(raters)
        place = np.searchsorted(scale.values, numbers).clip(max=len(scale.values) - 1)
        known = scale.values[place] == numbers
    else:
        equal = cells[:, :, None] == np.array(scale.categories)
        place, known = equal.argmax(axis=2), equal.any(axis=2)
    absent = cells == ""
    span = ", ".join(scale.categories) if len(scale.categories) < 12 else f"{scale.categories[0]} … {scale.categories[-1]}"
    if wrong := np.argwhere(~known & ~absent).tolist():
        raise DataError(
            table.problem(row, raters[column], "off_scale", f'"{cells[row, column]}" is not on the scale {span}')
            for row, column in wrong
        )
    return np.where(absent, ABSENT, place).astype(np.int64)


def _categorical(read: Ratings, scale: Scale | None, confidence: float, *, pairwise: bool) -> dict[str, Any]:
    """What is told of categories; null where no scale was given."""
    if read.codes is None or scale is None:
        nothing = Estimate(None, len(read.complete), "no_scale")
        return dict.fromkeys(
            ("exact", "adjacent", "within_one", "pairs", "cohen_kappa", "light_kappa", "fleiss_kappa"), nothing
        )
    full = read.codes[read.complete]
    pairs = _pairs(read.raters, read.codes if pairwise else full, len(scale.categories), confidence)
    kappas = {kind.value: [pair["cohen_kappa"][kind.value]["value"] for pair in pairs] for kind in Weights}
    counts = category_counts(full, len(scale.categories))
    by_category = [
        {"category": name, **_plain(found)} for name, found in zip(scale.categories, fleiss_by_category(counts), strict=True)
    ]
    return {
        **{name: mean_of([pair[name] for pair in pairs]) for name in ("exact", "adjacent", "within_one")},
        "all_agree": Estimate(float((full == full[:, :1]).all(axis=1).mean()), len(full)) if len(full)
        else Estimate(None, 0, "too_few_candidates"),
        "pairs": pairs,
        "cohen_kappa": pairs[0]["cohen_kappa"] if len(pairs) == 1 else Estimate(None, len(full), "more_than_two_raters"),
        "light_kappa": {kind: mean_of(values) for kind, values in kappas.items()},
        "fleiss_kappa": {**_plain(fleiss_kappa(counts, confidence)), "categories": by_category},
    }  # fmt: skip


def _pairs(raters: Sequence[str], codes: Codes, k: int, confidence: float) -> list[dict[str, Any]]:
    """Agreement of every pair of raters."""
    found = []
    for one, two in combinations(range(len(raters)), 2):
        table = cross_table(codes[:, one], codes[:, two], k)
        kappas = {kind.value: _plain(cohen_kappa(table, agreement_weights(k, kind), confidence)) for kind in Weights}
        found.append({"raters": [raters[one], raters[two]], **_plain(shares(table)), "cohen_kappa": kappas})
    return found


def _alphas(read: Ratings, confidence: float, replicates: int, seed: int) -> dict[str, Any]:
    """Krippendorff's alpha on each level the ratings allow."""
    found: dict[str, Any] = {}
    for level in Level:
        metric = level in (Level.INTERVAL, Level.RATIO) or read.codes is None
        if metric and read.numbers is None:
            found[level.value] = {"value": Estimate(None, len(read.complete), "not_numeric")}
            continue
        ratings = read.numbers if metric or read.codes is None else np.where(read.codes == ABSENT, np.nan, read.codes)
        alpha = krippendorff_alpha(
            np.asarray(ratings, dtype=np.float64), level, confidence=confidence, replicates=replicates, seed=seed
        )
        found[level.value] = {**_plain(alpha), "n": alpha.value.n}
    return found


def _intraclass(read: Ratings, confidence: float) -> dict[str, Any]:
    if read.numbers is None:
        return {f"{model},{of}": {"value": Estimate(None, len(read.complete), "not_numeric")} for of in "1k" for model in "123"}
    return {name: _plain(found) for name, found in intraclass(read.numbers, confidence).items()}


def _plain(found: Any) -> dict[str, Any]:
    """The fields of a result by name."""
    return {field.name: getattr(found, field.name) for field in fields(found)}


def _tables(document: Mapping[str, Any]) -> list[Shown]:
    """Agreement of pairs, then of all raters together."""
    shown = []
    if not isinstance(document["pairs"], Estimate):
        columns = ["exact", "adjacent", "within_one"]
        kinds = [kind.value for kind in Weights]
        rows = [
            [" – ".join(pair["raters"]), pair["n"], *(pair[name] for name in columns),
             *(pair["cohen_kappa"][kind]["value"] for kind in kinds)] for pair in document["pairs"]
        ]  # fmt: skip
        shown.append(Shown("Pairs of raters (Cohen's kappa)", ["raters", "n", *columns, *kinds], rows))
        light = [["Light's kappa, " + kind, value, None, None, None] for kind, value in document["light_kappa"].items()]
        fleiss = [["Fleiss' kappa", *_test_of(document["fleiss_kappa"])]]
        shown.append(Shown("Categories, all raters", ["coefficient", "value", "low", "high", "p"], [*light, *fleiss]))
    alphas = [[f"Krippendorff's alpha, {level}", *_test_of(found)] for level, found in document["krippendorff_alpha"].items()]
    iccs = [[f"ICC({name})", *_test_of(found)] for name, found in document["icc"].items()]
    return [*shown, Shown("All raters", ["coefficient", "value", "low", "high", "p"], [*alphas, *iccs])]


def _test_of(found: Mapping[str, Any]) -> list[Any]:
    return [found["value"], found.get("low"), found.get("high"), found.get("p")]

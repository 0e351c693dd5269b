"""`stats link`: two calibrations on one scale."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure, Numbers
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, reading
from grading.psychometrics.irt.models import Items, Model
from grading.psychometrics.irt.parameters import read_items
from grading.psychometrics.linking import Criterion, Link, Method, link, transform
from grading.psychometrics.tables import DataError
from schemas import Problem

FEWEST = 2
MOST_POINTS = 10_001


@click.command("link")
@click.option("--new", type=FILE, required=True, help="Item parameters on the scale to be linked (CSV: item, a, b, c).")
@click.option("--old", type=FILE, required=True, help="Item parameters on the scale to link to.")
@click.option(
    "--method",
    type=click.Choice([one.value for one in Method]),
    default="stocking-lord",
    show_default=True,
    help="How A and B are found.",
)
@click.option(
    "--d", type=Figure(0, min_open=True), default=1.0, show_default=True,
    help="What slopes are multiplied by: 1.7 in the normal metric.",
)  # fmt: skip
@click.option(
    "--model", type=click.Choice(["1pl", "2pl", "3pl", "grm", "gpcm"]), help="1pl holds A at 1; grm or gpcm for b1, b2, …"
)
@click.option(
    "--points",
    type=Numbers(),
    default="-4,4,0.05",
    show_default=True,
    metavar="FROM,TO,STEP",
    help="Abilities where curves are compared.",
)
@click.option(
    "--weights",
    type=click.Choice(["uniform", "normal"]),
    default="uniform",
    show_default=True,
    help="Weights of the abilities: 1 each, or the standard normal density scaled to add up to 1.",
)
@click.option(
    "--directions",
    type=click.Choice(["one", "both"]),
    default="one",
    show_default=True,
    help="Compare on the old scale alone, or add the comparison on the new scale.",
)
@json_option
def link_command(new: Path, old: Path, method: str, d: float, *, as_json: bool, **how: Any) -> None:
    """Put a new calibration on the scale of an old one by the items they share."""
    criterion = _criterion(how)
    graded = Model(how["model"]) if how["model"] in ("grm", "gpcm") else None
    with reading():
        new_names, new_items = read_items(new, graded=graded, d=d)
        old_names, old_items = read_items(old, graded=graded, d=d)
        common = _common(new, new_names, old_names)
        pair = (
            new_items.pick([new_names.index(name) for name in common]),
            old_items.pick([old_names.index(name) for name in common]),
        )
        _same_steps(new, common, *pair)
        try:
            found = link(*pair, Method(method), criterion)
        except ValueError as error:
            raise DataError([Problem(str(new), "", "cannot_be_linked", str(error))]) from error
    document = _document(found, method, d, common, how["directions"])
    document["items"] = list(_items(new_names, transform(new_items, found.slope, found.intercept), d))
    answer(document, lambda: _tables(document), as_json=as_json)


def _common(new: Path, new_names: tuple[str, ...], old_names: tuple[str, ...]) -> list[str]:
    """Items of both files, in the order of the new one."""
    common = [name for name in new_names if name in old_names]
    if len(common) < FEWEST:
        raise DataError(
            [Problem(str(new), "", "no_common_items", f"shares {len(common)} items with the old one; two are needed")]
        )
    return common


def _same_steps(source: Path, common: list[str], new: Items, old: Items) -> None:
    """An item is the same in both files only where it has as many steps."""
    problems = [
        Problem(str(source), name, "steps", f"has {of_new} steps here and {of_old} in the old calibration")
        for name, of_new, of_old in zip(common, new.steps, old.steps, strict=True) if of_new != of_old
    ]  # fmt: skip
    if problems:
        raise DataError(problems)


def _criterion(how: dict[str, Any]) -> Criterion:
    points = how["points"]
    if len(points) != 3 or not (points[0] < points[1] and 0 < points[2] <= points[1] - points[0]):
        raise click.BadParameter("is where to begin, where to end, and a step, such as -4,4,0.05", param_hint="--points")
    low, high, step = points
    if (high - low) / step > MOST_POINTS - 1:
        raise click.BadParameter(f"are more than {MOST_POINTS} points", param_hint="--points")
    grid = low + step * np.arange(round((high - low) / step) + 1)
    density = np.exp(-(grid**2) / 2)
    weights = density / density.sum() if how["weights"] == "normal" else np.ones_like(grid)
    return Criterion(grid, weights, both_directions=how["directions"] == "both", one_slope=how["model"] == "1pl")


def _document(found: Link, method: str, d: float, common: list[str], directions: str) -> dict[str, Any]:
    return {
        "method": method, "A": found.slope, "B": found.intercept, "criterion": found.criterion, "d": d,
        "directions": directions if found.criterion is not None else None, "n": len(common), "common": common,
    }  # fmt: skip


def _items(names: tuple[str, ...], items: Items, d: float) -> Iterator[dict[str, Any]]:
    located = items.thresholds
    for place, name in enumerate(names):
        thresholds = located[place, : items.steps[place]]
        graded = {"thresholds": thresholds} if items.model.is_graded else {"b": thresholds[0], "c": items.guessing[place]}
        yield {"item": name, "a": items.slopes[place] / d, **graded}


def _tables(document: dict[str, Any]) -> list[Shown]:
    head = ["method", "A", "B", "criterion", "n"]
    return [
        Shown("Linking: old = A · new + B", head, [[document[name] for name in head]]),
        Shown(
            "New items on the old scale", ["item", "a", "b", "c"],
            [[one["item"], one["a"], _said(one), one.get("c")] for one in document["items"]],
        ),
    ]  # fmt: skip


def _said(one: dict[str, Any]) -> Any:
    return " ".join(f"{value:.4f}" for value in one["thresholds"]) if "thresholds" in one else one["b"]

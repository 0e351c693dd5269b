"""`stats personfit`: candidates whose responses do not follow the model."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, reading
from grading.psychometrics.irt.models import Items, Model
from grading.psychometrics.irt.parameters import read_items
from grading.psychometrics.irt.responses import Integers, Patterns
from grading.psychometrics.person_fit import PersonFit, person_fit
from grading.psychometrics.tables import DataError, Responses, read_responses, read_table
from schemas import Problem


@click.command()
@click.argument("responses", type=FILE)
@click.option(
    "--parameters", type=FILE, required=True, help="Item parameters (CSV: item, a, b, c; or b1, b2, … of graded items)."
)
@click.option("--key", type=FILE, help="The right options (JSON), when cells are options.")
@click.option(
    "--d", type=Figure(0, min_open=True), default=1.0, show_default=True,
    help="What slopes are multiplied by: 1.7 in the normal metric.",
)  # fmt: skip
@click.option(
    "--model", type=click.Choice(["grm", "gpcm"]), default="grm", show_default=True, help="The model of graded items."
)
@click.option(
    "--alpha", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.05, show_default=True,
    help="Flag a candidate whose one-sided p is below it.",
)  # fmt: skip
@json_option
def personfit(responses: Path, parameters: Path, key: Path | None, *, as_json: bool, **how: Any) -> None:
    """Abilities and person fit: who answered in a way their ability does not explain."""
    with reading():
        data = read_responses(responses, key)
        names, items = read_items(parameters, graded=Model(how["model"]), d=how["d"])
        items, columns = _matched(data, names, items, parameters)
        categories = _categories(data, items, columns)
    found = person_fit(items, Patterns(categories, np.ones(len(categories)), items.steps, np.arange(len(categories))))
    document = _document(data, found, categories, how["alpha"])
    document["not_used"] = [name for name in names if name not in data.items] + [
        name for name in data.items if name not in names
    ]  # fmt: skip
    answer(document, lambda: _tables(document), as_json=as_json)


def _matched(data: Responses, names: tuple[str, ...], items: Items, source: Path) -> tuple[Items, Integers]:
    """The items of both files, and their columns."""
    both = [name for name in data.items if name in names]
    if not both:
        raise DataError([Problem(str(source), "", "no_common_items", f"shares no item with {data.source}")])
    return items.pick([names.index(name) for name in both]), np.array([data.items.index(name) for name in both])


def _categories(data: Responses, items: Items, columns: Integers) -> Integers:
    """The responses as categories, −1 where missing; raises for what is none."""
    scores = data.scores[:, columns]
    seen = ~np.isnan(scores)
    bad = np.argwhere(seen & ((scores < 0) | (scores != np.floor(scores)) | (scores > items.steps)))
    if len(bad):
        table = read_table(data.source)
        raise DataError(
            table.problem(
                row, data.items[columns[item]], "no_category", f"{scores[row, item]:g} is not 0 to {items.steps[item]}"
            )
            for row, item in bad
        )
    return np.where(seen, scores, -1).astype(np.int64)


def _document(data: Responses, found: PersonFit, categories: Integers, alpha: float) -> dict[str, Any]:
    answered = (categories >= 0).sum(axis=1)
    rows = [
        {
            "candidate": name, "n_items": int(n), "wle": found.theta[row], "se": found.errors[row],
            "log_likelihood": found.log_likelihood[row] if n else None, "lz": found.lz[row], "lz_star": found.lz_star[row],
            "p": found.p[row], "flagged": bool(found.p[row] < alpha),
            "reason": None if np.isfinite(found.lz_star[row]) else "no_variance" if n else "no_responses",
        }
        for row, (name, n) in enumerate(zip(data.candidates, answered, strict=True))
    ]  # fmt: skip
    return {
        "n": len(rows), "n_items": categories.shape[1], "alpha": alpha, "flagged": sum(one["flagged"] for one in rows),
        "candidates": rows,
    }  # fmt: skip


def _tables(document: dict[str, Any]) -> list[Shown]:
    columns = ["candidate", "n_items", "wle", "se", "lz", "lz_star", "p", "flagged"]
    return [Shown("Person fit", columns, [[one[name] for name in columns] for one in document["candidates"]])]

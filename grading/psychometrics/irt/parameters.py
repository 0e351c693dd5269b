"""Item parameters from a file, checked: `item,a,b,c`, or `item,a,b1,b2,…` for graded items."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from grading.psychometrics.irt.models import Floats, Items, Model
from grading.psychometrics.tables import DataError, Table, read_parameters, read_table
from schemas import Problem

STEP = re.compile(r"b([1-9]\d*)")


def read_items(path: Path | str, *, graded: Model | None = None, d: float = 1.0) -> tuple[tuple[str, ...], Items]:
    """Read item parameters.

    Parameters
    ----------
    path
        A CSV file: `item`, `a` (1 where there is no such column), `b`, `c` (0 where there is none); or `item`, `a`, `b1`,
        `b2`, … with empty cells where an item has fewer steps.
    graded
        The model of items with `b1`, `b2`, …: `grm` (by default) or `gpcm`.
    d
        The metric of the slopes: 1 for logistic, 1.7 where they are meant to be multiplied by 1.7.

    Returns
    -------
    tuple
        The names and the items, in the logistic metric.

    Raises
    ------
    DataError
        For every cell that cannot be a parameter.
    """
    names, columns = read_parameters(path)
    table = read_table(path)
    steps = sorted((name for name in columns if STEP.fullmatch(name)), key=lambda name: int(name[1:]))
    if "b" not in columns and not steps:
        raise DataError([Problem(str(path), "row 1", "no_column", 'there is no column "b", nor "b1", "b2", …')])
    a, c = columns.get("a", np.ones(len(names))), columns.get("c", np.zeros(len(names)))
    c = np.where(np.isnan(c), 0.0, c)
    b = np.stack([columns[name] for name in steps or ["b"]], axis=1)
    model = (graded or Model.GRADED) if steps else (Model.THREE if c.any() else Model.TWO)
    problems = list(_problems(table, a, b, c, steps or ["b"]))
    if model is Model.GRADED:
        problems += _not_in_order(table, a, b, steps)
    if problems:
        raise DataError(problems)
    return names, Items.from_thresholds(model, a * d, [one[~np.isnan(one)].tolist() for one in b], c)


def _problems(table: Table, a: Floats, b: Floats, c: Floats, steps: list[str]) -> Iterator[Problem]:
    for row, (slope, located, guess) in enumerate(zip(a, b, c, strict=True)):
        if np.isnan(slope):
            yield table.problem(row, "a", "missing", "is empty")
        if not 0 <= guess < 1:
            yield table.problem(row, "c", "out_of_range", "is not between 0 and 1")
        given = ~np.isnan(located)
        if not given[0] or (np.diff(given.astype(int)) > 0).any():
            yield table.problem(row, steps[int(np.argmin(given))], "missing", "is empty")


def _not_in_order(table: Table, a: Floats, b: Floats, steps: list[str]) -> Iterator[Problem]:
    """Thresholds of the graded response model rise (fall where the slope is negative); else a category has a chance below 0."""
    for row, falls in enumerate(np.diff(a[:, None] * b, axis=1) < 0):
        if falls.any():
            yield table.problem(row, steps[int(np.argmax(falls)) + 1], "not_in_order", "is not in the order of the thresholds")

"""What every statistic shares: its options, how bad data is said, and how an answer is printed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from exam_engine.cli.terminal import BAD_CONTENT, fail
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.tables import DataError

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)

EDGE: Final = 3  # a line and a space at either side of a column
CONTINUED: Final = ", continued"

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
plot_option = click.option("--plot", type=FOLDER, help="Write the usual pictures (SVG) into this folder.")
missing_option = click.option(
    "--missing", type=click.Choice(["listwise", "wrong", "pairwise"]), default="listwise", show_default=True,
    help="A candidate with a missing response is left out, it counts as wrong, or each figure uses what is there.",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A table for people: a title, the names of its columns, and rows of texts, numbers and estimates.

    The first `names` columns say what a row is about, and stand again where a table is too wide for the terminal.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    names: int = 1


@contextmanager
def reading() -> Iterator[None]:
    """Report bad data on standard error, one fault a line, and end with 1."""
    try:
        yield
    except DataError as error:
        fail(str(error), code=BAD_CONTENT)


def answer(document: Mapping[str, Any], tables: Callable[[], Sequence[Shown]], *, as_json: bool) -> None:
    """Print the answer: the document as JSON, or its tables."""
    if as_json:
        click.echo(json.dumps(plain(document), ensure_ascii=False, allow_nan=False))
        return
    console = Console(width=None if Console().is_terminal else 200)
    for table in tables():
        columns = [[str(name), *map(said, cells)] for name, cells in _columns(table)]
        _draw(console, table.title, columns[: table.names], columns[table.names :])


def _columns(table: Shown) -> Iterator[tuple[str, Sequence[Any]]]:
    cells = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    return zip(table.columns, cells, strict=True)


def _draw(console: Console, title: str, names: Sequence[Sequence[str]], left: Sequence[Sequence[str]]) -> None:
    """Draw columns, each with its heading first; those beyond the width come below, beside the names of the rows again."""
    while True:
        fitting = _fitting(console.width, names, left)
        drawn = Drawn()
        for place, column in enumerate([*names, *left[:fitting]]):
            drawn.add_column(Text(column[0]), justify="right" if place else "left", overflow="fold")
        for row in zip(*(column[1:] for column in [*names, *left[:fitting]]), strict=True):
            drawn.add_row(*map(Text, row))
        console.print(Text(title, style="italic"), drawn, sep="\n")
        left, title = left[fitting:], f"{title.removesuffix(CONTINUED)}{CONTINUED}"
        if not left:
            return


def _fitting(width: int, names: Sequence[Sequence[str]], left: Sequence[Sequence[str]]) -> int:
    """How many of the columns fit beside the names of the rows; one at least."""
    wide = [max(map(cell_len, column)) + EDGE for column in (*names, *left)]
    return max(1, sum(reach < width for reach in accumulate(wide)) - len(names))


def plain(value: Any) -> Any:
    """Plain data for JSON: an estimate as its value, with the reason where it has none; arrays as lists; NaN never."""
    match value:
        case Estimate():
            return value.value if value.reason is None else {"value": None, "reason": value.reason}
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case np.ndarray():
            return plain(value.tolist())
        case np.generic():
            return plain(value.item())
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float() if not np.isfinite(value):
            return None
    return value


def said(cell: Any) -> str:
    """A cell of a table: four decimals, a dash and the reason where there is no figure."""
    match cell:
        case Estimate(value=None, reason=reason):
            return f"– ({reason})"
        case Estimate(value=float(number)):
            return f"{number:.4f}"
        case None:
            return "–"
        case bool():
            return "yes" if cell else "no"
        case float() | np.floating():
            return f"{cell:.4f}" if np.isfinite(cell) else "–"
    return str(cell)

"""What judges wrote about items or pages, read from a table: one row a judge (and round), every fault at its row and column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.tables import DataError, Table
from schemas import Problem

Floats = NDArray[np.float64]

YES: Final = {"yes": "1", "y": "1", "no": "0", "n": "0"}


@dataclass(frozen=True)
class Sheets:
    """What judges wrote, judge by judge: values (rows, columns), none missing, with judge and round of every row."""

    source: str
    columns: tuple[str, ...]
    judges: tuple[str, ...]
    rounds: Floats
    values: Floats
    left_out: list[dict[str, Any]]

    def last(self) -> "Sheets":
        """The last round alone."""
        return self.of(float(self.rounds.max()))

    def of(self, wanted: float) -> "Sheets":
        """One round."""
        kept = self.rounds == wanted
        judges = tuple(name for name, there in zip(self.judges, kept.tolist(), strict=True) if there)
        return replace(self, judges=judges, rounds=self.rounds[kept], values=self.values[kept])


def read_sheets(table: Table, columns: Sequence[str]) -> Sheets:
    """What judges wrote; a judge with an empty cell is left out of that round."""
    if not columns:
        raise DataError([Problem(table.source, "row 1", "no_items", "there is no column of an item")])
    if table.columns[0].lower() != "judge":
        raise DataError([Problem(table.source, "row 1", "no_judge", f'the first column is "judge", not "{table.columns[0]}"')])
    values = in_figures(table).numbers(columns)
    named = [name for name in table.columns if name.lower() == "round"]
    rounds = table.numbers(named, missing=False)[:, 0] if named else np.ones(len(table.lines))
    judges = table.text(table.columns[0]).tolist()
    _check_once(table, judges, rounds)
    whole = np.asarray(~np.isnan(values).any(axis=1))
    # An earlier round must never pass for the last one, which the cut is taken from.
    if not whole[rounds == rounds.max()].any():
        where = f" in round {rounds.max():g}" if named else ""
        raise DataError([Problem(table.source, "", "too_few", f"no judge filled in everything{where}")])
    left = [
        {"judge": judges[row], "round": f"{rounds[row]:g}", "reason": "missing_ratings"}
        for row in np.flatnonzero(~whole).tolist()
    ]
    kept = tuple(name for name, there in zip(judges, whole.tolist(), strict=True) if there)
    return Sheets(table.source, tuple(columns), kept, rounds[whole], values[whole], left)


def items_of(table: Table) -> list[str]:
    """The columns of items: all but those of judge and round."""
    return [name for name in table.columns[1:] if name.lower() != "round"]


def in_figures(table: Table) -> Table:
    """The same table with yes as 1 and no as 0, but for the names of judges."""
    words = np.char.lower(table.cells)
    cells = np.select([words == word for word in YES], list(YES.values()), table.cells)
    cells[:, 0] = table.cells[:, 0]
    return replace(table, cells=cells)


def _check_once(table: Table, judges: Sequence[str], rounds: Floats) -> None:
    seen: set[tuple[str, float]] = set()
    problems = []
    for row, one in enumerate(zip(judges, rounds.tolist(), strict=True)):
        if one in seen or not one[0]:
            told = f'"{one[0]}" stands here twice' if one[0] else "is empty"
            problems.append(table.problem(row, table.columns[0], "twice" if one[0] else "no_name", told))
        seen.add(one)
    if problems:
        raise DataError(problems)


def check_range(table: Table, items: Sequence[str], maxima: Floats) -> None:
    """Ratings lie between 0 and the highest of their item; raises `DataError` for every one that does not."""
    values = in_figures(table).numbers(items)
    bad = (values < 0) | (values > maxima + 1e-9)
    if bad.any():
        raise DataError(
            table.problem(
                row, items[column], "out_of_range", f"{values[row, column]:g} is not between 0 and {maxima[column]:g}"
            )
            for row, column in np.argwhere(bad).tolist()
        )


def check_pages(table: Table, first: int, last: int) -> None:
    """Bookmarks lie on the pages of a booklet of `last` items, counted from `first`."""
    pages = table.numbers(["bookmark"])[:, 0]
    there = ~np.isnan(pages)
    bad = there & ((pages != np.round(pages)) | (pages < first) | (pages >= last + first))
    if bad.any():
        told = f"is no page from {first} to {last + first - 1}"
        raise DataError(
            table.problem(row, "bookmark", "no_page", f"{pages[row]:g} {told}") for row in np.flatnonzero(bad).tolist()
        )

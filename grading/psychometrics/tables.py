"""Data for statistics, read from CSV: every fault is reported with its row and column, and nothing is guessed.

Files are UTF-8 (with or without a byte order mark), separated by commas, semicolons or tabs; the first row names the columns.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas import Problem

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

MOST_SHOWN: Final = 50
LARGEST: Final = 1e15
"""The largest number read, either side of 0: up to here whole numbers are exact, and powers of them stay finite."""


class DataError(Exception):
    """The data cannot be used; `problems` holds every fault, up to `MOST_SHOWN`."""

    code = "bad_data"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)[:MOST_SHOWN]
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Table:
    """A table as it was written: `cells[row, column]` as text, the row numbers of the file in `lines`."""

    source: str
    columns: tuple[str, ...]
    cells: Texts
    lines: tuple[int, ...]

    def text(self, name: str) -> Texts:
        """The cells of one column; raises `DataError` when there is none of this name."""
        if name not in self.columns:
            raise DataError(
                [Problem(self.source, "row 1", "no_column", f'there is no column "{name}"; there are {_listed(self.columns)}')]
            )
        return self.cells[:, self.columns.index(name)]

    def names(self, column: str) -> tuple[str, ...]:
        """The cells of a column that names its rows; raises `DataError` when one is empty or stands twice."""
        return _names_once(self, column)

    def numbers(self, names: Sequence[str], *, missing: bool = True) -> Floats:
        """Columns as numbers, rows × `names`, NaN where a cell is empty.

        Raises
        ------
        DataError
            For every cell that is not a number up to `LARGEST`, and for empty ones unless `missing` is allowed.
        """
        wanted = (
            np.stack([self.text(name) for name in names], axis=1) if names else np.empty((len(self.lines), 0), dtype=np.str_)
        )
        empty = wanted == ""
        try:
            found = _as_numbers(np.where(empty, "nan", wanted))
        except ValueError:
            raise DataError(self._not_numbers(wanted, names)) from None
        bad = ~(np.abs(found) <= LARGEST) & ~(empty & missing)
        if bad.any():
            raise DataError(
                self.problem(
                    row, names[column], "missing" if empty[row, column] else "not_a_number", _fault(wanted[row, column])
                )
                for row, column in np.argwhere(bad)
            )
        return found

    def problem(self, row: int, column: str, code: str, message: str) -> Problem:
        """A fault of one cell, at its row of the file."""
        return Problem(self.source, f"row {self.lines[row]}, column {column}", code, message)

    def _not_numbers(self, wanted: Texts, names: Sequence[str]) -> Iterator[Problem]:
        for row, typed in enumerate(wanted.tolist()):
            for name, cell in zip(names, typed, strict=True):
                if cell and not is_number(cell):
                    yield self.problem(row, name, "not_a_number", _fault(cell))


@dataclass(frozen=True)
class Responses:
    """A response matrix, candidates × items.

    Attributes
    ----------
    candidates, items
        Their names, in the order of rows and columns.
    scores
        What each response is worth, NaN where missing; with a key 1 for right and 0 for wrong.
    options
        What was chosen, empty where missing; None when the file holds scores.
    key
        The right option of each item; None when the file holds scores.
    columns
        Further columns of the file by name, such as the group of a candidate.
    """

    source: str
    candidates: tuple[str, ...]
    items: tuple[str, ...]
    scores: Floats
    options: Texts | None = None
    key: tuple[str, ...] | None = None
    columns: Mapping[str, Texts] | None = None


def read_table(path: Path | str) -> Table:
    """Read a CSV file; raises `DataError` when it cannot be read, has no rows, or its rows are not of one length."""
    source = str(path)
    try:
        return parse_table(source, Path(path).read_bytes())
    except OSError as error:
        raise DataError([Problem(source, "", "unreadable", error.strerror or "cannot be read")]) from error


def parse_table(source: str, data: bytes, skipped: int = 0) -> Table:
    """A table from the bytes of a CSV file, of which `skipped` rows after the heading were left out; faults as `read_table`."""
    try:
        typed = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError([Problem(source, "", "encoding", "is not UTF-8")]) from error
    first = typed.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = [(line + skipped, row) for line, row in _rows(typed, separator) if any(row)]
    except csv.Error as error:
        raise DataError([Problem(source, "", "not_csv", f"is not a CSV file: {error}")]) from error
    if len(rows) < 2:
        raise DataError([Problem(source, "", "empty", "holds no rows under its heading")])
    heading = rows[0][1]
    problems = [*_heading_problems(source, heading), *_length_problems(source, rows)]
    if problems:
        raise DataError(problems)
    return Table(
        source, tuple(heading), np.array([row for _, row in rows[1:]], dtype=np.str_), tuple(line for line, _ in rows[1:])
    )


def read_responses(path: Path | str, key: Path | str | None = None, keep: Sequence[str] = ()) -> Responses:
    """Read a response matrix: first column `candidate`, one column per item, one row per candidate, empty where missing.

    Parameters
    ----------
    path
        The CSV file. Cells are scores, or the options chosen when a key is given.
    key
        A JSON file `{"item": "option", …}`. An item of the matrix without a key, or the other way round, is an error.
    keep
        Columns that are no items, such as a group; they come back as `columns`.

    Raises
    ------
    DataError
        For every fault: no candidate column, a candidate twice, a letter where a score should be, …
    """
    table = read_table(path)
    if table.columns[0].lower() != "candidate":
        raise DataError(
            [Problem(table.source, "row 1", "no_candidate", f'the first column is "candidate", not "{table.columns[0]}"')]
        )
    items = tuple(name for name in table.columns[1:] if name not in keep)
    if not items:
        raise DataError([Problem(table.source, "row 1", "no_items", "there is no column of an item")])
    columns = {name: table.text(name) for name in keep}
    candidates = _names_once(table, table.columns[0])
    if key is None:
        return Responses(table.source, candidates, items, table.numbers(items), columns=columns)
    right = _read_key(key, items, table.source)
    options = np.stack([table.text(name) for name in items], axis=1)
    scores = np.where(options == "", np.nan, (options == np.array(right)).astype(np.float64))
    return Responses(table.source, candidates, items, scores, options, right, columns)


def read_parameters(path: Path | str) -> tuple[tuple[str, ...], dict[str, Floats]]:
    """Read item parameters: first column `item` (or `id`), then numeric columns such as `a`, `b`, `c`; names once each."""
    table = read_table(path)
    if table.columns[0].lower() not in ("item", "id"):
        raise DataError([Problem(table.source, "row 1", "no_item", f'the first column is "item", not "{table.columns[0]}"')])
    names = _names_once(table, table.columns[0])
    return names, {name: table.numbers([name])[:, 0] for name in table.columns[1:]}


def read_json(path: Path | str) -> Any:
    """Read a JSON file; raises `DataError` when it is none."""
    try:
        return json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise DataError([Problem(str(path), "", "unreadable", error.strerror or "cannot be read")]) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError([Problem(str(path), "", "not_json", f"is not JSON: {error}")]) from error


def is_number(typed: str) -> bool:
    """Whether a text is a number up to `LARGEST`."""
    try:
        return "_" not in typed and abs(float(typed)) <= LARGEST
    except ValueError:
        return False


def is_positive(number: object) -> bool:
    """Whether something from a JSON file is a number above 0 that can be reckoned with, such as the maximum of an item."""
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 < number <= LARGEST


def _rows(typed: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(typed, newline=""), delimiter=separator, strict=True)
    for row in reader:
        yield reader.line_num, [cell.strip() for cell in row]


def _heading_problems(source: str, heading: Sequence[str]) -> Iterator[Problem]:
    for place, name in enumerate(heading, 1):
        if not name:
            yield Problem(source, f"row 1, column {place}", "no_name", "the column has no name")
        elif name in heading[: place - 1]:
            yield Problem(source, f"row 1, column {place}", "name_twice", f'"{name}" names two columns')


def _length_problems(source: str, rows: Sequence[tuple[int, list[str]]]) -> Iterator[Problem]:
    wide = len(rows[0][1])
    for line, row in rows[1:]:
        if len(row) != wide:
            yield Problem(source, f"row {line}", "cells", f"has {len(row)} cells, the heading {wide}")


def _names_once(table: Table, column: str) -> tuple[str, ...]:
    names = table.text(column).tolist()
    first: dict[str, int] = {}
    problems = []
    for row, name in enumerate(names):
        if not name:
            problems.append(table.problem(row, column, "no_name", "is empty"))
        elif name in first:
            problems.append(table.problem(row, column, "twice", f'"{name}" stands in row {table.lines[first[name]]} already'))
        first.setdefault(name, row)
    if problems:
        raise DataError(problems)
    return tuple(names)


def _read_key(path: Path | str, items: Sequence[str], source: str) -> tuple[str, ...]:
    key = read_json(path)
    if not isinstance(key, dict) or not all(isinstance(option, str) for option in key.values()):
        raise DataError([Problem(str(path), "", "bad_key", 'a key is an object of item and option, such as {"q1": "B"}')])
    missing = [
        Problem(str(path), name, "no_key", f"has no key, and {source} has a column for it") for name in items if name not in key
    ]
    extra = [Problem(str(path), name, "no_column", f"has no column in {source}") for name in key if name not in items]
    if missing or extra:
        raise DataError([*missing, *extra])
    return tuple(key[name] for name in items)


def _as_numbers(typed: Texts) -> Floats:
    """Texts as numbers; raises `ValueError` when one is none, as is 1_0, which Python would read as ten."""
    if typed.size and (np.ascontiguousarray(typed).view(np.uint32) == ord("_")).any():
        raise ValueError
    return typed.astype(np.float64)


def _fault(typed: str) -> str:
    if not typed:
        return "is empty"
    try:
        return f'"{typed}" is too large' if LARGEST < abs(float(typed)) < np.inf else f'"{typed}" is not a number'
    except ValueError:
        return f'"{typed}" is not a number'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")

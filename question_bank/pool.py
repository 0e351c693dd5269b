"""The pool a paper is drawn from: attributes and item parameters as columns, from a bank or from a table."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas import Problem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Document = Mapping[str, Any]

ITEM_ATTRIBUTES: Final = ("id", "type", "level", "syllabus", "cognitive", "difficulty", "time_s", "marks")
DEFAULTS: Final = {"marks": 1}
PLACE_SEPARATOR: Final = "."
STEM_HEADINGS: Final = ("stem", "题干")


class PoolError(Exception):
    """The pool cannot be used; `problems` holds every bad row, not just the first."""

    code = "bad_pool"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Column:
    """The values of one attribute in long form, so that an item may have none, one or several.

    `rows[j]` is the item that has the j-th value, `text[j]` the value as it is written and `number[j]` the
    value as a number (NaN when it does not read as one).
    """

    rows: NDArray[np.int64]
    text: NDArray[np.str_]
    number: Floats

    def matches(self, wanted: object, size: int, *, below: bool = False) -> Flags:
        """Mark the items whose value is `wanted`: a value, any of a list, or within `{"min", "max"}`."""
        found = np.zeros(size, dtype=np.bool_)
        found[self.rows[self._hits(wanted, below=below)]] = True
        return found

    def _hits(self, wanted: object, *, below: bool) -> Flags:
        hits = np.zeros(len(self.rows), dtype=np.bool_)
        if isinstance(wanted, Mapping):
            least, most = wanted.get("min", -math.inf), wanted.get("max", math.inf)
            hits |= (self.number >= least) & (self.number <= most)
        elif isinstance(wanted, (list, tuple)):
            for value in wanted:
                hits |= self._hits(value, below=below)
        elif isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
            hits |= self.number == wanted
        else:
            hits |= self.text == as_text(wanted)
            hits |= below & np.char.startswith(self.text, as_text(wanted) + PLACE_SEPARATOR)
        return hits


@dataclass(frozen=True)
class Pool:
    """Items as columns. `a`, `b`, `c` are 3PL parameters in the metric `d`; `b` is NaN where it is unknown.

    `enemies` are pairs of row numbers taken from the items themselves, `provisional` marks parameters derived from
    an author's estimate, `documents` are the items of a bank (empty for a table).
    """

    source: str
    ids: tuple[str, ...]
    places: tuple[str, ...]
    columns: Mapping[str, Column]
    a: Floats
    b: Floats
    c: Floats
    d: float
    provisional: Flags
    enemies: tuple[tuple[int, int], ...] = ()
    documents: tuple[Document, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, where: Mapping[str, object]) -> Flags:
        """Mark the items that meet every condition of `where`; `syllabus` also takes in what lies below a place."""
        found = np.ones(len(self), dtype=np.bool_)
        for name, wanted in where.items():
            found &= self.columns[name].matches(wanted, len(self), below=name == "syllabus")
        return found

    def information(self, theta_logit: Sequence[float]) -> Floats:
        """Give the item information at each ability: see `item_information`; shape (points, items)."""
        return item_information(np.asarray(theta_logit, dtype=np.float64)[:, None], self.a, self.b, self.c, self.d)


def item_information(theta_logit: Floats, a: Floats, b: Floats, c: Floats, d: float = 1.0) -> Floats:
    """Fisher information of 3PL items.

    Parameters
    ----------
    theta_logit, a, b, c
        Ability and item parameters; they broadcast against each other.
    d
        Scaling of the logistic metric: 1, or 1.7 for parameters in the normal metric.

    Returns
    -------
    Information, a²·d²·(q/p)·((p − c)/(1 − c))².

    References
    ----------
    Lord, F. M. (1980). Applications of Item Response Theory to Practical Testing Problems, eq. 5-9.
    """
    # (p − c)/(1 − c) is the plain logistic L, and q = (1 − c)(1 − L); the bound keeps exp from overflowing.
    logistic = 1.0 / (1.0 + np.exp(-np.clip(d * a * (theta_logit - b), -500.0, 500.0)))
    p = c + (1.0 - c) * logistic
    with np.errstate(invalid="ignore", divide="ignore"):
        information = (a * d) ** 2 * ((1.0 - c) * (1.0 - logistic) / p) * logistic**2
    # With c = 0 far below b both p and L vanish and the quotient L²/p tends to 0.
    return np.where(p > 0.0, information, 0.0)


def as_text(value: object) -> str:
    """Write a value the way a table would: true, false, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_number(text: str) -> float:
    """Read a finite number, or NaN when the text is not one."""
    try:
        number = math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def column_of(values: Iterable[object]) -> Column:
    """Build a column from one value per item: None or "" is no value, a list is several."""
    pairs = [
        (row, as_text(value).strip())
        for row, cell in enumerate(values)
        for value in (cell if isinstance(cell, (list, tuple)) else [cell])
        if value is not None and value != ""
    ]
    text = [value for _, value in pairs]
    return Column(
        np.array([row for row, _ in pairs], dtype=np.int64),
        np.array(text, dtype=np.str_),
        np.array([as_number(value) for value in text], dtype=np.float64),
    )


def read_pool(path: Path | str, d: float = 1.0) -> Pool:
    """Read a pool: a table with `id`, attributes and `a`, `b`, `c`, or a bank in any format.

    Raises
    ------
    PoolError
        With every bad row: file, line, column and reason.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        table = _read_table(path)
        if not any(name.lower().startswith(STEM_HEADINGS) for name in table[0]):
            return _pool_of_table(str(path), *table, d)
    return _pool_of_bank(path, d)


Row = tuple[int, list[str]]


def _read_table(path: Path) -> tuple[list[str], list[Row]]:
    """Give the heading and the rows that are not empty, each with its line number."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PoolError([Problem(str(path), "", "unreadable", error.strerror or "cannot be read")]) from error
    except UnicodeDecodeError as error:
        line = 1 + error.object.count(b"\n", 0, error.start)
        message = "is not UTF-8; save the table as CSV UTF-8"
        raise PoolError([Problem(str(path), f"line {line}", "encoding", message)]) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = [name.strip() for name in next(reader, [])]
        return heading, [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error as error:
        raise PoolError([Problem(str(path), f"line {reader.line_num}", "bad_table", str(error))]) from error


def _heading_problems(source: str, heading: list[str]) -> list[Problem]:
    problems = [
        Problem(source, f"line 1, column {name}", "repeated_column", "stands twice in the heading")
        for name in sorted({name for name in heading if name and heading.count(name) > 1})
    ]
    if "id" not in heading:
        problems.append(Problem(source, "line 1", "missing_column", 'the heading has no column "id"'))
    return problems


def _pool_of_table(source: str, heading: list[str], rows: list[Row], d: float) -> Pool:
    problems = _heading_problems(source, heading)
    if not problems and not rows:
        problems = [Problem(source, "", "empty", "the table holds no items")]
    if not problems:
        problems = _table_problems(source, heading, rows)
    if problems:
        raise PoolError(problems)
    records = [dict(zip(heading, cells, strict=True)) for _, cells in rows]
    return Pool(
        source=source,
        ids=tuple(record["id"] for record in records),
        places=tuple(f"line {line}" for line, _ in rows),
        columns={name: column_of(record[name] for record in records) for name in heading if name},
        a=_parameter_column(records, "a"),
        b=_parameter_column(records, "b"),
        c=_parameter_column(records, "c"),
        d=d,
        provisional=np.zeros(len(records), dtype=np.bool_),
    )


def _table_problems(source: str, heading: list[str], rows: list[Row]) -> list[Problem]:
    problems = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        if len(cells) != len(heading):
            message = f"the row has {len(cells)} cells, the heading {len(heading)}"
            problems.append(Problem(source, f"line {line}", "cells", message))
            continue
        record = dict(zip(heading, cells, strict=True))
        faults = _row_faults(record, seen)
        problems += [Problem(source, f"line {line}, column {name}", "bad_value", why) for name, why in faults]
        seen.setdefault(record["id"], line)
    return problems


@dataclass(frozen=True)
class Parameter:
    """What a missing value means and which values are possible."""

    missing: float
    least: float
    below: float
    possible: str


PARAMETERS: Final = {
    "a": Parameter(1.0, 0.0, math.inf, "0 or more"),
    "b": Parameter(math.nan, -math.inf, math.inf, "a number"),
    "c": Parameter(0.0, 0.0, 1.0, "from 0 to less than 1"),
}


def _row_faults(record: Mapping[str, str], seen: Mapping[str, int]) -> list[tuple[str, str]]:
    faults = []
    if not record["id"]:
        faults.append(("id", "is empty"))
    elif record["id"] in seen:
        faults.append(("id", f'"{record["id"]}" stands already in line {seen[record["id"]]}'))
    for name, parameter in PARAMETERS.items():
        written = record.get(name, "")
        number = as_number(written)
        if written and math.isnan(number):
            faults.append((name, f'"{written}" is not a number'))
        elif written and not parameter.least <= number < parameter.below:
            faults.append((name, f"{written} is not possible: {parameter.possible}"))
    return faults


def _parameter_column(records: Sequence[Mapping[str, str]], name: str) -> Floats:
    missing = PARAMETERS[name].missing
    return np.array([float(record[name]) if record.get(name) else missing for record in records], dtype=np.float64)


def _pool_of_bank(path: Path, d: float) -> Pool:
    from question_bank import load  # noqa: PLC0415  a table of numbers is read without the bank formats

    bank = load(path)
    if errors := [problem for problem in bank.problems if problem.severity == "error"]:
        raise PoolError(errors)
    return pool_of_items(bank.items, str(path), d)


def pool_of_items(items: Sequence[Document], source: str = "bank", d: float = 1.0) -> Pool:
    """Build a pool from item documents; items that are not calibrated get provisional parameters.

    Provisional: b runs from −2 to 2 logits over the difficulty estimates 1 to 5, a = 1, and c is the chance of a
    blind guess (one in the number of options for a single choice, one half for true or false, else 0).
    """
    if not items:
        raise PoolError([Problem(source, "", "empty", "the bank holds no items")])
    parameters = [item.get("parameters") or provisional_parameters(item) for item in items]
    rows = {item["id"]: row for row, item in enumerate(items)}
    pairs = {
        (min(row, rows[enemy]), max(row, rows[enemy]))
        for row, item in enumerate(items)
        for enemy in item.get("enemies", ())
        if enemy in rows and rows[enemy] != row
    }
    tags = sorted({name for item in items for name in item.get("tags", {})} - set(ITEM_ATTRIBUTES))
    columns = {name: column_of(item.get(name, DEFAULTS.get(name)) for item in items) for name in ITEM_ATTRIBUTES}
    columns |= {name: column_of(item.get("tags", {}).get(name) for item in items) for name in tags}
    return Pool(
        source=source,
        ids=tuple(rows),
        places=tuple(f"item {item['id']}" for item in items),
        columns=columns,
        a=np.array([values.get("a", 1.0) for values in parameters], dtype=np.float64),
        b=np.array([values.get("b", math.nan) for values in parameters], dtype=np.float64),
        c=np.array([values.get("c", 0.0) for values in parameters], dtype=np.float64),
        d=d,
        provisional=np.array([not item.get("parameters") for item in items], dtype=np.bool_),
        enemies=tuple(sorted(pairs)),
        documents=tuple(items),
    )


def provisional_parameters(item: Document) -> dict[str, float]:
    """Guess 3PL parameters from the author's estimate until the item is calibrated."""
    parameters = {"a": 1.0, "c": 0.0}
    if "difficulty" in item:
        parameters["b"] = float(item["difficulty"]) - 3.0
    if item["type"] == "single_choice":
        parameters["c"] = 1.0 / len(item["options"])
    elif item["type"] == "true_false":
        parameters["c"] = 0.5
    return parameters

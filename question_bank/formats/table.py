"""A bank as a table with one item a row, as question-setting teams fill it in; shared by CSV and XLSX."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from question_bank.formats import HasBank
from question_bank.formats.cells import CellError
from question_bank.formats.columns import Column, rank, read_header, write_header
from question_bank.formats.entries import Entry, Kind, Read
from question_bank.formats.files import UnreadableError
from question_bank.formats.rows import Row, read_row, read_whole, write_row, write_whole
from schemas import Problem

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 400
HEADING_WITHIN: Final = 10
"""Rows, empty ones not counted, among which the heading is looked for."""
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")


class Line(NamedTuple):
    """One row of a table as it was found: its number, counted from 1, its cells, and what is wrong with them by place.

    `broken` says why the row as a whole cannot be read.
    """

    number: int
    cells: Sequence[str]
    faults: Mapping[int, str] = {}
    broken: str = ""


class Heading(NamedTuple):
    """What the columns hold, by their place, and the names of those nobody knows."""

    columns: dict[int, Column]
    unknown: dict[int, str]


def guard(cell: str) -> str:
    """Keep a spreadsheet from running a text as a formula: an apostrophe goes before it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguard(cell: str) -> str:
    """Take the apostrophe of `guard` away again."""
    return cell[1:] if _GUARDED.match(cell) else cell


def read_table(lines: Iterable[Line], path: Path) -> Read:
    """Read items from the lines of a table; the first that names columns is the heading."""
    found = Read(id=path.resolve().stem, title=path.resolve().stem)
    filled = (line for line in lines if line.faults or line.broken or any(cell.strip() for cell in line.cells))
    try:
        heading = _find_heading(filled, str(path), found.problems)
        if heading:
            first = next(filled, None)
            if first is None:
                found.problems.append(Problem(str(path), "", "empty", "there are no rows under the heading"))
            for line in itertools.chain([first] if first else [], filled):
                _read_line(line, heading, str(path), found)
    except UnreadableError as error:  # what was read so far is kept
        found.problems.append(Problem(str(path), error.place, error.code, str(error)))
    return found


def write_table(bank: HasBank, dest: Path) -> tuple[list[list[str]], list[Entry]]:
    """Write a bank as the lines of a table, the first with the names of the columns, and a report."""
    rows: list[Row] = []
    entries: list[Entry] = []
    kinds: tuple[tuple[Kind, list[dict[str, Any]]], ...] = (("item", bank.items), ("case", bank.cases))
    for kind, document in ((kind, document) for kind, documents in kinds for document in documents):
        row = write_row(document) if kind == "item" else _whole("case", document["id"], document)
        entries.append(Entry(str(dest), f"row {len(rows) + 2}", kind, document["id"], document))
        rows.append(row)
    rows.append(_whole("bank", bank.id, {"title": bank.title, "languages": bank.languages}))
    columns = sorted({column for row in rows for column in row}, key=rank)
    lines = [[guard(row.get(column, "")) for column in columns] for row in rows]
    return [[write_header(column) for column in columns], *lines], entries


def _whole(kind: str, name: str, document: dict[str, Any]) -> Row:
    """A row that holds a document as it is: a case, or what the bank says of itself."""
    fields = {field: value for field, value in document.items() if field != "id"}
    return {Column("id"): name, Column("type"): kind} | write_whole(fields)


def _find_heading(lines: Iterator[Line], file: str, problems: list[Problem]) -> Heading | None:
    """Take lines up to the heading; titles and remarks often stand above it."""
    above: list[Line] = []
    for line in itertools.islice(lines, HEADING_WITHIN):
        if _names_columns(line):
            message = "stands above the heading and is left out"
            problems.extend(Problem(file, f"row {other.number}", "above_heading", message, "warning") for other in above)
            return _read_heading(line, file, problems)
        above.append(line)
    if not above:
        problems.append(Problem(file, "", "empty", "the table is empty"))
    else:
        message = above[0].broken or 'the first row names no columns such as "id", "type" and "stem"'
        problems.append(Problem(file, f"row {above[0].number}", "no_heading", message))
    return None


def _names_columns(line: Line) -> bool:
    columns = [column for cell in line.cells if (column := read_header(cell)) is not None]
    return len(columns) > 1 and bool({"id", "stem", "extra"} & {column.field for column in columns})


def _read_heading(line: Line, file: str, problems: list[Problem]) -> Heading | None:
    heading = Heading({}, {})
    place = f"row {line.number}"
    for number, name in enumerate(cell.strip() for cell in line.cells):
        column = read_header(name) if name else None
        if column is None:
            heading.unknown[number] = name
        elif column in heading.columns.values():
            problems.append(Problem(file, place, "column_twice", f'the column "{name}" is there twice'))
            return None
        else:
            heading.columns[number] = column
    messages = (f'the column "{name}" is not known and is left out' for name in heading.unknown.values() if name)
    problems.extend(Problem(file, place, "column_unknown", message, "warning") for message in messages)
    return heading


def _read_line(line: Line, heading: Heading, file: str, found: Read) -> None:
    cells = dict(_cells(line, heading))
    kind, name = cells.get(Column("type"), ""), cells.get(Column("id"), "")
    entry = Entry(file, f"row {line.number}", "case" if kind == "case" else "item", name or "(no id)")
    if line.broken:
        entry.refuse("cell", line.broken)
        found.entries.append(entry)
        return
    try:
        if kind == "bank":
            _read_bank(cells, found)
            return
        entry.document = _read_case(cells) if kind == "case" else read_row(cells)
    except CellError as error:
        entry.refuse("cell", str(error))
    for place, message in line.faults.items():
        if place in heading.columns:
            entry.refuse("cell", f"{write_header(heading.columns[place])}: {message}")
    entry.losses = [_stray_cell(place, heading) for place in _stray(line, heading)]
    found.entries.append(entry)


def _cells(line: Line, heading: Heading) -> Iterator[tuple[Column, str]]:
    for place, column in heading.columns.items():
        cell = line.cells[place].strip(" \n") if place < len(line.cells) else ""
        if cell:
            yield column, unguard(cell.replace("\r\n", "\n"))


def _stray(line: Line, heading: Heading) -> list[int]:
    """Places of cells that stand under no known column."""
    return [place for place, cell in enumerate(line.cells) if cell.strip() and place not in heading.columns]


def _stray_cell(place: int, heading: Heading) -> str:
    name = heading.unknown.get(place)
    return (
        f'what stands under "{name}" (column {place + 1})' if name else f"what stands in column {place + 1}, which has no name"
    )


def _read_case(cells: Row) -> dict[str, Any]:
    return {"id": cells.get(Column("id"), ""), **read_whole(cells)}


def _read_bank(cells: Row, found: Read) -> None:
    """Take up what a bank wrote of itself into the table."""
    said = read_whole(cells)
    found.id = cells.get(Column("id"), found.id)
    found.title = said.get("title", found.title)
    languages = said.get("languages", [])
    if isinstance(languages, list) and all(isinstance(language, str) for language in languages):
        found.languages = languages

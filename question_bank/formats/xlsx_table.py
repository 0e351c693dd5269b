"""XLSX: the first sheet, one item a row."""

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import openpyxl
import xlsxwriter
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.exceptions import InvalidFileException

from question_bank.formats import HasBank
from question_bank.formats.entries import Entry, Read
from question_bank.formats.files import LARGEST, UnreadableError
from question_bank.formats.table import MOST_COLUMNS, MOST_ROWS, Line, read_table, write_table
from schemas import Problem

MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_MEMBERS: Final = 1_000
_PIECE: Final = 1024 * 1024
_BROKEN: Final = (
    *(InvalidFileException, zipfile.BadZipFile, SyntaxError),  # what openpyxl says itself
    *(
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
        OSError,
    ),  # what escapes from odd parts
)


def read(path: Path) -> Read:
    """Read the first sheet of a workbook; nothing in it is run, and nothing outside it is opened."""
    try:
        check_package(path)
        return read_table(_lines(path), path)
    except UnreadableError as error:
        return Read(problems=[Problem(str(path), error.place, error.code, str(error))])


def write(bank: HasBank, dest: Path) -> list[Entry]:
    """Write a workbook in which every cell is text."""
    lines, entries = write_table(bank, dest)
    with xlsxwriter.Workbook(str(dest), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet("items"), book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(lines[0]) - 1, 24, wrapped)
        for row, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(row, column, cell, bold if row == 0 else wrapped)
    return entries


def check_package(path: Path) -> None:
    """Unpack a workbook once, piece by piece and to nowhere, to see that it is small and plain.

    Raises
    ------
    UnreadableError
        When it is not a zip archive, larger than it may be, or declares a document type.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableError("too_large", f"is larger than {LARGEST // 1024 // 1024} MB")
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
            if len(members) > MOST_MEMBERS:
                raise UnreadableError("too_large", f"holds more than {MOST_MEMBERS} files")
            _unpack_to_nowhere(package, members)
    except OSError as error:
        raise UnreadableError("unreadable", f"cannot be read: {error.strerror}") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:  # broken, foreign or locked archives
        raise UnreadableError("xlsx", f"is not a workbook that can be read: {error}") from error


def _unpack_to_nowhere(package: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    left = MOST_UNPACKED
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableError("xlsx", f"{member.filename} is packed in a way no workbook uses")
        with package.open(member) as stream:
            last = b""
            while piece := stream.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise UnreadableError("too_large", f"unpacks to more than {MOST_UNPACKED // 1024 // 1024} MB")
                if not last and member.filename.endswith((".xml", ".rels")) and b"\0" in piece[:64]:
                    raise UnreadableError("xlsx", f"{member.filename} is not written in UTF-8")
                if b"<!DOCTYPE" in last + piece or b"<!ENTITY" in last + piece:
                    raise UnreadableError("xlsx", f"{member.filename} declares a document type, which no workbook needs")
                last = piece[-16:]


def _lines(path: Path) -> Iterator[Line]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that hold no items
            with _book(path, data_only=True) as shown, _book(path, data_only=False) as typed:
                yield from _rows(shown.worksheets[0], typed.worksheets[0])
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise UnreadableError("xlsx", f"is not a workbook that can be read: {error}") from error


def _book(path: Path, *, data_only: bool) -> closing[Any]:
    """Open a workbook for its results, or for its formulas."""
    return closing(openpyxl.load_workbook(path, read_only=True, data_only=data_only, keep_links=False))


def _rows(shown: Any, typed: Any) -> Iterator[Line]:
    limits = {"max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS}
    rows = zip(shown.iter_rows(**limits), typed.iter_rows(**limits), strict=True)
    for number, (cells, sources) in enumerate(rows, start=1):
        if number > MOST_ROWS:
            message = f"has more than {MOST_ROWS} rows"
            raise UnreadableError("too_many_rows", message)
        if {*map(id, cells), *map(id, sources)} == {id(EMPTY_CELL)}:  # most rows of a sheet with a cell at its far corner
            continue
        found = enumerate(zip(cells, sources, strict=True))
        faults = {place: fault for place, pair in found if (fault := _fault(*pair))}
        yield Line(number, ["" if place in faults else _written(cell.value) for place, cell in enumerate(cells)], faults)


def _fault(cell: Any, source: Any) -> str:
    """Why what a cell shows is not what its author meant."""
    if isinstance(cell.value, dt.date | dt.time | dt.timedelta):
        return "the spreadsheet has turned this cell into a date; format the column as text"
    if cell.data_type == "e":
        return f"the spreadsheet shows the error {cell.value} in this cell"
    if source.data_type == "f" and cell.value is None and cell.data_type == "n":
        return "holds a formula without its result; save the file with a spreadsheet, or write the text itself"
    return ""


def _written(value: object) -> str:
    """A cell as a person sees it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)

"""CSV: one item a row, in UTF-8 (as it is written), UTF-16 or GB18030 (as Chinese Excel writes it)."""

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from question_bank.formats import HasBank
from question_bank.formats.entries import Entry, Read
from question_bank.formats.files import LARGEST, UnreadableError, read_bytes
from question_bank.formats.table import MOST_ROWS, Line, read_table, write_table
from schemas import Problem

MOST_BROKEN: Final = 100
_DELIMITERS: Final = (",", ";", "\t")
csv.field_size_limit(LARGEST)  # a cell may hold a whole case; the file's own cap is the limit


def read(path: Path) -> Read:
    """Read a CSV file; a row that cannot be read never hides the others."""
    notes: list[Problem] = []
    try:
        text = _decode(read_bytes(path), str(path), notes)
        found = read_table(_lines(text), path)
    except UnreadableError as error:
        found = Read(problems=[Problem(str(path), error.place, error.code, str(error))])
    found.problems[:0] = notes
    return found


def write(bank: HasBank, dest: Path) -> list[Entry]:
    """Write a CSV file that spreadsheets open as UTF-8 and never run as formulas."""
    lines, entries = write_table(bank, dest)
    with dest.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(lines)
    return entries


def _decode(data: bytes, file: str, notes: list[Problem]) -> str:
    if b"\0" in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError("encoding", "holds zero bytes; it is not a table in text")
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _as_gb18030(data)
    message = "is not written in UTF-8 and was read as GB18030; look at its Chinese"
    notes.append(Problem(file, "", "encoding", message, "warning"))
    return text


def _as_gb18030(data: bytes) -> str:
    """Decode what Chinese Excel saves; refuse what only happens to decode."""
    message = "is written neither in UTF-8 nor in GB18030; save it as “CSV UTF-8”"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnreadableError("encoding", message, f"line {data.count(bytes([10]), 0, error.start) + 1}") from error
    foreign = sum(character > "\x7f" for character in text)
    if sum("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for character in text) * 2 < foreign:
        raise UnreadableError("encoding", message)
    return text


def _lines(text: str) -> Iterator[Line]:
    """Rows with the line each begins on; behind a row whose quotes are broken it goes on with the next line.

    Raises
    ------
    UnreadableError
        When there are too many rows, or too many with broken quotes.
    """
    lines = io.StringIO(text, newline="").readlines()
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    begins = rows = broken = 0
    while begins < len(lines):
        start = begins
        reader = csv.reader(itertools.islice(lines, start, None), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                rows += 1
                if rows > MOST_ROWS + 1:
                    message = f"has more than {MOST_ROWS} rows"
                    raise UnreadableError("too_many_rows", message)
                yield Line(begins + 1, cells)
                begins = start + reader.line_num
        except csv.Error as error:
            broken += 1
            if broken > MOST_BROKEN:
                message = f"the quotes of more than {MOST_BROKEN} rows are broken"
                raise UnreadableError("csv", message, f"line {begins + 1}") from error
            yield Line(begins + 1, [], broken=f"the quotes are broken ({error})")
            begins += 1

"""Response matrices larger than memory, as Dask arrays: NumPy files, and CSV files read in blocks of whole rows.

Needs Dask, which is an extra of its own; nothing else here imports it.
"""

import io
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.tables import LARGEST, DataError, Floats, parse_table
from schemas import Problem

ROWS: Final = 250_000  # of a block of a NumPy file: 15 MB with 60 items of one byte
BYTES: Final = 1 << 24  # of a block of a CSV file
Place = tuple[int, int, int]  # where a block starts and ends, and the row of the file it starts with


def open_scores(path: Path) -> tuple[tuple[str, ...], Any]:
    """Names of the items and their scores as a Dask array, candidates × items, NaN where missing; nothing is read yet.

    Parameters
    ----------
    path
        A NumPy file (`.npy`) with a matrix of numbers, whose items are named 1, 2, …; or a CSV file with a first column
        `candidate` and a column of scores per item. A candidate named twice goes unnoticed in a file read in blocks.

    Raises
    ------
    DataError
        When the file cannot be used. What is wrong with a cell is found when the scores are computed.
    ModuleNotFoundError
        Without Dask.
    """
    return _open_numpy(path) if path.suffix == ".npy" else _open_csv(path)


def _open_numpy(path: Path) -> tuple[tuple[str, ...], Any]:
    da = import_module("dask.array")
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError([Problem(str(path), "", "not_npy", f"is not a NumPy file: {error}")]) from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "iubf" or 0 in matrix.shape:
        raise DataError([Problem(str(path), "", "no_matrix", "does not hold a matrix of numbers, candidates × items")])
    names = tuple(str(place) for place in range(1, matrix.shape[1] + 1))
    scores = da.from_array(matrix, chunks=(ROWS, -1), name=False)
    return names, scores if matrix.dtype.kind != "f" else scores.map_blocks(_finite, str(path), dtype=matrix.dtype)


def _finite(scores: NDArray[Any], source: str) -> NDArray[Any]:
    """A block without a score that cannot be reckoned with; not a number is a missing response."""
    if (np.abs(scores) > LARGEST).any():
        raise DataError([Problem(source, "", "not_a_number", f"holds scores beyond {LARGEST:g}")])
    return scores


def _open_csv(path: Path) -> tuple[tuple[str, ...], Any]:
    dask, da = import_module("dask"), import_module("dask.array")
    with path.open("rb") as file:
        heading = file.readline()
        first = file.readline()
    head = parse_table(str(path), heading + first)
    if head.columns[0].lower() != "candidate" or len(head.columns) < 2:
        raise DataError([Problem(str(path), "row 1", "no_candidate", 'the columns are "candidate" and the items')])
    read = dask.delayed(read_block, pure=False)
    blocks = [
        da.from_delayed(read(str(path), heading, place), (np.nan, len(head.columns) - 1), dtype=np.float64)
        for place in _places(path, len(heading))
    ]
    if not blocks:  # with carriage returns alone the whole file is one line
        raise DataError([Problem(str(path), "", "empty", "holds no rows that end with a line feed under its heading")])
    return head.columns[1:], da.concatenate(blocks, axis=0, allow_unknown_chunksizes=True)


def read_block(path: str, heading: bytes, place: Place) -> NDArray[Any]:
    """The scores of a block of rows of a CSV file; faults are told by the row of the file."""
    start, end, line = place
    with Path(path).open("rb") as file:
        file.seek(start)
        typed = file.read(end - start)
    separator = max((b",", b";", b"\t"), key=heading.count)
    wide = heading.count(separator) + 1
    if not typed.strip():
        return np.empty((0, wide - 1))
    found: NDArray[Any] | None = _read_digits(typed, separator[0], wide)
    if found is None:
        found = _read_plain(typed, separator.decode(), wide)
    if found is None:  # an empty cell, a quotation mark, or a fault: read with care
        table = parse_table(path, heading + typed, line - 2)
        return table.numbers(table.columns[1:])
    return found


def _read_digits(typed: bytes, separator: int, wide: int) -> NDArray[np.int8] | None:
    """A block in which every score is one digit, by looking at the same places of every row; None for any other."""
    letters = np.frombuffer(typed.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n", dtype=np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    tail = 2 * (wide - 1)
    if np.diff(ends, prepend=-1).min() <= tail:
        return None
    cells = np.lib.stride_tricks.sliding_window_view(letters, tail)[ends - tail]
    marks, digits = cells[:, ::2], cells[:, 1::2] - ord("0")
    whole = (marks == separator).all() and (digits < 10).all() and (letters == separator).sum() == marks.size
    return digits.astype(np.int8) if whole else None


def _read_plain(typed: bytes, separator: str, wide: int) -> Floats | None:
    """A block in which every cell is a finite number, many times faster than with care; None for any other."""
    try:
        found = np.loadtxt(io.BytesIO(typed), delimiter=separator, usecols=range(1, wide), ndmin=2, comments=None)
    except ValueError:
        return None
    whole = typed.count(separator.encode()) == len(found) * (wide - 1) and (np.abs(found) <= LARGEST).all()
    return found if whole else None


def _places(path: Path, start: int) -> Iterator[Place]:
    """Blocks of whole rows, each with the row of the file it starts with."""
    line = 2
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BYTES):
            block += file.readline()
            yield start, start + len(block), line
            start += len(block)
            line += block.count(b"\n")

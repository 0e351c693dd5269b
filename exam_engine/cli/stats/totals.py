"""Totals of candidates, and their scores on an anchor, from CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.tables import DataError, read_responses, read_table
from schemas import Problem

Floats = NDArray[np.float64]

FEWEST: Final = 3
TOTALS: Final = ("score", "total")


@dataclass(frozen=True)
class Totals:
    """One file: scores of complete candidates, the rows they stand in, and how many were left out."""

    source: str
    total: Floats
    anchor: Floats | None
    columns: Sequence[str]
    lines: NDArray[np.int64]
    left_out: int


def read_totals(path: Path, score: str | None = None, anchor: str | None = None) -> Totals:
    """Read totals, and the anchor where one is named.

    The total is the column `score`, or the one named score or total, or else the only one left.

    Raises
    ------
    DataError
        With every fault; and for fewer than `FEWEST` candidates with scores.
    """
    table = read_table(path)
    columns = table.columns
    others = [name for name in columns[1:] if name != anchor]
    named = [name for name in others if name.lower() in TOTALS]
    total = score or (named[0] if named else others[0] if len(others) == 1 else None)
    wanted = [total, *([anchor] if anchor else [])]
    for name in wanted:
        if name not in columns[1:]:
            told = f'there is no column "{name}"' if name else "no column is named score: name it with --score"
            raise DataError([Problem(str(path), "row 1", "no_column", told)])
    data = read_responses(path, keep=[name for name in columns[1:] if name not in wanted])
    scores = data.scores[:, [data.items.index(str(name)) for name in wanted]]
    whole = np.asarray(~np.isnan(scores).any(axis=1))
    if whole.sum() < FEWEST:
        raise DataError([Problem(str(path), "", "too_few", f"{whole.sum()} candidates have scores; {FEWEST} are the least")])
    kept = scores[whole]
    lines = np.array(table.lines, dtype=np.int64)[whole]
    return Totals(str(path), kept[:, 0], kept[:, 1] if anchor else None, [*map(str, wanted)], lines, int((~whole).sum()))

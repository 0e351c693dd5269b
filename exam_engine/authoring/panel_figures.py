"""What a panel of judges' table comes to: cut score, standard error, judges, in marks and in percent.

The table is the one that `exam-engine stats standard` reads: `judge`, maybe `round`, and one column an item (Angoff) or the
column `bookmark`. Only the last round counts, and a judge who left a cell of it empty is left out.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.exact import round_to_decimals, written
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.judgements import Sheets, check_pages, check_range, items_of, read_sheets
from grading.psychometrics.judges import (
    DECIMALS,
    Panel,
    agreement_of,
    angoff_cuts,
    expected_score,
    judge_consistency,
    panel_of,
    response_location,
)
from grading.psychometrics.tables import DataError, Table, parse_table
from schemas import Problem

Floats = NDArray[np.float64]
Document = dict[str, Any]

RESPONSE_PROBABILITY: Final = 2 / 3
"""How sure a borderline candidate is of the last page they master (Mitzel et al. 2001)."""

PERCENT_DECIMALS: Final = 2


@dataclass(frozen=True)
class Found:
    """A panel's finding: `figures` for people to read, the recommended cut in percent, and its error in percent points."""

    figures: Document
    recommended: str
    standard_error: str | None


class Ratings(enum.StrEnum):
    """What Angoff judges wrote: how many of the borderline candidates get an item right, or the marks they get."""

    CHANCE = "chance"
    PERCENT = "percent"
    MARKS = "marks"


def angoff(judgements: bytes, maxima: Mapping[str, float], ratings: Ratings = Ratings.CHANCE) -> Found:
    """Angoff: marks that a borderline candidate is expected to get, summed judge by judge.

    Parameters
    ----------
    judgements
        CSV: `judge`, maybe `round`, one column an item.
    maxima
        Marks that items are worth; 1 for an item that is not named.
    ratings
        Chances from 0 to 1 (yes is 1, no is 0), percent, or marks.

    Raises
    ------
    DataError
        With every fault of the table, at its row and column.
    """
    table = parse_table("judgements", judgements)
    items = items_of(table)
    most = np.array([maxima.get(item, 1.0) for item in items])
    sheets = read_sheets(table, items)
    highest = {Ratings.CHANCE: np.ones_like(most), Ratings.PERCENT: np.full_like(most, 100.0), Ratings.MARKS: most}[ratings]
    check_range(table, items, highest)
    last = sheets.last()
    marks = np.round(last.values * most / highest, DECIMALS)
    cuts, agreed = angoff_cuts(marks), agreement_of(marks)
    found = _found(last.judges, cuts, panel_of(cuts), float(most.sum()), _left_out(sheets))
    for row, consistency in zip(found.figures["judges"], judge_consistency(marks), strict=True):
        row["consistency"] = _plain(consistency)
    found.figures["items"] = len(items)
    found.figures["icc_panel"] = _plain(agreed.icc_panel)
    return found


def bookmark(judgements: bytes, parameters: bytes) -> Found:
    """Bookmark: the last page of the ordered booklet that a borderline candidate masters with two chances in three.

    Parameters
    ----------
    judgements
        CSV: `judge`, maybe `round`, and `bookmark`, a page counted from 1.
    parameters
        CSV of the booklet's items: `item`, `b`, and `a` and `c` where the model has them.

    Raises
    ------
    DataError
        With every fault of either table.
    """
    a, b, c = _read_parameters(parse_table("parameters", parameters))
    located = np.sort(response_location(b, RESPONSE_PROBABILITY, a, c))
    table = parse_table("judgements", judgements)
    sheets = read_sheets(table, ["bookmark"])
    check_pages(table, 1, len(b))
    last = sheets.last()
    abilities = located[last.values[:, 0].astype(np.int64) - 1]
    panel = panel_of(abilities)
    cuts = np.array([expected_score(ability, b, a, c) for ability in abilities])
    found = _found(last.judges, cuts, panel, float(len(b)), _left_out(sheets), lambda ability: expected_score(ability, b, a, c))
    found.figures["items"], found.figures["ability"] = len(b), _plain(panel.cut)
    return found


def _found(
    judges: Sequence[str], cuts: Floats, panel: Panel, most: float, left_out: list[Document], marks_at: Any = lambda cut: cut
) -> Found:
    """Cut and error in marks and percent; of a bookmark, the cut's ability is taken to marks and its error beside it."""
    cut, se = float(marks_at(panel.cut.value)), None
    if panel.se.value is not None and panel.cut.value is not None:
        se = cut - float(marks_at(panel.cut.value - panel.se.value))
    rows = zip(judges, cuts.tolist(), panel.modified_z.tolist(), panel.outlying.tolist(), strict=True)
    figures = {
        "cut": cut, "se": se, "max_marks": most, "sd": _plain(panel.sd), "median": _plain(panel.median),
        "judges": [{"judge": name, "cut": own, "modified_z": z, "outlier": out} for name, own, z, out in rows],
        "left_out": left_out,
    }  # fmt: skip
    return Found(figures, _percent(cut, most), None if se is None else _percent(se, most))


def _percent(marks: float, most: float) -> str:
    return written(round_to_decimals(100 * Fraction(str(round(marks, DECIMALS))) / Fraction(str(most)), PERCENT_DECIMALS))


def _plain(estimate: Estimate) -> float | None:
    return None if estimate.value is None else float(estimate.value)


def _left_out(sheets: Sheets) -> list[Document]:
    """The judges of the last round who left something out."""
    last = f"{sheets.rounds.max():g}"
    return [{"judge": one["judge"]} for one in sheets.left_out if one["round"] == last]


def _read_parameters(table: Table) -> tuple[Floats, Floats, Floats]:
    """Slopes, difficulties and lower asymptotes; slopes are 1 and asymptotes 0 where there is no such column."""
    if table.columns[0].lower() not in ("item", "id"):
        raise DataError([Problem(table.source, "row 1", "no_item", f'the first column is "item", not "{table.columns[0]}"')])
    b = table.numbers(["b"], missing=False)[:, 0]
    a, c = (
        table.numbers([name], missing=False)[:, 0] if name in table.columns else np.full(len(b), default)
        for name, default in (("a", 1.0), ("c", 0.0))
    )
    if (a <= 0).any() or (c < 0).any() or (c >= RESPONSE_PROBABILITY).any():
        raise DataError([Problem(table.source, "", "bad_parameter", "a is above 0, and c from 0 to below 2/3")])
    return a, b, c

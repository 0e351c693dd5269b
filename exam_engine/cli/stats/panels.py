"""What a panel of judges' files hold, and what comes of them: Angoff, bookmark, Hofstee."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exam_engine.cli.stats.totals import read_totals
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.judgements import Sheets, check_pages, check_range, items_of, read_sheets
from grading.psychometrics.judges import (
    DECIMALS,
    Limits,
    Panel,
    agreement_of,
    angoff_cuts,
    expected_score,
    failing,
    hofstee,
    jackknife_error,
    judge_consistency,
    panel_of,
    response_location,
)
from grading.psychometrics.tables import DataError, Table, is_positive, read_json, read_parameters, read_table
from schemas import Problem

Floats = NDArray[np.float64]
Document = dict[str, Any]

LEAST_SLOPE: Final = 1e-6
LIMITS: Final = ("min_cut", "max_cut", "min_fail", "max_fail")


def angoff(path: Path, how: Document) -> Document:
    """Angoff: the sum of expected marks of a borderline candidate, judge by judge."""
    table = read_table(path)
    items = items_of(table)
    sheets = read_sheets(table, items)
    maxima = _maxima(how["max_scores"], items)
    check_range(table, items, np.full(len(items), 100.0) if how["percent"] else maxima)
    marks = sheets.values * maxima / 100 if how["percent"] else sheets.values
    sheets = replace(sheets, values=np.round(marks, DECIMALS))
    ratings = sheets.last().values
    agreed, consistency = agreement_of(ratings), judge_consistency(ratings)
    document = _of_panel(sheets, angoff_cuts, how)
    for judge, one in zip(document["judges"], consistency, strict=True):
        judge["consistency"] = one
    return document | {
        "variant": "yes_no" if np.isin(ratings, (0.0, 1.0)).all() else "expected_marks",
        "max_marks": float(maxima.sum()),
        "agreement": {name: getattr(agreed, name) for name in ("icc_single", "icc_panel", "mean_item_sd")},
        "items": _items(items, ratings),
    }


def bookmark(path: Path, how: Document) -> Document:
    """Bookmark: the ability at which the marked item of the ordered booklet is answered with the response probability."""
    table = read_table(path)
    sheets = read_sheets(table, ["bookmark"])
    names, columns = read_parameters(how["parameters"])
    b = _column(columns, "b", names, how["parameters"])
    a, c = (_column(columns, name, names, how["parameters"]) if name in columns else default
            for name, default in (("a", np.ones_like(b)), ("c", np.zeros_like(b))))  # fmt: skip
    if (a < LEAST_SLOPE).any() or (c >= how["rp"]).any() or (c < 0).any():
        raise DataError(
            [Problem(str(how["parameters"]), "", "bad_parameter", f"a is at least {LEAST_SLOPE}, and c from 0 to below --rp")]
        )
    located = response_location(b, how["rp"], a, c, how["d"])
    order = np.argsort(located, kind="stable")
    first = 1 if how["bookmark"] == "last" else 2
    check_pages(table, first, len(names))
    document = _of_panel(sheets, lambda pages: located[order][pages[:, 0].astype(np.int64) - first], how)
    theta = document["cut"].value
    return document | {
        "rp": how["rp"], "bookmark_on": how["bookmark"], "raw_cut": expected_score(theta, b, a, c, how["d"]),
        "raw_cut_less_one_se": document["se"] if document["se"].value is None
        else expected_score(theta - document["se"].value, b, a, c, how["d"]),
        "booklet": [{"page": page, "item": names[item], "location": located[item]} for page, item in enumerate(order, 1)],
    }  # fmt: skip


def compromise(path: Path, how: Document) -> Document:
    """Hofstee: where the line between the judges' mean limits meets the share that would fail."""
    table = read_table(path)
    sheets = read_sheets(table, LIMITS)
    per_cent = 100.0 if how["percent"] else 1.0
    _check_limits(table, per_cent)
    values = sheets.last().values / [1.0, 1.0, per_cent, per_cent]
    scores = read_totals(how["scores"], how["score"]).total
    middle = np.median if how["summary"] == "median" else np.mean

    def of(rows: Floats) -> Limits:
        return Limits(*np.round(middle(rows, axis=0), DECIMALS).tolist())

    limits, everybody = of(values), range(len(values))
    found = hofstee(limits, scores)
    # Of the interpolated cut: on the steps, small changes of the limits often change nothing.
    without = [hofstee(of(np.delete(values, row, axis=0)), scores).interpolated for row in everybody if len(values) > 1]
    document = _of_panel(sheets, lambda rows: _own_cuts(rows / [1.0, 1.0, per_cent, per_cent], scores), how)
    return document | {
        "cut": replace(document["cut"], value=found.cut), "se": jackknife_error(without),
        "cut_interpolated": found.interpolated, "fallback": found.fallback, "fail_rate": float(failing(scores, found.cut)),
        "limits": dict(zip(LIMITS, (limits.lowest_cut, limits.highest_cut, limits.lowest_fail, limits.highest_fail),
                           strict=True)),
    }  # fmt: skip


def _own_cuts(rows: Floats, scores: Floats) -> Floats:
    """What each judge's limits would come to alone."""
    return np.array([hofstee(Limits(*row), scores).cut for row in rows.tolist()])


def _of_panel(sheets: Sheets, cuts_of: Any, how: Document) -> Document:
    """Cut, error, judges and rounds."""
    last, median = sheets.last(), how["summary"] == "median"
    cuts = cuts_of(last.values)
    panel = panel_of(cuts, median=median)
    rounds = []
    for one in np.unique(sheets.rounds).tolist():
        then = panel_of(cuts_of(sheets.of(one).values), median=median)
        rounds.append({"round": f"{one:g}", "n_judges": then.mean.n, "cut": then.cut, "se": then.se, "sd": then.sd})
    return {
        "cut": panel.cut, "se": panel.se, "n_judges": len(cuts), "summary": how["summary"], "mean": panel.mean,
        "median": panel.median, "sd": panel.sd, "judges": _judges(last.judges, cuts, panel), "rounds": rounds,
        "left_out": sheets.left_out,
    }  # fmt: skip


def _judges(names: Sequence[str], cuts: Floats, panel: Panel) -> list[Document]:
    rows = zip(names, cuts, panel.modified_z, panel.outlying, strict=True)
    return [{"judge": name, "cut": cut, "modified_z": z, "outlier": bool(out)} for name, cut, z, out in rows]


def _items(items: Sequence[str], ratings: Floats) -> list[Document]:
    sd = ratings.std(axis=0, ddof=1) if len(ratings) > 1 else [Estimate(None, 1, "too_few_judges")] * len(items)
    rows = zip(items, ratings.mean(axis=0), sd, ratings.min(axis=0), ratings.max(axis=0), strict=True)
    return [{"item": item, "mean": mean, "sd": one, "lowest": low, "highest": high} for item, mean, one, low, high in rows]


def _check_limits(table: Table, per_cent: float) -> None:
    """The lower limit is not above the upper one, and failures are shares."""
    low, high, least, most = table.numbers(LIMITS).T
    problems = [
        *(table.problem(row, "min_cut", "limits", "is above max_cut") for row in np.flatnonzero(low > high).tolist()),
        *(table.problem(row, "min_fail", "limits", "is above max_fail") for row in np.flatnonzero(least > most).tolist()),
        *(table.problem(row, "max_fail", "out_of_range", f"shares lie between 0 and {per_cent:g}")
          for row in np.flatnonzero((least < 0) | (most > per_cent + 1e-9)).tolist()),
    ]  # fmt: skip
    if problems:
        raise DataError(problems)


def _maxima(path: Path | None, items: Sequence[str]) -> Floats:
    """Marks of every item, 1 where none are given."""
    given = read_json(path) if path else {}
    if not isinstance(given, dict) or not all(is_positive(most) for most in given.values()):
        raise DataError([Problem(str(path), "", "bad_maximum", 'marks are an object of item and number, such as {"q1": 2}')])
    if strange := [name for name in given if name not in items]:
        raise DataError(Problem(str(path), name, "no_column", "is no item of the judgements") for name in strange)
    return np.array([given.get(item, 1.0) for item in items], dtype=np.float64)


def _column(columns: dict[str, Floats], name: str, items: Sequence[str], path: Path) -> Floats:
    if name not in columns:
        raise DataError([Problem(str(path), "row 1", "no_column", f'there is no column "{name}"')])
    missing = np.flatnonzero(np.isnan(columns[name])).tolist()
    if missing:
        raise DataError(Problem(str(path), f"item {items[row]}, column {name}", "missing", "is empty") for row in missing)
    return columns[name]

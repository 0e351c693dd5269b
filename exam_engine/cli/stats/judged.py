"""What files of judged candidates hold, and what comes of them: borderline and contrasting groups."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.candidate_groups import (
    borderline_group,
    borderline_regression,
    contrast_by_crossing,
    contrast_by_logistic,
    contrast_by_medians,
)
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.judges import DECIMALS
from grading.psychometrics.tables import DataError, Table, is_number, read_table
from schemas import Problem

Floats = NDArray[np.float64]
Document = dict[str, Any]

QUALIFIED: Final = {"1": True, "yes": True, "y": True, "0": False, "no": False, "n": False}
CONTRASTS: Final = {"logistic": contrast_by_logistic, "crossing": contrast_by_crossing, "midpoint": contrast_by_medians}


def regression(path: Path, how: Document) -> Document:
    """Borderline regression, station by station where there is a column of stations; the cut is then the sum."""
    table = _read(path)
    borderline = _number(how["borderline"], path)
    values = table.numbers(["score", "rating"])
    whole = ~np.isnan(values).any(axis=1)
    stations = table.text("station") if "station" in table.columns else np.full(len(values), "")
    _check_once(table, stations)
    fits = {}
    for station in dict.fromkeys(stations.tolist()):
        there = whole & (stations == station)
        fits[station] = borderline_regression(values[there, 0], values[there, 1], borderline)
    rows = [
        {"station": station, "n": fit.cut.n, "cut": fit.cut, "se": fit.se, "slope": fit.slope, "intercept": fit.intercept,
         "r2": fit.r2, "rmse": fit.rmse, "warning": "not_rising" if (fit.slope.value or 0) < 0 else None}
        for station, fit in fits.items()
    ]  # fmt: skip
    cut, se = _sum([fit.cut for fit in fits.values()]), _root_of_squares([fit.se for fit in fits.values()])
    left_out = int((~whole).sum())
    document: Document = {"cut": cut, "se": se, "borderline": borderline, "n": int(whole.sum()), "n_left_out": left_out}
    if "station" in table.columns:
        return document | {"stations": rows}
    return document | {name: value for name, value in rows[0].items() if name not in ("station", "n", "cut", "se")}


def group(path: Path, how: Document) -> Document:
    """Borderline group: the median score, or with `--summary mean` the mean, of those judged borderline."""
    table = _read(path)
    _check_once(table, np.full(len(table.lines), ""))
    scores, rating = table.numbers(["score"])[:, 0], table.text("rating")
    whole = ~np.isnan(scores) & (rating != "")
    chosen = whole & np.array([_same(one, how["borderline"]) for one in rating.tolist()])
    if not chosen.any():
        raise DataError([Problem(str(path), "column rating", "nobody", f'nobody with a score is "{how["borderline"]}"')])
    marks = scores[chosen]
    by_mean = how["summary"] == "mean"
    cut, se = borderline_group(marks, mean=by_mean)
    spread = Estimate(float(marks.std(ddof=1)), len(marks)) if len(marks) > 1 else Estimate(None, 1, "too_few_candidates")
    return {
        "cut": cut, "se": se, "summary": "mean" if by_mean else "median", "borderline": how["borderline"],
        "n_borderline": len(marks), "mean": borderline_group(marks, mean=True)[0], "median": borderline_group(marks)[0],
        "sd": spread, "n": int(whole.sum()), "n_left_out": int((~whole).sum()),
    }  # fmt: skip


def contrast(path: Path, how: Document) -> Document:
    """Contrasting groups; what the chosen way cannot settle falls back to the midpoint of the medians."""
    table = _read(path, "qualified")
    _check_once(table, np.full(len(table.lines), ""))
    scores, typed = table.numbers(["score"])[:, 0], table.text("qualified").tolist()
    odd = [row for row, one in enumerate(typed) if one and one.lower() not in QUALIFIED]
    if odd:
        raise DataError(table.problem(row, "qualified", "not_yes_or_no", f'"{typed[row]}" is not yes or no') for row in odd)
    whole = ~np.isnan(scores) & np.array([one != "" for one in typed])
    is_up = np.array([QUALIFIED.get(one.lower(), False) for one in typed])
    up, down = scores[whole & is_up], scores[whole & ~is_up]
    found = {name: of(up, down) for name, of in CONTRASTS.items()}
    by = how["by"] if found[how["by"]][0].value is not None else "midpoint"
    if found["midpoint"][0].value is None:
        raise DataError([Problem(str(path), "column qualified", "one_group", "all are qualified, or none is")])
    ways = {name: {"cut": cut, "se": se} for name, (cut, se) in found.items()}
    groups = {name: {"n": len(of), "mean": float(of.mean()), "median": float(np.median(of))}
              for name, of in (("qualified", up), ("unqualified", down))}  # fmt: skip
    return {
        "cut": found[by][0], "se": found[by][1], "by": by, "fallback": None if by == how["by"] else "midpoint", **ways,
        "groups": groups, "n": int(whole.sum()), "n_left_out": int((~whole).sum()),
    }  # fmt: skip


def _read(path: Path, judged: str = "rating") -> Table:
    table = read_table(path)
    if table.columns[0].lower() != "candidate":
        told = f'the first column is "candidate", not "{table.columns[0]}"'
        raise DataError([Problem(table.source, "row 1", "no_candidate", told)])
    for name in ("score", judged):
        table.text(name)
    return table


def _check_once(table: Table, stations: Any) -> None:
    """A candidate stands in a file once, or once a station."""
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for row, one in enumerate(zip(table.cells[:, 0].tolist(), stations.tolist(), strict=True)):
        if not one[0]:
            problems.append(table.problem(row, table.columns[0], "no_name", "is empty"))
        elif one in seen:
            told = f'"{one[0]}" stands in row {table.lines[seen[one]]} already'
            problems.append(table.problem(row, table.columns[0], "twice", told))
        seen.setdefault(one, row)
    if problems:
        raise DataError(problems)


def _number(typed: str, path: Path) -> float:
    """The rating that is borderline, where ratings are numbers."""
    if not is_number(typed):
        raise DataError([Problem(str(path), "", "borderline", f'"{typed}" is not a number')])
    return float(typed)


def _same(left: str, right: str) -> bool:
    """Equal as words, or as numbers."""
    try:
        return abs(float(left) - float(right)) < 1e-9
    except ValueError:
        return left.casefold() == right.casefold()


def _sum(parts: list[Estimate]) -> Estimate:
    n = sum(part.n for part in parts)
    broken = next((part.reason for part in parts if part.value is None), None)
    return Estimate(None, n, broken) if broken else Estimate(round(sum(part.value or 0.0 for part in parts), DECIMALS), n)


def _root_of_squares(parts: list[Estimate]) -> Estimate:
    total = _sum([part if part.value is None else Estimate(part.value**2, part.n) for part in parts])
    return (
        total if total.value is None else Estimate(float(np.sqrt(total.value)) if len(parts) > 1 else parts[0].value, total.n)
    )

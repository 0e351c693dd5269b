"""`exam-engine stats severity`: how severe raters are, how hard criteria, and what a candidate deserves whoever rated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_severity, write_pictures
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.severity import NoMaximumError, Severity, fit_severity
from grading.psychometrics.severity_design import Floats, Ratings, comparable_groups
from grading.psychometrics.severity_fit import category_use, element_fit, fair_averages, logits, separation
from grading.psychometrics.severity_search import moments
from grading.psychometrics.tables import DataError, Table, read_table
from schemas import Problem

MOST_CATEGORIES: Final = 100
EXTREME: Final = {-1: "lowest", 0: None, 1: "highest", 2: None}


@dataclass(frozen=True)
class Read:
    """Ratings, the names of candidates, raters and criteria, and the score that counts as 0."""

    ratings: Ratings
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    low: int
    with_criteria: bool


@click.command()
@click.argument("ratings", type=FILE)
@click.option("--thresholds", type=click.Choice(["common", "criterion"]), default="common", show_default=True,
              help="All criteria share one rating scale, or each has thresholds of its own (partial credit).")  # fmt: skip
@click.option("--uncorrected", is_flag=True, help="Leave the bias of joint likelihood in, as most programs do.")
@plot_option
@json_option
def severity(*, ratings: Path, thresholds: str, uncorrected: bool, plot: Path | None, as_json: bool) -> None:
    """Many-facet rating scale model: severity of raters, difficulty of criteria, thresholds, fair averages."""
    with reading():
        read = _read(ratings, by_criterion=thresholds == "criterion")
        try:
            fitted = fit_severity(read.ratings, correct_bias=not uncorrected)
        except NoMaximumError as error:
            raise DataError([Problem(str(ratings), "column score", "no_maximum", str(error))]) from error
    document = {"n": len(read.ratings.scores), "thresholds_of": thresholds, **_document(read, fitted)}
    if plot:
        write_pictures(plot, lambda words: draw_severity(document["raters"], words))
    answer(document, lambda: _tables(document), as_json=as_json)


def _read(path: Path, *, by_criterion: bool) -> Read:
    """Ratings in long form: candidate, rater, criterion (may be left out), score."""
    table = read_table(path)
    with_criteria = "criterion" in table.columns
    if by_criterion and not with_criteria:
        raise click.UsageError("--thresholds criterion needs the column criterion")
    columns = ["candidate", "rater", *(["criterion"] if with_criteria else [])]
    texts = [table.text(name) for name in columns]
    scores = table.numbers(["score"], missing=False)[:, 0]
    problems = [
        table.problem(row, name, "no_name", "is empty")
        for name, column in zip(columns, texts, strict=True) for row in np.flatnonzero(column == "").tolist()
    ]  # fmt: skip
    problems += [
        table.problem(row, "score", "not_whole", f'"{table.text("score")[row]}" is not a whole number')
        for row in np.flatnonzero(scores != np.round(scores)).tolist()
    ]
    problems += _twice(table, texts)
    low = int(scores.min())
    if np.ptp(scores) >= MOST_CATEGORIES:
        problems.append(
            Problem(table.source, "column score", "too_many", f"scores span more than {MOST_CATEGORIES} categories")
        )
    if problems:
        raise DataError(problems)
    if not with_criteria:
        texts.append(np.full(len(scores), "all"))
    found = [np.unique(column, return_inverse=True) for column in texts]
    names = [tuple(map(str, one[0])) for one in found]
    elements = np.stack([one[1] for one in found]).astype(np.int64)
    counts = (len(names[0]), len(names[1]), len(names[2]))
    data = Ratings(elements, scores.astype(np.int64) - low, counts, by_criterion)
    return Read(data, (names[0], names[1], names[2]), low, with_criteria)


def _twice(table: Table, texts: Sequence[Any]) -> list[Problem]:
    """A rater who rated a candidate on one criterion twice."""
    seen: dict[tuple[str, ...], int] = {}
    problems = []
    for row, rated in enumerate(zip(*(column.tolist() for column in texts), strict=True)):
        if rated in seen:
            problems.append(
                table.problem(row, "score", "twice", f"{', '.join(rated)} stands in row {table.lines[seen[rated]]} already")
            )
        seen.setdefault(rated, row)
    return problems


def _document(read: Read, fitted: Severity) -> dict[str, Any]:
    """All figures."""
    groups = comparable_groups(read.ratings, fitted.split)
    fits, fair = element_fit(fitted), fair_averages(fitted)
    rows = [_rows(read, fitted, facet, groups[facet].tolist(), fits[facet], fair[facet]) for facet in range(3)]
    kept = fitted.split.ratings
    now = moments(logits(fitted, kept), fitted.steps[kept.structure])
    off = np.abs(kept.scores - now.expected) / np.sqrt(np.maximum(now.variance, 1e-12))
    measured = [of == 0 for of in fitted.split.extreme]
    apart = [separation(fitted.measures[f][measured[f]], fitted.errors[f][measured[f]]) for f in range(3)]
    facets = ("candidates", "raters", "criteria")
    shown = facets if read.with_criteria else facets[:2]
    return {
        "n_used": len(kept.scores), "converged": fitted.converged, "iterations": fitted.rounds,
        "log_likelihood": fitted.log_likelihood, "bias_factor": fitted.bias_factor,
        "connected": max(int(of.max(initial=0)) for of in groups) == 0, "subsets": _subsets(read, groups),
        "unexpected": {"above_2": float((off >= 2).mean()), "above_3": float((off >= 3).mean())},
        **{name: rows[facet] for facet, name in enumerate(shown)},
        "separation": {name: {of.name: getattr(apart[f], of.name) for of in fields(apart[f])} for f, name in enumerate(shown)},
        "thresholds": _thresholds(read, fitted),
    }  # fmt: skip


def _rows(read: Read, fitted: Severity, facet: int, groups: list[int], fit: Any, fair: Floats) -> list[dict[str, Any]]:
    """One row an element of a facet."""
    data = read.ratings
    count = np.bincount(data.elements[facet], minlength=data.counts[facet])
    total = np.bincount(data.elements[facet], weights=data.scores, minlength=data.counts[facet])
    found = []
    for row, name in enumerate(read.names[facet]):
        mark = int(fitted.split.extreme[facet][row])
        reason = {0: "not_comparable", 1: "extreme", -1: "extreme", 2: "only_with_extremes"}[mark]

        def told(values: Floats, row: int = row, reason: str = reason, n: int = int(count[row])) -> Estimate:
            value = float(values[row])
            return Estimate(value, n) if np.isfinite(value) else Estimate(None, n, reason)

        found.append({
            ("candidate", "rater", "criterion")[facet]: name, "n": int(count[row]),
            "observed_average": read.low + total[row] / count[row],
            "fair_average": told(fair + read.low), ("ability", "severity", "difficulty")[facet]: told(fitted.measures[facet]),
            "se": told(fitted.errors[facet]), "se_joint": told(fitted.joint_errors[facet]), "infit": told(fit.infit),
            "infit_z": told(fit.infit_z), "outfit": told(fit.outfit), "outfit_z": told(fit.outfit_z),
            "extreme": EXTREME[mark], "subset": None if groups[row] < 0 else groups[row] + 1,
        })  # fmt: skip
    return found


def _subsets(read: Read, groups: Sequence[Any]) -> list[dict[str, Any]]:
    """What can be compared with what: the names of raters and criteria, and how many candidates, of each subset of a facet."""
    found = []
    for facet, name in enumerate(("candidates", "raters", "criteria")):
        for number in range(int(groups[facet].max(initial=-1)) + 1):
            members = [read.names[facet][row] for row in np.flatnonzero(groups[facet] == number)]
            found.append({"facet": name, "subset": number + 1, "n": len(members), "members": members if facet else None})
    return found


def _thresholds(read: Read, fitted: Severity) -> list[dict[str, Any]]:
    """Categories of each set of thresholds."""
    own = len(fitted.steps) > 1 or read.ratings.by_criterion
    found = []
    for structure, rows in enumerate(category_use(fitted)):
        for category, use in enumerate(rows):
            found.append({
                **({"criterion": read.names[2][structure]} if own else {}), "category": read.low + category, "count": use.count,
                "average_measure": use.average, "expected_measure": use.expected, "outfit": use.outfit,
                "threshold": use.threshold, "se": use.threshold_error,
            })  # fmt: skip
    return found


def _tables(document: Mapping[str, Any]) -> list[Shown]:
    """A table a facet, then thresholds; candidates last but one, as they are many."""
    shown = []
    for facet in ("raters", "criteria", "candidates"):
        if rows := document.get(facet):
            hidden = {"se_joint", "infit_z", "outfit_z"}
            columns = [name for name in rows[0] if name not in hidden]
            shown.append(Shown(facet.capitalize(), columns, [[row[name] for name in columns] for row in rows]))
    thresholds = document["thresholds"]
    shown.append(Shown("Thresholds", list(thresholds[0]), [list(row.values()) for row in thresholds]))
    columns = ["sd", "rmse", "separation", "reliability", "chi2", "df", "p"]
    rows = [[name, *(of[column] for column in columns)] for name, of in document["separation"].items()]
    shown.append(Shown("Separation", ["facet", *columns], rows))
    if not document["connected"]:
        rows = [[of["facet"], of["subset"], of["n"], ", ".join(of["members"] or [])] for of in document["subsets"]]
        shown.append(
            Shown("Not connected: only elements of one subset can be compared", ["facet", "subset", "n", "members"], rows)
        )
    return shown

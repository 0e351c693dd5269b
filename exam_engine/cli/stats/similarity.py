"""`exam-engine stats similarity`: pairs of candidates whose answers are more alike than their abilities explain."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_similarity, write_pictures
from grading.psychometrics.option_models import (
    BLANK,
    Chances,
    Choices,
    Floats,
    Whole,
    built_chances,
    expected_abilities,
    likeliest_abilities,
    nominal_chances,
)
from grading.psychometrics.similar_pairs import DIRECTED, INDICES, PairStudy, all_pairs, exact_m4, study_pairs
from grading.psychometrics.tables import DataError, Responses, Table, read_parameters, read_responses, read_table
from schemas import Problem

MOST_PAIRS: Final = 20_000_000
SLOPES: Final = ("a", "slope")
INTERCEPTS: Final = ("c", "d", "intercept")


@dataclass(frozen=True)
class Exam:
    """Who chose what, what the options are called, how likely options are at an ability, and each candidate's ability."""

    data: Responses
    labels: tuple[str, ...]
    choices: Choices
    model: str
    theta: Floats
    chances: Floats


@click.command()
@click.argument("responses", type=FILE)
@click.option(
    "--parameters", type=FILE, required=True, help="Item parameters: item, a, b, c; or item, option, a, c of the nominal model."
)
@click.option("--key", type=FILE, help="JSON with the right option of each item; cells are options then, else 0 and 1.")
@click.option("--pairs", type=FILE, help="CSV with the columns source and copier: only these pairs, in this direction.")
@click.option("--abilities", type=FILE, help="CSV with the columns candidate and theta, instead of estimating abilities.")
@click.option("--estimator", type=click.Choice(["ml", "eap"]), default="ml", show_default=True,
              help="Abilities: most likely within -4 to 4, or mean of the posterior.")  # fmt: skip
@click.option("--d", type=Figure(0, min_open=True), default=1.0, show_default=True,
              help="What slopes of a, b, c are multiplied by: 1.7 in the normal metric.")  # fmt: skip
@click.option("--fdr", type=click.FloatRange(0, 1, min_open=True), default=0.05, show_default=True,
              help="Flag pairs up to this rate of false discoveries.")  # fmt: skip
@click.option(
    "--most", type=click.IntRange(1), default=1000, show_default=True, help="List so many pairs, the least likely ones."
)
@plot_option
@json_option
def similarity(
    responses: Path, parameters: Path, key: Path | None, pairs: Path | None, *, plot: Path | None, as_json: bool, **how: Any
) -> None:
    """Similarity of answers: omega, GBT, K, K1, K2, S1, S2 and M4 of pairs, with false-discovery control."""
    with reading():
        exam = _read(responses, parameters, key, how)
        one, two = _pairs(exam, pairs)
    study = study_pairs(exam.choices, exam.chances, one, two, directed=pairs is not None)
    if plot:
        named = [(exam.data.candidates[int(a)], exam.data.candidates[int(b)]) for a, b in zip(one, two, strict=True)]
        write_pictures(plot, lambda words: draw_similarity(named, study.p, study.q, how["fdr"], len(exam.theta), words))
    listed = _least_likely(study, how["most"], how["fdr"], keep_order=pairs is not None)
    document = {
        "n": len(exam.theta), "items": len(exam.data.items), "options": exam.labels, "model": exam.model,
        "n_pairs": len(one), "directed": pairs is not None, "fdr": how["fdr"],
        "flagged": {name: int((study.q[name] <= how["fdr"]).sum()) for name in INDICES},
        "pairs": _rows(exam, study, listed, how["fdr"]), "n_not_listed": len(one) - len(listed),
        "abilities": [{"candidate": who, "theta": float(at)} for who, at in zip(exam.data.candidates, exam.theta, strict=True)],
    }  # fmt: skip
    answer(document, lambda: _tables(document), as_json=as_json)


def _read(path: Path, parameters: Path, key: Path | None, how: Mapping[str, Any]) -> Exam:
    """Everything that is computed from, with its faults."""
    data = read_responses(path, key)
    if len(data.candidates) < 2:
        raise DataError([Problem(data.source, "", "too_few", "one candidate makes no pair")])
    cells, right = (data.options, data.key) if data.options is not None else _dichotomous(data)
    table = read_table(parameters)
    by_option = _nominal_table(table)
    known = {option for _, option in by_option} if by_option else set()
    known |= {"0", "1"} if data.options is None else set()
    labels = tuple(sorted((set(np.unique(cells).tolist()) | set(right or ()) | known) - {""}))
    codes = np.searchsorted(labels, cells)
    choices = Choices(
        np.where(cells == "", BLANK, codes).astype(np.int64), np.array([labels.index(one) for one in right or ()]), len(labels)
    )
    if by_option:
        model, chances = "nominal", _nominal(table.source, data, labels, choices, by_option)
    else:
        model, chances = "3pl", _built(parameters, data, choices, how["d"])
    theta = _abilities(how["abilities"], data) if how["abilities"] else None
    if theta is None:
        theta = (likeliest_abilities if how["estimator"] == "ml" else expected_abilities)(choices, chances)
    return Exam(data, labels, choices, model, theta, chances(theta))


def _dichotomous(data: Responses) -> tuple[Any, tuple[str, ...]]:
    """Scores 0 and 1 as two options."""
    wrong = np.argwhere(~np.isnan(data.scores) & (data.scores != 0) & (data.scores != 1)).tolist()
    if wrong:
        raise DataError(
            Problem(data.source, f"candidate {data.candidates[row]}, column {data.items[column]}", "not_dichotomous",
                    "without a key cells are 0, 1 or empty") for row, column in wrong
        )  # fmt: skip
    return np.where(np.isnan(data.scores), "", np.where(data.scores == 1, "1", "0")), ("1",) * len(data.items)


def _nominal_table(table: Table) -> dict[tuple[str, str], tuple[float, float]]:
    """Slope and intercept by item and option: a row each, or columns such as `a_A` and `c_A`; empty when there are none."""
    lower = {name.lower(): name for name in table.columns}
    first = table.text(table.columns[0]).tolist()
    if "option" in lower:
        slope, intercept = (_column(lower, names) for names in (SLOPES, INTERCEPTS))
        values = table.numbers([slope, intercept], missing=False)
        pairs = list(zip(first, table.text(lower["option"]).tolist(), strict=True))
        last = {pair: row for row, pair in enumerate(pairs)}
        if again := [last[pair] for row, pair in enumerate(pairs) if last[pair] > row]:
            raise DataError(table.problem(row, lower["option"], "twice", "stands with this item already") for row in again)
        return {pair: (a, c) for pair, (a, c) in zip(pairs, values.tolist(), strict=True)}
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for name in table.columns[1:]:
        if part := re.fullmatch(r"(?:a|slope)_(.+)", name):
            other = next((f"{of}_{part[1]}" for of in INTERCEPTS if f"{of}_{part[1]}" in table.columns), f"c_{part[1]}")
            values = table.numbers([name, other])
            told = ~np.isnan(values).any(axis=1)
            found |= {(first[row], part[1]): (float(values[row, 0]), float(values[row, 1])) for row in np.flatnonzero(told)}
    if found:
        table.names(table.columns[0])
    return found


def _column(lower: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((lower[name] for name in names if name in lower), names[0])


def _nominal(
    source: str,
    data: Responses,
    labels: tuple[str, ...],
    choices: Choices,
    known: Mapping[tuple[str, str], tuple[float, float]],
) -> Chances:
    """The nominal model; every option chosen, and every key, needs parameters."""
    values = np.array([[known.get((item, label), (np.nan, np.nan)) for label in labels] for item in data.items])
    used = (choices.codes[:, :, None] == np.arange(len(labels))).any(axis=0)
    used[np.arange(len(data.items)), choices.key] = True
    if missing := np.argwhere(used & np.isnan(values[:, :, 0])).tolist():
        raise DataError(
            Problem(source, f"item {data.items[item]}", "no_parameters", f'has no parameters of the option "{labels[option]}"')
            for item, option in missing
        )
    return nominal_chances(values[:, :, 0], values[:, :, 1])


def _built(path: Path, data: Responses, choices: Choices, d: float) -> Chances:
    """The three-parameter model; without a column a is 1 and c is 0."""
    names, columns = read_parameters(path)
    if "b" not in columns:
        message = "has neither b, nor option with a and c, nor columns such as a_A and c_A"
        raise DataError([Problem(str(path), "row 1", "no_parameters", message)])
    problems = [Problem(str(path), item, "no_parameters", "has no row") for item in data.items if item not in names]
    rows = [names.index(item) for item in data.items if item in names]
    problems += [Problem(str(path), names[row], "missing", "has no b") for row in rows if np.isnan(columns["b"][row])]
    guesses = columns.get("c", np.zeros(len(names)))
    problems += [
        Problem(str(path), names[row], "out_of_range", "has a c that is not between 0 and 1")
        for row in rows if not (np.isnan(guesses[row]) or 0 <= guesses[row] < 1)
    ]  # fmt: skip
    if problems:
        raise DataError(problems)
    a, c = (
        np.nan_to_num(columns[name][rows], nan=usual) if name in columns else np.full(len(rows), usual)
        for name, usual in (("a", 1.0), ("c", 0.0))
    )
    return built_chances(choices, a, columns["b"][rows], c, d)


def _abilities(path: Path, data: Responses) -> Floats:
    table = read_table(path)
    known = dict(zip(table.names("candidate"), table.numbers(["theta"], missing=False)[:, 0].tolist(), strict=True))
    if missing := [name for name in data.candidates if name not in known]:
        raise DataError(Problem(table.source, name, "no_ability", "has no row") for name in missing)
    return np.array([known[name] for name in data.candidates])


def _pairs(exam: Exam, path: Path | None) -> tuple[Whole, Whole]:
    """Rows of the pairs: copiers and sources of the file, or everybody with everybody."""
    names = exam.data.candidates
    if path is None:
        if (count := len(names) * (len(names) - 1) // 2) > MOST_PAIRS:
            raise click.UsageError(f"{count} pairs are more than {MOST_PAIRS}: choose with --pairs")
        return all_pairs(len(names))
    table = read_table(path)
    place = {name: row for row, name in enumerate(names)}
    problems = [
        table.problem(row, column, "no_candidate", f'"{name}" is not in {exam.data.source}')
        for column in ("copier", "source") for row, name in enumerate(table.text(column).tolist()) if name not in place
    ]  # fmt: skip
    copiers, sources = (table.text(column).tolist() for column in ("copier", "source"))
    same = [row for row, (one, two) in enumerate(zip(copiers, sources, strict=True)) if one == two]
    problems += [table.problem(row, "copier", "same", f'"{copiers[row]}" is the source too') for row in same]
    if problems:
        raise DataError(problems)
    return np.array([place[name] for name in copiers]), np.array([place[name] for name in sources])


def _least_likely(study: PairStudy, most: int, fdr: float, *, keep_order: bool) -> Whole:
    """Pairs to list: in their order when given, else flagged ones first, then by the smallest p of omega, GBT and M4."""
    if keep_order:
        return np.arange(len(study.one))[:most]
    smallest = np.fmin.reduce([study.p[name] for name in ("omega", "gbt", "m4")])
    flagged = np.any([study.q[name] <= fdr for name in INDICES], axis=0)
    return np.asarray(np.lexsort((smallest, ~flagged))[:most])


def _rows(exam: Exam, study: PairStudy, listed: Whole, fdr: float) -> list[dict[str, Any]]:
    """One row a pair; M4 is computed exactly where it was not yet."""
    m4 = study.p["m4"].copy()
    late = listed[~study.exact[listed]]
    m4[late] = exact_m4(exam.choices, exam.chances, study.one[late], study.two[late], study.matches.take(late))
    names = exam.data.candidates
    found = []
    for row in listed.tolist():
        pair = (names[study.one[row]], names[study.two[row]])
        indices: dict[str, Any] = {}
        for name in INDICES:
            p, q = float((m4 if name == "m4" else study.p[name])[row]), float(study.q[name][row])
            indices[name] = {"p": p, "q": q} if np.isfinite(p) else {"p": None, "q": None, "reason": "nothing_to_compare"}
            if name in DIRECTED:
                copier, source = pair if study.one_copies[name][row] else pair[::-1]
                indices[name] |= {"copier": copier, "source": source}
        indices["omega"] = {"value": float(study.omega[row]), **indices["omega"]}
        found.append({
            "candidates": list(pair), "items": int(study.matches.items[row]), "matches": int(study.matches.alike[row]),
            "matches_right": int(study.matches.right[row]), "matches_wrong": int(study.matches.wrong[row]), **indices,
            "flagged_by": [name for name in INDICES if study.q[name][row] <= fdr],
        })  # fmt: skip
    return found


def _tables(document: Mapping[str, Any]) -> list[Shown]:
    """How many pairs each index flags, and the pairs."""
    rows = []
    for pair in document["pairs"]:
        chances = [None if pair[name]["p"] is None else f"{pair[name]['p']:.2g}" for name in INDICES]
        head = [" – ".join(pair["candidates"]), pair["matches_right"], pair["matches_wrong"], pair["omega"]["value"]]
        rows.append([*head, *chances, ", ".join(pair["flagged_by"])])
    title = f"Flagged of {document['n_pairs']} pairs, false discoveries up to {document['fdr']}"
    return [
        Shown(title, list(INDICES), [list(document["flagged"].values())]),
        Shown("p of pairs", ["pair", "right", "wrong", "omega", *(f"p {name}" for name in INDICES), "flagged by"], rows),
    ]

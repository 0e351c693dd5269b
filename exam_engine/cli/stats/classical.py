"""`exam-engine stats items` and `reliability`: what items did, and how far a total can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, missing_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_options, draw_totals, write_pictures
from grading.psychometrics.charts import Words
from grading.psychometrics.conditional_error import ConditionalError, conditional_errors
from grading.psychometrics.distractors import OptionStatistics, analyse_options, suspicions
from grading.psychometrics.estimates import Estimate, Matrix
from grading.psychometrics.items import ItemStatistics, analyse
from grading.psychometrics.large import open_scores
from grading.psychometrics.reliability import (
    alpha_if_deleted,
    cronbach_alpha,
    error_ratio,
    feldt_interval,
    kr20,
    kr21,
    lambda2,
    odd_even,
    projected,
    sem,
    standardised_alpha,
)
from grading.psychometrics.sufficient import Missing, Sufficient
from grading.psychometrics.tables import DataError, Responses, is_positive, read_json, read_responses
from schemas import Problem

key_option = click.option("--key", type=FILE, help="JSON with the right option of each item; cells are options then.")
scale_option = click.option(
    "--scale",
    is_flag=True,
    help="Read the scores block by block (CSV or NumPy .npy, larger than memory; needs the extra `scale`).",
)


@dataclass(frozen=True)
class _Paper:
    """What was read: the names of the items, their sufficient statistics, and the responses unless they are too many."""

    items: Sequence[str]
    found: Sufficient
    responses: Responses | None


@click.command()
@click.argument("responses", type=FILE)
@key_option
@click.option("--max", "max_scores", type=FILE, help="JSON with the maximum of each item.")
@click.option("--options", "options_each", type=click.IntRange(min=2), help="How many options each item has.")
@missing_option
@scale_option
@plot_option
@json_option
def items(  # noqa: PLR0913  one parameter an option
    *,
    responses: Path,
    key: Path | None,
    max_scores: Path | None,
    options_each: int | None,
    missing: str,
    scale: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Difficulty and discrimination of every item, and what each of its options did."""
    with reading():
        paper = _read(responses, key, Missing(missing), scale=scale)
        most, source = _maxima(paper, max_scores)
    chosen = _options(paper, Missing(missing))
    figures = analyse(paper.found, most)
    rows = [
        _item_row(name, one, options, float(top), origin, options_each)
        for name, one, options, top, origin in zip(paper.items, figures, chosen, most, source, strict=True)
    ]
    if plot:
        write_pictures(plot, lambda words: draw_totals(paper.found, float(most.sum()), words) | _option_pictures(paper, words))
    document = {**_sample(paper, missing), "items": rows, "left_out": _left_out(paper)}
    answer(document, lambda: _item_tables(rows), as_json=as_json)


@click.command()
@click.argument("responses", type=FILE)
@key_option
@click.option("--cut", type=Figure(), help="A score at which to tell the error of measurement.")
@click.option(
    "--length",
    type=Figure(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Project to so many times the length.",
)
@click.option("--length-items", type=click.IntRange(min=1), help="Project to so many items instead.")
@click.option(
    "--confidence",
    type=Figure(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of Feldt's interval.",
)
@missing_option
@scale_option
@plot_option
@json_option
def reliability(  # noqa: PLR0913  one parameter an option
    *, responses: Path, key: Path | None, cut: float | None, length: float, length_items: int | None, confidence: float,
    missing: str, scale: bool, plot: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """How far the total of a paper can be trusted: coefficients, their interval, and errors of measurement."""
    with reading():
        paper = _read(responses, key, Missing(missing), scale=scale)
    found = paper.found
    factor = length if length_items is None else length_items / len(paper.items)
    at_cut = None if cut is None else conditional_errors(found, [cut])[0]
    if plot:
        write_pictures(plot, lambda words: _score_pictures(paper, cut, at_cut, words))
    document = {
        **_sample(paper, missing),
        **_coefficients(paper, confidence),
        "projected": {
            "factor": factor,
            "items": factor * len(paper.items),
            "reliability": projected(cronbach_alpha(found), factor),
        },
        "sem_at_cut": None if at_cut is None else _error_row(at_cut, "cut"),
        "conditional_sem": [_error_row(error) for error in conditional_errors(found)] if found.binary.all() else [],
        "left_out": _left_out(paper),
    }
    answer(document, lambda: _reliability_tables(document), as_json=as_json)


def _option_pictures(paper: _Paper, words: Words) -> dict[str, str]:
    read = paper.responses
    if read is None or read.options is None or read.key is None:
        return {}
    return draw_options(paper.items, read.options, read.scores, read.key, words)


def _score_pictures(paper: _Paper, cut: float | None, at_cut: ConditionalError | None, words: Words) -> dict[str, str]:
    """The totals; the band is the error at the cut where items are right or wrong, else that of the whole paper."""
    error = at_cut.keats if at_cut is not None and at_cut.keats.value is not None else sem(paper.found)
    return draw_totals(paper.found, float(_maxima(paper, None)[0].sum()), words, cut, error.value)


def _read(path: Path, key: Path | None, missing: Missing, *, scale: bool) -> _Paper:
    if not scale:
        read = read_responses(path, key)
        return _Paper(read.items, Sufficient.of(read.scores, missing), read)
    if key is not None:
        raise click.UsageError("with --scale the file holds scores, not options; leave out --key")
    try:
        names, scores = open_scores(path)
    except ModuleNotFoundError as error:
        raise click.UsageError(f"--scale needs the extra `scale`: pip install 'exam-engine[scale]' ({error})") from error
    return _Paper(names, Sufficient.of(scores, missing), None)


def _maxima(paper: _Paper, path: Path | None) -> tuple[Matrix, list[str]]:
    """The maximum of each item, and where it is from: given, right/wrong (1), or the highest score there is."""
    if path is not None:
        return _given_maxima(paper, path), ["given"] * len(paper.items)
    high = paper.found.high
    most = np.where(np.isfinite(high) & (high > 1), high, 1.0)
    return most, ["observed" if top > 1 else "one" for top in most]


def _given_maxima(paper: _Paper, path: Path) -> Matrix:
    given = read_json(path)
    if not isinstance(given, dict):
        raise DataError([Problem(str(path), "", "bad_maximum", 'maxima are an object of item and number, such as {"q1": 2}')])
    usable = {name: most for name, most in given.items() if is_positive(most)}
    problems = [
        *(Problem(str(path), name, "no_maximum", "has no maximum above 0") for name in paper.items if name not in usable),
        *(Problem(str(path), name, "no_column", "is no item of the responses") for name in given if name not in paper.items),
        *(
            Problem(str(path), name, "above_maximum", f"somebody has {top:g}, more than the maximum of {usable[name]:g}")
            for name, top in zip(paper.items, paper.found.high, strict=True)
            if top > usable.get(name, np.inf)
        ),
    ]
    if problems:
        raise DataError(problems)
    return np.array([usable[name] for name in paper.items], dtype=np.float64)


def _options(paper: _Paper, missing: Missing) -> Sequence[Sequence[OptionStatistics] | None]:
    """What each option did; None for an item where totals are not known or the file holds scores."""
    read = paper.responses
    if read is None or read.options is None or read.key is None or (paper.found.joint is None and missing is Missing.PAIRWISE):
        return [None] * len(paper.items)
    whole = ~np.isnan(read.scores).any(axis=1) if missing is Missing.LISTWISE else slice(None)
    return analyse_options(read.options[whole], np.nan_to_num(read.scores[whole]), read.key)


def _sample(paper: _Paper, missing: str) -> dict[str, Any]:
    found = paper.found
    totals = None if found.joint is None else found.joint.of_totals()
    spread = float(found.covariance.sum()) if found.n > 1 else None
    few = Estimate(None, found.n, "too_few_candidates")
    return {
        "n": found.n,
        "candidates": found.candidates,
        "missing": missing,
        "k": len(paper.items),
        "total": {
            "mean": float(np.diagonal(found.means).sum()) if found.n else few,
            "sd": few if spread is None else float(np.sqrt(max(spread, 0.0))),
            "min": None if totals is None or not len(totals[0]) else float(totals[0][0]),
            "max": None if totals is None or not len(totals[0]) else float(totals[0][-1]),
        },
    }


def _left_out(paper: _Paper) -> list[dict[str, str]]:
    """Items without variance: they have no correlations, and take no part in what rests on correlations."""
    return [
        {"item": name, "reason": "no_variance"}
        for name, varies in zip(paper.items, paper.found.varies, strict=True)
        if not varies
    ]


def _item_row(
    name: str,
    one: ItemStatistics,
    options: Sequence[OptionStatistics] | None,
    most: float,
    origin: str,
    options_each: int | None,
) -> dict[str, Any]:
    why = suspicions(options or (), one.item_rest)
    return {
        "item": name,
        **_named(one),
        "max": most,
        "max_from": origin,
        "random_guess_score": Estimate(None, one.n, "not_known") if options_each is None else 100 / options_each,
        "suspect_key": bool(why),
        "suspect_because": why,
        "options": None if options is None else [_named(option) for option in options],
    }


def _named(figures: ItemStatistics | OptionStatistics) -> dict[str, Any]:
    return {field.name: getattr(figures, field.name) for field in fields(figures)}


def _coefficients(paper: _Paper, confidence: float) -> dict[str, Any]:
    found = paper.found
    alpha, interval, halves = cronbach_alpha(found), feldt_interval(found, confidence), odd_even(found)
    cic = alpha if alpha.value is None else Estimate(100 * alpha.value, alpha.n)
    return {
        "alpha": alpha,
        "standardised_alpha": standardised_alpha(found),
        "feldt_interval": {"lower": interval.lower, "upper": interval.upper, "confidence": confidence},
        "alpha_if_deleted": [
            {"item": name, "alpha": one} for name, one in zip(paper.items, alpha_if_deleted(found), strict=True)
        ],
        "kr20": kr20(found),
        "kr21": kr21(found),
        "lambda2": lambda2(found),
        "odd_even": {"correlation": halves.correlation, "spearman_brown": halves.spearman_brown},
        "sem": sem(found),
        "cic": cic,
        "error_ratio": error_ratio(found),
    }


def _error_row(error: ConditionalError, name: str = "score") -> dict[str, Any]:
    return {name: error.score, "n": error.n, "lord": error.lord, "keats": error.keats}


def _item_tables(rows: Sequence[Mapping[str, Any]]) -> list[Shown]:
    classical = ("n", "p", "mean", "sd", "item_total", "item_rest", "biserial", "omit_rate")
    moodle = (
        "facility", "standard_deviation", "random_guess_score", "intended_weight", "effective_weight", "discrimination_index",
        "discrimination_efficiency",
    )  # fmt: skip
    option = ("option", "key", "n", "proportion", "point_biserial", "point_biserial_rest", "mean_total", "upper")
    drawn = [
        Shown("Items", ("item", *classical), [[row["item"], *(row[name] for name in classical)] for row in rows]),
        Shown(
            "Moodle's figures, in percent", ("item", *moodle), [[row["item"], *(row[name] for name in moodle)] for row in rows]
        ),
    ]
    chosen = [[row["item"], *(one[name] for name in option)] for row in rows for one in row["options"] or ()]
    suspect = [[row["item"], ", ".join(row["suspect_because"])] for row in rows if row["suspect_key"]]
    drawn += [Shown("Options", ("item", *option), chosen, names=2)] if chosen else []
    drawn += [Shown("Keys to look at", ("item", "because"), suspect)] if suspect else []
    return drawn


def _reliability_tables(document: Mapping[str, Any]) -> list[Shown]:
    plain = ("alpha", "standardised_alpha", "kr20", "kr21", "lambda2", "sem", "cic", "error_ratio")
    interval, halves, longer = document["feldt_interval"], document["odd_even"], document["projected"]
    rows = [
        *([name, document[name]] for name in plain),
        *([f"alpha, {interval['confidence']:.0%} {name}", interval[name]] for name in ("lower", "upper")),
        *([f"odd-even {name}", halves[name]] for name in ("correlation", "spearman_brown")),
        [f"with {longer['items']:g} items", longer["reliability"]],
    ]
    if document["sem_at_cut"]:
        rows += [
            [f"{name}'s error at {document['sem_at_cut']['cut']:g}", document["sem_at_cut"][name]] for name in ("lord", "keats")
        ]
    errors = [[f"{row['score']:g}", row["n"], row["lord"], row["keats"]] for row in document["conditional_sem"]]
    drawn = [
        Shown(f"{document['n']} candidates, {document['k']} items", ("coefficient", "value"), rows),
        Shown(
            "Alpha without an item", ("item", "alpha"), [[row["item"], row["alpha"]] for row in document["alpha_if_deleted"]]
        ),
    ]
    return [*drawn, *([Shown("Error at each score", ("score", "n", "lord", "keats"), errors)] if errors else [])]

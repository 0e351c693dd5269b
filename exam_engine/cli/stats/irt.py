"""`stats irt`: items on a scale of ability."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Numbers
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, missing_option, reading
from grading.psychometrics.irt.calibration import Calibration, calibrate
from grading.psychometrics.irt.information import item_information
from grading.psychometrics.irt.mml import MOST_ITERATIONS, BetaPrior, fit
from grading.psychometrics.irt.models import Floats, Model, expected_scores
from grading.psychometrics.irt.quadrature import NODES, RANGE, normal_grid
from grading.psychometrics.irt.responses import Coded, code_responses, find_faults
from grading.psychometrics.tables import DataError, Responses, read_responses, read_table
from schemas import Problem

FEWEST = 3


@click.command()
@click.argument("responses", type=FILE)
@click.option("--model", type=click.Choice([one.value for one in Model]), default="2pl", show_default=True, help="The model.")
@click.option("--key", type=FILE, help="The right options (JSON), when cells are options.")
@click.option("--theta", type=Numbers(), default="-2,-1,0,1,2", show_default=True, help="Abilities for information and curve.")
@click.option("--nodes", type=click.IntRange(5, 2001), default=NODES, show_default=True, help="Points of the quadrature.")
@click.option(
    "--range", "reach", type=click.FloatRange(1, 20), default=RANGE, show_default=True, help="It covers ± so many SD."
)
@click.option("--c-prior", type=Numbers(), help="A beta prior ALPHA,BETA on c of the 3pl; none by default.")
@click.option(
    "--max-iterations", type=click.IntRange(1), default=MOST_ITERATIONS, show_default=True, help="Passes over the data."
)
@missing_option
@json_option
def irt(responses: Path, key: Path | None, missing: str, *, as_json: bool, **how: Any) -> None:
    """Estimate an item response model and say what it tells about items, test and candidates."""
    model = Model(how["model"])
    prior = _prior(how["c_prior"], model)
    with reading():
        data = read_responses(responses, key)
        scores = _complete(data, missing)
        coded = _coded(data, scores, model)
    grid = normal_grid(how["nodes"], how["reach"])
    found = calibrate(fit(coded.patterns, model, grid=grid, prior=prior, most_iterations=how["max_iterations"]), _count(coded))
    document = _document(found, coded, data.items, np.array(how["theta"]))
    answer(document, lambda: _tables(document), as_json=as_json)


def _prior(typed: tuple[float, ...] | None, model: Model) -> BetaPrior | None:
    if typed is None:
        return None
    if model is not Model.THREE or len(typed) != 2 or min(typed) < 1:
        raise click.BadParameter("is two numbers of at least 1, for the 3pl", param_hint="--c-prior")
    return BetaPrior(*typed)


def _complete(data: Responses, missing: str) -> Floats:
    """Scores after what `--missing` says; pairwise leaves every response that is there."""
    if missing == "wrong":
        return np.nan_to_num(data.scores, nan=0.0)
    if missing == "pairwise":
        return data.scores
    return data.scores[~np.isnan(data.scores).any(axis=1)]


def _coded(data: Responses, scores: Floats, model: Model) -> Coded:
    faults = find_faults(data.scores, model)
    if len(faults):
        table, wanted = read_table(data.source), "a whole number from 0" if model.is_graded else "0 or 1"
        raise DataError(
            table.problem(row, data.items[item], "no_category", f"{data.scores[row, item]:g} is not {wanted}")
            for row, item in faults
        )
    coded = code_responses(scores, model)
    if _count(coded) < FEWEST or len(coded.used) < 2:
        few = f"{len(coded.used)} items that vary" if _count(coded) >= FEWEST else f"{_count(coded)} candidates"
        raise DataError([Problem(data.source, "", "too_few", f"{few}; three candidates and two items are needed")])
    return coded


def _count(coded: Coded) -> int:
    return int(coded.patterns.counts.sum())


def _document(found: Calibration, coded: Coded, names: tuple[str, ...], theta: Floats) -> dict[str, Any]:
    items = list(_items(found, coded, names))
    per_item = item_information(found.items, theta)
    for one, information in zip(items, per_item, strict=True):
        one["information"] = information
    total = per_item.sum(axis=0)
    return {
        "model": found.items.model.value, "estimator": "mml", "n": found.n, "items": items,
        "ability_sd": found.ability_sd, "ability_sd_se": found.ability_sd_error,
        "ability_variance": None if found.ability_sd is None else found.ability_sd**2,
        "log_likelihood": found.log_likelihood, "n_parameters": found.n_parameters, "aic": found.aic, "bic": found.bic,
        "iterations": found.iterations, "converged": found.converged, "standard_errors": "observed information (Louis)",
        "information": [{"theta": at, "information": of, "se": of**-0.5 if of > 0 else None}
                        for at, of in zip(theta.tolist(), total.tolist(), strict=True)],
        "tcc": [{"theta": at, "expected_score": of}
                for at, of in zip(theta.tolist(), expected_scores(found.items, theta).sum(axis=0).tolist(), strict=True)],
        "left_out": [{"item": names[one.item], "reason": one.reason} for one in coded.left_out],
    }  # fmt: skip


def _items(found: Calibration, coded: Coded, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    thresholds = found.items.thresholds
    for place, column in enumerate(coded.used):
        steps = found.items.steps[place]
        head = {"item": names[column], "a": found.items.slopes[place], "se_a": found.slope_errors[place]}
        located, errors = thresholds[place, :steps], found.threshold_errors[place, :steps]
        if found.items.model.is_graded:
            levels = coded.levels[place]
            yield head | {
                "thresholds": located, "se_thresholds": errors, "categories": levels,
                "unused_categories": np.setdiff1d(np.arange(levels[-1] + 1), levels),
            }  # fmt: skip
        else:
            yield head | {
                "b": located[0], "se_b": errors[0], "c": found.items.guessing[place], "se_c": found.guessing_errors[place],
                "intercept": found.items.intercepts[place, 0],
            }  # fmt: skip


def _tables(document: dict[str, Any]) -> list[Shown]:
    head = ["model", "estimator", "n", "log_likelihood", "n_parameters", "aic", "bic", "converged"]
    columns = [name for name in ("item", "a", "se_a", "b", "se_b", "c", "se_c", "thresholds") if name in document["items"][0]]
    shown = [
        Shown("Model", head, [[document[name] for name in head]]),
        Shown("Items", columns, [[_cell(one[name]) for name in columns] for one in document["items"]]),
        Shown("Test", ["theta", "information", "se", "expected score"], [
            [one["theta"], one["information"], one["se"], curve["expected_score"]]
            for one, curve in zip(document["information"], document["tcc"], strict=True)]),
    ]  # fmt: skip
    if document["left_out"]:
        shown.append(Shown("Left out", ["item", "reason"], [list(one.values()) for one in document["left_out"]]))
    return shown


def _cell(value: Any) -> Any:
    return " ".join(f"{one:.4f}" for one in value) if isinstance(value, np.ndarray) else value

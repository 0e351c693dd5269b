"""`stats irt`: items on a scale of ability."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from exam_engine.cli.stats.irt_answer import Question, describe, draw
from exam_engine.cli.stats.numbers import Numbers
from exam_engine.cli.stats.output import FILE, answer, json_option, missing_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_model, write_pictures
from grading.psychometrics.irt.calibration import Calibration, calibrate, calibrate_conditional
from grading.psychometrics.irt.cml import fit_conditional
from grading.psychometrics.irt.mml import MOST_ITERATIONS, BetaPrior, fit
from grading.psychometrics.irt.models import Floats, Model
from grading.psychometrics.irt.quadrature import NODES, RANGE, Grid, normal_grid
from grading.psychometrics.irt.responses import Coded, code_responses, find_faults
from grading.psychometrics.tables import DataError, Responses, read_responses, read_table
from schemas import Problem

FEWEST = 3
LARGEST_PRIOR = 1_000_000


@click.command()
@click.argument("responses", type=FILE)
@click.option("--model", type=click.Choice([one.value for one in Model]), default="2pl", show_default=True, help="The model.")
@click.option(
    "--estimator",
    type=click.Choice(["mml", "cml"]),
    default="mml",
    show_default=True,
    help="Marginal likelihood, or conditional likelihood for the rasch model.",
)
@click.option("--key", type=FILE, help="The right options (JSON), when cells are options.")
@click.option("--theta", type=Numbers(), default="-2,-1,0,1,2", show_default=True, help="Abilities for information and curve.")
@click.option("--scores", type=click.Choice(["eap", "ml", "wle"]), help="Add the ability of every candidate.")
@click.option("--fit", "fits", is_flag=True, help="Add the fit of items and model.")
@click.option(
    "--nodes", type=click.IntRange(5, 2001), help="Points of the quadrature; 61, or more for a sharp test, by default."
)
@click.option(
    "--range", "reach", type=click.FloatRange(1, 20), default=RANGE, show_default=True, help="It covers ± so many SD."
)
@click.option("--c-prior", type=Numbers(), help="A beta prior ALPHA,BETA on c of the 3pl; none by default.")
@click.option(
    "--max-iterations", type=click.IntRange(1), default=MOST_ITERATIONS, show_default=True, help="Passes over the data."
)
@missing_option
@plot_option
@json_option
def irt(responses: Path, key: Path | None, missing: str, *, plot: Path | None, as_json: bool, fits: bool, **how: Any) -> None:
    """Estimate an item response model and say what it tells about items, test and candidates."""
    model, scores = Model(how["model"]), how["scores"]
    if how["estimator"] == "cml" and (model is not Model.RASCH or scores == "eap"):
        raise click.UsageError(
            "--estimator cml is for --model rasch, with ml or wle scores: it says nothing of how ability is spread"
        )
    prior, given = _prior(how["c_prior"], model), how["nodes"] is not None or how["reach"] != RANGE
    grid = normal_grid(how["nodes"] or NODES, how["reach"]) if given else None
    with reading():
        data = read_responses(responses, key)
        kept, matrix = _complete(data, missing)
        coded = _coded(data, matrix, model)
        found = _calibrate(data, coded, model, grid, how | {"prior": prior})
    question = Question(data, kept, coded, found, np.array(how["theta"]), scores, fits=fits)
    if plot:
        names = [data.items[int(item)] for item in coded.used]
        abilities = question.abilities("wle").theta[coded.patterns.row_of]
        write_pictures(plot, lambda words: draw_model(names, found.items, abilities, words))
    document = describe(question)
    answer(document, lambda: draw(document), as_json=as_json)


def _calibrate(data: Responses, coded: Coded, model: Model, grid: Grid | None, how: dict[str, Any]) -> Calibration:
    if how["estimator"] == "mml":
        found = fit(coded.patterns, model, grid=grid, prior=how["prior"], most_iterations=how["max_iterations"])
        return calibrate(found, _count(coded))
    try:
        return calibrate_conditional(fit_conditional(coded.patterns, how["max_iterations"]), _count(coded))
    except ValueError as error:
        raise DataError([Problem(data.source, "", "not_identified", str(error))]) from error


def _prior(typed: tuple[float, ...] | None, model: Model) -> BetaPrior | None:
    if typed is None:
        return None
    if model is not Model.THREE or len(typed) != 2 or min(typed) < 1 or max(typed) > LARGEST_PRIOR:
        raise click.BadParameter(f"is two numbers from 1 to {LARGEST_PRIOR}, for the 3pl", param_hint="--c-prior")
    return BetaPrior(*typed)


def _complete(data: Responses, missing: str) -> tuple[NDArray[np.bool_], Floats]:
    """Which candidates are kept and their scores, after what `--missing` says; pairwise keeps every response that is there."""
    scores = np.nan_to_num(data.scores, nan=0.0) if missing == "wrong" else data.scores
    kept = np.full(len(scores), fill_value=True) if missing != "listwise" else ~np.isnan(scores).any(axis=1)
    return np.asarray(kept), scores[kept]


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

"""The answer of `stats irt`: the document and its tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exam_engine.cli.stats.output import Shown
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.irt.calibration import Calibration
from grading.psychometrics.irt.information import item_information
from grading.psychometrics.irt.item_fit import ResidualFit, residual_fit, score_fit
from grading.psychometrics.irt.model_fit import andersen_test, pair_fit
from grading.psychometrics.irt.models import Floats, Model, expected_scores
from grading.psychometrics.irt.quadrature import Grid, normal_grid
from grading.psychometrics.irt.responses import Coded
from grading.psychometrics.irt.scoring import Abilities, score_eap, score_ml, score_wle
from grading.psychometrics.tables import Responses

ERRORS_FROM = "observed information"


@dataclass(frozen=True)
class Question:
    """What was asked and found: the data, who was kept, the calibration, and what to tell of it."""

    data: Responses
    kept: NDArray[np.bool_]
    coded: Coded
    found: Calibration
    theta: Floats
    scores: str | None
    fits: bool

    @property
    def grid(self) -> Grid:
        """The points of ability that were used."""
        return self.found.marginal.grid if self.found.marginal else normal_grid()

    def abilities(self, method: str) -> Abilities:
        """Of every row of patterns."""
        items, patterns = self.found.items, self.coded.patterns
        if method == "eap":
            return score_eap(items, patterns, self.found.grid(self.grid))
        return (score_ml if method == "ml" else score_wle)(items, patterns)


def describe(of: Question) -> dict[str, Any]:
    """The document: estimates, information and curve, and what else was asked for."""
    found, names = of.found, of.data.items
    total = item_information(found.items, of.theta).sum(axis=0)
    curve = expected_scores(found.items, of.theta).sum(axis=0)
    document = {
        "model": found.items.model.value, "estimator": "cml" if found.marginal is None else "mml", "n": found.n,
        "n_left_out": len(of.data.candidates) - found.n, "n_informative": _informative(of), "items": list(_items(of)),
        "ability_sd": found.ability_sd, "ability_sd_se": found.ability_sd_error,
        "ability_variance": None if found.ability_sd is None else found.ability_sd**2,
        "log_likelihood": found.log_likelihood, "n_parameters": found.n_parameters, "aic": found.aic, "bic": found.bic,
        "iterations": found.iterations, "converged": found.converged, "standard_errors": ERRORS_FROM,
        "nodes": len(of.grid.theta) if found.marginal else None,
        "information": [
            {"theta": at, "information": of_test, "se": of_test**-0.5 if of_test > 0 else None}
            for at, of_test in zip(of.theta.tolist(), total.tolist(), strict=True)
        ],
        "tcc": [
            {"theta": at, "expected_score": score} for at, score in zip(of.theta.tolist(), curve.tolist(), strict=True)
        ],
        "left_out": [{"item": names[one.item], "reason": one.reason} for one in of.coded.left_out],
    }  # fmt: skip
    if of.scores:
        document |= {"score_method": of.scores, "scores": list(_scores(of))}
    return document | ({"fit": _fit(of)} if of.fits else {})


def _informative(of: Question) -> int:
    """Candidates who tell something: with conditional likelihood those with neither none nor all of their items right."""
    if of.found.marginal is not None:
        return of.found.n
    answered, right = (of.coded.patterns.categories >= 0).sum(axis=1), (of.coded.patterns.categories == 1).sum(axis=1)
    return int(of.coded.patterns.counts[(right > 0) & (right < answered)].sum())


def _items(of: Question) -> Iterator[dict[str, Any]]:
    found, thresholds = of.found, of.found.items.thresholds
    information = item_information(found.items, of.theta)
    for place, column in enumerate(of.coded.used):
        steps, levels = found.items.steps[place], of.coded.levels[place]
        head = {"item": of.data.items[column], "a": found.items.slopes[place], "se_a": found.slope_errors[place]}
        located, errors = thresholds[place, :steps], found.threshold_errors[place, :steps]
        if found.items.model.is_graded:
            unused = np.setdiff1d(np.arange(levels[-1] + 1), levels)
            head |= {"thresholds": located, "se_thresholds": errors, "categories": levels, "unused_categories": unused}
        else:
            head |= {"b": located[0], "se_b": errors[0], "c": found.items.guessing[place], "se_c": found.guessing_errors[place]}
        yield head | {"intercepts": found.items.intercepts[place, :steps], "information": information[place]}


def _scores(of: Question) -> Iterator[dict[str, Any]]:
    """Every candidate of the file, with a reason where there is no ability."""
    abilities = of.abilities(of.scores or "")
    used = np.full(len(of.kept), -1)
    used[np.flatnonzero(of.kept)[of.coded.candidates]] = of.coded.patterns.row_of
    for name, row, kept in zip(of.data.candidates, used, of.kept, strict=True):
        if row < 0:
            yield {"candidate": name, "theta": None, "se": None, "reason": "no_responses" if kept else "missing_responses"}
            continue
        theta, error = float(abilities.theta[row]), float(abilities.errors[row])
        yield {"candidate": name, "theta": theta, "se": error, "reason": "not_finite" if np.isnan(theta) else None}


def _fit(of: Question) -> dict[str, Any]:
    method = of.scores or ("ml" if of.found.marginal is None else "eap")
    per_item = zip(of.coded.used, _score_fit(of), _residual_fit(of, method), strict=True)
    items = [{"item": of.data.items[column]} | by_score | residuals for column, by_score, residuals in per_item]
    return {"abilities": method, "items": items, "m2": _pair_fit(of), "andersen": _andersen(of)}


def _score_fit(of: Question) -> list[dict[str, Any]]:
    found, patterns = of.found, of.coded.patterns
    if found.marginal is None or not patterns.is_complete:
        reason = "no_distribution" if found.marginal is None else "missing_responses"
        return [{"s_x2": Estimate(None, found.n, reason), "s_x2_df": None, "s_x2_p": None}] * len(found.items)
    model = found.items.model
    own = found.items.steps + (not model.has_common_slope) + (model is Model.THREE)
    tested = score_fit(found.items, patterns, found.grid(of.grid), own)
    return [{"s_x2": one.statistic, "s_x2_df": one.df, "s_x2_p": one.p} for one in tested]


def _residual_fit(of: Question, method: str) -> list[dict[str, Any]]:
    tested = residual_fit(of.found.items, of.coded.patterns, of.abilities(method).theta)
    return [{name: _figure(one, name) for name in ("infit", "outfit", "infit_t", "outfit_t")} | {"n": one.n} for one in tested]


def _figure(of: ResidualFit, name: str) -> float | Estimate:
    """A figure of infit and outfit, or why there is none."""
    found = float(getattr(of, name))
    return found if np.isfinite(found) else Estimate(None, of.n, "no_variance" if of.n else "no_ability")


def _pair_fit(of: Question) -> Any:
    fit = of.found.marginal
    if fit is None:
        return Estimate(None, of.found.n, "no_distribution")
    found = pair_fit(fit.items, fit.layout, of.coded.patterns, of.grid, fit.n_parameters)
    if isinstance(found, str):
        return Estimate(None, of.found.n, found)
    return {
        "statistic": found.statistic, "df": found.df, "p": found.p, "rmsea2": found.rmsea2,
        "rmsea2_interval": found.rmsea2_interval, "srmsr": found.srmsr,
    }  # fmt: skip


def _andersen(of: Question) -> Any:
    """The test of the Rasch model; None for the other models."""
    if of.found.items.model is not Model.RASCH:
        return None
    found = andersen_test(of.coded.patterns)
    if isinstance(found, str):
        return Estimate(None, of.found.n, found)
    compared = {of.data.items[of.coded.used[place]] for place in found.items}
    left_out = [of.data.items[column] for column in of.coded.used if of.data.items[column] not in compared]
    return {
        "statistic": found.statistic, "df": found.df, "p": found.p, "split": found.split, "n_low": found.groups[0],
        "n_high": found.groups[1], "left_out": left_out,
    }  # fmt: skip


def draw(document: dict[str, Any]) -> list[Shown]:
    """Tables for people."""
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
    if "scores" in document:
        columns = ["candidate", "theta", "se", "reason"]
        shown.append(Shown("Abilities", columns, [[one[name] for name in columns] for one in document["scores"]]))
    return shown + (_draw_fit(document["fit"]) if "fit" in document else [])


def _draw_fit(fit: dict[str, Any]) -> list[Shown]:
    columns = ["item", "s_x2", "s_x2_df", "s_x2_p", "infit", "infit_t", "outfit", "outfit_t"]
    shown = [Shown(f"Fit of items ({fit['abilities']})", columns, [[one[name] for name in columns] for one in fit["items"]])]
    for name, title in (("m2", "Fit of the model: M2"), ("andersen", "Andersen's likelihood ratio")):
        found = fit[name]
        if isinstance(found, dict):
            columns = [key for key, value in found.items() if not isinstance(value, list | tuple)]
            shown.append(Shown(title, columns, [[found[key] for key in columns]]))
        elif found is not None:
            shown.append(Shown(title, ["statistic"], [[found]]))
    return shown


def _cell(value: Any) -> Any:
    return " ".join(f"{one:.4f}" for one in value) if isinstance(value, np.ndarray) else value

"""`exam-engine stats dif`: items that are harder for one group than for another of equal total."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, plot_option, reading
from exam_engine.cli.stats.pictures import draw_dif, write_pictures
from grading.psychometrics.dif import (
    MOST_ROUNDS,
    SIGNIFICANCE,
    Cells,
    Flags,
    Floats,
    Purified,
    below,
    cells_of,
    dichotomous,
    mantel_haenszel,
    matching_scores,
    purify,
    standardised_difference,
)
from grading.psychometrics.logistic_dif import TERMS, LogisticDif, logistic_dif
from grading.psychometrics.tables import DataError, Responses, read_responses
from schemas import Problem

FEWEST = 3


@dataclass(frozen=True)
class Question:
    """What is compared: scores of complete candidates, who of them is focal, and how they are matched."""

    items: tuple[str, ...]
    scores: Floats
    focal: Flags
    bands: int | None
    alpha: float

    def cells(self, anchor: Flags | None, *, bands: int | None = None) -> list[Cells]:
        """Tables of every item, matched on the items of `anchor`."""
        right, totals = dichotomous(self.scores)[0], matching_scores(self.scores, anchor)
        return [cells_of(right[:, item], self.focal, totals[:, item], bands) for item in range(len(self.items))]


@click.command()
@click.argument("responses", type=FILE)
@click.option("--group", required=True, help="The column that says which group a candidate is of.")
@click.option("--focal", required=True, help="The group that may be at a disadvantage.")
@click.option("--reference", multiple=True, help="The group it is compared with; may be given several times.")
@click.option("--key", type=FILE, help="The right options, when the file holds what was chosen.")
@click.option("--ignore", multiple=True, help="A column that is no item; may be given several times.")
@click.option("--bands", type=click.IntRange(2), help="Match in so many bands of the total (thick), not on every score (thin).")
@click.option("--purify", "purifies", is_flag=True, help="Match only on items that are not flagged themselves.")
@click.option("--alpha", type=Figure(0, 1, min_open=True, max_open=True), default=SIGNIFICANCE, show_default=True,
              help="Level at which purification flags an item.")  # fmt: skip
@click.option("--missing", type=click.Choice(["listwise", "wrong"]), default="listwise", show_default=True,
              help="A candidate with a missing response is left out, or it counts as wrong (0).")  # fmt: skip
@plot_option
@json_option
def dif(responses: Path, group: str, key: Path | None, *, plot: Path | None, as_json: bool, purifies: bool, **how: Any) -> None:
    """Differential item functioning: Mantel-Haenszel with ETS classes, standardisation and logistic regression."""
    with reading():
        data = read_responses(responses, key, keep=[group, *how["ignore"]])
        groups = _chosen_groups(data, group, how["focal"], how["reference"])
        question, kept = _ask(data, group, groups, how)
        document = _document(question, purifies=purifies)
    if plot:
        write_pictures(plot, lambda words: draw_dif(document["items"], words))
    head = {
        "n": len(question.scores), "n_reference": int((~question.focal).sum()), "n_focal": int(question.focal.sum()),
        "n_left_out": len(kept) - int(kept.sum()), "group": group, "focal": how["focal"], "reference": groups,
        "matching": "thin" if question.bands is None else "thick", "bands": question.bands, "alpha": question.alpha,
    }  # fmt: skip
    answer(head | document, lambda: _tables(document), as_json=as_json)


def _chosen_groups(data: Responses, group: str, focal: str, reference: Sequence[str]) -> list[str]:
    """Names of the reference groups; bad usage when it is not clear which they are."""
    there = sorted(set((data.columns or {})[group].tolist()) - {""})
    for name in (focal, *reference):
        if name not in there:
            raise DataError(
                [Problem(data.source, f"column {group}", "no_group", f'nobody is of "{name}"; there are {", ".join(there)}')]
            )
    if focal in reference:
        raise click.UsageError(f'"{focal}" cannot be focal and reference')
    others = list(dict.fromkeys(reference)) or [name for name in there if name != focal]
    if not others:
        raise DataError([Problem(data.source, f"column {group}", "one_group", f'everybody is of "{focal}"')])
    if len(others) > 1 and not reference:
        raise click.UsageError(f"there are several other groups ({', '.join(others)}): name one with --reference")
    return others


def _ask(data: Responses, group: str, others: Sequence[str], how: dict[str, Any]) -> tuple[Question, Flags]:
    """The candidates to compare; the second is True for each candidate who is one."""
    of = (data.columns or {})[group]
    scores = np.where(np.isnan(data.scores), 0.0, data.scores) if how["missing"] == "wrong" else data.scores
    kept = np.isin(of, [how["focal"], *others]) & ~np.isnan(scores).any(axis=1)
    if kept.sum() < FEWEST:
        raise DataError(
            [Problem(data.source, "", "too_few", f"{kept.sum()} candidates can be compared; {FEWEST} are the least")]
        )
    return Question(data.items, scores[kept], of[kept] == how["focal"], how["bands"], how["alpha"]), kept


def _document(of: Question, *, purifies: bool) -> dict[str, Any]:
    """All figures of all items."""
    usable = dichotomous(of.scores)[1]

    def flagged_by(p_value: Callable[[Cells], Any], bands: int | None) -> Callable[[Flags], Flags]:
        return lambda anchor: usable & below([p_value(cells) for cells in of.cells(anchor, bands=bands)], of.alpha)

    everything = Purified(np.ones(len(of.items), dtype=np.bool_), 0, settled=True)
    by_mh = purify(flagged_by(lambda cells: mantel_haenszel(cells).p, of.bands), len(of.items)) if purifies else everything
    by_logistic = purify(flagged_by(lambda cells: logistic_dif(cells).both.p, None), len(of.items)) if purifies else everything
    matched, regressed = of.cells(by_mh.anchor, bands=of.bands), of.cells(by_logistic.anchor)
    rows = [_row(of.items[item], matched[item], regressed[item]) for item in np.flatnonzero(usable)]
    left_out = [
        {"item": of.items[item], "reason": "no_variance" if np.ptp(of.scores[:, item]) == 0 else "not_dichotomous"}
        for item in np.flatnonzero(~usable)
    ]
    settled = {"mantel_haenszel": _purification(of, by_mh), "logistic": _purification(of, by_logistic)}
    return {"items": rows, "left_out": left_out, "purification": settled if purifies else None}


def _purification(of: Question, found: Purified) -> dict[str, Any]:
    dropped = [of.items[item] for item in np.flatnonzero(~found.anchor)]
    return {"iterations": found.rounds, "converged": found.settled, "most_iterations": MOST_ROUNDS, "dropped": dropped}


def _row(item: str, matched: Cells, regressed: Cells) -> dict[str, Any]:
    """The figures of one item."""
    mh = mantel_haenszel(matched)
    difference, error = standardised_difference(matched)
    return {
        "item": item, "strata": len(matched.shared().level), "mh_chi2": mh.chi2, "mh_p": mh.p,
        "mh_chi2_uncorrected": mh.chi2_uncorrected, "mh_p_uncorrected": mh.p_uncorrected, "odds_ratio": mh.odds_ratio,
        "d_dif": mh.d_dif, "d_dif_se": mh.d_dif_se, "p_above_one": mh.p_above_one, "ets_class": mh.ets_class,
        "favours": mh.favours, "std_p_dif": difference, "std_p_dif_se": error, "logistic": _logistic(logistic_dif(regressed)),
    }  # fmt: skip


def _logistic(found: LogisticDif) -> dict[str, Any]:
    contrasts = {"uniform": found.uniform, "nonuniform": found.nonuniform, "both": found.both}
    return {
        **{name: {"chi2": of.chi2, "df": of.df, "p": of.p, "r2_change": of.r2_change} for name, of in contrasts.items()},
        "effect": found.effect,
        "coefficients": dict(zip(TERMS, found.coefficients, strict=True)),
        "errors": dict(zip(TERMS, found.errors, strict=True)),
    }


def _tables(document: dict[str, Any]) -> list[Shown]:
    """Two tables for people, and a third of what was left out."""
    items = document["items"]
    parts = [(name, part) for name in ("uniform", "nonuniform", "both") for part in ("chi2", "p")]
    columns = ["item", "mh_chi2", "mh_p", "odds_ratio", "d_dif", "d_dif_se", "ets_class", "favours", "std_p_dif"]
    shown = [
        Shown("Mantel-Haenszel and standardisation", columns, [[row[name] for name in columns] for row in items]),
        Shown("Logistic regression", ["item", "uniform", "p", "non-uniform", "p", "both", "p", "R² change", "effect"], [
            [row["item"], *(row["logistic"][name][part] for name, part in parts),
             row["logistic"]["both"]["r2_change"], row["logistic"]["effect"]] for row in items]),
    ]  # fmt: skip
    if document["purification"]:
        shown.append(Shown("Purification", ["method", "iterations", "converged", "dropped"], [
            [name, of["iterations"], of["converged"], ", ".join(of["dropped"]) or "none"]
            for name, of in document["purification"].items()]))  # fmt: skip
    if document["left_out"]:
        shown.append(Shown("Left out", ["item", "reason"], [list(row.values()) for row in document["left_out"]]))
    return shown

"""`exam-engine stats standard`: where the cut score lies, how sure that is, and how far the judges agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from exam_engine.cli.stats import judged, panels
from exam_engine.cli.stats.numbers import Figure
from exam_engine.cli.stats.output import FILE, Shown, answer, json_option, reading
from exam_engine.cli.stats.totals import read_totals
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.judges import failing

METHODS: Final[dict[str, Callable[[Path, dict[str, Any]], dict[str, Any]]]] = {
    "angoff": panels.angoff,
    "bookmark": panels.bookmark,
    "hofstee": panels.compromise,
    "borderline-regression": judged.regression,
    "borderline-group": judged.group,
    "contrasting-groups": judged.contrast,
}
NEEDED: Final = {"bookmark": "parameters", "hofstee": "scores", "borderline-regression": "borderline"}


@click.command()
@click.argument("judgements", type=FILE)
@click.option("--method", type=click.Choice([*METHODS]), required=True, help="How the cut score is found.")
@click.option("--scores", type=FILE, help="CSV of candidates and totals: how many would pass. Hofstee needs it.")
@click.option("--score", help="The column of the total in --scores; score or total when left out.")
@click.option(
    "--summary",
    type=click.Choice(["mean", "median"]),
    help="Of judges: mean [default] or median; of borderline candidates: median [default] or mean.",
)
@click.option("--percent", is_flag=True, help="Angoff ratings, or Hofstee's failures, are written from 0 to 100.")
@click.option("--max-scores", type=FILE, help="Angoff: JSON, the marks of items that are worth more or less than 1.")
@click.option("--parameters", type=FILE, help="Bookmark: CSV with item, b, and a and c where the model has them.")
@click.option("--rp", type=Figure(0, 1, min_open=True, max_open=True), default=0.67, show_default=True,
              help="Bookmark: the response probability; 2/3 is 0.6666667.")  # fmt: skip
@click.option("--d", type=Figure(1e-6), default=1.0, show_default=True,
              help="Bookmark: scaling of the logistic metric, such as 1.7.")  # fmt: skip
@click.option("--bookmark", type=click.Choice(["last", "first"]), default="last", show_default=True,
              help="Whether the bookmark is on the last page mastered or on the first that is not.")  # fmt: skip
@click.option("--borderline", help="The rating that means borderline; a number for borderline regression.")
@click.option("--by", type=click.Choice([*judged.CONTRASTS]), default="logistic", show_default=True,
              help="Contrasting groups: where half are qualified, where the curves cross, or between the medians.")  # fmt: skip
@json_option
def standard(judgements: Path, method: str, *, as_json: bool, **how: Any) -> None:
    """Cut scores: Angoff, bookmark, Hofstee, borderline regression, borderline group and contrasting groups."""
    if method in NEEDED and how[NEEDED[method]] is None:
        raise click.UsageError(f"{method} needs --{NEEDED[method]}")
    how["summary"] = how["summary"] or ("median" if method == "borderline-group" else "mean")
    how["borderline"] = how["borderline"] or "borderline"
    with reading():
        found = METHODS[method](judgements, how)
        document = {"method": method, "cut": found.pop("cut"), "se": found.pop("se")}
        document["cut_less_one_se"] = _less_one_se(document["cut"], document["se"])
        document["passing"] = _passing(document if method != "bookmark" else _raw(found), how)
    answer(document | found, lambda: _tables(document, found), as_json=as_json)


def _less_one_se(cut: Estimate, se: Estimate) -> Estimate:
    if cut.value is None or se.value is None:
        return cut if cut.value is None else se
    return Estimate(round(cut.value - se.value, 10), cut.n)


def _raw(found: dict[str, Any]) -> dict[str, Any]:
    """The cut of a bookmark in marks: abilities are not compared with totals."""
    return {"cut": found["raw_cut"], "cut_less_one_se": found["raw_cut_less_one_se"]}


def _passing(document: dict[str, Any], how: dict[str, Any]) -> dict[str, Any] | None:
    """Shares that would pass; a score equal to the cut in decimal passes."""
    if how["scores"] is None:
        return None
    totals = read_totals(how["scores"], how["score"]).total

    def share(cut: Estimate | float) -> Estimate | float:
        value = cut.value if isinstance(cut, Estimate) else cut
        return cut if value is None else float(1 - failing(totals, value))

    return {"n": len(totals), "at_cut": share(document["cut"]), "at_cut_less_one_se": share(document["cut_less_one_se"])}


def _tables(document: dict[str, Any], found: dict[str, Any]) -> list[Shown]:
    """What the method found: single figures first, then a table for every list."""
    figures, lists = [], []
    for name, value in (document | found).items():
        if isinstance(value, list):
            lists.append((name, value))
        elif isinstance(value, dict):
            figures += [[f"{name}, {inner}", _flat(one)] for inner, one in value.items()]
        else:
            figures.append([name, value])
    shown = [Shown(f"Cut score: {document['method']}", ["", "value"], figures)]
    return shown + [
        Shown(name.replace("_", " "), [*rows[0]], [list(row.values()) for row in rows]) for name, rows in lists if rows
    ]


def _flat(value: Any) -> Any:
    """A figure within a figure, in one cell."""
    if not isinstance(value, dict):
        return value
    cells = {name: one.value if isinstance(one, Estimate) else one for name, one in value.items()}
    return ", ".join(f"{name} {np.round(one, 4) if one is not None else '–'}" for name, one in cells.items())

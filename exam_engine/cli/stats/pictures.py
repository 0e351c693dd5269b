"""What `--plot` writes: the usual pictures of each statistic, one SVG file for each language."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from exam_engine.cli.terminal import fail
from grading.psychometrics import charts
from grading.psychometrics.charts import Words
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.irt.information import total_information
from grading.psychometrics.irt.models import Items, expected_scores
from grading.psychometrics.sufficient import Sufficient

Floats = NDArray[np.float64]
Pictures = dict[str, str]

ABILITIES: Final = np.linspace(-4, 4, 161)
LIKELIEST: Final = 1e-300
"""Probabilities below this are drawn as this: a line has to have an end."""


def write_pictures(folder: Path, draw: Callable[[Words], Pictures]) -> None:
    """Write what `draw` gives in every language as `name.language.svg`, and say so on standard error."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for language, words in charts.LANGUAGES.items():
            for name, svg in draw(words).items():
                (folder / f"{name}.{language}.svg").write_text(charts.as_file(svg), encoding="utf-8")
                count += 1
    except OSError as error:
        fail(f"{folder}: {error.strerror}.")
    click.echo(f"{count} pictures written to {folder}.", err=True)


def draw_totals(found: Sufficient, most: float, words: Words, cut: float | None = None, error: float | None = None) -> Pictures:
    """The distribution of totals; nothing where totals are not known."""
    if found.joint is None:
        return {}
    totals = np.repeat(*found.joint.of_totals())
    return {"scores": charts.score_distribution(totals, (0, most), cut=cut, error=error, words=words)}


def draw_scores(scores: Floats, scale: tuple[float, float], cut: float, reliability: float, words: Words) -> Pictures:
    """The distribution of scores with the cut, and s √(1 − reliability) on either side of it."""
    error = float(scores.std(ddof=1)) * (1 - reliability) ** 0.5 if len(scores) > 1 else None
    return {"scores": charts.score_distribution(scores, scale, cut=cut, error=error, words=words)}


def draw_options(names: Sequence[str], options: NDArray[np.str_], scores: Floats, key: Sequence[str], words: Words) -> Pictures:
    """Who chose what on every item, in groups of rising totals."""
    totals = np.nan_to_num(scores).sum(axis=1)
    drawn = {}
    for column, (name, right) in enumerate(zip(names, key, strict=True)):
        means, shares = charts.option_shares(totals, options[:, column])
        drawn[_file_name("options", column, name)] = charts.distractor_curves(name, means, shares, right, words=words)
    return drawn


def draw_model(names: Sequence[str], items: Items, abilities: Floats, words: Words) -> Pictures:
    """Curves of items and test, information, error, and for items of one slope the map of candidates and items."""
    scores, information = expected_scores(items, ABILITIES), total_information(items, ABILITIES)
    with np.errstate(divide="ignore"):
        errors = np.where(information > 0, 1 / np.sqrt(information), np.nan)
    drawn = {
        "characteristic": charts.characteristic_curves(ABILITIES, scores / items.steps[:, None], names, words=words),
        "total": charts.total_curve(ABILITIES, scores.sum(axis=0), most=float(items.steps.sum()), words=words),
        "information": charts.information_curve(ABILITIES, information, words=words),
        "error": charts.error_curve(ABILITIES, errors, words=words),
    }
    if items.model.has_common_slope:
        drawn["map"] = charts.item_person_map(abilities[np.isfinite(abilities)], items.thresholds[:, 0], names, words=words)
    return drawn


def draw_dif(rows: Sequence[Mapping[str, Any]], words: Words) -> Pictures:
    """MH D-DIF of every item."""
    values, errors = (_values(row[name] for row in rows) for name in ("d_dif", "d_dif_se"))
    classes = [row["ets_class"] or "" for row in rows]
    return {"dif": charts.dif_plot([row["item"] for row in rows], values, errors, classes, words=words)}


def draw_severity(rows: Sequence[Mapping[str, Any]], words: Words) -> Pictures:
    """Severity of every rater, with the error that all unknown together leave."""
    values, errors = (_values(row[name] for row in rows) for name in ("severity", "se_joint"))
    return {"severity": charts.rater_severity([row["rater"] for row in rows], values, errors, words=words)}


def draw_similarity(
    pairs: Sequence[tuple[str, str]], p_values: Mapping[str, Floats], q_values: Mapping[str, Floats], fdr: float,
    candidates: int, words: Words,
) -> Pictures:  # fmt: skip
    """A network for every index that flags a pair, lines as thick as −log₁₀ p, and one of all of them together."""
    flagged = {name: q <= fdr for name, q in q_values.items()}
    strengths = {name: -np.log10(np.maximum(p, LIKELIEST)) for name, p in p_values.items()}
    at_all = np.any([*flagged.values()], axis=0)
    most = np.max([np.where(flagged[name], strengths[name], 0.0) for name in flagged], axis=0)
    shown = {"network": (at_all, most)} | {
        f"network-{name}": (flagged[name], strengths[name]) for name in flagged if flagged[name].any()
    }
    return {
        name: charts.similarity_network([pairs[int(row)] for row in np.flatnonzero(of)], by[of], candidates, words=words)
        for name, (of, by) in shown.items()
    }


def _values(estimates: Any) -> list[float]:
    return [float("nan") if not isinstance(one, Estimate) or one.value is None else one.value for one in estimates]


def _file_name(kind: str, column: int, name: str) -> str:
    """A name that every file system takes, told apart by the item's place."""
    return f"{kind}-{column + 1:03d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', name)[:60]}"

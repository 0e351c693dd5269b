"""What the simulation prints: the outcome table, reliability, what was planted, anomalies."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from exam_engine.demo.sheets import Planted
from exam_engine.demo.simulate import CohortFigures, LevelFigures

OUTCOME_HEADS = (
    "Level",
    "Sat",
    "Passed",
    "Rate",
    "Mean\ntotal",
    "Makeup",
    "Passed",
    "Rate",
    "Train\nagain",
    "Certificates",
)

MOST_LISTED: Final = 10


def print_report(figures: CohortFigures, console: Console | None = None) -> None:
    """Print the figures of a simulated cohort."""
    console = console or Console()
    console.print(_outcomes(figures))
    console.print(_reliability(figures))
    console.print(_planted(figures))
    for line in _cheats([one for level in figures.levels for one in level.planted]):
        console.print(line)
    console.print("Done: " + ", ".join(f"{count} {name}" for name, count in figures.counts.items()) + ".")
    if not figures.anomalies:
        console.print(
            "Anomalies: none. Every pass has one certificate, no fail has any, no makeup repeats an item, the chains hold."
        )
    for anomaly in figures.anomalies:
        console.print(f"Anomaly: {anomaly}")


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _table(title: str) -> Table:
    """A table without frames, so that its heads are whole on a terminal of 80 columns."""
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0)


def _outcomes(figures: CohortFigures) -> Table:
    table = _table("Outcomes")
    for head in OUTCOME_HEADS:
        table.add_column(head, justify="left" if head == "Level" else "right", no_wrap=head == "Level")
    for level in figures.levels:
        table.add_row(*_outcome_row(level))
    return table


def _outcome_row(level: LevelFigures) -> list[str]:
    mean = "–" if level.mean_total is None else f"{level.mean_total:.1f}"
    first = [str(level.sat), str(level.passed), _rate(level.passed, level.sat), mean]
    second = [str(level.makeup), str(level.makeup_passed), _rate(level.makeup_passed, level.makeup)]
    return [level.level, *first, *second, str(level.blocked), str(level.certificates)]


def _reliability(figures: CohortFigures) -> Table:
    table = _table("Theory papers, first sitting")
    for head in ("Level", "Form", "Candidates", "Alpha", "SEM in marks"):
        table.add_column(head, justify="left" if head == "Level" else "right")
    for level in figures.levels:
        for form, candidates, alpha, error in level.reliability:
            table.add_row(level.level, str(form), str(candidates), _figure(alpha), _figure(error))
    return table


def _planted(figures: CohortFigures) -> Table:
    """How many papers of a level have copied answers or items known beforehand, and how many of the items these are."""
    table = _table("Planted on theory papers")
    for head in ("Level", "Papers\ncopying", "Answers\ncopied", "Papers\ninformed", "Items\nknown"):
        table.add_column(head, justify="left" if head == "Level" else "right")
    for level in figures.levels:
        row = []
        for papers in _sorted_out(level.planted):
            share = _rate(sum(one.answers for one in papers), sum(one.items for one in papers))
            row += [str(len(papers)), share]
        table.add_row(level.level, *row)
    return table


def _sorted_out(planted: Sequence[Planted]) -> tuple[list[Planted], list[Planted]]:
    """The papers with copied answers, and those with items known beforehand."""
    return [one for one in planted if one.source], [one for one in planted if not one.source]


def _cheats(planted: Sequence[Planted]) -> list[str]:
    """Who they are, at their first paper; everybody once, and not more than fit."""
    first: dict[str, Planted] = {}
    for one in planted:
        first.setdefault(one.number, one)
    copiers, informed = _sorted_out(list(first.values()))
    return [
        "Copiers: " + _listed([f"{one.number} ({one.seat}) from {one.source} ({one.source_seat})" for one in copiers]),
        "Prior knowledge: " + _listed([one.number for one in informed]),
    ]


def _listed(names: Sequence[str]) -> str:
    shown, more = ", ".join(islice(names, MOST_LISTED)), len(names) - MOST_LISTED
    return (shown or "nobody") + (f" and {more} more." if more > 0 else ".")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"

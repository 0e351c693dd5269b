"""What the simulation prints: the outcome table, reliability, anomalies."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

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


def print_report(figures: CohortFigures, console: Console | None = None) -> None:
    """Print the figures of a simulated cohort."""
    console = console or Console()
    console.print(_outcomes(figures))
    console.print(_reliability(figures))
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


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"

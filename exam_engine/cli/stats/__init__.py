"""`exam-engine stats`: the statistics that make an exam defensible, from CSV files; one module a subject."""

from typing import Final

import click

from exam_engine.cli import LazyGroup

STATISTICS: Final[dict[str, str]] = {
    "agreement": "exam_engine.cli.stats.raters:agreement",
    "items": "exam_engine.cli.stats.classical:items",
    "reliability": "exam_engine.cli.stats.classical:reliability",
    "dif": "exam_engine.cli.stats.fairness:dif",
}


@click.group(cls=LazyGroup, modules=STATISTICS)
def stats() -> None:
    """Statistics of items, papers, cut scores, graders and candidates, from CSV files."""

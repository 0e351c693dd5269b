"""`exam-engine stats`: the statistics that make an exam defensible, from CSV files; one module a subject."""

from typing import Final

import click

from exam_engine.cli import LazyGroup

STATISTICS: Final[dict[str, str]] = {
    "decision": "exam_engine.cli.stats.decision:decision",
    "agreement": "exam_engine.cli.stats.raters:agreement",
    "severity": "exam_engine.cli.stats.severity:severity",
    "similarity": "exam_engine.cli.stats.similarity:similarity",
    "items": "exam_engine.cli.stats.classical:items",
    "reliability": "exam_engine.cli.stats.classical:reliability",
    "dif": "exam_engine.cli.stats.fairness:dif",
    "equate": "exam_engine.cli.stats.equating:equate_forms",
    "standard": "exam_engine.cli.stats.standard:standard",
    "irt": "exam_engine.cli.stats.irt:irt",
    "personfit": "exam_engine.cli.stats.irregular:personfit",
    "link": "exam_engine.cli.stats.linking:link_command",
}


@click.group(cls=LazyGroup, modules=STATISTICS)
def stats() -> None:
    """Statistics of items, papers, cut scores, graders and candidates, from CSV files."""

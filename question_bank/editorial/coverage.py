"""Rules on a bank beside its blueprints: does it hold enough for every paper it is meant to fill."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from question_bank.blueprint import Blueprint, BlueprintError, check_against, parse_blueprint
from question_bank.pool import Pool, pool_of_items
from schemas import Problem


def coverage(items: Sequence[Any], blueprints: Sequence[tuple[str, Any]], parallel: int) -> Iterator[Problem]:
    """Every quota of every blueprint is covered as often as the bank promises papers without a common item.

    Counting only: whether all quotas can be met at once is what assembly finds out.
    """
    if not items:
        return
    pool = pool_of_items(items)
    for source, document in blueprints:
        try:
            blueprint = parse_blueprint(document, source)
            check_against(blueprint, pool)
        except BlueprintError as error:
            yield from error.problems
        else:
            yield from _gaps(blueprint, pool, parallel)


def _gaps(blueprint: Blueprint, pool: Pool, parallel: int) -> Iterator[Problem]:
    eligible = pool.select(blueprint.where)
    papers = f"{parallel} papers" if parallel > 1 else "a paper"
    if eligible.sum() < parallel * blueprint.length:
        message = f"{eligible.sum()} items for {papers} of {blueprint.length} without a common item"
        yield Problem(blueprint.source, "length", "coverage", message, "warning")
    for place, rule in enumerate(blueprint.constraints):
        found = int(np.sum(eligible & pool.select(rule.where)))
        if found < parallel * rule.minimum:
            message = (
                f'{found} items for "{rule.name}", {parallel * rule.minimum} are needed for {papers} without a common item'
            )
            yield Problem(blueprint.source, f"constraints[{place}]", "coverage", message, "warning")

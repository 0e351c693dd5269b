"""Why nothing fits: a smallest set of rules that exclude each other, each with its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from question_bank.assembly.programme import Verdict
from question_bank.assembly.rules import (
    Request,
    compile_rules,
    enemy_pairs,
    exposure_caps,
    quota_name,
    rule_names,
    usable,
)
from question_bank.assembly.sequential import find_verdict
from question_bank.blueprint import Constraint
from question_bank.pool import Flags


@dataclass(frozen=True)
class Conflict:
    """One rule of a conflict, by name, and its numbers in plain words."""

    rule: str
    detail: str


def find_conflict(request: Request) -> tuple[list[Conflict], bool]:
    """Reduce the rules to a conflict: drop each rule in turn that is not needed for the contradiction.

    Returns
    -------
    The rules of the conflict, and whether it is proven minimal (without any one of them forms exist); False only when
    the search reached its limit on the way.

    References
    ----------
    Chinneck, J. W. & Dravnieks, E. W. (1991). Locating minimal infeasible constraint sets in linear programs.
    ORSA Journal on Computing, 3, 157-168: the deletion filter.
    """
    names = rule_names(request)
    minimal = True
    # Quotas go first: a conflict of a few rules of the whole form is easier to grasp than one of many quotas.
    for name in reversed(names):
        fewer = [kept for kept in names if kept != name]
        verdict = find_verdict(compile_rules(request, fewer))
        if verdict is Verdict.INFEASIBLE:
            names = fewer
        minimal &= verdict is not Verdict.UNDECIDED
    return [Conflict(name, _detail(request, name, names)) for name in names], minimal


def _detail(request: Request, name: str, names: Sequence[str]) -> str:
    """Say what a rule asks for and what there is, counted over the items that the rules of the conflict leave."""
    left = usable(request, names)
    for rule in request.blueprint.constraints:
        if quota_name(rule.name) == name:
            return _quota_detail(rule, int((request.pool.select(rule.where) & left).sum()))
    if name == "length":
        return f"{request.forms} forms of {request.blueprint.length} items, the pool has {int(left.sum())}"
    if name == "enemies":
        pairs = enemy_pairs(request, np.flatnonzero(left))
        return f"{len(pairs)} pairs of items exclude each other, over {len(np.unique(pairs))} of {int(left.sum())} items"
    if name == "overlap":
        return f"any two of {request.forms} forms share at most {request.blueprint.overlap} items"
    if name == "exposure":
        return _exposure_detail(request)
    if name == "information":
        return _information_detail(request, left, request.blueprint.length if "length" in names else int(left.sum()))
    without = int(usable(request, [other for other in names if other != name]).sum())
    return f"leaves {int(left.sum())} of {without} items"


def _quota_detail(rule: Constraint, found: int) -> str:
    least = [f"at least {rule.minimum}"] if rule.minimum or rule.maximum is None else []
    most = [] if rule.maximum is None else [f"at most {rule.maximum}"]
    return f"{' and '.join(least + most)}, the pool has {found}"


def _exposure_detail(request: Request) -> str:
    total = request.forms + request.earlier.forms
    most = int(exposure_caps(request).max(initial=0))
    return f"an item in at most {request.blueprint.exposure} of {total} forms: in {most} of these {request.forms}"


def _information_detail(request: Request, left: Flags, length: int) -> str:
    wanted = request.blueprint.information
    if wanted is None or wanted.target is None:
        raise ValueError("a maximin goal excludes no form")
    low, high = wanted.target * (1 - wanted.tolerance), wanted.target * (1 + wanted.tolerance)
    points = np.nan_to_num(request.pool.information(wanted.at)[:, left])
    best = np.sort(points, axis=1)[:, ::-1][:, :length].sum(axis=1)
    reached = ", ".join(f"{value:.4g} at {theta:g}" for theta, value in zip(wanted.at, best, strict=True))
    return f"{low:.6g} to {high:.6g} at every point; {length} items reach at most {reached}"

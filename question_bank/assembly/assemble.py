"""From a pool and a blueprint to forms, or to the rules that exclude each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from question_bank.assembly.conflict import Conflict, find_conflict
from question_bank.assembly.joint import joint_forms
from question_bank.assembly.programme import Verdict
from question_bank.assembly.rules import WINDOW_MARGIN, Request, Rules, compile_rules, exposure_caps, rule_names, usable
from question_bank.assembly.sequential import (
    Opening,
    Progress,
    draw_forms,
    information_scale,
    lowest_information,
    open_assembly,
)
from question_bank.blueprint import check_against
from question_bank.pool import Flags

OPTIMAL_GAP = 0.02


class InfeasibleError(Exception):
    """No forms fit; `conflict` is a smallest set of rules that exclude each other."""

    code = "infeasible"

    def __init__(self, conflict: Sequence[Conflict], *, minimal: bool) -> None:
        super().__init__("; ".join(f"{rule.rule}: {rule.detail}" for rule in conflict))
        self.conflict = tuple(conflict)
        self.minimal = minimal


class UndecidedError(Exception):
    """The search reached its limit without forms and without a proof that there are none."""

    code = "undecided"


@dataclass(frozen=True)
class Form:
    """One form: its items in the order of the pool, the information at each point asked for, the quota counts."""

    items: tuple[str, ...]
    information: tuple[tuple[float, float], ...]
    counts: dict[str, int]
    mean_b_logit: float | None


@dataclass(frozen=True)
class Assembly:
    """All forms. `gap` is how far, at most, the lowest information is below the best possible (0 without that goal).

    `status` is "optimal" when the gap is 2 % or less (the room the random draw is given), else "feasible".
    """

    status: str
    seed: int
    gap: float
    forms: tuple[Form, ...]


def assemble(request: Request, progress: Progress | None = None) -> Assembly:
    """Assemble forms.

    Parameters
    ----------
    request
        Pool, blueprint, number of forms, seed.
    progress
        Called with the number of forms done.

    Raises
    ------
    BlueprintError
        When the blueprint names what the pool does not know.
    InfeasibleError
        When it is proven that no forms fit, with a minimal set of conflicting rules.
    UndecidedError
        When neither forms nor a proof were found in time.
    """
    check_against(request.blueprint, request.pool)
    rules = compile_rules(request, rule_names(request))
    opening = open_assembly(rules, request.pool.b[rules.items]) if len(rules.items) else Opening(Verdict.INFEASIBLE)
    if opening.verdict is Verdict.INFEASIBLE:
        raise _explained(request)
    forms = draw_forms(rules, opening, request.seed, progress) if opening.verdict is Verdict.SOLVED else None
    if forms is None:
        forms = _joint(request, rules, opening)
    check_forms(request, forms := [_rows(request, rules, form) for form in forms])
    gap = _gap(rules, opening, forms)
    return Assembly(
        status="optimal" if gap <= OPTIMAL_GAP else "feasible",
        seed=request.seed,
        gap=gap,
        forms=tuple(_form(request, form) for form in forms),
    )


def _joint(request: Request, rules: Rules, opening: Opening) -> list[Flags]:
    scale = information_scale(rules) if opening.floor is not None else None
    solution, forms = joint_forms(rules, scale)
    if solution.verdict is Verdict.INFEASIBLE:
        raise _explained(request)
    if solution.verdict is Verdict.UNDECIDED:
        raise UndecidedError("the search reached its limit: no forms were found, and it is not proven that there are none")
    return forms


def _explained(request: Request) -> InfeasibleError:
    conflict, minimal = find_conflict(request)
    return InfeasibleError(conflict, minimal=minimal)


def _rows(request: Request, rules: Rules, form: Flags) -> Flags:
    found = np.zeros(len(request.pool), dtype=np.bool_)
    found[rules.items[form]] = True
    return found


def _gap(rules: Rules, opening: Opening, forms: Sequence[Flags]) -> float:
    if not opening.best:
        return 0.0
    lowest = lowest_information(rules, [form[rules.items] for form in forms])
    return max(0.0, (opening.best - lowest) / opening.best)


def _form(request: Request, form: Flags) -> Form:
    pool, blueprint = request.pool, request.blueprint
    at = blueprint.information.at if blueprint.information else ()
    values = pool.information(at)[:, form].sum(axis=1) if at else ()
    mean_b = float(pool.b[form].mean())
    return Form(
        items=tuple(np.array(pool.ids)[form].tolist()),
        information=tuple((theta, float(value)) for theta, value in zip(at, values, strict=True)),
        counts={rule.name: int((pool.select(rule.where) & form).sum()) for rule in blueprint.constraints},
        mean_b_logit=None if np.isnan(mean_b) else mean_b,
    )


def check_forms(request: Request, forms: Sequence[Flags]) -> None:
    """Count every rule again on the finished forms, straight from the blueprint; raises when one does not hold."""
    broken = [text for form in forms for text in _broken_by_form(request, form)]
    uses = np.sum(forms, axis=0)
    if (uses > exposure_caps(request)).any():
        broken.append("exposure")
    shared = np.array(forms, dtype=np.int64) @ np.array(forms, dtype=np.int64).T
    most = request.blueprint.overlap
    if most is not None and (shared - np.diag(np.diag(shared)) > most).any():
        broken.append("overlap")
    if len(forms) != request.forms or broken:
        raise RuntimeError(f"the solver's forms break: {', '.join(sorted(set(broken))) or 'the number of forms'}")


def _broken_by_form(request: Request, form: Flags) -> list[str]:
    pool, blueprint = request.pool, request.blueprint
    broken = [] if form.sum() == blueprint.length else ["length"]
    if (form & ~usable(request, ("pool", "forbidden"))).any():
        broken.append("pool")
    for rule in blueprint.constraints:
        count = int((pool.select(rule.where) & form).sum())
        if count < rule.minimum or (rule.maximum is not None and count > rule.maximum):
            broken.append(rule.name)
    ids = set(np.array(pool.ids)[form].tolist())
    named = any(ids.issuperset(group) for group in blueprint.enemies)
    if named or any(form[one] and form[other] for one, other in pool.enemies):
        broken.append("enemies")
    wanted = blueprint.information
    if wanted is not None and wanted.target is not None:
        values = pool.information(wanted.at)[:, form].sum(axis=1)
        if (np.abs(values - wanted.target) > wanted.target * max(wanted.tolerance, WINDOW_MARGIN)).any():
            broken.append("information")
    return broken

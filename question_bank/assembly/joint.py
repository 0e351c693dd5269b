"""All forms in one programme: slow, but its answer is exact. The last resort when forms one after another get stuck."""

import itertools

import numpy as np
from scipy import sparse

from question_bank.assembly.draft import limit_pairs, require_form
from question_bank.assembly.programme import Effort, Places, Programme, Solution, Verdict
from question_bank.assembly.rules import Rules
from question_bank.pool import Flags

EFFORT = Effort(gap=0.02, nodes=200_000, seconds=120.0)


def joint_forms(rules: Rules, scale: float | None = None, effort: Effort = EFFORT) -> tuple[Solution, list[Flags]]:
    """Find all forms at once.

    Parameters
    ----------
    rules
        The rules in force.
    scale
        When given, the lowest information of all forms is made as high as possible, in units of `scale`.
    effort
        How long to search.

    Returns
    -------
    The solution, whose verdict is a proof unless it is undecided, and the items of every form.
    """
    programme = Programme()
    count = len(rules.items)
    forms = [programme.variables(count, np.minimum(rules.cap, 1), integer=True) for _ in range(rules.forms)]
    for form in forms:
        require_form(programme, rules, form)
    one_each = sparse.eye_array(count)
    programme.require([(form, one_each) for form in forms], 0, rules.cap)
    if rules.overlap is not None:
        for one, other in itertools.combinations(forms, 2):
            _limit_shared(programme, one, other, rules.overlap)
        limit_pairs(programme, rules, forms, rules.forms)
    if scale is not None and rules.points is not None:
        lowest = programme.variables(1, 1.0)
        for form in forms:
            programme.require([(form, rules.points / scale), (lowest, -np.ones((len(rules.points), 1)))], 0, np.inf)
        programme.minimise(lowest, -1.0)
    solution = programme.solve(effort)
    if solution.verdict is not Verdict.SOLVED:
        return solution, []
    return solution, [solution.values[form] > 0.5 for form in forms]


def _limit_shared(programme: Programme, one: Places, other: Places, most: int) -> None:
    shared = programme.variables(len(one))
    one_each = sparse.eye_array(len(one))
    programme.require([(one, one_each), (other, one_each), (shared, -one_each)], -np.inf, 1)
    programme.require([(shared, np.ones((1, len(one))))], 0, most)

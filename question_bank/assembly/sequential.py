"""Forms one after another, each leaving enough for the rest: fast, and parallel to each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from question_bank.assembly.draft import Aim, Draft
from question_bank.assembly.joint import joint_forms
from question_bank.assembly.programme import Effort, Solution, Verdict
from question_bank.assembly.rules import Rules
from question_bank.pool import Flags, Floats

Progress = Callable[[int], None]

# The draw may give up this share of the best information to be random.
ROOM = 0.015
# Whole items fit worse than the shadow's fractions: what is to come keeps this part of the room in reserve.
RESERVE = 0.6
GOOD_ENOUGH = 0.975
ATTEMPTS = 2
LEAST_GAIN = 2e-3
INFORMATION_BAND = 0.01
DIFFICULTY_BAND_LOGIT = 0.02
BEST = Effort(gap=1e-3, nodes=2_000)
GOOD = Effort(gap=0.01, nodes=300)
# Any form near the wishes will do: a closer one takes many times as long.
FIRST = Effort(gap=0.9, nodes=2_000)
DRAW = Effort(gap=0.9, nodes=20)
# One of many questions on the way to a conflict.
PROOF = Effort(gap=1.0, nodes=200_000, seconds=20.0)
ANY = Effort(gap=1.0, nodes=20_000)


@dataclass(frozen=True)
class Opening:
    """What the first look finds: whether forms can exist, how good they can be and what they should look like.

    `floor` is the information that forms can have at every point as far as the first look sees, `best` a proven
    upper bound of it (both None without a maximin goal); `aim` is the profile that makes forms parallel.
    """

    verdict: Verdict
    floor: float | None = None
    best: float | None = None
    aim: Aim | None = None


def open_assembly(rules: Rules, b: Floats) -> Opening:
    """Look at all forms at once with all but the first one blurred into their sum.

    Parameters
    ----------
    rules
        The rules in force.
    b
        Difficulty of the usable items in logits; forms of equal mean are wanted when no information is asked for.
    """
    draft = Draft(rules, [])
    if rules.points is None:
        return _open_on_difficulty(draft, b)
    if rules.window is not None:
        solution = draft.solve(ANY)
        middle = np.full(len(rules.points), sum(rules.window) / 2)
        # Within half the window: the forms then differ by less than the rule allows.
        half = np.full(len(middle), (rules.window[1] - rules.window[0]) / 4)
        return Opening(solution.verdict, aim=Aim(rules.points, middle, np.maximum(half, INFORMATION_BAND * middle)))
    return _open_on_information(draft, rules.points)


def _open_on_information(draft: Draft, points: Floats) -> Opening:
    scale = information_scale(draft.rules)
    lowest = draft.maximise_lowest(scale)
    solution = draft.solve(BEST)
    if solution.verdict is not Verdict.SOLVED:
        return Opening(solution.verdict)
    profile = points @ draft.average(solution)
    band = np.maximum(INFORMATION_BAND * profile, INFORMATION_BAND * scale * 1e-3)
    floor = float(solution.values[lowest][0]) * scale
    best = min(-solution.bound, 1.0) * scale
    return Opening(solution.verdict, floor, best, Aim(points, profile, band))


def _open_on_difficulty(draft: Draft, b: Floats) -> Opening:
    length = draft.rules.length
    if length is None or not len(b) or np.isnan(b).any():
        return Opening(draft.solve(ANY).verdict)
    wish = Aim(b[None, :], np.array([b.mean() * length]), np.array([DIFFICULTY_BAND_LOGIT * length]))
    draft.lean_towards(wish)
    solution = draft.solve(FIRST)
    if solution.verdict is not Verdict.SOLVED:
        return Opening(solution.verdict)
    return Opening(solution.verdict, aim=Aim(wish.weights, wish.weights @ draft.average(solution), wish.band))


def information_scale(rules: Rules) -> float:
    """Bound the information at the weakest point by that of the best items there; used to scale the programme."""
    if rules.points is None or not rules.points.size:
        return 1.0
    best = np.sort(rules.points, axis=1)[:, ::-1][:, : rules.length]
    return float(best.sum(axis=1).min()) or 1.0


def draw_forms(rules: Rules, opening: Opening, seed: int, progress: Progress | None = None) -> list[Flags] | None:
    """Draw all forms; None when they get stuck one after another, which proves nothing."""
    for attempt in range(ATTEMPTS):
        forms = _draw_all(rules, opening, np.random.default_rng([seed, attempt]), progress)
        if forms is not None:
            return forms if opening.floor is None else mend_weakest(rules, forms, opening.floor * GOOD_ENOUGH)
    return None


def mend_weakest(rules: Rules, forms: list[Flags], wanted: float) -> list[Flags]:
    """Draw the weakest form again together with one other until every form has the information wanted.

    With all but two forms fixed the draft is exact, so each step is the best exchange between the two.
    """
    forms = list(forms)
    for _ in range(len(forms)):
        lowest = [lowest_information(rules, [form]) for form in forms]
        weakest = int(np.argmin(lowest))
        if lowest[weakest] >= wanted or not _mend(rules, forms, weakest, lowest):
            break
    return forms


def _mend(rules: Rules, forms: list[Flags], weakest: int, lowest: list[float]) -> bool:
    scale = information_scale(rules)
    for partner in sorted(set(range(len(forms))) - {weakest}, key=lambda form: -lowest[form]):
        others = [form for index, form in enumerate(forms) if index not in (weakest, partner)]
        draft = Draft(rules, others)
        reached = draft.maximise_lowest(scale)
        solution = draft.solve(GOOD)
        if solution.verdict is Verdict.SOLVED and solution.values[reached][0] * scale > lowest[weakest] * (1.0 + LEAST_GAIN):
            forms[weakest], forms[partner] = draft.chosen(solution), draft.chosen_to_come(solution)
            return True
    return False


def lowest_information(rules: Rules, forms: list[Flags]) -> float:
    """Give the lowest information of any form at any point."""
    if rules.points is None:
        return 0.0
    return float((rules.points @ np.array(forms, dtype=np.float64).T).min())


def _draw_all(rules: Rules, opening: Opening, rng: np.random.Generator, progress: Progress | None) -> list[Flags] | None:
    level = opening.floor or 0.0
    forms: list[Flags] = []
    while len(forms) < rules.forms:
        draft, solution = _draw_one(rules, forms, opening.aim, level, rng)
        if solution.verdict is not Verdict.SOLVED and level > 0.0:
            level = _highest_level(rules, forms)
            draft, solution = _draw_one(rules, forms, opening.aim, level, rng)
        if solution.verdict is not Verdict.SOLVED:
            # Only the rules, without any wish; the form is mended later if it is weak.
            draft = Draft(rules, forms)
            solution = draft.solve(ANY)
        if solution.verdict is not Verdict.SOLVED:
            return None
        forms.append(draft.chosen(solution))
        if progress is not None:
            progress(len(forms))
    return forms


def _draw_one(
    rules: Rules, forms: list[Flags], aim: Aim | None, level: float, rng: np.random.Generator
) -> tuple[Draft, Solution]:
    draft = Draft(rules, forms)
    kept = RESERVE if draft.remaining > 1 else 0.0
    draft.require_floor(level * (1.0 - ROOM), level * (1.0 - ROOM * (1.0 - kept)))
    draft.scatter(rng)
    if aim is not None:
        draft.lean_towards(aim)
    return draft, draft.solve(DRAW)


def _highest_level(rules: Rules, forms: list[Flags]) -> float:
    """Find the information the next forms can still have; 0 when there is none, so that only the rules are asked for."""
    draft = Draft(rules, forms)
    scale = information_scale(rules)
    lowest = draft.maximise_lowest(scale)
    solution = draft.solve(GOOD)
    return float(solution.values[lowest][0]) * scale if solution.verdict is Verdict.SOLVED else 0.0


def find_verdict(rules: Rules) -> Verdict:
    """Decide whether forms under these rules exist at all; undecided only when a limit was reached."""
    if not len(rules.items):
        wanted = bool(rules.length or rules.window or any(quota.minimum for quota in rules.quotas))
        return Verdict.INFEASIBLE if wanted else Verdict.SOLVED
    forms: list[Flags] = []
    while len(forms) < rules.forms:
        draft = Draft(rules, forms)
        solution = draft.solve(ANY)
        if solution.verdict is Verdict.INFEASIBLE and not forms:
            return Verdict.INFEASIBLE
        if solution.verdict is not Verdict.SOLVED:
            return joint_forms(rules, effort=PROOF)[0].verdict
        forms.append(draft.chosen(solution))
    return Verdict.SOLVED

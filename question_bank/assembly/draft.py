"""One form and, as its shadow, the sum of all forms still to come, so that no form takes what the later ones need.

The shadow is the big-shadow-test method: van der Linden, W. J. & Adema, J. J. (1998). Simultaneous assembly of
multiple test forms. Journal of Educational Measurement, 35, 185-198. Every joint solution is a solution of the first
draft, so a first draft without a solution proves that there are no such forms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from question_bank.assembly.programme import Effort, Places, Programme, Solution
from question_bank.assembly.rules import Rules
from question_bank.pool import Flags, Floats


@dataclass(frozen=True)
class Aim:
    """What every form should come near to: `weights` (rows × items) times the form within `band` of `profile`.

    It makes forms parallel. It is a wish: a form outside the band costs, but is allowed.
    """

    weights: Floats
    profile: Floats
    band: Floats


class Draft:
    """The programme of the next form after `earlier` ones."""

    def __init__(self, rules: Rules, earlier: Sequence[Flags]) -> None:
        self.rules = rules
        self.remaining = rules.forms - len(earlier) - 1
        self.programme = Programme()
        free = rules.cap - np.sum(earlier, axis=0, dtype=np.int64) if earlier else rules.cap
        self.form = self.programme.variables(len(free), np.minimum(free, 1), integer=True)
        # With one form to come the shadow is that form itself, and the draft is exact.
        self.rest = self.programme.variables(len(free), np.minimum(free, self.remaining), integer=self.remaining == 1)
        require_form(self.programme, rules, self.form)
        if self.remaining:
            require_form(self.programme, rules, self.rest, self.remaining)
            one_each = sparse.eye_array(len(free))
            self.programme.require([(self.form, one_each), (self.rest, one_each)], 0, free)
        self._limit_overlap(earlier)

    def _limit_overlap(self, earlier: Sequence[Flags]) -> None:
        most = self.rules.overlap
        if most is None:
            return
        if earlier:
            shared = np.array(earlier, dtype=np.float64)
            self.programme.require([(self.form, shared)], 0, most)
            self.programme.require([(self.rest, shared)], 0, most * self.remaining)
        if self.remaining:
            limit_pairs(self.programme, self.rules, [self.form, self.rest], self.remaining + 1)

    def require_floor(self, floor: float, floor_to_come: float) -> None:
        """Demand at least `floor` at every point of the form, and `floor_to_come` on average of those to come."""
        points = self.rules.points
        if points is None or floor <= 0.0:
            return
        self.programme.require([(self.form, points / floor)], 1.0, np.inf)
        if self.remaining:
            self.programme.require([(self.rest, points / floor_to_come)], self.remaining, np.inf)

    def maximise_lowest(self, scale: float) -> Places:
        """Make the lowest information as high as possible; the variable returned holds it in units of `scale`."""
        lowest = self.programme.variables(1, 1.0)
        points = self.rules.points
        if points is not None:
            for places, times in self._sides():
                raised = np.full((len(points), 1), -float(times))
                self.programme.require([(places, points / scale), (lowest, raised)], 0, np.inf)
        self.programme.minimise(lowest, -1.0)
        return lowest

    def lean_towards(self, aim: Aim) -> None:
        """Let every distance from the aim beyond its band cost, one for each further band."""
        for places, times in self._sides():
            beyond = self.programme.variables(len(aim.band))
            weights, centre = aim.weights / aim.band[:, None], times * aim.profile / aim.band
            step = times * np.eye(len(aim.band))
            self.programme.require([(places, weights), (beyond, -step)], -np.inf, centre + times)
            self.programme.require([(places, weights), (beyond, step)], centre - times, np.inf)
            self.programme.minimise(beyond, 1.0)

    def scatter(self, rng: np.random.Generator) -> None:
        """Prefer items at random, so that another seed gives another form."""
        self.programme.minimise(self.form, rng.random(len(self.form)) / (self.rules.length or 1))

    def solve(self, effort: Effort) -> Solution:
        """Search for the form."""
        return self.programme.solve(effort)

    def chosen(self, solution: Solution) -> Flags:
        """Mark the items of the form."""
        return np.asarray(solution.values[self.form] > 0.5)

    def chosen_to_come(self, solution: Solution) -> Flags:
        """Mark the items of the last form, when the draft is exact because one form is to come."""
        return np.asarray(solution.values[self.rest] > 0.5)

    def average(self, solution: Solution) -> Floats:
        """Give each item's share over this form and those to come."""
        return (solution.values[self.form] + solution.values[self.rest]) / (self.remaining + 1)

    def _sides(self) -> list[tuple[Places, int]]:
        return [(self.form, 1)] + ([(self.rest, self.remaining)] if self.remaining else [])


def require_form(programme: Programme, rules: Rules, places: Places, times: int = 1) -> None:
    """Put the rules of a form on variables that stand for one form, or for the sum of `times` forms."""
    count = len(places)
    if rules.length is not None:
        programme.require([(places, np.ones((1, count)))], rules.length * times, rules.length * times)
    if rules.quotas:
        members = np.array([quota.members for quota in rules.quotas], dtype=np.float64)
        least = np.array([quota.minimum for quota in rules.quotas], dtype=np.float64)
        most = np.array([quota.maximum for quota in rules.quotas], dtype=np.float64)
        programme.require([(places, members)], least * times, most * times)
    if len(rules.enemies):
        rows = np.repeat(np.arange(len(rules.enemies)), 2)
        pairs = sparse.coo_array((np.ones(len(rows)), (rows, rules.enemies.ravel())), shape=(len(rules.enemies), count))
        programme.require([(places, pairs)], 0, times)
    if rules.window is not None and rules.points is not None:
        low, high = rules.window
        programme.require([(places, rules.points / high)], times * low / high, times)


def limit_pairs(programme: Programme, rules: Rules, sides: Sequence[Places], forms: int) -> None:
    """Bound what `forms` forms can share in all: an item in t of them is shared by t(t − 1)/2 pairs.

    That count is convex, so the lines through its neighbouring whole values bound it from below and are exact there.
    """
    if rules.overlap is None:
        return
    count = len(rules.cap)
    shared = programme.variables(count)
    one_each = sparse.eye_array(count)
    for uses in range(1, min(forms, int(rules.cap.max(initial=1)))):
        terms = [(places, uses * one_each) for places in sides]
        programme.require([*terms, (shared, -one_each)], -np.inf, uses * (uses + 1) / 2)
    programme.require([(shared, np.ones((1, count)))], 0, rules.overlap * forms * (forms - 1) / 2)

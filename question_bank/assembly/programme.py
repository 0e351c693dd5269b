"""A mixed integer programme, built block by block and solved by HiGHS on one thread."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from question_bank.pool import Floats

Places = NDArray[np.int64]
Term = tuple[Places, Any]


class Verdict(enum.Enum):
    """What the solver found out; `UNDECIDED` is a limit reached without a solution, never a proof."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Effort:
    """How long to search: stop at relative `gap`, or after `nodes` branches (which, unlike seconds, reproduce).

    `seconds` is the emergency stop.
    """

    gap: float = 1e-3
    nodes: int = 2_000
    seconds: float = 60.0


@dataclass(frozen=True)
class Solution:
    """The verdict, the values when there are any, and the proven lower bound of the objective."""

    verdict: Verdict
    values: Floats
    bound: float


class Programme:
    """Variables, rows and costs, collected until `solve`."""

    def __init__(self) -> None:
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []
        self._integer: list[Floats] = []
        self._blocks: list[sparse.coo_array] = []
        self._least: list[Floats] = []
        self._most: list[Floats] = []
        self._costs: list[tuple[Places, Floats]] = []
        self._count = 0

    def variables(self, count: int, upper: ArrayLike = math.inf, *, integer: bool = False) -> Places:
        """Add `count` variables from 0 to `upper`; returns their places."""
        places = np.arange(self._count, self._count + count)
        self._count += count
        self._lower.append(np.zeros(count))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self._integer.append(np.full(count, float(integer)))
        return places

    def require(self, terms: Sequence[Term], lower: ArrayLike, upper: ArrayLike) -> None:
        """Add rows `lower ≤ Σ matrix · variables ≤ upper`; a term is variables and their matrix (rows × variables)."""
        parts = [(places, sparse.coo_array(matrix)) for places, matrix in terms]
        height = parts[0][1].shape[0]
        row = np.concatenate([part.row for _, part in parts])
        column = np.concatenate([places[part.col] for places, part in parts])
        data = np.concatenate([part.data for _, part in parts])
        # The width grows with later variables; `solve` settles it.
        self._blocks.append(sparse.coo_array((data, (row, column)), shape=(height, self._count)))
        self._least.append(_broadcast(lower, height))
        self._most.append(_broadcast(upper, height))

    def minimise(self, places: Places, costs: ArrayLike) -> None:
        """Add `costs · variables` to the objective."""
        self._costs.append((places, _broadcast(costs, len(places))))

    def solve(self, effort: Effort) -> Solution:
        """Search for the least cost."""
        costs = np.zeros(self._count)
        for places, values in self._costs:
            costs[places] += values
        answer = milp(
            costs,
            integrality=np.concatenate(self._integer),
            bounds=Bounds(np.concatenate(self._lower), np.concatenate(self._upper)),
            constraints=self._constraints(),
            options={"mip_rel_gap": effort.gap, "node_limit": effort.nodes, "time_limit": effort.seconds},
        )
        if answer.x is not None:
            bound = answer.mip_dual_bound
            return Solution(Verdict.SOLVED, answer.x, answer.fun if bound is None else bound)
        verdict = Verdict.INFEASIBLE if answer.status == 2 else Verdict.UNDECIDED
        return Solution(verdict, np.empty(0), -math.inf)

    def _constraints(self) -> list[LinearConstraint]:
        if not self._blocks:
            return []
        for block in self._blocks:
            block.resize(block.shape[0], self._count)
        matrix = sparse.vstack(self._blocks, format="csr")
        return [LinearConstraint(matrix, np.concatenate(self._least), np.concatenate(self._most))]


def _broadcast(values: ArrayLike, count: int) -> Floats:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), count)

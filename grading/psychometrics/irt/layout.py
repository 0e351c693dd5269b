"""Where each parameter of each item stands in the vector that is estimated."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from grading.psychometrics.irt.models import Floats, Items, Model

Integers = NDArray[np.int64]
ABSENT = -1


@dataclass(frozen=True)
class Layout:
    """The free parameters.

    Attributes
    ----------
    place
        Index in the vector of each item's slope, intercepts and logit c (items × parameters), `ABSENT` where there is none.
    """

    place: Integers

    @cached_property
    def size(self) -> int:
        """How many parameters are estimated."""
        return int(self.place.max(initial=ABSENT)) + 1

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Which parameters of which items are estimated (items × parameters)."""
        return np.asarray(self.place != ABSENT)

    def gather(self, per_item: Floats) -> Floats:
        """Add up what concerns the same parameter: items × parameters in, a vector out."""
        return np.bincount(self.place[self.free], weights=per_item[self.free], minlength=self.size).astype(np.float64)

    def gather_blocks(self, blocks: Floats) -> Floats:
        """The same for matrices: items × parameters × parameters in, a square matrix out."""
        both = self.free[:, :, None] & self.free[:, None, :]
        cell = (self.place[:, :, None] * self.size + self.place[:, None, :])[both]
        summed = np.bincount(cell, weights=blocks[both], minlength=self.size**2).astype(np.float64)
        return summed.reshape(self.size, self.size)

    def read(self, items: Items) -> Floats:
        """The parameters of the items as a vector."""
        vector = np.zeros(self.size)
        vector[self.place[self.free]] = _columns(items)[self.free]
        return vector

    def write(self, items: Items, vector: Floats) -> Items:
        """The items with the parameters of a vector."""
        columns = np.where(self.free, vector[self.place], _columns(items))
        steps = items.intercepts.shape[1]
        guessing = np.where(self.free[:, -1], expit(columns[:, -1]), items.guessing) if self.guesses(steps) else items.guessing
        return replace(items, slopes=columns[:, 0], intercepts=columns[:, 1 : 1 + steps], guessing=guessing)

    def guesses(self, steps: int) -> bool:
        """Whether a lower asymptote is among the parameters."""
        return bool(self.place.shape[1] > 1 + steps)

    def without_guessing(self, items: NDArray[np.bool_]) -> "Layout":
        """The layout with the lower asymptotes of some items no longer estimated."""
        place = self.place.copy()
        place[items, -1] = ABSENT
        order = np.full(self.size + 1, ABSENT)
        kept = np.unique(place[place != ABSENT])
        order[kept] = np.arange(len(kept))
        return Layout(order[place])


def lay_out(model: Model, steps: Integers) -> Layout:
    """The layout of a model: slopes (one for all where it is common), then intercepts, then lower asymptotes."""
    most = int(steps.max(initial=1))
    free = np.zeros((len(steps), 1 + most + (model is Model.THREE)), dtype=np.bool_)
    free[:, 0] = True
    free[:, 1 : 1 + most] = np.arange(most) < steps[:, None]
    if model is Model.THREE:
        free[:, -1] = True
    place = np.full(free.shape, ABSENT)
    if model.has_common_slope:
        place[:, 0] = 0
        rest = free[:, 1:]
        place[:, 1:][rest] = 1 + np.arange(rest.sum())
    else:
        place[free] = np.arange(free.sum())
    return Layout(place)


def _columns(items: Items) -> Floats:
    """Slopes, intercepts and (`3pl`) logits of c side by side."""
    columns = [items.slopes[:, None], items.intercepts]
    if items.model is Model.THREE:
        columns.append(logit(items.guessing.clip(1e-12, 1 - 1e-12))[:, None])
    return np.concatenate(columns, axis=1)

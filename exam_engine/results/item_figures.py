"""What each item of a sitting did, pooled over the forms it was on: pure functions on arrays.

Every figure is computed within a form, against the other items of that form, and averaged over the forms with the number of
candidates as weight (Hunter & Schmidt 2004): forms of different difficulty do not look like differences between candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exam_engine.authoring.calibrations import ItemKey
from grading.marked import is_empty
from grading.psychometrics.distractors import OptionStatistics, analyse_options, suspicions
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.items import analyse

Floats = NDArray[np.float64]

FEWEST_TO_FLAG: Final = 30
"""With fewer candidates an item is not flagged: what looks odd is most likely chance."""

TOO_HARD, TOO_EASY = 0.2, 0.95
LOW_DISCRIMINATION: Final = 0.1
OFTEN_OMITTED: Final = 0.1

CHOICES: Final = ("single_choice", "true_false")


@dataclass(frozen=True)
class SatForm:
    """One form as it was sat.

    Attributes
    ----------
    items
        Code and version of each slot.
    documents
        The item of each slot, with the key in force.
    highest
        Marks that each slot can bring (slots).
    marks
        Marks by attempt and slot, NaN where a person marks.
    responses
        The newest response to each slot, by attempt.
    """

    items: Sequence[ItemKey]
    documents: Sequence[Mapping[str, Any]]
    highest: Floats
    marks: Floats
    responses: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Figures:
    """The figures of one item; None where there is none."""

    n: int
    p: Estimate
    item_rest: Estimate
    omit_rate: Estimate
    options: Sequence[OptionStatistics]

    @property
    def flags(self) -> list[str]:
        """Why somebody should look at the item; nothing while too few candidates sat it."""
        if self.n < FEWEST_TO_FLAG:
            return []
        p, r, omitted = self.p.value, self.item_rest.value, self.omit_rate.value or 0.0
        rules = {
            "too_hard": p is not None and p < TOO_HARD,
            "too_easy": p is not None and p > TOO_EASY,
            "low_discrimination": r is not None and 0 <= r < LOW_DISCRIMINATION,
            "often_omitted": omitted > OFTEN_OMITTED,
        }
        return suspicions(self.options, self.item_rest) + [name for name, holds in rules.items() if holds]


def pool_figures(forms: Iterable[SatForm]) -> dict[ItemKey, Figures]:
    """The figures of every item of these forms that the engine marks."""
    found: dict[ItemKey, list[Figures]] = defaultdict(list)
    for form in forms:
        for item, figures in _of_form(form).items():
            found[item].append(figures)
    return {item: _pool(several) for item, several in found.items()}


def _of_form(form: SatForm) -> dict[ItemKey, Figures]:
    marked = np.flatnonzero(~np.isnan(form.marks).any(axis=0))
    marks = form.marks[:, marked]
    empty = np.array([[is_empty(given) for given in row] for row in form.responses], dtype=np.bool_).reshape(form.marks.shape)
    options = _options(form, marks / form.highest[marked])
    return {
        form.items[int(column)]: Figures(
            n=statistics.n, p=statistics.p, item_rest=statistics.item_rest,
            omit_rate=Estimate(float(empty[:, column].mean()), len(marks)), options=options.get(int(column), []),
        )
        for column, statistics in zip(marked, analyse(marks, form.highest[marked]), strict=True)
    }  # fmt: skip


def _options(form: SatForm, shares: Floats) -> dict[int, list[OptionStatistics]]:
    """The options of items with one right answer, by column; an item counts 1 in the totals they are held against."""
    columns = [
        column for column, item in enumerate(form.documents)
        if item["type"] in CHOICES and isinstance(item.get("key"), str | bool)
    ]  # fmt: skip
    if not columns or not len(shares):
        return {}
    chosen = np.array([[_spell(row[column]) for column in columns] for row in form.responses])
    keys = [_spell(form.documents[column]["key"]) for column in columns]
    return dict(zip(columns, analyse_options(chosen, shares, keys), strict=True))


def _spell(response: Any) -> str:
    """A choice as a word: an option's name, `true` or `false`, nothing."""
    return str(response).lower() if isinstance(response, bool) else "" if is_empty(response) else str(response)


def _pool(several: Sequence[Figures]) -> Figures:
    if len(several) == 1:
        return several[0]
    by_option: dict[str, list[OptionStatistics]] = defaultdict(list)
    for figures in several:
        for option in figures.options:
            by_option[option.option].append(option)
    return Figures(
        n=sum(one.n for one in several),
        p=_mean([one.p for one in several]),
        item_rest=_mean([one.item_rest for one in several]),
        omit_rate=_mean([one.omit_rate for one in several]),
        options=[_pool_option(by_option[name], sum(one.n for one in several)) for name in sorted(by_option)],
    )


def _pool_option(several: Sequence[OptionStatistics], candidates: int) -> OptionStatistics:
    """One option over forms; a form on which nobody chose it counts as none of its candidates."""
    n = sum(one.n for one in several)
    return OptionStatistics(
        several[0].option, several[0].key, n, Estimate(n / candidates, candidates),
        _mean([one.point_biserial for one in several]), _mean([one.point_biserial_rest for one in several]),
        _mean([one.mean_total for one in several]), _mean([one.upper for one in several]),
    )  # fmt: skip


def _mean(several: Sequence[Estimate]) -> Estimate:
    """The mean of the figures that there are, weighted by their candidates; without any, the first reason."""
    there = [(one.value, one.n) for one in several if one.value is not None]
    n = sum(weight for _, weight in there)
    if not n:
        return several[0] if several[0].value is None else Estimate(None, 0, "too_few_candidates")
    return Estimate(sum(value * weight for value, weight in there) / n, n)

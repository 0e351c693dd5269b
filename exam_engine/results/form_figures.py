"""The figures of one form and of one paper of a sitting, by the functions of `grading.psychometrics`; scores from 0 to 100."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exam_engine.results.item_figures import Figures, pool_figures
from exam_engine.results.statistics import Floats, FormSat
from grading.psychometrics.charts import option_shares
from grading.psychometrics.composites import pooled_error
from grading.psychometrics.decision import Decisions, Scale, livingston_lewis
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.irt.calibration import calibrate
from grading.psychometrics.irt.mml import fit
from grading.psychometrics.irt.models import Model
from grading.psychometrics.irt.responses import code_responses
from grading.psychometrics.irt.scoring import score_wle
from grading.psychometrics.parallel_forms import Comparison, compare_forms
from grading.psychometrics.partial_error import error_at
from grading.psychometrics.reliability import Interval, alpha_if_deleted, cronbach_alpha, feldt_interval, lambda2, sem
from grading.psychometrics.sufficient import Sufficient

FEWEST_TO_DECIDE_AGAIN: Final = 20
"""With fewer scores the four moments that the model of true scores needs are mostly chance."""

FEWEST_FOR_MAP: Final = 50
FEWEST_ITEMS_FOR_MAP: Final = 10

FEWEST_GROUPS, MOST_GROUPS, GROUP = 3, 5, 25
"""Groups of candidates by total for the curves of options: three to five, of about 25 or more where there are enough."""


@dataclass(frozen=True)
class OptionCurves:
    """Shares of the options of one item in groups of rising totals."""

    means: Floats
    shares: dict[str, Floats]
    key: str


@dataclass(frozen=True)
class ItemRow:
    """One item of a form; `curves` only where it is flagged and has one right option."""

    place: str
    code: str
    type: str
    most: float
    figures: Figures
    alpha_if_deleted: Estimate
    curves: OptionCurves | None


@dataclass(frozen=True)
class PersonMap:
    """Abilities and difficulties of a Rasch model, in logits; `partial` items gave partial marks and were left out."""

    abilities: Floats
    difficulties: Floats
    codes: Sequence[str]
    partial: int


@dataclass(frozen=True)
class FormFigures:
    """One form; `decisions` only where its paper has a cut. A figure that cannot be had says why."""

    number: int
    n: int
    waiting: int
    k: int
    most: float
    mean: Estimate
    sd: Estimate
    mean_error: Estimate
    alpha: Estimate
    interval: Interval
    lambda2: Estimate
    sem: Estimate
    sem_at_cut: Estimate
    decisions: Decisions
    items: Sequence[ItemRow]
    map: PersonMap | str


@dataclass(frozen=True)
class PaperFigures:
    """One paper: its forms, how equal they are, and the errors over all of them. `needed` is None without a cut of its own."""

    code: str
    kind: str
    title: Any
    needed: Fraction | None
    forms: Sequence[FormFigures]
    comparison: Comparison
    common_items: int
    sem: Estimate
    sem_at_cut: Estimate


def describe_form(form: FormSat, cut: Fraction | None) -> FormFigures:
    """The figures of a form; `cut` is on the scale from 0 to 100."""
    marks, most = form.complete, float(form.sat.highest.sum())
    found, percent, n = Sufficient.of(marks), form.percent, len(marks)
    alpha = cronbach_alpha(found)
    few = Estimate(None, n, "too_few_candidates")
    sd = Estimate(float(percent.std(ddof=1)), n) if n > 1 else few
    at_cut = error_at(marks, float(cut) * most / 100, form.sat.highest) if cut is not None else Estimate(None, n, "no_cut")
    return FormFigures(
        number=form.number, n=n, waiting=len(form.sat.marks) - n, k=marks.shape[1], most=most,
        mean=Estimate(float(percent.mean()), n) if n else few, sd=sd,
        mean_error=replace(sd, value=sd.value / n**0.5) if sd.value is not None else sd,
        alpha=alpha, interval=feldt_interval(found), lambda2=lambda2(found),
        sem=_scaled(sem(found), 100 / most), sem_at_cut=_scaled(at_cut, 100 / most),
        decisions=decide_again(percent, alpha, cut), items=_items(form, found), map=_map(form),
    )  # fmt: skip


def describe_paper(head: dict[str, Any], forms: Sequence[FormSat], cut: Fraction | None) -> PaperFigures:
    """The figures of a paper; `head` holds its code, kind, title and the cut of its own, as `needed`."""
    described = [describe_form(form, cut) for form in forms]
    sizes = [one.n for one in described]
    codes = [{code for code, _ in form.sat.items} for form in forms]
    return PaperFigures(
        **head,
        forms=described,
        comparison=compare_forms([form.percent for form in forms]),
        common_items=sum(1 for code in set().union(*codes) if sum(code in own for own in codes) > 1),
        sem=pooled_error([one.sem for one in described], sizes),
        sem_at_cut=pooled_error([one.sem_at_cut for one in described], sizes),
    )


def decide_again(percent: Floats, reliability: Estimate, cut: Fraction | None) -> Decisions:
    """Accuracy and consistency of decisions at the cut (Livingston & Lewis), or the reason why there are none."""
    why = "no_cut" if cut is None else reliability.reason
    if reliability.value is not None and not 0 < reliability.value < 1:
        why = "negative_reliability" if reliability.value <= 0 else "no_error"
    if len(percent) < FEWEST_TO_DECIDE_AGAIN:
        why = "too_few_candidates"
    if why is not None or cut is None or reliability.value is None:
        return Decisions(*[Estimate(None, len(percent), why or "no_cut")] * 8)
    return livingston_lewis(percent, reliability.value, Scale(Fraction(0), Fraction(100), cut)).decisions


def _scaled(one: Estimate, by: float) -> Estimate:
    return one if one.value is None else Estimate(one.value * by, one.n)


def _items(form: FormSat, found: Sufficient) -> list[ItemRow]:
    whole = np.flatnonzero(~np.isnan(form.sat.marks).any(axis=1))
    rows = [form.sat.responses[int(row)] for row in whole]
    figures = pool_figures([replace(form.sat, marks=form.complete, responses=rows)])
    without = alpha_if_deleted(found)
    return [
        ItemRow(
            place=place, code=item[0], type=document["type"], most=float(form.sat.highest[column]), figures=figures[item],
            alpha_if_deleted=without[column], curves=_curves(form, rows, column) if figures[item].flags else None,
        )
        for column, (item, document, place) in enumerate(zip(form.sat.items, form.sat.documents, places_of(form), strict=True))
    ]  # fmt: skip


def places_of(form: FormSat) -> list[str]:
    """What each slot is called on the paper: its number, or task and part of a case."""
    return [
        code.split("/", 1)[1].replace("/", " ") if "/" in code else str(number)
        for number, (code, _) in enumerate(form.sat.items, 1)
    ]


def _curves(form: FormSat, rows: Sequence[Sequence[Any]], column: int) -> OptionCurves | None:
    document = form.sat.documents[column]
    if document["type"] != "single_choice" or not isinstance(document.get("key"), str):
        return None
    chosen: NDArray[np.str_] = np.array([row[column] if isinstance(row[column], str) else "" for row in rows], dtype=np.str_)
    groups = min(MOST_GROUPS, max(FEWEST_GROUPS, len(chosen) // GROUP))
    return OptionCurves(*option_shares(form.percent, chosen, groups), document["key"])


def _map(form: FormSat) -> PersonMap | str:
    """Candidates and right/wrong items on one scale, or why not."""
    marks, most = form.complete, form.sat.highest
    plain = ((marks == 0) | (marks == most)).all(axis=0) if len(marks) else np.zeros(len(most), dtype=np.bool_)
    if len(marks) < FEWEST_FOR_MAP:
        return "too_few_candidates"
    coded = code_responses((marks[:, plain] > 0).astype(np.float64), Model.RASCH)
    if len(coded.used) < FEWEST_ITEMS_FOR_MAP:
        return "too_few_items"
    items = calibrate(fit(coded.patterns, Model.RASCH), len(marks)).items
    abilities = score_wle(items, coded.patterns).theta[coded.patterns.row_of]
    codes = [form.sat.items[int(column)][0] for column in np.flatnonzero(plain)[coded.used]]
    return PersonMap(abilities, items.thresholds[:, 0], codes, int((~plain).sum()))

"""Which candidates answered more alike than their abilities explain, form by form, by `grading.psychometrics`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exam_engine.results.item_figures import CHOICES
from exam_engine.results.statistics import Floats, FormSat
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.irt.calibration import calibrate
from grading.psychometrics.irt.mml import fit
from grading.psychometrics.irt.models import Model
from grading.psychometrics.irt.responses import code_responses
from grading.psychometrics.option_models import BLANK, Choices, built_chances, likeliest_abilities
from grading.psychometrics.similar_pairs import all_pairs, study_pairs

Whole = NDArray[np.int64]

FEWEST, MOST = 50, 500
"""Candidates of a form: fewer tell too little of the items, more make too many pairs for a page."""

FEWEST_ITEMS: Final = 10
FALSE_DISCOVERIES: Final = 0.05
INDEX: Final = "omega"


@dataclass(frozen=True)
class SimilarPair:
    """A flagged pair: candidates' numbers, items with the same wrong and the same right answer, and how likely that is."""

    one: str
    two: str
    same_wrong: int
    same_right: int
    omega: Estimate
    p: float
    p_m4: float


@dataclass(frozen=True)
class SimilarAnswers:
    """What was compared on one form, and the pairs flagged, the least likely first."""

    form: int
    candidates: int
    items: int
    pairs: int
    flagged: Sequence[SimilarPair]


def compare_answers(form: FormSat) -> SimilarAnswers | str:
    """Compare every pair of candidates of a form on its items with one right option; or why that cannot be done."""
    if not FEWEST <= len(form.candidates) <= MOST:
        return "too_few_candidates" if len(form.candidates) < FEWEST else "too_many_candidates"
    codes, keys, options = _choices(form)
    coded = code_responses((codes == keys).astype(np.float64), Model.RASCH)
    if len(coded.used) < FEWEST_ITEMS:
        return "too_few_items"
    b = calibrate(fit(coded.patterns, Model.RASCH), len(codes)).items.thresholds[:, 0]
    return _flagged(form, Choices(codes[:, coded.used], keys[coded.used], options), b)


def _choices(form: FormSat) -> tuple[Whole, Whole, int]:
    """What everybody chose on the items with one right option as codes, the keys, and how many options there are."""
    asked = [
        (column, _spell(item["key"]))
        for column, item in enumerate(form.sat.documents)
        if item["type"] in CHOICES and isinstance(item.get("key"), str | bool)
    ]
    chosen = [[_spell(row[column]) for column, _ in asked] for row in form.sat.responses]
    names = sorted({name for row in [*chosen, [key for _, key in asked]] for name in row} - {""})
    place = {name: code for code, name in enumerate(names)} | {"": BLANK}
    codes = np.array([[place[name] for name in row] for row in chosen], dtype=np.int64).reshape(len(chosen), len(asked))
    return codes, np.array([place[key] for _, key in asked], dtype=np.int64), len(names)


def _flagged(form: FormSat, choices: Choices, b: Floats) -> SimilarAnswers:
    one, two = all_pairs(len(form.candidates))
    chances = built_chances(choices, np.ones(len(b)), b, np.zeros(len(b)))
    study = study_pairs(choices, chances(likeliest_abilities(choices, chances)), one, two, directed=False)
    rows = np.flatnonzero(study.q[INDEX] <= FALSE_DISCOVERIES)
    found = [
        SimilarPair(
            form.candidates[int(one[row])], form.candidates[int(two[row])], int(study.matches.wrong[row]),
            int(study.matches.right[row]), _omega(float(study.omega[row]), choices.codes.shape[1]),
            float(study.p[INDEX][row]), float(study.p["m4"][row]),
        )
        for row in rows[np.argsort(study.p[INDEX][rows])]
    ]  # fmt: skip
    return SimilarAnswers(form.number, len(form.candidates), choices.codes.shape[1], len(one), found)


def _omega(value: float, items: int) -> Estimate:
    return Estimate(value, items) if np.isfinite(value) else Estimate(None, items, "no_estimate")


def _spell(response: Any) -> str:
    """A choice as a word; empty for none."""
    return str(response).lower() if isinstance(response, bool) else response if isinstance(response, str) else ""

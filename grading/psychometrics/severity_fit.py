"""What a fitted many-facet model says: fit of each element, how well elements are told apart, fair averages, categories."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from grading.psychometrics.estimates import Estimate
from grading.psychometrics.severity import Severity
from grading.psychometrics.severity_design import Floats, Ratings, Whole
from grading.psychometrics.severity_search import Moments, moments


@dataclass(frozen=True)
class Fit:
    """Mean-square residuals of each element of a facet and their standardised forms; NaN where an element is not measured."""

    infit: Floats
    infit_z: Floats
    outfit: Floats
    outfit_z: Floats


@dataclass(frozen=True)
class Separation:
    """How well elements of a facet are told apart, extreme ones left out.

    `sd` of the measures (n − 1), `rmse` the root mean square error, `true_sd` what is left, `separation` = true SD / RMSE,
    `strata` = (4 · separation + 1)/3, `reliability` = true variance / variance, `chi2` that all measures are equal.
    """

    sd: Estimate
    rmse: Estimate
    true_sd: Estimate
    separation: Estimate
    strata: Estimate
    reliability: Estimate
    chi2: Estimate
    df: int
    p: float | None


@dataclass(frozen=True)
class CategoryUse:
    """One category of one set of thresholds: how often used, mean logit of its ratings as observed and as expected, outfit."""

    count: int
    average: Estimate
    expected: Estimate
    outfit: Estimate
    threshold: Estimate
    threshold_error: float | None


def logits(fitted: Severity, ratings: Ratings) -> Floats:
    """Candidate − rater − criterion of each rating."""
    candidate, rater, criterion = (of[index] for of, index in zip(fitted.measures, ratings.elements, strict=True))
    return np.asarray(candidate - rater - criterion)


def element_fit(fitted: Severity) -> tuple[Fit, Fit, Fit]:
    """Infit and outfit of all elements over the ratings the model was fitted to.

    Infit weights squared residuals by their information, outfit is their plain mean after standardising; both are about 1 under
    the model. z is the Wilson-Hilferty form (Wright & Masters 1982, pages 100 and 101).
    """
    ratings = fitted.split.ratings
    now = _moments(fitted, ratings)
    found = [_fit(ratings.elements[f], ratings.counts[f], ratings.scores - now.expected, now) for f in range(3)]
    return found[0], found[1], found[2]


def _moments(fitted: Severity, ratings: Ratings) -> Moments:
    return moments(logits(fitted, ratings), fitted.steps[ratings.structure])


def _fit(index: Whole, count: int, residual: Floats, now: Moments) -> Fit:
    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(index, weights=values, minlength=count), dtype=np.float64)

    n, information = np.bincount(index, minlength=count).astype(np.float64), total(now.variance)
    n[n == 0] = information[information == 0] = np.nan
    variance = np.maximum(now.variance, 1e-12)
    infit, outfit = total(residual**2) / information, total(residual**2 / variance) / n
    spread_in = np.sqrt(np.maximum(total(now.fourth - now.variance**2), 0)) / information
    spread_out = np.sqrt(np.maximum(total(now.fourth / variance**2) / n**2 - 1 / n, 0))
    return Fit(infit, _standardised(infit, spread_in), outfit, _standardised(outfit, spread_out))


def _standardised(mean_square: Floats, spread: Floats) -> Floats:
    safe = np.where(spread > 0, spread, np.nan)
    return np.asarray((np.cbrt(mean_square) - 1) * 3 / safe + safe / 3)


def separation(measures: Floats, errors: Floats) -> Separation:
    """Separation and reliability of the measured elements of a facet (Wright & Masters 1982, pages 105 and 106)."""
    n = len(measures)
    if n < 2:
        nothing = Estimate(None, n, "too_few_elements")
        return Separation(nothing, nothing, nothing, nothing, nothing, nothing, nothing, 0, None)
    variance, error = float(measures.var(ddof=1)), float((errors**2).mean())
    true = max(variance - error, 0.0)
    ratio = float(np.sqrt(true / error))
    weight = errors**-2
    spread = float((weight * measures**2).sum() - (weight * measures).sum() ** 2 / weight.sum())
    return Separation(
        Estimate(variance**0.5, n), Estimate(error**0.5, n), Estimate(true**0.5, n), Estimate(ratio, n),
        Estimate((4 * ratio + 1) / 3, n),
        Estimate(true / variance, n) if variance > 0 else Estimate(None, n, "no_variance"),
        Estimate(spread, n), n - 1, float(chi2.sf(spread, n - 1)),
    )  # fmt: skip


def fair_averages(fitted: Severity) -> tuple[Floats, Floats, Floats]:
    """The score each element would have had or given on average had all others been average (Linacre 1989).

    For a candidate: from a rater and on a criterion of measure 0. For a rater or criterion: for a candidate of the mean
    measure.
    Where criteria have thresholds of their own, the mean over all of them; for a criterion its own.
    """
    mean = float(np.nanmean(fitted.measures[0][fitted.split.extreme[0] == 0]))
    criteria = fitted.measures[2]
    own = len(fitted.steps) > 1
    difficulty = criteria if own else np.zeros(1)

    def over_criteria(logit: Floats) -> Floats:
        each = [_expected(logit - d, steps) for d, steps in zip(difficulty, fitted.steps, strict=True) if not np.isnan(d)]
        return np.asarray(np.mean(each, axis=0))

    if own:
        of_criteria = np.array(
            [_expected(np.array([mean - d]), steps)[0] for d, steps in zip(criteria, fitted.steps, strict=True)]
        )
    else:
        of_criteria = _expected(mean - criteria, fitted.steps[0])
    return over_criteria(fitted.measures[0]), over_criteria(mean - fitted.measures[1]), of_criteria


def _expected(logit: Floats, steps: Floats) -> Floats:
    """Expected scores at these logits; NaN where a logit is."""
    told = np.where(np.isnan(logit), 0.0, logit)
    if not np.isfinite(steps).any():
        return np.full(len(told), np.nan)
    return np.where(np.isnan(logit), np.nan, moments(told, np.tile(steps, (len(told), 1))).expected)


def category_use(fitted: Severity) -> list[list[CategoryUse]]:
    """How each category was used, for every set of thresholds, over the ratings the model was fitted to."""
    ratings = fitted.split.ratings
    logit, now = logits(fitted, ratings), _moments(fitted, ratings)
    squared = (ratings.scores - now.expected) ** 2 / np.maximum(now.variance, 1e-12)
    found = []
    for structure, steps in enumerate(fitted.steps):
        here = ratings.structure == structure
        chances = now.chances[here]
        rows = []
        for category in range(len(steps)):
            at = ratings.scores[here] == category
            expected = float(chances[:, category] @ logit[here] / chances[:, category].sum()) if at.any() else None
            rows.append(_use(at, logit[here], expected, squared[here], _threshold(fitted, structure, category)))
        found.append(rows)
    return found


def _use(
    at: Floats, logit: Floats, expected: float | None, squared: Floats, threshold: tuple[Estimate, float | None]
) -> CategoryUse:
    count = int(at.sum())
    if expected is None:
        nothing = Estimate(None, 0, "unused_category")
        return CategoryUse(0, nothing, nothing, nothing, *threshold)
    average, outfit = float(logit[at].mean()), float(squared[at].mean())
    return CategoryUse(count, Estimate(average, count), Estimate(expected, count), Estimate(outfit, count), *threshold)


def _threshold(fitted: Severity, structure: int, category: int) -> tuple[Estimate, float | None]:
    """The threshold from the category below into this one; there is none into the lowest, nor beside one that was not used."""
    steps, n = fitted.steps[structure], len(fitted.split.ratings.scores)
    if category == 0:
        return Estimate(None, n, "lowest_category"), None
    value = float(steps[category - 1] - steps[category]) if np.isfinite(steps[category - 1 : category + 1]).all() else None
    error = float(fitted.threshold_errors[structure, category])
    return (Estimate(None, n, "unused_category"), None) if value is None else (Estimate(value, n), error)

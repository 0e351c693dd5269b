"""The statistics beside independent libraries: girth for item response models, krippendorff for alpha."""

import girth
import krippendorff
import numpy as np
import pytest

from grading.psychometrics.irt.cml import fit_conditional
from grading.psychometrics.irt.mml import fit
from grading.psychometrics.irt.models import Model
from grading.psychometrics.irt.responses import code_responses
from grading.psychometrics.irt.scoring import score_ml
from grading.psychometrics.krippendorff import Level, krippendorff_alpha

FINE = {"quadrature_n": 121, "quadrature_bounds": (-6.0, 6.0), "max_iteration": 200}


@pytest.fixture(scope="module")
def responses():
    """Eight hundred candidates, twelve items, right or wrong."""
    draw = np.random.default_rng(417)
    theta, b, a = draw.normal(size=800), draw.normal(size=12), np.exp(draw.normal(0, 0.25, 12))
    return (draw.random((800, 12)) < 1 / (1 + np.exp(-a * (theta[:, None] - b)))).astype(int)


def test_two_parameters_by_marginal_likelihood_agree_with_girth(responses):
    """As far as girth is converged: it stops when slopes move by less than a hundredth."""
    theirs = girth.twopl_mml(responses.T, options=FINE)
    ours = fit(code_responses(responses, Model.TWO).patterns, Model.TWO).items
    assert ours.slopes == pytest.approx(theirs["Discrimination"], abs=1e-2)
    assert ours.thresholds[:, 0] == pytest.approx(theirs["Difficulty"], abs=1e-2)


def test_rasch_by_conditional_likelihood_agrees_with_girth(responses):
    theirs = girth.rasch_conditional(responses.T)["Difficulty"]
    ours = fit_conditional(code_responses(responses, Model.RASCH).patterns).difficulties
    assert ours - ours.mean() == pytest.approx(theirs - np.mean(theirs), abs=1e-4)


def test_abilities_by_maximum_likelihood_agree_with_girth(responses):
    some = responses[:60]
    patterns = code_responses(responses, Model.TWO).patterns
    items = fit(patterns, Model.TWO).items
    theirs = girth.ability_mle(some.T, items.thresholds[:, 0], items.slopes)
    inside = (some.sum(axis=1) > 0) & (some.sum(axis=1) < some.shape[1])
    coded = code_responses(some, Model.TWO).patterns
    ours = score_ml(items, coded).theta[coded.row_of]
    assert ours[inside] == pytest.approx(theirs[inside], abs=1e-3)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_with_missing_ratings_agrees_with_krippendorff(level):
    draw = np.random.default_rng(11)
    ratings = np.clip(np.round(draw.normal(3, 1, (60, 1)) + draw.normal(0, 0.8, (60, 4))), 1, 6)
    ratings[draw.random(ratings.shape) < 0.2] = np.nan
    ours = krippendorff_alpha(ratings, Level(level), replicates=0)
    assert ours.value.value == pytest.approx(krippendorff.alpha(ratings.T, level_of_measurement=level), abs=1e-10)

"""Options: who chose them, and when they speak against the key."""

import numpy as np
import pytest

from grading.psychometrics.distractors import analyse_options, suspicions
from grading.psychometrics.estimates import Estimate
from grading.psychometrics.items import analyse

CHOSEN = np.random.default_rng(11).choice(list("ABCD"), (80, 6))
KEY = list("AABBCC")
SCORES = (np.array(KEY) == CHOSEN).astype(float)


def test_every_figure_of_an_option_by_its_definition():
    totals = SCORES.sum(axis=1)
    for item, options in enumerate(analyse_options(CHOSEN, SCORES, KEY)):
        assert [option.option for option in options] == list("ABCD")
        for option in options:
            mask = CHOSEN[:, item] == option.option
            assert (option.key, option.n) == (option.option == KEY[item], mask.sum())
            assert option.proportion.value == pytest.approx(mask.mean(), abs=1e-12)
            assert option.mean_total.value == pytest.approx(totals[mask].mean(), abs=1e-12)
            assert option.point_biserial.value == pytest.approx(np.corrcoef(mask, totals)[0, 1], abs=1e-12)
            rest = np.corrcoef(mask, totals - SCORES[:, item])[0, 1]
            assert option.point_biserial_rest.value == pytest.approx(rest, abs=1e-12)


def test_the_key_has_the_figures_of_the_item():
    for options, item in zip(analyse_options(CHOSEN, SCORES, KEY), analyse(SCORES), strict=True):
        (right,) = [option for option in options if option.key]
        assert right.point_biserial_rest.value == pytest.approx(item.item_rest.value, abs=1e-12)
        assert right.proportion.value == pytest.approx(item.p.value, abs=1e-12)


def test_a_key_nobody_chose_is_listed_and_names_of_any_length_will_do():
    options = analyse_options(np.array([["yes"], ["no"], [""]]), np.zeros((3, 1)), ["never"])[0]
    assert [(option.option, option.n, option.key) for option in options] == [
        ("", 1, False),
        ("never", 0, True),
        ("no", 1, False),
        ("yes", 1, False),
    ]
    assert (options[1].mean_total.reason, options[1].point_biserial.reason) == ("not_chosen", "not_chosen")


def keyed(wrong: str) -> list[str]:
    """Suspicions about the first of twenty items when its key is `wrong` and good candidates know it is A."""
    random = np.random.default_rng(5)
    ability = random.normal(size=400)
    knows = random.random((400, 20)) < 1 / (1 + np.exp(-2 * ability[:, None]))
    chosen = np.where(knows, "A", random.choice(list("BCD"), (400, 20)))
    key = [wrong, *"A" * 19]
    scores = (chosen == np.array(key)).astype(float)
    return suspicions(analyse_options(chosen, scores, key)[0], analyse(scores)[0].item_rest)


def test_a_wrong_key_is_suspected_and_a_right_one_is_not():
    assert keyed("A") == []
    assert keyed("B") == ["negative_discrimination", "better_distractor", "upper_group_differs"]


def test_scores_without_options_are_suspected_by_their_correlation_alone():
    assert suspicions([], Estimate(-0.01, 9)) == ["negative_discrimination"]
    assert suspicions([], Estimate(0.0, 9)) == suspicions([], Estimate(None, 9, "no_variance")) == []

"""Simulated candidates follow the models they are drawn from. Seeds are fixed; bounds are five standard errors or wider."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from grading.psychometrics.simulation import (
    COPIED_TIME,
    KNOWN_CHANCE,
    KNOWN_TIME,
    NOBODY,
    NOT_REACHED,
    OMITTED,
    RIGHT,
    SEATS_AWAY,
    Estimates,
    Items,
    People,
    Population,
    Responses,
    draw_items,
    draw_people,
    respond,
)

NEVER_OMIT = Population(omit_mean_logit=-50, omit_sd_logit=0)
WRONG = 3


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def estimates(k: int, *, guess: float = 0.25, graded: bool = False) -> Estimates:
    spread = np.linspace(-2, 2, k)
    return Estimates(spread, np.full(k, guess), np.full(k, 60.0), np.full(k, WRONG), np.full(k, graded))


def one_ability(theta: float, n: int) -> People:
    return replace(draw_people(n, rng(), NEVER_OMIT), theta_logit=np.full(n, theta), speed=np.zeros(n))


def columns_of(thing: Any) -> list[NDArray[Any]]:
    return [getattr(thing, field.name) for field in fields(thing)]


def is_same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(columns_of(one), columns_of(other), strict=True)
    )


def share_bound(share: float, n: int) -> float:
    """Five standard errors of a proportion."""
    return float(5 * np.sqrt(max(share * (1 - share), 1 / n) / n))


# Same seed, same everything


@given(seed=st.integers(0, 2**32), n=st.integers(1, 40), k=st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_the_same_seed_gives_the_same_people_items_and_responses(seed: int, n: int, k: int) -> None:
    def everything() -> tuple[People, Items, Responses]:
        draw = rng(seed)
        people, items = draw_people(n, draw, Population(copiers=0.2, informed=0.2)), draw_items(estimates(k), draw)
        return people, items, respond(people, items, draw, minutes=k)

    assert all(is_same(one, other) for one, other in zip(everything(), everything(), strict=True))


@given(seed=st.integers(0, 2**32), n=st.integers(0, 40), k=st.integers(1, 12), minutes=st.floats(0, 30))
@settings(max_examples=50, deadline=None)
def test_every_response_is_one_of_the_item_or_a_blank(seed: int, n: int, k: int, minutes: float) -> None:
    draw = rng(seed)
    wrong = draw.integers(1, 6, k)
    items = draw_items(replace(estimates(k), wrong=wrong), draw, leaked_share=0.5)
    people = draw_people(n, draw, Population(copiers=0.3, informed=0.3))
    done = respond(people, items, draw, minutes=minutes)
    assert done.chosen.shape == (n, k)
    assert ((done.chosen >= NOT_REACHED) & (done.chosen <= wrong)).all()
    reached = done.chosen != NOT_REACHED
    assert np.array_equal(np.isnan(done.times_s), ~reached)
    assert (done.times_s[reached] > 0).all()
    assert not ((done.copied | done.known) & ~reached).any()
    assert not (done.copied & (done.chosen == OMITTED)).any()
    assert (np.nansum(done.times_s, axis=1) <= 60 * minutes).all()
    assert np.array_equal(done.scores, done.chosen == RIGHT)


# People


def test_abilities_and_speeds_have_the_moments_of_their_population() -> None:
    population = Population(theta_mean_logit=0.3, theta_sd_logit=0.9, speed_sd=0.25, speed_correlation=0.4)
    people = draw_people(40_000, rng(), population)
    assert people.theta_logit.mean() == pytest.approx(0.3, abs=5 * 0.9 / 200)
    assert people.theta_logit.std() == pytest.approx(0.9, rel=0.02)
    assert people.speed.mean() == pytest.approx(0, abs=5 * 0.25 / 200)
    assert people.speed.std() == pytest.approx(0.25, rel=0.02)
    assert np.corrcoef(people.theta_logit, people.speed)[0, 1] == pytest.approx(0.4, abs=0.025)


def test_copiers_and_informed_are_as_many_as_planned_and_nobody_is_both() -> None:
    people = draw_people(500, rng(), Population(copiers=0.02, informed=0.03, copied_least=0.5, copied_most=0.6))
    copies, informed = people.copied_share > 0, people.leak >= 0
    assert (copies.sum(), informed.sum(), (copies & informed).sum()) == (10, 15, 0)
    assert ((people.copied_share[copies] >= 0.5) & (people.copied_share[copies] <= 0.6)).all()


@given(seed=st.integers(0, 2**32), n=st.integers(1, 60), copiers=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_a_copier_copies_from_the_ablest_honest_neighbour_within_sight(seed: int, n: int, copiers: float) -> None:
    people = draw_people(n, rng(seed), Population(copiers=copiers))
    for row in range(n):
        near = [other for other in range(max(0, row - SEATS_AWAY), min(n, row + SEATS_AWAY + 1)) if other != row]
        honest = [other for other in near if people.copied_share[other] == 0]
        expected = max(honest, key=lambda other: people.theta_logit[other]) if people.copied_share[row] and honest else NOBODY
        assert people.source[row] == expected


def test_those_who_are_taken_keep_their_traits_and_get_new_neighbours() -> None:
    people = draw_people(30, rng(), Population(copiers=0.2, informed=0.2))
    rows = np.arange(29, -1, -3)
    taken = people.take(rows)
    assert np.array_equal(taken.theta_logit, people.theta_logit[rows])
    assert np.array_equal(taken.leak, people.leak[rows])
    assert (np.abs(taken.source - np.arange(len(taken)))[taken.source != NOBODY] <= SEATS_AWAY).all()


def test_learning_moves_ability_and_nothing_else() -> None:
    people = draw_people(10, rng())
    assert np.allclose(people.learned(0.5).theta_logit, people.theta_logit + 0.5)
    assert is_same(replace(people.learned(0.5), theta_logit=people.theta_logit), people)


# Items


def test_true_parameters_agree_with_the_estimates_up_to_their_error() -> None:
    k = 4_000
    items = draw_items(estimates(k), rng())
    error = items.b_logit - np.linspace(-2, 2, k)
    assert error.mean() == pytest.approx(0, abs=5 * 0.35 / np.sqrt(k))
    assert error.std() == pytest.approx(0.35, rel=0.06)
    assert items.a.mean() == pytest.approx(1, abs=0.02)
    assert (items.a > 0).all()
    assert items.c.mean() == pytest.approx(0.25, abs=0.006)
    assert ((items.c > 0) & (items.c < 1)).all()
    assert np.exp(items.time_log).mean() == pytest.approx(60, rel=0.03)


def test_an_item_that_cannot_be_guessed_has_no_guessing_parameter() -> None:
    assert not draw_items(estimates(50, guess=0), rng()).c.any()


def test_about_the_planned_share_of_items_is_leaked() -> None:
    assert not draw_items(estimates(400), rng()).leaked.any()
    assert draw_items(estimates(4_000), rng(), leaked_share=0.3).leaked.mean() == pytest.approx(
        0.3, abs=share_bound(0.3, 4_000)
    )


def test_items_that_are_taken_keep_their_parameters_in_the_order_asked_for() -> None:
    items = draw_items(estimates(5), rng(), leaked_share=0.5)
    taken = items.take([4, 1])
    assert np.array_equal(taken.b_logit, items.b_logit[[4, 1]])
    assert np.array_equal(taken.leaked, items.leaked[:, [4, 1]])
    assert np.array_equal(taken.attraction, items.attraction[[4, 1]])


# Responses


@pytest.mark.parametrize("theta", [-2.0, -0.5, 0.0, 1.5])
def test_the_share_of_right_responses_is_that_of_the_three_parameter_model(theta: float) -> None:
    """c + (1 − c) / (1 + exp(−a(θ − b))): Birnbaum (1968), eq. 17.2.1 with D = 1."""
    n, items = 20_000, draw_items(estimates(9), rng())
    scores = respond(one_ability(theta, n), items, rng(11)).scores.mean(axis=0)
    expected = items.c + (1 - items.c) / (1 + np.exp(-items.a * (theta - items.b_logit)))
    for share, chance in zip(scores, expected, strict=True):
        assert share == pytest.approx(chance, abs=share_bound(chance, n))


def test_wrong_responses_follow_the_nominal_model_and_the_weak_fall_for_the_plausible_one() -> None:
    n, items = 40_000, draw_items(estimates(5), rng())
    plausible = {}
    for theta in (-2.0, 1.0):
        chosen = respond(one_ability(theta, n), items, rng(12)).chosen
        for item in range(len(items)):
            weight = np.exp(items.attraction[item] + items.lure[item] * (theta - items.b_logit[item]))
            wrong = chosen[:, item][chosen[:, item] > 0]
            for number, chance in enumerate(weight / weight.sum(), 1):
                assert (wrong == number).mean() == pytest.approx(chance, abs=share_bound(chance, len(wrong)))
        plausible[theta] = (chosen == 1).sum() / (chosen > 0).sum()
    assert plausible[-2.0] > plausible[1.0] + 0.1


def test_the_able_miss_a_graded_task_only_just() -> None:
    items = draw_items(estimates(5, graded=True), rng())
    just_missed = {}
    for theta in (-2.0, 1.0):
        chosen = respond(one_ability(theta, 20_000), items, rng(12)).chosen
        just_missed[theta] = (chosen == 1).sum() / (chosen > 0).sum()
    assert just_missed[1.0] > just_missed[-2.0] + 0.1


def test_only_what_is_not_known_is_left_out_and_as_often_as_the_tendency_says() -> None:
    n, items = 40_000, draw_items(estimates(7), rng())
    people = replace(one_ability(0.0, n), omit_logit=np.full(n, -1.0))
    blank = (respond(people, items, rng(13)).chosen == OMITTED).mean(axis=0)
    unknown = 1 - 1 / (1 + np.exp(items.a * items.b_logit))
    for share, chance in zip(blank, unknown / (1 + np.exp(1.0)), strict=True):
        assert share == pytest.approx(chance, abs=share_bound(chance, n))


# Time


def test_times_are_lognormal_with_intensity_speed_and_spread() -> None:
    """log T = β − τ + N(0, 1/α): van der Linden (2006), eq. 1."""
    n, items = 20_000, draw_items(estimates(6), rng())
    people = replace(one_ability(0.0, n), speed=np.full(n, 0.3))
    logs = np.log(respond(people, items, rng(14)).times_s)
    np.testing.assert_allclose(logs.mean(axis=0), items.time_log - 0.3, atol=5 * 0.5 / np.sqrt(n))
    np.testing.assert_allclose(logs.std(axis=0), items.time_sd, rtol=0.03)


def test_whoever_is_slow_leaves_the_end_blank_in_the_order_they_work_in() -> None:
    n, k = 300, 40
    order = rng(3).permuted(np.tile(np.arange(k), (n, 1)), axis=1)
    people, items = draw_people(n, rng(), NEVER_OMIT), draw_items(estimates(k), rng())
    done = respond(people, items, rng(15), minutes=38, order=order)
    reached = np.take_along_axis(done.chosen, order, axis=1) != NOT_REACHED
    assert (np.diff(reached.astype(int), axis=1) <= 0).all(), "after the first item not reached there is none"
    assert 0.05 < (~reached[:, -1]).mean() < 0.95
    assert np.corrcoef(people.speed, reached.sum(axis=1))[0, 1] > 0.5
    assert (respond(people, items, rng(15)).chosen != NOT_REACHED).all(), "without a limit everything is reached"


def test_everybody_has_their_own_time() -> None:
    people, items = draw_people(2, rng(), NEVER_OMIT), draw_items(estimates(30), rng())
    done = respond(people, items, rng(16), minutes=[5, 500])
    assert (done.chosen[0] == NOT_REACHED).any()
    assert not (done.chosen[1] == NOT_REACHED).any()


# Copying and prior knowledge


def test_a_copied_response_is_the_neighbours_and_copiers_agree_far_above_chance() -> None:
    """Copying as in Wollack (1997): on a share of the items the source's response, right or wrong, stands for the copier's."""
    people = draw_people(2_000, rng(), Population(copiers=0.1))
    done = respond(people, draw_items(estimates(60), rng()), rng(17))
    copiers = np.flatnonzero(people.source != NOBODY)
    same = done.chosen[copiers] == done.chosen[people.source[copiers]]
    assert same[done.copied[copiers]].all()
    assert done.copied[copiers].mean() == pytest.approx(people.copied_share[copiers].mean(), abs=0.03)
    assert not np.delete(done.copied, copiers, axis=0).any(), "nobody else copies"
    honest = np.flatnonzero(people.copied_share == 0)
    by_chance = (done.chosen[honest[:-1]] == done.chosen[honest[1:]]).mean(axis=1)
    assert np.median(same.mean(axis=1)) > np.quantile(by_chance, 0.99)


def test_a_copier_cannot_copy_what_the_neighbour_left_blank() -> None:
    people = draw_people(400, rng(), Population(copiers=0.2, copied_least=1.0, copied_most=1.0, omit_mean_logit=0.0))
    done = respond(people, draw_items(estimates(30), rng()), rng(18), minutes=28)
    copiers = np.flatnonzero(people.source != NOBODY)
    assert (done.chosen[people.source[copiers]][done.copied[copiers]] >= 0).all()


def test_items_known_beforehand_are_answered_right_and_fast_and_the_others_as_ever() -> None:
    n, items = 20_000, draw_items(estimates(20), rng(), leaked_share=0.4)
    honest = one_ability(-1.5, n)
    informed = replace(honest, leak=np.zeros(n, dtype=np.int64))
    plain, done = respond(honest, items, rng(19)), respond(informed, items, rng(19))
    leaked = items.leaked[0]
    assert np.array_equal(done.known, np.tile(leaked, (n, 1)))
    assert (done.scores[:, leaked].mean(axis=0) >= KNOWN_CHANCE - share_bound(KNOWN_CHANCE, n)).all()
    assert np.array_equal(done.scores[:, ~leaked], plain.scores[:, ~leaked])
    np.testing.assert_allclose(
        np.median(done.times_s[:, leaked], axis=0) / np.median(plain.times_s[:, leaked], axis=0), KNOWN_TIME, rtol=0.05
    )


def test_copying_is_faster_than_thinking() -> None:
    people = draw_people(2_000, rng(), Population(copiers=0.3))
    items = draw_items(estimates(20), rng())
    times = respond(people, items, rng(20))
    logs = np.log(times.times_s) - items.time_log + people.speed[:, None]
    assert np.median(logs[times.copied]) == pytest.approx(np.log(COPIED_TIME), abs=0.05)
    assert np.median(logs[~times.copied]) == pytest.approx(0, abs=0.02)

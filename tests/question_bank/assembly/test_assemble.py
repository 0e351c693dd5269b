import itertools

import numpy as np
import pytest

from question_bank.assembly import EarlierUse, InfeasibleError, Request, UndecidedError, assemble, sequential
from question_bank.assembly.programme import Programme, Solution, Verdict
from question_bank.blueprint import BlueprintError
from tests.question_bank.assembly.pools import (
    MAXIMIN,
    information_of,
    keeps,
    make_blueprint,
    make_pool,
    quota,
    quotas_for,
)


def items_of(assembly):
    return [form.items for form in assembly.forms]


def lowest_of(assembly):
    return min(value for form in assembly.forms for _, value in form.information)


@pytest.mark.parametrize(
    ("size", "length", "forms", "rules"),
    [
        (600, 30, 1, {"information": MAXIMIN}),
        (150, 15, 4, {"information": MAXIMIN, "overlap": {"max": 4}, "exposure": {"max": 0.5}}),
        (120, 20, 4, {"exposure": {"max": 0.25}, "enemies": [["i1", "i2"], ["i2", "i3"], ["i7", "i9"]]}),
        (120, 20, 4, {"information": {"at": [0], "target": 4, "tolerance": 0.02}, "overlap": {"max": 0}}),
        (60, 12, 5, {"overlap": {"max": 3}}),
    ],
)
def test_every_form_keeps_every_rule(size, length, forms, rules):
    request = Request(make_pool(size), make_blueprint(length, constraints=quotas_for(length), **rules), forms, seed=5)
    assembly = assemble(request)
    assert len(assembly.forms) == forms
    assert keeps(request, items_of(assembly))
    for form in assembly.forms:
        assert form.counts == {
            rule.name: sum(bool(request.pool.select(rule.where)[request.pool.ids.index(item)]) for item in form.items)
            for rule in request.blueprint.constraints
        }


@pytest.mark.parametrize("d", [1.0, 1.7])
def test_reported_information_is_the_sum_of_the_3pl_information_of_the_items(d):
    pool = make_pool(50)
    pool = type(pool)(**{**vars(pool), "d": d})
    form = assemble(Request(pool, make_blueprint(10, information=MAXIMIN))).forms[0]
    assert [theta for theta, _ in form.information] == [-1, 0, 1]
    for theta, value in form.information:
        assert value == pytest.approx(information_of(pool, form.items, theta), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_lowest_information_is_within_three_percent_of_the_best_of_all_forms(seed):
    pool = make_pool(13, seed)
    blueprint = make_blueprint(5, information=MAXIMIN, constraints=[quota("incident", 1, 2)])
    request = Request(pool, blueprint, seed=seed)
    best = max(
        min(information_of(pool, form, theta) for theta in (-1, 0, 1))
        for form in itertools.combinations(pool.ids, 5)
        if keeps(request, [form])
    )
    assembly = assemble(request)
    assert 0.97 * best <= lowest_of(assembly) <= best * (1 + 1e-9)
    assert (best - lowest_of(assembly)) / best <= assembly.gap + 1e-6


def test_forms_drawn_together_are_within_five_percent_of_the_best_partition():
    pool = make_pool(9, 3)
    request = Request(pool, make_blueprint(3, information=MAXIMIN, overlap={"max": 0}), 3)
    best = 0.0
    for first in itertools.combinations(pool.ids, 3):
        rest = [item for item in pool.ids if item not in first]
        for second in itertools.combinations(rest, 3):
            third = [item for item in rest if item not in second]
            forms = (first, second, third)
            best = max(best, min(information_of(pool, form, theta) for form in forms for theta in (-1, 0, 1)))
    assert lowest_of(assemble(request)) >= 0.95 * best


def test_forms_are_parallel_in_information():
    blueprint = make_blueprint(20, constraints=quotas_for(20), information=MAXIMIN, overlap={"max": 0})
    assembly = assemble(Request(make_pool(300), blueprint, 5, seed=1))
    values = np.array([[value for _, value in form.information] for form in assembly.forms])
    assert (values.max(axis=0) / values.min(axis=0) < 1.08).all()


def test_without_information_the_forms_are_of_equal_mean_difficulty():
    blueprint = make_blueprint(20, constraints=quotas_for(20), overlap={"max": 0})
    assembly = assemble(Request(make_pool(150), blueprint, 5, seed=1))
    means = [form.mean_b_logit for form in assembly.forms]
    assert max(means) - min(means) < 0.1


def test_the_same_seed_draws_the_same_forms_and_another_seed_others():
    blueprint = make_blueprint(15, information=MAXIMIN, overlap={"max": 3})
    pool = make_pool(120)
    first, again, other = (assemble(Request(pool, blueprint, 3, seed=seed)) for seed in (4, 4, 5))
    assert first == again
    assert set(items_of(first)) != set(items_of(other))


def test_exposure_is_a_share_of_the_forms_rounded_down():
    pool = make_pool(40)
    counts = [
        max(sum(item in form.items for form in assemble(request).forms) for item in pool.ids)
        for request in (
            Request(pool, make_blueprint(10, exposure={"max": 0.25}), 4),
            Request(pool, make_blueprint(20, exposure={"max": 0.5}), 4),
        )
    ]
    assert counts == [1, 2]


def test_earlier_use_counts_towards_the_exposure():
    pool = make_pool(30)
    used = {f"i{number}": 2 for number in range(1, 11)}
    # Half of 2 + 2 forms is 2: what has been used twice may not be used again.
    request = Request(pool, make_blueprint(10, exposure={"max": 0.5}), 2, earlier=EarlierUse(2, used))
    assert not {item for form in assemble(request).forms for item in form.items} & used.keys()


def test_a_makeup_form_shares_no_item_with_what_the_candidate_has_seen():
    pool = make_pool(20)
    seen = set(assemble(Request(pool, make_blueprint(10))).forms[0].items)
    makeup = assemble(Request(pool, make_blueprint(10), forbidden=seen)).forms[0]
    assert set(makeup.items) == set(pool.ids) - seen


def test_a_form_as_long_as_the_pool_takes_every_item():
    pool = make_pool(50)
    assert assemble(Request(pool, make_blueprint(50, information=MAXIMIN))).forms[0].items == pool.ids


def test_overlap_bounds_every_pair_when_the_pool_is_just_large_enough():
    # 4 forms of 6 from 12 items, each in 2 forms: every two forms share exactly 2.
    request = Request(make_pool(12), make_blueprint(6, overlap={"max": 2}, exposure={"max": 0.5}), 4)
    assert keeps(request, items_of(assemble(request)))


def test_forms_that_get_stuck_one_after_another_are_found_all_at_once(monkeypatch):
    monkeypatch.setattr(sequential, "_draw_all", lambda *_: None)
    request = Request(make_pool(24), make_blueprint(6, overlap={"max": 1}, information=MAXIMIN), 3)
    assembly = assemble(request)
    assert keeps(request, items_of(assembly))
    assert assembly.gap <= 0.1


def test_a_search_that_reaches_its_limit_is_never_called_infeasible(monkeypatch):
    nothing = Solution(Verdict.UNDECIDED, np.empty(0), -np.inf)
    monkeypatch.setattr(Programme, "solve", lambda *_: nothing)
    with pytest.raises(UndecidedError, match="not proven"):
        assemble(Request(make_pool(20), make_blueprint(5), 2))


def test_items_that_name_each_other_as_enemies_are_never_together():
    pool = make_pool(8)
    pool = type(pool)(**{**vars(pool), "enemies": ((0, 1), (2, 3), (4, 5), (6, 7))})
    form = assemble(Request(pool, make_blueprint(4))).forms[0]
    assert sorted((int(item[1:]) - 1) // 2 for item in form.items) == [0, 1, 2, 3]
    with pytest.raises(InfeasibleError, match="enemies: 4 pairs"):
        assemble(Request(pool, make_blueprint(5)))


def test_a_reference_to_something_unknown_is_refused_with_its_place():
    pool = make_pool(10)
    blueprint = make_blueprint(3, constraints=[quota("x", 1, domian="incident")], enemies=[["i1", "i99"]])
    with pytest.raises(BlueprintError) as refusal:
        assemble(Request(pool, blueprint))
    assert [(problem.place, problem.message) for problem in refusal.value.problems] == [
        ("constraints[0].where.domian", 'the pool has no attribute "domian"; did you mean "domain"?'),
        ("enemies[0]", 'the pool has no item "i99"'),
    ]


def test_an_item_without_difficulty_is_refused_only_when_information_is_asked_for():
    pool = make_pool(10)
    pool.b[3] = np.nan
    assert len(assemble(Request(pool, make_blueprint(5))).forms) == 1
    with pytest.raises(BlueprintError, match=r"pool\.csv: line 5, column b"):
        assemble(Request(pool, make_blueprint(5, information=MAXIMIN)))

import numpy as np
import pytest

from question_bank.assembly import InfeasibleError, Request, assemble, conflict
from question_bank.assembly.programme import Verdict
from question_bank.assembly.rules import rule_names
from tests.question_bank.assembly.pools import forms_exist, keeps, make_blueprint, make_pool, quota


def conflict_of(request):
    with pytest.raises(InfeasibleError) as refusal:
        assemble(request)
    assert refusal.value.minimal
    return {rule.rule: rule.detail for rule in refusal.value.conflict}


def random_request(seed):
    """A small pool and rules that are as often too many as not."""
    rng = np.random.default_rng(seed)
    pool = make_pool(7, seed, domains=("incident", "problem"))
    low, hard = int(rng.integers(0, 3)), int(rng.integers(0, 3))
    rules = {
        "constraints": [
            quota("incident", low, low + int(rng.integers(0, 3))),
            quota("problem", 0, int(rng.integers(0, 4))),
            quota("hard", hard, None, difficulty={"min": 3}),
        ],
        "enemies": [["i1", "i2"], ["i2", "i3"], ["i4", "i5"]],
        "overlap": {"max": int(rng.integers(0, 3))},
        "exposure": {"max": float(rng.choice([0.5, 1.0], p=[0.2, 0.8]))},
    }
    if rng.random() < 0.5:
        rules["information"] = {"at": [0], "target": float(rng.uniform(0.3, 0.9)), "tolerance": 0.3}
    forbidden = ["i7"] if rng.random() < 0.3 else []
    return Request(pool, make_blueprint(int(rng.integers(2, 5)), **rules), int(rng.integers(1, 3)), seed, forbidden)


@pytest.mark.parametrize("seed", range(40))
def test_infeasible_is_said_exactly_when_no_forms_exist_and_the_conflict_is_minimal(seed):
    request = random_request(seed)
    names = rule_names(request)
    if forms_exist(request, names):
        assert keeps(request, [form.items for form in assemble(request).forms])
        return
    found = conflict_of(request)
    assert not forms_exist(request, list(found))
    for name in found:
        assert forms_exist(request, [other for other in found if other != name]), name


def test_a_quota_the_pool_cannot_fill_is_named_alone_with_its_numbers():
    pool = make_pool(50)
    there = int(pool.select({"domain": "incident"}).sum())
    blueprint = make_blueprint(20, constraints=[quota("incident", there + 1), quota("problem", 2, 5)], overlap={"max": 3})
    assert conflict_of(Request(pool, blueprint)) == {"incident": f"at least {there + 1}, the pool has {there}"}


def test_quotas_that_add_up_to_more_than_the_length_are_named_with_the_length():
    blueprint = make_blueprint(6, constraints=[quota("incident", 4), quota("problem", 4), quota("change", 0, 3)])
    assert set(conflict_of(Request(make_pool(60), blueprint))) == {"length", "incident", "problem"}


def test_a_quota_over_the_length_is_named_with_the_length():
    assert set(conflict_of(Request(make_pool(60), make_blueprint(3, constraints=[quota("incident", 4)])))) == {
        "length",
        "incident",
    }


def test_too_many_disjoint_forms_name_length_and_overlap():
    found = conflict_of(Request(make_pool(50), make_blueprint(20, overlap={"max": 0}), 3))
    assert found == {
        "length": "3 forms of 20 items, the pool has 50",
        "overlap": "any two of 3 forms share at most 0 items",
    }


def test_too_low_an_exposure_names_length_and_exposure():
    found = conflict_of(Request(make_pool(50), make_blueprint(20, exposure={"max": 0.25}), 4))
    assert found["exposure"] == "an item in at most 0.25 of 4 forms: in 1 of these 4"
    assert set(found) == {"length", "exposure"}


def test_a_target_out_of_reach_says_what_can_be_reached():
    found = conflict_of(Request(make_pool(50), make_blueprint(5, information={"at": [0], "target": 5, "tolerance": 0.02})))
    assert set(found) == {"length", "information"}
    assert found["information"].startswith("4.9 to 5.1 at every point; 5 items reach at most ")


def test_items_already_seen_and_a_narrow_pool_are_rules_of_their_own():
    pool = make_pool(10, domains=("incident",))
    request = Request(pool, make_blueprint(6, where={"domain": "incident"}), forbidden=pool.ids[:5])
    assert conflict_of(request) == {"forbidden": "leaves 5 of 10 items", "length": "1 forms of 6 items, the pool has 5"}
    assert set(conflict_of(Request(pool, make_blueprint(1, where={"domain": "problem"})))) == {"pool", "length"}


def test_a_constraint_called_like_a_fixed_rule_is_told_apart():
    blueprint = make_blueprint(3, constraints=[quota("length", 11, None, domain="incident")])
    pool = make_pool(10, domains=("incident",))
    assert conflict_of(Request(pool, blueprint)) == {"constraint length": "at least 11, the pool has 10"}


def test_a_conflict_that_could_not_be_reduced_in_time_is_not_called_minimal(monkeypatch):
    monkeypatch.setattr(conflict, "find_verdict", lambda rules: Verdict.UNDECIDED)
    found, minimal = conflict.find_conflict(Request(make_pool(20), make_blueprint(30, overlap={"max": 0}), 2))
    assert [rule.rule for rule in found] == ["length", "overlap"]
    assert not minimal

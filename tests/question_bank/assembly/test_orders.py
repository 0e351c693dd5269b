from collections import Counter

import pytest
from scipy.stats import chisquare

from question_bank.assembly.orders import candidate_seed, draw_form, draw_order

DRAWS = 6000
# Draws are fixed by their seeds, so this level is a property of the code, not of luck.
LEAST_P = 0.001


def choice(item_id, count=3, **fields):
    options = [{"id": letter, "text": letter} for letter in "ABCDE"[:count]]
    return {"id": item_id, "type": "single_choice", "stem": "?", "options": options, "key": "A", **fields}


def form_of(*items):
    slots = [{"slot": f"q{place}", "item": {"id": item["id"], "version": 1}} for place, item in enumerate(items, 1)]
    return {"id": "f", "slots": slots}


def draw(*items, seed=0):
    return draw_order(form_of(*items), {item["id"]: item for item in items}, seed)["slots"]


def options_of(item, seed=0):
    return draw(item, seed=seed)[0].get("options")


def test_a_candidate_gets_the_same_order_on_every_machine():
    seed = candidate_seed("sitting-1", "C-0001")
    assert seed == 0xC549704697845AB5568B5346EFF488A0D942BF328380C5ECAB0FF3E2BF0B6AC1
    assert draw(*[choice(f"i{number}", 4) for number in (1, 2, 3)], seed=seed) == [
        {"slot": "q1", "item": "i1", "options": ["B", "D", "C", "A"]},
        {"slot": "q3", "item": "i3", "options": ["B", "D", "C", "A"]},
        {"slot": "q2", "item": "i2", "options": ["B", "C", "A", "D"]},
    ]


def test_the_seed_of_a_sitting_and_the_number_of_a_candidate_do_not_run_together():
    assert candidate_seed("1", "23") != candidate_seed("12", "3")


def test_the_same_seed_draws_the_same_order_and_slots_keep_their_items():
    items = [choice(f"i{number}") for number in range(1, 9)]
    first, again, other = draw(*items, seed=5), draw(*items, seed=5), draw(*items, seed=6)
    assert first == again != other
    assert {(slot["slot"], slot["item"]) for slot in first} == {(f"q{number}", f"i{number}") for number in range(1, 9)}


def test_every_order_of_options_is_equally_likely():
    item = choice("i1", 3)
    seen = Counter(tuple(options_of(item, candidate_seed(7, str(number)))) for number in range(DRAWS))
    assert len(seen) == 6
    assert chisquare(list(seen.values())).pvalue > LEAST_P


def test_every_item_is_equally_likely_in_every_place():
    items = [choice(f"i{number}", shuffle=False) for number in range(4)]
    seen = Counter()
    for number in range(DRAWS):
        seen.update(enumerate(slot["item"] for slot in draw(*items, seed=candidate_seed(8, str(number)))))
    assert chisquare([seen[place, f"i{number}"] for place in range(4) for number in range(4)]).pvalue > LEAST_P


def test_every_form_is_equally_likely():
    seen = Counter(draw_form(["A", "B", "C"], candidate_seed(9, str(number))) for number in range(DRAWS))
    assert chisquare([seen[form] for form in "ABC"]).pvalue > LEAST_P


def test_candidates_get_orders_that_do_not_hang_together():
    items = [choice("i1", 3), choice("i2", 3)]
    pairs = Counter()
    for number in range(DRAWS):
        drawn = {slot["item"]: tuple(slot["options"]) for slot in draw(*items, seed=candidate_seed(10, str(number)))}
        pairs[drawn["i1"], drawn["i2"]] += 1
    assert len(pairs) == 36
    assert chisquare(list(pairs.values())).pvalue > LEAST_P


def test_an_item_that_is_not_to_be_shuffled_carries_no_order():
    assert options_of(choice("i1", 5, shuffle=False)) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_fixed_option_keeps_its_place(seed):
    item = choice("i1", 5)
    item["options"][4]["fixed"] = True
    item["options"][1]["fixed"] = True
    drawn = options_of(item, seed)
    assert (drawn[1], drawn[4]) == ("B", "E")
    assert sorted(drawn) == list("ABCDE")


def test_what_is_shuffled_depends_on_the_type():
    names, kinds = ("left", "right", "entries", "rows", "columns"), ("matching", "ordering", "matrix", "categorising")
    sides = {name: [{"id": f"{name}{number}", "text": ""} for number in range(3)] for name in names}
    drawn = {kind: options_of({"id": "i1", "type": kind, "stem": "?", **sides}) for kind in kinds}
    assert sorted(drawn["matching"]) == ["right0", "right1", "right2"]
    assert sorted(drawn["ordering"]) == ["entries0", "entries1", "entries2"]
    assert drawn["matrix"] is drawn["categorising"] is None


@pytest.mark.parametrize("seed", range(20))
def test_the_parts_of_a_case_stay_together_in_their_order(seed):
    ids = ["i1", "case/t1/a", "case/t1/b", "case/t2/a", "i2", "i3"]
    order = [slot["item"] for slot in draw(*[choice(item) for item in ids], seed=seed)]
    start = order.index("case/t1/a")
    assert order[start : start + 3] == ["case/t1/a", "case/t1/b", "case/t2/a"]


def test_the_tasks_of_a_case_keep_their_order_for_every_candidate():
    parts = [choice(f"t{task}/{part}") for task in (1, 2, 3) for part in "ab"]
    slots = [{"slot": part["id"], "item": part["id"]} for part in parts]
    items = {part["id"]: part for part in parts}
    for seed in range(20):
        drawn = draw_order({"slots": slots, "shuffle": False}, items, seed)["slots"]
        assert [slot["slot"] for slot in drawn] == [slot["slot"] for slot in slots]

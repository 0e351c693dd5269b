"""`stats similarity`: what it answers, and what it says of bad data."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from exam_engine.cli import main

ITEMS = [f"q{place}" for place in range(1, 13)]
KEY = dict.fromkeys(ITEMS, "A")
THREE = "item,a,b,c\n" + "".join(f"{item},1,{place / 6 - 1:.2f},0.2\n" for place, item in enumerate(ITEMS))
NOMINAL = "item,option,a,c\n" + "".join(
    f"{item},{o},{a},{c}\n" for item in ITEMS for o, a, c in (("A", 0.9, 0.8), ("B", -0.3, 0), ("C", -0.6, -0.8))
)
WIDE = "item,a_A,a_B,a_C,c_A,c_B,c_C\n" + "".join(f"{item},0.9,-0.3,-0.6,0.8,0,-0.8\n" for item in ITEMS)  # fmt: skip


def _responses():
    """Twenty candidates; c20 has all of c19's answers."""
    rng = np.random.default_rng(5)
    chosen = np.array(list("ABC"))[rng.choice(3, (20, 12), p=[0.55, 0.3, 0.15])]
    chosen[19] = chosen[18]
    return (
        "candidate," + ",".join(ITEMS) + "\n" + "".join(f"c{row:02},{','.join(line)}\n" for row, line in enumerate(chosen, 1))
    )


@pytest.fixture
def run(tmp_path):
    def call(*options, responses=None, key=True, parameters=NOMINAL, **files):
        contents = {"r.csv": responses or _responses(), "p.csv": parameters, "k.json": json.dumps(KEY), **files}
        for name, content in contents.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        given = ["--key", str(tmp_path / "k.json")] if key else []
        words = [str(tmp_path / word) if word in contents else word for word in options]
        return CliRunner().invoke(
            main, ["stats", "similarity", str(tmp_path / "r.csv"), "--parameters", str(tmp_path / "p.csv"), *given, *words]
        )

    return call


@pytest.mark.parametrize(("parameters", "model"), [(NOMINAL, "nominal"), (WIDE, "nominal"), (THREE, "3pl")])
def test_every_index_of_all_pairs_with_the_copied_pair_first(run, parameters, model):
    found = json.loads(run("--json", parameters=parameters).output)
    assert (found["model"], found["n_pairs"], len(found["pairs"]), found["n_not_listed"]) == (model, 190, 190, 0)
    first = found["pairs"][0]
    assert (first["candidates"], first["matches"], first["items"]) == (["c19", "c20"], 12, 12)
    assert {"omega", "gbt", "k", "k1", "k2", "s1", "s2", "m4"} < set(first)
    assert first["omega"]["value"] > 0
    assert first["gbt"]["p"] < 0.01


def test_long_and_wide_parameters_of_options_are_the_same(run):
    assert run("--json", parameters=WIDE).output == run("--json", parameters=NOMINAL).output


def test_chosen_pairs_have_the_direction_and_order_of_the_file(run):
    pairs = "source,copier\nc03,c01\nc19,c20\n"
    found = json.loads(run("--pairs", "pairs.csv", "--json", **{"pairs.csv": pairs}).output)
    assert [pair["candidates"] for pair in found["pairs"]] == [["c01", "c03"], ["c20", "c19"]]
    assert {pair["k1"]["source"] for pair in found["pairs"]} == {"c03", "c19"}
    assert found["directed"] is True


def test_given_abilities_are_used(run):
    abilities = "candidate,theta\n" + "".join(f"c{row:02},{row / 10}\n" for row in range(1, 21))
    found = json.loads(run("--abilities", "t.csv", "--json", **{"t.csv": abilities}).output)
    assert found["abilities"][4] == {"candidate": "c05", "theta": 0.5}


def test_scores_need_no_key(run):
    scores = _responses().replace("A", "1").replace("B", "0").replace(",C", ",0")
    found = json.loads(run("--json", responses=scores, key=False, parameters=THREE).output)
    assert (found["options"], found["model"]) == (["0", "1"], "3pl")
    assert found["pairs"][0]["candidates"]


@pytest.mark.parametrize("cell", ["1", "0"])
def test_there_are_two_options_where_all_answers_are_one(run, cell):
    same = "candidate," + ",".join(ITEMS) + "\n" + "".join(f"c{row}{f',{cell}' * 12}\n" for row in range(4))
    found = json.loads(run("--json", responses=same, key=False, parameters=THREE).output)
    assert (found["options"], found["pairs"][0]["matches"]) == (["0", "1"], 12)


def test_everybody_right_on_everything_with_a_key_too(run):
    same = "candidate," + ",".join(ITEMS) + "\n" + "".join(f"c{row}{',A' * 12}\n" for row in range(4))
    found = json.loads(run("--json", responses=same, parameters=THREE).output)
    assert found["pairs"][0]["s2"]["reason"] == "nothing_to_compare"


def test_abilities_far_outside_the_scale_make_certain_answers(run):
    abilities = "candidate,theta\n" + "".join(f"c{row:02},{-1e6 if row % 2 else 1e6}\n" for row in range(1, 21))
    assert run("--abilities", "t.csv", parameters=THREE, **{"t.csv": abilities}).exit_code == 0


def test_tables_and_the_number_of_pairs_listed(run):
    shown = run("--most", "3")
    assert (shown.exit_code, "c19 – c20" in shown.output) == (0, True)
    assert json.loads(run("--most", "3", "--json").output)["n_not_listed"] == 187


@pytest.mark.parametrize("estimator", ["ml", "eap"])
def test_either_way_to_estimate_abilities(run, estimator):
    assert len(json.loads(run("--estimator", estimator, "--json").output)["abilities"]) == 20


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"parameters": THREE.replace("q5,", "q99,")}, "q5: has no row"),
        ({"parameters": NOMINAL.replace("q5,C", "q5,D")}, 'item q5: has no parameters of the option "C"'),
        ({"parameters": "item,x\nq1,1\n"}, "has neither b, nor option"),
        ({"parameters": THREE.replace("q5,1", "q5,x")}, "column a"),
        ({"responses": _responses().replace("c02", "c01")}, 'column candidate: "c01" stands in row 2 already'),
        ({"parameters": THREE.replace(",0.2\n", ",1.5\n", 1)}, "q1: has a c that is not between 0 and 1"),
        ({"parameters": NOMINAL + "q5,B,0,0\n"}, "column option: stands with this item already"),
        ({"parameters": WIDE + "q5,0,0,0,0,0,0\n"}, 'column item: "q5" stands in row 6 already'),
        ({"responses": "candidate," + ",".join(ITEMS) + "\nc1" + ",A" * 12 + "\n"}, "one candidate makes no pair"),
    ],
)
def test_bad_data_is_named(run, how, said):
    result = run(**how)
    assert (result.exit_code, said in result.output) == (1, True), result.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("--pairs", "source,copier\nc03,c99\n", 'row 2, column copier: "c99" is not in'),
        ("--pairs", "source,copier\nc03,c03\n", "is the source too"),
        ("--pairs", "source\nc03\n", 'no column "copier"'),
        ("--abilities", "candidate,theta\nc01,0\n", "c02: has no row"),
    ],
)
def test_bad_pairs_and_abilities_are_named(run, name, content, said):
    result = run(name, "extra.csv", **{"extra.csv": content})
    assert (result.exit_code, said in result.output) == (1, True), result.output


def test_without_a_key_cells_are_0_or_1(run):
    result = run(responses="candidate,q1,q2\na,1,2\nb,0,1\n", key=False, parameters=THREE)
    assert (result.exit_code, "cells are 0, 1 or empty" in result.output) == (1, True)

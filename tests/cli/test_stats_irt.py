"""`exam-engine stats irt`, `link` and `personfit` from files: answers, faults and usage."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from exam_engine.cli import main
from tests.golden.lsat import LSAT6, LSAT7, responses

NEW = "item,a,b,c\ni1,1.0,-1.0,0.10\ni2,1.2,0.0,0.20\ni3,0.8,1.0,0.15\ni4,1.5,0.5,0.20\n"
OLD = "item,a,b,c\ni1,0.85,-0.70,0.10\ni2,1.00,0.55,0.20\ni3,0.66,1.80,0.15\ni4,1.22,1.10,0.20\n"


def write(path, text):
    path.write_text(text, "utf-8")
    return str(path)


def matrix(path, scores):
    rows = [",".join([f"c{row}", *("" if np.isnan(x) else f"{x:g}" for x in line)]) for row, line in enumerate(scores)]
    return write(path, "\n".join([",".join(["candidate", *(f"q{i + 1}" for i in range(scores.shape[1]))]), *rows]) + "\n")


def run(*words):
    return CliRunner().invoke(main, ["stats", *map(str, words)])


def asked(*words):
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def lsat6(tmp_path):
    return matrix(tmp_path / "lsat6.csv", responses(LSAT6))


def test_the_answer_holds_what_is_promised(lsat6):
    found = asked("irt", lsat6, "--model", "2pl", "--theta", "-1,0,1", "--scores", "wle", "--fit")
    assert (found["model"], found["estimator"], found["n"], found["n_parameters"]) == ("2pl", "mml", 1000, 10)
    assert found["log_likelihood"] == pytest.approx(-2466.653, abs=5e-4)
    assert found["converged"] is True
    first = found["items"][0]
    assert (first["item"], first["a"], first["b"]) == ("q1", pytest.approx(0.8257, abs=1e-3), pytest.approx(-3.359, abs=2e-3))
    assert first["se_a"] == pytest.approx(0.2581, abs=1e-3)
    assert (first["c"], first["se_c"]) == (0.0, None)
    assert [one["theta"] for one in found["information"]] == [-1.0, 0.0, 1.0]
    assert sum(one["information"][1] for one in found["items"]) == pytest.approx(found["information"][1]["information"])
    assert found["tcc"][0]["expected_score"] < found["tcc"][2]["expected_score"]
    assert len(found["scores"]) == 1000
    assert found["scores"][0]["theta"] < found["scores"][-1]["theta"]
    assert found["fit"]["m2"]["df"] == 5
    assert found["fit"]["andersen"] is None
    assert {"s_x2", "s_x2_df", "s_x2_p", "infit", "outfit"} <= set(found["fit"]["items"][0])


def test_rasch_by_both_estimators_differs_by_the_origin_alone(lsat6):
    marginal = asked("irt", lsat6, "--model", "rasch")
    conditional = asked("irt", lsat6, "--model", "rasch", "--estimator", "cml", "--fit")
    b = np.array([one["b"] for one in marginal["items"]])
    np.testing.assert_allclose([one["b"] for one in conditional["items"]], b - b.mean(), atol=0.02)
    assert marginal["ability_variance"] == pytest.approx(0.570, abs=1e-3)
    assert (conditional["ability_sd"], conditional["n_informative"], conditional["n_parameters"]) == (None, 699, 4)
    assert conditional["fit"]["m2"] == {"value": None, "reason": "no_distribution"}
    assert conditional["fit"]["andersen"]["split"] == "mean"
    assert {one["a"] for one in marginal["items"]} == {1.0}


def test_ml_has_no_ability_for_all_right_and_says_so(lsat6):
    scores = asked("irt", lsat6, "--scores", "ml")["scores"]
    assert (scores[-1]["theta"], scores[-1]["reason"]) == (None, "not_finite")
    assert scores[10]["reason"] is None


def test_missing_responses_by_choice(tmp_path):
    data = responses(LSAT7)
    data[:50, 2] = np.nan
    file = matrix(tmp_path / "r.csv", data)
    listwise, all_there, wrong = (
        asked("irt", file, "--missing", how, "--scores", "eap") for how in ("listwise", "pairwise", "wrong")
    )
    assert (listwise["n"], listwise["n_left_out"], all_there["n"], wrong["n"]) == (950, 50, 1000, 1000)
    assert listwise["scores"][0] == {"candidate": "c0", "theta": None, "se": None, "reason": "missing_responses"}
    assert all_there["scores"][0]["theta"] is not None
    fit = asked("irt", file, "--missing", "pairwise", "--fit")["fit"]
    assert fit["m2"]["reason"] == fit["items"][0]["s_x2"]["reason"] == "missing_responses"
    assert fit["items"][0]["infit"] > 0


def test_graded_items_tell_their_categories(tmp_path):
    rng = np.random.default_rng(1)
    theta = rng.standard_normal((800, 1))
    scores = sum((theta + rng.logistic(0, 0.7, (800, 4)) > cut).astype(float) for cut in (-1, 0, 1))
    scores[:, 0] = np.where(scores[:, 0] == 2, 3, scores[:, 0])
    scores[:, 3] = 1
    for model in ("grm", "gpcm"):
        found = asked("irt", matrix(tmp_path / "r.csv", scores), "--model", model)
        first, second, third = found["items"]
        assert (first["categories"], first["unused_categories"]) == ([0, 1, 3], [2])
        assert len(first["thresholds"]) == 2
        assert len(second["thresholds"]) == len(third["se_thresholds"]) == 3
        assert found["left_out"] == [{"item": "q4", "reason": "no_variance"}]


def test_tables_for_people(lsat6):
    shown = run("irt", lsat6, "--model", "rasch", "--fit", "--scores", "eap").stdout
    assert "Fit of the model: M2" in shown
    assert "Andersen" in shown
    assert "-2466.9376" in shown


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("a,1,0\nb,x,1\nc,0,1\n", "row 3, column q1"),
        ("a,1,0\na,0,1\nc,0,1\n", "stands in row 2 already"),
        ("a,1,0\nb,2,1\nc,0,1\n", "row 3, column q1: 2 is not 0 or 1"),
        ("a,1,0\nb,0,1\n", "2 candidates"),
        ("a,1,0\nb,1,1\nc,1,0\n", "1 items that vary"),
    ],
)
def test_bad_responses_are_refused_where_they_stand(tmp_path, rows, fault):
    result = run("irt", write(tmp_path / "r.csv", "candidate,q1,q2\n" + rows))
    assert result.exit_code == 1
    assert fault in result.stderr


def test_difficulties_that_cannot_be_estimated_are_content_not_a_crash(tmp_path):
    file = write(tmp_path / "r.csv", "candidate,q1,q2\na,0,0\nb,1,0\nc,1,1\n")
    result = run("irt", file, "--model", "rasch", "--estimator", "cml")
    assert result.exit_code == 1
    assert "not finite" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--estimator", "cml"],
        ["--model", "rasch", "--estimator", "cml", "--scores", "eap"],
        ["--c-prior", "5,17"],
        ["--model", "3pl", "--c-prior", "5"],
        ["--model", "3pl", "--c-prior", "1e300,5"],
        ["--theta", "a"],
    ],
)
def test_options_that_do_not_go_together_are_bad_usage(lsat6, words):
    assert run("irt", lsat6, *words).exit_code == 2


def test_data_that_cannot_be_fitted_say_so(tmp_path):
    guttman = np.tril(np.ones((6, 5)), -1)
    found = asked("irt", matrix(tmp_path / "r.csv", guttman), "--model", "2pl")
    assert found["converged"] is False


def test_fit_of_answers_that_were_certain_is_null_with_its_reason(tmp_path):
    halves = np.repeat([[0.0], [1.0]], 10, axis=0) @ np.ones((1, 4))
    found = asked("irt", matrix(tmp_path / "r.csv", halves), "--fit", "--scores", "ml")
    assert {one["reason"] for one in found["scores"]} == {"not_finite"}
    fit = found["fit"]["items"][0]
    assert fit["infit"] == fit["outfit_t"] == {"value": None, "reason": "no_ability"}
    fit = asked("irt", matrix(tmp_path / "r.csv", halves), "--fit")["fit"]["items"]
    assert all(one["infit"] == {"value": None, "reason": "no_variance"} or one["infit"] >= 0 for one in fit)


# link


@pytest.fixture
def pair(tmp_path):
    return write(tmp_path / "n.csv", NEW), write(tmp_path / "o.csv", OLD)


def test_link_answers_a_and_b_and_moves_the_items(pair):
    found = asked("link", "--new", pair[0], "--old", pair[1], "--d", "1.7")
    assert (found["method"], found["A"], found["B"]) == (
        "stocking-lord",
        pytest.approx(1.21545, abs=1e-4),
        pytest.approx(0.52885, abs=1e-4),
    )
    first = found["items"][0]
    assert first["b"] == pytest.approx(found["A"] * -1.0 + found["B"])
    assert first["a"] == pytest.approx(1.0 / found["A"])
    assert found["common"] == ["i1", "i2", "i3", "i4"]
    moments = asked("link", "--new", pair[0], "--old", pair[1], "--method", "mean-mean")
    assert (moments["A"], moments["criterion"]) == (pytest.approx(4.5 / 3.73), None)


def test_points_weights_and_directions_count(pair):
    files = ["link", "--new", pair[0], "--old", pair[1], "--method", "haebara"]
    one, both = asked(*files), asked(*files, "--directions", "both")
    normal = asked(*files, "--weights", "normal", "--points", "-3,3,0.1")
    assert both["criterion"] > one["criterion"] > normal["criterion"]
    assert len({round(found["A"], 8) for found in (one, both, normal)}) == 3
    assert asked(*files, "--model", "1pl")["A"] == 1.0
    assert run(*files, "--points", "1,0,2").exit_code == 2
    assert "Linking" in run(*files).stdout


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("item,a,b,c\ni1,1,0,0.2\n", "shares 1 items"),
        ("item,a,b,c\ni1,1,0,1.2\ni2,1,0,0.2\n", "row 2, column c: is not between 0 and 1"),
        ("item,a,b\ni1,1,\ni2,1,0\n", "row 2, column b: is empty"),
        ("item,a,b\ni1,,0\ni2,1,0\n", "row 2, column a: is empty"),
        ("item,a,b\ni1,-1,0\ni2,1,0\n", "above 0"),
        ("item,a\ni1,1\ni2,1\n", 'no column "b"'),
        ("item,a,b1,b2\ni1,1,0,1\ni2,1,1,2\n", "i1: has 2 steps here and 1 in the old calibration"),
        ("item,a,b1,b2\ni1,1,1,0\ni2,1,1,2\n", "row 2, column b2: is not in the order of the thresholds"),
    ],
)
def test_bad_parameters_are_refused(pair, tmp_path, new, fault):
    result = run("link", "--new", write(tmp_path / "bad.csv", new), "--old", pair[1])
    assert result.exit_code == 1
    assert fault in result.stderr


@pytest.mark.parametrize("words", ["--d 0", "--d -1", "--d nan", "--points -4,4,1e-9", "--points 1,0,1"])
def test_a_metric_or_points_that_cannot_be_are_bad_usage(pair, words):
    assert run("link", "--new", pair[0], "--old", pair[1], *words.split()).exit_code == 2


def test_graded_parameters_are_linked(tmp_path):
    new = write(tmp_path / "n.csv", "item,a,b1,b2\ni1,1,-1,0.5\ni2,1.5,0.2,\n")
    old = write(tmp_path / "o.csv", "item,a,b1,b2\ni1,0.5,-1,2\ni2,0.75,1.4,\n")
    for model in ("grm", "gpcm"):
        found = asked("link", "--new", new, "--old", old, "--model", model)
        assert (found["A"], found["B"]) == (pytest.approx(2, abs=1e-6), pytest.approx(1, abs=1e-6))
        assert found["items"][1]["thresholds"] == [pytest.approx(1.4, abs=1e-6)]


# personfit


def test_person_fit_finds_who_was_right_on_hard_items_alone(tmp_path):
    b = np.linspace(-2, 2, 20)
    parameters = write(tmp_path / "p.csv", "item,b\n" + "".join(f"q{i + 1},{x}\n" for i, x in enumerate(b)))
    data = np.array([b < 0, b > 0, np.where(b < 0.3, 1, 0), np.full(20, np.nan), np.ones(20)], dtype=float)
    found = asked("personfit", matrix(tmp_path / "r.csv", data), "--parameters", parameters)
    first, turned, _, empty, full = found["candidates"]
    assert turned["flagged"]
    assert turned["lz_star"] < -3 < first["lz_star"]
    assert (empty["wle"], empty["lz_star"], empty["reason"]) == (None, None, "no_responses")
    assert full["wle"] > 3
    assert (found["n"], found["flagged"]) == (5, 1)
    assert "Person fit" in run("personfit", tmp_path / "r.csv", "--parameters", parameters).stdout


def test_person_fit_refuses_what_does_not_belong_together(tmp_path):
    file = matrix(tmp_path / "r.csv", np.array([[2.0, 1.0], [1.0, 0.0]]))
    result = run("personfit", file, "--parameters", write(tmp_path / "p.csv", "item,a,b\nq1,1,0\n"))
    assert result.exit_code == 1
    assert "row 2, column q1: 2 is not 0 to 1" in result.stderr
    result = run("personfit", file, "--parameters", write(tmp_path / "p.csv", "item,a,b\nother,1,0\n"))
    assert "shares no item" in result.stderr
    result = run("personfit", file, "--parameters", write(tmp_path / "p.csv", "item,a,b1,b2\nq1,1,1,0\nq2,1,0,\n"))
    assert "row 2, column b2: is not in the order of the thresholds" in result.stderr


def test_thresholds_fall_where_the_slope_is_negative(tmp_path):
    file = matrix(tmp_path / "r.csv", np.array([[2.0, 1.0], [1.0, 0.0]]))
    parameters = write(tmp_path / "p.csv", "item,a,b1,b2\nq1,-0.5,1,0\nq2,1,0,\n")
    assert asked("personfit", file, "--parameters", parameters)["n_items"] == 2

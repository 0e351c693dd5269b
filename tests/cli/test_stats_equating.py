"""`exam-engine stats equate`."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exam_engine.cli.stats.equating import equate_forms

Rows = list[list[object]]


def form(n: int, mean: float, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-rng.normal(mean, 1, n)))
    anchor, rest = rng.binomial(6, chance), rng.binomial(14, chance)
    return [["candidate", "score", "v"], *([f"c{row}", anchor[row] + rest[row], anchor[row]] for row in range(n))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "x.csv", form(400, 0, 1))
    write(tmp_path / "y.csv", form(500, 0.3, 2))
    return tmp_path


def write(path: Path, rows: Rows) -> None:
    path.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n", "utf-8")


def run(folder: Path, method: str, *words: str) -> Result:
    given = ["--new", str(folder / "x.csv"), "--old", str(folder / "y.csv"), "--method", method, *words]
    return CliRunner().invoke(equate_forms, given)


def test_linear_methods_answer_slope_and_intercept_and_their_table_follows(folder: Path) -> None:
    for method in ("mean", "linear", "tucker", "levine", "levine-true", "braun-holland", "chained-linear"):
        found = json.loads(run(folder, method, "--anchor", "v", "--json").output)
        for row in found["table"]:
            assert row["equated"] == pytest.approx(found["intercept"] + found["slope"] * row["score"], abs=1e-9)
        assert [row["score"] for row in found["table"]] == list(range(len(found["table"])))


def test_weights_are_proportional_unless_given(folder: Path) -> None:
    assert json.loads(run(folder, "tucker", "--anchor", "v", "--json").output)["weights"]["new"] == pytest.approx(4 / 9)
    assert json.loads(run(folder, "tucker", "--anchor", "v", "--weights", "1", "--json").output)["weights"]["new"] == 1
    assert json.loads(run(folder, "tucker", "--anchor", "v", "--weights", "0.3,0.7", "--json").output)["weights"]["new"] == 0.3
    assert run(folder, "tucker", "--anchor", "v", "--weights", "0.3,0.8").exit_code == 2
    assert run(folder, "tucker", "--anchor", "v", "--weights", "x").exit_code == 2


def test_chained_names_its_two_kinds(folder: Path) -> None:
    both = json.loads(run(folder, "chained", "--anchor", "v", "--json").output)
    line = json.loads(run(folder, "chained-linear", "--anchor", "v", "--json").output)
    ranks = json.loads(run(folder, "chained-equipercentile", "--anchor", "v", "--json").output)
    assert (both["slope"], ranks["slope"]) == (line["slope"], None)
    assert [row["equated"] for row in both["table"]] == [row["equated"] for row in line["table"]]
    assert [row["equated_equipercentile"] for row in both["table"]] == [row["equated"] for row in ranks["table"]]


def test_smoothing_errors_and_the_cut(folder: Path) -> None:
    found = json.loads(run(folder, "equipercentile", "--smooth", "4", "--bootstrap", "20", "--cut", "12", "--json").output)
    assert found["smoothing"]["new"]["moments"] == [4]
    assert (found["se"], found["smoothing"]["new"]["converged"]) == ("bootstrap", True)
    equated = {row["score"]: row["equated"] for row in found["table"]}
    assert equated[found["cut"]["new"]] >= 12 > equated[found["cut"]["new"] - 1]
    joint = json.loads(run(folder, "frequency", "--anchor", "v", "--smooth", "4,3,1", "--json").output)
    assert joint["smoothing"]["old"]["moments"] == [4, 3, 1]
    assert "Equivalents" in run(folder, "frequency", "--anchor", "v", "--smooth", "4", "--cut", "12").output
    assert "slope" in run(folder, "tucker", "--anchor", "v").output


def test_the_same_seed_draws_the_same_errors(folder: Path) -> None:
    first, again, other = (run(folder, "linear", "--bootstrap", "5", "--seed", seed, "--json").output for seed in "112")
    assert (first == again, first == other) == (True, False)


def test_half_marks_need_half_steps(folder: Path) -> None:
    rows = form(60, 0, 1)
    rows[3][1] = 7.5
    write(folder / "x.csv", rows)
    refused = run(folder, "equipercentile")
    assert (refused.exit_code, "row 4, column score" in refused.output) == (1, True)
    assert len(json.loads(run(folder, "equipercentile", "--step", "0.5", "--json").output)["table"]) > 30
    assert run(folder, "linear").exit_code == 0


def test_a_missing_score_leaves_the_candidate_out(folder: Path) -> None:
    rows = form(60, 0, 1)
    rows[3][2] = ""
    write(folder / "x.csv", rows)
    new = json.loads(run(folder, "tucker", "--anchor", "v", "--json").output)["forms"]["new"]
    assert (new["n"], new["n_left_out"]) == (59, 1)


def test_an_anchor_above_the_total_is_warned_of(folder: Path) -> None:
    assert json.loads(run(folder, "levine", "--anchor", "v", "--json").output)["warnings"] == []
    rows = form(60, 0, 1)
    rows[5][1:] = [3, 6]
    write(folder / "x.csv", rows)
    assert json.loads(run(folder, "levine", "--anchor", "v", "--json").output)["warnings"] == ["anchor_above_total"]
    outside = run(folder, "levine", "--anchor", "v", "--anchor-type", "external", "--json")
    assert json.loads(outside.output)["warnings"] == []


def test_a_line_that_cannot_be_drawn_is_null_with_a_reason(folder: Path) -> None:
    write(folder / "x.csv", [["candidate", "score"], ["a", 3], ["b", 3], ["c", 3]])
    found = json.loads(run(folder, "linear", "--json").output)
    assert found["slope"] == {"value": None, "reason": "no_variance"}
    assert {row["equated"] for row in found["table"]} == {None}


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("tucker", []),
        ("linear", ["--smooth", "3"]),
        ("equipercentile", ["--smooth", "3,3,1"]),
        ("equipercentile", ["--smooth", "0"]),
        ("frequency", ["--anchor", "v", "--smooth", "3,2,3"]),
        ("linear", ["--scale-new", "40..0"]),
        ("linear", ["--scale-new", "forty"]),
        ("linear", ["--scale-new", "0..1e9"]),
    ],
)
def test_bad_usage_ends_with_2(folder: Path, method: str, words: list[str]) -> None:
    assert run(folder, method, *words).exit_code == 2


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["candidate", "score"], ["a", 1], ["b", "x"], ["c", 2]], "row 3, column score"),
        ([["candidate", "score"], ["a", 1], ["a", 2], ["c", 2]], "row 3, column candidate"),
        ([["candidate", "score"], ["a", 1], ["b", 2]], "2 candidates"),
        ([["candidate", "maths", "logic"], ["a", 1, 1], ["b", 2, 1], ["c", 2, 1]], "--score"),
        ([["candidate", "score"], ["a", 1], ["b", 2], ["c", 99]], "row 4, column score"),
    ],
)
def test_bad_data_end_with_1_and_say_where(folder: Path, rows: Rows, place: str) -> None:
    write(folder / "x.csv", rows)
    refused = run(folder, "equipercentile", "--scale-new", "0..20")
    assert (refused.exit_code, place in refused.output) == (1, True)


def test_more_moments_than_scores_are_refused(folder: Path) -> None:
    refused = run(folder, "frequency", "--anchor", "v", "--smooth", "8")
    assert (refused.exit_code, "column v" in refused.output) == (1, True)


def test_the_example_of_the_documentation_runs_and_every_key_is_described(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "statistics" / "equating.md").read_text("utf-8")
    for name, block in zip(("x.csv", "y.csv"), page.split("```csv\n")[1:], strict=True):
        (tmp_path / name).write_text(block.partition("```")[0], "utf-8")
    found = json.loads(run(tmp_path, "tucker", "--anchor", "anchor", "--weights", "1", "--json").output)
    assert found["slope"] > 0
    chained = json.loads(run(tmp_path, "chained", "--anchor", "anchor", "--json").output)
    named = {*found, *found["forms"]["new"], *found["synthetic"], *found["synthetic"]["new"], *chained["table"][0]}
    assert {name for name in named if f"`{name}`" not in page} == set()

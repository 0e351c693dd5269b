"""`exam-engine stats dif`."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exam_engine.cli.stats.fairness import dif


def data(folder: Path, rows: list[list[object]], name: str = "r.csv") -> Path:
    (folder / name).write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n", "utf-8")
    return folder / name


def simulated(n: int = 600, k: int = 8) -> list[list[object]]:
    rng = np.random.default_rng(2)
    theta, focal = rng.normal(size=n), np.arange(n) % 2
    logit = theta[:, None] - np.linspace(-1, 1, k)
    logit[:, 2] -= 1.2 * focal
    scores = (rng.random((n, k)) < 1 / (1 + np.exp(-logit))).astype(int)
    head: list[object] = ["candidate", "sex", *(f"q{item}" for item in range(k))]
    return [head, *([f"c{row}", "fm"[1 - focal[row]], *scores[row]] for row in range(n))]


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(dif, [str(path), "--group", "sex", "--focal", "f", *words])


def test_the_biased_item_is_found_and_named(tmp_path: Path) -> None:
    found = json.loads(run(data(tmp_path, simulated()), "--json", "--purify").output)
    classes = {row["item"]: row["ets_class"] for row in found["items"]}
    assert classes.pop("q2") == "C"
    assert "C" not in classes.values()
    assert "q2" in found["purification"]["mantel_haenszel"]["dropped"]
    assert found["purification"]["logistic"]["converged"]
    assert (found["n"], found["n_reference"], found["n_focal"], found["reference"]) == (600, 300, 300, ["m"])
    assert "Mantel-Haenszel" in run(data(tmp_path, simulated()), "--purify").output


def test_the_reference_is_named_when_there_are_several(tmp_path: Path) -> None:
    rows = simulated()
    for row in rows[1::3]:
        row[1] = "x"
    rows[2][1] = ""
    path = data(tmp_path, rows)
    refused = run(path)
    assert (refused.exit_code, "--reference" in refused.output) == (2, True)
    found = json.loads(run(path, "--reference", "m", "--json").output)
    assert found["n_left_out"] == 201
    both = json.loads(run(path, "--reference", "m", "--reference", "x", "--json").output)
    assert (both["n_left_out"], both["reference"]) == (1, ["m", "x"])
    assert run(path, "--reference", "f").exit_code == 2


def test_items_that_cannot_be_judged_are_left_out_with_a_reason(tmp_path: Path) -> None:
    rows = simulated(60, 4)
    rows[0] += ["same", "marks", "room"]
    for place, row in enumerate(rows[1:]):
        row += [1, place % 3, "R1"]
    found = json.loads(run(data(tmp_path, rows), "--json", "--ignore", "room", "--bands", "3").output)
    assert found["left_out"] == [{"item": "same", "reason": "no_variance"}, {"item": "marks", "reason": "not_dichotomous"}]
    assert (found["matching"], found["bands"]) == ("thick", 3)
    assert "not_dichotomous" in run(data(tmp_path, rows), "--ignore", "room").output


def test_missing_responses_are_left_out_or_wrong(tmp_path: Path) -> None:
    rows = simulated(60, 4)
    rows[1][3] = ""
    path = data(tmp_path, rows)
    assert json.loads(run(path, "--json").output)["n"] == 59
    assert json.loads(run(path, "--json", "--missing", "wrong").output)["n"] == 60


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["candidate", "sex", "q"], ["a", "f", "x"], ["b", "m", 1]], "row 2, column q"),
        ([["candidate", "sex", "q"], ["a", "f", 0], ["a", "m", 1]], "row 3, column candidate"),
        ([["candidate", "sex", "q"], ["a", "f", 0], ["b", "m", 1]], "2 candidates"),
        ([["candidate", "sex", "q"], ["a", "f", 0], ["b", "f", 1], ["c", "f", 1]], 'everybody is of "f"'),
        ([["candidate", "sex", "q"], ["a", "m", 0], ["b", "m", 1], ["c", "m", 1]], 'nobody is of "f"'),
        ([["candidate", "q"], ["a", 0], ["b", 1]], 'no column "sex"'),
    ],
)
def test_bad_data_end_with_1_and_say_where(tmp_path: Path, rows: list[list[object]], place: str) -> None:
    refused = run(data(tmp_path, rows))
    assert (refused.exit_code, place in refused.output) == (1, True)


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "statistics" / "dif.md").read_text("utf-8")
    path = tmp_path / "r.csv"
    path.write_text(page.partition("```csv\n")[2].partition("```")[0], "utf-8")
    found = json.loads(run(path, "--purify", "--json").output)
    assert [row["item"] for row in found["items"]] == ["q1", "q2", "q3", "q4"]
    named = {*found, *found["items"][0], *found["items"][0]["logistic"], *found["purification"]["logistic"]}
    assert {name for name in named if f"`{name}`" not in page and f"`logistic.{name}`" not in page} <= {"item", "logistic"}

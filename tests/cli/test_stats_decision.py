"""`stats decision`: cuts as they are written, and scores that do not fit."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exam_engine.cli import main

SCORES = [31, 18, 24, 36, 22, 29, 33, 12, 27, 25, 30, 38, 20, 26]


def run(folder: Path, text: str, *more: object, cut: object = 24, low: object = 0, high: object = 40) -> Result:
    (folder / "s.csv").write_text(text, "utf-8")
    options = ["--cut", cut, "--reliability", 0.85, "--min", low, "--max", high, *more]
    return CliRunner().invoke(main, ["stats", "decision", str(folder / "s.csv"), *map(str, options)])


def as_csv(scores: list[Any]) -> str:
    return "candidate,score\n" + "".join(f"c{place},{score}\n" for place, score in enumerate(scores))


def answered(folder: Path, text: str, *more: object, **settings: Any) -> Any:
    result = run(folder, text, *more, "--json", **settings)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_every_share_and_the_model(tmp_path: Path) -> None:
    found = answered(tmp_path, as_csv(SCORES))
    assert found["observed_passing"] == 10 / 14
    assert found["accuracy"] + found["false_pass"] + found["false_fail"] == pytest.approx(1)
    assert set(found["beta"]) == {"parameters", "alpha", "beta", "lower", "upper"}
    assert set(found) >= {"consistency", "kappa", "chance", "passing", "true_passing", "effective_length", "fallback", "kr21"}
    assert set(found["subkoviak"]) == {"consistency", "chance", "kappa", "passing"}
    assert found["huynh"]["accuracy"] > 0.5


def test_tables_for_people(tmp_path: Path) -> None:
    assert "Livingston" in run(tmp_path, as_csv(SCORES)).stdout


def test_a_score_of_the_cut_passes_in_decimals(tmp_path: Path) -> None:
    typed = ["0.3", "0.29999999999999998", "0.30", "3e-1", "0.1"]
    found = answered(tmp_path, as_csv(typed), cut="0.3", high=1)
    assert found["observed_passing"] == 3 / 5
    assert found["subkoviak"]["consistency"] == {"value": None, "reason": "not_counts"}


def test_a_candidate_without_a_score_is_left_out_and_other_columns_are_not_read(tmp_path: Path) -> None:
    text = as_csv(SCORES).replace("candidate,score", "candidate,score,note").replace("\nc", "\nc").rstrip("\n")
    rows = text.split("\n")
    text = "\n".join([rows[0], *(row + ",x" for row in rows[1:]), "late,,x"])
    assert answered(tmp_path, text)["n"] == len(SCORES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("candidate,score\na,1\na,2\n", "row 3, column candidate"),
        ("candidate,score\na,x\n", "row 2, column score"),
        ("candidate,score\na,41\nb,-1\n", "row 3, column score"),
        ("candidate,points\na,4\n", "score"),
        ("candidate,score\na,\nb,\n", "row 2, column score"),
    ],
)
def test_faults_are_told_at_their_place(tmp_path: Path, text: str, said: str) -> None:
    result = run(tmp_path, text)
    assert (result.exit_code, said in result.stderr) == (1, True), result.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["--cut", "41"],
        ["--cut", "x"],
        ["--cut", "nan"],
        ["--cut", "inf"],
        ["--reliability", "1"],
        ["--max", "0"],
        ["--lower", "1"],
    ],
)
def test_usage_that_cannot_be_is_refused(tmp_path: Path, wrong: list[str]) -> None:
    assert run(tmp_path, as_csv(SCORES), *wrong).exit_code == 2
    assert run(tmp_path, as_csv(SCORES), "--lower", 0.5, "--upper", 0.5).exit_code == 2


def test_two_candidates_have_no_decisions_but_an_answer(tmp_path: Path) -> None:
    assert answered(tmp_path, as_csv(SCORES[:2]))["accuracy"] == {"value": None, "reason": "too_few_candidates"}


def test_numbers_of_hundreds_of_millions_of_digits_are_no_trap(tmp_path: Path) -> None:
    assert run(tmp_path, as_csv(SCORES), cut="1e-999999999").exit_code == 2
    assert run(tmp_path, as_csv(SCORES), high="1e999999999").exit_code == 2
    found = answered(tmp_path, as_csv([*SCORES, "1e-999999999"]))
    assert found["observed_passing"] == pytest.approx(10 / 15)


def test_one_score_alone_has_no_sd(tmp_path: Path) -> None:
    assert answered(tmp_path, as_csv([30]))["sd"] == {"value": None, "reason": "too_few_candidates"}


def test_where_everybody_passes_kappa_is_not_made_of_rounding(tmp_path: Path) -> None:
    found = answered(tmp_path, as_csv([40, 40, 40, 39]))
    assert found["accuracy"] == pytest.approx(1)
    assert found["kappa"] == {"value": None, "reason": "no_variance"}

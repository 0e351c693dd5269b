"""`exam-engine stats standard`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exam_engine.cli.stats.standard import standard

PAGE = (Path(__file__).parents[2] / "docs" / "statistics" / "standard-setting.md").read_text("utf-8")


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def run(path: Path, method: str, *words: object) -> Result:
    return CliRunner().invoke(standard, [str(path), "--method", method, *map(str, words)])


def found(path: Path, method: str, *words: object) -> dict[str, Any]:
    answer = run(path, method, *words, "--json")
    assert answer.exit_code == 0, answer.output
    document: dict[str, Any] = json.loads(answer.output)
    assert run(path, method, *words).exit_code == 0
    return document


def example(heading: str, which: int = 1) -> str:
    """A file of the documentation, by its heading."""
    return PAGE.partition(f"### `{heading}`")[2].split("```csv\n")[which].partition("```")[0]


def names(value: Any) -> set[str]:
    """All keys, however deep."""
    if isinstance(value, list):
        return set().union(*map(names, value)) if value else set()
    return set(value).union(*map(names, value.values())) if isinstance(value, dict) else set()


def test_angoff_counts_the_last_round_and_reports_the_others(tmp_path: Path) -> None:
    of = found(write(tmp_path / "a.csv", example("angoff")), "angoff")
    assert [judge["cut"] for judge in of["judges"]] == [2.35, 2.65, 2.2]
    assert of["cut"] == pytest.approx(2.4, abs=1e-9)
    assert of["cut_less_one_se"] == pytest.approx(of["cut"] - of["se"], abs=1e-9)
    assert [one["round"] for one in of["rounds"]] == ["1", "2"]
    assert of["rounds"][1]["sd"] < of["rounds"][0]["sd"]
    assert (of["passing"], of["variant"], of["max_marks"]) == (None, "expected_marks", 4)


def test_an_earlier_round_never_passes_for_a_last_one_that_nobody_completed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "judge,round,q1,q2\nA,1,1,1\nA,2,1,\n")
    answer = run(path, "angoff")
    assert answer.exit_code == 1
    assert "no judge filled in everything in round 2" in answer.output


def test_yes_and_no_are_one_and_nought(tmp_path: Path) -> None:
    words = found(write(tmp_path / "a.csv", "judge,q1,q2,q3\nA,yes,No,yes\nNo,no,no,yes\nC,yes,,yes\n"), "angoff")
    assert (words["variant"], [one["cut"] for one in words["judges"]]) == ("yes_no", [2, 1])
    assert [one["judge"] for one in words["judges"]] == ["A", "No"]
    assert words["left_out"] == [{"judge": "C", "round": "1", "reason": "missing_ratings"}]


def test_ratings_in_per_cent_and_items_of_more_marks(tmp_path: Path) -> None:
    marks = write(tmp_path / "m.json", '{"q2": 4}')
    shares = write(tmp_path / "a.csv", "judge,q1,q2\nA,50,75\nB,60,50\n")
    per_cent = found(shares, "angoff", "--percent", "--max-scores", marks)
    assert [one["cut"] for one in per_cent["judges"]] == [3.5, 2.6]
    plain = found(write(tmp_path / "b.csv", "judge,q1,q2\nA,0.5,3\nB,0.6,2\n"), "angoff", "--max-scores", marks)
    assert [one["cut"] for one in plain["judges"]] == [3.5, 2.6]


def test_a_score_that_meets_the_cut_exactly_in_decimal_passes(tmp_path: Path) -> None:
    ratings = write(tmp_path / "a.csv", "judge,q1,q2\nA,0.1,0.2\nB,0.1,0.2\n")
    scores = write(tmp_path / "s.csv", "candidate,score\na,0.3\nb,0.2999\nc,1\n")
    of = found(ratings, "angoff", "--scores", scores)
    assert (of["cut"], of["passing"]["at_cut"]) == (0.3, pytest.approx(2 / 3))


def test_bookmark_cuts_at_the_last_page_mastered(tmp_path: Path) -> None:
    marks = write(tmp_path / "b.csv", example("bookmark"))
    parameters = write(tmp_path / "p.csv", example("bookmark", 2))
    of = found(marks, "bookmark", "--parameters", parameters, "--rp", 0.5)
    assert [one["location"] for one in of["booklet"]] == [-0.8, 0.4, 1.1]
    assert [one["cut"] for one in of["judges"]] == [0.4, 1.1, 0.4]
    first = found(marks, "bookmark", "--parameters", parameters, "--rp", 0.5, "--bookmark", "first")
    assert [one["cut"] for one in first["judges"]] == [-0.8, 0.4, -0.8]
    assert first["raw_cut"] < of["raw_cut"] < 3
    assert of["raw_cut_less_one_se"] < of["raw_cut"]


def test_hofstee_of_the_documentation(tmp_path: Path) -> None:
    scores = write(tmp_path / "s.csv", "candidate,score\n" + "".join(f"c{mark},{mark}\n" for mark in range(41, 91)))
    of = found(write(tmp_path / "h.csv", example("hofstee")), "hofstee", "--scores", scores)
    assert of["limits"] == {
        "min_cut": 50,
        "max_cut": pytest.approx(63.6666666667),
        "min_fail": pytest.approx(1 / 15),
        "max_fail": 0.3,
    }
    line = 0.3 - (of["cut"] - 50) / (63.6666666667 - 50) * (0.3 - 1 / 15)
    assert of["fail_rate"] == pytest.approx(line, abs=0.02)
    assert (of["fallback"], abs(of["cut"] - of["cut_interpolated"]) < 1) == (None, True)
    assert of["se"] > 0
    assert of["passing"]["at_cut"] == pytest.approx(1 - of["fail_rate"])
    hard = write(tmp_path / "low.csv", "candidate,score\na,10\nb,20\nc,30\n")
    assert found(tmp_path / "h.csv", "hofstee", "--scores", hard)["fallback"] == "lowest_cut"
    easy = write(tmp_path / "high.csv", "candidate,score\na,80\nb,85\nc,90\n")
    fallback = found(tmp_path / "h.csv", "hofstee", "--scores", easy, "--summary", "median")
    assert (fallback["fallback"], fallback["cut"]) == ("highest_cut", 65)


def test_borderline_regression_alone_and_by_station(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", example("borderline-regression"))
    one = found(path, "borderline-regression", "--borderline", 2)
    rows = path.read_text().splitlines()
    both = [f"{rows[0]},station", *(f"{row},{station}" for station in "AB" for row in rows[1:])]
    two = found(write(tmp_path / "s.csv", "\n".join(both) + "\n"), "borderline-regression", "--borderline", 2)
    assert two["cut"] == pytest.approx(2 * one["cut"], abs=1e-9)
    assert two["se"] == pytest.approx(2**0.5 * one["se"], abs=1e-9)
    assert [row["station"] for row in two["stations"]] == ["A", "B"]
    falling = write(tmp_path / "f.csv", "candidate,score,rating\na,9,1\nb,8,2\nc,1,3\nd,,3\n")
    warned = found(falling, "borderline-regression", "--borderline", 2)
    assert (warned["warning"], warned["n_left_out"]) == ("not_rising", 1)


def test_the_borderline_group_by_word_or_number(tmp_path: Path) -> None:
    words = write(tmp_path / "w.csv", "candidate,score,rating\na,40,fail\nb,50,Borderline\nc,56,borderline\nd,51,borderline\n")
    assert found(words, "borderline-group")["cut"] == 51
    assert found(words, "borderline-group", "--summary", "mean")["cut"] == pytest.approx(157 / 3)
    figures = write(tmp_path / "n.csv", "candidate,score,rating\na,40,2.0\nb,50,3\n")
    alone = found(figures, "borderline-group", "--borderline", 2)
    assert (alone["cut"], alone["se"]["reason"]) == (40, "too_few_candidates")
    assert run(words, "borderline-group", "--borderline", "poor").exit_code == 1


def test_contrasting_groups_default_to_logistic_and_fall_back_aloud(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", example("contrasting-groups"))
    of = found(path, "contrasting-groups")
    assert (of["by"], of["fallback"], of["cut"]) == ("logistic", None, of["logistic"]["cut"])
    assert found(path, "contrasting-groups", "--by", "crossing")["cut"] == of["crossing"]["cut"]
    parted = write(tmp_path / "p.csv", "candidate,score,qualified\na,1,0\nb,2,0\nc,5,1\nd,6,1\n")
    fell = found(parted, "contrasting-groups")
    assert (fell["by"], fell["fallback"], fell["cut"]) == ("midpoint", "midpoint", 3.5)
    assert fell["logistic"]["cut"] == {"value": None, "reason": "separated"}


def test_every_key_is_described(tmp_path: Path) -> None:
    scores = write(tmp_path / "s.csv", "candidate,score\n" + "".join(f"c{mark},{mark}\n" for mark in range(41, 91)))
    parameters = write(tmp_path / "p.csv", example("bookmark", 2))
    calls: dict[str, list[object]] = {
        "angoff": ["--scores", scores],
        "bookmark": ["--parameters", parameters],
        "hofstee": ["--scores", scores],
        "borderline-regression": ["--borderline", 2],
        "contrasting-groups": [],
    }
    for method, words in calls.items():
        keys = names(found(write(tmp_path / f"{method}.csv", example(method)), method, *words))
        assert {key for key in keys if f"`{key}`" not in PAGE} <= {"value"}, method


@pytest.mark.parametrize(
    ("method", "text", "words", "code", "told"),
    [
        ("angoff", "judge,q1,q2\nA,0.5,x\nB,0.5,0.1\n", [], 1, "row 2, column q2"),
        ("angoff", "judge,q1,q2\nA,0.5,0.1\nA,0.5,0.1\n", [], 1, "row 3, column judge"),
        ("angoff", "judge,q1,q2\nA,0.5,1.1\nB,-0.5,0.1\n", [], 1, "row 3, column q1"),
        ("angoff", "judge,q1\nA,\n", [], 1, "no judge"),
        ("angoff", "candidate,q1\nA,1\n", [], 1, '"judge"'),
        ("bookmark", "judge,bookmark\nA,2\n", [], 2, "--parameters"),
        ("hofstee", "judge,min_cut,max_cut,min_fail,max_fail\nA,5,6,0.1,0.2\n", [], 2, "--scores"),
        ("borderline-regression", "candidate,score,rating\na,1,1\nb,2,2\nc,3,3\n", [], 2, "--borderline"),
        ("borderline-regression", "candidate,score,rating\na,1,1\na,2,2\n", ["--borderline", "2"], 1, "row 3, column cand"),
        ("borderline-regression", "candidate,score,rating\na,1,1\nb,x,2\n", ["--borderline", "2"], 1, "row 3, column score"),
        ("borderline-regression", "candidate,score,rating\na,1,1\nb,2,2\nc,3,3\n", ["--borderline", "two"], 1, "not a number"),
        ("contrasting-groups", "candidate,score,qualified\na,1,yes\nb,2,perhaps\n", [], 1, "row 3, column qualified"),
        ("contrasting-groups", "candidate,score,qualified\na,1,yes\nb,2,yes\n", [], 1, "none is"),
        ("contrasting-groups", "candidate,score\na,1\nb,2\n", [], 1, "qualified"),
    ],
)  # fmt: skip
def test_bad_data_end_with_1_and_bad_usage_with_2(
    tmp_path: Path, method: str, text: str, words: list[str], code: int, told: str
) -> None:
    refused = run(write(tmp_path / "x.csv", text), method, *words)
    assert (refused.exit_code, told in refused.output) == (code, True), refused.output


def test_limits_and_pages_out_of_reach_are_refused(tmp_path: Path) -> None:
    scores = write(tmp_path / "s.csv", "candidate,score\na,1\nb,2\nc,3\n")
    head = "judge,min_cut,max_cut,min_fail,max_fail\n"
    for row, told in (
        ("A,7,6,0.1,0.2", "above max_cut"),
        ("A,5,6,0.3,0.2", "above max_fail"),
        ("A,5,6,5,20", "between 0 and 1"),
    ):
        refused = run(write(tmp_path / "h.csv", f"{head}{row}\n"), "hofstee", "--scores", scores)
        assert (refused.exit_code, told in refused.output) == (1, True)
    parameters = write(tmp_path / "p.csv", "item,b\nq1,0\nq2,1\n")
    for page in ("0", "3", "1.5"):
        refused = run(write(tmp_path / "b.csv", f"judge,bookmark\nA,{page}\n"), "bookmark", "--parameters", parameters)
        assert (refused.exit_code, "row 2, column bookmark" in refused.output) == (1, True)


def test_a_panel_without_items_or_with_marks_for_a_strange_one_is_refused(tmp_path: Path) -> None:
    empty = run(write(tmp_path / "r.csv", "judge\nAda\nBen\n"), "angoff")
    assert (empty.exit_code, "no column of an item" in empty.stderr) == (1, True)
    sheets = write(tmp_path / "r.csv", "judge,q1\nAda,0.5\nBen,0.6\n")
    for marks in ('{"q7": 2}', '{"q1": 1e999}', '{"q1": true}', '{"q1": NaN}'):
        refused = run(sheets, "angoff", "--max-scores", write(tmp_path / "m.json", marks))
        assert refused.exit_code == 1
        assert "q7: is no item" in refused.stderr or "marks are an object" in refused.stderr


def test_what_one_judge_or_no_cut_cannot_tell_is_null_with_a_reason(tmp_path: Path) -> None:
    scores = write(tmp_path / "s.csv", "candidate,score\na,1\nb,2\nc,3\n")
    alone = found(write(tmp_path / "r.csv", "judge,q1,q2\nAda,0.5,0.6\n"), "angoff", "--scores", scores)
    nobody_else = {"value": None, "reason": "too_few_judges"}
    assert alone["passing"]["at_cut_less_one_se"] == alone["items"][0]["sd"] == nobody_else
    booklet = write(tmp_path / "b.csv", "item,b\nq1,0\nq2,1\n")
    page = found(write(tmp_path / "p.csv", "judge,bookmark\nAda,2\n"), "bookmark", "--parameters", booklet)
    assert page["raw_cut_less_one_se"] == nobody_else
    flat = write(tmp_path / "f.csv", "candidate,score,rating\na,1,2\nb,2,2\nc,3,2\n")
    none = found(flat, "borderline-regression", "--borderline", 2, "--scores", scores)
    assert none["passing"]["at_cut"] == {"value": None, "reason": "no_variance"}


def test_numbers_without_measure_are_refused(tmp_path: Path) -> None:
    rated = write(tmp_path / "f.csv", "candidate,score,rating\na,1,1\nb,2,2\nc,3,3\n")
    for typed in ("nan", "inf", "1e300"):
        assert run(rated, "borderline-regression", "--borderline", typed).exit_code == 1
    booklet = write(tmp_path / "b.csv", "item,a,b\nq1,1e-300,0\n")
    assert run(write(tmp_path / "p.csv", "judge,bookmark\nAda,1\n"), "bookmark", "--parameters", booklet).exit_code == 1

"""`stats items` and `stats reliability`: what they read, say and refuse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exam_engine.cli import main
from exam_engine.cli.stats.output import plain
from grading.psychometrics.items import analyse
from grading.psychometrics.reliability import cronbach_alpha

OPTIONS = "candidate,q1,q2,q3,q4\nc1,A,B,C,D\nc2,A,B,C,A\nc3,A,B,B,D\nc4,B,B,C,A\nc5,A,,C,B\nc6,B,A,A,D\nc7,A,A,B,A\n"
KEY = '{"q1": "A", "q2": "B", "q3": "C", "q4": "D"}'
RIGHT = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1], [0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["stats", *map(str, arguments)])


def written(folder: Path, text: str, name: str = "r.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def answered(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def as_csv(scores: Any) -> str:
    heading = ",".join(["candidate", *(f"q{place}" for place in range(1, len(scores[0]) + 1))])
    return "\n".join([heading, *(f"c{row},{','.join(map(str, line))}" for row, line in enumerate(scores))]) + "\n"


def test_items_with_a_key(tmp_path: Path) -> None:
    found = answered("items", written(tmp_path, OPTIONS), "--key", written(tmp_path, KEY, "key.json"), "--options", 4)
    assert (found["n"], found["candidates"], found["k"], found["left_out"]) == (6, 7, 4, [])
    assert [item["item"] for item in found["items"]] == ["q1", "q2", "q3", "q4"]
    expected = [plain(item.discrimination_efficiency) for item in analyse(RIGHT)]
    assert [item["discrimination_efficiency"] for item in found["items"]] == pytest.approx(expected)
    assert found["items"][0]["random_guess_score"] == 25
    assert [option["option"] for option in found["items"][2]["options"]] == ["A", "B", "C"]
    assert found["items"][3]["suspect_because"] == ["negative_discrimination", "better_distractor"]


def test_reliability_at_a_cut_and_another_length(tmp_path: Path) -> None:
    found = answered("reliability", written(tmp_path, as_csv(RIGHT)), "--cut", 2.5, "--length-items", 12)
    alpha = cronbach_alpha(RIGHT).value
    assert found["alpha"] == found["kr20"] == pytest.approx(alpha)
    assert found["projected"]["factor"] == 3
    assert found["sem_at_cut"]["lord"] == pytest.approx((2.5 * 1.5 / 3) ** 0.5)
    assert [row["n"] for row in found["conditional_sem"]] == [0, 2, 1, 2, 1]
    assert set(found) >= {"kr21", "lambda2", "odd_even", "sem", "cic", "error_ratio", "feldt_interval", "alpha_if_deleted"}


def test_an_item_without_variance_is_named_and_not_fatal(tmp_path: Path) -> None:
    path = written(tmp_path, "candidate,q1,q2,q3\na,1,0,1\nb,1,1,1\nc,1,1,0\n")
    for command in ("items", "reliability"):
        assert answered(command, path)["left_out"] == [{"item": "q1", "reason": "no_variance"}]
    assert answered("items", path)["items"][0]["item_rest"] == {"value": None, "reason": "no_variance"}


def test_a_negative_alpha_is_told_with_what_it_rules_out(tmp_path: Path) -> None:
    found = answered("reliability", written(tmp_path, as_csv([[0, 1], [1, 0], [1, 1], [0, 1], [1, 0]])))
    assert found["alpha"] < 0
    assert found["sem"] == found["projected"]["reliability"] == {"value": None, "reason": "negative_reliability"}


@pytest.mark.parametrize("command", ["items", "reliability"])
def test_tables_for_people_and_two_or_no_candidates(tmp_path: Path, command: str) -> None:
    for text in (OPTIONS, "candidate,q1,q2,q3,q4\nc1,A,B,C,D\n", "candidate,q1,q2,q3,q4\nc1,A,,C,D\n"):
        result = run(command, written(tmp_path, text), "--key", written(tmp_path, KEY, "key.json"))
        assert (result.exit_code, "q4" in result.stdout) == (0, True)


@pytest.mark.parametrize("command", ["items", "reliability"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("candidate,q1,q2\na,1,0\nb,x,1\n", "row 3, column q1"),
        ("candidate,q1,q2\na,1,0\na,0,1\n", "row 3, column candidate"),
    ],
)
def test_faults_are_told_at_their_place(tmp_path: Path, command: str, text: str, place: str) -> None:
    result = run(command, written(tmp_path, text))
    assert (result.exit_code, place in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("maxima", "said"),
    [
        ('{"q1": 2}', "q2"),
        ('{"q1": 2, "q2": 0}', "q2"),
        ('{"q1": 2, "q2": 1, "q3": 1}', "q3"),
        ('{"q1": 1, "q2": 1}', "q1"),
        ("[]", "maxima"),
    ],
)
def test_maxima_fit_the_scores(tmp_path: Path, maxima: str, said: str) -> None:
    result = run("items", written(tmp_path, "candidate,q1,q2\na,2,0\nb,1,1\n"), "--max", written(tmp_path, maxima, "max.json"))
    assert (result.exit_code, said in result.stderr) == (1, True)


def test_the_maximum_says_where_it_is_from(tmp_path: Path) -> None:
    path = written(tmp_path, "candidate,q1,q2\na,2,0\nb,1,1\n")
    assert [(item["max"], item["max_from"]) for item in answered("items", path)["items"]] == [(2, "observed"), (1, "one")]
    given = answered("items", path, "--max", written(tmp_path, '{"q1": 4, "q2": 1}', "max.json"))
    assert [(item["p"], item["max_from"]) for item in given["items"]] == [(0.375, "given"), (0.5, "given")]


# Larger than memory


def test_blocks_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grading.psychometrics.large.BYTES", 200)
    monkeypatch.setattr("grading.psychometrics.large.ROWS", 7)
    scores = (np.random.default_rng(1).random((90, 5)) < 0.6).astype(int)
    np.save(tmp_path / "r.npy", scores.astype(np.int8))
    path = written(tmp_path, as_csv(scores.tolist()).replace("c40,1", "c40,").replace("c40,0", "c40,"))
    for command in ("items", "reliability"):
        for missing in ("listwise", "wrong", "pairwise"):
            whole, blocks = (answered(command, path, "--missing", missing, *more) for more in ([], ["--scale"]))
            assert flat(blocks) == flat(whole)
    assert flat(answered("reliability", tmp_path / "r.npy", "--scale"))["alpha"] == pytest.approx(cronbach_alpha(scores).value)


@pytest.mark.parametrize(
    "text",
    [
        "candidate,q1,q2\na,1,0\nb,0,1\nlonger,1,1\n",
        "candidate,q1,q2\r\na,1,0\r\nb,0,1\r\nlonger,1,1",
        "candidate;q1;q2\na;1;0\nb;0.0;1\n\nlonger;1.00;1\n",
        'candidate,q1,q2\n"a, 9",1,0\n"b",0,1\nc,1,1\n',
        "candidate,q1,q2\na,01,0\nb,0,10e-1\nc,+1,1\n",
    ],
)
def test_however_scores_are_typed_blocks_read_them(tmp_path: Path, text: str) -> None:
    found = answered("items", written(tmp_path, text), "--scale")
    assert (found["n"], [item["mean"] for item in found["items"]]) == (3, [2 / 3, 2 / 3])


def flat(found: Any, name: str = "") -> dict[str, Any]:
    """Every figure by its path, rounded."""
    match found:
        case dict():
            parts = [(f"{name}.{key}".strip("."), inner) for key, inner in found.items()]
        case list():
            parts = [(f"{name}[{place}]", inner) for place, inner in enumerate(found)]
        case _:
            return {name: round(found, 9) + 0.0 if isinstance(found, float) else found}
    return {path: value for inner_name, inner in parts for path, value in flat(inner, inner_name).items()}


def test_faults_in_blocks_have_the_row_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grading.psychometrics.large.BYTES", 20)
    text = as_csv([[0, 1], [1, 1]] * 20)
    for fault, said in (("c30,x", "row 32, column q1"), ("c30,0,1", "row 32"), ("c30,inf", "row 32, column q1")):
        result = run("items", written(tmp_path, text.replace("c30,0", fault)), "--scale")
        assert (result.exit_code, said in result.stderr) == (1, True), result.stderr


@pytest.mark.parametrize("content", [b"candidate\n1\n", b"", b"person,q1\na,1\n"])
def test_a_file_without_candidates_or_items_is_refused_in_blocks_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    assert run("items", tmp_path / "r.csv", "--scale").exit_code == 1


def test_what_is_no_matrix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.npy").write_bytes(b"no matrix")
    np.save(tmp_path / "line.npy", np.ones(4))
    assert [run("items", tmp_path / name, "--scale").exit_code for name in ("r.npy", "line.npy")] == [1, 1]


def test_scores_beyond_measure_are_refused_in_blocks_too(tmp_path: Path) -> None:
    for large in (1e300, -np.inf):
        np.save(tmp_path / "r.npy", np.array([[1, large], [0, 1], [np.nan, 1]]))
        result = run("items", tmp_path / "r.npy", "--scale")
        assert (result.exit_code, "beyond" in result.stderr) == (1, True)
        assert run("items", written(tmp_path, f"candidate,q1\nc1,{large}\nc2,1\n"), "--scale").exit_code == 1


def test_rows_that_end_with_carriage_returns_alone_are_refused_in_blocks(tmp_path: Path) -> None:
    result = run("items", written(tmp_path, as_csv([[0, 1], [1, 1]]).replace("\n", "\r")), "--scale")
    assert (result.exit_code, "line feed" in result.stderr) == (1, True)


@pytest.mark.parametrize("most", ["Infinity", "NaN", "1e999", "true", "9" * 400])
def test_a_maximum_is_a_number(tmp_path: Path, most: str) -> None:
    maxima = written(tmp_path, f'{{"q1": {most}, "q2": 1}}', "max.json")
    result = run("items", written(tmp_path, as_csv([[0, 1], [1, 0]])), "--max", maxima)
    assert (result.exit_code, "q1: has no maximum" in result.stderr) == (1, True)


def test_without_candidates_a_mean_has_a_reason(tmp_path: Path) -> None:
    total = answered("items", written(tmp_path, "candidate,q1,q2\nc1,,1\nc2,1,\n"))["total"]
    assert total["mean"] == total["sd"] == {"value": None, "reason": "too_few_candidates"}


def test_a_key_does_not_go_with_blocks(tmp_path: Path) -> None:
    result = run("items", written(tmp_path, OPTIONS), "--key", written(tmp_path, KEY, "key.json"), "--scale")
    assert (result.exit_code, "--key" in result.stderr) == (2, True)

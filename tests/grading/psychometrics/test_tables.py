"""Data for statistics: whole or refused, with the row and column of every fault."""

import json
from pathlib import Path

import numpy as np
import pytest

from grading.psychometrics.tables import DataError, read_parameters, read_responses, read_table


def written(folder: Path, text: str, name: str = "r.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def faults(path: Path, *more: Path, **settings: object) -> list[tuple[str, str]]:
    with pytest.raises(DataError) as caught:
        read_responses(path, *more, **settings)  # type: ignore[arg-type]
    return [(problem.place, problem.code) for problem in caught.value.problems]


def test_scores_are_read_with_what_is_missing(tmp_path: Path) -> None:
    found = read_responses(written(tmp_path, "\ufeffcandidate,q1,q2\nc1,1,0.5\nc2,,0\n"))
    assert (found.candidates, found.items) == (("c1", "c2"), ("q1", "q2"))
    assert np.array_equal(found.scores, [[1, 0.5], [np.nan, 0]], equal_nan=True)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_usual_separator_will_do(tmp_path: Path, separator: str) -> None:
    text = "candidate,q1,group\nc1,1,a\n\nc2,0,b\n".replace(",", separator)
    found = read_responses(written(tmp_path, text), keep=["group"])
    assert (found.items, found.scores.tolist()) == (("q1",), [[1.0], [0.0]])
    assert found.columns is not None
    assert found.columns["group"].tolist() == ["a", "b"]


def test_options_are_scored_with_a_key(tmp_path: Path) -> None:
    key = written(tmp_path, json.dumps({"q1": "B", "q2": "A"}), "key.json")
    found = read_responses(written(tmp_path, "candidate,q1,q2\nc1,B,C\nc2,,A\n"), key)
    assert np.array_equal(found.scores, [[1, 0], [np.nan, 1]], equal_nan=True)
    assert found.options is not None
    assert found.options.tolist() == [["B", "C"], ["", "A"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("candidate,q1\nc1,1\nc2,x\nc3,1e999\n", [("row 3, column q1", "not_a_number"), ("row 4, column q1", "not_a_number")]),
        ("candidate,q1\nc1,1\nc1,0\n", [("row 3, column candidate", "twice")]),
        ("candidate,q1\n,1\n", [("row 2, column candidate", "no_name")]),
        ("candidate,q1\nc1,1,2\n", [("row 2", "cells")]),
        ("candidate,q1,q1\nc1,1,2\n", [("row 1, column 3", "name_twice")]),
        ("candidate,q1,\nc1,1,2\n", [("row 1, column 3", "no_name")]),
        ("person,q1\nc1,1\n", [("row 1", "no_candidate")]),
        ("candidate\nc1\n", [("row 1", "no_items")]),
        ("candidate,q1\n", [("", "empty")]),
        ("", [("", "empty")]),
        ('candidate,q1\nc1,"1\n', [("", "not_csv")]),
    ],
)
def test_every_fault_has_its_place(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert faults(written(tmp_path, text)) == expected


def test_a_file_that_is_not_there_or_no_utf8_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path / "none.csv") == [("", "unreadable")]
    (tmp_path / "gb.csv").write_bytes("candidate,题\nc1,1\n".encode("gb18030"))
    assert faults(tmp_path / "gb.csv") == [("", "encoding")]


def test_a_key_fits_the_columns(tmp_path: Path) -> None:
    data = written(tmp_path, "candidate,q1\nc1,A\n")
    assert faults(data, written(tmp_path, '{"q2": "A"}', "k.json")) == [("q1", "no_key"), ("q2", "no_column")]
    assert faults(data, written(tmp_path, '["A"]', "k.json")) == [("", "bad_key")]
    assert faults(data, written(tmp_path, "{", "k.json")) == [("", "not_json")]
    assert faults(data, keep=["group"]) == [("row 1", "no_column")]


def test_parameters_are_read_by_item(tmp_path: Path) -> None:
    names, columns = read_parameters(written(tmp_path, "item,a,b\nq1,1,-0.5\nq2,0.8,\n"))
    assert names == ("q1", "q2")
    assert np.array_equal(columns["b"], [-0.5, np.nan], equal_nan=True)


def test_numbers_may_be_required(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "item,a\nq1,\n"))
    with pytest.raises(DataError, match="row 2, column a: is empty"):
        table.numbers(["a"], missing=False)


@pytest.mark.parametrize("typed", ["1e16", "-1e300", "1_0", "inf", "nan", "0x1"])
def test_a_cell_that_cannot_be_reckoned_with_is_refused(tmp_path: Path, typed: str) -> None:
    path = written(tmp_path, f"candidate,q1\nc1,1\nc2,{typed}\n")
    assert faults(path) == [("row 3, column q1", "not_a_number")]
    with pytest.raises(DataError, match="too large" if "e" in typed else "is not a number"):
        read_responses(path)

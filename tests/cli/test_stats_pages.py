"""The worked examples of the pages about classical statistics come out as the pages say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exam_engine.cli import main

PAGES = Path(__file__).parents[2] / "docs" / "statistics"


def answered(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """The page, and what its first call answers to the first data of the page about items or its own."""
    page = (PAGES / f"{name}.md").read_text("utf-8")
    source = page if name == "decision" else (PAGES / "items.md").read_text("utf-8")
    data, *more = re.findall(r"(?:^    (?:candidate|c\d+|\{).*\n)+", source, re.MULTILINE)
    for file, text in zip(("s.csv" if name == "decision" else "r.csv", "key.json"), (data, *more), strict=False):
        (folder / file).write_text(re.sub("^    ", "", text, flags=re.MULTILINE), "utf-8")
    monkeypatch.chdir(folder)
    (call,) = re.findall(r"^    exam-engine (.*)$", page, re.MULTILINE)
    result = CliRunner().invoke(main, [*call.split(), "--json"])
    assert result.exit_code == 0, result.stderr
    return page, json.loads(result.stdout)


def rows(page: str) -> list[dict[str, str]]:
    """The table of the worked example, by its heading."""
    table = re.findall(r"^\| (.*) \|$", page.partition("## A worked example")[2], re.MULTILINE)
    heading, _, *lines = ([cell.strip() for cell in line.split(" | ")] for line in table)
    return [dict(zip(heading, line, strict=True)) for line in lines]


def test_the_example_of_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, found = answered("items", tmp_path, monkeypatch)
    for row, item in zip(rows(page), found["items"], strict=True):
        assert row == {name: item[name] if name == "item" else f"{item[name]:.4f}" for name in row}
    assert [item["suspect_because"] for item in found["items"]][3] == ["negative_discrimination", "better_distractor"]
    assert [item["suspect_key"] for item in found["items"]] == [False, False, False, True]


def test_the_example_of_reliability(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, found = answered("reliability", tmp_path, monkeypatch)
    (row,) = rows(page)
    assert row == {name: f"{found[name]:.4f}" for name in row}
    told = [found["projected"]["reliability"], found["sem_at_cut"]["lord"], found["sem_at_cut"]["keats"]]
    told += [found["feldt_interval"]["lower"], found["feldt_interval"]["upper"]]
    assert [f"{figure:.4f}" for figure in told if f"{figure:.4f}" not in page] == []


def test_the_example_of_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, found = answered("decision", tmp_path, monkeypatch)
    (row,) = rows(page)
    assert row == {name: f"{found[name]:.4f}" for name in row}
    told = [found["effective_length"], found["beta"]["alpha"], found["beta"]["beta"]]
    assert [f"{figure:.4f}" for figure in told if f"{figure:.4f}" not in page] == []
    assert (found["effective_cut"], found["effective_length_rounded"], found["beta"]["parameters"]) == (25, 41, 2)

"""What every statistic shares: tables on a narrow terminal, and numbers that are none."""

from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from exam_engine.cli import main
from exam_engine.cli.stats import output
from exam_engine.cli.stats.output import Shown

RESPONSES = "candidate,sex,q1,q2,q3\na,m,1,0,1\nb,f,0,0,1\nc,m,1,1,1\nd,f,1,1,0\ne,m,0,0,0\n"
SCORES = "candidate,score,anchor\na,5,1\nb,6,2\nc,8,3\n"


def drawn(table: Shown, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    page = StringIO()
    monkeypatch.setattr(output, "Console", lambda **_: Console(file=page, width=width))
    output.answer({}, lambda: [table], as_json=False)
    return page.getvalue()


def test_a_table_wider_than_the_terminal_goes_on_below_and_no_figure_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [-1234.5678 - column for column in range(12)]
    table = Shown("Figures", ("item", "option", *(f"a_long_name_{column}" for column in range(12))), [["题", "A", *figures]], 2)
    page = drawn(table, 80, monkeypatch)
    assert "…" not in page
    assert all(f"{figure:.4f}" in page and f"a_long_name_{column}" in page for column, figure in enumerate(figures))
    assert page.count("题") == page.count(" option ") == 4
    assert page.count("Figures, continued\n") == 3
    assert max(map(len, page.splitlines())) <= 80


def test_a_table_that_fits_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "continued" not in drawn(Shown("Figures", ("item", "p"), [["q1", 0.5]]), 20, monkeypatch)


def test_a_cell_wider_than_the_terminal_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn(Shown("Left out", ("item", "reason"), [["q1", "x" * 100]]), 40, monkeypatch)
    assert page.count("x") == 100


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf", "1e16"])
@pytest.mark.parametrize(
    "words",
    [
        "reliability r.csv --cut", "reliability r.csv --length", "reliability r.csv --confidence",
        "decision s.csv --cut 5 --min 0 --max 10 --reliability", "decision s.csv --reliability 0.8 --min 0 --max 10 --cut",
        "decision s.csv --cut 5 --reliability 0.8 --min 0 --max", "decision s.csv --cut 5 --reliability 0.8 --max 10 --min",
        "decision s.csv --cut 5 --reliability 0.8 --min 0 --max 10 --lower", "dif r.csv --group sex --focal f --alpha",
        "equate --new s.csv --old s.csv --method equipercentile --step", "equate --new s.csv --old s.csv --method mean --cut",
        "standard p.csv --method bookmark --parameters b.csv --rp", "standard p.csv --method bookmark --parameters b.csv --d",
        "agreement m.csv --confidence",
    ],
)  # fmt: skip
def test_no_option_takes_what_is_not_a_number(tmp_path: Path, words: str, typed: str) -> None:
    files = {
        "r.csv": RESPONSES, "s.csv": SCORES, "p.csv": "judge,bookmark\na,1\n", "b.csv": "item,b\nq1,0\n",
        "m.csv": "a,b\n1,2\n2,2\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    paths = [str(tmp_path / word) if word in files else word for word in words.split()]
    found = CliRunner().invoke(main, ["stats", *paths, typed])
    assert found.exit_code == 2
    assert "Invalid value" in found.stderr


def test_seeds_are_not_negative(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(SCORES, "utf-8")
    path = str(tmp_path / "s.csv")
    equate = ["stats", "equate", "--new", path, "--old", path, "--method", "mean", "--bootstrap", "2", "--seed", "-1"]
    for words in (["stats", "agreement", path, "--seed", "-1"], equate):
        assert CliRunner().invoke(main, words).exit_code == 2

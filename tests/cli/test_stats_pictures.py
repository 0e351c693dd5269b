"""`--plot`: the usual pictures of a statistic, in both languages, and the answer as without them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from exam_engine.cli import main

RANDOM = np.random.default_rng(4)
ABLE = RANDOM.normal(0, 1, 60)
HARD = np.linspace(-1.5, 1.5, 6)
RIGHT = RANDOM.random((60, 6)) < 1 / (1 + np.exp(-(ABLE[:, None] - HARD)))
NAMES = ["q1", "q2", "a/../b", "q<4>", "问题五", "q6"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Files for every command, with names of items that no file can have and no picture may take for markup."""
    heading = ",".join(NAMES)
    scored = ["candidate,sex," + heading] + [
        f"c{row},{'fm'[row % 2]}," + ",".join(map(str, one.astype(int))) for row, one in enumerate(RIGHT)
    ]
    chosen = ["candidate," + heading] + [
        f"c{row}," + ",".join(np.where(one, "A", "BCD"[row % 3])) for row, one in enumerate(RIGHT)
    ]
    ratings = ["candidate,rater,score"] + [
        f"c{row},{rater},{min(4, max(0, round(2 + ABLE[row] + severity + RANDOM.normal(0, 0.7))))}"
        for row in range(40)
        for rater, severity in (("Li", 0.4), ("No", -0.4), ("Ok", 0.0))
    ]
    parameters = ["item,a,b,c"] + [f"{name},1.2,{b},0.2" for name, b in zip(NAMES, HARD, strict=True)]
    scores = ["candidate,score"] + [f"c{row},{one.sum()}" for row, one in enumerate(RIGHT)]
    files = {"group": scored, "chosen": chosen, "ratings": ratings, "parameters": parameters, "scores": scores}
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    plain = [line.split(",", 2)[0] + "," + line.split(",", 2)[2] for line in scored]
    (tmp_path / "scored.csv").write_text("\n".join(plain) + "\n", encoding="utf-8")
    (tmp_path / "key.json").write_text(json.dumps(dict.fromkeys(NAMES, "A")), encoding="utf-8")
    return tmp_path


CALLS = {
    "items": (
        "items chosen.csv --key key.json",
        {"scores", "options-001-q1", "options-003-a-..-b", "options-004-q-4-", "options-005--"},
    ),
    "items of scores": ("items scored.csv", {"scores"}),
    "reliability": ("reliability scored.csv --cut 4", {"scores"}),
    "decision": ("decision scores.csv --cut 4 --reliability 0.7 --min 0 --max 6", {"scores"}),
    "rasch": ("irt scored.csv --model rasch", {"characteristic", "total", "information", "error", "map"}),
    "2pl": ("irt scored.csv --model 2pl", {"characteristic", "total", "information", "error"}),
    "dif": ("dif group.csv --group sex --focal f", {"dif"}),
    "severity": ("severity ratings.csv", {"severity"}),
    "similarity": ("similarity chosen.csv --key key.json --parameters parameters.csv", {"network"}),
}  # fmt: skip


def run(words: str, data: Path, *more: str) -> str:
    typed = [str(data / word) if word.endswith((".csv", ".json")) else word for word in words.split()]
    answer = CliRunner().invoke(main, ["stats", *typed, "--json", *more])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


@pytest.mark.parametrize(("words", "names"), CALLS.values(), ids=CALLS)
def test_pictures_are_written_in_both_languages_and_the_answer_stays_the_same(data: Path, words: str, names: set[str]) -> None:
    folder = data / "new" / "pictures"
    with_pictures = run(words, data, "--plot", str(folder))
    assert with_pictures == run(words, data)
    written = {path.name for path in folder.iterdir()}
    assert {f"{name}.{language}.svg" for name in names for language in ("en", "zh-CN")} <= written
    for path in folder.iterdir():
        assert ET.fromstring(path.read_text(encoding="utf-8"))[0].text


def test_the_map_is_only_of_items_with_one_slope(data: Path) -> None:
    run(CALLS["2pl"][0], data, "--plot", str(data / "p"))
    assert not list((data / "p").glob("map*"))


def test_a_folder_that_cannot_be_made_is_said(data: Path) -> None:
    (data / "file").write_text("", encoding="utf-8")
    answer = CliRunner().invoke(main, ["stats", "items", str(data / "scored.csv"), "--plot", str(data / "file" / "p")])
    assert answer.exit_code == 1
    assert "Not a directory" in answer.stderr

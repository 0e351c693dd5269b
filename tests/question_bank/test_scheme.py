"""The scheme is data: the shipped one is in order, and one that contradicts itself is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from grading.standards import decide
from question_bank.scheme_checks import check_scheme

SCHEME: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "question_bank" / "banks" / "itsm" / "scheme.json").read_text("utf-8")
)


def level(name: str) -> dict[str, Any]:
    return next(one for one in SCHEME["levels"] if one["id"] == name)


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    scheme: Any = copy.deepcopy(SCHEME)
    place = scheme
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return scheme  # type: ignore[no-any-return]


def test_the_shipped_scheme_is_in_order_and_bilingual() -> None:
    assert check_scheme(SCHEME) == []
    assert SCHEME["languages"] == ["zh-CN", "en"]


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("junior", [("theory", 60, 60)]),
        ("intermediate", [("theory", 75, 50), ("practical", 60, None)]),
        ("senior", [("theory", 100, 50), ("practical", 90, None)]),
    ],
)
def test_levels_have_their_papers_and_one_makeup(name: str, papers: list[tuple[str, int, int | None]]) -> None:
    found = level(name)
    assert [(paper["id"], paper["minutes"], paper.get("items")) for paper in found["papers"]] == papers
    assert (found["retake"]["makeups"], found["retake"]["cooling_off_days"], found["retake"]["then"]) == (1, 14, "retrain")
    assert found["certificate"]["validity_months"] == 36


@pytest.mark.parametrize(
    ("name", "theory", "practical", "outcome"),
    [
        ("junior", 60, None, "pass"),
        ("junior", 59, None, "fail"),
        ("intermediate", 60, 60, "pass"),
        ("intermediate", 100, 59, "fail"),
        ("senior", 60, 65, "pass"),
        ("senior", 60, 64, "fail"),
        ("senior", 60, None, "incomplete"),
    ],
)
def test_the_standard_of_a_level_decides(name: str, theory: int, practical: int | None, outcome: str) -> None:
    marks = {"theory": theory, "practical": practical}
    components = [{"id": paper, "marks": mark, "max": 100} for paper, mark in marks.items() if mark is not None]
    assert decide(level(name)["standard"], components).outcome == outcome


def test_a_senior_fails_with_one_section_of_the_practical_under_50() -> None:
    sections = {"t1": {"marks": 49, "max": 100}, "t2": {"marks": 90, "max": 100}}
    components = [{"id": "theory", "marks": 90, "max": 100}, {"id": "practical", "marks": 70, "max": 100, "sections": sections}]
    assert [reason.code for reason in decide(level("senior")["standard"], components).reasons] == ["section_floor"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["levels", 1, "id"], "junior", 'levels[1].id: the id "junior" is used more than once'),
        (["levels", 1, "rank"], 1, "levels[1].rank: the rank 1 is taken by another level"),
        (["levels", 0, "entry", "certificate"], "senior", 'levels[0].entry.certificate: "senior" is not a lower level'),
        (["levels", 1, "standard", "weights", "theory"], 61, "levels[1].standard.weights: the weights do not add up to 100"),
        (["levels", 1, "standard", "floors"], {"oral": 1}, 'levels[1].standard.floors.oral: "oral" is not one of the papers'),
        (["levels", 1, "standard", "weights"], {"theory": 100}, 'levels[1].standard: the paper "practical" does not count'),
        (["levels", 1, "funding", "shares", 0, "percent"], 49, "levels[1].funding.shares: the shares do not add up to 100"),
        (
            ["syllabus", 1, "children", 0, "place"],
            "desk",
            'syllabus[1].children[0].place: "desk" does not stand under "process"',
        ),
        (["syllabus", 0, "place"], "tools", 'syllabus[2].place: the place "tools" is there twice'),
        (["levels", 0, "title"], {"en": "Junior"}, "levels[0].title: is not written in zh-CN"),
        (["levels", 0, "fees", "exam"], 300, "levels[0].fees.exam: must be a text, not 300"),
        (["levels", 0, "retake", "then"], "again", 'levels[0].retake.then: must be "retrain", not "again"'),
        (["levels", 1, "papers", 1, "double"], None, "levels[1].papers[1].double: must be an object, not null"),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused(path: list[Any], value: Any, message: str) -> None:
    said = [f"{problem.place}: {problem.message}" for problem in check_scheme(changed(path, value))]
    assert any(sentence.startswith(message) for sentence in said)
    assert len(said) <= 3  # a level that changes its id or rank also leaves others without the one they ask for

"""What the page of a script shows: criteria with their levels, the answer in paragraphs, the exhibits. Pure functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exam_engine.core.words import pick
from exam_engine.marking import rules
from exam_engine.marking.tasks import Task
from grading.exact import exact, written
from question_bank import public_case
from question_bank.rendering import block_html, inline_html


@dataclass(frozen=True)
class Level:
    """One step of a criterion; `number` is the key that chooses it."""

    number: int
    marks: str
    title: Any
    text: Any


@dataclass(frozen=True)
class Criterion:
    """One criterion as the marker finds it: what can be given, and what was given so far."""

    id: str
    title: Any
    max: str
    levels: list[Level]
    marks: str | None
    level: int | None
    comment: str
    snips: list[str]


@dataclass(frozen=True)
class Answer:
    """A written answer: its paragraphs, each a list of lines, and its length in the unit of its language."""

    paragraphs: list[list[str]]
    language: str
    length: int


def list_criteria(
    rubric: Mapping[str, Any], criteria: Mapping[str, Any], kept: Mapping[str, Sequence[str]], language: str
) -> list[Criterion]:
    """The rubric's criteria with what the marker gave; `kept` are the marker's own comments by criterion."""
    listed = []
    for criterion in rubric["criteria"]:
        given = criteria.get(criterion["id"], {})
        levels = [
            Level(number, written(exact(level["marks"])), level["title"], level.get("text"))
            for number, level in enumerate(criterion["levels"], start=1)
        ]
        offered = [pick(comment, language) for comment in criterion.get("comments", [])]
        snips = list(dict.fromkeys([*offered, *kept.get(criterion["id"], [])]))
        listed.append(
            Criterion(
                criterion["id"], criterion["title"], written(exact(criterion["max"])), levels, given.get("marks"),
                rules.find_level(criterion, given.get("marks")), given.get("comment", ""), snips,
            )
        )
    return listed


def read_answer(text: str) -> Answer:
    """Split a written answer at its empty lines, or at every line where it has none, and measure it."""
    text = text.replace("\r\n", "\n").strip()
    blocks = re.split(r"\n\s*\n", text) if re.search(r"\n\s*\n", text) else text.split("\n")
    language, length = rules.measure_text(text)
    return Answer([block.strip().split("\n") for block in blocks if block.strip()], language, length)


def say_title(task: Task, language: str) -> str:
    """The name of a task on the page, without markup: the part's heading, or an item's own code."""
    return pick(task.item["stem"], language) if task.case else str(task.item["id"])


def show_task(task: Task, language: str) -> dict[str, Any]:
    """Question, scenario, exhibits and model answer; texts are safe HTML in `language` where the document has it."""

    def block(text: Any) -> str | None:
        return pick(block_html(text), language) if text else None

    shown = {"stem": block(task.item["stem"]), "context": block(task.item.get("context")), "words": task.item.get("words")}
    shown["model_answer"] = block(task.rubric.get("model_answer"))
    shown["rationale"] = block(task.item.get("rationale"))
    if task.case is not None:
        shown |= {"title": pick(inline_html(task.case["title"]), language), "scenario": block(task.case["scenario"])}
        shown["exhibits"] = public_case({**task.case, "tasks": []})["exhibits"]
    return shown

"""`mark`: responses in a file, marked by the keys of a bank; no database, no site."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import orjson
from rich.cells import cell_len, set_cell_size

from exam_engine.cli.terminal import fail, with_progress
from grading import ItemError, Marked, ResponseError, Status, check_response, compile_item
from grading.exact import to_number
from grading.marking import Marker
from question_bank import Bank, UnknownFormatError, load
from schemas import Problem, check, is_valid

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The marks of one line."""

    candidate: str
    item: str
    marked: Marked

    def as_json(self) -> str:
        """The line that answers it."""
        return json.dumps({"candidate": self.candidate, "item": self.item, **self.marked.as_json()}, ensure_ascii=False)


@dataclass(slots=True)
class Total:
    """The sum of one candidate's lines; `waiting` of them need a person and are not in `marks`."""

    marks: Fraction = field(default_factory=Fraction)
    highest: Fraction = field(default_factory=Fraction)
    waiting: int = 0

    def add(self, marked: Marked) -> None:
        """Count one more line."""
        self.marks += marked.exact_marks or 0
        self.highest += marked.exact_max
        self.waiting += marked.status is Status.NEEDS_PERSON


@click.command()
@click.option(
    "--items", "items_path", type=click.Path(exists=True, path_type=Path), required=True, help="A bank in any format."
)
@click.option(
    "--responses",
    "responses_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help='JSON lines: {"candidate": "c1", "item": "id", "response": …}.',
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON lines.")
def mark(*, items_path: Path, responses_path: Path, as_json: bool) -> None:
    """Mark responses by the keys of a bank.

    Ends with 1, naming every problem and giving no marks at all, when an item or a response cannot be used.
    """
    items = _read_items(items_path)
    results, problems = _mark_lines(items, responses_path)
    if problems:
        fail("\n".join(map(str, problems)))
    if as_json:
        for result in results:
            click.echo(result.as_json())
    else:
        _show(results)


def _read_items(path: Path) -> dict[str, Line]:
    """The items of the bank by id; the parts of its cases by their full ids, such as case-1/t1/a."""
    try:
        bank = load(path)
    except UnknownFormatError as error:
        fail(f"{path}: {error}")
    if errors := [problem for problem in bank.problems if problem.severity == "error"]:
        fail("\n".join(map(str, errors)))
    return {item["id"]: item for item in bank.items} | dict(_case_parts(bank))


def _case_parts(bank: Bank) -> Iterator[tuple[str, Line]]:
    for case in bank.cases:
        for task in case["tasks"]:
            for part in task["parts"]:
                yield f"{case['id']}/{task['id']}/{part['id']}", dict(part)


class BadLineError(Exception):
    """A line that cannot be marked, with everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(slots=True)
class Marking:
    """Marks line after line: compiles an item when it first comes up, and knows who has answered what."""

    items: Mapping[str, Line]
    markers: dict[str, Marker] = field(default_factory=dict)
    first_seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def mark(self, text: bytes, source: str) -> Result:
        """Mark one line; a line that cannot be marked raises `BadLineError`."""
        line = _read_line(text, source)
        candidate, name = line["candidate"], line["item"]
        if name not in self.items:
            raise BadLineError(Problem(source, "item", "unknown_item", f"the bank has no item {name}"))
        first = self.first_seen.setdefault((candidate, name), source)
        if first != source:
            message = f"candidate {candidate} has answered item {name} already, at {first}"
            raise BadLineError(Problem(source, "", "answered_twice", message))
        try:
            check_response(self.items[name], line["response"])
            if name not in self.markers:
                self.markers[name] = compile_item(self.items[name])
        except ResponseError as error:
            raise BadLineError(Problem(source, _place(error.where), error.code, error.message)) from error
        except ItemError as error:
            raise BadLineError(Problem(source, "item", error.code, f"{name} cannot be marked: {error}")) from error
        return Result(candidate, name, self.markers[name](line["response"]))


def _mark_lines(items: Mapping[str, Line], path: Path) -> tuple[list[Result], list[Problem]]:
    """Mark every line that can be marked; the problems of those that cannot."""
    marking, results, problems = Marking(items), list[Result](), list[Problem]()
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    for number, text in enumerate(with_progress(lines, "Marking", len(lines)), start=1):
        if not text.strip():
            continue
        try:
            results.append(marking.mark(text, f"{path}:{number}"))
        except BadLineError as bad:
            problems += bad.problems
    return results, problems


def _read_line(text: bytes, source: str) -> Line:
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadLineError(Problem(source, "", "bad_json", f"this line is not JSON: {error}")) from error
    if not is_valid("response-line", line):
        raise BadLineError(*check("response-line", line, source))
    result: Line = line
    return result


def _place(where: str) -> str:
    """The place inside the line of a place inside the response."""
    return f"response{where}" if not where or where.startswith("[") else f"response.{where}"


def _show(results: list[Result]) -> None:
    rows, totals = [("candidate", "item", "marks", "of", "credit", "status")], dict[str, Total]()
    for result in results:
        values = result.marked.as_json()
        marks, highest, credit = (_number(values[name]) for name in ("marks", "max_marks", "credit"))
        status = result.marked.status.value.replace("_", " ")
        rows.append((_shown(result.candidate), result.item, marks, highest, credit, status))
        totals.setdefault(result.candidate, Total()).add(result.marked)
    sums = [("candidate", "marks", "of", "waiting for a person")]
    for candidate, total in totals.items():
        sums.append((_shown(candidate), _number(to_number(total.marks)), _number(to_number(total.highest)), str(total.waiting)))
    click.echo("\n".join([*_aligned(rows), "", *_aligned(sums), ""]))
    click.echo(f"{len(results)} responses of {len(totals)} candidates")


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows under one another; made by hand, as a table drawn by rich takes minutes and a gigabyte for a large exam."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _shown(name: str) -> str:
    """A name from the file; what would move the cursor or break the line is only pointed at."""
    return name if name.isprintable() else "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)


def _number(value: float | str | None) -> str:
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)

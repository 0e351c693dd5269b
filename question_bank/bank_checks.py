"""What a schema cannot say of a case, and of items beside each other."""

from collections.abc import Iterator, Sequence
from itertools import chain

from question_bank.findings import Document, Finding, Step
from question_bank.formats.entries import Entry
from question_bank.item_checks import ids_of, repeated
from question_bank.texts import texts_of
from schemas.problems import Severity


def case_ids_are_unique(case: Document) -> Iterator[Finding]:
    """Exhibits, tasks, and the parts of a task have ids of their own."""
    yield from repeated(case.get("exhibits", []), ("exhibits",))
    yield from repeated(case["tasks"], ("tasks",))
    for place, task in enumerate(case["tasks"]):
        yield from repeated(task["parts"], ("tasks", place, "parts"))


def tables_are_whole(case: Document) -> Iterator[Finding]:
    """Rows of a table have a cell for every column."""
    for path, exhibit in _exhibits(case):
        columns = len(exhibit.get("columns", []))
        for number, row in enumerate(exhibit.get("rows", [])):
            if len(row) != columns:
                yield Finding((*path, "rows", number), "cells", f"the row has {len(row)} cells, the table {columns} columns")


def relations_are_whole(case: Document) -> Iterator[Finding]:
    """Edges join nodes that are there."""
    for path, exhibit in _exhibits(case):
        nodes = ids_of(exhibit.get("nodes", []))
        for number, edge in enumerate(exhibit.get("edges", [])):
            for end in ("from", "to"):
                if edge[end] not in nodes:
                    yield Finding((*path, "edges", number, end), "node_unknown", f'there is no node "{edge[end]}"')


def charts_are_whole(case: Document) -> Iterator[Finding]:
    """Every series has a value, or a gap, for each time; events stand at times that are there."""
    for path, exhibit in _exhibits(case):
        times = len(exhibit.get("times", []))
        for number, series in enumerate(exhibit.get("series", [])):
            if (values := len(series["values"])) != times:
                yield Finding((*path, "series", number, "values"), "values", f"there are {values} values for {times} times")
        for number, event in enumerate(exhibit.get("events", [])):
            if event["at"] >= times:
                message = f"there is no time {event['at']}; they are counted from 0 to {times - 1}"
                yield Finding((*path, "events", number, "at"), "time_unknown", message)


def calendars_are_whole(case: Document) -> Iterator[Finding]:
    """Spans of a calendar begin and end on its days, and no two of a lane share a day."""
    for path, exhibit in _exhibits(case):
        days = len(exhibit.get("days", []))
        for place, lane in enumerate(exhibit.get("lanes", [])):
            free = 0
            for number, span in sorted(enumerate(lane["spans"]), key=lambda numbered: numbered[1]["from"]):
                where = (*path, "lanes", place, "spans", number)
                if not span["from"] <= span["to"] < days:
                    yield Finding(
                        where, "days", f'"from" and "to" count days from 0 to {days - 1}, the first not after the last'
                    )
                elif span["from"] < free:
                    yield Finding(where, "days", "begins before another span of the lane has ended")
                free = max(free, span["to"] + 1)


def _exhibits(case: Document) -> Iterator[tuple[tuple[Step, ...], Document]]:
    for place, exhibit in enumerate(case.get("exhibits", [])):
        yield ("exhibits", place), exhibit


def languages_are_complete(document: Document, languages: Sequence[str], severity: Severity) -> Iterator[Finding]:
    """Every text that is written in languages is written in all of them."""
    for path, text in texts_of(document):
        missing = [language for language in languages if language not in text]
        if missing:
            yield Finding(path, "language_missing", f"is not written in {', '.join(missing)}", severity)


def ids_are_used_once(entries: Sequence[Entry]) -> None:
    """Refuse items and cases whose id was used before; the first keeps it."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry.refused:
            continue
        before = first.setdefault(entry.id, entry)
        if before is not entry:
            where = before.file if before.file != entry.file else before.place or before.file
            entry.refuse("duplicate_id", f'the id "{entry.id}" is used before, in {where}', "id")


def enemies_are_there(entries: Sequence[Entry]) -> None:
    """Notice enemies that are not in the bank, or the item itself."""
    known = {entry.id for entry in entries}
    for entry in entries:
        for place, enemy in enumerate((entry.document or {}).get("enemies", []) if not entry.refused else []):
            if enemy == entry.id:
                entry.refuse("enemy_self", "an item is not its own enemy", f"enemies[{place}]")
            elif enemy not in known:
                entry.notice("enemy_unknown", f'there is no item "{enemy}" in this bank', f"enemies[{place}]")


def part_checks(case: Document) -> Iterator[tuple[tuple[str | int, ...], Document]]:
    """The parts of a case, which are items, with the way to each."""
    return chain.from_iterable(
        ((("tasks", place, "parts", number), part) for number, part in enumerate(task["parts"]))
        for place, task in enumerate(case["tasks"])
    )

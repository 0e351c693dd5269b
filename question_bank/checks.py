"""The checks every item, case and bank goes through.

The lists are open: a check is a function, and a further one is added by putting it into its list.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from grading import compile_item
from grading.errors import ItemError
from question_bank import bank_checks, item_checks
from question_bank.findings import Check, Document, Finding, Step
from question_bank.formats.entries import Entry, Kind
from question_bank.texts import languages_of
from schemas import Problem, check, is_valid, place_of
from schemas.problems import Severity

Watch = Callable[[Sequence[Entry]], Iterator[Entry]]

ITEM_CHECKS: Final[list[Check]] = [
    item_checks.ids_are_unique,
    item_checks.key_is_among_choices,
    item_checks.key_can_be_chosen,
    item_checks.limits_are_in_order,
    item_checks.gaps_fit_the_text,
    item_checks.gaps_are_in_order,
    item_checks.rubric_adds_up,
    item_checks.ids_do_not_tell_the_key,
]
CASE_CHECKS: Final[list[Check]] = [
    bank_checks.case_ids_are_unique,
    bank_checks.tables_are_whole,
    bank_checks.relations_are_whole,
    bank_checks.charts_are_whole,
    bank_checks.calendars_are_whole,
]
BANK_CHECKS: Final[list[Callable[[Sequence[Entry]], None]]] = [bank_checks.ids_are_used_once, bank_checks.enemies_are_there]


def check_document(
    kind: Kind, document: Document, source: str = "document", languages: Sequence[str] = (), missing: Severity = "error"
) -> list[Problem]:
    """Report everything wrong with one item or case, by its schema and by the checks.

    Parameters
    ----------
    kind
        ``item`` or ``case``.
    document
        Plain data as read from JSON.
    source
        The file or other source, named in each problem.
    languages
        Languages every text is to be written in.
    missing
        How much a missing language matters.
    """
    broken = [] if is_valid(kind, document) else check(kind, document, source)
    if broken:
        return broken
    findings = [*_findings(kind, document), *bank_checks.languages_are_complete(document, languages, missing)]
    return [Problem(source, place_of(path), code, message, severity) for path, code, message, severity in findings]


def check_entries(entries: Sequence[Entry], languages: Sequence[str] = (), watch: Watch = iter) -> None:
    """Check what was read, item by item and then beside each other; problems go into the entries.

    A language the bank promises and an item lacks is an error. A bank that promises none is only told where its
    texts differ. The entries are looked at through `watch`, which may show how far the work is.
    """
    documents = [entry.document for entry in entries if entry.document is not None]
    asked, missing = (languages, "error") if languages else (languages_of(documents), "warning")
    for entry in watch(entries):
        if entry.document is not None and not entry.refused:
            severity: Severity = "error" if missing == "error" else "warning"
            entry.add(check_document(entry.kind, entry.document, entry.file, asked, severity))
    for bank_check in BANK_CHECKS:
        bank_check(entries)


def _findings(kind: Kind, document: Document) -> Iterator[Finding]:
    if kind == "item":
        yield from _item_findings(document)
        return
    for case_check in CASE_CHECKS:
        yield from case_check(document)
    for path, part in bank_checks.part_checks(document):
        yield from (finding._replace(path=(*path, *finding.path)) for finding in _item_findings(part))


def _item_findings(item: Document) -> Iterator[Finding]:
    """Findings of every check; the marker has the last word on an item that looks right."""
    findings = [finding for item_check in ITEM_CHECKS for finding in item_check(item)]
    yield from findings
    if not any(finding.severity == "error" for finding in findings):
        try:
            compile_item(dict(item))
        except ItemError as error:
            yield Finding(_path(error.where), error.code, error.message)


def _path(where: str) -> tuple[Step, ...]:
    """The path a marker's place names: `key.accepted[0]` is key, accepted, 0."""
    return tuple(int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", where))

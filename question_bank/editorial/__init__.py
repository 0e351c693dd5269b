"""The editorial check: rules for good items and banks, each a function whose docstring is its reason.

What a rule notices is a warning: a person looks at it, and mends the item or writes into its `explained` why it may stand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from question_bank.bank import Bank
from question_bank.bank_checks import part_checks
from question_bank.editorial import choices, formulas, languages, sources, whole
from question_bank.editorial.coverage import coverage
from question_bank.editorial.whole import BankFinding
from question_bank.findings import Check, Document, Finding
from question_bank.formats.entries import Entry, join
from schemas import Problem, place_of

PART_RULES: Final[tuple[Check, ...]] = (
    choices.longest_option, choices.article_cue, choices.uneven_endings, choices.echo_cue, choices.all_or_none,
    choices.absolute_word, choices.negative_stem, choices.options_alike, choices.rationale_missing, formulas.numeric_key,
)  # fmt: skip
ITEM_RULES: Final[tuple[Check, ...]] = (
    *PART_RULES, formulas.given_missing, languages.untranslated, languages.out_of_proportion, languages.numbers_differ,
    sources.unplaced, sources.reference_missing, sources.reference_unknown, sources.reading_time,
)  # fmt: skip
CASE_RULES: Final[tuple[Check, ...]] = (
    languages.untranslated, languages.out_of_proportion, languages.numbers_differ, sources.reference_missing,
    sources.reference_unknown, sources.case_reading_time,
)  # fmt: skip
BANK_RULES: Final[tuple[Callable[[Sequence[Document]], Iterator[BankFinding]], ...]] = (
    whole.key_balance, whole.truth_balance, whole.length_balance, whole.near_duplicate, whole.enemy_one_sided,
)  # fmt: skip

_CODES: Final[Mapping[Callable[..., Any], tuple[str, ...]]] = {
    formulas.numeric_key: ("formula_missing", "formula_broken", "formula_key"),
    sources.case_reading_time: ("reading_time",),
}


def codes_of(rule: Callable[..., Any]) -> tuple[str, ...]:
    """The codes of what a rule notices: its own name, unless it tells several things apart."""
    return _CODES.get(rule, (rule.__name__,))


def review(bank: Bank, watch: Callable[[Sequence[Entry]], Iterator[Entry]] = iter) -> list[Problem]:
    """Report what an editor should see of a bank.

    Parameters
    ----------
    bank
        A bank as it was loaded.
    watch
        Yields the entries it is given while they are read; a progress bar, for instance.

    Returns
    -------
    list of Problem
        The bank's own problems and what the rules noticed, in the order of the files. A warning that its item explains has
        the severity ``explained`` and says why; an explanation nothing calls for is a warning itself.
    """
    good = [entry for entry in bank.report if not entry.refused and entry.document is not None]
    noticed = {id(entry): [*_read(entry)] for entry in watch(good)}
    of_the_bank = []
    by_id = {entry.id: entry for entry in good}
    for finding in (finding for rule in BANK_RULES for finding in rule(bank.items)):
        if finding.item is None:
            of_the_bank.append(Problem(bank.source, finding.place, finding.code, finding.message, "warning"))
        else:
            entry = by_id[finding.item]
            noticed[id(entry)].append(Problem(entry.file, join(entry.place, finding.place), *finding[2:], "warning"))
    own = [problem for problem in bank.problems if not any(problem in entry.problems for entry in bank.report)]
    for entry in bank.report:
        own += _explain(entry, [*entry.problems, *noticed.get(id(entry), ())])
    return [*own, *of_the_bank, *coverage(bank.items, bank.blueprints, bank.parallel)]


def notice(bank: Bank) -> None:
    """Add to each entry of a bank what an editor should look at in it; what the item explains is left out."""
    for entry in bank.report:
        noticed = [] if entry.refused else [*_read(entry)]
        entry.problems = [found for found in _explain(entry, [*entry.problems, *noticed]) if found.severity != "explained"]


def _read(entry: Entry) -> Iterator[Problem]:
    """What the rules notice in one item or case."""
    document: Mapping[str, Any] = entry.document or {}
    for path, code, message, severity in _findings(entry.kind, document):
        yield Problem(entry.file, join(entry.place, place_of(path)), code, message, severity)


def _findings(kind: str, document: Document) -> Iterator[Finding]:
    if kind == "item":
        for rule in ITEM_RULES:
            yield from rule(document)
        return
    for rule in CASE_RULES:
        yield from rule(document)
    for path, part in part_checks(document):
        for rule in PART_RULES:
            yield from (finding._replace(path=(*path, *finding.path)) for finding in rule(part))


def _explain(entry: Entry, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Mark the warnings an item explains, and notice explanations that explain nothing."""
    explained: Mapping[str, str] = (entry.document or {}).get("explained", {})
    for problem in problems:
        if problem.severity == "warning" and problem.code in explained:
            message = f"{problem.message}; explained: {explained[problem.code]}"
            yield replace(problem, severity="explained", message=message)
        else:
            yield problem
    for code in sorted(explained.keys() - {problem.code for problem in problems}):
        place = join(entry.place, f"explained.{code}")
        yield Problem(entry.file, place, "explanation_idle", f'there is no warning "{code}" to explain', "warning")

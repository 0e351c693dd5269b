"""What a schema cannot say of one item: that its parts fit together."""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from question_bank.findings import Document, Finding, Step
from question_bank.formats.columns import natural
from question_bank.rendering import gaps_of

_LISTS: Final = ("options", "left", "right", "rows", "columns", "entries")
_SIDES: Final = {"matching": ("left", "right"), "categorising": ("left", "right"), "matrix": ("rows", "columns")}
_NAMES: Final = {"left": "left-hand choices", "right": "right-hand choices"}
_DIVIDES_BY_KEY: Final = ("right_minus_wrong", "balanced", "capped")


def ids_are_unique(item: Document) -> Iterator[Finding]:
    """Options, rows and the like have ids of their own."""
    for name in _LISTS:
        yield from repeated(item.get(name, []), (name,))


def key_is_among_choices(item: Document) -> Iterator[Finding]:
    """A key names what the candidate can choose."""
    if item["type"] == "single_choice":
        yield from _unknown([item["key"]], item["options"], ("key",), "options")
    elif item["type"] == "multiple_choice":
        yield from _unknown(item["key"], item["options"], ("key",), "options")
    elif item["type"] in _SIDES:
        yield from _pairs_fit(item, *_SIDES[item["type"]])
    elif item["type"] == "ordering":
        yield from _unknown(item["key"], item["entries"], ("key",), "entries")
        for missing in sorted(ids_of(item["entries"]) - set(item["key"])):
            yield Finding(("key",), "key_incomplete", f'the key leaves out the entry "{missing}"')


def key_can_be_chosen(item: Document) -> Iterator[Finding]:
    """The right answer is one the candidate is allowed to give, and a rule can be computed from it."""
    if item["type"] != "multiple_choice":
        return
    size, choose = len(item["key"]), item.get("choose", {})
    rule = item.get("marking", {}).get("rule", "all_or_nothing")
    if not size and rule in _DIVIDES_BY_KEY:
        yield Finding(("key",), "key_empty", f"{rule} divides by the number of right options, and the key has none")
    elif not size:
        yield Finding(("key",), "key_empty", "no option is right; the item can only be answered by leaving it out", "warning")
    if choose.get("min", 0) > choose.get("max", len(item["options"])):
        yield Finding(("choose",), "limits", '"min" is more than "max" or than the number of options')
    elif size and not choose.get("min", 0) <= size <= choose.get("max", size):
        yield Finding(("choose",), "key_not_allowed", f"the key has {size} options, which these limits do not allow")


def limits_are_in_order(item: Document) -> Iterator[Finding]:
    """A lower limit is not above its upper limit."""
    words = item.get("words", {})
    if words.get("min", 0) > words.get("max", words.get("min", 0)):
        yield Finding(("words",), "limits", '"min" is more than "max"')


def gaps_fit_the_text(item: Document) -> Iterator[Finding]:
    """Every language of a cloze text has each gap exactly once."""
    if item["type"] != "cloze":
        return
    text = item["text"]
    for language, typed in {"": text}.items() if isinstance(text, str) else text.items():
        path: tuple[Step, ...] = ("text", language) if language else ("text",)
        found = gaps_of(typed)
        for name in sorted(set(found) - item["gaps"].keys()):
            yield Finding(path, "gap_unknown", f"{{{{{name}}}}} is not one of the gaps {_listed(item['gaps'])}")
        for name in sorted(item["gaps"].keys() - set(found)):
            yield Finding(path, "gap_missing", f"the gap {{{{{name}}}}} does not occur in the text")
        for name in sorted({name for name in found if found.count(name) > 1}):
            yield Finding(path, "gap_repeated", f"the gap {{{{{name}}}}} occurs more than once")


def gaps_are_in_order(item: Document) -> Iterator[Finding]:
    """A gap is an item of its own: its ids and key fit together."""
    for name, gap in item.get("gaps", {}).items():
        for rule in (ids_are_unique, key_is_among_choices):
            yield from (finding._replace(path=("gaps", name, *finding.path)) for finding in rule(gap))


def rubric_adds_up(item: Document) -> Iterator[Finding]:
    """The criteria of a rubric add up to the marks; levels climb to the criterion's maximum."""
    if item["type"] not in ("written", "files"):
        return
    if "rubric" not in item:
        yield Finding((), "no_rubric", "a person marks this, and there is no rubric", "warning")
        return
    criteria, marks = item["rubric"]["criteria"], exact(item.get("marks", 1))
    total = sum((exact(criterion["max"]) for criterion in criteria), Fraction(0))
    if total != marks:
        message = f"the criteria add up to {_number(total)}, the item is worth {_number(marks)}"
        yield Finding(("rubric", "criteria"), "rubric_sum", message)
    yield from repeated(criteria, ("rubric", "criteria"))
    for place, criterion in enumerate(criteria):
        yield from _levels_climb(criterion, ("rubric", "criteria", place))


def ids_do_not_tell_the_key(item: Document) -> Iterator[Finding]:
    """Ids travel to the candidate: e1, e2, e3 in the right order, or l1 to r1, would be the answer."""
    message = "the ids give the answer away to whoever reads them; number them in another order"
    if item["type"] == "ordering" and len(item["key"]) > 2 and item["key"] == sorted(item["key"], key=natural):
        yield Finding(("key",), "ids_tell_key", message, "warning")
    elif item["type"] == "matching" and len(item["key"]) > 2:
        numbers = [(re.sub(r"\D", "", left), re.sub(r"\D", "", right)) for left, right in item["key"].items()]
        if all(left and left == right for left, right in numbers):
            yield Finding(("key",), "ids_tell_key", message, "warning")


def repeated(documents: Collection[Document], path: tuple[Step, ...]) -> Iterator[Finding]:
    """Find ids that occur again in a list of documents."""
    seen: set[str] = set()
    for place, document in enumerate(documents):
        if document["id"] in seen:
            yield Finding((*path, place, "id"), "duplicate_id", f'the id "{document["id"]}" is used more than once')
        seen.add(document["id"])


def ids_of(documents: Collection[Document]) -> set[str]:
    """The ids of a list of documents."""
    return {document["id"] for document in documents}


def exact(number: float | str) -> Fraction:
    """A number of a document without rounding."""
    return Fraction(Decimal(str(number)))


def _pairs_fit(item: Document, left: str, right: str) -> Iterator[Finding]:
    key: Mapping[str, str] = item["key"]
    yield from _unknown(key, item[left], ("key",), left)
    for source, target in key.items():
        yield from _unknown([target], item[right], ("key", source), right)
    for missing in sorted(ids_of(item[left]) - key.keys()):
        yield Finding(("key",), "key_incomplete", f'the key leaves out "{missing}" of the {_NAMES.get(left, left)}')


def _unknown(named: Collection[str], known: Collection[Document], path: tuple[Step, ...], what: str) -> Iterator[Finding]:
    ids = [document["id"] for document in known]
    for name in named:
        if name not in ids:
            yield Finding(path, "key_unknown", f'key "{name}" is not one of the {_NAMES.get(what, what)} {_listed(ids)}')


def _levels_climb(criterion: Mapping[str, Any], path: tuple[Step, ...]) -> Iterator[Finding]:
    marks = [exact(level["marks"]) for level in criterion["levels"]]
    if any(lower >= higher for lower, higher in pairwise(marks)):
        yield Finding((*path, "levels"), "levels_order", "the levels do not go from the lowest marks to the highest")
    elif marks[-1] != exact(criterion["max"]):
        message = f"the highest level gives {_number(marks[-1])}, the criterion's maximum is {_number(exact(criterion['max']))}"
        yield Finding((*path, "levels"), "levels_max", message)


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"

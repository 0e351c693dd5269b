"""What a schema cannot say of a scheme: that its parts name each other rightly and its shares add up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from question_bank.bank_checks import languages_are_complete
from question_bank.findings import Document, Finding, Step
from question_bank.item_checks import exact, repeated
from schemas import Problem, check, place_of

_BY_PAPER: Final = ("weights", "cuts", "floors", "section_floor")


def check_scheme(scheme: Document, source: str = "scheme") -> list[Problem]:
    """Report everything wrong with a scheme, by its schema and by the checks of this module."""
    broken = check("scheme", scheme, source)
    if broken:
        return broken
    findings = [finding for one in SCHEME_CHECKS for finding in one(scheme)]
    return [Problem(source, place_of(path), code, message, severity) for path, code, message, severity in findings]


def levels_are_apart(scheme: Document) -> Iterator[Finding]:
    """Levels, and the papers of a level, have ids of their own; levels have ranks of their own."""
    yield from repeated(scheme["levels"], ("levels",))
    ranks = [level["rank"] for level in scheme["levels"]]
    for place, level in enumerate(scheme["levels"]):
        yield from repeated(level["papers"], ("levels", place, "papers"))
        if level["rank"] in ranks[:place]:
            yield Finding(("levels", place, "rank"), "rank_twice", f"the rank {level['rank']} is taken by another level")


def entry_names_a_level(scheme: Document) -> Iterator[Finding]:
    """The certificate a level asks for is one of a lower level."""
    ranks = {level["id"]: level["rank"] for level in scheme["levels"]}
    for place, level in enumerate(scheme["levels"]):
        asked = level.get("entry", {}).get("certificate")
        if asked is not None and ranks.get(asked, level["rank"]) >= level["rank"]:
            path: tuple[Step, ...] = ("levels", place, "entry", "certificate")
            yield Finding(path, "level_unknown", f'"{asked}" is not a lower level')


def standard_names_papers(scheme: Document) -> Iterator[Finding]:
    """A standard weighs, cuts and floors the papers of its level, all of them."""
    for place, level in enumerate(scheme["levels"]):
        papers, standard = [paper["id"] for paper in level["papers"]], level["standard"]
        path: tuple[Step, ...] = ("levels", place, "standard")
        for field in _BY_PAPER:
            named = standard.get(field, {})
            for name in named if isinstance(named, Mapping) else ():
                if name not in papers:
                    yield Finding(
                        (*path, field, name), "paper_unknown", f'"{name}" is not one of the papers {", ".join(papers)}'
                    )
        weighed = standard.get("weights", standard.get("cuts", {}))
        for name in papers:
            if name not in weighed:
                yield Finding(path, "paper_unweighed", f'the paper "{name}" does not count')


def shares_add_up(scheme: Document) -> Iterator[Finding]:
    """Weights and shares of payers make a hundred."""
    for place, level in enumerate(scheme["levels"]):
        weights = level["standard"].get("weights", {})
        if weights and not _is_hundred(list(weights.values())):
            yield Finding(("levels", place, "standard", "weights"), "weights_sum", "the weights do not add up to 100")
        shares = [share["percent"] for share in level.get("funding", {}).get("shares", [])]
        if shares and not _is_hundred(shares):
            yield Finding(("levels", place, "funding", "shares"), "shares_sum", "the shares do not add up to 100")


def places_stand_under_their_parents(scheme: Document) -> Iterator[Finding]:
    """A place of the syllabus begins with the place above it, and occurs once."""
    seen: set[str] = set()
    waiting: list[tuple[tuple[Step, ...], str, Any]] = [(("syllabus",), "", scheme["syllabus"])]
    while waiting:
        path, above, places = waiting.pop()
        for number, one in enumerate(places):
            here, place = (*path, number), one["place"]
            parent, _, _ = place.rpartition(".")
            if parent != above:
                yield Finding((*here, "place"), "place_outside", f'"{place}" does not stand under "{above}"')
            if place in seen:
                yield Finding((*here, "place"), "place_twice", f'the place "{place}" is there twice')
            seen.add(place)
            waiting.append(((*here, "children"), place, one.get("children", [])))


def texts_are_in_every_language(scheme: Document) -> Iterator[Finding]:
    """Every text is written in the languages of the scheme."""
    yield from languages_are_complete(scheme, scheme["languages"], "error")


def _is_hundred(numbers: Sequence[float | str]) -> bool:
    return sum((exact(number) for number in numbers), Fraction(0)) == 100


SCHEME_CHECKS: Final[list[Callable[[Document], Iterator[Finding]]]] = [
    levels_are_apart,
    entry_names_a_level,
    standard_names_papers,
    shares_add_up,
    places_stand_under_their_parents,
    texts_are_in_every_language,
]

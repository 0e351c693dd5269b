"""Rules on where an item belongs, what it rests on, and how long it takes."""

import re
from collections.abc import Iterator
from typing import Final

from question_bank.editorial.words import CHINESE, ENGLISH, by_language, reading_size, texts_in
from question_bank.findings import Document, Finding
from question_bank.texts import texts_of

PER_MINUTE: Final = {ENGLISH: 238, CHINESE: 390}
"""Words or characters read in a minute: Brysbaert (2019), How many words do we read per minute?, Journal of Memory and
Language 109, 104047: 238 words of English non-fiction, and 260 words of Chinese, at one and a half characters a word."""

SHARE: Final = 0.75
"""How much of an item's time its reading may take; the rest is for thinking."""

SHARE_OF_CASE: Final = 0.5

PRACTICES: Final = frozenset({
    "architecture management", "continual improvement", "information security management", "knowledge management",
    "measurement and reporting", "organizational change management", "portfolio management", "project management",
    "relationship management", "risk management", "service financial management", "strategy management",
    "supplier management", "workforce and talent management", "availability management", "business analysis",
    "capacity and performance management", "change enablement", "incident management", "it asset management",
    "monitoring and event management", "problem management", "release management", "service catalogue management",
    "service configuration management", "service continuity management", "service design", "service desk",
    "service level management", "service request management", "service validation and testing", "deployment management",
    "infrastructure and platform management", "software development and management",
})  # fmt: skip
"""The practices of ITIL 4 by name."""

CONCEPTS: Final = (
    "guiding principles", "four dimensions of service management", "service value system", "service value chain",
    "continual improvement model", "key concepts of service management",
)  # fmt: skip

CLAUSES: Final = frozenset(
    [
        "4.1",
        "4.2",
        "4.3",
        "4.4",
        "5.1",
        "5.2",
        "5.3",
        "6.1",
        "6.2",
        "6.3",
        "7.1",
        "7.2",
        "7.3",
        "7.4",
        "7.5",
        "7.6",
        "8.1",
        "8.2",
        "8.2.1",
        "8.2.2",
        "8.2.3",
        "8.2.4",
        "8.2.5",
        "8.2.6",
        "8.3",
        "8.3.1",
        "8.3.2",
        "8.3.3",
        "8.3.4",
        "8.4",
        "8.4.1",
        "8.4.2",
        "8.4.3",
        "8.5",
        "8.5.1",
        "8.5.2",
        "8.5.3",
        "8.6",
        "8.6.1",
        "8.6.2",
        "8.6.3",
        "8.7",
        "8.7.1",
        "8.7.2",
        "8.7.3",
        "9.1",
        "9.2",
        "9.3",
        "9.4",
        "10.1",
        "10.2",
    ]
)
"""The clauses of ISO/IEC 20000-1:2018 that set requirements."""

_PLACES: Final = ("level", "syllabus", "cognitive", "difficulty", "time_s")


def unplaced(item: Document) -> Iterator[Finding]:
    """Level, syllabus, cognitive level, difficulty and time are given: assembly cannot count what is not said."""
    missing = [name for name in _PLACES if name not in item]
    if missing:
        yield Finding((), "unplaced", f"does not say its {', '.join(missing)}", "warning")


def reference_missing(document: Document) -> Iterator[Finding]:
    """Every item rests on a practice or a standard: a key that rests on nothing cannot be defended on appeal."""
    if not document.get("references"):
        yield Finding((), "reference_missing", "no practice or standard is named that the key rests on", "warning")


def reference_unknown(document: Document) -> Iterator[Finding]:
    """A practice of ITIL 4 is called by its name, and a clause of ISO/IEC 20000-1:2018 exists."""
    for place, reference in enumerate(document.get("references", ())):
        if message := _wrong(reference):
            yield Finding(("references", place), "reference_unknown", message, "warning")


def reading_time(item: Document) -> Iterator[Finding]:
    """Reading leaves a quarter of the time for thinking, in every language: else the item tests how fast somebody reads."""
    for language, speed in PER_MINUTE.items():
        size = sum(reading_size(text) for text in texts_in(item, language))
        needed = 60 * size / speed
        if needed > SHARE * item.get("time_s", needed + 1):
            message = f"reading alone takes {needed:.0f} of {item['time_s']} seconds ({language})"
            yield Finding(("time_s",), "reading_time", message, "warning")


def case_reading_time(case: Document) -> Iterator[Finding]:
    """Reading a case takes at most half its time, in every language: the rest is for working on it."""
    for language, speed in PER_MINUTE.items():
        needed = _size(case, language) / speed
        if needed > SHARE_OF_CASE * case.get("minutes", 2 * needed + 1):
            message = f"reading alone takes {needed:.0f} of {case['minutes']} minutes ({language})"
            yield Finding(("minutes",), "reading_time", message, "warning")


def _size(case: Document, language: str) -> int:
    shown = (
        {name: case[name] for name in ("title", "scenario", "exhibits") if name in case},
        [task["title"] for task in case["tasks"]],
    )
    around = sum(reading_size(by_language(text).get(language, "")) for _, text in texts_of(list(shown)))
    parts = (part for task in case["tasks"] for part in task["parts"])
    return around + sum(reading_size(text) for part in parts for text in texts_in(part, language))


def _wrong(reference: str) -> str | None:
    if found := re.match(r"ITIL 4(?: Foundation)?, (.+)", reference):
        topic = found.group(1).lower()
        practice = re.sub(r" practice(:.*)?$", "", topic)
        known = practice in PRACTICES or topic.startswith(CONCEPTS)
        return None if known else f'ITIL 4 has no practice or concept "{found.group(1)}"'
    if reference.startswith("ISO/IEC 20000-1:2018"):
        unknown = [clause for clause in re.findall(r"\b\d+(?:\.\d+)+\b", reference.partition(",")[2]) if clause not in CLAUSES]
        return f"ISO/IEC 20000-1:2018 has no clause {', '.join(unknown)}" if unknown else None
    return None

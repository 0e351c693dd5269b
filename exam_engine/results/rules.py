"""From marks to an outcome: papers become components, components a decision, and the retake rules say what a fail means.

Pure functions on plain data. Marks are exact strings and fractions throughout; nothing is rounded before it is compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from exam_engine.results.records import Outcome
from grading.exact import exact, round_to_decimals, written
from grading.retakes import Status, status
from grading.standards import Decision, decide

Document = Mapping[str, Any]

VERDICTS: Final = {"pass": Outcome.PASS, "fail": Outcome.FAIL, "final_fail": Outcome.FINAL_FAIL}


@dataclass(frozen=True)
class Judged:
    """What is decided on one sitting of one candidate; `is_final` means that no makeup is left."""

    outcome: Outcome
    is_final: bool
    decision: Decision
    components: tuple[Document, ...]
    carried: tuple[str, ...]


def section_of_slot(slot: Document, sections: str) -> str:
    """The section a slot counts in: its content area, or its task where the scheme's paper has `"sections": "task"`."""
    name: str = slot["slot"].partition("/")[0] if sections == "task" else slot["section"]
    return name


def scored_slots(slots: Sequence[Document], items: Document, sections: str) -> list[dict[str, Any]]:
    """A form's slots as `grading.score` takes them."""
    return [
        {"slot": slot["slot"], "item": items[slot["item"]], "section": section_of_slot(slot, sections), "marks": slot["marks"]}
        for slot in slots
    ]


def component_of(code: str, scored: Document) -> dict[str, Any]:
    """A scored paper as a component of the standard."""
    return {"id": code, "marks": scored["marks"], "max": scored["max"], "sections": scored["sections"]}


def machine_marks(scored: Document, persons: Iterable[str]) -> str:
    """The exact sum of what the engine gave, without the slots that people marked."""
    by_people = set(persons)
    return written(sum((exact(slot["marks"]) for name, slot in scored["slots"].items() if name not in by_people), Fraction(0)))


def sum_areas(papers: Iterable[tuple[Sequence[Document], Document]]) -> list[dict[str, Any]]:
    """Marks by content area over all papers, each given as (the form's slots, its score); areas in order of appearance."""
    areas: dict[str, dict[str, Any]] = {}
    for slots, scored in papers:
        for slot in slots:
            marked = scored["slots"][slot["slot"]]
            area = areas.setdefault(slot["section"], {"marks": Fraction(0), "max": Fraction(0), "questions": 0, "tasks": set()})
            area["marks"] += exact(marked["marks"])
            area["max"] += exact(marked["max"])
            if "/" in slot["slot"]:
                area["tasks"].add(slot["slot"].partition("/")[0])
            else:
                area["questions"] += 1
    return [
        {
            "id": name, "marks": written(area["marks"]), "max": written(area["max"]),
            "questions": area["questions"], "tasks": len(area["tasks"]),
        }
        for name, area in areas.items()
    ]  # fmt: skip


def percent(part: Document) -> Fraction:
    """Marks on the scale from 0 to 100, exact."""
    return 100 * exact(part["marks"]) / exact(part["max"])


def show_score(score: Fraction, needed: Fraction | None = None, digits: int = 1) -> str:
    """A score for people: rounded half up, with as many more digits as it takes not to show a fail as if it reached the cut."""
    rounded = round_to_decimals(score, digits)
    if needed is not None and score < needed <= rounded:
        return show_score(score, needed, digits + 1)
    return written(rounded)


def find_cut(standard: Document, component: str) -> Fraction | None:
    """The score that this component needs by itself; None where only the total counts."""
    if component in standard.get("floors", {}):
        return exact(standard["floors"][component])
    if standard.get("model") == "conjunctive":
        return exact(standard.get("cuts", {}).get(component, standard.get("cut", 0)))
    return None


def passed_components(standard: Document, decision: Decision) -> list[str]:
    """Components that were passed in a failed sitting and need not be sat again.

    A component is passed when each of its own conditions is met; one without any is held against the cut of the total.
    When every component was passed and the total still fails, nothing can be carried: something has to be sat again.
    """
    failed = {check.component for check in decision.reasons if check.component}
    cut = exact(standard.get("cut", 0))
    passed = [
        name
        for name, score in decision.components.items()
        if name not in failed and (find_cut(standard, name) is not None or score >= cut)
    ]
    return [] if len(passed) == len(decision.components) and not failed else passed


def choose_components(
    standard: Document, taken: Sequence[Document], carried: Sequence[Document]
) -> tuple[list[Document], list[str]]:
    """The components that count, and which of them are carried over.

    A carried paper need not be sat again. One that was sat again counts when it is passed and higher; it never does harm.
    """
    chosen, from_before = {part["id"]: part for part in taken}, []
    for part in carried:
        name, again = part["id"], chosen.get(part["id"])
        if again is not None:
            cut = find_cut(standard, name) or exact(standard.get("cut", 0))
            if percent(again) >= max(cut, percent(part)) and name not in _failed_by(standard, again):
                continue
        chosen[name] = part
        from_before.append(name)
    return list(chosen.values()), from_before


def _failed_by(standard: Document, part: Document) -> set[str | None]:
    return {check.component for check in decide(standard, [part]).reasons if check.code != "component_missing"}


def judge(
    level: Document, taken: Sequence[Document], history: Sequence[Document], sitting: tuple[str, str], today: date
) -> Judged | str:
    """Decide on one sitting of one candidate.

    Parameters
    ----------
    level
        The level of the scheme version by which the candidate is judged: `standard` and `retake`.
    taken
        A component for every paper that was sat; papers that were not are left out.
    history
        What happened before, in the shape of `grading.retakes`; failed entries hold their `components`.
    sitting
        Name and ISO day of this sitting.
    today
        The day of the decision.

    Returns
    -------
    Judged or str
        The judgement; the reason when the retake rules leave no room for this sitting (it is void).
    """
    name, on = sitting
    before = status(level["retake"], history, date.fromisoformat(on))
    chosen, carried = choose_components(level["standard"], taken, _carried(before, history))
    decision = decide(level["standard"], chosen)
    judged = Judged(Outcome.FAIL, is_final=False, decision=decision, components=tuple(chosen), carried=tuple(carried))
    entry = outcome_entry(level["standard"], judged, sitting)
    after = status(level["retake"], [*history, entry], max(today, date.fromisoformat(on)))
    attempt = next(one for one in after.attempts if one.sitting == name)
    if attempt.verdict is None:
        return attempt.void or "void"
    outcome = VERDICTS[attempt.verdict] if taken else Outcome.ABSENT
    return replace(judged, outcome=outcome, is_final=attempt.verdict == "final_fail")


def _carried(before: Status, history: Sequence[Document]) -> list[Document]:
    """Components that still count from a failed sitting, the newest of each."""
    found = {
        part["id"]: part
        for entry in sorted(history, key=lambda entry: str(entry["on"]))
        if entry["event"] == "failed"
        for part in entry.get("components", [])
        if part["id"] in entry.get("passed", [])
    }
    return [found[name] for name in before.carried if name in found]


def outcome_entry(standard: Document, judged: Judged, sitting: tuple[str, str]) -> dict[str, Any]:
    """What enters the candidate's history when the judgement is released: failed sittings keep what may be carried over."""
    entry = {"on": sitting[1], "sitting": sitting[0]}
    if judged.decision.outcome == "pass":
        return {"event": "passed", **entry}
    passed = [name for name in passed_components(standard, judged.decision) if name not in judged.carried]
    return {"event": "failed", **entry, "passed": passed, "components": [dict(part) for part in judged.components]}

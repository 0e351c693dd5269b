"""Pass or fail: component marks held against a standard, on unrounded values, with ≥ everywhere.

Scores are on a scale from 0 to 100: 100 × marks / max of a component, and the weighted mean of these for the total.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from grading.errors import StandardError
from grading.exact import exact, written

FULL: Final = 100


class Model(StrEnum):
    """How components make a decision."""

    COMPENSATORY = "compensatory"
    CONJUNCTIVE = "conjunctive"


class Outcome(StrEnum):
    """What is decided; a fail becomes final in the retake rules, not here."""

    PASS = "pass"  # noqa: S105  a verdict, not a secret
    FAIL = "fail"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of the standard, held against a score.

    Codes: ``component_missing``, ``total_cut``, ``component_cut``, ``component_floor``, ``section_floor`` and, for
    distinction, ``distinction_total``, ``distinction_floor``.
    """

    code: str
    met: bool
    needed: Fraction | None = None
    score: Fraction | None = None
    component: str | None = None
    section: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that are there, numbers as exact strings."""
        fields = {"code": self.code, "met": self.met, "component": self.component, "section": self.section}
        numbers = {"needed": self.needed, "score": self.score}
        fields |= {name: None if value is None else written(value) for name, value in numbers.items()}
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a standard says of an attempt.

    `checks` holds every condition that was looked at; `reasons` those that were not met and decided the outcome.
    """

    outcome: Outcome
    total: Fraction | None
    distinction: bool
    components: dict[str, Fraction]
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The unmet conditions for a pass."""
        return tuple(check for check in self.checks if not check.met and not check.code.startswith("distinction"))

    def as_json(self) -> dict[str, Any]:
        """The decision as plain data, numbers as exact strings."""
        return {
            "outcome": self.outcome.value,
            "total": None if self.total is None else written(self.total),
            "distinction": self.distinction,
            "components": {name: written(value) for name, value in self.components.items()},
            "reasons": [reason.as_json() for reason in self.reasons],
            "checks": [check.as_json() for check in self.checks],
        }


def decide(standard: Mapping[str, Any], components: Sequence[Mapping[str, Any]]) -> Decision:
    """Decide on the components of an attempt.

    Parameters
    ----------
    standard
        ``{"model": "compensatory", "cut": 60, "weights": {"theory": 60, "practical": 40}, "floors": {"theory": 60},
        "section_floor": {"practical": 50}, "distinction": {"total": 85, "floors": {"theory": 80}}}``. The model
        ``conjunctive`` has ``cuts`` by component instead of cut and floors. Every component with a weight is needed.
        ``section_floor`` is one number, or one by component, or one by component and section.
    components
        ``{"id": "theory", "marks": "46", "max": "60", "sections": {"process": {"marks": "9", "max": "12"}}}``; marks
        may be exact strings or numbers, and None or a component left out means it is missing.

    Raises
    ------
    StandardError
        The standard or the marks make no sense.
    """
    weights = _weights(standard)
    present = {part["id"]: part for part in components if part.get("marks") is not None}
    if stray := sorted(set(present) - set(weights)):
        raise StandardError("unknown_component", f"the standard has no component {', '.join(stray)}")
    scores = {name: _percent(present[name], name) for name in weights if name in present}
    missing = [Check("component_missing", met=False, component=name) for name in weights if name not in present]
    total = None if missing else _weighted_mean(scores, weights)
    checks = [*missing, *_pass_checks(standard, scores, total, present)]
    passed = all(check.met for check in checks)
    honours = list(_distinction_checks(standard, scores, total)) if passed and total is not None else []
    outcome = Outcome.INCOMPLETE if missing else Outcome.PASS if passed else Outcome.FAIL
    distinction = bool(honours) and all(check.met for check in honours)
    return Decision(outcome, total, distinction, scores, (*checks, *honours))


def _weights(standard: Mapping[str, Any]) -> dict[str, Fraction]:
    """Weights by component; without any, the components that have a cut or a floor weigh the same."""
    try:
        Model(standard.get("model", Model.COMPENSATORY))
    except ValueError as error:
        raise StandardError("unknown_model", f"{standard['model']!r} is no model of a standard", "model") from error
    named = standard.get("weights") or dict.fromkeys([*standard.get("cuts", {}), *standard.get("floors", {})], 1)
    weights = {name: exact(weight, f"weights.{name}") for name, weight in named.items()}
    if any(weight < 0 for weight in weights.values()) or not sum(weights.values()):
        raise StandardError("no_weight", "weights are not negative and not all 0", "weights")
    for field in ("cuts", "floors"):
        if stray := sorted(set(standard.get(field, {})) - set(weights)):
            raise StandardError("unknown_component", f"{', '.join(stray)} has no weight", field)
    return weights


def _percent(part: Mapping[str, Any], where: str) -> Fraction:
    marks, highest = exact(part["marks"], f"{where}.marks"), exact(part["max"], f"{where}.max")
    if highest <= 0 or marks > highest:
        raise StandardError("marks_out_of_range", f"{written(marks)} of {written(highest)} marks", where)
    return FULL * marks / highest


def _weighted_mean(scores: dict[str, Fraction], weights: dict[str, Fraction]) -> Fraction:
    return sum((weights[name] * scores[name] for name in weights), Fraction(0)) / sum(weights.values())


def _pass_checks(
    standard: Mapping[str, Any], scores: dict[str, Fraction], total: Fraction | None, present: dict[str, Mapping[str, Any]]
) -> Iterator[Check]:
    cuts = standard.get("cuts", {})
    conjunctive = standard.get("model") == Model.CONJUNCTIVE
    if not conjunctive and total is not None:
        if "cut" not in standard:
            raise StandardError("missing_cut", "a compensatory standard needs a cut", "cut")
        yield _check("total_cut", exact(standard["cut"], "cut"), total)
    for name, value in scores.items():
        if conjunctive and name in cuts:
            yield _check("component_cut", exact(cuts[name], f"cuts.{name}"), value, name)
        if name in standard.get("floors", {}):
            yield _check("component_floor", exact(standard["floors"][name], f"floors.{name}"), value, name)
        yield from _section_checks(standard.get("section_floor"), name, present[name].get("sections") or {})


def _section_checks(floor: Any, component: str, sections: Mapping[str, Any]) -> Iterator[Check]:
    of_component = floor.get(component) if isinstance(floor, Mapping) else floor
    needed = of_component if isinstance(of_component, Mapping) else dict.fromkeys(sections, of_component)
    for section, value in needed.items():
        if value is None:
            continue
        where = f"section_floor.{component}.{section}"
        if section not in sections:
            raise StandardError("unknown_section", f"the component {component} has no section {section}", where)
        yield _check("section_floor", exact(value, where), _percent(sections[section], where), component, section)


def _distinction_checks(standard: Mapping[str, Any], scores: dict[str, Fraction], total: Fraction) -> Iterator[Check]:
    conditions = standard.get("distinction") or {}
    if "total" in conditions:
        yield _check("distinction_total", exact(conditions["total"], "distinction.total"), total)
    for name, needed in conditions.get("floors", {}).items():
        if name not in scores:
            raise StandardError("unknown_component", f"{name} has no weight", "distinction.floors")
        yield _check("distinction_floor", exact(needed, f"distinction.floors.{name}"), scores[name], name)


def _check(code: str, needed: Fraction, value: Fraction, component: str | None = None, section: str | None = None) -> Check:
    return Check(code, value >= needed, needed, value, component, section)

"""The blueprint: what every form of a paper must hold, read and checked before anything is assembled."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from question_bank.pool import Flags, Pool
from schemas import Problem, check

DEFAULT_TOLERANCE: Final = 0.05


class BlueprintError(Exception):
    """The blueprint cannot be used; `problems` holds every fault."""

    code = "bad_blueprint"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Constraint:
    """A quota: how many items of a form meet `where`."""

    name: str
    where: Mapping[str, Any]
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True)
class Information:
    """What the form's information must be at abilities `at`: as high as possible at the lowest point, or on a target."""

    at: tuple[float, ...]
    target: float | None = None
    tolerance: float = DEFAULT_TOLERANCE


@dataclass(frozen=True)
class Blueprint:
    """A checked blueprint. `enemies` are groups of ids of which a form holds one at most; None means no such rule."""

    length: int
    id: str = "paper"
    source: str = "blueprint"
    where: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    enemies: tuple[tuple[str, ...], ...] = ()
    overlap: int | None = None
    exposure: float | None = None
    information: Information | None = None


def read_blueprint(path: Path | str) -> Blueprint:
    """Read a blueprint file; raises `BlueprintError` with every fault."""
    try:
        document = json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise BlueprintError([Problem(str(path), "", "unreadable", error.strerror or "cannot be read")]) from error
    except UnicodeDecodeError as error:
        raise BlueprintError([Problem(str(path), "", "encoding", "is not UTF-8")]) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise BlueprintError([Problem(str(path), "", "not_json", f"is not JSON: {error}")]) from error
    return parse_blueprint(document, str(path))


def parse_blueprint(document: object, source: str = "blueprint") -> Blueprint:
    """Check a blueprint document against its schema and its own sense; raises `BlueprintError` with every fault."""
    problems = check("blueprint", document, source)
    if problems or not isinstance(document, dict):
        raise BlueprintError(problems)
    if problems := _contradictions(document, source):
        raise BlueprintError(problems)
    information = document.get("information")
    return Blueprint(
        length=document["length"],
        id=document.get("id", "paper"),
        source=source,
        where=document.get("where", {}),
        constraints=tuple(
            Constraint(rule["name"], rule["where"], rule.get("min", 0), rule.get("max"))
            for rule in document.get("constraints", ())
        ),
        enemies=tuple(tuple(group) for group in document.get("enemies", ())),
        overlap=document.get("overlap", {}).get("max"),
        exposure=document.get("exposure", {}).get("max"),
        information=_information(information) if information else None,
    )


def _information(document: Mapping[str, Any]) -> Information:
    at = tuple(float(theta) for theta in document["at"])
    return Information(at, document.get("target"), document.get("tolerance", DEFAULT_TOLERANCE))


def _contradictions(document: Mapping[str, Any], source: str) -> list[Problem]:
    """Find what the schema cannot say: bounds the wrong way round, names used twice, an item that is its own enemy."""
    found: list[tuple[str, str, str]] = []
    names: set[str] = set()
    for index, rule in enumerate(document.get("constraints", ())):
        place = f"constraints[{index}]"
        if rule["name"] in names:
            found.append((f"{place}.name", "name_taken", f'"{rule["name"]}" is used twice; rules are reported by name'))
        names.add(rule["name"])
        if rule.get("min", 0) > rule.get("max", rule.get("min", 0)):
            found.append((place, "min_over_max", f'"{rule["name"]}": min {rule["min"]} is over max {rule["max"]}'))
        found += _reversed_ranges(rule["where"], f"{place}.where")
    found += _reversed_ranges(document.get("where", {}), "where")
    found += [
        (f"enemies[{index}]", "own_enemy", f'"{group[0]}" is named as its own enemy')
        for index, group in enumerate(document.get("enemies", ()))
        if len(set(group)) < len(group)
    ]
    return [Problem(source, *fault) for fault in found]


def _reversed_ranges(where: Mapping[str, Any], place: str) -> list[tuple[str, str, str]]:
    return [
        (f"{place}.{name}", "min_over_max", f"min {wanted['min']} is over max {wanted['max']}")
        for name, wanted in where.items()
        if isinstance(wanted, dict) and "min" in wanted and "max" in wanted and wanted["min"] > wanted["max"]
    ]


def check_against(blueprint: Blueprint, pool: Pool) -> None:
    """Raise `BlueprintError` when the blueprint names what the pool does not know: an attribute, an item, a missing b."""
    found = _unknown_attributes(blueprint.where, "where", pool)
    for index, rule in enumerate(blueprint.constraints):
        found += _unknown_attributes(rule.where, f"constraints[{index}].where", pool)
    known = set(pool.ids)
    found += [
        (f"enemies[{index}]", "unknown_item", f'the pool has no item "{item}"')
        for index, group in enumerate(blueprint.enemies)
        for item in group
        if item not in known
    ]
    problems = [Problem(blueprint.source, *fault) for fault in found]
    if not problems and blueprint.information:
        problems = _without_difficulty(pool, pool.select(blueprint.where))
    if problems:
        raise BlueprintError(problems)


def _unknown_attributes(where: Mapping[str, Any], place: str, pool: Pool) -> list[tuple[str, str, str]]:
    return [
        (f"{place}.{name}", "unknown_attribute", f'the pool has no attribute "{name}"{_meant(name, pool.columns)}')
        for name in where
        if name not in pool.columns
    ]


def _meant(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else f"; it has {', '.join(known)}"


def _without_difficulty(pool: Pool, wanted: Flags) -> list[Problem]:
    return [
        Problem(pool.source, f"{pool.places[row]}, column b", "missing_b", "information is asked for, so b is required")
        for row in np.flatnonzero(wanted & np.isnan(pool.b))
    ]

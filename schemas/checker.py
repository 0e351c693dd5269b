"""The checker: every fault of a document, one problem each, and a fast yes or no for the hot paths."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from schemas.messages import Fault, explain, guess, listed, show
from schemas.problems import Problem, place_of
from schemas.store import all_schemas, get_schema, registry

DEEPEST: Final = 64
_CHOICES: Final = ("anyOf", "oneOf")


def check(kind: str, document: Any, source: str = "document") -> list[Problem]:
    """Report every fault of a document.

    Parameters
    ----------
    kind
        One of `schemas.KINDS`.
    document
        Plain data as read from JSON.
    source
        The file or other source, named in each problem.

    Returns
    -------
    list of Problem
        One per real fault, in the order of the document; empty when the document is in order.

    Raises
    ------
    KeyError
        When there is no such kind.
    """
    validator = _explaining(kind)
    hopeless = _before_schema(document, source)
    if hopeless:
        return hopeless
    errors = sorted(_without_echoes(list(validator.iter_errors(document))), key=_order)
    problems = (problem for error in errors for problem in _problems(error, source))
    return list(dict.fromkeys(problems))


def is_valid(kind: str, document: object) -> bool:
    """Say whether a document follows its schema, in microseconds and without an explanation."""
    try:
        return bool(_fast(kind).is_valid(document))
    except (ValueError, RecursionError):  # deeper than the validator goes, or not JSON at all
        return False


def _pattern(_validator: Validator, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """JSON Schema's `$` is the end of the text; Python's would let a last line break pass."""
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


@cache
def _explaining(kind: str) -> Validator:
    checker: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    validator: Validator = checker(get_schema(kind), registry=registry())
    return validator


@cache
def _fast(kind: str) -> Any:
    resources: list[tuple[str, Any]] = [(f"schemas:/{name}", schema) for name, schema in all_schemas().items()]
    names = jsonschema_rs.Registry(resources, retriever=_refuse)
    return jsonschema_rs.Draft202012Validator({"$ref": f"schemas:/{kind}.schema.json"}, registry=names, retriever=_refuse)


def _refuse(uri: str) -> None:
    """Schemas never follow a reference out of their folder."""
    raise ValueError(uri)


def _before_schema(document: object, source: str) -> list[Problem]:
    """Faults that make reading on pointless or unsafe: a document too deep, or one that points elsewhere."""
    problems: list[Problem] = []
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > DEEPEST:
            return [Problem(source, place_of(path[:3]), "too_deep", f"is nested deeper than {DEEPEST} levels")]
        if isinstance(value, Mapping):
            if "$ref" in value:
                message = f"refers to {show(value['$ref'])}; documents never refer to anything outside themselves"
                problems.append(Problem(source, place_of(path), "reference", message))
            waiting.extend(((*path, str(key)), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, place), inner) for place, inner in enumerate(value))
    return problems


def _without_echoes(errors: list[ValidationError]) -> list[ValidationError]:
    """Leave out what only repeats another fault: a field that does not fit a type which is itself unknown."""
    wrong = {tuple(error.absolute_path) for error in errors if _asking_field(error) is None}
    return [error for error in errors if _asking_field(error) is None or tuple(error.absolute_path) not in wrong]


def _order(error: ValidationError) -> tuple[tuple[str, int, str], ...]:
    return tuple(("", step, "") if isinstance(step, int) else (step, 0, "") for step in error.absolute_path)


def _asking_field(error: ValidationError) -> str | None:
    """The field whose presence asked for the rule that failed, when the rule is one of `dependentSchemas`."""
    steps = list(error.absolute_schema_path)
    if len(steps) < 5 or steps[-5] != "dependentSchemas":
        return None
    return str(steps[-4])


def _problems(error: ValidationError, source: str) -> Iterator[Problem]:
    """One problem per fault that `error` holds, at the place where it is put right."""
    path = list(error.absolute_path)
    rule = str(error.validator)
    asking = _asking_field(error)
    if rule in _CHOICES and "description" not in _fault(error).schema:
        yield from _problems(best_match([error]), source)
    elif asking is not None:
        yield Problem(source, place_of([*path[:-1], asking]), "field_not_of_type", _does_not_fit(error, asking))
    elif rule == "additionalProperties":
        yield from _unknown_fields(error, source)
    elif rule == "required":
        missing = error.message.removesuffix(" is a required property").strip("'")
        yield Problem(source, place_of(path), "missing", f'"{missing}" is missing')
    elif "propertyNames" in error.absolute_schema_path:
        yield Problem(source, place_of([*path, str(error.instance)]), "name", f"the name {explain(_fault(error))}")
    else:
        yield Problem(source, place_of(path), rule, explain(_fault(error)))


def _fault(error: ValidationError) -> Fault:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return Fault(str(error.validator), error.validator_value, error.instance, schema)


def _does_not_fit(error: ValidationError, field: str) -> str:
    chosen = error.absolute_path[-1]
    wanted = _fault(error).schema.get("enum") or [_fault(error).schema["const"]]
    return f'{chosen} {show(error.instance)} has no "{field}"; it belongs to {listed(wanted)}'


def _unknown_fields(error: ValidationError, source: str) -> Iterator[Problem]:
    known = list(_fault(error).schema.get("properties", {}))
    present = error.instance if isinstance(error.instance, Mapping) else {}
    for name in present:
        if name not in known:
            place = place_of([*error.absolute_path, name])
            yield Problem(source, place, "unknown_field", f'unknown field "{name}"{guess(name, known)}')

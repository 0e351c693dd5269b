"""The schema files of this folder, read once; nothing is ever fetched from elsewhere."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NoReturn

from referencing import Registry
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT202012

KINDS: Final = (
    "item",
    "case",
    "bank",
    "blueprint",
    "paper",
    "response",
    "response-line",
    "rubric",
    "scheme",
    "outcome-event",
    "sealed-bundle",
)
_SHARED: Final = "words"


@cache
def get_schema(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind of document as plain data; it is not to be changed.

    Raises
    ------
    KeyError
        When there is no such kind.
    """
    if kind not in (*KINDS, _SHARED):
        raise KeyError(kind)
    schema: Mapping[str, Any] = json.loads(files("schemas").joinpath(f"{kind}.schema.json").read_text("utf-8"))
    return schema


def all_schemas() -> dict[str, Mapping[str, Any]]:
    """Return every schema of this folder by its `$id`."""
    return {f"{kind}.schema.json": get_schema(kind) for kind in (*KINDS, _SHARED)}


@cache
def registry() -> Registry[Any]:
    """Return the schemas by `$id` for the checker; asking for any other address is refused."""
    resources = ((name, DRAFT202012.create_resource(schema)) for name, schema in all_schemas().items())
    return Registry(retrieve=_refuse).with_resources(resources)  # type: ignore[call-arg]  # the field is private, its argument is not


def _refuse(uri: str) -> NoReturn:
    """Schemas never follow a reference out of this folder."""
    raise NoSuchResource(uri)

"""The documents of the player's API as JSON Schema, under the names they have in `/api/v1/openapi.json`.

Responses, ids and digests come from `schemas/`, limits from the code that checks them; what is said here again is said once.
"""

from collections.abc import Mapping
from typing import Any, Final

from exam_engine.core.errors import CODES
from exam_engine.delivery import files, intake, rules
from exam_engine.delivery.records import AttemptState
from exam_engine.delivery.rules import Verdict
from schemas import get_schema

Schema = Mapping[str, Any]

WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
INSTANT: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "description": "milliseconds since 1970-01-01 UTC, by the server's clock",
}
STRING: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": intake.LARGEST_COUNT}
SEQ: Final[Schema] = {
    "type": "integer",
    "minimum": 1,
    "maximum": intake.HIGHEST_SEQ,
    "description": "counts up by one over the attempt",
}
SLOT: Final[Schema] = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}$",
    "description": "q1 … of a theory paper, t1/a … of a case",
}
STATUS: Final[Schema] = {"enum": [state.value for state in AttemptState]}


def ref(name: str) -> Schema:
    """A reference to the shape of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def each(items: Schema, **limits: int) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **limits}


def or_null(schema: Schema) -> Schema:
    """The shape, or null."""
    return {"oneOf": [schema, {"type": "null"}]}


def shape(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, *, closed: bool = False) -> Schema:
    """An object; a `closed` one has no other field."""
    found: dict[str, Any] = {"type": "object", "properties": {**required, **(optional or {})}}
    if required:
        found["required"] = list(required)
    return found | ({"additionalProperties": False} if closed else {})


def _rehome(node: Any) -> Any:
    """A schema of `schemas/` with its references pointing into this description."""
    if isinstance(node, Mapping):
        kept = {name: _rehome(value) for name, value in node.items() if name not in {"$schema", "$id"}}
        if isinstance(target := kept.get("$ref"), str):
            kept["$ref"] = f"#/components/schemas/{target.rpartition('/')[2].capitalize()}"
        return kept
    return [_rehome(one) for one in node] if isinstance(node, list) else node


def _words(name: str) -> Schema:
    found: Schema = _rehome(get_schema("words")["$defs"][name])
    return found


# What a candidate sees of an item: the fields that `question_bank.public_view` lets through, and no others.

TEXT: Final[Schema] = {
    "description": "by language; a bare string is text without language",
    "oneOf": [STRING, {"type": "object", "additionalProperties": STRING}],
}
CHOICE: Final[Schema] = shape({"id": ref("Id"), "text": ref("Text")}, closed=True)
CHOICES: Final[Schema] = each(ref("Choice"))
LIMITS: Final[Schema] = shape({}, {"min": WHOLE, "max": WHOLE}, closed=True)
TYPE_FIELDS: Final[Mapping[str, Schema]] = {
    "options": CHOICES, "left": CHOICES, "right": CHOICES, "rows": CHOICES, "columns": CHOICES, "entries": CHOICES,
    "choose": LIMITS, "words": LIMITS, "unit": ref("Text"), "decimals": WHOLE, "locale": STRING, "max_length": WHOLE,
    "accept": each(STRING), "max_files": WHOLE, "max_bytes": WHOLE,
}  # fmt: skip
GAP: Final[Schema] = shape({"type": STRING}, TYPE_FIELDS, closed=True)
ITEM_TYPES: Final = list(get_schema("item")["properties"]["type"]["enum"])
PUBLIC_ITEM: Final[Schema] = shape(
    {"id": ref("Id"), "type": {"enum": ITEM_TYPES}, "marks": STRING, "stem": ref("Text")},
    {
        "context": ref("Text"),
        **TYPE_FIELDS,
        "text": ref("Text"),
        "gaps": {"type": "object", "additionalProperties": ref("Gap")},
    },
    closed=True,
)
EXHIBIT: Final[Schema] = {
    **shape({"id": ref("Id"), "kind": get_schema("case")["$defs"]["exhibit"]["properties"]["kind"], "title": ref("Text")}),
    "description": "by kind, as docs/formats.md says: rows, messages, text, nodes and edges, bars, series, or lanes",
}
TASK: Final[Schema] = shape({"id": ref("Id"), "title": ref("Text"), "parts": each(STRING)})
PUBLIC_CASE: Final[Schema] = shape(
    {"id": ref("Id"), "title": ref("Text"), "exhibits": each(EXHIBIT), "tasks": each(TASK)},
    {"scenario": ref("Text"), "minutes": WHOLE},
)
PAPER: Final[Schema] = shape(
    {
        "title": ref("Text"), "short_title": ref("Text"), "kind": {"enum": ["theory", "practical"]}, "level": STRING,
        "minutes": WHOLE, "languages": each(STRING), "count": WHOLE, "marks": STRING,
    }
)  # fmt: skip
ORDER: Final[Schema] = shape({"slots": each(shape({"slot": SLOT, "item": STRING}, {"options": each(ref("Id"))}))})

# What travels to and fro.

MESSAGE: Final[Schema] = shape(
    {
        "id": WHOLE, "kind": {"enum": ["time_added", "paused", "resumed", "note"]}, "at_ms": INSTANT,
        "minutes": or_null({"type": "integer"}), "text": or_null(ref("Text")),
    }
)  # fmt: skip
RECEIPT: Final[Schema] = shape(
    {
        "number": {"type": "string", "pattern": f"^R-[{rules.LETTERS}]{{4}}-[{rules.LETTERS}]{{4}}$"},
        "at_ms": INSTANT, "answered": WHOLE, "count": WHOLE, "digest": ref("Digest"), "url": STRING,
    }
)  # fmt: skip
START: Final[Schema] = shape(
    {"device": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,100}$", "description": "random, kept by this browser"}},
    {"declaration": FLAG},
    closed=True,
)
FORM: Final[Schema] = shape(
    {"items": {"type": "object", "additionalProperties": ref("PublicItem")}, "case": or_null(ref("PublicCase"))}
)
STARTED: Final[Schema] = shape(
    {
        "attempt": WHOLE, "token": STRING, "status": STATUS, "now_ms": INSTANT, "started_ms": INSTANT, "deadline_ms": INSTANT,
        "grace_s": WHOLE, "paper": ref("Paper"), "order": ref("Order"),
        "form": ref("Form"),
        "answers": {"type": "object", "additionalProperties": shape({"response": ref("Response"), "seq": SEQ})},
        "view": or_null(ref("View")), "last_seq": WHOLE, "head": STRING, "messages": each(ref("Message")), "heartbeat_s": WHOLE,
        "links": shape({"receipt": STRING, "home": STRING}),
    }
)  # fmt: skip
VIEW: Final[Schema] = {
    "type": "object",
    "description": f"what the screen knows, kept in the slot {rules.VIEW_SLOT}, never marked",
}
SAVE: Final[Schema] = {
    **shape(
        {"slot": SLOT, "seq": SEQ, "response": {}, "digest": ref("Digest")},
        {"at_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**53 - 1, "description": "the device's clock"}},
        closed=True,
    ),
    "if": {"properties": {"slot": {"const": rules.VIEW_SLOT}}},
    "then": {"properties": {"response": or_null(ref("View"))}},
    "else": {"properties": {"response": ref("Response")}},
    "description": "digest = SHA-256 of attempt, slot, seq and the canonical response, joined by line feeds",
}
SAVES: Final[Schema] = shape({"saves": each(ref("Save"), minItems=1, maxItems=intake.MOST_SAVES)}, closed=True)
RESULT: Final[Schema] = shape(
    {"seq": SEQ, "slot": SLOT, "state": {"enum": [verdict.value for verdict in Verdict]}, "digest": ref("Digest")},
    {"stored_ms": INSTANT, "code": ref("Code"), "detail": STRING},
)
BEATEN: Final[Schema] = shape(
    {"now_ms": INSTANT, "deadline_ms": INSTANT, "last_seq": WHOLE, "messages": each(ref("Message")), "status": STATUS}
)
SAVED: Final[Schema] = shape({**BEATEN["properties"], "head": STRING, "results": each(ref("Result"))})
PIECE: Final[Schema] = shape({"offset": WHOLE, "complete": FLAG}, {"stored_ms": INSTANT})
ANNOUNCEMENT: Final[Schema] = shape(
    {
        "slot": STRING, "name": {"type": "string", "minLength": 1, "maxLength": 255},
        "size": {"type": "integer", "minimum": 1}, "sha256": ref("Digest"),
    },
    closed=True,
)  # fmt: skip
ANNOUNCED: Final[Schema] = shape(
    {"file": {"type": "string", "pattern": "^f[0-9a-f]{32}$"}, "offset": WHOLE, "piece": {"const": files.PIECE}}
)
PROBLEM: Final[Schema] = {
    **shape({"type": STRING, "title": STRING, "status": WHOLE, "code": ref("Code"), "detail": STRING}),
    "description": "RFC 9457; further fields carry the facts of the code (docs/http.md)",
}

SHAPES: Final[Mapping[str, Schema]] = {
    "Id": _words("id"), "Digest": _words("digest"), "Text": TEXT, "Code": {"enum": sorted(CODES)}, "Problem": PROBLEM,
    "Response": _rehome(get_schema("response")), "View": VIEW, "Choice": CHOICE, "Gap": GAP, "PublicItem": PUBLIC_ITEM,
    "PublicCase": PUBLIC_CASE, "Paper": PAPER, "Order": ORDER, "Form": FORM, "Message": MESSAGE, "Receipt": RECEIPT,
    "Start": START, "Started": STARTED, "Save": SAVE, "Saves": SAVES, "Result": RESULT, "Saved": SAVED,
    "Heartbeat": shape({}, {"pending": COUNT}, closed=True), "Beaten": BEATEN,
    "Submit": shape({"last_seq": COUNT}, {"head": {"type": ["string", "null"], "maxLength": 100}}, closed=True),
    "Submitted": shape({"status": STATUS, "receipt": ref("Receipt")}),
    "Announcement": ANNOUNCEMENT, "Announced": ANNOUNCED, "Piece": PIECE,
}  # fmt: skip

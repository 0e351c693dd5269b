"""The player's API described for machines: OpenAPI 3.1, served as `/api/v1/openapi.json`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from exam_engine.core.errors import CODES
from exam_engine.core.sign_in import COOKIE
from exam_engine.delivery import files
from exam_engine.delivery.openapi_shapes import SHAPES, WHOLE, ref

Document = dict[str, Any]

ALWAYS: Final = ("not_found", "bad_request", "too_large", "server_error", "storage_unavailable")
"""Codes that every call may answer."""

RUNNING: Final = ("bad_token", "session_moved")
WRITING: Final = (*RUNNING, "handed_in", "paused")

DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
STATE: Final = {"now_ms": 1795860060000, "deadline_ms": 1795861800000, "last_seq": 41, "messages": []}


class Call(NamedTuple):
    """One call of the player: shapes by name, an example of each, and the codes it may answer besides `ALWAYS`."""

    path: str
    name: str
    summary: str
    takes: str
    example: Document
    gives: str
    answer: Document
    codes: Sequence[str]
    method: str = "post"


CALLS: Final = (
    Call(
        "/api/v1/papers/{paper}/start",
        "start",
        "Start an exam, or go on with it",
        "Start",
        {"device": "b3c1f0de-7a55-4c1e-9d2b-2f6a9f6f2f11", "declaration": True},
        "Started",
        {
            "attempt": 17, "token": "eyJ…", "status": "open", "now_ms": 1795860000000, "started_ms": 1795860000000,
            "deadline_ms": 1795861800000, "grace_s": 10,
            "paper": {
                "title": {"en": "Junior theory"}, "short_title": {"en": "Junior · theory"}, "kind": "theory", "level": "junior",
                "minutes": 30, "languages": ["en"], "count": 1, "marks": "1",
            },
            "order": {"slots": [{"slot": "q1", "item": "itsm-j-inc-001", "options": ["B", "A"]}]},
            "form": {
                "items": {
                    "itsm-j-inc-001": {
                        "id": "itsm-j-inc-001", "type": "single_choice", "marks": "1",
                        "stem": {"en": "<p>What comes first?</p>"},
                        "options": [{"id": "A", "text": {"en": "The cause"}}, {"id": "B", "text": {"en": "The service"}}],
                    }
                },
                "case": None,
            },
            "answers": {"q1": {"response": "B", "seq": 41}}, "view": {"current": "q1"}, "last_seq": 41, "head": DIGEST,
            "messages": [], "heartbeat_s": 20, "links": {"receipt": "/attempts/17/receipt", "home": "/"},
        },
        (
            "not_signed_in", "bad_form", "not_yours", "unknown_paper", "not_open_yet", "sitting_closed", "declaration_needed",
            "already_handed_in", "open_elsewhere",
        ),
    ),
    Call(
        "/api/v1/attempts/{attempt}/answers",
        "save",
        "Save answers; what is stored is durable before it is said",
        "Saves",
        {"saves": [{"slot": "q1", "seq": 41, "response": "B", "digest": DIGEST, "at_ms": 1795860059000}]},
        "Saved",
        {
            **STATE, "status": "open", "head": DIGEST,
            "results": [{"seq": 41, "slot": "q1", "state": "stored", "digest": DIGEST, "stored_ms": 1795860060000}],
        },
        (*WRITING, "sequence_taken", "wrong_shape", "unknown_slot", "digest_mismatch"),
    ),
    Call(
        "/api/v1/attempts/{attempt}/heartbeat",
        "heartbeat",
        "Say that the device is there, hear the time and messages",
        "Heartbeat",
        {"pending": 0},
        "Beaten",
        {**STATE, "status": "open"},
        RUNNING,
    ),
    Call(
        "/api/v1/attempts/{attempt}/submit",
        "submit",
        "Hand in; again answers the same receipt",
        "Submit",
        {"last_seq": 41, "head": DIGEST},
        "Submitted",
        {
            "status": "submitted",
            "receipt": {
                "number": "R-7K42-Q9XD", "at_ms": 1795861000000, "answered": 1, "count": 1, "digest": DIGEST,
                "url": "/attempts/17/receipt",
            },
        },
        (*RUNNING, "paused", "answers_missing"),
    ),
    Call(
        "/api/v1/attempts/{attempt}/files",
        "announce_file",
        "Announce a file, or ask how far the same file has come",
        "Announcement",
        {"slot": "t2/c", "name": "change.pdf", "size": 219133, "sha256": DIGEST},
        "Announced",
        {"file": "f" + "0a" * 16, "offset": 0, "piece": files.PIECE},
        (*WRITING, "too_late", "unknown_slot", "wrong_type", "digest_mismatch"),
    ),
    Call(
        "/api/v1/attempts/{attempt}/files/{file}",
        "send_piece",
        "Send the bytes of a file from an offset on",
        "",
        {},
        "Piece",
        {"offset": 219133, "complete": True, "stored_ms": 1795860500000},
        (*WRITING, "too_late", "unknown_slot", "wrong_offset", "wrong_type", "digest_mismatch"),
        "put",
    ),
)  # fmt: skip


@cache
def describe_api() -> Document:
    """The description; the same object each time, not to be changed."""
    paths: Document = defaultdict(dict)
    for call in CALLS:
        paths[call.path][call.method] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exam engine: the player's API",
            "version": version("exam-engine"),
            "summary": "Start, save, heartbeat, hand in, files. The way of an exam is told in docs/player-api.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(paths),
        "components": {
            "schemas": dict(SHAPES),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "the signed-in candidate"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "the page's csrf-token"},
                "attempt": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Exam <token>`, with the token that start answered",
                },
            },
        },
    }


def _operation(call: Call) -> Document:
    good = {"description": "Done.", "content": {"application/json": {"schema": ref(call.gives), "example": call.answer}}}
    return {
        "operationId": call.name,
        "summary": call.summary,
        "parameters": _parameters(call),
        "requestBody": _request(call),
        "responses": {"200": good, **_problems((*ALWAYS, *call.codes))},
        "security": [{"session": [], "csrf": []}] if call.name == "start" else [{"attempt": []}],
    }


def _parameters(call: Call) -> list[Document]:
    """Numbers are whole; a file's name is what its announcement answered."""
    shapes: Mapping[str, Any] = {"paper": WHOLE, "attempt": WHOLE, "file": SHAPES["Announced"]["properties"]["file"]}
    found: list[Document] = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in shapes.items()
        if f"{{{name}}}" in call.path
    ]
    if call.method == "put":
        found.append({"name": "offset", "in": "query", "required": True, "schema": WHOLE})
    return found


def _request(call: Call) -> Document:
    if not call.takes:
        piece = {"schema": {"type": "string", "format": "binary", "maxLength": files.LARGEST_PIECE}}
        return {"required": True, "content": {"application/octet-stream": piece}}
    content = {"application/json": {"schema": ref(call.takes), "example": call.example}}
    return {"required": call.name != "heartbeat", "content": content}


def _problems(codes: Sequence[str]) -> Document:
    """Refusals by status; each says which codes it may carry."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[CODES[code].status].append(code)
    return {
        str(status): {
            "description": " ".join(f"`{code}`: {CODES[code].sentence}" for code in found),
            "content": {
                "application/problem+json": {"schema": {"allOf": [ref("Problem"), {"properties": {"code": {"enum": found}}}]}}
            },
        }
        for status, found in sorted(by_status.items())
    }

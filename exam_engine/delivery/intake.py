"""What a request of the player says, checked before anything is asked of the writer."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from exam_engine.core.canonical import canonical_json
from exam_engine.core.errors import Refusal
from exam_engine.delivery import rules
from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.operations import SentSave
from grading.errors import GradingError
from grading.responses import check_response

MOST_SAVES: Final = 200
HIGHEST_SEQ: Final = 1_000_000
LONGEST_RESPONSE: Final = 400_000
LONGEST_VIEW: Final = 64_000
LARGEST_COUNT: Final = 1_000_000

_SAVE_FIELDS: Final = frozenset({"slot", "seq", "response", "at_ms", "digest"})
_DEVICE: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_SLOT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}")
_OTHER_DIGEST: Final = ("digest_mismatch", "The digest is not that of the answer.")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def read_object(body: bytes, allowed: frozenset[str]) -> dict[str, Any]:
    """A JSON object with no other field than the allowed ones.

    Raises
    ------
    Refusal
        `bad_request`, saying which field.
    """
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refusal("bad_request", f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise Refusal("bad_request", "The body must be a JSON object.")
    if unknown := sorted(document.keys() - allowed):
        raise Refusal("bad_request", f"Unknown field: {', '.join(unknown)[:200]}.")
    return document


def read_count(document: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number from 0 up.

    Raises
    ------
    Refusal
        `bad_request` when the field holds something else.
    """
    value = document.get(name, default)
    if type(value) is not int or not 0 <= value <= LARGEST_COUNT:
        raise Refusal("bad_request", f"{name} must be a whole number from 0 to {LARGEST_COUNT}.")
    return value


def read_start(body: bytes) -> tuple[str, bool]:
    """The device and the declaration of a start."""
    document = read_object(body, frozenset({"device", "declaration"}))
    device, declared = document.get("device"), document.get("declaration", False)
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        raise Refusal("bad_request", "device must be 1 to 100 letters, digits or . _ : -")
    if not isinstance(declared, bool):
        raise Refusal("bad_request", "declaration must be true or false.")
    return device, declared


def read_saves(body: bytes, attempt: int, form: FormFacts) -> list[SentSave]:
    """The saves of a request. One that cannot be stored carries its refusal and does not hide the others.

    Raises
    ------
    Refusal
        `bad_request` when the request as a whole cannot be read.
    """
    saves = read_object(body, frozenset({"saves"})).get("saves")
    if not isinstance(saves, list) or not 1 <= len(saves) <= MOST_SAVES:
        raise Refusal("bad_request", f"saves must be a list of 1 to {MOST_SAVES} saves.")
    return [_read_save(save, f"saves[{place}]", attempt, form) for place, save in enumerate(saves)]


def _read_save(save: Any, where: str, attempt: int, form: FormFacts) -> SentSave:
    if not isinstance(save, dict) or save.keys() - _SAVE_FIELDS or "response" not in save:
        raise Refusal("bad_request", f"{where} must have slot, seq, response, digest and at_ms, and nothing else.")
    slot, seq, digest, device_ms = save.get("slot"), save.get("seq"), save.get("digest"), save.get("at_ms")
    if not isinstance(slot, str) or not _SLOT.fullmatch(slot):
        raise Refusal("bad_request", f"{where}.slot is not the name of a slot.")
    if type(seq) is not int or not 1 <= seq <= HIGHEST_SEQ:
        raise Refusal("bad_request", f"{where}.seq must be a whole number from 1 to {HIGHEST_SEQ}.")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Refusal("bad_request", f"{where}.digest must be 64 hexadecimal digits.")
    if device_ms is not None and (type(device_ms) is not int or not 0 <= device_ms < 2**53):
        raise Refusal("bad_request", f"{where}.at_ms must be milliseconds.")
    try:
        response = canonical_json(save["response"])
    except (TypeError, ValueError, RecursionError) as error:
        raise Refusal("bad_request", f"{where}.response cannot be written as JSON.") from error
    own = rules.save_digest(attempt, slot, seq, response)
    refusal = _find_fault(slot, save["response"], response, form) if own == digest else _OTHER_DIGEST
    return SentSave(slot, seq, response, own, device_ms, refusal)


def _find_fault(slot: str, response: Any, canonical: str, form: FormFacts) -> tuple[str, str] | None:
    """Why an answer cannot be stored, or None. It is told in words about shape alone, never about what is right."""
    if slot == rules.VIEW_SLOT:
        fits = response is None or isinstance(response, dict)
        return None if fits and len(canonical) <= LONGEST_VIEW else ("wrong_shape", "The view must be a small object.")
    item = form.items.get(slot)
    if item is None:
        return "unknown_slot", f"The paper has no slot {slot}."
    if len(canonical) > LONGEST_RESPONSE:
        return "too_large", f"An answer may have {LONGEST_RESPONSE} characters."
    try:
        check_response(item, response)
    except GradingError as error:
        return "wrong_shape", str(error)
    return None

"""Canonical JSON and digests: the one spelling of a document that chains, receipts and bundles are made of."""

import hashlib
from typing import Any

import orjson


def canonical_json(document: Any) -> str:
    """JSON with sorted keys and no spaces; whole floats are written as whole numbers, as a browser does.

    Raises
    ------
    TypeError
        When `document` holds something that JSON does not know.
    """
    return orjson.dumps(_without_whole_floats(document), option=orjson.OPT_SORT_KEYS).decode()


def _without_whole_floats(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _without_whole_floats(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_whole_floats(inner) for inner in value]
    return value


def sha256_hex(*parts: str | bytes) -> str:
    """SHA-256 of `parts` joined by line feeds, in hexadecimal."""
    joined = b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(joined).hexdigest()

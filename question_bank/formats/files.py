"""Reading files that come from outside: how large they may be, and how they are written."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final, NoReturn

import orjson

LARGEST: Final = 100 * 1024 * 1024
_SUSPECT: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


class UnreadableError(ValueError):
    """A file that cannot be read, with the place and the reason.

    Attributes
    ----------
    code
        A stable word for machines.
    place
        Where in the file, such as ``line 3, column 5``; empty for the whole file.
    """

    def __init__(self, code: str, message: str, place: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.place = place


def read_bytes(path: Path) -> bytes:
    """Read a file that is not larger than the cap.

    Raises
    ------
    UnreadableError
        When it is larger, or the system will not give it.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise UnreadableError("too_large", f"is larger than {LARGEST // 1024 // 1024} MB")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError("unreadable", f"cannot be read: {error.strerror}") from error


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises
    ------
    UnreadableError
        When the bytes are something else.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError("encoding", "is written in UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError("encoding", "is not written in UTF-8; save it as UTF-8", f"line {line}") from error


def parse_json(text: str) -> Any:
    """Read JSON strictly: no key twice, no NaN, no half characters, not too deep.

    Raises
    ------
    UnreadableError
        With line and column where the text is broken.
    """
    try:
        document = json.loads(text, object_pairs_hook=_fields, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError("json", f"is not JSON: {error.msg}", place) from error
    except RecursionError as error:
        raise UnreadableError("too_deep", "is nested too deeply to be read") from error
    except UnreadableError:
        raise
    except ValueError as error:  # a whole number of thousands of digits
        raise UnreadableError("json", "holds a number that is too long") from error
    if _SUSPECT.search(text):
        _check_characters(document)
    return document


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise UnreadableError("duplicate_field", f'an object has the field "{twice}" twice')
    return fields


def _no_constant(name: str) -> NoReturn:
    raise UnreadableError("json", f"holds {name}, which is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableError("json", f"holds the number {digits[:40]}, which is too large")
    return number


def _check_characters(document: object) -> None:
    try:
        written = orjson.dumps(document)
    except TypeError as error:
        raise UnreadableError("characters", "holds half a character (a surrogate without its other half)") from error
    if rb"\u0000" in written:
        raise UnreadableError("characters", "holds the character U+0000, which no text may hold")

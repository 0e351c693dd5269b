"""The formats of banks: one module each, with `read(path) -> Read` and `write(bank, dest) -> list of Entry`."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

from question_bank.formats.entries import Entry, Read

MODULES: Final = {
    "json": "question_bank.formats.json_bank",
    "csv": "question_bank.formats.csv_table",
    "xlsx": "question_bank.formats.xlsx_table",
    "gift": "question_bank.formats.gift",
}
_SUFFIXES: Final = {
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".gift": "gift",
    ".txt": "gift",
}


class UnknownFormatError(ValueError):
    """There is no such format, or a file does not say which one it is in."""

    code = "unknown_format"


class HasBank(Protocol):
    """What a writer needs of a bank."""

    id: str
    title: Any
    languages: list[str]
    items: list[dict[str, Any]]
    cases: list[dict[str, Any]]


class Format(Protocol):
    """A module that reads and writes one format."""

    def read(self, path: Path) -> Read:
        """Read everything in `path`; a broken item never hides the others."""

    def write(self, bank: HasBank, dest: Path) -> Sequence[Entry]:
        """Write `bank` to `dest` and report, item by item, what could not be kept."""


def get_format(name: str) -> Format:
    """Return the module of a format.

    Raises
    ------
    UnknownFormatError
        When there is no format of that name.
    """
    if name not in MODULES:
        message = f'there is no format "{name}"; there are {", ".join(MODULES)}'
        raise UnknownFormatError(message)
    return cast("Format", import_module(MODULES[name]))


def guess_format(path: Path) -> str:
    """Tell the format of a file or folder by its name, or by how its content begins.

    Raises
    ------
    UnknownFormatError
        When neither says what it is.
    """
    if path.is_dir():
        return "json"
    if path.suffix.lower() in _SUFFIXES:
        return _SUFFIXES[path.suffix.lower()]
    found = _by_content(path) if path.is_file() else None
    if found is None:
        message = f"cannot tell the format of {path}; name it ({', '.join(MODULES)})"
        raise UnknownFormatError(message)
    return found


def _by_content(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start[:1] in (b"{", b"["):
        return "json"
    if start.startswith((b"::", b"//", b"$CATEGORY")):
        return "gift"
    if b"," in start.split(b"\n")[0] and start.lower().startswith(b"id"):
        return "csv"
    return None

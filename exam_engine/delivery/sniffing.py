"""What kind of file it is, told from its bytes; the name is not believed."""

import struct
import zipfile
from pathlib import Path
from typing import Final

import puremagic

_HEAD: Final = 65_536
_END_RECORD: Final = b"PK\x05\x06"
_LARGEST_DIRECTORY: Final = 1_048_576
_OFFICE: Final = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}


def sniff(path: Path) -> str:
    """The kind as a file extension without a dot: `pdf`, `docx`, `png`, `txt`, …; `bin` when it cannot be told."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(path)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if _is_text(path):
        return "txt"
    try:
        found: str = puremagic.from_string(head)
    except (puremagic.PureError, ValueError):
        return "bin"
    return found.lstrip(".").lower() or "bin"


def _is_text(path: Path) -> bool:
    """UTF-8 without control characters other than tabs and line ends."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter >= " " or letter in "\t\r\n\f" for letter in text)


def _sniff_zip(path: Path) -> str:
    """Look into a zip's list of names only; nothing is unpacked, and a list that would fill the memory is not read."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_557))
        tail = file.read()
    place = tail.rfind(_END_RECORD)
    if place < 0 or len(tail) < place + 22:
        return "bin"
    (directory,) = struct.unpack_from("<L", tail, place + 12)
    if directory > _LARGEST_DIRECTORY:
        return "zip"
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "bin"
    return next((kind for name, kind in _OFFICE.items() if name in names), "zip")

"""What is wrong, where, and how it is said."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning", "explained"]

_PLAIN_KEY = re.compile(r"[^\W][\w-]*\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document.

    Attributes
    ----------
    file
        The file or other source the document came from.
    place
        The way to the fault inside the document, such as ``items[3].options[1].text.en``; empty for the whole document.
    code
        A stable word for machines.
    message
        What is wrong, in plain words.
    severity
        ``error`` when the document cannot be used as it is, ``warning`` when a person should look, ``explained`` when one has
        looked and said why it may stand.
    """

    file: str
    place: str
    code: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """The fault on one line, as `file: place: message`."""
        where = [self.file, self.place] if self.place else [self.file]
        return ": ".join([*where, self.message])

    def to_dict(self) -> dict[str, str]:
        """The fault as plain data for machines."""
        return asdict(self)


def place_of(path: Iterable[str | int], start: str = "") -> str:
    """Write a path of keys and indices as people read it.

    Parameters
    ----------
    path
        Keys (text) and indices (numbers) from the outside in.
    start
        A place the path begins at, put before it.
    """
    place = start
    for step in path:
        if isinstance(step, int):
            place += f"[{step}]"
        elif not _PLAIN_KEY.match(step):
            place += f'["{step}"]'
        else:
            place += f".{step}" if place else step
    return place

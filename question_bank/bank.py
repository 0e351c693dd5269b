"""A bank: what was found in a file or folder, checked item by item."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from question_bank.checks import Watch, check_entries
from question_bank.formats import get_format, guess_format
from question_bank.formats.entries import Document, Entry, Read
from question_bank.texts import languages_of
from schemas import Problem


@dataclass(slots=True)
class Bank:
    """Items and cases that are in order, and the problems of those that are not.

    Attributes
    ----------
    id, title, languages
        As the bank says; for a file that says nothing its name, and the languages found in its texts.
    items, cases
        Documents without errors, in the order of the files.
    problems
        Everything found wrong, errors and warnings.
    report
        One entry per item and case, refused ones included.
    source
        The file or folder.
    blueprints, parallel
        The papers the bank is meant to fill, each with its file, and how many without a common item it promises of each.
    """

    id: str
    title: Any
    languages: list[str] = field(default_factory=list)
    items: list[Document] = field(default_factory=list)
    cases: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    report: list[Entry] = field(default_factory=list)
    source: str = "bank"
    blueprints: list[tuple[str, Any]] = field(default_factory=list)
    parallel: int = 1

    def __post_init__(self) -> None:
        """A bank that names no language has those of its texts."""
        self.languages = self.languages or languages_of([*self.items, *self.cases])

    @property
    def has_errors(self) -> bool:
        """Whether anything was refused."""
        return any(problem.severity == "error" for problem in self.problems)


def load(path: str | Path, format: str | None = None, watch: Watch = iter) -> Bank:  # noqa: A002  the word everyone uses for it
    """Load a bank from a file or folder.

    Parameters
    ----------
    path
        A file in any format, or a bank folder.
    format
        The format's name; told by the name or content of the file when absent.
    watch
        Yields the entries it is given while they are checked; a progress bar, for instance.

    Returns
    -------
    Bank
        The good items and cases, and every problem of the others.

    Raises
    ------
    FileNotFoundError
        When there is nothing at `path`.
    UnknownFormatError
        When there is no such format, or it cannot be told.
    """
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(str(place))
    found = get_format(format or guess_format(place)).read(place)
    check_entries(found.entries, found.languages, watch)
    return _bank(found, str(place))


def _bank(found: Read, source: str) -> Bank:
    problems = [*found.problems, *(problem for entry in found.entries for problem in entry.problems)]
    return Bank(
        found.id, found.title, found.languages, found.items, found.cases, problems, found.entries, source,
        found.blueprints, found.parallel,
    )  # fmt: skip

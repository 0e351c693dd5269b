"""What reading or writing a bank did with each item and case."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from schemas import Problem

Document = dict[str, Any]
Kind = Literal["item", "case"]


@dataclass(slots=True)
class Entry:
    """One item or case on its way in or out.

    Attributes
    ----------
    file, place
        Where it stands: a file, and a path, row or line in it.
    kind
        ``item`` or ``case``.
    id
        Its id, or a word for it when it has none.
    document
        The item or case itself; None when it could not be read at all.
    losses
        What could not be kept, one sentence each.
    problems
        Faults found in it.
    """

    file: str
    place: str
    kind: Kind
    id: str
    document: Document | None = None
    losses: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether a fault keeps it out."""
        return self.document is None or any(problem.severity == "error" for problem in self.problems)

    @property
    def outcome(self) -> str:
        """`imported`, `imported with loss` or `refused`."""
        if self.refused:
            return "refused"
        return "imported with loss" if self.losses else "imported"

    def add(self, problems: Iterable[Problem]) -> None:
        """Take up problems whose places are inside the document."""
        self.problems.extend(replace(problem, file=self.file, place=join(self.place, problem.place)) for problem in problems)

    def refuse(self, code: str, message: str, place: str = "") -> None:
        """Refuse the item or case for one reason, at a place inside it."""
        self.add([Problem(self.file, place, code, message)])

    def notice(self, code: str, message: str, place: str = "") -> None:
        """Note something a person should look at; the item or case is kept."""
        self.add([Problem(self.file, place, code, message, "warning")])

    def to_dict(self) -> dict[str, Any]:
        """The entry of a report, as plain data."""
        return {
            "file": self.file,
            "place": self.place,
            "kind": self.kind,
            "id": self.id,
            "outcome": self.outcome,
            "losses": list(self.losses),
            "problems": [problem.to_dict() for problem in self.problems],
        }


@dataclass(slots=True)
class Read:
    """What a file or folder holds, as it was found.

    `problems` are faults of the file itself; those of one item stand in its entry. `blueprints` are the papers the bank is
    meant to fill, with their files; `parallel` is how many of each it promises without a common item.
    """

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    id: str = ""
    title: Any = ""
    languages: list[str] = field(default_factory=list)
    blueprints: list[tuple[str, Any]] = field(default_factory=list)
    parallel: int = 1

    @property
    def items(self) -> list[Document]:
        """The items that could be read."""
        return self._documents("item")

    @property
    def cases(self) -> list[Document]:
        """The cases that could be read."""
        return self._documents("case")

    @property
    def report(self) -> list[Entry]:
        """One entry per item or case, also for those refused."""
        return self.entries

    def _documents(self, kind: Kind) -> list[Document]:
        good = (entry for entry in self.entries if entry.kind == kind and not entry.refused)
        return [entry.document for entry in good if entry.document is not None]


def join(outer: str, inner: str) -> str:
    """A place inside a place: `items[3]` and `key` give `items[3].key`, `row 5` and `key` give `row 5, key`."""
    if not outer or not inner:
        return outer or inner
    if " " in outer:
        return f"{outer}, {inner}"
    return outer + inner if inner.startswith("[") else f"{outer}.{inner}"

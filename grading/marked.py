"""What marking one response gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from grading.exact import ZERO, to_decimal, to_number, written

Item = dict[str, Any]
Response = Any
Credit = Callable[[Any, Any], Fraction]


class Status(StrEnum):
    """How far a response has come."""

    MARKED = "marked"
    UNANSWERED = "unanswered"
    NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True)
class Marked:
    """Marks of one response.

    The exact fractions are what sums and decisions use; `marks`, `max_marks` and `credit` give them as decimals
    of at most 28 digits. Where a person has to mark, there is no credit yet: it is None, not 0.
    """

    exact_credit: Fraction | None
    exact_max: Fraction
    status: Status
    exact_marks: Fraction | None = field(init=False, compare=False)
    """Credit times the item's marks."""
    written_marks: str = field(init=False, compare=False, repr=False)
    """The marks as an exact string, 0 while a person is awaited."""

    def __post_init__(self) -> None:
        """Multiply and write once: a compiled item gives the same few objects to thousands of candidates."""
        marks = None if self.exact_credit is None else self.exact_credit * self.exact_max
        object.__setattr__(self, "exact_marks", marks)
        object.__setattr__(self, "written_marks", written(marks or ZERO))

    @property
    def marks(self) -> Decimal | None:
        """Marks as a decimal."""
        return None if self.exact_marks is None else to_decimal(self.exact_marks)

    @property
    def max_marks(self) -> Decimal:
        """The item's marks as a decimal."""
        return to_decimal(self.exact_max)

    @property
    def credit(self) -> Decimal | None:
        """Credit as a decimal, within [0, 1] unless the rule allows less."""
        return None if self.exact_credit is None else to_decimal(self.exact_credit)

    def as_json(self) -> dict[str, int | float | str | None]:
        """The four fields as JSON values."""
        marks, credit = self.exact_marks, self.exact_credit
        return {
            "marks": None if marks is None else to_number(marks),
            "max_marks": to_number(self.exact_max),
            "credit": None if credit is None else to_number(credit),
            "status": self.status.value,
        }


def is_empty(response: Response) -> bool:
    """Nothing, or nothing but blanks: None, ``""``, ``[]``, ``{}``, and a map in which every part is empty."""
    if response is None:
        return True
    if isinstance(response, str):
        return not response.strip()
    if isinstance(response, dict):
        return all(map(is_empty, response.values()))
    return isinstance(response, list) and not response


def _nothing(_question: object) -> Fraction:
    return ZERO


def _is_empty_for(_question: object, response: Response) -> bool:
    return is_empty(response)


@dataclass(frozen=True, slots=True)
class Rule:
    """One marking rule for one family of items.

    Parameters
    ----------
    credit
        The marker: (prepared question, response) to credit. Its docstring is the rule's definition.
    prepare
        Reads the item's key and marking once.
    unanswered
        Credit where nothing was answered, from the prepared question.
    is_unanswered
        Whether a response leaves this question unanswered.
    """

    credit: Credit
    prepare: Callable[[Item], Any]
    unanswered: Callable[[Any], Fraction] = _nothing
    is_unanswered: Callable[[Any, Response], bool] = _is_empty_for

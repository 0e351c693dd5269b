"""What an answer is worth and what marks mean: pure functions on plain data."""

from grading.errors import GradingError, ItemError, PolicyError, ResponseError, RubricError, StandardError
from grading.marked import Marked, Status
from grading.marking import compile_item, mark
from grading.responses import check_response

__all__ = [
    "GradingError",
    "ItemError",
    "Marked",
    "PolicyError",
    "ResponseError",
    "RubricError",
    "StandardError",
    "Status",
    "check_response",
    "compile_item",
    "mark",
]

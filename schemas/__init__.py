"""The contracts: one JSON Schema per kind of document, and one checker that explains every fault in plain words."""

from schemas.checker import check, is_valid
from schemas.problems import Problem, place_of
from schemas.store import KINDS, get_schema

__all__ = ["KINDS", "Problem", "check", "get_schema", "is_valid", "place_of"]

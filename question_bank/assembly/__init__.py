"""Papers from a pool and a blueprint: forms that keep every rule, or the rules that exclude each other."""

from question_bank.assembly.assemble import Assembly, Form, InfeasibleError, UndecidedError, assemble
from question_bank.assembly.conflict import Conflict
from question_bank.assembly.rules import EarlierUse, Request

__all__ = [
    "Assembly",
    "Conflict",
    "EarlierUse",
    "Form",
    "InfeasibleError",
    "Request",
    "UndecidedError",
    "assemble",
]

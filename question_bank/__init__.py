"""Files in, papers out: items, formats, editorial checks, blueprints, assembly.  No database, no web."""

from question_bank.bank import Bank, load
from question_bank.formats import UnknownFormatError
from question_bank.views import public_case, public_view

__all__ = ["Bank", "UnknownFormatError", "load", "public_case", "public_view"]

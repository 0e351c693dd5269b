"""A finding of a check: where inside the item or case, and what."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from schemas.problems import Severity

Document = Mapping[str, Any]
Step = str | int


class Finding(NamedTuple):
    """Something a check noticed, at a path inside the document it looked at."""

    path: tuple[Step, ...]
    code: str
    message: str
    severity: Severity = "error"


Check = Callable[[Document], Iterator[Finding]]

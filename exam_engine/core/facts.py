"""Facts: how a page of an earlier stage shows what a later stage knows, without importing it."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session

Provider = Callable[[Session, Any], Any]

FACTS: Final = {
    "papers.attempts": "how far the attempts are: a list of candidate paper ids gives {id: state as an English word}",
    "candidate.certificates": "certificates a candidate holds: a candidate id gives [{number, level, valid_until}]",
}

_providers: dict[str, Provider] = {}


def provide(fact: str, provider: Provider) -> None:
    """Answer `fact` by `provider(session, subject)` from now on."""
    if fact not in FACTS:
        raise KeyError(fact)
    _providers[fact] = provider


def ask(session: Session, fact: str, subject: Any, default: Any) -> Any:
    """What the later stage knows of `subject`; `default` when no stage answers."""
    if fact not in FACTS:
        raise KeyError(fact)
    provider = _providers.get(fact)
    return default if provider is None else provider(session, subject)

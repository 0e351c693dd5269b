"""Hooks: how an earlier stage tells later ones, without importing them, inside its own transaction."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

Listener = Callable[[Session, Any, datetime], None]

HOOKS: Final = {
    "attempt.closed": "an attempt was handed in or closed; the subject is its id",
    "result.released": "a result was released; the subject is the Result record",
    "certificate.issued": "a certificate was issued; the subject is the Certificate record",
}

_listeners: dict[str, list[Listener]] = defaultdict(list)


def listen(hook: str, listener: Listener) -> None:
    """Call `listener(session, subject, now)` whenever `hook` is told; a listener is called once however often it is added."""
    if hook not in HOOKS:
        raise KeyError(hook)
    if listener not in _listeners[hook]:
        _listeners[hook].append(listener)


def tell(session: Session, hook: str, subject: Any, now: datetime) -> None:
    """Call every listener of `hook`; what one raises undoes the whole transaction."""
    if hook not in HOOKS:
        raise KeyError(hook)
    for listener in _listeners[hook]:
        listener(session, subject, now)

"""The certificate hook: what an issuer is, and where plug-ins are found (entry points `exam_engine.certificate_issuers`)."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Protocol

from exam_engine.core.config import SettingError, Settings


class IssuerUnavailable(Exception):  # noqa: N818  a state of the outside world, not a fault of ours
    """The issuer has not taken the event; it will be offered again."""


@dataclass(frozen=True)
class Issued:
    """What an issuer says of the certificate; None where the engine's own number and code stand."""

    number: str | None = None
    verification: str | None = None


class Issuer(Protocol):
    """Takes a pass and issues a certificate. It may see the same event again and must know it by its id."""

    def __init__(self, settings: Settings) -> None:
        """Read what is needed from the settings."""

    def issue(self, event: dict[str, Any], now: datetime) -> Issued:
        """Issue for one outcome event (`schemas/outcome-event.schema.json`), sent `now`; raises `IssuerUnavailable`."""


def get_issuer(settings: Settings) -> Issuer:
    """The issuer named in the settings.

    Raises
    ------
    SettingError
        When no plug-in has that name.
    """
    known = {entry.name: entry for entry in entry_points(group="exam_engine.certificate_issuers")}
    if settings.issuer not in known:
        raise SettingError(f"EXAM_ENGINE_ISSUER: there is no issuer {settings.issuer!r}; known: {', '.join(sorted(known))}")
    issuer: Issuer = known[settings.issuer].load()(settings)
    return issuer

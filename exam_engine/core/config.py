"""Settings: read once from the environment, passed in everywhere, never fetched inside a rule."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

PREFIX = "EXAM_ENGINE_"


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


def _read_seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(PREFIX + name, str(default))
    if not text.isdigit():
        raise SettingError(f"{PREFIX}{name} must be a whole number of seconds, not {text!r}")
    return int(text)


def _machine_timezone() -> str:
    """The name of this machine's time zone; UTC where it does not say."""
    zone = Path("/etc/localtime")
    _, marker, name = str(zone.resolve()).partition("/zoneinfo/")
    return name if marker and name in available_timezones() else "UTC"


def _read_timezone(environ: Mapping[str, str]) -> ZoneInfo:
    name = environ.get(PREFIX + "TIMEZONE") or _machine_timezone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingError(f"{PREFIX}TIMEZONE: there is no time zone named {name!r}") from error


@dataclass(frozen=True)
class Settings:
    """What an operator decides. `docs/operators.md` lists every setting with its default."""

    data_dir: Path
    database_url: str
    secret: bytes = field(repr=False)
    site_url: str = "http://127.0.0.1:8000"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    grace_s: int = 10
    session_hours: int = 12
    issuer: str = "local"
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    secure_cookies: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether the site runs on SQLite in one process."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, *, data_dir: Path | None = None) -> "Settings":
        """Read the settings from `environ`; `data_dir` wins over `EXAM_ENGINE_DATA`.

        Raises
        ------
        SettingError
            When a value cannot be used.
        """
        folder = (data_dir or Path(environ.get(PREFIX + "DATA", "data"))).resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database in it holds keys and answers
        url = environ.get(PREFIX + "DATABASE_URL", f"sqlite:///{folder / 'exam-engine.db'}")
        if url.startswith("postgresql://"):
            url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise SettingError(f"{PREFIX}DATABASE_URL must begin with postgresql:// or sqlite:///")
        site_url = environ.get(PREFIX + "SITE_URL", "http://127.0.0.1:8000").rstrip("/")
        return cls(
            data_dir=folder,
            database_url=url,
            secret=_read_secret(environ, folder),
            site_url=site_url,
            timezone=_read_timezone(environ),
            grace_s=_read_seconds(environ, "GRACE_S", 10),
            session_hours=_read_seconds(environ, "SESSION_HOURS", 12),
            issuer=environ.get(PREFIX + "ISSUER", "local"),
            webhook_url=environ.get(PREFIX + "WEBHOOK_URL", ""),
            webhook_secret=environ.get(PREFIX + "WEBHOOK_SECRET", ""),
            secure_cookies=site_url.startswith("https://"),
        )


def _read_secret(environ: Mapping[str, str], folder: Path) -> bytes:
    """The site's secret: from the environment, or kept beside the data, readable by its owner only."""
    given = environ.get(PREFIX + "SECRET")
    if given:
        if len(given) < 32:
            raise SettingError(f"{PREFIX}SECRET must have at least 32 characters")
        return given.encode()
    path = folder / "secret"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()

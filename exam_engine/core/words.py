"""Languages: English sentences are the keys, each stage folder holds `zh_CN.po` beside its pages.

A thin wrapper over Babel: `translate("{n} answers", …)` style is not used; values go in as `%(name)s`.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "EN", "zh-CN": "中文"}
DEFAULT_LANGUAGE: Final = "zh-CN"
PACKAGE: Final = Path(__file__).parent.parent

_PATTERNS: Final = {
    "moment": {"en": "EEE d MMMM y, HH:mm", "zh-CN": "y年M月d日（EEE）HH:mm"},
    "day": {"en": "d MMMM y", "zh-CN": "y年M月d日"},
    "short_day": {"en": "d MMMM", "zh-CN": "M月d日"},
    "weekday": {"en": "EEE d MMMM", "zh-CN": "M月d日（EEE）"},
    "short_moment": {"en": "EEE d MMM, HH:mm", "zh-CN": "M月d日（EEE）HH:mm"},
    "time": {"en": "HH:mm", "zh-CN": "HH:mm"},
    "clock": {"en": "HH:mm:ss", "zh-CN": "HH:mm:ss"},
}


@lru_cache(maxsize=1)
def read_catalogue() -> dict[str, str]:
    """All Chinese sentences of the site by their English ones."""
    sentences: dict[str, str] = {}
    for path in sorted(PACKAGE.glob("*/zh_CN.po")):
        with path.open("rb") as file:
            sentences.update({str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string})
    return sentences


def translate(sentence: str, language: str, **values: Any) -> str:
    """`sentence` in `language`, with `%(name)s` filled from `values`; English when there is no translation."""
    found = read_catalogue().get(sentence, sentence) if language == "zh-CN" else sentence
    return found % values if values else found


def pick(text: Any, language: str) -> str:
    """The part of a Text document for `language`, else of any language; a bare string is itself."""
    if isinstance(text, dict):
        return str(text.get(language) or next(iter(text.values()), ""))
    return str(text or "")


def say_when(instant: datetime, pattern: str, language: str, timezone: ZoneInfo) -> str:
    """`instant` in the site's time zone; `pattern` is moment, day, short_day, weekday, short_moment, time or clock."""
    locale = "zh_CN" if language == "zh-CN" else "en_GB"
    said = format_datetime(instant, _PATTERNS[pattern][language], tzinfo=timezone, locale=locale)
    return said.replace("Sept ", "Sep ")


def say_duration(duration: timedelta, language: str) -> str:
    """`duration` in the two largest units: `4 min 20 s`, `4 分 20 秒`."""
    seconds = max(0, int(duration.total_seconds()))
    units = ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分"), (1, "s", "秒"))
    parts = []
    for size, english, chinese in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {chinese if language == 'zh-CN' else english}")
    return " ".join(parts[:2]) or ("0 秒" if language == "zh-CN" else "0 s")


def say_number(number: Any, digits: int = 1) -> str:
    """A score for people: at most `digits` decimals, none when whole; comparisons use the unrounded value."""
    return f"{float(number):.{digits}f}".rstrip("0").rstrip(".") if digits else f"{float(number):.0f}"

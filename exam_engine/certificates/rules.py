"""Numbers, verification codes, validity and back-off: pure functions, so that a repeat gives the same certificate."""

import hmac
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that nobody confuses when reading aloud."""

FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)


def certificate_number(level: str, year: int, result_id: int) -> str:
    """The number of the certificate for one result: the same however often it is asked for."""
    return f"ITSM-{level[:1].upper()}-{year}-{result_id:06d}"


def verification_code(secret: bytes, number: str) -> str:
    """What stands in the verification address: twelve signs that cannot be guessed from the number."""
    digest = hmac.digest(secret, b"certificate\n" + number.encode(), "sha256")
    return group_code("".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:12]))


def group_code(typed: str) -> str:
    """A code in capital letters and groups of four, however its hyphens, spaces and letters were typed."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return "-".join(signs[place : place + 4] for place in range(0, len(signs), 4))


def add_months(day: date, months: int) -> date:
    """`day` some calendar months later; the last day of a shorter month stands in for days it lacks."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def last_day(first: date, months: int) -> date:
    """The last day of a validity of some calendar months that begins on the day `first`: 4 December to 3 December."""
    return add_months(first, months) - timedelta(days=1)


def end_of(day: date) -> datetime:
    """The instant at which `day` is over, in UTC: a certificate is valid until then."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def next_wait(tries: int) -> timedelta:
    """How long to wait after the `tries`th failure: doubling from ten seconds to six hours."""
    doubled: timedelta = FIRST_WAIT * (1 << min(tries - 1, 20))
    return min(doubled, LONGEST_WAIT)


def standing(state: str, valid_until: datetime, now: datetime) -> str:
    """What anyone who checks is told: `valid`, `expired` or `revoked`."""
    if state == "revoked":
        return "revoked"
    return "valid" if now < valid_until else "expired"

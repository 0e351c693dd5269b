"""The exam as a calendar entry (iCalendar, RFC 5545)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from exam_engine.core.words import pick, translate
from exam_engine.sittings.records import Booking
from exam_engine.sittings.rules import minutes_with

LONGEST_LINE = 75


def write_event(booking: Booking, now: datetime, language: str, site_url: str) -> bytes:
    """The calendar file of one booking: from the opening on, as long as its papers take."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//exam-engine//EN",
        "BEGIN:VEVENT",
        f"UID:booking-{booking.id}@{urlsplit(site_url).netloc}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(booking.sitting.opens_at)}",
        f"DTEND:{_stamp(_end_of(booking))}",
        f"SUMMARY:{_escape(_say_papers(booking, language))}",
        f"LOCATION:{_escape(_say_place(booking, language))}",
        f"URL:{site_url}/way",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _fold(line))


def _end_of(booking: Booking) -> datetime:
    minutes = sum(minutes_with(paper.minutes, booking.time_percent) for paper in booking.sitting.papers)
    return min(booking.sitting.opens_at + timedelta(minutes=minutes), booking.sitting.closes_at)


def _say_papers(booking: Booking, language: str) -> str:
    return translate(", ", language).join(pick(paper.title, language) for paper in booking.sitting.papers)


def _say_place(booking: Booking, language: str) -> str:
    seat = translate("seat %(seat)s", language, seat=booking.seat)
    return translate(", ", language).join((pick(booking.sitting.room, language), seat))


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%SZ")


def _escape(text: Any) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return str(text).replace("\n", "\\n")


def _fold(line: str) -> Iterator[bytes]:
    """Lines of at most 75 octets, continued by a space, never cut inside a character."""
    part = b""
    for sign in line:
        octets = sign.encode()
        if len(part) + len(octets) > LONGEST_LINE:
            yield part
            part = b" "
        part += octets
    yield part

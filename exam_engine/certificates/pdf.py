"""The certificate on paper: one A4 page, both languages, with a verification address and its QR code."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
from fpdf import FPDF

from exam_engine.core.page import PLAYER
from exam_engine.core.words import pick, say_when, translate

INK: Final = (19, 32, 35)
QUIET: Final = (64, 82, 88)
ACCENT: Final = (11, 84, 104)
HAIRLINE: Final = (134, 179, 191)
RIGHT_MM: Final = 275
"""Where lines of text end at the latest."""


@dataclass(frozen=True)
class Printed:
    """What stands on a certificate."""

    number: str
    address: str
    document: dict[str, Any]
    issued_at: datetime
    last_day: datetime
    timezone: Any


@cache
def find_font(weight: str) -> Path:
    """The embedded font file of a weight (`Regular` or `SemiBold`), which holds Latin letters and Chinese characters."""
    found = sorted((PLAYER / "dist" / "fonts").glob(f"*-{weight}.ttf"))
    if not found:
        raise FileNotFoundError(f"the certificate font of weight {weight} is missing: build the player")
    return found[0]


def draw_certificate(printed: Printed) -> bytes:
    """The certificate as a PDF; the same certificate always gives the same bytes."""
    page = FPDF(orientation="landscape", format="A4")
    page.set_auto_page_break(auto=False)
    page.set_creation_date(printed.issued_at)
    page.set_title(f"{printed.number}")
    page.set_lang("zh-CN")
    page.add_font("Noto", "", find_font("Regular"))
    page.add_font("Noto", "B", find_font("SemiBold"))
    page.add_page()
    _draw_frame(page)
    _draw_head(page)
    _draw_person(page, printed)
    _draw_facts(page, printed)
    _draw_code(page, printed.address)
    return bytes(page.output())


def _draw_frame(page: FPDF) -> None:
    page.set_draw_color(*ACCENT)
    page.set_line_width(0.7)
    page.rect(12, 12, 273, 186)
    page.set_draw_color(*HAIRLINE)
    page.set_line_width(0.2)
    page.rect(14.5, 14.5, 268, 181)


def _line(
    page: FPDF,
    place: tuple[float, float],
    text: str,
    size: float,
    colour: tuple[int, int, int] = INK,
    *,
    strong: bool = False,
) -> None:
    """One line of text, smaller where it would otherwise run over the frame."""
    page.set_font("Noto", "B" if strong else "", size)
    room = RIGHT_MM - place[0]
    page.set_font_size(min(size, size * room / page.get_string_width(text)))
    page.set_text_color(*colour)
    page.text(*place, text)


def _draw_head(page: FPDF) -> None:
    page.set_fill_color(*ACCENT)
    page.rect(30, 30, 12, 12, style="F", round_corners=True, corner_radius=2.5)
    page.set_draw_color(255, 255, 255)
    page.set_line_width(0.9)
    for start, end in (
        ((33, 33.6), (39, 33.6)),
        ((33, 36), (35.4, 36)),
        ((33, 38.4), (35.4, 38.4)),
        ((36.6, 37.4), (37.6, 38.4)),
        ((37.6, 38.4), (39.6, 36)),
    ):
        page.line(*start, *end)
    _line(page, (46, 38.2), "ITSM Certification   信息技术服务管理认证", 14, strong=True)


def _draw_person(page: FPDF, printed: Printed) -> None:
    names, title = printed.document["candidate"]["names"], printed.document["level"]["title"]
    _line(page, (30, 66), "Certificate 证书", 30, ACCENT, strong=True)
    _line(page, (30, 86), "This certifies that 兹证明", 12, QUIET)
    both = dict.fromkeys((pick(names, "zh-CN"), pick(names, "en")))
    _line(page, (30, 101), "  ".join(both), 26, strong=True)
    _line(page, (30, 116), "has met every requirement of the level 已达到以下级别的全部要求", 12, QUIET)
    _line(page, (30, 131), f"{pick(title, 'zh-CN')}  {pick(title, 'en')}", 20, strong=True)


def _draw_facts(page: FPDF, printed: Printed) -> None:
    scheme, candidate = printed.document["scheme"], printed.document["candidate"]
    rows = (
        ("Certificate number", printed.number),
        ("Candidate number", candidate["number"]),
        ("Issued", _both_days(printed.issued_at, printed)),
        ("Valid until", _both_days(printed.last_day, printed)),
        ("Scheme", f"{scheme['id']} {scheme['version']}"),
    )
    for row, (label, value) in enumerate(rows):
        _line(page, (30, 150 + 8 * row), f"{translate(label, 'zh-CN')}  {label}", 11, QUIET)
        _line(page, (90, 150 + 8 * row), value, 11)


def _both_days(instant: datetime, printed: Printed) -> str:
    return "   ".join(say_when(instant, "day", language, printed.timezone) for language in ("zh-CN", "en"))


def _draw_code(page: FPDF, address: str) -> None:
    modules = list(segno.make(address, error="m").matrix)
    size = 42 / len(modules)
    page.set_fill_color(*INK)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                page.rect(216 + x * size, 138 + y * size, size + 0.02, size + 0.02, style="F")
    _line(page, (216, 133), "Check 查验", 11, QUIET)
    _line(page, (216, 188), address.partition("//")[2], 9, ACCENT)

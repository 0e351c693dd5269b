"""The certificate on paper: both languages, the same bytes every time, a code that leads to the check."""

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from exam_engine.certificates.cards import draw_qr
from exam_engine.certificates.pdf import Printed, draw_certificate, find_font

PRINTED = Printed(
    number="ITSM-I-2026-004217",
    address="https://cert.example.org/verify/4217-K8QX-22AB",
    document={
        "candidate": {"number": "C-2026-0417", "names": {"zh-CN": "林悦", "en": "Lin Yue"}},
        "level": {"id": "intermediate", "title": {"zh-CN": "中级", "en": "Intermediate"}},
        "scheme": {"id": "itsm", "version": "2026.1"},
    },
    issued_at=datetime(2026, 12, 4, 4, 0, tzinfo=UTC),
    last_day=datetime(2029, 12, 3, 12, 0, tzinfo=UTC),
    timezone=ZoneInfo("Asia/Shanghai"),
)


def read_text(pdf: bytes) -> str:
    """The text of a PDF, read as a viewer does: glyphs of the content through each font's ToUnicode map."""
    streams = [_inflate(found) for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)]
    maps = [_unicode_map(stream) for stream in streams if b"beginbfchar" in stream or b"beginbfrange" in stream]
    content = next(stream for stream in streams if b" Tj" in stream)
    lines, font = [], 1
    for chosen, shown in re.findall(rb"/F(\d+) [\d.]+ Tf|\((.*?)(?<!\\)\) Tj", content, re.DOTALL):
        font = int(chosen) if chosen else font
        lines.append(_decode(_unescape(shown), maps[font - 1]))
    return "\n".join(lines)


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def _unicode_map(cmap: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", cmap.partition(b"beginbfchar")[2])
    return {int(glyph, 16): bytes.fromhex(code.decode()).decode("utf-16-be") for glyph, code in pairs}


def _unescape(text: bytes) -> bytes:
    names = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(rb"\\(.)", lambda found: names.get(found[1], found[1]), text, flags=re.DOTALL)


def _decode(glyphs: bytes, known: dict[int, str]) -> str:
    return "".join(known.get(int.from_bytes(glyphs[place : place + 2]), "?") for place in range(0, len(glyphs), 2))


def test_the_page_says_everything_in_both_languages():
    said = read_text(draw_certificate(PRINTED))
    for text in (
        "Certificate 证书", "兹证明", "林悦  Lin Yue", "中级  Intermediate", "证书编号  Certificate number",
        "ITSM-I-2026-004217",
        "准考证号  Candidate number", "C-2026-0417", "2026年12月4日   4 December 2026", "2029年12月3日   3 December 2029",
        "cert.example.org/verify/4217-K8QX-22AB", "itsm 2026.1",
    ):  # fmt: skip
        assert text in said


def test_the_same_certificate_is_the_same_file():
    assert draw_certificate(PRINTED) == draw_certificate(PRINTED)


def test_the_font_is_embedded_so_that_chinese_prints_everywhere():
    pdf = draw_certificate(PRINTED)
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/FontFile2") == 2
    assert find_font("Regular") != find_font("SemiBold")


def test_the_code_is_drawn_as_squares_of_one_module():
    path, side = draw_qr("https://cert.example.org/verify/4217-K8QX-22AB")
    corners = [f"M{x} {y}h1v1h-1z" for x, y in ((0, 0), (side - 1, 0), (0, side - 1))]
    assert side in range(21, 60, 4)
    assert all(corner in path for corner in corners)
    assert set(re.sub(r"M\d+ \d+h1v1h-1z", "", path)) == set()


def test_a_long_name_is_set_smaller_instead_of_running_over_the_frame():
    names = {"zh-CN": "林悦", "en": "Maria Magdalena " * 8}
    long = replace(PRINTED, document={**PRINTED.document, "candidate": {"number": "C-1", "names": names}})
    assert 0 < _name_size(draw_certificate(long)) < _name_size(draw_certificate(PRINTED)) == 26


def _name_size(pdf: bytes) -> float:
    """The size in which the line before "has met every requirement" is set: the name's."""
    streams = [_inflate(found) for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)]
    content = next(stream for stream in streams if b" Tj" in stream)
    shown = re.findall(rb"/F\d+ ([\d.]+) Tf|( Tj)", content)
    sizes, size = [], 0.0
    for chosen, _ in shown:
        size = float(chosen) if chosen else size
        if not chosen:
            sizes.append(size)
    return sizes[3]

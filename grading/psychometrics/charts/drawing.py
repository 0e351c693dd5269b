"""SVG from plain calls: escaped text, colours that follow the page, and a file that stands by itself.

A picture has no script and no style attribute, so a page with a strict content security policy can hold it. Every colour is
an attribute, which any reader of SVG understands, and a class, by which a page or a file gives it the colour of its theme.
"""

import re
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

SIZE: Final = 13
"""Of all text, in the units of the picture; a picture of 360 fills a phone."""

WIDTH: Final = 360

MARGIN, HEADLINE = 14, 20
"""Around a picture that is a file, and the room of its title."""

_SIZES: Final = re.compile(r'viewBox="0 0 (\S+) (\S+)" width="[^"]*" height="[^"]*"')

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]"
)
_LARGE: Final = re.compile("[A-Z0-9%\u00b1\u2212mw]")


class Paint(NamedTuple):
    """A colour: the page's token, and what it is in a light and in a dark file."""

    token: str
    light: str
    dark: str


PAINTS: Final = {
    "ink": Paint("--c-text", "#132023", "#e8eeee"),
    "ink2": Paint("--c-text-2", "#405258", "#b6c3c7"),
    "grid": Paint("--c-line", "#d6dede", "#2b383d"),
    "axis": Paint("--c-line-control", "#73838a", "#778990"),
    "paper": Paint("--c-surface", "#ffffff", "#151e21"),
    "accent": Paint("--c-fill", "#0b5468", "#549fb1"),
    "soft": Paint("--c-accent-soft", "#e0eef1", "#12353f"),
    "band": Paint("--c-warn-soft", "#fbf0d8", "#32280f"),
    "warn": Paint("--c-warn", "#7a4f00", "#e5b95f"),
    "danger": Paint("--c-danger", "#a1261d", "#f29d94"),
    "ok": Paint("--c-ok", "#1a6a3f", "#86cca0"),
}

FONTS: Final = (
    '"Segoe UI", -apple-system, BlinkMacSystemFont, Roboto, "Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", '
    '"Microsoft YaHei", system-ui, sans-serif'
)


def clean(said: str) -> str:
    """Text without what XML does not allow, such as control characters; the replacement character stands for each."""
    return _FORBIDDEN.sub("\ufffd", said)


def tag(name: str, *inside: str, **values: object) -> str:
    """An element around markup that is escaped already.

    Parameters
    ----------
    name
        Of the element.
    inside
        Its content, in order.
    values
        Attributes: `_` at the end is dropped and inside is a hyphen; None leaves one out; numbers have two decimals at most. A
        `fill` or `stroke` named in `PAINTS` becomes a colour and a class.
    """
    classes = [f"{one[0]}-{values[one]}" for one in ("fill", "stroke") if values.get(one) in PAINTS]
    if classes:
        values["class_"] = " ".join(filter(None, [str(values.get("class_") or ""), *classes]))
    written = "".join(_attribute(key, value) for key, value in values.items() if value is not None)
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    match value:
        case float():
            said = f"{value:.2f}".rstrip("0").rstrip(".")
            said = "0" if said == "-0" else said
        case str() if key in ("fill", "stroke") and value in PAINTS:
            said = PAINTS[value].light
        case _:
            said = str(value)
    return f" {name}={quoteattr(clean(said))}"


def text(x: float, y: float, said: str, **values: object) -> str:
    """A line of text at its base line; `fill` is the colour of ink unless given."""
    return tag("text", escape(clean(said)), x=float(x), y=float(y), **{"fill": "ink", **values})


def hint(said: str) -> str:
    """What a pointer or a screen reader is told of the element around it."""
    return tag("title", escape(clean(said)))


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = "grid", **values: object) -> str:
    """A straight line."""
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=stroke, **values)


def picture(height: float, title: str, description: str, *parts: str, width: float = WIDTH) -> str:
    """The whole picture.

    Parameters
    ----------
    height, width
        In units; 360 wide at most, so that its text can be read on a phone.
    title, description
        What a screen reader says: the name, and the figures that the picture shows.
    parts
        Its elements.
    """
    return tag(
        "svg", tag("title", escape(clean(title))), tag("desc", escape(clean(description))), *parts,
        xmlns="http://www.w3.org/2000/svg", class_="chart", role="img", aria_label=title, font_size=SIZE,
        viewBox=f"0 0 {width:g} {height:g}", width=float(width), height=float(height),
    )  # fmt: skip


def as_file(svg: str) -> str:
    """The picture as a file of its own: with its title, paper and fonts, and the colours of dark mode on a screen."""
    head, end, rest = svg.partition("</desc>")
    title = head.partition("<title>")[2].partition("</title>")[0]
    head = _SIZES.sub(_with_margins, head, count=1)
    sheet = tag("rect", x=-MARGIN, y=-MARGIN - HEADLINE, width="100%", height="100%", fill="paper")
    above = tag("text", title, x=0, y=-12, fill="ink", font_size=16, font_weight=600)
    rules = (
        f".chart{{font-family:{FONTS}}}"
        + _rules("light")
        + f"@media screen and (prefers-color-scheme:dark){{{_rules('dark')}}}"
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{end}{tag("style", escape(rules))}{sheet}{above}{rest}\n'


def _with_margins(sizes: re.Match[str]) -> str:
    wide, tall = float(sizes[1]) + 2 * MARGIN, float(sizes[2]) + 2 * MARGIN + HEADLINE
    return f'viewBox="{-MARGIN} {-MARGIN - HEADLINE} {wide:g} {tall:g}" width="{2 * wide:g}" height="{2 * tall:g}"'


def page_rules() -> str:
    """The style sheet of a page that holds pictures: every class takes the colour of the page's token."""
    return "".join(
        f".chart .{kind[0]}-{name} {{ {kind}: var({paint.token}); }}\n"
        for name, paint in PAINTS.items()
        for kind in ("fill", "stroke")
    )


def _rules(theme: str) -> str:
    return "".join(
        f".f-{name}{{fill:{getattr(one, theme)}}}.s-{name}{{stroke:{getattr(one, theme)}}}" for name, one in PAINTS.items()
    )


def width_of(said: str, size: float = SIZE) -> float:
    """About how wide a line of text is: Chinese characters are square, capitals and figures wider than small letters."""
    wide = len(_WIDE.findall(said))
    large = len(_LARGE.findall(said))
    return size * (wide + 0.62 * large + 0.5 * (len(said) - wide - large))


def shorten(said: str, room: float) -> str:
    """The text as far as it fits, with an ellipsis where it does not."""
    said = clean(said)
    if width_of(said) <= room:
        return said
    while said and width_of(said + "…") > room:
        said = said[:-1]
    return said + "…"

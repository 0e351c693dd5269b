"""Text of other systems as the Markdown of items."""

import re
from html import escape
from html.parser import HTMLParser
from typing import Final

from question_bank.rendering import block_html

_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(\s[^<>]*)?/?>")
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~])")
_MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "tt": "`"}
_BREAKS: Final = {
    "p": "\n\n",
    "div": "\n\n",
    "br": "\n",
    "ul": "\n",
    "ol": "\n",
    "li": "\n- ",
    "tr": "\n",
    "td": " ",
    "th": " ",
}
_SILENT: Final = frozenset({"span", "html", "body", "tbody", "thead", "font", "table"})
_LOST: Final = {
    "img": "an image",
    "table": "the form of a table",
    "a": "a link",
    "sub": "subscript",
    "sup": "superscript",
    "u": "underlining",
    "video": "a video",
    "audio": "a sound",
    "iframe": "an embedded page",
    "script": "a script",
    "style": "a style sheet",
}


def from_plain(text: str) -> str:
    """Plain text, with a backslash before signs that Markdown would take for its own."""
    text = text.strip()
    shown = next(iter(block_html(text).values())) if text else ""
    if shown == "<p>" + escape(text, quote=False).replace("\n", "<br>\n") + "</p>":
        return text
    return _SPECIAL.sub(r"\\\1", text)


def from_html(text: str) -> tuple[str, list[str]]:
    """HTML as Markdown: emphasis, code, paragraphs, breaks and lists are kept; what is lost is named."""
    parser = _ToMarkdown()
    parser.feed(text)
    parser.close()
    written = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parser.pieces))
    return re.sub(r"\n{3,}", "\n\n", written).strip(), sorted(parser.lost)


def looks_like_html(text: str) -> bool:
    """Whether a text holds tags."""
    return bool(_TAG.search(text))


class _ToMarkdown(HTMLParser):
    """Collects the pieces of a text while it is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.lost: set[str] = set()
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  attributes are never kept
        if tag in ("script", "style"):
            self._skipped = tag
        self.pieces.append(_MARKS.get(tag) or _BREAKS.get(tag, ""))
        if tag in _LOST or tag not in {*_MARKS, *_BREAKS, *_SILENT}:
            self.lost.add(_LOST.get(tag, f"the tag <{tag}>"))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""
        self.pieces.append(_MARKS.get(tag) or ("\n\n" if tag in ("p", "div", "ul", "ol") else ""))

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(re.sub(r"([\\`*_])", r"\\\1", re.sub(r"\s+", " ", data)))

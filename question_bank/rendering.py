"""Text of items as safe HTML: a small part of Markdown, and nothing of HTML."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt

NO_LANGUAGE: Final = "und"
"""The language tag of a text that names no language."""

_TAGS: Final = {"p", "br", "strong", "em", "ul", "ol", "li", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES: Final = {"ol": {"start"}}
_LINKS: Final = ["link", "image", "autolink", "reference"]
_BLOCKS: Final = ["heading", "lheading", "hr", "blockquote", "code", "html_block", "html_inline"]
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(_LINKS + _BLOCKS)
_GAP: Final = re.compile(r"\{\{([A-Za-z0-9][A-Za-z0-9._-]{0,79})\}\}")

Text = str | Mapping[str, str]


def block_html(text: Text) -> dict[str, str]:
    """Render a text as paragraphs, lists and tables, by language."""
    return _by_language(text, _block)


def inline_html(text: Text) -> dict[str, str]:
    """Render a short text without a paragraph around it, by language."""
    return _by_language(text, _inline)


def plain(text: Text) -> dict[str, str]:
    """Give a text as it was typed, by language."""
    return _by_language(text, str)


def gap_html(text: Text) -> dict[str, str]:
    """Render a text with gaps: each `{{gap1}}` becomes `<span data-gap="gap1"></span>`."""
    return _by_language(text, lambda typed: _GAP.sub(r'<span data-gap="\1"></span>', _block(typed)))


def gaps_of(text: str) -> list[str]:
    """The gaps a text names, in its order, repeated ones included."""
    return _GAP.findall(text)


def _by_language(text: Text, render: Callable[[str], str]) -> dict[str, str]:
    texts = {NO_LANGUAGE: text} if isinstance(text, str) else text
    return {language: render(typed) for language, typed in texts.items()}


@lru_cache(maxsize=4096)
def _block(typed: str) -> str:
    return _clean(_MARKDOWN.render(typed)).strip()


@lru_cache(maxsize=4096)
def _inline(typed: str) -> str:
    return _clean(_MARKDOWN.renderInline(typed)).strip()


def _clean(html: str) -> str:
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES)

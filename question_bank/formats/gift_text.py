"""GIFT as text: questions between blank lines, comments, categories, and signs that stand for themselves after a backslash."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from question_bank.formats.markdown_text import from_html, from_plain, looks_like_html

_SIGNS: Final = r"~=#{}:\n"
_HIDDEN: Final = {sign: chr(0xFDD0 + place) for place, sign in enumerate("~=#{}:\\")}
"""Escaped signs wait as code points that Unicode keeps for no character, until the text is taken apart."""
_SHOWN: Final = {ord(hidden): sign for sign, hidden in _HIDDEN.items()}
_ESCAPED: Final = re.compile(r"\\([~=#{}:\\n])")
_MARKER: Final = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)
_NOTED: Final = re.compile(r"\[(id|tag):([^\]]*)\]")


@dataclass(slots=True)
class Block:
    """One question as it stands: its text with escaped signs hidden, its line, its category, and what comments say of it."""

    line: int
    text: str
    category: str = ""
    id: str = ""
    tags: list[str] = field(default_factory=list)


def blocks(text: str) -> Iterator[Block]:
    """Yield the questions of a file, without comments, each with the category it stands under."""
    category, lines, block = "", [""], Block(1, "")
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        bare = line.strip()
        if bare.startswith("//"):
            for name, value in _NOTED.findall(bare):
                if name == "id":
                    block.id = value.strip()
                else:
                    block.tags.append(value.strip())
        elif bare.upper().startswith("$CATEGORY:"):
            category = bare.split(":", 1)[1].strip()
        elif bare:
            block.line = block.line if any(lines) else number
            lines.append(line.rstrip())
        elif any(lines):
            block.text, block.category = hide("\n".join(lines).strip()), category
            yield block
            lines, block = [""], Block(number, "")


def hide(text: str) -> str:
    r"""Hide signs after a backslash, so that what is left of them has its meaning; `\n` is a line break."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else _HIDDEN[match[1]], text)


def show(text: str) -> str:
    """Show hidden signs again."""
    return text.translate(_SHOWN).strip()


def escape(text: str) -> str:
    """Write a text so that none of its signs has a meaning, on one line."""
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", r"\n")


def split_format(text: str, usual: str = "moodle") -> tuple[str, str]:
    """The format a text says it is in, and the text without saying so."""
    match = _MARKER.match(text)
    return (match[1].lower(), text[match.end() :]) if match else (usual, text)


def to_markdown(text: str, usual: str, losses: list[str], what: str) -> str:
    """Text of a question or answer as Markdown; what is lost on the way goes into `losses`."""
    form, bare = split_format(text, usual)
    bare = show(bare)
    if form == "markdown":
        return bare
    if form == "plain" or (form != "html" and not looks_like_html(bare)):
        return from_plain(bare)
    written, lost = from_html(bare)
    losses.extend(f"{what}: {thing}" for thing in lost)
    return written

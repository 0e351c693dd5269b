"""GIFT as text: questions between blank lines, comments, categories, and signs that stand for themselves after a backslash."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from question_bank.formats.markdown_text import from_html, from_plain, looks_like_html

_SIGNS: Final = r"~=#{}:\n"
_HIDDEN: Final = {sign: chr(0xFDD0 + place) for place, sign in enumerate("~=#{}:\\")}
"""Escaped signs wait as code points that Unicode keeps for no character, until the text is taken apart."""
_SHOWN: Final = {ord(hidden): sign for sign, hidden in _HIDDEN.items()}
_ESCAPED: Final = re.compile(r"\\([~=#{}:\\n])")
_MARKER: Final = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)
_TITLED: Final = re.compile(r"::.+?::")
_ANSWERS_BEGIN: Final = re.compile(r"\A[^{}]*\{\s*(?:[=~#}]|(?:TRUE|T|FALSE|F)\b)", re.IGNORECASE)
_ANSWERS_END: Final = re.compile(r"\}\s*[.?!]?\Z")
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
    """Yield the questions of a file, without comments, each with the category it stands under.

    A blank line ends a question, as in Moodle; so does the title of the next one. A comment belongs to the text after it.
    """
    category, comments = "", list[str]()
    block, lines = Block(0, ""), list[tuple[int, str]]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        bare = line.strip()
        if bare.startswith("//"):
            comments.append(bare)
            continue
        heading = bare.upper().startswith("$CATEGORY:")
        if lines and (not bare or heading or _TITLED.match(bare)):
            yield from _parts(block, lines)
            block, lines = Block(0, ""), []
        if heading:
            category = bare.split(":", 1)[1].strip()
        elif bare:
            block.category = category
            _note(block, comments)
            comments.clear()
            lines.append((number, line.rstrip()))


def _note(block: Block, comments: Iterable[str]) -> None:
    for name, value in (pair for comment in comments for pair in _NOTED.findall(comment)):
        if name == "id":
            block.id = value.strip()
        else:
            block.tags.append(value.strip())


def _parts(block: Block, lines: Sequence[tuple[int, str]]) -> Iterator[Block]:
    """Yield a question, or several that follow each other without a blank line: a broken one then keeps no other out."""
    hidden = [hide(line) for _, line in lines]
    several = sum(line.count("{") for line in hidden) > 1
    first, answered = 0, False
    for last, line in enumerate(hidden, start=1):
        answered = answered or bool(_ANSWERS_BEGIN.search("\n".join(hidden[last - 1 : last + 1])))
        if last == len(lines) or (several and answered and _ANSWERS_END.search(line)):
            text = "\n".join(hidden[first:last]).strip()
            yield Block(lines[first][0], text, block.category, block.id, block.tags)
            block, first, answered = Block(0, "", block.category), last, False


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

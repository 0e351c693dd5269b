"""GIFT: the text format of Moodle."""

import re
from pathlib import Path
from typing import Any, Final

from question_bank.formats import HasBank
from question_bank.formats.entries import Entry, Read
from question_bank.formats.files import UnreadableError, decode_utf8, read_bytes
from question_bank.formats.gift_answers import AnswerError, Context, read_answers
from question_bank.formats.gift_text import Block, blocks, show, split_format, to_markdown
from question_bank.formats.gift_writer import write_item
from schemas import Problem

_TITLE: Final = re.compile(r"\s*::(.*?)::", re.DOTALL)
_BRACES: Final = re.compile(r"(?P<before>[^{}]*)\{(?P<answers>[^{}]*)\}(?P<after>[^{}]*)\Z", re.DOTALL)
_GAP: Final = r"\_" * 5  # as Moodle writes it, kept from being emphasis


def read(path: Path) -> Read:
    """Read a GIFT file; a question that cannot be read never hides the others."""
    found = Read(id=path.resolve().stem, title=path.resolve().stem)
    try:
        text = decode_utf8(read_bytes(path))
    except UnreadableError as error:
        found.problems.append(Problem(str(path), error.place, error.code, str(error)))
        return found
    used: set[str] = set()
    for number, block in enumerate(blocks(text), start=1):
        title = _TITLE.match(block.text)
        name = _free_id(block, show(title[1]) if title else "", f"{found.id}-{number}", used)
        entry = Entry(str(path), f"line {block.line}", "item", name)
        try:
            entry.document, entry.losses = _item(name, block, title)
        except AnswerError as error:
            entry.refuse("gift", str(error))
        found.entries.append(entry)
    if not found.entries:
        found.problems.append(Problem(str(path), "", "empty", "the file holds no questions"))
    return found


def write(bank: HasBank, dest: Path) -> list[Entry]:
    """Write a GIFT file in the bank's first language, and report what GIFT cannot hold."""
    language = bank.languages[0] if bank.languages else ""
    entries, questions, category = [], [], ""
    for item in bank.items:
        entry = Entry(str(dest), "", "item", item["id"], item)
        question = write_item(item, language, entry)
        entries.append(entry)
        if question is None:
            continue
        place = "/".join(filter(None, [item.get("level"), *item.get("syllabus", "").split(".")]))
        if place and place != category:
            questions.append(f"$CATEGORY: $course$/{place}\n")
            category = place
        questions.append(question)
    for case in bank.cases:
        entry = Entry(str(dest), "", "case", case["id"], case)
        entry.refuse("gift", "GIFT has no cases")
        entries.append(entry)
    dest.write_text("\n".join(questions), "utf-8")
    return entries


def _item(name: str, block: Block, title: re.Match[str] | None) -> tuple[dict[str, Any], list[str]]:
    form, text = split_format(block.text[title.end() :] if title else block.text)
    match = _BRACES.match(text)
    if match is None:
        raise AnswerError(_what_is_wrong(text))
    context = Context(form)
    answers, _, general = match["answers"].partition("####")
    item: dict[str, Any] = {"id": name, "stem": _stem(match, context)}
    item |= read_answers(answers, context)
    if rationale := context.markdown(general, "general feedback"):
        item["rationale"] = rationale
    tags = {"title": show(title[1]) if title else "", "category": block.category}
    tags = {tag: value for tag, value in tags.items() if value and value != name}
    if tags or block.tags:
        item["tags"] = tags | ({"tags": block.tags} if block.tags else {})
    return item, context.losses


def _what_is_wrong(text: str) -> str:
    """Say why a text is not one question."""
    if "{" not in text and "}" not in text:
        return "is a text without a question"
    if text.count("{") == text.count("}") > 1:
        return "has more than one pair of braces { }; write \\{ for a brace of the text, and a blank line between questions"
    return "the braces { } do not match; write \\{ for a brace"


def _stem(match: re.Match[str], context: Context) -> str:
    """The text around the braces; where words follow them, a gap stands for the answer."""
    before = to_markdown(match["before"], context.form, context.losses, "stem")
    if not match["after"].strip():
        if not before:
            raise AnswerError("has no text before its answers")
        return before
    return f"{before} {_GAP} {to_markdown(match['after'], context.form, context.losses, 'stem')}".strip()


def _free_id(block: Block, title: str, otherwise: str, used: set[str]) -> str:
    """An id from the comment, the title or the place in the file, not yet used."""
    word = block.id or title
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", word).strip("-._")[:70]
    foreign = bool(re.search(r"[^\x00-\x7f]", word))
    name = start = plain if plain and not foreign else re.sub(r"[^A-Za-z0-9._-]+", "-", otherwise)[-70:].strip("-._") or "item"
    number = 2
    while name in used:
        name, number = f"{start}-{number}", number + 1
    used.add(name)
    return name

"""A candidate's item is built from what is allowed; nothing of the key travels with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from question_bank import load, public_case, public_view
from tests.question_bank.items import TYPES, case, every_item, item

SHIPPED = Path(__file__).parents[2] / "question_bank" / "banks"
ALLOWED = {
    "id", "type", "marks", "context", "stem", "options", "choose", "left", "right", "rows", "columns", "entries",
    "unit", "decimals", "locale", "max_length", "text", "gaps", "words", "accept", "max_files", "max_bytes",
}  # fmt: skip
HIDDEN = {"key", "marking", "rationale", "rubric", "tags", "references", "notes", "enemies", "parameters"}


@pytest.mark.parametrize("kind", TYPES)
def test_only_allowed_fields_are_shown(kind: str) -> None:
    shown = public_view(item(kind))
    assert shown.keys() <= ALLOWED
    assert {"id", "type", "marks", "stem", "context"} <= shown.keys()
    assert all(option.keys() == {"id", "text"} for option in shown.get("options", []))
    assert all(not gap.keys() & (HIDDEN | {"weight"}) for gap in shown.get("gaps", {}).values())


@pytest.mark.parametrize("kind", TYPES)
def test_a_field_nobody_thought_of_is_not_shown(kind: str) -> None:
    added = item(kind) | {"statistics": {"p": "canary"}, "solution": "canary"}
    assert "canary" not in json.dumps(public_view(added))


def test_text_is_safe_html_by_language() -> None:
    stem = {"en": "Stop **now**: <img src=x onerror=alert(1)> [a](javascript:alert(1))\nnext"}
    assert public_view(item("true_false", stem=stem))["stem"]["en"] == (
        "<p>Stop <strong>now</strong>: &lt;img src=x onerror=alert(1)&gt; [a](javascript:alert(1))<br>\nnext</p>"
    )


def test_a_table_has_no_inline_style() -> None:
    html = public_view(item("true_false", stem={"en": "| a |\n|--:|\n| 1 |"}))["stem"]["en"]
    assert "<td>1</td>" in html
    assert "style" not in html


def test_options_are_inline_html() -> None:
    options = [{"id": "A", "text": {"en": "use `cat` & go"}}, {"id": "B", "text": "1. two"}]
    assert public_view(item("single_choice", options=options))["options"] == [
        {"id": "A", "text": {"en": "use <code>cat</code> &amp; go"}},
        {"id": "B", "text": {"und": "1. two"}},
    ]


def test_gaps_become_places_for_the_player() -> None:
    shown = public_view(item("cloze"))
    assert shown["text"]["en"] == (
        '<p>first <span data-gap="g1"></span> then <span data-gap="g2"></span> and <span data-gap="g3"></span></p>'
    )
    assert [gap["type"] for gap in shown["gaps"].values()] == ["single_choice", "numeric", "short_text"]


def test_the_order_of_entries_tells_nothing_about_the_authors_order() -> None:
    entries = item("ordering")["entries"]
    forwards = public_view(item("ordering"))["entries"]
    backwards = public_view(item("ordering", entries=entries[::-1]))["entries"]
    assert forwards == backwards
    kept = public_view(item("ordering", shuffle=False))["entries"]
    assert [entry["id"] for entry in kept] == ["e1", "e2", "e3"]


def test_a_case_is_shown_with_every_kind_of_exhibit() -> None:
    shown = public_case(case())
    table, thread, document, relations, bars = shown["exhibits"]
    assert table["rows"][1] == [{"und": ""}, {"zh-CN": "<code>none</code> 中文", "en": "<code>none</code>"}]
    assert table["columns"][1]["align"] == "end"
    assert thread["messages"][0]["text"]["en"] == "<p>It <em>hangs</em></p>"
    assert document["note"]["en"] == "<p>Signed</p>"
    assert relations["nodes"][0] == {"id": "n1", "title": {"zh-CN": "db 中文", "en": "db"}, "x": 0, "y": 0, "state": "hurt"}
    assert relations["edges"] == [{"from": "n2", "to": "n1", "text": {"zh-CN": "uses 中文", "en": "uses"}, "shared": True}]
    assert (bars["target"], bars["bars"][0]["value"]) == (60, 48)
    assert [part["id"] for part in shown["tasks"][0]["parts"]] == ["a", "b"]
    assert "canary" not in json.dumps(shown)


def hidden_strings(value: Any) -> Iterator[str]:
    """Every string in the fields a candidate may not see; ids and single letters are too short to tell."""
    if isinstance(value, list):
        for inner in value:
            yield from hidden_strings(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(inner) if name in HIDDEN else hidden_strings(inner)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value if isinstance(value, list) else value.values():
            yield from strings(inner)


def hide_canaries(value: Any, found: list[str], *, inside: bool = False) -> Any:
    """A copy in which every string of a hidden field is a word that occurs nowhere else."""
    if isinstance(value, dict):
        return {name: hide_canaries(inner, found, inside=inside or name in HIDDEN) for name, inner in value.items()}
    if isinstance(value, list):
        return [hide_canaries(inner, found, inside=inside) for inner in value]
    if inside and isinstance(value, str):
        found.append(f"canary{len(found)}x")
        return found[-1]
    return value


def shipped() -> list[tuple[str, dict[str, Any]]]:
    banks = [load(path) for folder in ("items", "cases") for path in sorted(SHIPPED.glob(f"*/{folder}/*.json"))]
    return [("item", found) for bank in banks for found in bank.items] + [
        ("case", found) for bank in banks for found in bank.cases
    ]


def test_nothing_hidden_in_any_shipped_item_is_shown() -> None:
    documents = shipped() + [("item", one) for one in every_item()] + [("case", case())]
    assert len(documents) > 100
    for kind, document in documents:
        canaries: list[str] = []
        seeded = hide_canaries(document, canaries)
        shown = json.dumps(public_view(seeded) if kind == "item" else public_case(seeded), ensure_ascii=False)
        assert not [word for word in canaries if f'"{word}"' in shown or word in shown]


def test_no_rationale_of_a_shipped_item_is_shown_in_its_own_words() -> None:
    for kind, document in shipped():
        shown = json.dumps(public_view(document) if kind == "item" else public_case(document), ensure_ascii=False)
        long = [words for words in hidden_strings(document) if len(words) > 40]
        assert not [words for words in long if words in shown]

"""The gallery shows what the sample bank has, and gives nothing away."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from question_bank import Bank, load, public_case, public_view
from tests.gallery import BANK, DOCS, PICTURES, facts_of, page_of, shots_of, words_of

PAGE = (DOCS / "gallery.md").read_text("utf-8")
CAPTIONS = [line for line in PAGE.splitlines() if re.match(r"(junior|intermediate|senior) · ", line)]


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load(BANK)


def pictures() -> list[str]:
    return re.findall(r"\]\(gallery/(\S+?)\)", PAGE)


def shown(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in documents if f"`{one['id']}`" in PAGE]


def texts_of(document: object) -> Iterator[str]:
    """Every text of a document, however deep."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from texts_of(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from texts_of(value)


def test_every_type_of_the_bank_is_shown_twice_in_two_languages(bank: Bank) -> None:
    assert Counter(item["type"] for item in shown(bank.items)) == dict.fromkeys({item["type"] for item in bank.items}, 2)
    for type_ in {item["type"] for item in bank.items}:
        section = PAGE.partition(f"## {words_of(type_)}\n")[2].partition("\n## ")[0]
        assert "in English" in section, type_
        assert "in Chinese" in section, type_


def test_every_case_is_shown_by_an_exhibit_and_a_task(bank: Bank) -> None:
    for case in bank.cases:
        assert {f"{case['id']}-exhibit.png", f"{case['id']}-task.png"} <= set(pictures())
    kinds = {exhibit["kind"] for case in bank.cases for exhibit in case["exhibits"]}
    assert {kind for kind in kinds if f"({kind})" in PAGE} == kinds


def test_every_picture_of_the_page_exists_and_no_other() -> None:
    assert sorted(pictures()) == sorted(path.name for path in PICTURES.iterdir())


def test_the_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]
    assert max(sizes) < 90_000
    assert sum(sizes) < 2_500_000


def test_captions_say_what_the_bank_says(bank: Bank) -> None:
    facts = {facts_of(one) for one in [*bank.items, *bank.cases]}
    assert [line for line in CAPTIONS if not any(line.startswith(fact) for fact in facts)] == [], "run python -m tests.gallery"
    assert len(CAPTIONS) == len(pictures())


def test_a_new_gallery_has_an_answer_a_phone_and_a_dark_page(bank: Bank) -> None:
    shots = shots_of(bank)
    assert {"answered", "phone", "dark"} == {shot.name for shot in shots["Answering"]}
    assert len({shot.name for group in shots.values() for shot in group}) == page_of(shots).count("](gallery/")


OPEN = ("id", "type", "level", "syllabus", "cognitive", "tags", "enemies", "variant_of")


def says_something(text: str) -> bool:
    return len(text) > (5 if re.search(r"[\u4e00-\u9fff]", text) else 12)


def test_no_key_and_no_rationale_stands_in_the_page(bank: Bank) -> None:
    """Of what is written about an item or a case, only what candidates see may be there."""
    for document in [*bank.items, *bank.cases]:
        visible = set(texts_of(public_case(document) if "tasks" in document else public_view(document)))
        written = texts_of({name: value for name, value in document.items() if name not in OPEN})
        assert [text for text in written if says_something(text) and text not in visible and text in PAGE] == [], document["id"]

"""The documents that leave the engine have the shapes that are promised, and the pages name every field."""

from pathlib import Path
from typing import Any

import pytest

from question_bank.formats.columns import GROUPS, PLAIN, TEXTS
from schemas import KINDS, check, get_schema, is_valid
from tests.question_bank.items import case, item

DOCS = Path(__file__).parents[2] / "docs"
DIGEST = "0f" * 32

EVENT: dict[str, Any] = {
    "type": "certification.passed",
    "id": "e-1",
    "at": "2026-11-21T10:00:00+00:00",
    "candidate": {"number": "C-0001", "names": {"zh-CN": "王芳", "en": "Wang Fang"}},
    "level": {"id": "junior", "title": {"zh-CN": "初级", "en": "Junior"}},
    "scheme": {"id": "itsm", "version": "2026.1"},
    "outcome": {"total": "245/3", "cut": "60", "distinction": False},
    "valid_until": "2029-11-21",
}
PAPER: dict[str, Any] = {
    "id": "junior-theory",
    "kind": "theory",
    "form": 1,
    "scheme": {"id": "itsm", "version": "2026.1"},
    "slots": [
        {"slot": "q1", "section": "process", "item": "itsm-j-inc-001", "marks": "1"},
        {"slot": "q2", "item": {"id": "itsm-j-inc-002", "version": 3}, "options": ["C", "A", "B"]},
        {"slot": "t1/a", "section": "t1", "item": item("single_choice"), "marks": 2},
        {"slot": "t1/b", "item": "case-1/t1/b"},
    ],
    "cases": [case(), "case-2", {"id": "case-3", "version": 1}],
}
BUNDLE: dict[str, Any] = {
    "format": "exam-engine/sealed-bundle/1",
    "attempt": 17,
    "paper": PAPER,
    "answers": [
        {"seq": 1, "slot": "_view", "response": {"seen": ["q1"], "zoom": 2}, "digest": DIGEST},
        {"seq": 2, "slot": "t1/a", "response": "B", "digest": DIGEST, "received_at": "2026-11-21T10:00:00.250000+00:00"},
    ],
    "chain": {"start": DIGEST, "length": 2, "head": DIGEST},
    "persons": {"t1/b": "5.5"},
    "score": {},
    "decision": None,
}


@pytest.mark.parametrize(("kind", "document"), [("outcome-event", EVENT), ("paper", PAPER), ("sealed-bundle", BUNDLE)])
def test_a_whole_document_is_in_order(kind: str, document: dict[str, Any]) -> None:
    assert check(kind, document) == []
    assert is_valid(kind, document)


@pytest.mark.parametrize(
    ("kind", "document", "message"),
    [
        ("outcome-event", EVENT | {"at": "2026-11-21 10:00"}, 'at: "2026-11-21 10:00": a moment is written with its zone'),
        ("outcome-event", EVENT | {"valid_until": "soon"}, 'valid_until: "soon": a day is written as 2026-11-21'),
        ("outcome-event", EVENT | {"password": "x"}, 'password: unknown field "password"'),
        ("outcome-event", EVENT | {"type": "certification.lost"}, 'type: "certification.lost" is not one of'),
        ("paper", PAPER | {"slots": [{"slot": "q1", "item": {"version": 1}}]}, 'slots[0].item: "id" is missing'),
        (
            "paper",
            PAPER | {"slots": [{"slot": "q1", "item": item("numeric", key={})}]},
            'slots[0].item.key: "accepted" is missing',
        ),
        ("sealed-bundle", BUNDLE | {"format": "exam-engine/sealed-bundle/2"}, 'format: must be "exam-engine/sealed-bundle/1"'),
        ("sealed-bundle", BUNDLE | {"chain": {"head": "x"}}, 'chain.head: "x": a digest is a SHA-256'),
    ],
)
def test_one_fault_of_a_document_is_one_problem(kind: str, document: dict[str, Any], message: str) -> None:
    (problem,) = check(kind, document)
    assert str(problem).removeprefix("document: ").startswith(message)


@pytest.mark.parametrize(
    "response",
    [
        "B",
        ["A", "C"],
        True,
        {"l1": "r2"},
        3.25,
        "3.25",
        {"gap1": 2},
        [[1, 2.5]],
        None,
        [{"name": "a.pdf", "sha256": DIGEST, "size": 9}],
    ],
)
def test_every_form_of_response_is_a_response(response: object) -> None:
    assert check("response", response) == []
    assert check("response-line", {"candidate": "c1", "item": "case-1/t1/a", "response": response}) == []


@pytest.mark.parametrize("response", [{"l1": ["r2"]}, [["a"]], [{"name": "a.pdf"}], {"no id!": "x"}])
def test_what_is_no_form_of_response_is_refused(response: object) -> None:
    assert check("response", response)
    assert not is_valid("response", response)


@pytest.mark.parametrize("kind", ["item", "case", "bank", "rubric", "blueprint", "paper", "outcome-event", "sealed-bundle"])
def test_the_page_of_formats_names_every_field(kind: str) -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    assert [name for name in get_schema(kind)["properties"] if name not in page] == []


def test_the_page_of_formats_names_every_kind_and_every_column() -> None:
    page = (DOCS / "formats.md").read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert [name for name in (*PLAIN, *TEXTS, *GROUPS) if f"`{name}" not in page] == []


def test_the_page_of_the_scheme_names_every_field() -> None:
    page = (DOCS / "scheme.md").read_text("utf-8")
    schema = get_schema("scheme")
    fields = [*schema["properties"], *schema["$defs"]["level"]["properties"]]
    for part in ("entry", "training", "paper", "standard", "retake", "certificate", "fees", "funding"):
        fields += schema["$defs"][part]["properties"]
    assert [name for name in fields if f"`{name}`" not in page] == []

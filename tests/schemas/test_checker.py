"""Every fault is reported, once, at its place, in words."""

import json

import pytest

from schemas import KINDS, check, get_schema, is_valid, place_of
from schemas.store import all_schemas, registry


def single_choice(**changes: object) -> dict[str, object]:
    item: dict[str, object] = {
        "id": "i1",
        "type": "single_choice",
        "stem": {"zh-CN": "问题", "en": "Question"},
        "options": [{"id": "A", "text": "one"}, {"id": "B", "text": "two"}],
        "key": "A",
    }
    return item | changes


def said(kind: str, document: object) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in check(kind, document)]


def test_a_good_item_has_no_problems() -> None:
    assert check("item", single_choice()) == []
    assert is_valid("item", single_choice())


def test_every_fault_of_an_item_is_reported_at_its_own_place() -> None:
    item = single_choice(difficulty=9, options=[{"id": "A", "text": {"en": "  "}}, {"id": "B"}])
    assert said("item", item) == [
        "difficulty: must be at most 5, not 9",
        'options[0].text.en: "  ": the text is empty',
        'options[1]: "text" is missing',
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "single"}, 'type: "single" is not one of'),
        ({"steem": "x"}, 'steem: unknown field "steem" (did you mean "stem"?)'),
        ({"entries": [{"id": "e", "text": "x"}]}, 'entries: type "single_choice" has no "entries"; it belongs to ordering'),
        ({"key": ["A"]}, "key: must be a text, not a list"),
        ({"marking": {"rule": "kendall"}}, 'marking.rule: "kendall" is not one of all_or_nothing, weighted'),
        ({"marking": {"rule": "weighted"}}, 'marking: "weights" is missing'),
        ({"marks": 0}, "marks: must be more than 0, not 0"),
        ({"marks": "0.0"}, 'marks: "0.0": not a number above 0'),
        ({"id": "i1\n"}, 'id: "i1\\n": an id is up to 80'),
        ({"stem": {"en": "x", "Englisch!": "x"}}, 'stem["Englisch!"]: the name "Englisch!": a language is a tag'),
        ({"tags": {"team": None}}, "tags.team: must be a text or a number"),
        ({"enemies": ["i2", "i2"]}, 'enemies: "i2" is listed more than once'),
        ({"options": [{"id": "A", "text": "one"}]}, "options: needs at least 2 entries, has 1"),
    ],
)
def test_one_fault_gives_one_problem(change: dict[str, object], message: str) -> None:
    problems = said("item", single_choice(**change))
    assert len(problems) == 1
    assert problems[0].startswith(message)
    assert not is_valid("item", single_choice(**change))


def test_a_type_that_does_not_exist_is_said_once_and_not_again_for_each_field() -> None:
    assert [problem.place for problem in check("item", single_choice(type="choice"))] == ["type"]


@pytest.mark.parametrize(
    ("tolerance", "message"),
    [
        ({"kind": "absolute"}, 'a tolerance says either "bound", or "lower" and "upper"'),
        ({"kind": "rounded"}, 'a rounded tolerance says either "significant" figures or "decimals"'),
        (
            {"kind": "rounded", "decimals": 2, "lower_strict": True},
            'kind "rounded" has no "lower_strict"; it belongs to absolute',
        ),
    ],
)
def test_a_tolerance_that_says_too_little_or_too_much_is_explained(tolerance: object, message: str) -> None:
    item = {"id": "n", "type": "numeric", "stem": "?", "key": {"accepted": [{"value": "1", "tolerance": tolerance}]}}
    (problem,) = check("item", item)
    assert problem.message.startswith(message)


def test_a_gap_is_checked_as_its_own_type() -> None:
    gaps = {"g": {"type": "single_choice", "key": "A", "max_length": 3}}
    assert said("item", {"id": "c", "type": "cloze", "stem": "?", "text": "{{g}}", "gaps": gaps}) == [
        'gaps.g: "options" is missing',
        'gaps.g.max_length: type "single_choice" has no "max_length"; it belongs to short_text',
    ]


def test_a_remote_reference_in_a_document_is_refused() -> None:
    (problem,) = check("item", single_choice(tags={"$ref": "http://localhost/x"}))
    assert problem.code == "reference"
    assert not is_valid("item", single_choice(tags={"$ref": ["x"], "a": {}}))


def test_a_remote_reference_in_a_schema_is_never_followed() -> None:
    with pytest.raises(LookupError):
        registry().get_or_retrieve("http://localhost/evil.json")
    assert all("://" not in reference for schema in all_schemas().values() for reference in references(schema))


def references(value: object) -> list[str]:
    if isinstance(value, list):
        return [reference for inner in value for reference in references(inner)]
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for inner in value.values() for reference in references(inner)]
    return []


def test_deep_nesting_is_refused_without_trouble() -> None:
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    assert [problem.code for problem in check("item", deep)] == ["too_deep"]
    assert not is_valid("item", json.loads("[" * 400 + "]" * 400))


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_a_schema_and_refuses_what_it_does_not_know(kind: str) -> None:
    schema = get_schema(kind)
    assert schema["$id"] == f"{kind}.schema.json"
    assert "additionalProperties" in schema
    assert isinstance(is_valid(kind, {"no such field": {}}), bool)
    assert check(kind, {"no such field": {}})


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"id": []}, {"type": []}])
@pytest.mark.parametrize("kind", ["item", "case", "bank", "blueprint", "paper", "rubric"])
def test_both_checkers_agree(kind: str, document: object) -> None:
    assert is_valid(kind, document) == (check(kind, document) == [])


def test_places_are_written_as_people_read_them() -> None:
    assert place_of(["items", 3, "options", 1, "text", "zh-CN"]) == "items[3].options[1].text.zh-CN"
    assert place_of(["gaps", "a b"]) == 'gaps["a b"]'
    assert place_of(["key"], start="items[2]") == "items[2].key"

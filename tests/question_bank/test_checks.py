"""What a schema cannot say: the parts of an item fit together, and items beside each other."""

from typing import Any

import pytest

from question_bank.checks import BANK_CHECKS, CASE_CHECKS, ITEM_CHECKS, check_document, check_entries
from question_bank.formats.entries import Entry
from tests.question_bank.items import RUBRIC, TYPES, case, choices, item, text


def said(document: dict[str, Any], kind: Any = "item", **options: Any) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in check_document(kind, document, **options)]


@pytest.mark.parametrize("kind", TYPES)
def test_a_good_item_of_every_type_has_no_findings(kind: str) -> None:
    assert said(item(kind), languages=["zh-CN", "en"]) == []


def test_a_good_case_has_no_findings() -> None:
    assert said(case(), kind="case", languages=["zh-CN", "en"]) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (item("single_choice", key="E"), 'key: key "E" is not one of the options A, B, C'),
        (item("multiple_choice", key=["A", "Z"]), 'key: key "Z" is not one of the options A, B, C, D'),
        (item("matching", key={"l1": "r2"}), 'key: the key leaves out "l2" of the left-hand choices'),
        (item("matching", key={"l1": "r2", "l2": "r9"}), 'key.l2: key "r9" is not one of the right-hand choices r1, r2, r3'),
        (item("matrix", key={"row1": "no", "row2": "no", "row3": "no"}), 'key: key "row3" is not one of the rows row1, row2'),
        (item("ordering", key=["e2", "e1"]), 'key: the key leaves out the entry "e3"'),
        (
            item("ordering", key=["e1", "e2", "e3"]),
            "key: the ids give the answer away to whoever reads them; number them in another order",
        ),
        (item("multiple_choice", choose={"max": 1}), "choose: the key has 2 options, which these limits do not allow"),
        (
            item("multiple_choice", choose={"min": 3, "max": 2}),
            'choose: "min" is more than "max" or than the number of options',
        ),
        (
            item("multiple_choice", key=[], choose={"max": 4}),
            "key: balanced divides by the number of right options, and the key has none",
        ),
        (item("written", words={"min": 9, "max": 2}), 'words: "min" is more than "max"'),
        (item("written", marks=3), "rubric.criteria: the criteria add up to 2, the item is worth 3"),
        (item("true_false", stem={"en": "only"}), "stem: is not written in zh-CN"),
        (item("single_choice", options=choices("A", "B", "B")), 'options[2].id: the id "B" is used more than once'),
        (item("cloze", text="{{g1}} {{g2}} {{g3}} {{g4}}"), "text: {{g4}} is not one of the gaps g1, g2, g3"),
        (
            item("cloze", text={"zh-CN": "{{g1}}{{g2}}{{g3}}", "en": "{{g1}} {{g3}}"}),
            "text.en: the gap {{g2}} does not occur in the text",
        ),
        (item("cloze", text="{{g1}} {{g2}} {{g3}} {{g3}}"), "text: the gap {{g3}} occurs more than once"),
        (
            item("single_choice", marking={"rule": "weighted", "weights": {"Z": 1}}),
            "marking.weights: Z is not one of the options",
        ),
    ],
)
def test_one_thing_wrong_is_one_finding(document: dict[str, Any], expected: str) -> None:
    assert said(document, languages=["zh-CN", "en"]) == [expected]


def test_a_key_inside_a_gap_is_checked_too() -> None:
    gaps = item("cloze")["gaps"] | {"g1": {"type": "single_choice", "options": choices("A", "B"), "key": "C"}}
    assert said(item("cloze", gaps=gaps)) == ['gaps.g1.key: key "C" is not one of the options A, B']


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([0, 1], "the highest level gives 1, the criterion's maximum is 2"),
        ([2, 0], "the levels do not go from the lowest marks to the highest"),
    ],
)
def test_levels_climb_to_the_maximum(levels: list[int], message: str) -> None:
    criterion = RUBRIC["criteria"][0] | {"levels": [{"marks": marks, "title": "x"} for marks in levels]}
    assert said(item("written", rubric={"criteria": [criterion]})) == [f"rubric.criteria[0].levels: {message}"]


def test_a_written_item_without_a_rubric_is_a_warning() -> None:
    document = item("written")
    del document["rubric"]
    (problem,) = check_document("item", document)
    assert (problem.code, problem.severity) == ("no_rubric", "warning")


def test_the_parts_of_a_case_are_checked_at_their_place() -> None:
    broken = case()
    broken["tasks"][0]["parts"][0]["key"] = "Z"
    broken["exhibits"][0]["rows"].append(["alone"])
    broken["exhibits"][3]["edges"][0]["to"] = "n9"
    assert said(broken, kind="case") == [
        "exhibits[0].rows[2]: the row has 1 cells, the table 2 columns",
        'exhibits[3].edges[0].to: there is no node "n9"',
        'tasks[0].parts[0].key: key "Z" is not one of the options A, B, C',
    ]


LINES = {
    "id": "L",
    "kind": "lines",
    "title": "Load",
    "times": ["08:00", "09:00"],
    "series": [{"title": "Queue", "values": [1, 2]}],
}
CALENDAR = {
    "id": "K",
    "kind": "calendar",
    "title": "Changes",
    "days": ["Mon", "Tue"],
    "lanes": [{"title": "Mail", "spans": []}],
}


@pytest.mark.parametrize(
    ("exhibit", "expected"),
    [
        (LINES | {"series": [{"title": "Queue", "values": [1, 2, 3]}]}, "series[0].values: there are 3 values for 2 times"),
        (LINES | {"events": [{"at": 2, "text": "x"}]}, "events[0].at: there is no time 2; they are counted from 0 to 1"),
        (
            CALENDAR | {"lanes": [{"title": "Mail", "spans": [{"from": 1, "to": 2, "text": "x"}]}]},
            'lanes[0].spans[0]: "from" and "to" count days from 0 to 1, the first not after the last',
        ),
        (
            CALENDAR
            | {"lanes": [{"title": "M", "spans": [{"from": 0, "to": 1, "text": "x"}, {"from": 1, "to": 1, "text": "y"}]}]},
            "lanes[0].spans[1]: begins before another span of the lane has ended",
        ),
    ],
)
def test_a_drawn_exhibit_is_checked_at_its_place(exhibit: dict[str, Any], expected: str) -> None:
    assert said(case() | {"exhibits": [LINES, exhibit | {"id": "X"}]}, kind="case") == [f"exhibits[1].{expected}"]


def entries(*documents: dict[str, Any]) -> list[Entry]:
    return [Entry("f.json", f"[{place}]", "item", document["id"], document) for place, document in enumerate(documents)]


def test_the_first_of_two_items_with_one_id_keeps_it() -> None:
    first, second = found = entries(item("true_false"), item("true_false"))
    check_entries(found)
    assert (first.outcome, second.outcome) == ("imported", "refused")
    assert [str(problem) for problem in second.problems] == ['f.json: [1].id: the id "i-true_false" is used before, in [0]']


def test_enemies_are_other_items_of_the_bank() -> None:
    lonely, hostile = found = entries(item("true_false", enemies=["nobody"]), item("numeric", enemies=["i-numeric"]))
    check_entries(found)
    assert [(problem.code, problem.severity) for problem in lonely.problems] == [("enemy_unknown", "warning")]
    assert [problem.code for problem in hostile.problems] == ["enemy_self"]
    assert hostile.refused


def test_a_language_the_bank_promises_is_an_error_and_one_it_only_has_a_warning() -> None:
    documents = [item("true_false"), item("numeric", stem={"en": "only"})]
    promised, guessed = entries(*documents), entries(*documents)
    check_entries(promised, ["zh-CN", "en"])
    check_entries(guessed)
    assert [entry.outcome for entry in promised] == ["imported", "refused"]
    assert [entry.outcome for entry in guessed] == ["imported", "imported"]
    assert [problem.severity for problem in guessed[1].problems] == ["warning"]


def test_a_further_check_is_one_function_in_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    from question_bank.findings import Finding

    def stems_ask(document: Any) -> Any:
        if not document["stem"]["en"].endswith("?"):
            yield Finding(("stem", "en"), "no_question", "asks nothing", "warning")

    monkeypatch.setattr("question_bank.checks.ITEM_CHECKS", [*ITEM_CHECKS, stems_ask])
    assert said(item("true_false", stem=text("Tell"))) == ["stem.en: asks nothing"]
    assert all(check.__doc__ for check in [*ITEM_CHECKS, *CASE_CHECKS, *BANK_CHECKS])

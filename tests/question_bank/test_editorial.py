"""The editorial check: every rule notices what it is for, and leaves a good item alone."""

import inspect
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from question_bank import Bank, load
from question_bank.bank import Entry
from question_bank.editorial import BANK_RULES, CASE_RULES, ITEM_RULES, PART_RULES, codes_of, coverage, review
from question_bank.editorial.formulas import FormulaError, compute
from question_bank.editorial.words import numbers, reading_size
from schemas import Problem

LEVELS = ("junior", "intermediate", "senior")
SAMPLE = Path(__file__).parents[2] / "question_bank" / "banks" / "itsm"

Document = dict[str, Any]


def text(chinese: str, english: str) -> dict[str, str]:
    return {"zh-CN": chinese, "en": english}


def option(name: str, chinese: str, english: str) -> Document:
    return {"id": name, "text": text(chinese, english), "rationale": text("理由", "Reason")}


GOOD: Document = {
    "id": "good", "type": "single_choice", "level": "junior", "syllabus": "process.incident", "cognitive": "application",
    "difficulty": 2, "time_s": 60, "references": ["ITIL 4, Incident management practice", "ISO/IEC 20000-1:2018, 8.6.1"],
    "stem": text("打印机停止工作，服务台首先做什么？", "A printer has stopped. What does the service desk do first?"),
    "options": [
        option("A", "登记并分类", "Log and classify it"),
        option("B", "更换打印机", "Replace the printer"),
        option("C", "查找根本原因", "Look for the root cause"),
        option("D", "提交变更请求", "Raise a change request"),
    ],
    "key": "A",
    "rationale": text("先登记。", "It is logged first."),
}  # fmt: skip
TRUTH: Document = {name: value for name, value in GOOD.items() if name != "options"} | {
    "type": "true_false", "key": False, "stem": text("变更由申请人批准。", "A change is authorised by whoever asks for it."),
}  # fmt: skip
NUMBER: Document = {name: value for name, value in GOOD.items() if name != "options"} | {
    "type": "numeric", "key": {"accepted": [{"value": "99.8"}]},
    "stem": text("43,200分钟里中断90分钟，可用性是多少？", "Of 43,200 minutes 90 were down. What is the availability in %?"),
    "formula": {"compute": "(month - down) / month * 100", "given": {"month": 43200, "down": 90}},
}  # fmt: skip
CASE: Document = {
    "id": "case", "minutes": 45, "references": ["ITIL 4, Service desk practice"], "title": text("案例", "Case"),
    "scenario": text("请阅读。", "Read it."),
    "tasks": [{"id": "t1", "title": text("任务", "Task"), "parts": [{**GOOD, "id": "a"}]}],
}  # fmt: skip


def bank(*items: Document, cases: tuple[Document, ...] = ()) -> Bank:
    kinds = [("item", each) for each in items] + [("case", each) for each in cases]
    report = [Entry("bank.json", f"[{place}]", kind, each["id"], each) for place, (kind, each) in enumerate(kinds)]  # type: ignore[arg-type]
    return Bank("b", "B", ["zh-CN", "en"], list(items), list(cases), report=report, source="bank.json")


def codes(*items: Document, cases: tuple[Document, ...] = ()) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in review(bank(*items, cases=cases))]


def with_options(*options: tuple[str, str, str], **fields: Any) -> Document:
    return {**GOOD, "options": [option(*each) for each in options], **fields}


REST = [
    ("B", "更换打印机", "Replace the printer"),
    ("C", "查找根本原因", "Look for the root cause"),
    ("D", "提交变更请求", "Raise a change"),
]
LONG = (
    "A",
    "登记并分类这一事件，然后通知受影响的用户何时恢复",
    "Log and classify the incident and tell the users affected when to expect it back",
)


def with_last(chinese: str, english: str) -> Document:
    """The good item with another last option."""
    return with_options(("A", "登记并分类", "Log and classify it"), *REST[:2], ("D", chinese, english))


ONE_FAULT: list[tuple[Document, str, str]] = [
    (with_options(LONG, *REST), "options[0]", "longest_option"),
    (GOOD | {"stem": text("事件是？", "An incident is an")}, "stem.en", "article_cue"),
    (with_options(("A", "登记并分类。", "Log and classify it"), *REST), "options", "uneven_endings"),
    (GOOD | {"stem": text("谁登记？", "How would you classify this?")}, "options[0]", "echo_cue"),
    (with_last("以上都是", "Both of these"), "options[3].text", "all_or_none"),
    (with_last("总是提交变更", "Raise a change"), "options[3].text", "absolute_word"),
    (TRUTH | {"stem": text("变更由申请人批准。", "Who asks always authorises it.")}, "stem.en", "absolute_word"),
    (GOOD | {"stem": text("哪项不是服务台的工作？", "Which is **NOT** a task of it?")}, "stem.zh", "negative_stem"),
    (with_last("查找根本原因", "Look for the root causes"), "options[3]", "options_alike"),
    (GOOD | {"options": [*GOOD["options"][:3], {"id": "D", "text": "CHG-2"}]}, "options[3]", "rationale_missing"),
    ({name: value for name, value in TRUTH.items() if name != "rationale"}, "", "rationale_missing"),
    (GOOD | {"rationale": text("Log it first.", "It is logged first.")}, "rationale", "untranslated"),
    (GOOD | {"rationale": text("先登记。", "先登记。")}, "rationale", "untranslated"),
    (GOOD | {"rationale": text("先登记。", "It is logged first, " + "and seen " * 12)}, "rationale", "out_of_proportion"),
    (GOOD | {"rationale": text("15分钟以内登记。", "It is logged within 50 minutes.")}, "rationale", "numbers_differ"),
    ({name: value for name, value in GOOD.items() if name != "syllabus"}, "", "unplaced"),
    (GOOD | {"references": []}, "", "reference_missing"),
    (GOOD | {"references": ["ITIL 4, Ticket management practice"]}, "references[0]", "reference_unknown"),
    (GOOD | {"references": ["ISO/IEC 20000-1:2018, 8.9.1"]}, "references[0]", "reference_unknown"),
    (GOOD | {"time_s": 6}, "time_s", "reading_time"),
    ({name: value for name, value in NUMBER.items() if name != "formula"}, "", "formula_missing"),
    (NUMBER | {"formula": {"compute": "month - down"}}, "formula.compute", "formula_broken"),
    (NUMBER | {"key": {"accepted": [{"value": "99.9"}]}}, "key.accepted[0].value", "formula_key"),
    (NUMBER | {"formula": {"compute": "99.8", "given": {"down": 91}}}, "formula.given.down", "given_missing"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "place", "code"), ONE_FAULT, ids=[code for *_, code in ONE_FAULT])
def test_a_fault_is_noticed_at_its_place_and_nothing_else(item: Document, place: str, code: str) -> None:
    places = {where.replace("zh-CN", "zh").removeprefix("[0]").removeprefix(".") for where, _ in codes(item)}
    assert {found for _, found in codes(item)} == {code}
    assert places == {place}


@pytest.mark.parametrize("item", [GOOD, TRUTH, NUMBER], ids=["choice", "truth", "number"])
def test_a_good_item_is_left_alone(item: Document) -> None:
    assert codes(item) == []


def test_a_good_case_is_left_alone_and_its_parts_are_read() -> None:
    assert codes(cases=(CASE,)) == []
    part = {**GOOD, "id": "a", "stem": text("事件是？", "An incident is an")}
    broken = CASE | {"tasks": [{"id": "t1", "title": text("任务", "Task"), "parts": [part]}]}
    assert codes(cases=(broken,)) == [("[0].tasks[0].parts[0].stem.en", "article_cue")]
    assert (
        codes(cases=(CASE | {"minutes": 1, "scenario": text("读" * 300, "read " * 180)},))
        == [("[0].minutes", "reading_time")] * 2
    )


def copies(count: int, **fields: Any) -> list[Document]:
    """Items that ask about different things."""
    subjects = [f"{chr(0x4E00 + place * 7)}{chr(0x5E00 + place * 5)}" for place in range(count)]
    return [
        {
            **GOOD,
            "id": f"i{place}",
            "stem": text(subject * 60, (" ".join(f"{word}{chr(97 + place)}" for word in ("on", "by", "at", "up")) + " ") * 20),
            "time_s": 600,
            **fields,
        }
        for place, subject in enumerate(subjects)
    ]


def test_keys_that_prefer_a_position_are_noticed_and_balanced_ones_are_not() -> None:
    assert ("junior", "key_balance") in codes(*copies(24))
    shorter = with_options(("A", "登记并分类", "Log the incident"), ("B", "换新机器", "Replace the printer"))["options"]
    balanced = [item | {"options": shorter, "key": "AB"[place % 2]} for place, item in enumerate(copies(24))]
    assert "key_balance" not in {code for _, code in codes(*balanced)}


def test_statements_that_are_mostly_true_are_noticed() -> None:
    truths = [
        {name: value for name, value in item.items() if name != "options"} | {"type": "true_false", "key": True}
        for item in copies(20)
    ]
    assert codes(*truths) == [("junior", "truth_balance")]
    assert codes(*[item | {"key": bool(place % 2)} for place, item in enumerate(truths)]) == []


def test_keys_that_are_mostly_the_longest_are_noticed() -> None:
    longest = with_options(("A", "登记并且分类事件", "Log and classify the whole event"), *REST)["options"]
    assert ("junior", "length_balance") in codes(*copies(24, options=longest))


def test_items_that_read_alike_are_enemies_or_noticed() -> None:
    twin = GOOD | {"id": "twin"}
    assert codes(GOOD, twin) == [("[1].stem", "near_duplicate")]
    assert codes(GOOD | {"enemies": ["twin"]}, twin | {"enemies": ["good"]}) == []


def test_enemies_name_each_other() -> None:
    assert codes(GOOD | {"enemies": ["number"]}, NUMBER | {"id": "number"}) == [("[0].enemies", "enemy_one_sided")]


def test_an_explained_warning_says_why_and_an_idle_explanation_is_noticed() -> None:
    stem = text("事件是？", "An incident is an")
    (problem,) = review(bank(GOOD | {"stem": stem, "explained": {"article_cue": "every option begins with a vowel"}}))
    assert (problem.severity, problem.message.rpartition("; ")[2]) == (
        "explained",
        "explained: every option begins with a vowel",
    )
    assert codes(GOOD | {"explained": {"article_cue": "x"}}) == [("[0].explained.article_cue", "explanation_idle")]


def test_a_wrong_key_cannot_be_explained_away() -> None:
    (problem,) = review(bank(NUMBER | {"key": {"accepted": [{"value": "99.9"}]}, "explained": {"formula_key": "rounded up"}}))
    assert problem.severity == "error"


BLUEPRINT = {
    "id": "b",
    "length": 2,
    "constraints": [{"name": "incidents", "where": {"syllabus": "process.incident"}, "min": 2}],
}


def test_a_blueprint_is_covered_as_often_as_the_bank_promises() -> None:
    assert list(coverage(copies(4), [("b.json", BLUEPRINT)], 2)) == []
    assert [(problem.place, problem.message) for problem in coverage(copies(3), [("b.json", BLUEPRINT)], 2)] == [
        ("length", "3 items for 2 papers of 2 without a common item"),
        ("constraints[0]", '3 items for "incidents", 4 are needed for 2 papers without a common item'),
    ]


def test_a_blueprint_that_cannot_be_read_is_a_problem_of_its_own() -> None:
    (problem,) = coverage(copies(3), [("b.json", {"length": 0})], 1)
    assert isinstance(problem, Problem)
    assert (problem.file, problem.place, problem.severity) == ("b.json", "length", "error")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(43200 - 90) / 43200 * 100", Fraction(43110, 432)),
        ("round(2.675, 2)", Fraction("2.68")),
        ("round(-2.5)", Fraction(-3)),
        ("1 - 0.02 ** 2", Fraction("0.9996")),
        ("max(3, ceil(7 / 2)) + floor(1.9) + abs(-1)", Fraction(6)),
        ("2 ** -1", Fraction(1, 2)),
    ],
)
def test_formulas_are_computed_exactly(formula: str, expected: Fraction) -> None:
    assert compute(formula) == expected


@pytest.mark.parametrize(
    "formula",
    [
        "x + 1",
        "1 / 0",
        "__import__('os')",
        "(1).real",
        "9 ** 9 ** 9",
        "[1]",
        "1 if 1 else 2",
        "round()",
        "'a'",
        "(-8) ** 0.5",
        "True",
        "1 +",
    ],
)
def test_what_is_no_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises(FormulaError):
        compute(formula)


def test_numbers_are_read_alike_in_both_languages() -> None:
    assert numbers("420万元，3个月，1,200台，99.5%") == numbers("4.2 million yuan, three months, 1,200 units, 99.5%")
    assert numbers("二〇二六年有24名坐席") == numbers("twenty-four agents") == {24}


def test_reading_counts_characters_and_words() -> None:
    assert (reading_size("登记 INC-204 事件"), reading_size("Log INC-204 now")) == (5, 3)


def test_every_rule_says_its_reason_and_is_tried() -> None:
    rules = {*PART_RULES, *ITEM_RULES, *CASE_RULES, *BANK_RULES, coverage}
    assert all(len(inspect.getdoc(rule) or "") > 40 for rule in rules)
    tried = {code for *_, code in ONE_FAULT} | {"key_balance", "truth_balance", "length_balance", "near_duplicate"}
    assert {code for rule in rules for code in codes_of(rule)} == tried | {"enemy_one_sided", "coverage"}


def test_the_sample_bank_has_no_warning_that_is_not_explained() -> None:
    found = load(SAMPLE)
    assert [str(problem) for problem in review(found) if problem.severity != "explained"] == []
    assert found.parallel == 3


def test_the_sample_bank_is_as_large_and_as_mixed_as_promised() -> None:
    found = load(SAMPLE)
    assert len(found.items) >= 480
    assert {item["type"] for item in found.items} >= {
        "single_choice", "multiple_choice", "true_false", "matching", "ordering", "matrix", "numeric", "cloze",
    }  # fmt: skip
    judged = {
        level: [item["cognitive"] for item in found.items if item["level"] == level].count("judgement") for level in LEVELS
    }
    assert judged["junior"] < judged["intermediate"] < judged["senior"]
    for level in LEVELS:
        cases = [case for case in found.cases if case["level"] == level]
        assert len(cases) == 4
        assert all(45 <= case["minutes"] <= 90 for case in cases)
        for case in cases:
            parts = [part for task in case["tasks"] for part in task["parts"]]
            assert {"written", "files", "numeric"} <= {part["type"] for part in parts}
            assert all({"rubric"} <= part.keys() and "model_answer" in part["rubric"] for part in parts if "rubric" in part)
            assert len({exhibit["kind"] for exhibit in case["exhibits"]}) >= 4

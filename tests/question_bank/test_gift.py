"""GIFT as it is found in the world: what can be kept is kept, what is lost is said, what is broken is refused alone."""

from pathlib import Path
from typing import Any

import pytest

from question_bank import Bank, load, public_view
from question_bank.formats import gift
from question_bank.formats.markdown_text import from_html, from_plain
from tests.question_bank.items import case, every_item, item


def read(tmp_path: Path, text: str) -> Bank:
    (tmp_path / "desk.gift").write_text(text, "utf-8")
    return load(tmp_path / "desk.gift")


def one(tmp_path: Path, text: str) -> dict[str, Any]:
    bank = read(tmp_path, text)
    assert [str(problem) for problem in bank.problems if problem.severity == "error"] == []
    (found,) = bank.items
    return found


def test_one_right_answer_with_feedback_title_category_and_comment(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        """
// first line of a comment
$CATEGORY: $course$/desk/calls

::Call 1:: Who closes an incident? {
  =the service desk#Yes: it owns it.
  // a comment between answers
  ~the user#Only agrees.
  ~nobody
  ####The owner closes it.
}
""",
    )
    assert found == {
        "id": "Call-1",
        "type": "single_choice",
        "stem": "Who closes an incident?",
        "options": [
            {"id": "A", "text": "the service desk", "rationale": "Yes: it owns it."},
            {"id": "B", "text": "the user", "rationale": "Only agrees."},
            {"id": "C", "text": "nobody"},
        ],
        "key": "A",
        "rationale": "The owner closes it.",
        "tags": {"title": "Call 1", "category": "$course$/desk/calls"},
    }


def test_a_wrong_choice_may_cost_marks_where_one_is_chosen(tmp_path: Path) -> None:
    found = one(tmp_path, "Which? {=right ~wrong ~%-50%worse}")
    assert found["marking"] == {"rule": "weighted", "weights": {"A": "1", "C": "-0.5"}, "lower": "-0.5"}


def test_several_right_answers_are_weights(tmp_path: Path) -> None:
    found = one(tmp_path, "Which two? {~%50%a ~%50%b ~%-100%c ~d}")
    assert (found["type"], found["key"]) == ("multiple_choice", ["A", "B"])
    assert found["marking"] == {"rule": "weighted", "weights": {"A": "0.5", "B": "0.5", "C": "-1"}}


def test_a_third_is_a_third(tmp_path: Path) -> None:
    found = one(tmp_path, "Which? {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-16.66667%d}")
    assert list(found["marking"]["weights"].values()) == ["1/3", "1/3", "1/3", "-1/6"]


def test_a_partly_right_answer_beside_the_right_one(tmp_path: Path) -> None:
    found = one(tmp_path, "Best? {=a ~%50%b ~c}")
    assert (found["type"], found["key"], found["marking"]["weights"]) == ("single_choice", "A", {"A": "1", "B": "0.5"})


@pytest.mark.parametrize(("word", "key"), [("T", True), ("TRUE", True), ("true", True), ("F", False), ("FALSE", False)])
def test_true_and_false(tmp_path: Path, word: str, key: bool) -> None:
    assert one(tmp_path, f"An SLA is an agreement.{{{word}}}")["key"] is key


def test_feedback_of_true_and_false_is_for_wrong_then_right(tmp_path: Path) -> None:
    bank = read(tmp_path, "An SLA is an agreement.{T#Think again.#So it is.}")
    assert bank.items[0]["rationale"] == "So it is."
    assert bank.report[0].losses == ["feedback of the wrong answer"]


def test_matching_with_a_spare_choice(tmp_path: Path) -> None:
    found = one(tmp_path, "Match. {\n=CI -> configuration item\n=SLA -> agreement\n=OLA -> agreement\n= -> cable\n}")
    right = {choice["id"]: choice["text"] for choice in found["right"]}
    assert [(left["text"], right[found["key"][left["id"]]]) for left in found["left"]] == [
        ("CI", "configuration item"),
        ("SLA", "agreement"),
        ("OLA", "agreement"),
    ]
    assert sorted(right.values()) == ["agreement", "cable", "configuration item"]


def test_short_answers_with_credit_and_wildcard(tmp_path: Path) -> None:
    found = one(tmp_path, "Three letters? {=SLA =%50%SL* =%0%nothing}")
    assert found["type"] == "short_text"
    assert found["key"]["accepted"] == [{"text": "SLA"}, {"text": "SL*", "match": "wildcard", "credit": "0.5"}]


@pytest.mark.parametrize(
    ("block", "accepted"),
    [
        ("#3", {"value": "3"}),
        ("#3:0.5", {"value": "3", "tolerance": {"kind": "absolute", "bound": "0.5"}}),
        ("#1..5", {"value": "3", "tolerance": {"kind": "absolute", "bound": "2"}}),
        ("#-1.5..0", {"value": "-0.75", "tolerance": {"kind": "absolute", "bound": "0.75"}}),
        ("# =3:0 ####Because.", {"value": "3"}),
    ],
)
def test_numbers(tmp_path: Path, block: str, accepted: object) -> None:
    assert one(tmp_path, f"How many? {{{block}}}")["key"]["accepted"] == [accepted]


def test_several_numbers_with_credit(tmp_path: Path) -> None:
    bank = read(tmp_path, "When? {#\n =1822:0#Right.\n =%50%1822:2#Nearly.\n ~#No.\n}")
    assert bank.items[0]["key"]["accepted"] == [
        {"value": "1822"},
        {"value": "1822", "tolerance": {"kind": "absolute", "bound": "2"}, "credit": "0.5"},
    ]
    assert bank.report[0].outcome == "imported with loss"


def test_an_essay_is_written(tmp_path: Path) -> None:
    assert one(tmp_path, "Tell us. { }")["type"] == "written"


def test_words_after_the_braces_make_a_gap(tmp_path: Path) -> None:
    found = one(tmp_path, "The desk logs an {=incident ~invoice} at once.")
    assert public_view(found)["stem"] == {"und": "<p>The desk logs an _____ at once.</p>"}


def test_signs_after_a_backslash_are_themselves(tmp_path: Path) -> None:
    found = one(tmp_path, r"::a\:b:: 2 \= 2\, so \{x\} \~ \# 50\% \\ end\nnew {=\=1 ~\~2#\#3}")
    shown = public_view(found)
    assert shown["stem"]["und"] == "<p>2 = 2\\, so {x} ~ # 50\\% \\ end<br>\nnew</p>"
    assert [option["text"]["und"] for option in shown["options"]] == ["=1", "~2"]
    assert found["options"][1]["rationale"] == "#3"
    assert found["tags"]["title"] == "a:b"


def test_the_format_of_a_text_is_respected(tmp_path: Path) -> None:
    text = """::h::[html]<p>Stop <b>now</b> &amp; go <img src\\="x.png"></p>{=[plain]a*b*c ~<i>it</i>}

::m::[markdown]Stop **now** {T}

::p::[plain]Stop **now** <b>x</b> {T}
"""
    bank = read(tmp_path, text)
    stems = [public_view(found)["stem"]["und"] for found in bank.items]
    assert stems == [
        "<p>Stop <strong>now</strong> &amp; go</p>",
        "<p>Stop <strong>now</strong></p>",
        "<p>Stop **now** &lt;b&gt;x&lt;/b&gt;</p>",
    ]
    options = public_view(bank.items[0])["options"]
    assert [option["text"]["und"] for option in options] == ["a*b*c", "<em>it</em>"]
    assert bank.report[0].losses == ["stem: an image"]


def test_ids_and_tags_of_comments(tmp_path: Path) -> None:
    found = one(tmp_path, "// question: 7  [id:desk-7] [tag:calls] [tag:easy]\n::称呼::谁？{=甲 ~乙}")
    assert found["id"] == "desk-7"
    assert found["tags"] == {"title": "称呼", "tags": ["calls", "easy"]}


def test_questions_without_a_usable_name_are_numbered(tmp_path: Path) -> None:
    bank = read(tmp_path, "Ja?{T}\n\n::问题::Nein?{F}\n\n::x::a{T}\n\n::x::b{F}\n")
    assert [found["id"] for found in bank.items] == ["desk-1", "desk-2", "x", "x-2"]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("Only words.", "is a text without a question"),
        ("Broken {=a ~b", "the braces { } do not match"),
        ("Broken =a ~b}", "the braces { } do not match"),
        ("Broken {=a {x} ~b}", "has more than one pair of braces"),
        ("Which? {~a ~b}", "no answer is marked as right"),
        ("Which? {=%50%a ~b}", "no answer is worth 100 %"),
        ("Which? {=a ~}", "answer 2 is empty"),
        ("Which? {oops =a ~b}", '"oops" stands before the first answer'),
        ("How many? {#many}", '"many" is not a number'),
        ("How many? {#5..1}", '"5..1" runs downwards'),
        ("Match {=a -> b =c}", '"c" is not a pair'),
        ("{T}", "has no text before its answers"),
        ("One option {=a ~%0%}", "answer 2 is empty"),
    ],
)
def test_a_broken_question_is_refused_alone(tmp_path: Path, question: str, message: str) -> None:
    bank = read(tmp_path, f"First?{{T}}\n\n{question}\n\nLast?{{F}}\n")
    assert len(bank.items) == 2
    (problem,) = bank.problems
    assert problem.place == "line 3"
    assert problem.message.startswith(message)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "w.gift").write_bytes("\ufeffOne?{T}\r\n\r\nTwo?{\r\n=a\r\n~b\r\n}\r\n".encode())
    assert [found["type"] for found in load(tmp_path / "w.gift").items] == ["true_false", "single_choice"]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.gift").write_bytes("谁？{T}".encode("gb18030"))
    assert [problem.code for problem in load(tmp_path / "w.gift").problems] == ["encoding"]


def test_writing_says_what_is_lost_and_what_is_refused(tmp_path: Path) -> None:
    bank = Bank("b", "B", ["en", "zh-CN"], every_item(), [case()])
    report = {entry.id: entry for entry in gift.write(bank, tmp_path / "b.gift")}
    refused = [name for name, entry in report.items() if entry.refused]
    assert refused == ["i-matrix", "i-ordering", "i-cloze", "i-files", "case-1"]
    assert "text in zh-CN" in report["i-true_false"].losses
    assert "the field difficulty" in report["i-true_false"].losses
    assert "the units" in report["i-numeric"].losses
    assert "the marking rule balanced, written as weights" in report["i-multiple_choice"].losses
    again = load(tmp_path / "b.gift")
    assert [found["id"] for found in again.items] == [name for name in report if name not in refused]
    assert not again.has_errors


@pytest.mark.parametrize(
    ("kind", "key", "lower", "losses"),
    [
        ("single_choice", "A", "-0.5", []),
        ("single_choice", "A", None, ["the bound lower of the weights"]),  # read back, B costs half a mark
        ("multiple_choice", ["A"], None, []),
        ("multiple_choice", ["A"], "-1/2", ["the bound lower of the weights"]),
    ],
)
def test_writing_says_which_bounds_of_the_weights_are_lost(
    tmp_path: Path, kind: str, key: object, lower: str | None, losses: list[str]
) -> None:
    options = [{"id": "A", "text": "a"}, {"id": "B", "text": "b"}]
    marking = {"rule": "weighted", "weights": {"A": "1", "B": "-0.5"}} | ({"lower": lower} if lower else {})
    bare = {"id": "s", "type": kind, "stem": "Ask", "options": options, "key": key, "marking": marking}
    (entry,) = gift.write(Bank("b", "B", [], [bare]), tmp_path / "b.gift")
    assert entry.losses == losses
    assert losses or load(tmp_path / "b.gift").items == [bare]


def test_what_gift_can_hold_comes_back(tmp_path: Path) -> None:
    options = [{"id": "A", "text": "a = {b} ~ #c: \\d"}, {"id": "B", "text": "x\ny", "rationale": "no"}]
    bare: list[dict[str, Any]] = [
        {"id": "s", "type": "single_choice", "stem": "**Ask**\n\ntwice", "options": options, "key": "A", "rationale": "so"},
        {"id": "t", "type": "true_false", "stem": "50 % // not a comment", "key": False},
        {"id": "n", "type": "numeric", "stem": "?", "key": {"accepted": [{"value": "9.5", "credit": "0.5"}]}},
        {"id": "x", "type": "short_text", "stem": "?", "key": {"accepted": [{"text": "a\\*b*", "match": "wildcard"}]}},
        {"id": "w", "type": "written", "stem": "Tell"},
    ]
    report = gift.write(Bank("b", "B", [], bare), tmp_path / "b.gift")
    assert [entry.outcome for entry in report] == ["imported"] * len(bare)
    assert load(tmp_path / "b.gift").items == bare


def test_plain_text_stays_plain() -> None:
    for text in ("a*b*c", "# no heading", "1. no list", "snake_case_name", "<b>", "| a |", "a\nb", "`x`"):
        assert public_view(item("true_false", stem=from_plain(text)))["stem"]["und"].replace("<br>\n", "\n") == (
            "<p>" + text.replace("<", "&lt;").replace(">", "&gt;") + "</p>"
        )


def test_html_becomes_markdown() -> None:
    assert from_html("<p>One<br/>two</p><ul><li>a</li><li>b</li></ul><script>x()</script>") == (
        "One\ntwo\n\n- a\n- b",
        ["a script"],
    )


def ids_in(bank: Bank) -> list[str]:
    return [item["id"] for item in bank.items]


def test_a_title_begins_a_question_where_the_blank_line_is_missing(tmp_path: Path) -> None:
    bank = read(tmp_path, "::One::Is it? {T}\n::Two::Which? {=a ~b\n::Three::Why? {}\n// [id:four]\n::Four::How many?\n{#4}\n")
    assert ids_in(bank) == ["One", "Three", "four"]
    assert [(problem.place, problem.code) for problem in bank.problems if problem.severity == "error"] == [("line 2", "gift")]


def test_answers_end_a_question_where_the_blank_line_and_the_titles_are_missing(tmp_path: Path) -> None:
    bank = read(tmp_path, "One? {T}\nTwo? {=a ~b\nThree? {F}\nFour? {\n  =c\n  ~d\n}\nOn {=Monday ~Friday} at nine.\n")
    assert [item["type"] for item in bank.items] == ["true_false", "single_choice", "single_choice"]
    assert [problem.place for problem in bank.problems] == ["line 2"]


def test_braces_of_a_text_are_no_answers(tmp_path: Path) -> None:
    bank = read(tmp_path, "int f() {return 1;}\nWhat does it return? {=1 ~2}\n")
    assert bank.items == []


def test_feedback_that_is_only_a_picture_is_lost_and_said(tmp_path: Path) -> None:
    bank = read(tmp_path, r'Which? {=a#<p><img src\="a.png"></p> ~b#<p><br></p> ####<p><img src\="b.png"></p>}')
    assert [entry.outcome for entry in bank.report] == ["imported with loss"]
    assert "rationale" not in bank.items[0]
    assert all("rationale" not in option for option in bank.items[0]["options"])


def test_a_long_file_name_gives_ids_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 8}.{'b' * 67}.gift"
    path.write_text("Is it? {T}\n", "utf-8")
    assert ids_in(load(path)) == [f"{'b' * 67}-1"]


@pytest.mark.parametrize("text", ["", "// nothing but a comment\n", "$CATEGORY: desk\n"])
def test_a_file_without_questions_is_said_to_be_empty(tmp_path: Path, text: str) -> None:
    assert [problem.code for problem in read(tmp_path, text).problems] == ["empty"]

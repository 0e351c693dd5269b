import pytest

from grading import ItemError, Status, mark
from tests.grading.builders import credit, share, short_text


def wild(text):
    return {"text": text, "match": "wildcard"}


def pattern(text):
    return {"text": text, "match": "pattern"}


@pytest.mark.parametrize(
    ("item", "answer", "expected"),
    [
        (short_text("SLA"), "sla", 1),
        (short_text("SLA"), "  SLA ", 1),
        (short_text("service desk"), "Service \t desk", 1),
        (short_text("SLA"), "SLAs", 0),  # the whole answer must match
        (short_text("SLA", ignore_case=False), "sla", 0),
        (short_text("service desk", fold_spaces=False), "service  desk", 0),
        (short_text("Straße"), "STRASSE", 1),  # case folding, not lower case
        (short_text("caf\u00e9"), "cafe\u0301", 1),  # NFC by default
        (short_text("caf\u00e9", normalise="none"), "cafe\u0301", 0),
        (short_text("SLA"), "ＳＬＡ", 0),
        (short_text("SLA", normalise="NFKC"), "ＳＬＡ", 1),
        (short_text("e-mail"), "email", 0),
        (short_text("e-mail", ignore_punctuation=True), "Email!", 1),
        (short_text("变更管理", ignore_punctuation=True), "“变更管理”。", 1),
        (short_text("a - b", ignore_punctuation=True), "a b", 1),
        (short_text("C++", ignore_punctuation=True), "c++", 1),  # a plus is a symbol, not punctuation
        (short_text(wild("change*")), "change", 1),
        (short_text(wild("change*")), "Change advisory board", 1),
        (short_text(wild("change*")), "exchange", 0),
        (short_text(wild("*board")), "change\nboard", 1),
        (short_text(wild(r"5 \* 3")), "5 * 3", 1),
        (short_text(wild(r"5 \* 3")), "5 x 3", 0),
        (short_text(wild(r"\d.(x)*")), r"\d.(x) and more", 1),  # everything else is literal
        (short_text(wild(r"\d")), "5", 0),
        (short_text(wild("ch*ge"), ignore_punctuation=True), "ch-ange", 1),
        (short_text(wild(" mean * time ")), "mean recovery time", 1),
        (short_text(pattern("CHG-[0-9]{4}")), "chg-1187", 1),
        (short_text(pattern("CHG-[0-9]{4}"), ignore_case=False), "chg-1187", 0),
        (short_text(pattern("CHG-[0-9]{4}")), "see CHG-1187", 0),
        (short_text(pattern("变更|发布")), " 发布 ", 1),
    ],
)
def test_texts(item, answer, expected):
    assert credit(item, answer) == expected


def test_the_first_accepted_text_that_matches_gives_its_credit():
    item = short_text({"text": "SLA", "credit": 1}, wild("S*") | {"credit": "0.5"}, wild("*"))
    assert [credit(item, answer) for answer in ("sla", "slo", "x")] == [1, share("1/2"), 1]


def test_a_hostile_pattern_runs_in_linear_time():
    # Backtracking engines need 2^1000 steps here; a linear one answers at once or this test never ends.
    assert credit(short_text(pattern("(a+)+b")), "a" * 1000) == 0


@pytest.mark.parametrize("response", [None, "", "   "])
def test_blanks_are_unanswered_even_where_anything_is_accepted(response):
    marked = mark(short_text(wild("*")), response)
    assert (marked.exact_credit, marked.status) == (0, Status.UNANSWERED)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (short_text(pattern("(")), "bad_pattern"),
        (short_text(pattern(r"(a)\1")), "bad_pattern"),
        (short_text("?", ignore_punctuation=True), "empty_text"),
        (short_text({"text": "a", "match": "sounds like"}), "unknown_match"),
        (short_text({"text": "a", "credit": -1}), "credit_out_of_range"),
    ],
)
def test_a_text_key_that_cannot_work_is_refused(item, code):
    with pytest.raises(ItemError) as refusal:
        mark(item, "a")
    assert refusal.value.code == code

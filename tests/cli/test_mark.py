import json

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from exam_engine.cli import main

ITEMS = [
    {
        "id": "i1",
        "type": "single_choice",
        "stem": "Q",
        "options": [{"id": "A", "text": "a"}, {"id": "B", "text": "b"}],
        "key": "B",
    },
    {"id": "i2", "type": "numeric", "stem": "Q", "marks": 2, "key": {"accepted": [{"value": "99.5", "credit": "1/3"}]}},
    {
        "id": "i3",
        "type": "written",
        "stem": "Q",
        "marks": 4,
        "rubric": {
            "criteria": [
                {"id": "a", "title": "t", "max": 4, "levels": [{"marks": 0, "title": "n"}, {"marks": 4, "title": "y"}]}
            ]
        },
    },
]
CASE = {
    "id": "case-1",
    "title": "C",
    "scenario": "S",
    "minutes": 10,
    "level": "junior",
    "syllabus": ["tools"],
    "exhibits": [],
    "tasks": [{"id": "t1", "title": "T", "parts": [{"id": "a", "type": "true_false", "stem": "Q", "key": False}]}],
}


def line(candidate, item, response):
    return json.dumps({"candidate": candidate, "item": item, "response": response}, ensure_ascii=False)


@pytest.fixture
def mark(tmp_path):
    def run(*lines, bank=ITEMS, options=("--json",), encoding="utf-8"):
        (tmp_path / "items.json").write_text(json.dumps(bank), encoding="utf-8")
        (tmp_path / "r.jsonl").write_text("\n".join(lines), encoding=encoding)
        return CliRunner().invoke(
            main, ["mark", "--items", f"{tmp_path}/items.json", "--responses", f"{tmp_path}/r.jsonl", *options]
        )

    return run


def test_every_line_is_answered_by_a_line_of_numbers(mark):
    result = mark(line("c1", "i1", "B"), line("王", "i2", "99.5"), "", line("c1", "i3", "Words."), line("c1", "i2", None))
    assert result.exit_code == 0
    assert [json.loads(text) for text in result.stdout.splitlines()] == [
        {"candidate": "c1", "item": "i1", "marks": 1, "max_marks": 1, "credit": 1, "status": "marked"},
        {"candidate": "王", "item": "i2", "marks": 2 / 3, "max_marks": 2, "credit": 1 / 3, "status": "marked"},
        {"candidate": "c1", "item": "i3", "marks": None, "max_marks": 4, "credit": None, "status": "needs_person"},
        {"candidate": "c1", "item": "i2", "marks": 0, "max_marks": 2, "credit": 0, "status": "unanswered"},
    ]


def test_without_json_people_get_a_table_and_a_total_per_candidate(mark):
    result = mark(line("[bold]c1", "i1", "B"), line("[bold]c1", "i2", 99.5), line("[bold]c1", "i3", "Words."), options=())
    assert result.exit_code == 0
    assert "needs person" in result.stdout
    assert result.stdout.splitlines()[-3].split() == ["[bold]c1", "1.6667", "7", "1"]
    assert "3 responses of 1 candidates" in result.stdout


def test_the_columns_of_the_table_stand_under_one_another_whatever_the_names_are(mark):
    result = mark(line("王芳", "i1", "B"), line("c\u001b[2J\n1", "i1", "B"), options=())
    head, *rows = result.stdout.splitlines()[:3]
    assert [cell_len(row[: row.index("i1")]) for row in rows] == [head.index("item")] * 2
    assert rows[1].startswith("c\ufffd[2J\ufffd1 ")


def test_a_part_of_a_case_has_its_full_id(mark):
    bank = {"id": "b", "title": "B", "languages": ["en"], "items": ITEMS, "cases": [CASE]}
    result = mark(line("c1", "case-1/t1/a", response=False), bank=bank)
    assert json.loads(result.stdout)["marks"] == 1


def test_every_problem_is_told_with_its_line_and_no_marks_are_given(mark):
    result = mark(
        line("c1", "i1", "B"),
        line("c1", "i1", "A"),
        line("c1", "i9", "A"),
        line("c2", "i1", "Z"),
        '{"candidate": "c2"',
        '{"candidate": "c2", "item": "i1"}',
        line("c2", "i2", "1,234"),
        line("c3", "i3", ["no text"]),
    )
    assert result.exit_code == 1
    assert result.stdout == ""
    told = [text.partition("r.jsonl:")[2] for text in result.stderr.splitlines()]
    assert [text.partition(":")[0] for text in told] == ["2", "3", "4", "5", "6", "7", "8"]
    assert told[0].startswith("2: candidate c1 has answered item i1 already")
    assert told[1] == "3: item: the bank has no item i9"
    assert told[2] == "4: response: 'Z' is not one of A, B"
    assert "this line is not JSON" in told[3]
    assert "response" in told[4]
    assert "1.234 or 1234" in told[5]


def test_a_bank_with_a_broken_item_marks_nothing(mark):
    result = mark(
        line("c1", "i1", "B"), bank=[*ITEMS, {"id": "i4", "type": "single_choice", "stem": "Q", "options": [], "key": "A"}]
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert "items.json" in result.stderr


def test_a_file_that_is_not_there_is_bad_usage(tmp_path):
    result = CliRunner().invoke(main, ["mark", "--items", f"{tmp_path}/no.json", "--responses", f"{tmp_path}/no.jsonl"])
    assert result.exit_code == 2


def test_a_byte_order_mark_is_no_problem(mark):
    assert mark(line("c1", "i1", "B"), encoding="utf-8-sig").exit_code == 0


def test_no_responses_are_no_results(mark):
    result = mark("")
    assert (result.exit_code, result.stdout) == (0, "")

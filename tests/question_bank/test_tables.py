"""CSV and XLSX: a table that people fill in, and that gives back what was written into it."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from question_bank import Bank, load
from question_bank.formats import csv_table, xlsx_table
from question_bank.formats.cells import CellError, read_key, read_truth
from question_bank.formats.columns import PLAIN, TEXTS, Column, read_header, write_header
from question_bank.formats.files import LARGEST
from question_bank.formats.rows import read_row, write_row
from question_bank.formats.table import guard, unguard
from tests.question_bank.items import TYPES, case, every_item, item

WRITERS = {"csv": csv_table, "xlsx": xlsx_table}
SHIPPED = Path(__file__).parents[2] / "question_bank" / "banks" / "itsm"


def table(path: Path, *rows: list[str], encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def said(bank: Bank) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in bank.problems]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_table_gives_back_every_type_of_item_and_the_bank(tmp_path: Path, kind: str) -> None:
    bank = Bank("b", {"en": "B"}, ["zh-CN", "en"], every_item(), [case()])
    WRITERS[kind].write(bank, tmp_path / f"b.{kind}")
    again = load(tmp_path / f"b.{kind}")
    assert (again.items, again.cases, again.problems) == (bank.items, bank.cases, [])
    assert (again.id, again.title, again.languages) == (bank.id, bank.title, bank.languages)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_table_gives_back_the_shipped_bank(tmp_path: Path, kind: str) -> None:
    bank = load(SHIPPED)
    WRITERS[kind].write(bank, tmp_path / f"b.{kind}")
    again = load(tmp_path / f"b.{kind}")
    assert (again.items, again.cases) == (bank.items, bank.cases)


def test_what_people_fill_in_is_read(tmp_path: Path) -> None:
    path = table(
        tmp_path / "b.csv",
        ["编号", "题型", "题干", "Stem [EN]", "选项A", "选项B", "option_c_zh", "答案", "难度", "分值"],
        ["q1", "单选题", "问", "Ask", "甲", "乙", "丙", "b", "2", "1.5"],
        [],
        ["q2", "多选题", "问", "Ask", "甲", "乙", "丙", "AC", "", ""],
        ["q3", "判断题", "问", "Ask", "", "", "", "错", "", ""],
        ["q4", "", "问", "Ask", "甲", "乙", "丙", "A、B", "", ""],
        ["q5", "填空题", "问", "Ask", "", "", "", "SLA | 服务级别协议", "", ""],
        ["q6", "排序题", "问", "Ask", "", "", "", "", "", ""],
    )
    bank = load(path)
    assert [(found["id"], found["type"], found["key"]) for found in bank.items] == [
        ("q1", "single_choice", "B"),
        ("q2", "multiple_choice", ["A", "C"]),
        ("q3", "true_false", False),
        ("q4", "multiple_choice", ["A", "B"]),
        ("q5", "short_text", {"accepted": [{"text": "SLA"}, {"text": "服务级别协议"}]}),
    ]
    assert bank.items[0]["stem"] == {"zh-CN": "问", "en": "Ask"}
    assert bank.items[0]["options"][0] == {"id": "A", "text": {"zh-CN": "甲"}}
    assert (bank.items[0]["difficulty"], bank.items[0]["marks"]) == (2, 1.5)
    assert 'row 8: "entries" is missing' in said(bank)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("stem", Column("stem")),
        ("STEM_EN", Column("stem", "", "en")),
        ("stem:en", Column("stem", "", "en")),
        ("stem[zh-CN]", Column("stem", "", "zh-CN")),
        ("Stem （英文）", Column("stem", "", "en")),
        ("题干", Column("stem", "", "zh-CN")),
        ("题干英文", Column("stem", "", "en")),
        ("题干_zh", Column("stem", "", "zh-CN")),
        ("Option A", Column("option", "A")),
        ("选项Ａ", Column("option", "A", "zh-CN")),
        ("D", Column("option", "D")),
        ("option_a_fr", Column("option", "A", "fr")),
        ("option_l1[pt-br]", Column("option", "l1", "pt-BR")),
        ("rationale_b_zh", Column("rationale", "B", "zh-CN")),
        ("item_id", Column("id")),
        ("Max files", Column("max_files")),
        ("time_s", Column("time_s")),
        ("extra_2", Column("extra", "2")),
        ("teacher", None),
        ("option", None),
    ],
)
def test_names_of_columns(header: str, column: Column | None) -> None:
    assert read_header(header) == column


@pytest.mark.parametrize("field", [*PLAIN, *TEXTS])
def test_every_column_that_is_written_is_read(field: str) -> None:
    assert read_header(write_header(Column(field))) == Column(field)


@pytest.mark.parametrize("word", ["true", "T", "yes", "1", "对", "正确", "是", "√"])
def test_words_for_true(word: str) -> None:
    assert read_truth(word) is True


@pytest.mark.parametrize("word", ["false", "F", "no", "0", "错", "错误", "否", "×"])
def test_words_for_false(word: str) -> None:
    assert read_truth(word) is False


def test_a_word_for_neither_is_refused() -> None:
    with pytest.raises(CellError, match="neither true nor false"):
        read_truth("maybe")


@pytest.mark.parametrize("key", ["A,C", "AC", "A;C", "a c", "A、C", "A，C", "ca"[::-1]])
def test_several_right_options_in_one_cell(key: str) -> None:
    assert read_key("multiple_choice", key, "", ["A", "B", "C"]) == ["A", "C"]


def test_an_option_named_like_two_others_is_itself() -> None:
    assert read_key("multiple_choice", "AC", "", ["A", "C", "AC"]) == ["AC"]


@pytest.mark.parametrize(
    ("key", "tolerance", "read"),
    [
        ("99.5", "", None),
        ("99.5", "0.05", {"kind": "absolute", "bound": "0.05"}),
        ("99.5±0.05", "", {"kind": "absolute", "bound": "0.05"}),
        ("99.5", "5%", {"kind": "relative", "bound": "5e-2"}),
    ],
)
def test_numbers_with_a_tolerance(key: str, tolerance: str, read: object) -> None:
    accepted = {"value": "99.5"} | ({"tolerance": read} if read else {})
    assert read_key("numeric", key, tolerance, []) == {"accepted": [accepted]}


@pytest.mark.parametrize("lead", "=+-@\t\r")
@given(text=st.text())
def test_no_cell_begins_a_formula_and_each_comes_back(lead: str, text: str) -> None:
    for cell in (lead + text, "'" + lead + text, text):
        assert guard(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")
        assert unguard(guard(cell)) == cell


@pytest.mark.parametrize("kind", WRITERS)
def test_a_formula_in_an_item_is_written_as_text(tmp_path: Path, kind: str) -> None:
    formula = '=HYPERLINK("http://localhost","x")'
    bank = Bank("b", "B", [], [item("true_false", stem={"en": formula, "zh-CN": "@x"}, context="-1", notes="'+1")])
    WRITERS[kind].write(bank, tmp_path / f"b.{kind}")
    assert load(tmp_path / f"b.{kind}").items == bank.items
    if kind == "csv":
        with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert f"'{formula}" in cells
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
TEXT = WORDS | st.dictionaries(st.sampled_from(["en", "zh-CN", "fr", "zh", "pt-BR"]), WORDS, min_size=1)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
CHOICES = st.lists(st.fixed_dictionaries({"id": IDS, "text": TEXT}), min_size=2, max_size=5, unique_by=lambda one: one["id"])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(TYPES),
    changes=st.fixed_dictionaries(
        {},
        optional={
            "stem": TEXT,
            "context": TEXT,
            "rationale": TEXT,
            "notes": st.text(),
            "marks": st.integers(1, 9) | st.floats(0.25, 99) | st.sampled_from(["1", "0.50"]),
            "tags": st.dictionaries(IDS, WORDS | st.integers() | st.booleans() | st.lists(WORDS)),
            "references": st.lists(WORDS),
            "options": CHOICES,
            "left": CHOICES,
            "right": CHOICES,
            "entries": CHOICES,
            "shuffle": st.booleans(),
        },
    ),
)
def test_any_item_comes_back_from_its_row(kind: str, changes: dict[str, Any]) -> None:
    written = item(kind) | changes
    row = {column: unguard(guard(cell)).strip(" \n").replace("\r\n", "\n") for column, cell in write_row(written).items()}
    again = read_row({column: cell for column, cell in row.items() if cell})
    assert json.dumps(again, sort_keys=True) == json.dumps(written, sort_keys=True)


def test_a_row_that_cannot_be_read_never_hides_the_others(tmp_path: Path) -> None:
    path = table(
        tmp_path / "b.csv",
        ["id", "type", "stem_en", "key", "difficulty", "extra", "teacher"],
        ["q1", "true_false", "Ask", "true", "2", "", ""],
        ["q2", "true_false", "Ask", "maybe", "2", "", ""],
        ["q3", "true_false", "Ask", "true", "hard", "", ""],
        ["q4", "true_false", "Ask", "true", "2", "{", ""],
        ["q5", "true_false", "Ask", "true", "2", '{"difficulty": 3}', ""],
        ["q6", "true_false", "Ask", "false", "9", "", "Ana"],
        ["q7", "true_false", "Ask", "false", "5", "", "Ana"],
    )
    bank = load(path)
    assert [found["id"] for found in bank.items] == ["q1", "q7"]
    assert said(bank)[:4] == [
        'row 1: the column "teacher" is not known and is left out',
        'row 3: key: "maybe" is neither true nor false (write true or false, 对 or 错)',
        'row 4: difficulty: "hard" is not a whole number',
        "row 5: the column extra is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]
    assert said(bank)[4:] == [
        "row 6: extra: difficulty stands in a column of its own as well",
        "row 7, difficulty: must be at most 5, not 9",
    ]
    assert bank.report[-1].outcome == "imported with loss"
    assert bank.report[-1].losses == ['what stands under "teacher" (column 7)']


def test_chinese_excel_is_read_and_looked_at(tmp_path: Path) -> None:
    rows = [["编号", "题型", "题干", "答案"], ["q1", "判断题", "事件管理的目标是尽快恢复服务。", "对"]]
    bank = load(table(tmp_path / "b.csv", *rows, encoding="gb18030"))
    assert bank.items[0]["stem"] == {"zh-CN": "事件管理的目标是尽快恢复服务。"}
    assert [(problem.code, problem.severity) for problem in bank.problems] == [("encoding", "warning")]
    assert load(table(tmp_path / "b.csv", *rows, encoding="utf-8-sig")).problems == []
    assert len(load(table(tmp_path / "b.csv", *rows, encoding="utf-16")).items) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,stem\nq1,café à la carte ÿ\n".encode("latin-1"), "neither in UTF-8 nor in GB18030"),
        (b"id,stem\nq1,a\0b\n", "holds zero bytes"),
        (b"", "the table is empty"),
        (b"hello,world\n1,2\n", 'the first row names no columns such as "id"'),
        (b"id,stem,Stem\nq1,a,b\n", 'the column "Stem" is there twice'),
        (b'id,type,stem\nq1,true_false,"broken\n', "the quotes are broken"),
        (b"id,type,stem,key\n,,,\n", "there are no rows under the heading"),
    ],
)
def test_a_table_that_cannot_be_read_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "b.csv").write_bytes(content)
    bank = load(tmp_path / "b.csv")
    assert bank.has_errors
    assert message in str(bank.problems[-1])


def test_a_row_with_broken_quotes_is_refused_alone(tmp_path: Path) -> None:
    rows = ["id,type,stem,key", "q1,tf,x,true", 'q2,tf,"broken,true', 'q3,tf,"who says "yes"?",true', "q4,tf,y,true"]
    (tmp_path / "b.csv").write_text("\n".join(rows), "utf-8")
    bank = load(tmp_path / "b.csv")
    assert [item["id"] for item in bank.items] == ["q1", "q4"]
    assert [entry.place for entry in bank.report if entry.refused] == ["row 3", "row 4"]


def test_broken_quotes_without_end_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("id,stem\n" + 'q,"x"y\n' * 101, "utf-8")
    problems = load(tmp_path / "b.csv").problems
    assert len(problems) == 101
    assert problems[0].message == "the quotes of more than 100 rows are broken"


def test_a_title_may_stand_above_the_heading(tmp_path: Path) -> None:
    bank = load(
        table(tmp_path / "b.csv", ["题目 2026", ""], ["", ""], ["编号", "题型", "题干", "答案"], ["q1", "判断题", "x", "对"])
    )
    assert [item["id"] for item in bank.items] == ["q1"]
    assert said(bank) == ["row 1: stands above the heading and is left out"]


def test_letters_of_full_width_are_letters(tmp_path: Path) -> None:
    head = ["id", "type", "stem", "A", "B", "C", "key"]
    bank = load(
        table(tmp_path / "b.csv", head, ["q1", "mc", "x", "1", "2", "3", "Ｂ"], ["q2", "多选题", "x", "1", "2", "3", "ＡＣ"])
    )
    assert [item["key"] for item in bank.items] == ["B", ["A", "C"]]


def test_cells_that_show_no_text_of_their_author_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["id", "type", "stem", "A", "B", "key"],
        ["q1", "mc", "x", "1", "=A1", "A"],
        ["q2", "mc", "x", "1", "#N/A", "A"],
    ):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    assert said(load(tmp_path / "b.xlsx")) == [
        "row 2: option_b: holds a formula without its result; save the file with a spreadsheet, or write the text itself",
        "row 3: option_b: the spreadsheet shows the error #N/A in this cell",
    ]


def test_a_text_that_looks_like_an_error_stays_a_text(tmp_path: Path) -> None:
    document = item("single_choice") | {"stem": "#N/A"}
    bank = Bank("b", "B", items=[document])
    xlsx_table.write(bank, tmp_path / "b.xlsx")
    assert load(tmp_path / "b.xlsx").items == [document]


def test_semicolons_and_tabs_are_told_by_the_first_row(tmp_path: Path) -> None:
    for delimiter in ";\t":
        (tmp_path / "b.csv").write_text(
            delimiter.join(["id", "type", "stem", "key"]) + "\n" + delimiter.join(["q1", "tf", "a, b", "t"])
        )
        assert load(tmp_path / "b.csv").items[0]["stem"] == "a, b"


def sheet(path: Path, *rows: list[object]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        written = book.add_worksheet()
        for number, row in enumerate(rows):
            written.write_row(number, 0, row)
    return path


def test_numbers_and_truths_of_a_sheet_are_read_as_they_are_seen(tmp_path: Path) -> None:
    bank = load(
        sheet(
            tmp_path / "b.xlsx", ["id", "type", "stem", "key", "marks"], [7, "tf", "Ask", True, 1.0], [8, "tf", "Ask", 0, 0.5]
        )
    )
    assert [(found["id"], found["key"], found["marks"]) for found in bank.items] == [("7", True, 1), ("8", False, 0.5)]


def test_a_cell_turned_into_a_date_is_refused_alone(tmp_path: Path) -> None:
    import datetime as dt

    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        written = book.add_worksheet()
        written.write_row(0, 0, ["id", "type", "stem", "key"])
        written.write_row(1, 0, ["q1", "tf", "Ask"])
        written.write_datetime(1, 3, dt.datetime(2026, 1, 3, tzinfo=None), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
        written.write_row(2, 0, ["q2", "tf", "Ask", "true"])
    bank = load(tmp_path / "b.xlsx")
    assert [found["id"] for found in bank.items] == ["q2"]
    assert "row 2: key: the spreadsheet has turned this cell into a date; format the column as text" in said(bank)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/sharedStrings.xml", "w") as stream:
        for _ in range(66):
            stream.write(b" " * 1024 * 1024)
    return path


def locked(path: Path) -> Path:
    archive(path, {"a.xml": b"<a/>"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the archive says of itself that it is encrypted
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


def broken_inside(path: Path) -> Path:
    archive(path, {"a.xml": bytes(range(256)) * 40})
    data = bytearray(path.read_bytes())
    data[40:60] = b"\xff" * 20
    path.write_bytes(data)
    return path


def packed_otherwise(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as package:
        package.writestr("a.xml", "<a/>")
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (broken_inside, "is not a workbook that can be read"),
        (packed_otherwise, "is packed in a way no workbook uses"),
        (bomb, "unpacks to more than 64 MB"),
        (locked, "is not a workbook that can be read"),
        (lambda path: archive(path, {str(number): b"" for number in range(1001)}), "holds more than 1000 files"),
        (lambda path: archive(path, {"a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "declares a document type"),
        (
            lambda path: archive(path, {"a.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16")}),
            "a.xml is not written in UTF-8",
        ),
        (lambda path: archive(path, {"a.xml": b"<a/>"}), "is not a workbook that can be read"),
        (lambda path: path.write_bytes(b"PK\x03\x04 not at all") and path, "is not a workbook that can be read"),
        (lambda path: path.write_bytes(b"") or path, "is not a workbook that can be read"),
    ],
)
def test_a_hostile_workbook_is_refused(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "b.xlsx")
    (problem,) = load(tmp_path / "b.xlsx").problems
    assert message in problem.message


def test_a_cell_at_the_far_corner_of_a_sheet_takes_no_memory(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        written = book.add_worksheet()
        written.write_row(0, 0, ["id", "type", "stem", "key"])
        written.write_row(1, 0, ["q1", "tf", "Ask", "true"])
        written.write_string(1_048_575, 16_383, "far")
    bank = load(tmp_path / "b.xlsx")
    assert len(bank.items) == 1
    assert "has more than 20000 rows" in str(bank.problems[-1])


@pytest.mark.parametrize("name", ["b.csv", "b.xlsx"])
def test_a_table_over_the_cap_is_not_even_opened(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as stream:
        stream.truncate(LARGEST + 1)
    (problem,) = load(tmp_path / name).problems
    assert problem.message == "is larger than 100 MB"

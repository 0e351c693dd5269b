"""Loading JSON: good items are carried, and whatever is wrong is said with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from question_bank import Bank, UnknownFormatError, load
from question_bank.formats import json_bank
from question_bank.formats.files import LARGEST
from tests.question_bank.items import case, every_item, item


def saved(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def said(bank: Bank, folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}/") for problem in bank.problems]


def test_one_item_a_list_and_a_case_are_told_apart(tmp_path: Path) -> None:
    assert [found["id"] for found in load(saved(tmp_path / "one.json", item("numeric"))).items] == ["i-numeric"]
    assert len(load(saved(tmp_path / "many.json", every_item())).items) == len(every_item())
    assert [found["id"] for found in load(saved(tmp_path / "case.json", case())).cases] == ["case-1"]


def test_a_bank_file_holds_items_and_cases(tmp_path: Path) -> None:
    head = {"id": "b", "title": {"en": "Bank", "zh-CN": "题库"}, "languages": ["en", "zh-CN"]}
    bank = load(saved(tmp_path / "b.json", {**head, "items": every_item(), "cases": [case()]}))
    assert (bank.id, bank.title, bank.languages) == ("b", head["title"], head["languages"])
    assert (bank.items, bank.cases, bank.problems) == (every_item(), [case()], [])


def test_a_bank_folder_holds_the_files_it_names(tmp_path: Path) -> None:
    saved(
        tmp_path / "bank.json", {"id": "b", "title": "B", "languages": ["en"], "items": ["items/*.json"], "cases": ["c.json"]}
    )
    saved(tmp_path / "items" / "1.json", item("numeric"))
    saved(tmp_path / "items" / "2.json", [item("cloze"), item("ordering")])
    saved(tmp_path / "c.json", case())
    bank = load(tmp_path)
    assert [found["id"] for found in bank.items] == ["i-numeric", "i-cloze", "i-ordering"]
    assert len(bank.cases) == 1


def test_one_broken_item_never_hides_the_others(tmp_path: Path) -> None:
    broken = item("single_choice", id="broken", key="E")
    bank = load(saved(tmp_path / "f.json", [item("numeric"), broken, 7, item("cloze"), {"id": "x", "type": "essay"}]))
    assert [found["id"] for found in bank.items] == ["i-numeric", "i-cloze"]
    assert said(bank, tmp_path)[:2] == [
        'f.json: [1].key: key "E" is not one of the options A, B, C',
        "f.json: [2]: must be an object, not 7",
    ]
    assert [entry.outcome for entry in bank.report] == ["imported", "refused", "refused", "imported", "refused"]


def test_one_broken_file_never_hides_the_others(tmp_path: Path) -> None:
    saved(tmp_path / "bank.json", {"id": "b", "title": "B", "languages": ["en"], "items": ["items/*.json", "gone.json"]})
    saved(tmp_path / "items" / "good.json", item("numeric"))
    (tmp_path / "items" / "bad.json").write_text('[\n  {"id": "x",\n   "type" "numeric"}\n]')
    bank = load(tmp_path)
    assert [found["id"] for found in bank.items] == ["i-numeric"]
    assert said(bank, tmp_path) == [
        "items/bad.json: line 3, column 11: is not JSON: Expecting ':' delimiter",
        "bank.json: items[1]: there is no file gone.json",
    ]


def test_what_is_wrong_with_the_bank_itself_is_said_and_its_items_are_kept(tmp_path: Path) -> None:
    bank = load(saved(tmp_path / "b.json", {"id": "b", "languages": ["english"], "items": [item("true_false")]}))
    assert [problem.place for problem in bank.problems][:2] == ["", "languages[0]"]
    assert bank.problems[0].message == '"title" is missing'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.json: line 1, column 1: is not JSON: Expecting value"),
        (b'{"id": "a", "id": "b"}', 'f.json: an object has the field "id" twice'),
        (b'{"id": NaN}', "f.json: holds NaN, which is not a JSON number"),
        (b'{"id": 1e999}', "f.json: holds the number 1e999, which is too large"),
        (b'{"id": ' + b"9" * 5000 + b"}", "f.json: holds a number that is too long"),
        (b'{"id": "\\ud83d"}', "f.json: holds half a character (a surrogate without its other half)"),
        (b'{"id": "a\\u0000b"}', "f.json: holds the character U+0000, which no text may hold"),
        (b"[" * 100_000, "f.json: is nested too deeply to be read"),
        ('{"id": "题"}'.encode("gb18030"), "f.json: line 1: is not written in UTF-8; save it as UTF-8"),
        ('{"id": "a"}'.encode("utf-16"), "f.json: is written in UTF-16; save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "f.json").write_bytes(content)
    assert said(load(tmp_path / "f.json"), tmp_path) == [message]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(item("numeric")).encode())
    assert len(load(tmp_path / "f.json").items) == 1


def test_a_file_over_the_cap_is_not_even_opened(tmp_path: Path) -> None:
    with (tmp_path / "f.json").open("wb") as stream:
        stream.truncate(LARGEST + 1)
    assert said(load(tmp_path / "f.json"), tmp_path) == ["f.json: is larger than 100 MB"]


def test_a_remote_reference_is_refused(tmp_path: Path) -> None:
    bank = load(saved(tmp_path / "f.json", [{"$ref": "https://localhost/item.json"}, item("numeric")]))
    assert [problem.code for problem in bank.problems] == ["reference"]
    assert len(bank.items) == 1


@pytest.mark.parametrize("named", ["../secret.json", "/etc/secret.json", "items/../../secret.json", "link.json"])
def test_nothing_outside_the_banks_folder_is_read(tmp_path: Path, named: str) -> None:
    saved(tmp_path / "secret.json", item("numeric"))
    saved(tmp_path / "bank" / "bank.json", {"id": "b", "title": "B", "languages": ["en"], "items": [named]})
    (tmp_path / "bank" / "link.json").symlink_to(tmp_path / "secret.json")
    bank = load(tmp_path / "bank")
    assert bank.items == []
    assert len(bank.problems) == 1


def test_a_folder_without_a_bank_is_said_to_be_one(tmp_path: Path) -> None:
    assert said(load(tmp_path), tmp_path.parent) == [f"{tmp_path.name}: the folder has no bank.json"]


@pytest.mark.parametrize("dest", ["out.json", "folder"])
def test_json_keeps_everything(tmp_path: Path, dest: str) -> None:
    bank = Bank("b", {"en": "B"}, ["zh-CN", "en"], every_item(), [case()])
    json_bank.write(bank, tmp_path / dest)
    again = load(tmp_path / dest)
    assert again.problems == []
    assert sorted(again.items, key=str) == sorted(bank.items, key=str)
    assert (again.id, again.title, again.languages, again.cases) == (bank.id, bank.title, bank.languages, bank.cases)


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    with pytest.raises(FileExistsError, match="not empty"):
        json_bank.write(Bank("b", "B", [], every_item()), tmp_path)


def test_a_format_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.doc").write_text("hello")
    with pytest.raises(UnknownFormatError, match="cannot tell the format"):
        load(tmp_path / "notes.doc")
    with pytest.raises(UnknownFormatError, match='there is no format "word"'):
        load(tmp_path / "notes.doc", format="word")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.json")
    (tmp_path / "bank.data").write_text(json.dumps(item("numeric")))
    assert len(load(tmp_path / "bank.data").items) == 1


def test_null_is_not_an_item(tmp_path: Path) -> None:
    (tmp_path / "null.json").write_text("null", "utf-8")
    assert load(tmp_path / "null.json").has_errors


@pytest.mark.parametrize("name", ["/etc/passwd", "", "items/***", "i" * 5000])
def test_a_bank_that_names_no_path_inside_its_folder_is_told_so(tmp_path: Path, name: str) -> None:
    good = {"id": "g", "type": "true_false", "stem": "x", "key": True}
    head = {"id": "b", "title": "B", "languages": [], "items": [name, good]}
    (tmp_path / "bank.json").write_text(json.dumps(head), "utf-8")
    bank = load(tmp_path / "bank.json")
    assert [item["id"] for item in bank.items] == ["g"]
    assert "items[0]" in [problem.place for problem in bank.problems]

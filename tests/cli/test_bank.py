"""`exam-engine bank`: every problem is printed, every loss reported, and the exit code says whether the content was good."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from exam_engine.authoring.records import ItemVersion
from exam_engine.cli import main
from exam_engine.core.clock import system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user
from exam_engine.migrate import upgrade_database
from question_bank import load
from tests.question_bank.items import case, every_item, item

SHIPPED = Path(__file__).parents[2] / "question_bank" / "banks" / "itsm"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["bank", *map(str, arguments)])


def saved(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    head = {"id": "b", "title": {"zh-CN": "题库", "en": "Bank"}, "languages": ["zh-CN", "en"]}
    return saved(tmp_path / "good.json", {**head, "items": every_item(), "cases": [case()]})


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return saved(tmp_path / "bad.json", [item("numeric", id="n"), item("single_choice", key="E"), {"id": "x"}])


def test_a_good_bank_is_fine(good: Path) -> None:
    result = run("check", good)
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith(f"items: {len(every_item())}, cases: 1, errors: 0, warnings: ")


def test_the_shipped_bank_is_fine() -> None:
    result = run("check", SHIPPED)
    assert result.exit_code == 0
    assert ", errors: 0, warnings: 0, explained: " in result.output.splitlines()[-1]


def test_what_an_editor_should_see_follows_the_errors(bad: Path) -> None:
    lines = run("check", bad).output.splitlines()
    assert f"{bad}: [0]: the formula of the key is not stated, so the key cannot be recomputed (warning)" in lines[3:]


def test_every_problem_is_printed_with_file_place_and_message(bad: Path, good: Path) -> None:
    result = run("check", bad, good)
    assert result.exit_code == 1
    assert result.output.splitlines()[:3] == [
        f'{bad}: [1].key: key "E" is not one of the options A, B, C',
        f'{bad}: [2]: "type" is missing',
        f'{bad}: [2]: "stem" is missing',
    ]
    assert f"items: {len(every_item()) + 1}, cases: 1, errors: 3, warnings: " in result.output


def test_an_id_in_two_of_the_files_is_an_error(tmp_path: Path) -> None:
    first, second = (saved(tmp_path / name, [item("numeric"), item("true_false", id=name)]) for name in ("1.json", "2.json"))
    result = run("check", first, second)
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == f'{second}: [0].id: the id "i-numeric" is used before, in {first}'


def test_a_bank_is_never_converted_onto_itself(bad: Path) -> None:
    before = bad.read_bytes()
    assert run("convert", bad, bad).exit_code == 2
    assert bad.read_bytes() == before


def test_check_answers_machines(bad: Path) -> None:
    answer = json.loads(run("check", bad, "--json").output)
    assert (answer["items"], answer["errors"]) == (1, 3)
    assert answer["problems"][0] == {
        "file": str(bad),
        "place": "[1].key",
        "code": "key_unknown",
        "message": 'key "E" is not one of the options A, B, C',
        "severity": "error",
    }


def test_bad_usage_is_told_from_bad_content(tmp_path: Path, good: Path) -> None:
    (tmp_path / "notes.doc").write_text("hello")
    assert run("check", tmp_path / "nothing.json").exit_code == 2
    assert run("check").exit_code == 2
    assert run("check", tmp_path / "notes.doc").exit_code == 2
    assert run("check", good, "--format", "word").exit_code == 2
    assert run("convert", good, tmp_path / "out.doc").exit_code == 2
    assert run("convert", good, tmp_path / "no" / "folder" / "out.json").exit_code == 2


@pytest.mark.parametrize("middle", ["m.csv", "m.xlsx"])
def test_json_goes_through_a_table_and_comes_back_whole(tmp_path: Path, good: Path, middle: str) -> None:
    assert run("convert", good, tmp_path / middle).exit_code == 0
    assert run("convert", tmp_path / middle, tmp_path / "back").exit_code == 0
    before, after = load(good), load(tmp_path / "back")
    assert sorted(after.items, key=str) == sorted(before.items, key=str)
    assert (after.id, after.title, after.languages, after.cases) == (before.id, before.title, before.languages, before.cases)


def test_the_report_says_item_by_item_what_was_kept_lost_and_refused(tmp_path: Path) -> None:
    source = saved(tmp_path / "s.json", [item("true_false"), item("ordering"), {"id": "x"}, {"id": "t", "type": "true_false"}])
    report = tmp_path / "report.json"
    result = run("convert", source, tmp_path / "d.gift", "--report", report)
    assert result.exit_code == 1
    written = json.loads(report.read_text("utf-8"))
    assert [(entry["id"], entry["outcome"]) for entry in written["entries"]] == [
        ("i-true_false", "imported with loss"),
        ("i-ordering", "refused"),
        ("x", "refused"),
        ("t", "refused"),
    ]
    assert "text in en" in written["entries"][0]["losses"] or "text in zh-CN" in written["entries"][0]["losses"]
    assert "i-ordering: refused: GIFT has no questions of the type ordering" in result.output
    assert result.output.splitlines()[-1] == "imported with loss: 1, refused: 3"


def test_formats_can_be_named(tmp_path: Path, good: Path) -> None:
    plain = saved(tmp_path / "bank.data", load(good).items)
    assert run("convert", plain, tmp_path / "out.data", "--from", "json", "--to", "csv", "--json").exit_code == 0
    with (tmp_path / "out.data").open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.reader(stream))) == len(every_item()) + 2


@pytest.fixture
def site(tmp_path: Path) -> Path:
    settings = Settings.load({}, data_dir=tmp_path / "site")
    upgrade_database(settings.database_url)
    database = Database(settings.database_url, settings.secret)
    with database.write() as session:
        add_user(session, "wang", "x", {"en": "Wang"}, [Role.AUTHOR], system_clock())
        add_user(session, "root", "x", {"en": "Root"}, [Role.ADMINISTRATOR], system_clock())
    database.close()
    return tmp_path / "site"


def test_a_bank_is_imported_by_its_author_and_exported_again(tmp_path: Path, site: Path, good: Path) -> None:
    result = run("import", good, "--by", "wang", "--data", site)
    assert result.output == f"added: {len(every_item()) + 1}, changed: 0, unchanged: 0\n"
    assert (
        run("import", good, "--by", "wang", "--data", site).output
        == f"added: 0, changed: 0, unchanged: {len(every_item()) + 1}\n"
    )
    assert run("export", tmp_path / "out.json", "--data", site).exit_code == 0
    exported = load(tmp_path / "out.json")
    assert {found["id"] for found in exported.items} == {found["id"] for found in every_item()}
    assert exported.problems == []


def test_only_good_items_are_imported(site: Path, bad: Path) -> None:
    result = run("import", bad, "--by", "wang", "--data", site, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["added"] == ["n"]
    settings = Settings.load({}, data_dir=site)
    database = Database(settings.database_url, settings.secret)
    with database.read() as session:
        assert session.scalars(select(ItemVersion.code)).all() == ["n"]
    database.close()


def test_who_is_no_author_imports_nothing(site: Path, good: Path) -> None:
    assert run("import", good, "--by", "root", "--data", site).exit_code == 2
    unknown = run("import", good, "--by", "nobody", "--data", site)
    assert (unknown.exit_code, unknown.output) == (2, "there is no user nobody\n")


def test_a_site_that_is_not_set_up_says_so(tmp_path: Path, good: Path) -> None:
    result = run("import", good, "--by", "wang", "--data", tmp_path / "empty")
    assert result.exit_code == 1
    assert "exam-engine init" in result.output

"""The documentation is true: nothing public is missing in it, nothing in it is gone, and its examples work."""

import base64
import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from runpy import run_path

import click
import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook

import schemas
from exam_engine.cli import COMMANDS, main
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import CODES
from exam_engine.core.hooks import HOOKS
from exam_engine.core.records import Role
from exam_engine.delivery.openapi import describe_api
from exam_engine.web import create_app
from question_bank import load
from question_bank.formats import MODULES

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
SOURCES = [path for name in ("exam_engine", "question_bank", "grading", "schemas") for path in (ROOT / name).rglob("*.py")]


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def rows_of(page: str) -> list[list[str]]:
    """The cells of every table row of a page, head and rule left out."""
    rows = [line.strip().strip("|").split(" | ") for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("-|: ")]


def blocks_of(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


# Settings


def settings_of_the_code() -> set[str]:
    """Names that the code reads from the environment, wherever it does."""
    found = set(re.findall(r"EXAM_ENGINE_[A-Z_]*[A-Z]", "\n".join(path.read_text("utf-8") for path in SOURCES)))
    config = (ROOT / "exam_engine" / "core" / "config.py").read_text("utf-8")
    found |= {f"EXAM_ENGINE_{name}" for name in re.findall(r'(?:PREFIX \+ |environ, )"([A-Z_]+)"', config)}
    return found


def test_every_setting_is_described_and_no_other() -> None:
    described = {row[0].strip("`") for row in rows_of(read("operators.md")) if row[0].startswith("`EXAM_ENGINE_")}
    assert described == settings_of_the_code()
    assert len(described) == len(fields(Settings)) - 1, "all but what follows from the address: secure_cookies"


def test_the_defaults_are_those_of_the_code(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=tmp_path)
    told = {row[0].strip("`").removeprefix("EXAM_ENGINE_"): row[1] for row in rows_of(read("operators.md")) if len(row) == 3}
    for name in ("SITE_URL", "GRACE_S", "SESSION_HOURS", "ISSUER"):
        assert told[name] == f"`{getattr(settings, name.lower())}`"
    assert settings.database_url == f"sqlite:///{tmp_path / 'exam-engine.db'}"
    assert "`exam-engine.db` in the data folder" in told["DATABASE_URL"]
    assert (told["WEBHOOK_URL"], told["WEBHOOK_SECRET"]) == ("none", "none")
    assert (settings.webhook_url, settings.webhook_secret) == ("", "")


# Commands


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, groups too."""
    context = click.Context(main)

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from walk(f"{name} {inner}", found)

    yield from walk("exam-engine", main)


def sections_of(page: str) -> dict[str, str]:
    """The text below each heading that names a command, up to the next heading of any kind."""
    parts = re.split(r"^#+ (.*)$", page, flags=re.MULTILINE)[1:]
    return {
        head.strip("`"): text for head, text in zip(parts[::2], parts[1::2], strict=True) if head.startswith("`exam-engine")
    }


def test_every_command_has_its_section_and_no_section_is_of_a_command_that_is_gone() -> None:
    assert set(sections_of(read("cli.md"))) == {name for name, _ in commands()}
    assert {name.split()[1] for name, _ in commands() if " " in name} == set(COMMANDS)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_command_is_described_with_all_it_takes(name: str, command: click.Command) -> None:
    section = sections_of(read("cli.md"))[name]
    described = {row[0].strip("`") for row in rows_of(section)} - {"option", "argument, option"}
    taken = {one.opts[0] if isinstance(one, click.Option) else (one.name or "").upper() for one in command.params}
    if name == "exam-engine":
        taken |= {"--help"}
    assert described == taken
    for one in command.params:
        if isinstance(one, click.Option) and one.show_default:
            (row,) = [row for row in rows_of(section) if row[0] == f"`{one.opts[0]}`"]
            assert f"[{one.default}]" in row[1], f"{name} {one.opts[0]}: the default is {one.default}"


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_says_in_its_help_what_it_and_its_options_do(name: str, command: click.Command) -> None:
    assert command.help
    for one in command.params:
        if isinstance(one, click.Option):
            assert one.help, f"{name} {one.opts[0]}"


def examples() -> list[list[str]]:
    """Every call of the command line in the documentation, as words."""
    lines = [line for page in PAGES for line in page.read_text("utf-8").splitlines()]
    return [line.partition("#")[0].split() for line in lines if line.startswith("    exam-engine ")]


@pytest.mark.parametrize("words", examples(), ids=" ".join)
def test_every_example_is_a_command_with_options_it_has(words: list[str]) -> None:
    known = dict(commands())
    name = max((name for name in known if words[: len(name.split())] == name.split()), key=len)
    options = {option for one in known[name].params for option in one.opts}
    used = {word for word in words if word.startswith("--")}
    assert used <= options, f"{' '.join(words)}: {used - options}"
    assert not isinstance(known[name], click.Group)


def test_every_command_but_groups_has_an_example() -> None:
    page = read("cli.md")
    for name, command in commands():
        if not isinstance(command, click.Group):
            assert f"    {name}" in page, name


def test_the_formats_of_banks_are_named() -> None:
    for page in ("cli.md", "formats.md"):
        text = read(page).lower()
        assert [name for name in MODULES if name not in text] == []


# HTTP, hooks, roles


def test_every_error_code_is_described_with_its_status() -> None:
    rows = {row[0].strip("`"): row for row in rows_of(read("http.md")) if len(row) == 4 and row[1].isdigit()}
    assert set(rows) == set(CODES)
    for code, kind in CODES.items():
        assert rows[code][1] == str(kind.status), code
        assert rows[code][2], code
        assert rows[code][3], code


def test_every_code_the_source_refuses_with_is_one_of_the_table() -> None:
    refused = {code for path in SOURCES for code in re.findall(r'Refusal\(\s*"(\w+)"', path.read_text("utf-8"))}
    assert refused <= set(CODES)


def test_every_address_of_the_site_is_described_and_no_other(tmp_path: Path) -> None:
    app = create_app(Settings.load({}, data_dir=tmp_path))
    served = {re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}
    described = {address for row in rows_of(read("http.md")) if len(row) == 3 for address in re.findall(r"`(/[^`]*)`", row[0])}
    assert described == served


def test_every_call_of_the_player_is_described() -> None:
    page = read("http.md")
    for path, operations in describe_api()["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in page


def test_every_hook_is_described_and_no_other() -> None:
    described = {row[0].strip("`") for row in rows_of(read("operators.md")) if re.fullmatch(r"`\w+\.\w+`", row[0])}
    assert described - {"exam-engine.db"} == set(HOOKS)


def test_every_role_is_named() -> None:
    page = read("operators.md")
    assert [role.value for role in Role if f"`{role.value}`" not in page] == []


# Examples of code


def test_the_program_that_puts_people_and_scheme_in_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = [block for block in blocks_of(read("operators.md"), "python") if "add_user" in block]
    assert CliRunner().invoke(main, ["init", "--data", str(tmp_path)]).exit_code == 0
    monkeypatch.setenv("EXAM_ENGINE_DATA", str(tmp_path))
    monkeypatch.delenv("EXAM_ENGINE_DATABASE_URL", raising=False)
    monkeypatch.chdir(ROOT)
    exec(compile(program, "operators.md", "exec"), {})
    database = Database(Settings.load().database_url, Settings.load().secret)
    with database.read() as session:
        tables = {"users": 3, "scheme_versions": 1, "blueprint_versions": 3, "enrolments": 1}
        for table, count in tables.items():
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == count
    database.close()


def test_the_receiver_of_the_example_believes_our_signature_and_no_other() -> None:
    (program,) = [block for block in blocks_of(read("operators.md"), "python") if "is_signed" in block]
    names: dict[str, object] = {}
    exec(compile(program, "operators.md", "exec"), names)
    is_signed = names["is_signed"]
    assert callable(is_signed)
    secret, body, now = "whsec_" + base64.b64encode(b"k" * 32).decode(), b'{"type":"certification.passed"}', datetime.now(UTC)
    signature = Webhook(secret).sign("evt_1", now, body.decode())
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    assert is_signed(secret, headers, body, now.timestamp())
    assert not is_signed(secret, headers, body + b" ", now.timestamp())
    assert not is_signed(secret, {**headers, "webhook-id": "evt_2"}, body, now.timestamp())
    assert not is_signed("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body, now.timestamp())
    assert not is_signed(secret, headers, body, now.timestamp() + 301)


def test_the_sqlite_backup_of_the_example_is_a_whole_database(tmp_path: Path) -> None:
    """The shell's `.backup` is SQLite's online backup, which the module offers too."""
    assert '".backup ' in read("operators.md")
    assert CliRunner().invoke(main, ["init", "--data", str(tmp_path / "site")]).exit_code == 0
    with sqlite3.connect(tmp_path / "site" / "exam-engine.db") as source, sqlite3.connect(tmp_path / "copy.db") as copy:
        source.backup(copy)
        assert copy.execute("SELECT count(*) FROM users").fetchone() == (1,)
    source.close()
    copy.close()


def test_the_item_and_the_bank_for_authors_are_as_the_formats_say() -> None:
    item, bank = (json.loads(block) for block in blocks_of(read("authors.md"), "json"))
    assert schemas.check("item", item, "authors.md") == []
    assert schemas.check("bank", bank, "authors.md") == []


def test_the_smallest_table_for_authors_can_be_imported() -> None:
    rows = rows_of(read("authors.md"))
    head = next(row for row in rows if row[:2] == ["id", "type"])
    first = rows[rows.index(head) + 1]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "items.csv"
        table.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in (head, first)), "utf-8")
        found = load(table)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    assert [item["id"] for item in found.items] == [first[0]]


# All pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        place, _, anchor = target.partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            heads = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


def test_every_page_is_linked_from_the_map_or_from_a_page_that_is() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))]
    assert {page for page in PAGES if page not in reached} - {ROOT / "CHANGELOG.md"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_place_of_one_machine_or_leaves_something_open(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"/(?:home|root|Users|tmp|work)/\S*", text) == []
    assert re.findall(r"\b(?:TODO|FIXME|TBD|XXX)\b|lorem ipsum", text, re.IGNORECASE) == []


INSTEAD = {
    r"examinees?": "candidate",
    r"proctors?": "invigilator",
    r"test[- ]takers?": "candidate",
    r"exam sessions?": "sitting",
    r"resits?": "makeup",
    r"syllabuses|curricul\w+": "syllabus",
    r"item banks?": "bank",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_the_words_of_the_glossary(page: Path) -> None:
    """Titles of papers cited from docstrings keep their own words."""
    text = re.sub(r"<!-- generated: statistics -->.*?<!-- end -->", "", page.read_text("utf-8"), flags=re.DOTALL)
    for other, ours in INSTEAD.items():
        assert re.findall(rf"\b(?:{other})\b", text, re.IGNORECASE) == [], f"say {ours}"


def test_every_word_of_the_glossary_has_its_chinese_and_its_meaning() -> None:
    rows = [row for row in rows_of(read("glossary.md")) if row[0] != "word"]
    assert len(rows) > 20
    for row in rows:
        assert len(row) == 3, row
        assert re.search(r"[\u4e00-\u9fff]", row[1]), row
        assert row[2], row
    words = [row[0] for row in rows]
    assert len(words) == len(set(words))


# Generated parts


def test_the_generated_parts_are_what_the_code_says_now() -> None:
    generate = run_path(str(ROOT / "docs" / "generate.py"))
    stale = [
        page.name
        for page in (ROOT / "docs").glob("*.md")
        if generate["fill"](page.read_text("utf-8")) != page.read_text("utf-8")
    ]
    assert stale == [], "run python docs/generate.py"
    assert {name for page in PAGES for name in re.findall("<!-- generated: ([a-z-]+) -->", page.read_text("utf-8"))} == set(
        generate["PARTS"]
    )

"""`exam-engine bank`: check, convert, import and export banks of items."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from exam_engine.cli.terminal import BAD_CONTENT, BAD_USAGE, fail, with_progress
from question_bank import Bank, UnknownFormatError, load
from question_bank.editorial import review
from question_bank.formats import MODULES, get_format, guess_format
from question_bank.formats.entries import Entry, join
from schemas import Problem

if TYPE_CHECKING:
    from exam_engine.core.database import Database

SEVERITIES: Final = ("error", "warning", "explained")
FORMAT: Final = click.Choice(tuple(MODULES))
_SOURCE: Final = click.Path(exists=True, path_type=Path)
_DEST: Final = click.Path(path_type=Path)
_data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="The data folder (EXAM_ENGINE_DATA)."
)


@click.group()
def bank() -> None:
    """Check, convert, import and export banks of items."""


@bank.command()
@click.argument("paths", nargs=-1, required=True, type=_SOURCE)
@click.option("--format", "form", type=FORMAT, help="The format; told by name or content when left out.")
@click.option("--json", "as_json", is_flag=True, help="Write the answer as JSON.")
def check(paths: tuple[Path, ...], form: str | None, *, as_json: bool) -> None:
    """Report every problem of the banks in PATHS, and what an editor should look at; nothing is stored."""
    banks = [_load(path, form) for path in paths]
    problems = [*(problem for found in banks for problem in _review(found)), *_ids_used_in_several(banks)]
    problems.sort(key=lambda problem: SEVERITIES.index(problem.severity))
    severities = Counter(problem.severity for problem in problems)
    counts = {
        "items": sum(len(found.items) for found in banks),
        "cases": sum(len(found.cases) for found in banks),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "explained": severities["explained"],
    }
    if as_json:
        click.echo(json.dumps({**counts, "problems": [problem.to_dict() for problem in problems]}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(str(problem) if problem.severity == "error" else f"{problem} ({problem.severity})")
        click.echo(", ".join(f"{name}: {count}" for name, count in counts.items()))
    _end(wrong=counts["errors"] > 0)


@bank.command()
@click.argument("source", type=_SOURCE)
@click.argument("dest", type=_DEST)
@click.option("--from", "form", type=FORMAT, help="The format of SOURCE; told by name or content when left out.")
@click.option("--to", type=FORMAT, help="The format of DEST; told by its name when left out.")
@click.option("--report", "report_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@click.option("--json", "as_json", is_flag=True, help="Write the report to the standard output as JSON.")
def convert(source: Path, dest: Path, form: str | None, to: str | None, report_path: Path | None, *, as_json: bool) -> None:
    """Convert the bank in SOURCE to DEST, and say item by item what was kept, lost or refused."""
    if dest.exists() and dest.samefile(source):
        fail(f"{dest}: is SOURCE itself; items that were refused would be gone", code=BAD_USAGE)
    found = _load(source, form)
    written = _write(found, dest, to)
    report = _both_ways(found.report, written)
    problems = [problem.to_dict() for problem in found.problems]
    counts = Counter(entry["outcome"] for entry in report)
    document = {"source": str(source), "dest": str(dest), "counts": dict(counts), "entries": report, "problems": problems}
    if report_path is not None:
        _dump(document, report_path)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        _say_report(found, report, counts)
    _end(wrong=found.has_errors or counts["refused"] > 0)


@bank.command("import")
@click.argument("path", type=_SOURCE)
@click.option("--by", "login", required=True, help="The sign-in name of a member of a question-setting team.")
@click.option("--format", "form", type=FORMAT, help="The format; told by name or content when left out.")
@_data_option
@click.option("--json", "as_json", is_flag=True, help="Write the answer as JSON.")
def import_(path: Path, login: str, form: str | None, data: Path | None, *, as_json: bool) -> None:
    """Store the good items and cases in PATH as drafts; those with errors are reported and left out."""
    found = _load(path, form)
    done = _import_into_site(found, login, data)
    problems = [problem.to_dict() for problem in found.problems]
    if as_json:
        click.echo(json.dumps({**done, "problems": problems}, ensure_ascii=False))
    else:
        for problem in found.problems:
            click.echo(str(problem))
        click.echo(", ".join(f"{name}: {len(codes)}" for name, codes in done.items()))
    _end(wrong=found.has_errors)


@bank.command()
@click.argument("dest", type=_DEST)
@click.option("--format", "form", type=FORMAT, help="The format of DEST; told by its name when left out.")
@_data_option
def export(dest: Path, form: str | None, data: Path | None) -> None:
    """Write the newest version of every stored item and case to DEST."""
    found = _export_from_site(data)
    written = _write(found, dest, form)
    lost = [entry for entry in written if entry.outcome != "imported"]
    for entry in lost:
        click.echo(f"{entry.id}: {_sentence(entry)}", err=True)
    click.echo(f"{len(written)} written to {dest}, {len(lost)} of them not whole")
    _end(wrong=any(entry.refused for entry in written))


def _import_into_site(found: Bank, login: str, data: Path | None) -> dict[str, list[str]]:
    """Store a bank in the name of a person of the site; the answer lists what was added, changed and left alone."""
    from sqlalchemy import select  # noqa: PLC0415  checking and converting files need no database

    from exam_engine.authoring.actions import import_bank  # noqa: PLC0415
    from exam_engine.core.clock import system_clock  # noqa: PLC0415
    from exam_engine.core.errors import Refusal  # noqa: PLC0415
    from exam_engine.core.records import User  # noqa: PLC0415

    try:
        with _site(data) as database, database.write() as session:
            user = session.scalars(select(User).where(User.login == login, User.is_active)).one_or_none()
            if user is None:
                fail(f"there is no user {login}", code=BAD_USAGE)
            return vars(import_bank(session, found, by=user, now=system_clock()))
    except Refusal as refusal:
        fail(refusal.detail, code=BAD_USAGE)


def _export_from_site(data: Path | None) -> Bank:
    from exam_engine.authoring.actions import export_bank  # noqa: PLC0415  as above

    with _site(data) as database, database.read() as session:
        return export_bank(session)


@contextmanager
def _site(data: Path | None) -> Iterator["Database"]:
    """The database of this site, once it is set up."""
    from exam_engine.cli.site import load_settings  # noqa: PLC0415  as above
    from exam_engine.core.database import Database  # noqa: PLC0415
    from exam_engine.migrate import current_revision, newest_revision  # noqa: PLC0415

    settings = load_settings(data)
    if current_revision(settings.database_url) != newest_revision():
        fail("The tables are not up to date. Run `exam-engine init` (new site) or `exam-engine upgrade` first.")
    database = Database(settings.database_url, settings.secret)
    try:
        yield database
    finally:
        database.close()


def _load(path: Path, form: str | None) -> Bank:
    try:
        return load(path, form, watch=lambda entries: with_progress(entries, f"Checking {path.name}", len(entries)))
    except UnknownFormatError as error:
        fail(str(error), code=BAD_USAGE)


def _review(found: Bank) -> list[Problem]:
    name = Path(found.source).name
    return review(found, watch=lambda entries: with_progress(entries, f"Reading {name} as an editor", len(entries)))


def _write(found: Bank, dest: Path, form: str | None) -> list[Entry]:
    """Write a bank, as a folder of JSON when the name of `dest` tells nothing."""
    try:
        name = form or ("json" if not dest.suffix else guess_format(dest))
        return list(get_format(name).write(found, dest))
    except UnknownFormatError as error:
        fail(str(error), code=BAD_USAGE)
    except OSError as error:
        fail(f"{dest}: cannot be written: {error.strerror}", code=BAD_USAGE)


def _ids_used_in_several(banks: Iterable[Bank]) -> Iterator[Problem]:
    """Find ids of one bank that another one uses too: stored, the second would replace the first."""
    first: dict[str, Entry] = {}
    for found in banks:
        own = {entry.id: entry for entry in found.report if not entry.refused}
        for entry in (entry for name, entry in own.items() if name in first):
            message = f'the id "{entry.id}" is used before, in {first[entry.id].file}'
            yield Problem(entry.file, join(entry.place, "id"), "duplicate_id", message)
        first = own | first


def _both_ways(read: Iterable[Entry], written: Iterable[Entry]) -> list[dict[str, Any]]:
    """One entry per item from reading it to writing it: the worse outcome, and the losses of both."""
    on_the_way_out = {(entry.kind, entry.id): entry for entry in written}
    report = []
    for entry in read:
        out = on_the_way_out.get((entry.kind, entry.id)) if not entry.refused else None
        if out is not None:
            entry.losses += out.losses
            entry.problems += out.problems
        report.append(entry.to_dict())
    return report


def _say_report(found: Bank, report: list[dict[str, Any]], counts: Counter[str]) -> None:
    for problem in found.problems:
        click.echo(str(problem))
    for entry in report:
        if entry["outcome"] != "imported":
            reasons = [problem["message"] for problem in entry["problems"] if problem["severity"] == "error"]
            click.echo(f"{entry['id']}: {entry['outcome']}: {'; '.join(reasons or entry['losses'])}")
    click.echo(", ".join(f"{outcome}: {count}" for outcome, count in sorted(counts.items())) or "nothing was found")


def _sentence(entry: Entry) -> str:
    return "; ".join([*entry.losses, *(problem.message for problem in entry.problems)])


def _dump(document: dict[str, Any], path: Path) -> None:
    try:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}", code=BAD_USAGE)


def _end(*, wrong: bool) -> None:
    """End with 1 when the content was bad."""
    if wrong:
        raise click.exceptions.Exit(BAD_CONTENT)

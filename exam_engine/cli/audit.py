"""`exam-engine audit verify`: whether anything on record was edited, deleted, moved or cut off."""

from collections.abc import Callable
from pathlib import Path

import click
import orjson
from sqlalchemy import func, select

from exam_engine.cli.site import data_option, load_settings
from exam_engine.cli.terminal import fail, with_progress
from exam_engine.core.audit import Finding, find_faults
from exam_engine.core.database import Database
from exam_engine.core.records import AuditEntry
from exam_engine.migrate import current_revision
from exam_engine.results.chains import find_answer_faults, list_attempts, read_endings
from exam_engine.results.recorded import find_record_faults


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def verify(data: Path | None, *, as_json: bool) -> None:
    """Walk the audit chain and every attempt's answers; hold results, marks and deadlines against them.

    Ends with 1 when something is wrong.
    """
    settings = load_settings(data)
    if current_revision(settings.database_url) is None:
        fail("The site is not set up: run `exam-engine init`.")
    database = Database(settings.database_url, settings.secret)
    try:
        entries, attempts, findings = verify_site(database, settings.secret)
    finally:
        database.close()
    if as_json:
        found = [{"place": finding.place, "what": finding.what} for finding in findings]
        click.echo(orjson.dumps({"entries": entries, "attempts": attempts, "findings": found}, option=orjson.OPT_INDENT_2))
    for finding in [] if as_json else findings:
        click.echo(f"{finding.place}: {finding.what}")
    if findings:
        fail(f"{len(findings)} fault(s) in {entries} audit entries and {attempts} attempts.")
    if not as_json:
        click.echo(f"{entries} audit entries and the answers of {attempts} attempts are as they were written.")


def verify_site(database: Database, secret: bytes) -> tuple[int, int, list[Finding]]:
    """Audit entries, attempts, and every fault found in one consistent reading."""
    with database.read() as session:
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        attempts, endings = list_attempts(session), read_endings(session)
        walks: list[Callable[[], list[Finding]]] = [
            lambda: list(find_faults(session, secret)),
            lambda: list(find_record_faults(session)),
        ]
        walks += [lambda number=number: list(find_answer_faults(session, number, endings)) for number in attempts]  # type: ignore[misc]
        findings = [finding for walk in with_progress(walks, "Verifying", len(walks)) for finding in walk()]
    return entries, len(attempts), findings

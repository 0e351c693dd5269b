"""`exam-engine report`: the statistics of one sitting as a file that an auditor can read."""

from pathlib import Path

import click

from exam_engine.cli.site import data_option, load_settings
from exam_engine.cli.terminal import fail
from exam_engine.core.clock import system_clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.words import LANGUAGES
from exam_engine.migrate import current_revision


@click.command()
@click.argument("sitting", type=int)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; `sitting-N.html` when left out."
)
@click.option("--lang", type=click.Choice([*LANGUAGES]), help="One language only.")
@data_option
def report(sitting: int, out: Path | None, lang: str | None, data: Path | None) -> None:
    """Write the report on the SITTING with this number: outcome, errors, forms, items and markers, in one HTML file."""
    settings = load_settings(data)
    if current_revision(settings.database_url) is None:
        fail("The site is not set up: run `exam-engine init`.")
    path = out or Path(f"sitting-{sitting}.html")
    try:
        path.write_text(_render(settings, sitting, [lang] if lang else [*LANGUAGES]), encoding="utf-8")
    except Refusal as refusal:
        fail(f"Sitting {sitting}: {refusal.detail}.")
    except OSError as error:
        fail(f"{path}: {error.strerror}.")
    click.echo(f"Written to {path}.")


def _render(settings: Settings, number: int, languages: list[str]) -> str:
    from exam_engine.results.report_pages import render_file  # noqa: PLC0415  SciPy, only when there is something to compute
    from exam_engine.results.sitting_report import report_sitting  # noqa: PLC0415
    from exam_engine.sittings.actions import get_sitting  # noqa: PLC0415

    database = Database(settings.database_url, settings.secret)
    try:
        with database.read() as session:
            found = report_sitting(session, get_sitting(session, number), system_clock())
        return render_file(found, languages, settings.timezone)
    finally:
        database.close()

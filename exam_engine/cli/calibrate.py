"""`exam-engine calibrate`: estimate the items of a level from everything that was released, for a second person to accept."""

from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select

from exam_engine.authoring.calibrations import WHY_FAILED, ask_calibration, get_calibration, start_calibration
from exam_engine.authoring.records import Calibration, CalibrationModel, CalibrationState
from exam_engine.cli.site import data_option, find_database_faults, load_settings
from exam_engine.cli.terminal import BAD_USAGE, fail
from exam_engine.core.clock import system_clock
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.results.calibrating import run_calibration


@click.command()
@click.argument("level")
@click.option(
    "--model", type=click.Choice([one.value for one in CalibrationModel]), default="2pl", show_default=True, help="The model."
)
@click.option("--by", "login", required=True, help="The sign-in name of an officer; somebody else accepts.")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def calibrate(level: str, model: str, login: str, data: Path | None, *, as_json: bool) -> None:
    """Estimate the items of LEVEL from released theory papers and propose the parameters to a second person."""
    settings = load_settings(data)
    for fault in find_database_faults(settings):
        fail(fault)
    database = Database(settings.database_url, settings.secret)
    try:
        number = _start(database, level, CalibrationModel(model), login)
        with Progress(console=Console(stderr=True), transient=True, disable=not Console(stderr=True).is_terminal) as bar:
            task = bar.add_task("Calibrating", total=100)
            run_calibration(database, number, system_clock, lambda percent: bar.update(task, completed=percent))
        with database.read() as session:
            found = get_calibration(session, number)
            document = describe(found)
    finally:
        database.close()
    _answer(document, as_json=as_json)


def _start(database: Database, level: str, model: CalibrationModel, login: str) -> int:
    """Ask for the calibration and take it at once, before a worker does."""
    try:
        with database.write() as session:
            user = session.scalars(select(User).where(User.login == login, User.is_active)).one_or_none()
            if user is None:
                fail(f"there is no user {login}", code=BAD_USAGE)
            calibration = ask_calibration(session, level, model, user, system_clock())
            start_calibration(session, calibration.id, system_clock())
            return calibration.id
    except Refusal as refusal:
        fail(refusal.detail, code=BAD_USAGE)


def describe(found: Calibration) -> dict[str, Any]:
    """A calibration for machines."""
    head = {
        name: getattr(found, name)
        for name in ("id", "level", "n", "iterations", "log_likelihood", "linking", "common_items", "left_out")
    }
    columns = ("code", "version", "n", "a", "se_a", "b", "se_b", "c", "b_before")
    return {
        **head, "model": found.model.value, "state": found.state.value, "reason": found.reason or None,
        "A": found.slope, "B": found.intercept,
        "items": [{name: getattr(one, name) for name in columns} for one in found.parameters],
    }  # fmt: skip


def _answer(document: dict[str, Any], *, as_json: bool) -> None:
    has_failed = document["state"] == CalibrationState.FAILED
    if as_json:
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    elif not has_failed:
        click.echo(
            f"Calibration {document['id']}: {len(document['items'])} items from {document['n']} papers, "
            f"{len(document['left_out'])} left out.\n"
            f"Linked by {document['linking']} over {document['common_items']} items: "
            f"A = {document['A']:.4f}, B = {document['B']:.4f}.\n"
            f"Another officer accepts it under /calibrations/{document['id']}."
        )
    if has_failed:
        fail(WHY_FAILED[document["reason"]])

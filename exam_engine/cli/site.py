"""Setting a site up and running it: `init`, `upgrade`, `serve`, `worker`, `doctor`."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from exam_engine.cli.terminal import BAD_USAGE, fail
from exam_engine.core.clock import system_clock
from exam_engine.core.config import SettingError, Settings
from exam_engine.core.database import Database
from exam_engine.core.logs import set_up_logs
from exam_engine.core.page import PLAYER
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user, hash_password
from exam_engine.migrate import current_revision, newest_revision, upgrade_database

data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="The data folder (EXAM_ENGINE_DATA)."
)


def load_settings(data: Path | None) -> Settings:
    """The settings of this site, or a plain word about the one that cannot be used."""
    try:
        return Settings.load(data_dir=data)
    except SettingError as error:
        fail(str(error), code=BAD_USAGE)
    except OSError as error:
        fail(f"The data folder cannot be used: {error.filename}: {error.strerror}.", code=BAD_USAGE)


def find_issuer_fault(settings: Settings) -> str | None:
    """What is wrong with the settings of the certificate issuer, if anything."""
    from exam_engine.certificates.issuers import get_issuer  # noqa: PLC0415  keeps `init` and `upgrade` light

    try:
        get_issuer(settings)
    except SettingError as error:
        return str(error)
    except ValueError as error:
        return f"The certificate issuer {settings.issuer!r} does not take its settings: {error}"
    return None


def load_running_settings(data: Path | None) -> Settings:
    """The settings of a site that is to run: its tables are up to date and its issuer can be used."""
    settings = load_settings(data)
    if fault := find_issuer_fault(settings):
        fail(fault, code=BAD_USAGE)
    for finding in find_database_faults(settings):
        fail(finding)
    return settings


@click.command()
@data_option
@click.option("--administrator", default="admin", show_default=True, help="Sign-in name of the first administrator.")
def init(data: Path | None, administrator: str) -> None:
    """Set up a new site: tables and a first administrator, whose password is printed once."""
    settings = load_settings(data)
    if current_revision(settings.database_url) is not None:
        fail("This site is set up already. `exam-engine upgrade` brings it up to date.")
    upgrade_database(settings.database_url)
    password, database = secrets.token_urlsafe(12), Database(settings.database_url, settings.secret)
    with database.write() as session:
        names = {"zh-CN": "系统管理员", "en": "Administrator"}
        add_user(session, administrator, hash_password(password), names, [Role.ADMINISTRATOR], system_clock())
    database.close()
    click.echo(f"Set up in {settings.data_dir}.\nAdministrator {administrator}, password {password} (shown once).")


@click.command()
@data_option
def upgrade(data: Path | None) -> None:
    """Bring the tables up to this version of the engine."""
    settings = load_settings(data)
    before = current_revision(settings.database_url)
    upgrade_database(settings.database_url)
    click.echo(f"Tables: {before or 'none'} → {current_revision(settings.database_url)}.")


@click.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes; more than one needs PostgreSQL."
)
def serve(data: Path | None, host: str, port: int, workers: int) -> None:
    """Serve the site until Ctrl-C."""
    if workers > 1 and load_settings(data).is_embedded:
        fail("SQLite has one writer: serve with one worker, or set EXAM_ENGINE_DATABASE_URL to PostgreSQL.", code=BAD_USAGE)
    settings = load_running_settings(data)
    run_server(settings, host, port, workers)


def run_server(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Run granian on the site; returns when it is stopped."""
    check_port(host, port)
    with only_server(settings):
        _run_granian(settings, host, port, workers)


def check_port(host: str, port: int) -> None:
    """Refuse a port that another program listens on; the server itself would share it, and visitors would meet both."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(f"Cannot listen on {host} port {port}: {error.strerror}. Give another with --host or --port.", code=BAD_USAGE)


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Hold an embedded site while it is served: SQLite has one writer. The lock goes with the process, however it ends."""
    if not settings.is_embedded:
        yield
        return
    with (settings.data_dir / "serving").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"The site in {settings.data_dir} is being served already.")
        yield


def _run_granian(settings: Settings, host: str, port: int, workers: int) -> None:
    from granian import Granian  # noqa: PLC0415  only the serving commands pay for the server
    from granian.constants import Interfaces  # noqa: PLC0415

    os.environ["EXAM_ENGINE_DATA"] = str(settings.data_dir)  # the server's processes read their settings from there
    Granian(
        "exam_engine.asgi:create_service",
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=workers,
        backlog=2048,
        log_access=False,
        websockets=False,
    ).serve()


@click.command()
@data_option
@click.option("--once", is_flag=True, help="Do what is due and end.")
def worker(data: Path | None, *, once: bool) -> None:
    """Close overdue attempts, deliver passes, compute statistics: beside `serve` on PostgreSQL (SQLite: inside `serve`)."""
    from exam_engine.worker import JOBS, LONG_JOBS, run_jobs, run_until  # noqa: PLC0415  keeps `init` and `doctor` light

    settings = load_running_settings(data)
    set_up_logs()
    database = Database(settings.database_url, settings.secret)
    if once:
        for name, count in run_jobs(database, settings, system_clock, {**JOBS, **LONG_JOBS}).items():
            click.echo(f"{name}: {count}")
        return
    stop = threading.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda *_: stop.set())
    run_until(stop, database, settings, system_clock)


@click.command()
@data_option
def doctor(data: Path | None) -> None:
    """Look at the site as it is set up and say what is missing."""
    settings = load_settings(data)
    findings = [*find_database_faults(settings), *_folder_findings(settings)]
    if fault := find_issuer_fault(settings):
        findings.append(fault)
    if not (PLAYER / "dist" / "player.js").exists():
        findings.append("The player is not built: install the package again.")
    for finding in findings:
        click.echo(f"- {finding}")
    if findings:
        fail(f"{len(findings)} thing(s) to put right.")
    click.echo("Everything is in place.")


def find_database_faults(settings: Settings) -> list[str]:
    """What keeps the site from using its database."""
    try:
        found = current_revision(settings.database_url)
    except SQLAlchemyError as error:
        return [f"The database does not answer: {error}"]
    if found is None:
        return ["The site is not set up: run `exam-engine init`."]
    return [] if found == newest_revision() else ["The tables are not up to date: run `exam-engine upgrade`."]


def _folder_findings(settings: Settings) -> list[str]:
    findings = []
    if not os.access(settings.data_dir, os.W_OK):
        findings.append(f"{settings.data_dir} cannot be written.")
    free = shutil.disk_usage(settings.data_dir).free
    if free < 1 << 30:
        findings.append(f"Only {free >> 20} MB are free in {settings.data_dir}.")
    return findings

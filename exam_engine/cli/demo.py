"""`exam-engine demo`: the sample site, ready to use; or a simulated cohort on the whole way."""

import os
import shutil
import tempfile
from pathlib import Path

import click

from exam_engine.cli.site import check_port, load_settings, run_server
from exam_engine.cli.terminal import BAD_USAGE, fail, with_progress
from exam_engine.core.clock import system_clock
from exam_engine.core.config import PREFIX, Settings
from exam_engine.core.database import Database
from exam_engine.demo.open_site import build_site, describe_site, is_sample, keep_open
from exam_engine.migrate import current_revision, upgrade_database


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/demo"),
    show_default=True,
    help="The sample site's own folder.",
)
@click.option("--fresh", is_flag=True, help="Forget what earlier runs kept.")
@click.option("--simulate", type=click.IntRange(3, 100_000), help="Send this many simulated candidates the whole way and end.")
@click.option("--seed", default=2026, show_default=True, help="With --simulate: the cohort to draw.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="With --simulate: keep the site in this new folder."
)
def demo(  # noqa: PLR0913  one parameter an option
    *, host: str, port: int, data: Path, simulate: int | None, seed: int, keep: Path | None, fresh: bool
) -> None:
    """Run the sample ITSM site with its scheme, bank, people and an open sitting."""
    address = f"http://{host}:{port}"
    _take_nothing_from_a_real_site(address)
    if simulate is not None:
        _simulate(simulate, seed, keep)
        return
    check_port(host, port)
    settings = prepare_site(data, fresh=fresh)
    database = Database(settings.database_url, settings.secret)
    click.echo(describe_site(database, address, system_clock()))
    database.close()
    run_server(settings, host, port)


def _take_nothing_from_a_real_site(address: str) -> None:
    """Sample people never reach the database or the issuer that the environment names; only the time zone is kept."""
    for name in [name for name in os.environ if name.startswith(PREFIX) and name != f"{PREFIX}TIMEZONE"]:
        del os.environ[name]
    os.environ[f"{PREFIX}SITE_URL"] = address  # the server's processes read it too


def prepare_site(data: Path, *, fresh: bool = False) -> Settings:
    """The sample site in `data`, built when it is not there, with a sitting that is open now."""
    if data.exists() and any(data.iterdir()):
        _check_sample(data)
        if fresh:
            shutil.rmtree(data)
    if not data.exists() or not any(data.iterdir()):
        click.echo(f"Preparing the sample site in {data} …")
        _build(data)
    settings = load_settings(data)
    upgrade_database(settings.database_url)
    keep_open(settings, system_clock())
    return settings


def _check_sample(data: Path) -> None:
    """Refuse a folder that holds anything else, so that nobody's work is deleted or mixed with sample people."""
    if (data / "exam-engine.db").exists():
        settings = load_settings(data)
        if current_revision(settings.database_url) is not None and is_sample(settings):
            return
    fail(f"{data} is not empty and holds no sample site: give another folder with --data.", code=BAD_USAGE)


def _build(data: Path) -> None:
    """Build beside `data` and move it there when it is whole, so that a run broken off leaves nothing half done."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sample-site-", dir=data.parent) as folder:
        building = Path(folder) / "site"
        settings = load_settings(building)
        upgrade_database(settings.database_url)
        build_site(settings, system_clock())
        building.rename(data)


def _simulate(candidates: int, seed: int, keep: Path | None) -> None:
    from exam_engine.demo.report import print_report  # noqa: PLC0415  NumPy and the marking stage, only when asked for
    from exam_engine.demo.simulate import simulate_cohort  # noqa: PLC0415

    if keep is not None and keep.exists() and any(keep.iterdir()):
        fail(f"{keep} is not empty: give a new folder with --keep.", code=BAD_USAGE)
    with tempfile.TemporaryDirectory(prefix="exam-engine-") as folder:
        settings = load_settings(keep or Path(folder))
        upgrade_database(settings.database_url)
        print_report(simulate_cohort(settings, candidates, seed, with_progress))
    if keep is not None:
        click.echo(f"The site is kept in {keep}: exam-engine serve --data {keep}")

"""`exam-engine demo`: the sample site, ready to use; or a simulated cohort on the whole way."""

import shutil
import tempfile
from pathlib import Path

import click

from exam_engine.cli.site import load_settings, run_server
from exam_engine.cli.terminal import with_progress
from exam_engine.core.clock import system_clock
from exam_engine.core.database import Database
from exam_engine.demo.open_site import build_site, describe_site, keep_open
from exam_engine.migrate import current_revision, upgrade_database


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data/demo"), show_default=True)
@click.option("--fresh", is_flag=True, help="Forget what earlier runs kept.")
@click.option("--simulate", type=click.IntRange(3, 100_000), help="Send this many simulated candidates the whole way and end.")
@click.option("--seed", default=2026, show_default=True, help="With --simulate: the cohort to draw.")
def demo(host: str, port: int, data: Path, simulate: int | None, seed: int, *, fresh: bool) -> None:
    """Run the sample ITSM site with its scheme, bank, people and an open sitting."""
    if simulate is not None:
        _simulate(simulate, seed)
        return
    if fresh and data.exists():
        shutil.rmtree(data)
    settings = load_settings(data)
    if current_revision(settings.database_url) is None:
        click.echo(f"Preparing the sample site in {data} …")
        upgrade_database(settings.database_url)
        build_site(settings, system_clock())
    keep_open(settings, system_clock())
    database = Database(settings.database_url, settings.secret)
    click.echo(describe_site(database, f"http://{host}:{port}", system_clock()))
    database.close()
    run_server(settings, host, port)


def _simulate(candidates: int, seed: int) -> None:
    from exam_engine.demo.report import print_report  # noqa: PLC0415  NumPy and the marking stage, only when asked for
    from exam_engine.demo.simulate import simulate_cohort  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="exam-engine-") as folder:
        settings = load_settings(Path(folder))
        upgrade_database(settings.database_url)
        print_report(simulate_cohort(settings, candidates, seed, with_progress))

"""`exam-engine calibrate`: proposes to a second person, says why when nothing can be estimated, and never decides."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy.special import expit
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from exam_engine.authoring.calibrations import accepted_parameters
from exam_engine.cli import main
from exam_engine.core.database import Database
from exam_engine.migrate import newest_revision
from exam_engine.sittings.records import Form
from tests.results.cohort import sit_and_release
from tests.site_pages import find_user
from tests.world import World, build_world


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    """A site with a prepared sitting, in the place where the command looks for it."""
    world = build_world(sqlite_database, tmp_path, candidates=2)
    with world.database.write() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        session.execute(text("DELETE FROM alembic_version"))
        session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": newest_revision()})
    return world


def sit(world: World, candidates: int) -> None:
    draw = np.random.default_rng(3)
    with world.database.write() as session:
        officers = find_user(session, "chen"), find_user(session, "silva")
        for form in session.scalars(select(Form).order_by(Form.id)).all():
            difficulties = np.linspace(-1.5, 1.5, len(form.slots))
            chances = expit(draw.normal(size=(candidates, 1)) - difficulties)
            sit_and_release(session, form, draw.random(chances.shape) < chances, officers)


def run(world: World, *words: str) -> Result:
    folder = Path(make_url(world.database.url).database or "").parent
    environment = {"EXAM_ENGINE_DATABASE_URL": world.database.url, "EXAM_ENGINE_SECRET": "s" * 40}
    return CliRunner().invoke(main, ["calibrate", *words, "--data", str(folder)], env=environment)


def test_it_proposes_and_leaves_the_decision_to_somebody_else(world: World) -> None:
    sit(world, 120)
    found = run(world, "junior", "--model", "1pl", "--by", "chen", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert (told["state"], told["model"], told["n"], told["linking"]) == ("proposed", "1pl", 240, "mean-sigma")
    assert 2 <= told["common_items"] <= len(told["items"])
    assert {one["n"] for one in told["items"]} <= {120, 240}
    assert told["A"] > 0
    with world.database.read() as session:
        assert accepted_parameters(session) == {}
    said = run(world, "junior", "--model", "1pl", "--by", "silva")
    assert (said.exit_code, "Another officer accepts it under /calibrations/2." in said.stdout) == (0, True)


def test_why_nothing_can_be_estimated_is_said(world: World) -> None:
    found = run(world, "junior", "--by", "chen")
    assert (found.exit_code, found.stderr) == (1, "No theory paper of this level is released yet.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("junior", "--by", "nobody"), "there is no user nobody"),
        (("junior", "--by", "adeyemi"), "officers"),
        (("grand", "--by", "chen"), "no items of level 'grand'"),
        (("junior",), "--by"),
        (("junior", "--by", "chen", "--model", "3pl"), "--model"),
    ],
)
def test_what_cannot_be_asked_for_is_bad_usage(world: World, words: tuple[str, ...], said: str) -> None:
    found = run(world, *words)
    assert (found.exit_code, said in found.stderr) == (2, True), found.output

import json
from pathlib import Path

import numpy as np
import pytest

import question_bank
from question_bank.assembly import Request, assemble
from question_bank.assembly.papers import paper_document
from question_bank.blueprint import read_blueprint
from question_bank.pool import read_pool
from schemas import check

BANK = Path(question_bank.__file__).parent / "banks" / "itsm"


@pytest.fixture(scope="module")
def pool():
    return read_pool(BANK)


LENGTHS = {"junior": 60, "intermediate": 50, "senior": 50}
ABILITIES = np.linspace(-3, 3, 25)


def expected_scores(pool, form):
    """The test characteristic curve of a form: its expected number of right answers at each ability."""
    rows = [pool.ids.index(item) for item in form.items]
    chance = pool.a[rows] * (ABILITIES[:, None] - pool.b[rows])
    return (pool.c[rows] + (1 - pool.c[rows]) / (1 + np.exp(-chance))).sum(axis=1)


@pytest.mark.parametrize("level", LENGTHS)
def test_the_sample_bank_gives_three_disjoint_papers_of_equal_difficulty_for_every_level(pool, level):
    request = Request(pool, read_blueprint(BANK / "blueprints" / f"{level}-theory.json"), 3, seed=3)
    assembly = assemble(request)
    assert len({item for form in assembly.forms for item in form.items}) == 3 * LENGTHS[level]
    curves = np.array([expected_scores(pool, form) for form in assembly.forms])
    assert np.ptp(curves, axis=0).max() < 0.01 * LENGTHS[level]
    marks = {sum(pool.documents[pool.ids.index(item)]["marks"] for item in form.items) for form in assembly.forms}
    assert len(marks) == 1
    for number, form in enumerate(assembly.forms, 1):
        paper = paper_document(request, form, number)
        assert check("paper", paper) == []
        assert paper["level"] == level


@pytest.mark.parametrize("level", LENGTHS)
def test_a_paper_can_be_worked_in_its_time(pool, level):
    scheme = json.loads((BANK / "scheme.json").read_bytes())
    minutes = next(paper["minutes"] for each in scheme["levels"] if each["id"] == level for paper in each["papers"])
    request = Request(pool, read_blueprint(BANK / "blueprints" / f"{level}-theory.json"), 3, seed=5)
    for form in assemble(request).forms:
        needed = sum(pool.documents[pool.ids.index(item)]["time_s"] for item in form.items) / 60
        assert 0.8 * minutes < needed < minutes

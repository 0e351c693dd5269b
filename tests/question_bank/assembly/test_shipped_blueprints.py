from pathlib import Path

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


@pytest.mark.parametrize("level", ["junior", "intermediate", "senior"])
def test_the_sample_bank_gives_two_disjoint_parallel_forms_of_every_level(pool, level):
    request = Request(pool, read_blueprint(BANK / "blueprints" / f"{level}-theory.json"), 2, seed=3)
    assembly = assemble(request)
    first, second = assembly.forms
    assert not set(first.items) & set(second.items)
    assert len(first.items) == len(second.items) == 20
    for (_, one), (_, other) in zip(first.information, second.information, strict=True):
        assert one == pytest.approx(other, rel=0.06)
    assert first.mean_b_logit == pytest.approx(second.mean_b_logit, abs=0.25)
    for number, form in enumerate(assembly.forms, 1):
        paper = paper_document(request, form, number)
        assert check("paper", paper) == []
        assert paper["level"] == level

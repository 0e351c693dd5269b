"""An attempt is marked in the transaction that ends it; a corrected key marks all again and leaves people's marks alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from exam_engine.core import audit
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import Attempt
from exam_engine.marking.records import AutoScore, Mark, MarkPlace, Script
from exam_engine.marking.rescore import rescore_form
from exam_engine.marking.scoring import score_attempts
from grading.score import unpack
from tests.delivery.site import SECRET, WRITTEN, Seeded, Site, TestClock, choices, sample_items, seed, text

THIRDS = {
    "id": "thirds", "type": "multiple_choice", "syllabus": "process.change", "stem": text("Choose three"),
    "options": choices("ABCDEF"), "key": ["A", "B", "C"], "marking": {"rule": "capped"},
}  # fmt: skip
ITEMS = [*sample_items(), THIRDS, {**THIRDS, "id": "thirds-2"}, WRITTEN, {**WRITTEN, "id": "essay-2", "rubric": {"double": {}}}]


@pytest.fixture
def site(database: Database, tmp_path: Path, clock: TestClock) -> Iterator[Site]:
    site = Site(database, tmp_path, clock, scorer=score_attempts)
    yield site
    site.close()


@pytest.fixture
def seeded(database: Database) -> Seeded:
    return seed(database, 3, ITEMS)


def sit(site: Site, seeded: Seeded, which: int, answers: dict[str, Any]) -> None:
    sitter = site.sit(seeded, which)
    for slot, response in answers.items():
        sitter.save(slot, response)
    assert sitter.submit().status == 200


def scores(database: Database) -> list[tuple[int, str, list[float]]]:
    with database.read() as session:
        rows = session.scalars(select(AutoScore).order_by(AutoScore.attempt_id)).all()
        return [(row.key_version, row.marks, unpack([row.vector], len(ITEMS))[0].tolist()) for row in rows]


def test_a_hand_in_is_marked_exactly_with_nan_where_a_person_marks(site: Site, seeded: Seeded) -> None:
    sit(site, seeded, 0, {"q1": "B", "q2": ["C", "A"], "q3": "x", "q5": ["A"], "q6": ["B", "C"], "q7": "Because."})
    ((version, marks, vector),) = scores(site.database)
    assert (version, marks) == (1, "4")  # 1 + 2 + 0 + 0 + 1/3 + 2/3, exactly
    assert np.array_equal(vector, [1, 2, 0, 0, 1 / 3, 2 / 3, np.nan, 0], equal_nan=True)


def test_answers_for_people_become_anonymous_scripts_and_blank_ones_do_not(site: Site, seeded: Seeded) -> None:
    sit(site, seeded, 0, {"q7": "Because.", "q8": "Therefore."})
    sit(site, seeded, 1, {"q7": "  ", "q8": "Hence."})
    with site.database.read() as session:
        scripts = session.scalars(select(Script).order_by(Script.attempt_id, Script.slot)).all()
        assert [(one.slot, one.item, one.double, one.state.value) for one in scripts] == [
            ("q7", "essay", False, "open"), ("q8", "essay-2", True, "open"), ("q8", "essay-2", True, "open"),
        ]  # fmt: skip
        assert len({one.code for one in scripts}) == 3
        assert all(one.code.startswith("S-") and len(one.code) == 7 for one in scripts)


def test_an_attempt_closed_by_the_server_is_marked_too(site: Site, seeded: Seeded, clock: TestClock) -> None:
    from exam_engine.delivery.closing import close_overdue

    site.sit(seeded).save("q1", "B")
    clock.pass_time(hours=1)
    assert close_overdue(site.database, site.settings, clock, scorer=score_attempts) == 1
    assert scores(site.database)[0][1] == "1"


def test_a_score_that_cannot_be_stored_leaves_the_attempt_open(
    site: Site, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitter = site.sit(seeded)
    sitter.save("q1", "B")
    with monkeypatch.context() as patch:
        patch.setattr("exam_engine.marking.scoring.total_of", lambda _worths: 1 / 0)
        assert sitter.submit().status == 500
    assert sitter.beat().json["status"] == "open"
    assert sitter.submit().status == 200


def test_a_corrected_key_changes_only_who_it_concerns_and_never_a_persons_mark(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    sit(site, seeded, 0, {"q1": "B", "q5": ["A"], "q7": "Because."})
    sit(site, seeded, 1, {"q1": "C", "q5": ["D"]})
    sit(site, seeded, 2, {"q5": ["A", "E"]})
    with site.database.write() as session:
        script = session.scalars(select(Script)).one()
        given = Mark(
            script_id=script.id,
            marker_id=1,
            place=MarkPlace.FIRST,
            criteria={},
            total="3.5",
            is_final=True,
            changed_at=clock.now,
        )
        session.add(given)
    with site.database.write() as session:
        keys = {"item-1": {"key": "C"}, "thirds": {"key": ["A", "D", "E"]}}
        done = rescore_form(session, seeded.form, keys, "officer", clock.now)
        assert (done.key_version, done.attempts, done.changed) == (2, 3, 3)
    assert [(version, marks) for version, marks, _ in scores(site.database)] == [(2, "1/3"), (2, "4/3"), (2, "2/3")]
    with site.database.read() as session:
        assert session.scalars(select(Mark.total)).all() == ["3.5"]
        assert list(audit.find_faults(session, SECRET)) == []


def test_rescoring_gives_what_marking_with_the_new_key_would_have_given(
    database: Database, site: Site, seeded: Seeded, clock: TestClock
) -> None:
    answers = {"q1": "C", "q2": ["A"], "q5": ["A", "B"], "q6": ["D"]}
    sit(site, seeded, 0, answers)
    with database.write() as session:
        rescore_form(session, seeded.form, {"item-1": {"key": "C"}, "thirds-2": {"key": ["D", "E", "F"]}}, "officer", clock.now)
    sit(site, seeded, 1, answers)
    first, second = scores(database)
    assert first[:2] == second[:2]
    assert np.array_equal(first[2], second[2], equal_nan=True)


@pytest.mark.parametrize(
    "keys",
    [
        {"item-9": {"key": "A"}}, {"item-1": {"marks": 5}}, {"item-1": {"key": "B"}}, {"essay": {"key": "A"}},
        {"item-1": {"marking": {"rule": "nonsense"}}},
    ],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_refused_and_changes_nothing(
    site: Site, seeded: Seeded, clock: TestClock, keys: Any
) -> None:
    sit(site, seeded, 0, {"q1": "B"})
    with pytest.raises(Refusal, match="bad_content"), site.database.write() as session:
        rescore_form(session, seeded.form, keys, "officer", clock.now)
    assert scores(site.database)[0][:2] == (1, "1")


def test_the_receipt_and_the_score_come_together(site: Site, seeded: Seeded) -> None:
    sit(site, seeded, 0, {"q1": "B"})
    with site.database.read() as session:
        attempts = session.scalars(select(Attempt.id).where(Attempt.receipt.is_not(None))).all()
        assert attempts == session.scalars(select(AutoScore.attempt_id)).all()

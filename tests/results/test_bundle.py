"""Sealed bundles: they follow their schema, replay byte for byte without a database, and every change in them is found."""

import copy
import shutil
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select

import schemas
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry
from exam_engine.delivery.records import AttemptState
from exam_engine.results.actions import propose_results
from exam_engine.results.bundle import seal_attempt
from exam_engine.results.replay import replay
from tests.conftest import NOW, SECRET
from tests.results.centre import Centre

AFTER = NOW + timedelta(hours=3)


@pytest.fixture(scope="module")
def bundles(sqlite_template, tmp_path_factory, scheme):
    """Bundles of a decided theory and practical, as they are read back from their files."""
    path = tmp_path_factory.mktemp("sealed") / "exam.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}", SECRET)
    with database.read() as session:
        centre = Centre.open(session, scheme, NOW)
        sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
        attempts = centre.theory(sitting.bookings[0], 4), centre.practical(sitting.bookings[0], "36.5", "30")
        propose_results(session, sitting, centre.users["chen"], AFTER)
        found = [seal_attempt(session, attempt.id, centre.users["chen"], AFTER) for attempt in attempts]
    database.close()
    return [orjson.loads(orjson.dumps(bundle)) for bundle in found]


@pytest.fixture
def sealed(bundles):
    """The test's own copy of the bundles."""
    return copy.deepcopy(bundles)


def test_a_bundle_follows_its_schema(sealed):
    for bundle in sealed:
        assert schemas.check("sealed-bundle", bundle) == []


def test_a_bundle_replays_byte_for_byte(sealed):
    for bundle in sealed:
        assert replay(bundle) == []
    assert sealed[1]["score"]["marks"] == "66.5"
    assert sealed[1]["decision"]["total"] == "74.6"


def test_the_last_answer_given_counts_in_a_replay_whatever_its_place_in_the_chain(centre):
    sitting = centre.sitting([centre.enrol(1, "junior")], NOW)
    attempt = centre.take(sitting.bookings[0], "theory", {"q1": "B"})
    bundle = seal_attempt(centre.session, attempt.id, centre.users["chen"], AFTER)
    assert (bundle["score"]["marks"], bundle["decision"]) == ("20", None)
    assert replay(orjson.loads(orjson.dumps(bundle))) == []


def edit(path, value):
    """A change of one place of a bundle."""

    def change(bundle):
        *steps, last = path
        for step in steps:
            bundle = bundle[step]
        bundle[last] = value

    return change


CHANGES = {
    "an answer": (edit(["answers", 1, "response"], "C"), "answer 2"),
    "an answer's slot": (edit(["answers", 1, "slot"], "q5"), "answer 2"),
    "an answer deleted": (lambda bundle: bundle["answers"].pop(2), "chain"),
    "the last answer cut off": (lambda bundle: bundle["answers"].pop(), "chain"),
    "two answers swapped": (lambda bundle: bundle["answers"].insert(1, bundle["answers"].pop(2)), "chain"),
    "the head": (edit(["chain", "head"], "0" * 64), "chain"),
    "a key": (edit(["paper", "slots", 0, "item", "key"], "C"), "score.marks"),
    "marks of a slot": (edit(["paper", "slots", 0, "marks"], "10"), "score.marks"),
    "the score": (edit(["score", "marks"], "100"), "score.marks"),
    "a score in another spelling": (edit(["score", "marks"], "80.0"), "score.marks"),
    "the outcome": (edit(["decision", "outcome"], "fail"), "decision.outcome"),
    "the cut": (edit(["standard", "cut"], 75), "decision.outcome"),
    "another paper's marks": (edit(["others", 0, "marks"], "67.5"), "decision.total"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_replay_finds_a_change_and_says_where(sealed, name):
    change, place = CHANGES[name]
    bundle = sealed[0]
    change(bundle)
    places = [finding.place for finding in replay(bundle)]
    assert any(found.startswith(place) for found in places), places


def test_a_mark_by_a_person_cannot_be_changed_unnoticed(sealed):
    bundle = sealed[1]
    bundle["persons"]["t1/a"] = "40"
    assert any(finding.place.startswith("score") for finding in replay(bundle))


def test_marks_beyond_what_a_slot_can_give_are_said_not_crashed_on(sealed):
    bundle = sealed[1]
    bundle["persons"]["t1/a"] = "61"
    assert [finding.place for finding in replay(bundle)] == ["score"]


def test_nothing_is_sealed_while_the_attempt_runs_or_waits_for_marks(centre):
    sitting = centre.sitting([centre.enrol(1, "intermediate")], NOW)
    waiting = centre.practical(sitting.bookings[0], "36.5", None)
    running = centre.theory(sitting.bookings[0], 3)
    running.state, running.submitted_at = AttemptState.OPEN, None
    for attempt in (waiting, running):
        with pytest.raises(Refusal) as refused:
            seal_attempt(centre.session, attempt.id, centre.users["chen"], AFTER)
        assert refused.value.code == "wrong_state"


def test_who_took_a_bundle_goes_on_record_for_it_holds_keys(centre):
    sitting = centre.sitting([centre.enrol(1, "junior")], NOW)
    seal_attempt(centre.session, centre.theory(sitting.bookings[0], 4).id, centre.users["silva"], AFTER)
    taken = select(AuditEntry.actor).where(AuditEntry.action == "attempt.sealed")
    assert centre.session.scalars(taken).all() == ["silva"]

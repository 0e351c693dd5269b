"""The server's clock decides: edges of the deadline, credits, pauses, closing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from exam_engine.core import audit
from exam_engine.core.clock import to_ms
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry, User
from exam_engine.delivery import actions
from exam_engine.delivery.closing import close_overdue
from exam_engine.delivery.records import Answer, Attempt, AttemptState, SetAside, TimeEntry
from tests.delivery.site import CLOSES, GRACE_S, MINUTES, OPENS, SECRET, Seeded, Site, TestClock, seed

REASON = "the network was down"


def officer(session: object) -> User:
    return session.scalars(select(User).where(User.login == "officer")).one()  # type: ignore[attr-defined,no-any-return]


def state_of(save: object) -> str:
    return save.json["results"][0]["state"]  # type: ignore[attr-defined,no-any-return]


def close(site: Site) -> int:
    return close_overdue(site.database, site.settings, site.clock)


def check_ledger(database: Database) -> None:
    """Start plus ledger is the deadline, for every attempt."""
    with database.read() as session:
        for attempt in session.scalars(select(Attempt)):
            entries = session.scalars(select(TimeEntry.duration_ms).where(TimeEntry.attempt_id == attempt.id)).all()
            assert to_ms(attempt.deadline_at) == to_ms(attempt.started_at) + sum(entries)


def check_audit(database: Database) -> None:
    with database.read() as session:
        assert list(audit.find_faults(session, SECRET)) == []


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (OPENS - timedelta(milliseconds=1), "not_open_yet"), (OPENS, None),
        (CLOSES - timedelta(milliseconds=1), None), (CLOSES, "sitting_closed"),
    ],
)  # fmt: skip
def test_an_exam_starts_from_the_opening_until_before_the_closing(
    site: Site, seeded: Seeded, clock: TestClock, now: object, code: str | None
) -> None:
    clock.now = now  # type: ignore[assignment]
    reply = site.start(seeded)
    assert (reply.json.get("code"), reply.status) == (code, 200 if code is None else 409)
    if code == "not_open_yet":
        assert reply.json["opens_ms"] == to_ms(OPENS)


def test_a_running_exam_may_be_resumed_after_the_sitting_closed(site: Site, seeded: Seeded, clock: TestClock) -> None:
    clock.now = CLOSES - timedelta(minutes=1)
    site.sit(seeded)
    clock.pass_time(minutes=5)
    assert site.start(seeded).status == 200


def test_accommodation_gives_time_and_both_entries_are_in_the_ledger(database: Database, site: Site, clock: TestClock) -> None:
    seeded = seed(database, time_percent=125)
    assert site.start(seeded).json["deadline_ms"] == clock.ms + MINUTES * 60_000 * 5 // 4
    check_ledger(database)


def test_nothing_is_refused_before_deadline_plus_grace_and_nothing_accepted_after(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    sitter = site.sit(seeded)
    clock.pass_time(minutes=MINUTES, seconds=GRACE_S)
    assert state_of(sitter.save("q1", "A")) == "stored"
    clock.pass_time(milliseconds=1)
    late = sitter.save("q1", "B")
    assert state_of(late) == "late"
    assert late.status == 200
    assert state_of(sitter.save_as(1, "q1", "A")) == "duplicate"
    with site.database.read() as session:
        assert [(row.slot, row.response, row.reason) for row in session.scalars(select(SetAside))] == [("q1", '"B"', "late")]
        assert len(session.scalars(select(Answer)).all()) == 1


def test_the_server_closes_an_overdue_attempt_without_a_browser_once(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    sitter.save("q1", "A")
    clock.pass_time(minutes=MINUTES, seconds=GRACE_S)
    assert close(site) == 0
    clock.pass_time(milliseconds=1)
    assert close(site) == 1
    assert close(site) == 0
    assert sitter.beat().json["status"] == "closed"
    assert state_of(sitter.save("q2", ["A"])) == "late"
    receipt = sitter.submit()
    assert (receipt.json["status"], receipt.json["receipt"]["answered"]) == ("closed", 1)
    check_audit(site.database)


def test_a_hand_in_after_the_deadline_closes_without_waiting_for_late_answers(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    sitter = site.sit(seeded)
    clock.pass_time(minutes=MINUTES, seconds=GRACE_S + 1)
    assert state_of(sitter.save("q1", "A")) == "late"
    reply = sitter.submit()
    assert (reply.status, reply.json["status"], reply.json["receipt"]["answered"]) == (200, "closed", 0)


def test_credited_time_moves_the_deadline_and_reaches_the_player_with_the_next_reply(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    sitter = site.sit(seeded)
    clock.pass_time(minutes=MINUTES, seconds=GRACE_S + 1)
    assert state_of(sitter.save("q1", "A")) == "late"
    with site.database.write() as session:
        actions.add_time(session, sitter.attempt, 10, REASON, officer(session), clock.now)
    reply = sitter.save("q1", "B")
    assert state_of(reply) == "stored"
    assert reply.json["deadline_ms"] == sitter.started["deadline_ms"] + 600_000
    assert [(one["kind"], one["minutes"]) for one in reply.json["messages"]] == [("time_added", 10)]
    check_ledger(site.database)
    check_audit(site.database)


def test_a_pause_stops_the_clock_and_is_given_back_to_the_millisecond(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    clock.pass_time(minutes=5)
    with site.database.write() as session:
        actions.pause(session, sitter.attempt, REASON, officer(session), clock.now)
    clock.pass_time(hours=1, milliseconds=7)
    paused = sitter.save("q1", "A")
    assert (paused.status, paused.json["code"]) == (423, "paused")
    assert sitter.submit(0).json["code"] == "paused"
    beat = sitter.beat().json
    assert (beat["status"], beat["deadline_ms"]) == ("paused", sitter.started["deadline_ms"] + 3_600_007)
    assert close(site) == 0
    with site.database.write() as session:
        actions.resume(session, sitter.attempt, REASON, officer(session), clock.now)
    stored = sitter.save_as(1, "q1", "A")
    assert state_of(stored) == "stored"
    assert stored.json["deadline_ms"] == sitter.started["deadline_ms"] + 3_600_007
    assert [one["kind"] for one in stored.json["messages"]] == ["paused", "resumed"]
    check_ledger(site.database)


@pytest.mark.parametrize("jump", [timedelta(hours=-24), timedelta(hours=24)])
def test_a_jump_of_the_clock_never_loses_an_answer(site: Site, seeded: Seeded, clock: TestClock, jump: timedelta) -> None:
    sitter = site.sit(seeded)
    sitter.save("q1", "A")
    clock.now += jump
    late = state_of(sitter.save("q1", "B"))
    assert late == ("stored" if jump < timedelta() else "late")
    clock.now -= jump
    assert state_of(sitter.save("q1", "C")) == "stored"
    assert site.start(seeded).json["answers"]["q1"]["response"] == "C"


def test_actions_on_an_ended_attempt_are_refused_and_change_nothing(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    sitter.submit(0)
    for act in (
        lambda session, by: actions.add_time(session, sitter.attempt, 5, REASON, by, clock.now),
        lambda session, by: actions.pause(session, sitter.attempt, REASON, by, clock.now),
        lambda session, by: actions.resume(session, sitter.attempt, REASON, by, clock.now),
        lambda session, by: actions.send_message(session, sitter.attempt, "x", by, clock.now),
    ):
        with pytest.raises(Refusal, match="wrong_state"), site.database.write() as session:
            act(session, officer(session))


def test_nobody_adds_time_to_their_own_exam(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    with site.database.read() as session:
        own = session.scalars(select(User).where(User.login == "candidate-0")).one()
    with pytest.raises(Refusal, match="same_person"), site.database.write() as session:
        actions.add_time(session, sitter.attempt, 5, REASON, own, clock.now)


def test_every_change_of_an_attempt_is_on_record_with_the_head_of_its_answers(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    sitter = site.sit(seeded)
    head = sitter.save("q1", "A").json["head"]
    with site.database.write() as session:
        actions.add_time(session, sitter.attempt, 5, REASON, officer(session), clock.now)
        actions.send_message(session, sitter.attempt, {"en": "Ten minutes left"}, officer(session), clock.now)
        actions.record_incident(session, sitter.attempt, "spilled water", officer(session), clock.now)
    sitter.submit()
    with site.database.read() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"attempt:{sitter.attempt}").order_by(AuditEntry.seq)
        )
        found = [(entry.actor, entry.action, head in entry.data) for entry in entries]
    assert found == [
        ("candidate-0", "attempt.started", False),
        ("officer", "attempt.time_added", True),
        ("officer", "attempt.message_sent", True),
        ("officer", "attempt.incident", True),
        ("candidate-0", "attempt.submitted", True),
    ]
    check_audit(site.database)


def test_a_receipt_is_found_however_its_number_is_typed(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    number = sitter.submit(0).json["receipt"]["number"]
    with site.database.read() as session:
        for typed in (number, number.lower(), number.replace("-", " "), number.removeprefix("R-").replace("-", "")):
            found = actions.find_receipt(session, typed)
            assert found is not None
            assert found.state is AttemptState.SUBMITTED
        assert actions.find_receipt(session, "R-2222-222") is None


def test_a_receipt_whose_letters_begin_with_r_is_found_without_its_prefix(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    sitter.submit(0)
    with site.database.write() as session:
        session.execute(update(Attempt).values(receipt="R-R7K4-2Q9X"))
    with site.database.read() as session:
        for typed in ("R-R7K4-2Q9X", "RR7K42Q9X", "R7K42Q9X", "r7k4 2q9x"):
            assert actions.find_receipt(session, typed) is not None

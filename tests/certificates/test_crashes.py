"""A crash at any statement of release and delivery leaves one certificate for the pass and none for the fail."""

from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from exam_engine.certificates.issuers import Issued
from exam_engine.certificates.outbox import CLAIM, drain_outbox
from exam_engine.certificates.records import Certificate, DeliveryState, OutboxEvent
from exam_engine.core.audit import find_faults
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.enrolment.records import Enrolment, EnrolmentState, HistoryEntry
from exam_engine.results.actions import release_results
from exam_engine.results.records import Outcome, Result, ResultState
from exam_engine.sittings.records import Sitting
from tests.certificates.conftest import AFTER, settings_of
from tests.conftest import SECRET


class Crash(BaseException):
    """The process is gone: nothing may catch this."""


@contextmanager
def crashing(database, at: int):
    """Crash at the `at`th thing that is said to the database, commits included; yields what was said."""
    said = []

    def count(*_):
        said.append(None)
        if len(said) == at:
            raise Crash

    def count_statement(_connection, _cursor, _statement, *_):
        count()

    event.listen(database.engine, "before_cursor_execute", count_statement)
    event.listen(database.engine, "commit", count)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", count_statement)
        event.remove(database.engine, "commit", count)


class Body:
    """An issuing body that remembers every event it was offered."""

    def __init__(self):
        self.offered = []

    def issue(self, event, _now):
        self.offered.append(event["id"])
        return Issued(number=f"B-{len(set(self.offered))}")


def _start_again(database) -> Database:
    """A new process on the same file: what the crashed one held is gone."""
    database.close()
    return Database(database.url, SECRET)


def _release(database):
    with database.write() as session:
        sitting = session.scalars(select(Sitting)).one()
        officer = session.scalars(select(User).where(User.login == "silva")).one()
        release_results(session, sitting, officer, AFTER)


def _release_again(database):
    """The officer presses again: released now, or refused because it was released before."""
    with suppress(Refusal):
        _release(database)


def _check_all_is_right(database, body):
    with database.read() as session:
        results = {result.outcome: result for result in session.scalars(select(Result))}
        assert {result.state for result in results.values()} == {ResultState.RELEASED}
        certificate = session.scalars(select(Certificate)).one()
        assert certificate.result_id == results[Outcome.PASS].id
        assert session.scalars(select(OutboxEvent)).one().state is DeliveryState.DELIVERED
        released = select(func.count()).select_from(HistoryEntry).where(HistoryEntry.event.in_(["passed", "failed"]))
        assert session.scalar(released) == 2
        states = sorted(enrolment.state for enrolment in session.scalars(select(Enrolment)))
        assert states == [EnrolmentState.ACTIVE, EnrolmentState.CERTIFIED]
        assert list(find_faults(session, SECRET)) == []
    assert len(set(body.offered)) == 1


@pytest.fixture
def body(monkeypatch):
    found = Body()
    monkeypatch.setattr("exam_engine.certificates.outbox.get_issuer", lambda _settings: found)
    return found


def _statements(database, action) -> int:
    with crashing(database, at=0) as said:
        action()
    return len(said)


def test_a_crash_anywhere_in_the_release_undoes_all_of_it(proposed, body):
    count = _statements(database := proposed(), lambda: _release(database))
    assert count > 15
    for at in range(1, count + 1):
        database = proposed()
        with crashing(database, at), pytest.raises(Crash):
            _release(database)
        database = _start_again(database)
        with database.read() as session:
            assert {result.state for result in session.scalars(select(Result))} == {ResultState.PROPOSED}, at
            assert session.scalars(select(OutboxEvent)).all() == [], at
        _release_again(database)
        body.offered.clear()
        assert drain_outbox(database, settings_of(database), lambda: AFTER) == 1
        _check_all_is_right(database, body)
        database.close()


def test_a_crash_anywhere_in_the_delivery_gives_one_certificate_in_the_end(proposed, body):
    _release(database := proposed())
    count = _statements(database, lambda: drain_outbox(database, settings_of(database), lambda: AFTER))
    assert count > 10
    offered = []
    for at in range(1, count + 1):
        database = proposed()
        _release(database)
        body.offered.clear()
        with crashing(database, at), pytest.raises(Crash):
            drain_outbox(database, settings_of(database), lambda: AFTER)
        database = _start_again(database)
        later = AFTER + CLAIM + timedelta(seconds=1)
        drain_outbox(database, settings_of(database), lambda later=later: later)
        _check_all_is_right(database, body)
        assert drain_outbox(database, settings_of(database), lambda later=later: later + CLAIM) == 0
        offered.append(len(body.offered))
        database.close()
    assert set(offered) == {1, 2}  # at least once: the crash after the body took it means a repeat under the same id


def test_releasing_twice_delivers_once(proposed, body):
    database = proposed()
    _release(database)
    _release_again(database)
    for _ in range(2):
        drain_outbox(database, settings_of(database), lambda: AFTER)
    _check_all_is_right(database, body)
    assert len(body.offered) == 1

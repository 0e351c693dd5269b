"""When storing fails nobody is told otherwise, and it goes on by itself afterwards."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url

from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery import decisions
from exam_engine.delivery.clerk import Clerk
from exam_engine.delivery.operations import Heartbeat, Outcome, score_nothing
from exam_engine.delivery.records import Answer, Attempt
from exam_engine.delivery.store import StorageError, open_store
from exam_engine.delivery.store_postgres import PostgresStore
from exam_engine.delivery.store_sqlite import SqliteStore
from exam_engine.delivery.tokens import Ticket
from exam_engine.records import Base
from tests.delivery.site import SECRET, Seeded, Site, TestClock, seed
from tests.delivery.test_devices import check_chain

STORES = (SqliteStore, PostgresStore)


def broken(error: Exception) -> Any:
    def fail(*_arguments: object) -> None:
        raise error

    return fail


def rows_of(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(select(Answer.seq).order_by(Answer.seq)))


@pytest.mark.parametrize("call", ["begin", "commit", "execute"])
def test_a_failing_disk_is_answered_503_and_the_next_save_is_stored(
    site: Site, seeded: Seeded, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    sitter = site.sit(seeded)
    sitter.save("q1", "A")

    with monkeypatch.context() as patch:
        for store in STORES:
            patch.setattr(store, call, broken(StorageError("disk I/O error")))
        failed = sitter.save("q1", "B")
        assert (failed.status, failed.json["code"]) == (503, "storage_unavailable")
        assert sitter.submit(1).status == 503
    assert rows_of(site.database) == [1]
    assert sitter.save_as(2, "q1", "B").json["results"][0]["state"] == "stored"
    assert rows_of(site.database) == [1, 2]
    check_chain(site.database)


def test_one_operation_that_fails_does_not_take_the_others_with_it(
    site: Site, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:

    attempts = [site.sit(seeded, which).attempt for which in (0, 1)]
    operations = [
        Heartbeat(Ticket(attempt, 1, 1, seeded.form), pending, site.clock().microsecond)
        for attempt in attempts
        for pending in (1, 666)
    ]
    decide = decisions._decide_heartbeat

    def stumble(batch: Any, operation: Heartbeat) -> Any:
        if operation.pending == 666:
            raise ValueError("a bug that only this one meets")
        return decide(batch, operation)

    monkeypatch.setattr(decisions, "_decide_heartbeat", stumble)
    clerk = Clerk(site.database, site.settings, site.clock, scorer=score_nothing)
    answers = clerk.answer(operations)
    clerk.close()
    assert [type(answer) for answer in answers] == [Outcome, Refusal, Outcome, Refusal]
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {"server_error"}
    with site.database.read() as session:
        assert session.scalars(select(Attempt.pending)).all() == [1, 1]


def test_a_receipt_number_that_is_taken_is_drawn_again(site: Site, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([b"\x01" * 16, b"\x01" * 16, b"\x02" * 16])
    monkeypatch.setattr("exam_engine.delivery.clerk.secrets.token_bytes", lambda _size: next(draws))
    other = Site(site.database, site.settings.data_dir, site.clock)
    numbers = {other.sit(seeded, which).submit(0).json["receipt"]["number"] for which in (0, 1)}
    other.close()
    assert len(numbers) == 2


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 2 MB, mounted where that is allowed."""
    folder = Path(tempfile.mkdtemp(prefix="exam-engine-small-"))
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    ):
        folder.rmdir()
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_never_says_stored_and_recovers_alone(small_disk: Path, clock: TestClock) -> None:
    database = Database(f"sqlite:///{small_disk / 'exam.db'}", SECRET)
    Base.metadata.create_all(database.engine)
    seeded = seed(database, 1)
    site = Site(database, small_disk, clock)
    sitter = site.sit(seeded)
    sitter.save("q3", "x")
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"0" * 4096)
        except OSError:
            pass
    acknowledged, replies = {1}, []
    for _ in range(60):
        reply = sitter.save("q3", "y" * 900)
        replies.append(reply.status)
        if reply.status == 200:
            acknowledged.add(sitter.seq)
    assert replies[-1] == 503
    assert set(replies) <= {200, 503}
    assert acknowledged == set(rows_of(database))
    ballast.unlink()
    assert sitter.save("q3", "z").json["results"][0]["state"] == "stored"
    assert site.start(seeded).json["answers"]["q3"]["response"] == "z"
    check_chain(database)
    site.close()
    database.close()


@pytest.mark.postgres
def test_a_lost_connection_is_answered_503_and_made_anew(postgres_database: Database, tmp_path: Path, clock: TestClock) -> None:
    seeded = seed(postgres_database, 1)
    site = Site(postgres_database, tmp_path, clock)
    sitter = site.sit(seeded)
    with postgres_database.write() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    statuses = [sitter.save_as(1, "q1", "A").status for _ in range(2)]
    assert statuses == [503, 200]
    site.close()


@pytest.mark.postgres
def test_a_warning_that_the_standby_may_not_have_it_is_no_acknowledgement(
    postgres_database: Database, tmp_path: Path, clock: TestClock
) -> None:
    seeded = seed(postgres_database, 1)
    site = Site(postgres_database, tmp_path, clock)
    sitter = site.sit(seeded)
    store = site.writer._clerk._store
    assert isinstance(store, PostgresStore)
    execute = store.execute

    def warn(statement: str, rows: Any) -> Any:
        answer = execute(statement, rows)
        store._connection.execute("DO $$ BEGIN RAISE WARNING 'might not have been replicated'; END $$")
        return answer

    store.execute = warn  # type: ignore[method-assign]
    assert sitter.save("q1", "A").status == 503
    store.execute = execute  # type: ignore[method-assign]
    assert sitter.save_as(1, "q1", "A").json["results"][0]["state"] == "duplicate"
    site.close()


def test_both_databases_are_told_to_keep_what_they_commit(database: Database) -> None:

    store = open_store(database)
    store.begin()
    if isinstance(store, SqliteStore):
        connection: sqlite3.Connection = store._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    elif isinstance(store, PostgresStore):
        server: psycopg.Connection[Any] = store._connection
        assert server.execute("SHOW synchronous_commit").fetchone() == ("on",)
    store.rollback()
    store.close()


@pytest.mark.postgres
def test_a_server_that_was_set_to_forget_is_not_obeyed(postgres_database: Database) -> None:
    url = make_url(postgres_database.url)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {url.database} SET synchronous_commit = off"))
    admin.dispose()
    test_both_databases_are_told_to_keep_what_they_commit(postgres_database)

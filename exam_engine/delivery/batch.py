"""One transaction of the writer: read what the operations speak of, once; decide in memory; write what has changed, once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from exam_engine.core import audit
from exam_engine.core.canonical import canonical_json
from exam_engine.core.clock import from_ms
from exam_engine.delivery import rules, statements
from exam_engine.delivery.forms import Forms
from exam_engine.delivery.operations import (
    ClosedAttempt,
    ClosingFacts,
    MoveFacts,
    PaperFacts,
    Run,
    Scorer,
    SentSave,
    SessionFacts,
)
from exam_engine.delivery.records import AttemptState
from exam_engine.delivery.rules import Step, Window
from exam_engine.delivery.store import Row, Store
from exam_engine.sittings.records import BookingState, SittingState

Newest = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every batch works with: the site's secret and grace, its forms, who marks, and where chance comes from."""

    secret: bytes
    grace_ms: int
    forms: Forms
    scorer: Scorer
    draw: Callable[[int], bytes]


class Batch:
    """What is known of the attempts in hand, and what is to be written about them."""

    def __init__(self, store: Store, desk: Desk, now_ms: int) -> None:
        self.store, self.desk, self.now_ms = store, desk, now_ms
        self.runs: dict[int, Run] = {}
        self.run_of_paper: dict[int, Run] = {}
        self.sessions: Mapping[str, SessionFacts] = {}
        self.papers: Mapping[int, PaperFacts] = {}
        self.known: dict[tuple[int, int], tuple[str, int]] = {}  # digest and time by (attempt, seq)
        self.newest: dict[int, Newest] = {}
        self.closings: Mapping[int, ClosingFacts] = {}
        self.moves: dict[tuple[int, str], MoveFacts] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.attempt_of_paper: dict[int, int] = {}
        self.created: dict[int, int] = {}  # by candidate paper, like the one above
        self.changed: set[int] = set()
        self.ended: list[int] = []
        self.answers: list[Row] = []
        self.set_aside: list[Row] = []
        self.time_entries: list[Row] = []
        self.moves_asked: list[Row] = []
        self.moves_done: list[Row] = []
        self.events: list[audit.Event] = []

    # Reading

    def read_admission(self, session_hashes: Sequence[str], papers: Sequence[int]) -> None:
        """Load who asks and what they ask for."""
        sessions = self.store.query(statements.SESSIONS, session_hashes)
        self.sessions = {row[0]: SessionFacts(row[1], row[2]) for row in sessions}
        self.papers = {row[0]: _paper_facts(row) for row in self.store.query(statements.PAPERS, papers)}

    def find_attempts(self, papers: Sequence[int]) -> dict[int, int]:
        """Attempts by candidate paper, not locked."""
        return {row[0]: row[1] for row in self.store.query(statements.ATTEMPTS_OF_PAPERS, papers)}

    def insert_attempts(self, rows: Sequence[Row]) -> dict[int, int]:
        """Add attempts; those that another process has just added are left out of the answer."""
        return {row[0]: row[1] for row in self.store.execute(statements.INSERT_ATTEMPTS, rows)}

    def lock_runs(self, attempts: Iterable[int]) -> None:
        """Lock the rows of all attempts in hand, in the order of their numbers."""
        for row in self.store.query(statements.RUNS, sorted(attempts)):
            run = Run(row[0], row[1], AttemptState(row[2]), *row[3:])
            self.runs[run.id] = self.run_of_paper[run.paper] = run
        if talked_to := [run.id for run in self.runs.values() if run.newest_message]:
            for attempt, number, kind, minutes, text, at in self.store.query(statements.MESSAGES, talked_to):
                message = {"id": number, "kind": kind, "at_ms": at, "minutes": minutes, "text": text and orjson.loads(text)}
                self.messages.setdefault(attempt, []).append(message)

    def read_known(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Load digests that are stored under these (attempt, seq)."""
        for attempt, seq, digest, received in self.store.query(statements.KNOWN_ANSWERS, pairs):
            self.known[attempt, seq] = digest, received

    def read_newest(self, attempts: Sequence[int]) -> None:
        """Load the newest save of each slot."""
        found: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
        for attempt, slot, seq, response in self.store.query(statements.NEWEST_ANSWERS, attempts):
            found[attempt].append((slot, seq, response))
        self.newest = {attempt: rules.fold_newest(found[attempt]) for attempt in attempts}

    def read_closings(self, attempts: Sequence[int]) -> None:
        """Load what ending these attempts needs; their forms' keys stay as they are until the commit."""
        self.closings = {row[0]: ClosingFacts(*row[1:]) for row in self.store.query(statements.CLOSINGS, attempts)}

    def read_moves(self, attempts: Sequence[int]) -> None:
        """Load the requests of other devices."""
        for attempt, device, code, approved, decided in self.store.query(statements.MOVES, attempts):
            self.moves[attempt, device] = MoveFacts(code, None if approved is None else bool(approved), decided)

    def read_arrived(self, attempt: int) -> list[int]:
        """Numbers of all saves that reached the centre, those of this batch among them."""
        arrived = [row[0] for row in self.store.query(statements.ARRIVED, [attempt])]
        arrived += [row[1] for row in self.set_aside if row[0] == attempt and row[5] == "wrong_shape"]
        return arrived + [seq for owner, seq in self.known if owner == attempt]

    # Deciding

    def messages_of(self, run: Run) -> list[dict[str, Any]]:
        """What the player is told with its next reply."""
        return self.messages.get(run.id, [])

    def touch(self, run: Run, at_ms: int) -> None:
        """The device was heard."""
        run.seen_ms = max(run.seen_ms, at_ms)
        self.changed.add(run.id)

    def add_answer(self, run: Run, save: SentSave, at_ms: int) -> None:
        """Append an answer to the attempt and to its chain."""
        run.answer_count += 1
        run.last_seq = max(run.last_seq, save.seq)
        run.head = rules.link(run.head, save.digest)
        self.known[run.id, save.seq] = save.digest, at_ms
        self.answers.append(
            (run.id, save.seq, save.slot, save.response, save.digest, run.head, run.answer_count, at_ms, save.device_ms)
        )
        if (newest := self.newest.get(run.id)) is not None:
            self.newest[run.id] = rules.fold_newest([(save.slot, save.seq, save.response)], newest)

    def keep_aside(self, run: Run, save: SentSave, reason: str, at_ms: int) -> None:
        """Keep what cannot be accepted for a person to look at; what the screen knows is not worth keeping."""
        if save.slot != rules.VIEW_SLOT:
            self.set_aside.append((run.id, save.seq, save.slot, save.response, save.digest, reason, at_ms))

    def end(self, run: Run, step: Step, at_ms: int, actor: str, **data: Any) -> None:
        """End an attempt: final state, receipt, audit entry; it is marked when the batch is written."""
        run.state = rules.next_state(run.state, step)
        run.submitted_ms, run.paused_ms = at_ms, None
        run.receipt = rules.receipt_number(self.desk.draw(16))
        run.answered = rules.count_answered(self.newest[run.id])
        self.changed.add(run.id)
        self.ended.append(run.id)
        self.note(
            actor, f"attempt.{run.state.value}", run,
            receipt=run.receipt, head=run.head, answers=run.answer_count, answered=run.answered, last_seq=run.last_seq, **data,
        )  # fmt: skip

    def receipt_of(self, run: Run, form: int) -> dict[str, Any]:
        """The receipt of an attempt that has ended."""
        return {
            "number": run.receipt,
            "at_ms": run.submitted_ms,
            "answered": run.answered,
            "count": len(self.desk.forms.get(form).slots),
            "digest": run.head,
            "url": f"/attempts/{run.id}/receipt",
        }

    # Writing

    def note(self, actor: str, action: str, run: Run, **data: Any) -> None:
        """Put a change of an attempt on record."""
        self.events.append(audit.Event(actor, action, f"attempt:{run.id}", data))

    def write(self) -> None:
        """Write everything that was decided."""
        self._write_rows(statements.INSERT_ANSWERS, self.answers)
        self._write_rows(statements.INSERT_SET_ASIDE, self.set_aside)
        self._write_rows(statements.INSERT_TIME, self.time_entries)
        self._write_rows(statements.PUT_MOVES, self.moves_asked)
        self._write_rows(statements.DELETE_MOVES, self.moves_done)
        self._write_rows(statements.UPDATE_RUNS, [_run_row(self.runs[attempt]) for attempt in sorted(self.changed)])
        if self.ended:
            self._write_scores()
        if self.events:
            self._write_audit()

    def _write_rows(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            self.store.execute(statement, rows)

    def _write_scores(self) -> None:
        scored = self.desk.scorer([self._closed(attempt) for attempt in self.ended])
        if scored.scores:
            self.store.execute_many(statements.INSERT_SCORES, [(*row, self.now_ms) for row in scored.scores])
        self._write_rows(statements.INSERT_SCRIPTS, scored.scripts)

    def _closed(self, attempt: int) -> ClosedAttempt:
        facts = self.closings[attempt]
        form = self.desk.forms.get(facts.form, facts.key_version)
        return ClosedAttempt(attempt, form, {slot: response for slot, (_, response) in self.newest[attempt].items()})

    def _write_audit(self) -> None:
        """Add to the chain what `core.audit.append_events` would add, as one statement."""
        seq, digest = next(iter(self.store.query(statements.AUDIT_HEAD, [1])), (0, audit.GENESIS))
        rows = []
        for event in self.events:
            texts = (event.actor, event.action, event.subject, canonical_json(event.data))
            previous, seq = digest, seq + 1
            digest = audit.link_digest(previous, seq, from_ms(self.now_ms), texts)
            rows.append((seq, self.now_ms, *texts, previous, digest))
        self.store.execute(statements.INSERT_AUDIT, rows)
        seal = audit.seal_head(self.desk.secret, seq, digest)
        self.store.execute(statements.PUT_AUDIT_HEAD, [(seq, digest, seal)])


def _paper_facts(row: Row) -> PaperFacts:
    paper, form, order, percent, minutes, opens, closes, state, booking, user, login = row
    window = Window(opens, closes, state == SittingState.CLOSED or booking != BookingState.OPEN)
    return PaperFacts(paper, form, order, percent, minutes, window, user, login)


def _run_row(run: Run) -> Row:
    return (
        run.id, run.state, run.submitted_ms, run.paused_ms, run.receipt, run.turn, run.device, run.seen_ms,
        run.pending, run.last_seq, run.answer_count, run.head, run.answered,
    )  # fmt: skip

"""What becomes of each operation: decided by the rules, on rows that are locked, in order of arrival."""

from collections.abc import Sequence
from typing import Final

from exam_engine.core.errors import Refusal
from exam_engine.delivery import admission, rules
from exam_engine.delivery.batch import Batch, Desk
from exam_engine.delivery.operations import (
    Close,
    Heartbeat,
    Operation,
    Outcome,
    Run,
    Save,
    SaveResult,
    SentSave,
    Start,
    Submit,
)
from exam_engine.delivery.records import AttemptState
from exam_engine.delivery.rules import Step, Verdict
from exam_engine.delivery.store import Store

Answer = Outcome | Refusal

SERVER: Final = "server"

_REASONS: Final = {
    Verdict.LATE: ("too_late", "It was kept aside for a person."),
    Verdict.CONFLICT: ("sequence_taken", "Another answer holds this number."),
}


def carry_out(store: Store, desk: Desk, now_ms: int, operations: Sequence[Operation]) -> list[Answer]:
    """Decide and write all `operations` in the transaction that `store` has begun; the caller commits.

    Returns
    -------
    list
        An outcome or a refusal for each operation, in order. They may be told only after the commit.
    """
    batch = Batch(store, desk, now_ms)
    refused = _gather(batch, operations)
    answers = [refused.get(place) or _decide(batch, operation) for place, operation in enumerate(operations)]
    batch.write()
    return answers


def _decide(batch: Batch, operation: Operation) -> Answer:
    if isinstance(operation, Save):
        return _decide_save(batch, operation)
    if isinstance(operation, Heartbeat):
        return _decide_heartbeat(batch, operation)
    if isinstance(operation, Start):
        return admission.decide_start(batch, operation)
    if isinstance(operation, Submit):
        return _decide_submit(batch, operation)
    return _decide_close(batch, operation)


def _gather(batch: Batch, operations: Sequence[Operation]) -> dict[int, Refusal]:
    """Read everything the operations speak of; what is refused already, by place."""
    starts: dict[int, Start] = {}
    attempts: set[int] = set()
    ending: set[int] = set()
    for place, operation in enumerate(operations):
        if isinstance(operation, Start):
            starts[place] = operation
        elif isinstance(operation, Close):
            ending.add(operation.attempt)
        else:
            (ending if isinstance(operation, Submit) else attempts).add(operation.ticket.attempt)
    refused = admission.admit(batch, starts) if starts else {}
    resumed = set(batch.attempt_of_paper.values())
    batch.lock_runs(attempts | ending | resumed)
    admission.open_books(batch)
    _gather_details(batch, operations, ending & batch.runs.keys(), resumed - set(batch.created.values()))
    return refused


def _gather_details(batch: Batch, operations: Sequence[Operation], ending: set[int], resumed: set[int]) -> None:
    pairs = [
        (operation.ticket.attempt, save.seq)
        for operation in operations
        if isinstance(operation, Save) and (run := batch.runs.get(operation.ticket.attempt))
        for save in operation.saves
        if save.seq <= run.last_seq
    ]
    if pairs:
        batch.read_known(pairs)
    if ending or resumed:
        batch.read_newest(sorted(ending | resumed))
    if ending:
        batch.read_closings(sorted(ending))
    if resumed:
        batch.read_moves(sorted(resumed))


def _decide_save(batch: Batch, operation: Save) -> Answer:
    run = batch.runs.get(operation.ticket.attempt)
    if run is None:
        return Refusal("bad_token")
    if run.turn != operation.ticket.turn:
        _keep_aside(batch, run, operation, "moved")
        return Refusal("session_moved")
    if run.state is AttemptState.SUBMITTED:
        _keep_aside(batch, run, operation, "handed_in")
        return Refusal("handed_in", receipt=batch.receipt_of(run, operation.ticket.form))
    if run.state is AttemptState.PAUSED:
        return Refusal("paused")
    in_time = run.state is AttemptState.OPEN and rules.may_accept(operation.at_ms, run.deadline_ms, batch.desk.grace_ms)
    results = [_decide_one(batch, run, save, operation.at_ms, in_time=in_time) for save in operation.saves]
    if run.state is AttemptState.OPEN:
        batch.touch(run, operation.at_ms)
    return Outcome(run, batch.messages_of(run), results)


def _decide_one(batch: Batch, run: Run, save: SentSave, at_ms: int, *, in_time: bool) -> SaveResult:
    if save.refusal is not None:
        if save.refusal[0] == "wrong_shape":
            batch.keep_aside(run, save, "wrong_shape", at_ms)
        return SaveResult(save.seq, save.slot, Verdict.REFUSED, save.digest, refusal=save.refusal)
    known = batch.known.get((run.id, save.seq))
    verdict = rules.judge_save(save.digest, known and known[0], in_time=in_time)
    if verdict is Verdict.DUPLICATE and known is not None:
        return SaveResult(save.seq, save.slot, verdict, save.digest, known[1])
    if verdict is Verdict.STORED:
        batch.add_answer(run, save, at_ms)
        return SaveResult(save.seq, save.slot, verdict, save.digest, at_ms)
    if verdict is Verdict.LATE:
        batch.keep_aside(run, save, "late", at_ms)
    return SaveResult(save.seq, save.slot, verdict, save.digest, refusal=_REASONS[verdict])


def _keep_aside(batch: Batch, run: Run, operation: Save, reason: str) -> None:
    """Keep saves that came too late or from a device that lost its turn, except those that were stored before."""
    for save in operation.saves:
        known = batch.known.get((run.id, save.seq))
        if save.refusal is None and (known is None or known[0] != save.digest):
            batch.keep_aside(run, save, reason, operation.at_ms)


def _decide_heartbeat(batch: Batch, operation: Heartbeat) -> Answer:
    run = batch.runs.get(operation.ticket.attempt)
    if run is None:
        return Refusal("bad_token")
    if run.turn != operation.ticket.turn:
        return Refusal("session_moved")
    if not rules.has_ended(run.state):
        run.pending = operation.pending
        batch.touch(run, operation.at_ms)
    return Outcome(run, batch.messages_of(run))


def _decide_submit(batch: Batch, operation: Submit) -> Answer:
    run = batch.runs.get(operation.ticket.attempt)
    if run is None:
        return Refusal("bad_token")
    if run.turn != operation.ticket.turn:
        return Refusal("session_moved")
    if run.state is AttemptState.PAUSED:
        return Refusal("paused")
    if not rules.has_ended(run.state):
        in_time = rules.may_accept(operation.at_ms, run.deadline_ms, batch.desk.grace_ms)
        # After the deadline nothing more can arrive, so there is nothing to wait for.
        if in_time and (missing := _find_missing(batch, run, operation.last_seq)):
            return Refusal("answers_missing", missing=missing)
        login = batch.closings[run.id].login
        batch.end(run, Step.SUBMIT if in_time else Step.CLOSE, operation.at_ms, login, device_head=operation.head)
    return Outcome(run, batch.messages_of(run), receipt=batch.receipt_of(run, operation.ticket.form))


def _find_missing(batch: Batch, run: Run, last_seq: int) -> list[int]:
    if run.answer_count == run.last_seq >= last_seq:
        return []  # as many saves as numbers: no gap
    return rules.find_missing(last_seq, batch.read_arrived(run.id))


def _decide_close(batch: Batch, operation: Close) -> Answer:
    run = batch.runs.get(operation.attempt)
    if run is None:
        return Refusal("not_found")
    if run.state is not AttemptState.OPEN or rules.may_accept(operation.at_ms, run.deadline_ms, batch.desk.grace_ms):
        return Refusal("wrong_state", state=run.state.value)
    batch.end(run, Step.CLOSE, operation.at_ms, SERVER)
    return Outcome(run, [], receipt=batch.receipt_of(run, batch.closings[run.id].form))

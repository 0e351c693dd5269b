"""Starting and resuming: who may, the attempt and its ledger, and which device holds it."""

from collections.abc import Mapping
from typing import Final

from exam_engine.core.errors import Refusal
from exam_engine.delivery import rules
from exam_engine.delivery.batch import Batch
from exam_engine.delivery.operations import MoveFacts, Outcome, PaperFacts, Run, Start
from exam_engine.delivery.records import TimeKind

SYSTEM: Final = "system"


def admit(batch: Batch, starts: Mapping[int, Start]) -> dict[int, Refusal]:
    """Refuse those who may not start, by place, and make sure that everyone else has an attempt.

    The attempt is inserted before anything is locked and at most once: the unique candidate paper decides between
    processes, and whoever comes second finds the first one's attempt.
    """
    batch.read_admission(
        sorted({start.session_hash for start in starts.values()}), sorted({start.paper for start in starts.values()})
    )
    refused: dict[int, Refusal] = {}
    admitted: dict[int, Start] = {}
    for place, start in starts.items():
        refusal = _check_person(batch, start)
        if refusal is None:
            admitted[place] = start
        else:
            refused[place] = refusal
    batch.attempt_of_paper = batch.find_attempts(sorted({start.paper for start in admitted.values()}))
    first: dict[int, Start] = {}
    for place, start in admitted.items():
        if start.paper in batch.attempt_of_paper:
            continue
        refusal = _check_window(batch, start)
        if refusal is None:
            first.setdefault(start.paper, start)
        else:
            refused[place] = refusal
    if first:
        _create(batch, first)
    return refused


def _check_person(batch: Batch, start: Start) -> Refusal | None:
    person = batch.sessions.get(start.session_hash)
    if person is None or person.expires_ms <= start.at_ms:
        return Refusal("not_signed_in")
    paper = batch.papers.get(start.paper)
    if paper is None:
        return Refusal("unknown_paper")
    return None if paper.user == person.user else Refusal("not_yours")


def _check_window(batch: Batch, start: Start) -> Refusal | None:
    try:
        rules.check_start(batch.papers[start.paper].window, start.at_ms, declared=start.declared)
    except Refusal as refusal:
        return refusal
    return None


def _create(batch: Batch, first: Mapping[int, Start]) -> None:
    rows = []
    for number, start in sorted(first.items()):
        ledger = _ledger(batch.papers[number])
        deadline = rules.deadline_of(start.at_ms, (duration for _, duration in ledger))
        rows.append((number, start.at_ms, deadline, start.device, rules.first_link(number)))
    batch.created = batch.insert_attempts(rows)
    batch.attempt_of_paper |= batch.created
    overtaken = [number for number in first if number not in batch.created]
    if overtaken:
        batch.attempt_of_paper |= batch.find_attempts(overtaken)


def _ledger(paper: PaperFacts) -> list[tuple[TimeKind, int]]:
    return rules.allowance(paper.minutes, paper.time_percent)


def open_books(batch: Batch) -> None:
    """Write the ledger and the audit entry of every attempt that this batch has created; the rows are locked by now."""
    for number in batch.created:
        run, paper = batch.run_of_paper[number], batch.papers[number]
        for kind, duration in _ledger(paper):
            batch.time_entries.append((run.id, kind, duration, "", SYSTEM, run.started_ms))
        batch.note(
            paper.login, "attempt.started", run,
            candidate_paper=number, form=paper.form, device=run.device,
            started_ms=run.started_ms, deadline_ms=run.deadline_ms, head=run.head,
        )  # fmt: skip


def decide_start(batch: Batch, start: Start) -> Outcome | Refusal:
    """Resume the attempt on this device, or say why not."""
    run, paper = batch.run_of_paper[batch.papers[start.paper].id], batch.papers[start.paper]
    if rules.has_ended(run.state):
        return Refusal("already_handed_in", receipt=batch.receipt_of(run, paper.form))
    if start.device != run.device:
        asked = batch.moves.get((run.id, start.device))
        approved = asked is not None and asked.approved is True
        if not rules.may_take_over(start.device, run.device, run.seen_ms, start.at_ms, approved=approved):
            return _ask_to_move(batch, run, start, asked)
        _move(batch, run, start, paper, approved=approved)
    batch.touch(run, start.at_ms)
    return Outcome(run, batch.messages_of(run), paper=paper, newest=batch.newest.get(run.id, {}))


def _move(batch: Batch, run: Run, start: Start, paper: PaperFacts, *, approved: bool) -> None:
    """Give the exam to another device; the token of the earlier one is worth nothing from here on."""
    reason = "approved" if approved else "silent"
    run.turn += 1
    batch.note(
        paper.login, "attempt.moved", run,
        before=run.device, after=start.device, turn=run.turn, reason=reason, head=run.head, answers=run.answer_count,
    )  # fmt: skip
    run.device = start.device
    if batch.moves.pop((run.id, start.device), None):
        # An approval is good for one move.
        batch.moves_done.append((run.id, start.device))


def _ask_to_move(batch: Batch, run: Run, start: Start, asked: MoveFacts | None) -> Refusal:
    """The code to tell the invigilator: the one asked for before, or a new one when nobody has asked or the denial is old."""
    denied = asked is not None and asked.approved is False
    if asked is None or (denied and start.at_ms - (asked.decided_ms or 0) >= rules.DENIAL_MS):
        asked, denied = MoveFacts(rules.move_code(batch.desk.draw(8)), None, None), False
        batch.moves[run.id, start.device] = asked
        batch.moves_asked.append((run.id, start.device, asked.code, start.at_ms))
    return Refusal("open_elsewhere", request=asked.code, denied=denied)

"""What the player is answered: documents of docs/player-api.md, put together from what was committed."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from exam_engine.core.errors import Refusal
from exam_engine.delivery import rules
from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.operations import Outcome, SaveResult
from exam_engine.delivery.rules import Verdict

HEARTBEAT_S: Final = 20

Document = dict[str, Any]


def started(outcome: Outcome, order: str, token: str, form: FormFacts, times: tuple[int, int]) -> Document:
    """Everything the player needs. The form's and the candidate's documents go in as the text they are kept as.

    `times` are now and the grace, in ms.
    """
    run, (now_ms, grace_ms) = outcome.run, times
    answers = {
        slot: {"response": orjson.Fragment(response), "seq": seq}
        for slot, (seq, response) in outcome.newest.items()
        if slot != rules.VIEW_SLOT
    }
    _, view = outcome.newest.get(rules.VIEW_SLOT, (0, "null"))
    return {
        "attempt": run.id,
        "token": token,
        "status": run.state.value,
        "now_ms": now_ms,
        "started_ms": run.started_ms,
        "deadline_ms": rules.running_deadline(run.deadline_ms, run.paused_ms, now_ms),
        "grace_s": grace_ms // 1000,
        "paper": form.paper,
        "order": orjson.Fragment(order),
        "form": orjson.Fragment(form.public),
        "answers": answers,
        "view": orjson.Fragment(view),
        "last_seq": run.last_seq,
        "head": run.head,
        "messages": outcome.messages,
        "heartbeat_s": HEARTBEAT_S,
        "links": {"receipt": f"/attempts/{run.id}/receipt", "home": "/"},
    }


def _state(outcome: Outcome, now_ms: int) -> Document:
    run = outcome.run
    return {
        "now_ms": now_ms,
        "deadline_ms": rules.running_deadline(run.deadline_ms, run.paused_ms, now_ms),
        "last_seq": run.last_seq,
        "messages": outcome.messages,
    }


def beaten(outcome: Outcome, now_ms: int) -> Document:
    """The answer to a heartbeat."""
    return {**_state(outcome, now_ms), "status": outcome.run.state.value}


def saved(outcome: Outcome, now_ms: int) -> Document:
    """The answer to saves.

    Raises
    ------
    Refusal
        When the only save of the request conflicts or is refused; it carries the same facts.
    """
    results = [_result(result) for result in outcome.results]
    document = {**_state(outcome, now_ms), "head": outcome.run.head, "results": results}
    if len(outcome.results) == 1 and outcome.results[0].verdict in (Verdict.CONFLICT, Verdict.REFUSED):
        code, detail = outcome.results[0].refusal or ("wrong_shape", "")
        raise Refusal(code, detail, **document)
    return {**document, "status": outcome.run.state.value}


def _result(result: SaveResult) -> Document:
    document: Document = {"seq": result.seq, "slot": result.slot, "state": result.verdict.value, "digest": result.digest}
    if result.stored_ms is not None:
        document["stored_ms"] = result.stored_ms
    if result.refusal is not None:
        document["code"], document["detail"] = result.refusal
    return document


def submitted(outcome: Outcome) -> Document:
    """The answer to a hand-in."""
    receipt: Mapping[str, Any] | None = outcome.receipt
    return {"status": outcome.run.state.value, "receipt": receipt}

"""What the writer is asked to do, and what it answers: plain data between the HTTP side, the decisions and the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exam_engine.delivery.forms import FormFacts
from exam_engine.delivery.records import AttemptState
from exam_engine.delivery.rules import Verdict, Window
from exam_engine.delivery.tokens import Ticket


@dataclass(slots=True)
class Run:
    """An attempt's row, locked by the transaction that decides on it. Instants are whole milliseconds."""

    id: int
    paper: int
    state: AttemptState
    started_ms: int
    deadline_ms: int
    paused_ms: int | None
    submitted_ms: int | None
    receipt: str | None
    turn: int
    device: str
    seen_ms: int
    pending: int
    last_seq: int
    answer_count: int
    head: str
    answered: int | None
    newest_message: int | None


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What a start needs to know of a candidate paper; `order` is JSON text."""

    id: int
    form: int
    order: str
    time_percent: int
    minutes: int
    window: Window
    user: int
    login: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Who a session cookie belongs to, and until when."""

    user: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A second device's request to hold the exam."""

    code: str
    approved: bool | None
    decided_ms: int | None


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What ending an attempt needs to know: its form, the key in force, and whose it is."""

    form: int
    key_version: int
    login: str


@dataclass(frozen=True, slots=True)
class Start:
    """Start or resume a candidate paper."""

    paper: int
    session_hash: str
    device: str
    declared: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class SentSave:
    """One save as it arrived; `response` is canonical JSON, `refusal` a code and a sentence when its shape is wrong."""

    slot: str
    seq: int
    response: str
    digest: str
    device_ms: int | None
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """Store answers."""

    ticket: Ticket
    saves: Sequence[SentSave]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The device is there, and has `pending` saves that are not at the centre yet."""

    ticket: Ticket
    pending: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand in; `last_seq` and `head` are what the device knows."""

    ticket: Ticket
    last_seq: int
    head: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Close:
    """End an attempt whose time is up, whether or not a browser is there."""

    attempt: int
    at_ms: int


Operation = Start | Save | Heartbeat | Submit | Close


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What became of one save."""

    seq: int
    slot: str
    verdict: Verdict
    digest: str
    stored_ms: int | None = None
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to an operation, given after the commit. `run` is the attempt as it was committed."""

    run: Run
    messages: list[dict[str, Any]]
    results: Sequence[SaveResult] = ()
    paper: PaperFacts | None = None
    newest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    receipt: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ClosedAttempt:
    """An attempt that has just ended, ready to be marked: responses by slot, as JSON text."""

    attempt: int
    form: FormFacts
    responses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows to be stored with the end of attempts.

    `scores` are (attempt, key version, vector of float64, marks); `scripts` are (attempt, slot, item, code, needs two markers).
    """

    scores: Sequence[tuple[int, int, bytes, str]] = ()
    scripts: Sequence[tuple[int, str, str, str, bool]] = ()


Scorer = Callable[[Sequence[ClosedAttempt]], Scored]
"""Marks attempts that have ended, a batch at a time. The marking stage provides it; delivery only stores what comes out."""


def score_nothing(closed: Sequence[ClosedAttempt]) -> Scored:  # noqa: ARG001  the signature of a Scorer
    """The scorer of a site that marks later."""
    return Scored()

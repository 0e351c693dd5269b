"""The rules of an attempt: its time, its states, which answer counts, what a receipt says. Instants are whole milliseconds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from exam_engine.core.canonical import sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.delivery.records import AttemptState, TimeKind

MINUTE_MS: Final = 60_000
SILENCE_MS: Final = 60_000
"""A device that has not been heard for this long may be replaced without asking anyone."""

DENIAL_MS: Final = 60_000
"""How long a refused move stays refused before the device may ask again."""

VIEW_SLOT: Final = "_view"
"""The slot that carries what the candidate's screen knows; it is never marked."""

EMPTY_RESPONSES: Final = ("null", '""', "[]", "{}")
"""Canonical texts that mean: not answered."""

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that cannot be taken for one another."""


# Time


def allowance(minutes: int, time_percent: int) -> list[tuple[TimeKind, int]]:
    """The first entries of an attempt's ledger: the paper's time, and what the accommodation adds to it."""
    allowed = minutes * MINUTE_MS
    extra = allowed * time_percent // 100 - allowed
    return [(TimeKind.ALLOWED, allowed)] + ([(TimeKind.ACCOMMODATION, extra)] if extra else [])


def deadline_of(started_ms: int, ledger: Iterable[int]) -> int:
    """Start plus everything in the ledger."""
    return started_ms + sum(ledger)


def running_deadline(deadline_ms: int, paused_ms: int | None, now_ms: int) -> int:
    """The deadline a player is told: while the exam is paused it moves along with the clock."""
    return deadline_ms if paused_ms is None else deadline_ms + max(0, now_ms - paused_ms)


def may_accept(now_ms: int, deadline_ms: int, grace_ms: int) -> bool:
    """Whether an answer that arrives now still counts: up to and including deadline plus grace."""
    return now_ms <= deadline_ms + grace_ms


def is_live(seen_ms: int, now_ms: int) -> bool:
    """Whether the device that holds the exam was heard within the last 60 seconds."""
    return now_ms - seen_ms < SILENCE_MS


# States


class Step(StrEnum):
    """What can happen to a running attempt."""

    PAUSE = "pause"
    RESUME = "resume"
    SUBMIT = "submit"
    CLOSE = "close"


TRANSITIONS: Final[Mapping[tuple[AttemptState, Step], AttemptState]] = {
    (AttemptState.OPEN, Step.PAUSE): AttemptState.PAUSED,
    (AttemptState.OPEN, Step.SUBMIT): AttemptState.SUBMITTED,
    (AttemptState.OPEN, Step.CLOSE): AttemptState.CLOSED,
    (AttemptState.PAUSED, Step.RESUME): AttemptState.OPEN,
    (AttemptState.PAUSED, Step.CLOSE): AttemptState.CLOSED,
}
"""The whole machine: what is not in the table cannot happen. Submitted and closed are final."""


def next_state(state: AttemptState, step: Step) -> AttemptState:
    """Where `step` leads.

    Raises
    ------
    Refusal
        `wrong_state` when the table has no such step.
    """
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise Refusal("wrong_state", f"An attempt that is {state} cannot {step}.", state=state.value) from None


def has_ended(state: AttemptState) -> bool:
    """Whether nothing is accepted any more."""
    return state in (AttemptState.SUBMITTED, AttemptState.CLOSED)


# Start


@dataclass(frozen=True, slots=True)
class Window:
    """When a sitting lets candidates start."""

    opens_ms: int
    closes_ms: int
    is_closed: bool


def check_start(window: Window, now_ms: int, *, declared: bool) -> None:
    """Refuse a first start before the sitting opens, after it closes, or without the declaration.

    Raises
    ------
    Refusal
        `not_open_yet`, `sitting_closed` or `declaration_needed`.
    """
    if now_ms < window.opens_ms:
        raise Refusal("not_open_yet", opens_ms=window.opens_ms)
    if window.is_closed or now_ms >= window.closes_ms:
        raise Refusal("sitting_closed", closes_ms=window.closes_ms)
    if not declared:
        raise Refusal("declaration_needed")


def may_take_over(device: str, holder: str, seen_ms: int, now_ms: int, *, approved: bool) -> bool:
    """Whether `device` may hold an exam that `holder` holds: the same one, an approved one, or one in place of a silent one."""
    return device == holder or approved or not is_live(seen_ms, now_ms)


# Answers


class Verdict(StrEnum):
    """What became of a save. Only stored and duplicate mean that it is at the centre."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    LATE = "late"
    REFUSED = "refused"


def judge_save(digest: str, known: str | None, *, in_time: bool) -> Verdict:
    """Decide one save; `known` is the digest that is already stored under its number, if any."""
    if known == digest:
        return Verdict.DUPLICATE
    if not in_time:
        return Verdict.LATE
    return Verdict.STORED if known is None else Verdict.CONFLICT


def save_digest(attempt: int, slot: str, seq: int, canonical: str) -> str:
    """Digest of one save, as the player computes it too (docs/player-api.md)."""
    return sha256_hex(str(attempt), slot, str(seq), canonical)


def first_link(candidate_paper: int) -> str:
    """Where the chain of an attempt's answers begins: a place no other attempt's chain begins at."""
    return sha256_hex("answers", str(candidate_paper))


def link(previous: str, digest: str) -> str:
    """The next link of an attempt's chain."""
    return sha256_hex(previous, digest)


def fold_newest(
    saves: Iterable[tuple[str, int, str]], before: Mapping[str, tuple[int, str]] | None = None
) -> dict[str, tuple[int, str]]:
    """The newest save of each slot, by number and not by arrival: (slot, seq, response) to {slot: (seq, response)}.

    `before` is what earlier saves were folded to.
    """
    newest = dict(before or {})
    for slot, seq, response in saves:
        if slot not in newest or newest[slot][0] < seq:
            newest[slot] = (seq, response)
    return newest


def count_answered(newest: Mapping[str, tuple[int, str]]) -> int:
    """How many slots hold an answer; a cleared one does not count, nor does the screen's own slot."""
    return sum(1 for slot, (_, response) in newest.items() if slot != VIEW_SLOT and response not in EMPTY_RESPONSES)


def find_missing(last_seq: int, arrived: Iterable[int], most: int = 200) -> list[int]:
    """Numbers from 1 to `last_seq` that have not arrived, the first `most` of them."""
    have, missing = set(arrived), []
    for seq in range(1, last_seq + 1):
        if seq not in have:
            missing.append(seq)
            if len(missing) == most:
                break
    return missing


# Numbers people read aloud


def spell(entropy: bytes, length: int) -> str:
    """`length` letters without look-alikes, drawn from `entropy`, which has to have at least `length` bytes."""
    number, letters = int.from_bytes(entropy), []
    for _ in range(length):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def receipt_number(entropy: bytes) -> str:
    """A receipt's number, such as `R-7K42-Q9XD`."""
    letters = spell(entropy, 8)
    return f"R-{letters[:4]}-{letters[4:]}"


def move_code(entropy: bytes) -> str:
    """The four digits a candidate tells the invigilator."""
    return f"{int.from_bytes(entropy) % 10_000:04d}"

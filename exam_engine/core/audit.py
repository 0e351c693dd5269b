"""The audit chain: who changed what, written in the same transaction as the change.

Each entry's digest covers the entry and the digest before it, so an edit, a deletion or a swap breaks the chain. The head
is sealed with the site's secret (HMAC-SHA-256): whoever shortens the chain in the database cannot seal the shorter one.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.clock import to_ms
from exam_engine.core.records import AuditEntry, AuditHead

GENESIS: Final = "0" * 64


@dataclass(frozen=True)
class Event:
    """One thing to put on record: `subject` is `kind:id`, `data` what changed."""

    actor: str
    action: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One fault of a chain: where it is and what does not hold."""

    place: str
    what: str


def link_digest(previous: str, seq: int, at: datetime, event: tuple[str, str, str, str]) -> str:
    """Digest of one entry; `event` is (actor, action, subject, data as canonical JSON)."""
    return sha256_hex(previous, str(seq), str(to_ms(at)), *event)


def seal_head(secret: bytes, seq: int, digest: str) -> str:
    """HMAC-SHA-256 of the head of the chain."""
    return hmac.digest(secret, f"audit\n{seq}\n{digest}".encode(), "sha256").hex()


def append_events(session: Session, events: Iterable[Event], now: datetime) -> None:
    """Add `events` to the chain, in order. The head row is locked, so chains never fork."""
    secret: bytes = session.info["secret"]
    head = _lock_head(session)
    for event in events:
        data = canonical_json(event.data)
        digest = link_digest(head.digest, head.seq + 1, now, (event.actor, event.action, event.subject, data))
        session.add(
            AuditEntry(
                seq=head.seq + 1,
                at=now,
                actor=event.actor,
                action=event.action,
                subject=event.subject,
                data=data,
                previous=head.digest,
                digest=digest,
            )
        )
        head.seq, head.digest = head.seq + 1, digest
    head.seal = seal_head(secret, head.seq, head.digest)
    session.flush()


def _lock_head(session: Session) -> AuditHead:
    """The head, locked; on a new site it is made first, by whichever writer comes first."""
    query = select(AuditHead).with_for_update()
    head = session.scalars(query).one_or_none()
    if head is None:
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        session.execute(insert(AuditHead).values(id=1, seq=0, digest=GENESIS, seal="").on_conflict_do_nothing())
        head = session.scalars(query).one()
    return head


def record(session: Session, actor: str, action: str, subject: str, now: datetime, **data: Any) -> None:
    """Put one change on record: `record(session, "mira", "item.approved", "item:17", now, version=2)`."""
    append_events(session, [Event(actor, action, subject, data)], now)


def find_faults(session: Session, secret: bytes) -> Iterator[Finding]:
    """Walk the whole chain and yield every fault: edited, missing or reordered entries, a shortened or forged end."""
    seq, digest = 0, GENESIS
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)):
        if entry.seq != seq + 1:
            yield Finding(f"entry {entry.seq}", f"entries {seq + 1} to {entry.seq - 1} are missing")
        elif entry.previous != digest:
            yield Finding(f"entry {entry.seq}", "does not follow from the entry before it")
        expected = link_digest(entry.previous, entry.seq, entry.at, (entry.actor, entry.action, entry.subject, entry.data))
        if entry.digest != expected:
            yield Finding(f"entry {entry.seq}", "was changed after it was written")
        seq, digest = entry.seq, entry.digest
    yield from _find_head_faults(session.get(AuditHead, 1), secret, seq, digest)


def _find_head_faults(head: AuditHead | None, secret: bytes, seq: int, digest: str) -> Iterator[Finding]:
    if head is None:
        if seq:
            yield Finding("head", "is missing")
        return
    if not hmac.compare_digest(head.seal, seal_head(secret, head.seq, head.digest)):
        yield Finding("head", "its seal is not this site's")
    if head.seq != seq:
        yield Finding("head", f"names entry {head.seq}, but the chain ends at {seq}")
    elif head.digest != digest:
        yield Finding("head", "does not name the digest of the last entry")

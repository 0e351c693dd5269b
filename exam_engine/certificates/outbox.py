"""Draining the outbox: each pass is offered to the issuer until it is taken, and acted on once.

An event is claimed by moving its next try ahead, in a transaction of its own; then the issuer is asked; then certificate and
delivery are written in one transaction. A crash between the last two means a repeat under the same event id, which the issuer
knows.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from exam_engine.certificates.actions import issue_certificate
from exam_engine.certificates.issuers import Issued, Issuer, IssuerUnavailable, get_issuer
from exam_engine.certificates.records import DeliveryState, OutboxEvent
from exam_engine.certificates.rules import next_wait
from exam_engine.core.clock import Clock
from exam_engine.core.config import Settings
from exam_engine.core.database import Database

log = structlog.get_logger()

CLAIM: Final = timedelta(seconds=60)
"""Longer than an issuer may take, so that two workers never offer the same event at once."""


def drain_outbox(database: Database, settings: Settings, clock: Clock) -> int:
    """Offer every event that is due to the issuer; how many were delivered."""
    with database.read() as session:
        due = list(session.scalars(_due(clock()).with_only_columns(OutboxEvent.id)))
    if not due:
        return 0
    issuer = get_issuer(settings)
    return sum(_deliver(database, issuer, event_id, clock) for event_id in due)


def _due(now: datetime) -> Select[tuple[OutboxEvent]]:
    return (
        select(OutboxEvent)
        .where(OutboxEvent.state == DeliveryState.WAITING, OutboxEvent.next_try_at <= now)
        .order_by(OutboxEvent.id)
    )


def _deliver(database: Database, issuer: Issuer, event_id: int, clock: Clock) -> int:
    event = _claim(database, event_id, clock())
    if event is None:
        return 0
    try:
        issued = issuer.issue(event.body, clock())
    except IssuerUnavailable as error:
        _postpone(database, event_id, str(error), clock())
        return 0
    try:
        _conclude(database, event_id, issued, clock())
    except IntegrityError:
        # One body's mistake must not hold back the passes behind it.
        _postpone(database, event_id, f"the issuer named a certificate that is there already: {issued.number}", clock())
        return 0
    return 1


def _claim(database: Database, event_id: int, now: datetime) -> OutboxEvent | None:
    with database.write() as session:
        event = session.scalars(_due(now).where(OutboxEvent.id == event_id).with_for_update(skip_locked=True)).one_or_none()
        if event is not None:
            event.tries += 1
            event.next_try_at = now + CLAIM
        return event


def _postpone(database: Database, event_id: int, why: str, now: datetime) -> None:
    with database.write() as session:
        event = _lock(session, event_id)
        event.last_error, event.next_try_at = why[:500], now + next_wait(event.tries)
    log.warning("pass not taken", outbox_event=event_id, why=why)


def _conclude(database: Database, event_id: int, issued: Issued, now: datetime) -> None:
    with database.write() as session:
        event = _lock(session, event_id)
        issue_certificate(session, event, issued, now)
        event.state, event.delivered_at, event.last_error = DeliveryState.DELIVERED, now, ""


def _lock(session: Session, event_id: int) -> OutboxEvent:
    return session.scalars(select(OutboxEvent).where(OutboxEvent.id == event_id).with_for_update()).one()

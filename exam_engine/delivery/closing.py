"""Ending attempts whose time is up, whether or not a browser is there."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from exam_engine.core.clock import Clock, to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.delivery.clerk import Clerk
from exam_engine.delivery.operations import Close, Scorer, score_nothing
from exam_engine.delivery.records import Attempt, AttemptState

MOST_AT_ONCE: Final = 100
"""Attempts closed in one transaction: a whole room may run out of time in the same second, and saves must not wait for it."""


def close_overdue(database: Database, settings: Settings, clock: Clock, *, scorer: Scorer = score_nothing) -> int:
    """Close every open attempt whose deadline and grace have passed, with receipt, marks and audit entry.

    The rules decide again on the locked row, so workers may run beside each other and beside candidates. A paused attempt
    has no deadline that could pass.

    Returns
    -------
    int
        How many attempts were closed.
    """
    now = clock()
    overdue = (
        select(Attempt.id)
        .where(
            Attempt.submitted_at.is_(None),
            Attempt.state == AttemptState.OPEN,
            Attempt.deadline_at < now - timedelta(seconds=settings.grace_s),
        )
        .order_by(Attempt.deadline_at)
    )
    with database.read() as session:
        attempts = session.scalars(overdue).all()
    if not attempts:
        return 0
    clerk, closed = Clerk(database, settings, clock, scorer=scorer), 0
    for first in range(0, len(attempts), MOST_AT_ONCE):
        answers = clerk.answer([Close(attempt, to_ms(now)) for attempt in attempts[first : first + MOST_AT_ONCE]])
        closed += sum(1 for answer in answers if not isinstance(answer, Refusal))
    clerk.close()
    return closed

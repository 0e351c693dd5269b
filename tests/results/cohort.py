"""Many candidates who sat a prepared sitting, put straight into the tables: who was right is what the test says."""

from datetime import timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from exam_engine.core.records import User
from exam_engine.delivery.records import Attempt, AttemptState
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState
from exam_engine.marking.records import AutoScore
from exam_engine.results.records import Outcome, Result, ResultState
from exam_engine.sittings.records import Booking, BookingState, CandidatePaper, Form, Sitting


def sit_and_release(session: Session, form: Form, right: NDArray[np.bool_], by: tuple[User, User]) -> None:
    """One candidate per row of `right` (candidates × slots of the form), booked, sat, marked and released."""
    paper = form.sitting_paper
    sitting = session.get_one(Sitting, paper.sitting_id)
    ids = _people(session, sitting, len(right))
    at, marks = sitting.opens_at, np.array([float(Fraction(slot["marks"])) for slot in form.slots])
    session.execute(
        insert(CandidatePaper),
        [
            {"id": one, "booking_id": one, "sitting_paper_id": paper.id, "form_id": form.id, "order": {"slots": []}}
            for one in ids
        ],
    )
    attempt = {
        "state": AttemptState.SUBMITTED, "started_at": at, "seen_at": at, "deadline_at": at + timedelta(hours=1),
        "submitted_at": at + timedelta(minutes=50), "device": "d", "head": "0" * 64, "answered": len(form.slots),
    }  # fmt: skip
    session.execute(
        insert(Attempt), [{**attempt, "id": one, "candidate_paper_id": one, "receipt": f"R-many-{one}"} for one in ids]
    )
    session.execute(
        insert(AutoScore),
        [
            {"attempt_id": one, "key_version": 1, "vector": (row * marks).tobytes(), "marks": "0", "marked_at": at}
            for one, row in zip(ids, right, strict=True)
        ],
    )
    result = {
        "state": ResultState.RELEASED, "outcome": Outcome.PASS, "total": "0", "decision": {}, "proposed_by_id": by[0].id,
        "proposed_at": at, "released_by_id": by[1].id, "released_at": at,
    }  # fmt: skip
    session.execute(insert(Result), [{**result, "booking_id": one} for one in ids])


def _people(session: Session, sitting: Sitting, count: int) -> range:
    """Users, candidates, enrolments and bookings that all have the same new numbers."""
    first = 1_000 + (session.scalar(select(func.max(Booking.id))) or 0)
    ids, at = range(first, first + count), sitting.opens_at
    user = {"password_hash": "no hash", "names": {"en": "Many"}, "roles": ["candidate"], "language": "en", "created_at": at}
    session.execute(insert(User), [{**user, "id": one, "login": f"many-{one}"} for one in ids])
    session.execute(insert(Candidate), [{"id": one, "user_id": one, "number": f"M-{one}"} for one in ids])
    enrolment = {"level": sitting.level, "scheme_version_id": sitting.scheme_version_id, "accepted_at": at}
    session.execute(
        insert(Enrolment),
        [{**enrolment, "id": one, "candidate_id": one, "state": EnrolmentState.CERTIFIED} for one in ids],
    )
    booking = {"sitting_id": sitting.id, "state": BookingState.FINISHED, "booked_at": at}
    session.execute(insert(Booking), [{**booking, "id": one, "enrolment_id": one, "seat": f"M{one}"} for one in ids])
    return ids

"""Registering candidates and accepting them for a level."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import User
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState


def register_candidate(session: Session, user: User, number: str, by: str, now: datetime) -> Candidate:
    """Make `user` a candidate known by `number`.

    Raises
    ------
    Refusal
        `already_there` when the person or the number is registered.
    """
    taken = select(func.count()).where((Candidate.number == number) | (Candidate.user_id == user.id))
    if session.scalar(taken):
        raise Refusal("already_there", f"candidate {number} or {user.login} is registered")
    candidate = Candidate(user_id=user.id, number=number, user=user)
    session.add(candidate)
    session.flush()
    audit.record(session, by, "candidate.registered", f"candidate:{candidate.id}", now, number=number)
    return candidate


def scheme_in_force(session: Session, now: datetime) -> SchemeVersion:
    """The newest scheme version that is in force at `now`.

    Raises
    ------
    Refusal
        `not_found` when the site has no scheme yet.
    """
    found = session.scalars(
        select(SchemeVersion)
        .where(SchemeVersion.effective_from <= now)
        .order_by(SchemeVersion.effective_from.desc(), SchemeVersion.id.desc())
    ).first()
    if found is None:
        raise Refusal("not_found", "no scheme is in force")
    return found


def accept_enrolment(session: Session, candidate: Candidate, level: str, by: str, now: datetime) -> Enrolment:
    """Accept `candidate` for `level` under the scheme in force now.

    Raises
    ------
    Refusal
        `unknown_level`, or `already_there` when the candidate is on the way to this level.
    """
    scheme = scheme_in_force(session, now)
    try:
        scheme.get_level(level)
    except KeyError:
        raise Refusal("unknown_level", f"{level!r} is not a level of scheme {scheme.scheme} {scheme.version}") from None
    active = select(Enrolment).where(
        Enrolment.candidate_id == candidate.id, Enrolment.level == level, Enrolment.state == EnrolmentState.ACTIVE
    )
    if session.scalars(active).first() is not None:
        raise Refusal("already_there", f"candidate {candidate.number} is already on the way to {level}")
    enrolment = Enrolment(
        candidate_id=candidate.id,
        candidate=candidate,
        level=level,
        scheme_version_id=scheme.id,
        scheme_version=scheme,
        state=EnrolmentState.ACTIVE,
        accepted_at=now,
    )
    session.add(enrolment)
    session.flush()
    audit.record(
        session,
        by,
        "enrolment.accepted",
        f"enrolment:{enrolment.id}",
        now,
        level=level,
        scheme=scheme.version,
        candidate=candidate.number,
    )
    return enrolment

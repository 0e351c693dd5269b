"""From a released pass to a certificate: the hook's listener, and the record of what was issued."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.certificates.issuers import Issued
from exam_engine.certificates.records import Certificate, CertificateState, DeliveryState, OutboxEvent
from exam_engine.certificates.rules import certificate_number, end_of, group_code, last_day, verification_code
from exam_engine.core import audit, hooks
from exam_engine.core.errors import Refusal
from exam_engine.enrolment.records import EnrolmentState
from exam_engine.results.records import Outcome, Result


def send_pass(session: Session, result: Result, now: datetime) -> None:
    """Put a released pass into the outbox, in the transaction of the release. Anything but a pass is not sent."""
    if result.outcome is not Outcome.PASS:
        return
    event_id = f"pass-{uuid.uuid4()}"
    session.add(
        OutboxEvent(
            event_id=event_id,
            result_id=result.id,
            body=outcome_event(result, event_id, now),
            state=DeliveryState.WAITING,
            next_try_at=now,
            created_at=now,
        )
    )
    session.flush()
    audit.record(session, "system", "pass.sent", f"result:{result.id}", now, event=event_id)


hooks.listen("result.released", send_pass)


def outcome_event(result: Result, event_id: str, now: datetime) -> dict[str, Any]:
    """The outcome event (`schemas/outcome-event.schema.json`) of a pass released at `now`."""
    enrolment = result.booking.enrolment
    scheme, candidate = enrolment.scheme_version, enrolment.candidate
    level = scheme.get_level(enrolment.level)
    standard, months = level["standard"], level["certificate"]["validity_months"]
    cut = {"cut": str(standard["cut"])} if "cut" in standard else {}
    return {
        "type": "certification.passed",
        "id": event_id,
        "at": now.isoformat(),
        "candidate": {"number": candidate.number, "names": candidate.user.names},
        "level": {"id": enrolment.level, "title": level["title"]},
        "scheme": {"id": scheme.scheme, "version": scheme.version},
        "outcome": {"total": result.total, **cut, "distinction": bool(result.decision.get("distinction"))},
        "valid_from": now.date().isoformat(),
        "valid_until": last_day(now.date(), months).isoformat(),
    }


def issue_certificate(session: Session, event: OutboxEvent, issued: Issued, now: datetime) -> Certificate:
    """Record the certificate for an event the issuer has taken; a second call for the same result gives the first one.

    The unique result in the database stands behind this.
    """
    existing = session.scalars(select(Certificate).where(Certificate.result_id == event.result_id)).one_or_none()
    if existing is not None:
        return existing
    body, result = event.body, session.get_one(Result, event.result_id)
    issued_at = datetime.fromisoformat(body["at"])
    number = issued.number or certificate_number(body["level"]["id"], issued_at.year, event.result_id)
    certificate = Certificate(
        result_id=event.result_id,
        number=number,
        verification=issued.verification or verification_code(session.info["secret"], number),
        state=CertificateState.VALID,
        document={name: body[name] for name in ("candidate", "level", "scheme", "outcome")},
        issued_at=issued_at,
        valid_until=end_of(date.fromisoformat(body["valid_until"])),
        result=result,
    )
    session.add(certificate)
    result.booking.enrolment.state = EnrolmentState.CERTIFIED
    session.flush()
    audit.record(
        session, "system", "certificate.issued", f"certificate:{number}", now, result=event.result_id, event=event.event_id
    )
    hooks.tell(session, "certificate.issued", certificate, now)
    return certificate


def find_certificate(session: Session, code: str) -> Certificate | None:
    """The certificate with this verification code or number, however the hyphens and letters are typed."""
    typed = {code.strip().upper(), group_code(code)}
    same = func.upper(Certificate.verification).in_(typed) | func.upper(Certificate.number).in_(typed)
    return session.scalars(select(Certificate).where(same).order_by(Certificate.id)).first()


def get_own_certificate(session: Session, number: str, user_id: int) -> Certificate:
    """A certificate of this person; `not_found` also for somebody else's, so that numbers cannot be tried out."""
    found = session.scalars(select(Certificate).where(Certificate.number == number)).one_or_none()
    if found is None or found.result.booking.enrolment.candidate.user_id != user_id:
        raise Refusal("not_found", f"you hold no certificate {number}")
    return found

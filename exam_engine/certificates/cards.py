"""What a certificate shows on a page: the holder's card, and what anyone who checks a code is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.certificates.records import Certificate
from exam_engine.certificates.rules import standing
from exam_engine.core.records import User
from exam_engine.core.words import pick
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.results.records import Result
from exam_engine.sittings.records import Booking


@dataclass(frozen=True)
class Card:
    """A certificate as a page shows it; `last_day` is the last instant of its validity, `qr` an SVG path of `side` modules."""

    number: str
    names: tuple[str, ...]
    level: Any
    issued_at: datetime
    last_day: datetime
    standing: str
    address: str
    qr: str
    side: int


def verification_address(site_url: str, certificate: Certificate) -> str:
    """Where anyone can check the certificate."""
    return f"{site_url}/verify/{certificate.verification}"


def last_day_of(certificate: Certificate) -> datetime:
    """An instant on the last day of validity, which is the same day wherever the site is: its noon in UTC."""
    return certificate.valid_until - timedelta(hours=12)


def card_of(certificate: Certificate, site_url: str, now: datetime) -> Card:
    """The holder's card."""
    document = certificate.document
    address = verification_address(site_url, certificate)
    path, side = draw_qr(address)
    return Card(
        number=certificate.number, names=both_names(document["candidate"]["names"]), level=document["level"]["title"],
        issued_at=certificate.issued_at, last_day=last_day_of(certificate),
        standing=standing(certificate.state.value, certificate.valid_until, now), address=address, qr=path, side=side,
    )  # fmt: skip


def both_names(names: Any) -> tuple[str, ...]:
    """A person's names in both scripts, once where they are the same."""
    return tuple(dict.fromkeys((pick(names, "en"), pick(names, "zh-CN"))))


def draw_qr(address: str) -> tuple[str, int]:
    """A QR code as one SVG path of unit squares, and the number of its modules a side."""
    rows = list(segno.make(address, error="m", micro=False).matrix)
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return "".join(squares), len(rows)


def find_card(session: Session, result_id: int, site_url: str, now: datetime) -> Card | None:
    """The card of the certificate issued for a result; None until it is."""
    found = session.scalars(select(Certificate).where(Certificate.result_id == result_id)).one_or_none()
    return card_of(found, site_url, now) if found else None


def list_own(session: Session, user: User) -> list[Certificate]:
    """The person's certificates, newest first."""
    query = (
        select(Certificate)
        .join(Result, Result.id == Certificate.result_id)
        .join(Booking, Booking.id == Result.booking_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Candidate, Candidate.id == Enrolment.candidate_id)
        .where(Candidate.user_id == user.id)
        .order_by(Certificate.issued_at.desc(), Certificate.id.desc())
    )
    return list(session.scalars(query))


def list_valid(session: Session, candidate_id: int, now: datetime) -> list[dict[str, Any]]:
    """The fact `candidate.certificates`: what a candidate holds and is valid at `now`, newest first."""
    candidate = session.get_one(Candidate, candidate_id)
    return [
        {"number": one.number, "level": one.document["level"]["title"], "valid_until": last_day_of(one)}
        for one in list_own(session, candidate.user)
        if standing(one.state.value, one.valid_until, now) == "valid"
    ]

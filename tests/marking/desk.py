"""A small marking desk: one practical with a written part and a files part, candidates who handed in, and markers."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.authoring.records import SchemeVersion
from exam_engine.core import audit
from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.database import Database
from exam_engine.core.records import AuditEntry, Role, User
from exam_engine.delivery.records import Answer, Attempt, AttemptState, StoredFile
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState
from exam_engine.marking.records import Script, ScriptState
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingKind, SittingPaper, SittingState
from exam_engine.training.records import TrainingRecord
from tests.conftest import NOW

RUBRIC: dict[str, Any] = {
    "criteria": [
        {
            "id": "cause",
            "title": {"en": "Most likely cause", "zh-CN": "最可能的原因"},
            "max": 3,
            "levels": [
                {"marks": 0, "title": {"en": "No cause", "zh-CN": "没有原因"}},
                {
                    "marks": "1.5",
                    "title": {"en": "The place", "zh-CN": "位置"},
                    "text": {"en": "without the reason", "zh-CN": "没有理由"},
                },
                {"marks": 3, "title": {"en": "The full chain", "zh-CN": "完整链条"}},
            ],
            "comments": [{"en": "Change not named", "zh-CN": "未写明变更"}],
        },
        {
            "id": "clarity",
            "title": {"en": "Clarity", "zh-CN": "清楚"},
            "max": 2,
            "levels": [{"marks": mark, "title": {"en": f"Level {mark}", "zh-CN": f"第 {mark} 级"}} for mark in (0, 1, 2)],
        },
    ],
    "model_answer": {"en": "The backup fills uplink 2.", "zh-CN": "备份占满了上行链路 2。"},
    "double": {"total_tolerance": 1, "criterion_tolerance": "0.5", "rounding": {"step": "0.5", "mode": "half_up"}},
}
CASE: dict[str, Any] = {
    "id": "case-1",
    "title": {"en": "Card payments", "zh-CN": "刷卡付款"},
    "scenario": {"en": "Shops open at 08:00.", "zh-CN": "8:00 开店。"},
    "exhibits": [
        {
            "id": "A",
            "kind": "table",
            "title": {"en": "Incidents", "zh-CN": "事件"},
            "columns": [{"title": "No."}, {"title": "Min", "align": "end"}],
            "rows": [["INC-1", "48"]],
        },
        {
            "id": "B",
            "kind": "thread",
            "title": {"en": "Mails", "zh-CN": "邮件"},
            "messages": [{"from": "Ana Ruiz", "to": "Service desk", "at": "09:12", "text": "The third morning."}],
        },
        {
            "id": "C",
            "kind": "relations",
            "title": {"en": "Relations", "zh-CN": "关系"},
            "nodes": [
                {"id": "gw", "title": "pos-gw-02", "x": 0, "y": 0, "state": "hurt"},
                {"id": "up", "title": "uplink 2", "text": "99 %", "x": 0, "y": 1},
            ],
            "edges": [{"from": "gw", "to": "up", "text": "uses", "shared": True}],
        },
        {
            "id": "D",
            "kind": "bars",
            "title": {"en": "Times", "zh-CN": "时间"},
            "unit": "min",
            "target": 60,
            "bars": [{"title": "INC-1", "text": "2 Nov", "value": 48}],
        },
        {
            "id": "E",
            "kind": "document",
            "title": {"en": "Agreement", "zh-CN": "协议"},
            "text": "Restored within **60** minutes.",
        },
    ],
    "tasks": [
        {
            "id": "t1",
            "title": {"en": "Describe", "zh-CN": "描述"},
            "parts": [
                {
                    "id": "a",
                    "type": "written",
                    "marks": 5,
                    "stem": {"en": "Write the problem statement", "zh-CN": "写出问题陈述"},
                    "words": {"min": 20, "max": 80},
                    "rubric": RUBRIC,
                },
                {
                    "id": "b",
                    "type": "files",
                    "marks": 5,
                    "stem": {"en": "Upload the change request", "zh-CN": "上传变更请求"},
                    "accept": ["pdf"],
                    "rubric": {"criteria": RUBRIC["criteria"]},
                },
            ],
        }
    ],
}
WRITTEN, FILES = "case-1/t1/a", "case-1/t1/b"
ANSWER = "Shops in the east cannot take cards.\n\nThe line is <b>full</b> until ten past eight."


@dataclass
class Desk:
    """Users by login and script codes by candidate number (`c1`, `c2`, …) for the written and the files part."""

    database: Database
    users: dict[str, User] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def script(self, session: Session, code: str) -> Script:
        return session.scalars(select(Script).where(Script.code == code)).one()

    def audited(self, code: str) -> list[str]:
        with self.database.read() as session:
            query = select(AuditEntry.action).where(AuditEntry.subject == f"script:{code}").order_by(AuditEntry.seq)
            return list(session.scalars(query))


STAFF = {
    "mia": [Role.MARKER],
    "noa": [Role.MARKER],
    "tom": [Role.MARKER, Role.TRAINER],
    "sen": [Role.SENIOR_MARKER],
    "sue": [Role.SENIOR_MARKER],
    "root": [Role.ADMINISTRATOR, Role.MARKER],
    "off": [Role.OFFICER],
}


def build_desk(database: Database, *, candidates: int = 1, double: bool = False) -> Desk:
    """Markers mia, noa and tom (who trained candidate c1), seniors sen and sue, an administrator, scripts of `candidates`."""
    desk = Desk(database)
    with database.write() as session:
        for login, roles in STAFF.items():
            desk.users[login] = _user(session, login, roles)
        paper, form = _sitting(session, desk.users["off"])
        for number in range(1, candidates + 1):
            _candidate(session, desk, paper, form, f"c{number}", double=double)
        audit.record(session, "system", "desk.built", "desk:1", NOW)  # the chain has a head before several write at once
    return desk


def _user(session: Session, login: str, roles: list[Role]) -> User:
    names = {"en": f"Secret {login.title()}", "zh-CN": f"秘密{login}"}
    user = User(login=login, password_hash="", names=names, roles=[role.value for role in roles], created_at=NOW)
    session.add(user)
    session.flush()
    return user


def _sitting(session: Session, officer: User) -> tuple[SittingPaper, Form]:
    scheme = SchemeVersion(scheme="itsm", version="1", document={"levels": []}, effective_from=NOW)
    session.add(scheme)
    session.flush()
    sitting = Sitting(
        level="intermediate",
        kind=SittingKind.REGULAR,
        state=SittingState.PREPARED,
        scheme_version_id=scheme.id,
        room={"en": "Room 3"},
        opens_at=NOW - timedelta(hours=2),
        closes_at=NOW,
        seed=1,
        created_by_id=officer.id,
    )
    paper = SittingPaper(sitting=sitting, code="practical", kind="practical", minutes=45, title={"en": "Practical"})
    items = {"t1/a": CASE["tasks"][0]["parts"][0], "t1/b": CASE["tasks"][0]["parts"][1]}
    marking = canonical_json({"items": items, "case": CASE})
    form = Form(sitting_paper=paper, number=1, slots=[], public="{}", marking=marking, digest=sha256_hex(marking))
    session.add_all([sitting, paper, form])
    session.flush()
    return paper, form


def _candidate(session: Session, desk: Desk, paper: SittingPaper, form: Form, number: str, *, double: bool) -> None:
    user = _user(session, f"cand-{number}", [Role.CANDIDATE])
    desk.users[number] = user
    desk.names += [*user.names.values(), f"N-{number}", user.login]
    candidate = Candidate(user_id=user.id, number=f"N-{number}")
    session.add(candidate)
    session.flush()
    enrolment = Enrolment(
        candidate_id=candidate.id,
        level="intermediate",
        scheme_version_id=paper.sitting.scheme_version_id,
        state=EnrolmentState.ACTIVE,
        accepted_at=NOW,
    )
    earlier = Enrolment(
        candidate_id=candidate.id,
        level="junior",
        scheme_version_id=paper.sitting.scheme_version_id,
        state=EnrolmentState.CERTIFIED,
        accepted_at=NOW,
    )
    session.add_all([enrolment, earlier])
    session.flush()
    if number == "c1":
        tom, officer = desk.users["tom"].id, desk.users["off"].id
        session.add(TrainingRecord(enrolment_id=earlier.id, completed_at=NOW, hours=8, trainer_id=tom, recorded_by_id=officer))
    booking = Booking(sitting_id=paper.sitting_id, enrolment_id=enrolment.id, seat=number, booked_at=NOW)
    session.add(booking)
    session.flush()
    drawn = CandidatePaper(booking_id=booking.id, sitting_paper_id=paper.id, form_id=form.id, order={"slots": []})
    session.add(drawn)
    session.flush()
    attempt = Attempt(
        candidate_paper_id=drawn.id,
        state=AttemptState.SUBMITTED,
        started_at=NOW,
        deadline_at=NOW,
        submitted_at=NOW,
        receipt=f"R-{number}",
        device="d",
        seen_at=NOW,
        head="0" * 64,
    )
    session.add(attempt)
    session.flush()
    _answers(session, desk, attempt, number, double=double)


def _answers(session: Session, desk: Desk, attempt: Attempt, number: str, *, double: bool) -> None:
    digest = sha256_hex(f"file of {number}")
    handed = [{"name": f"N-{number} plan.pdf", "sha256": digest, "size": 4}]
    saves = [(1, "t1/a", "an early draft"), (2, "t1/b", handed), (3, "t1/a", ANSWER)]
    for seq, slot, response in saves:
        session.add(
            Answer(
                attempt_id=attempt.id,
                seq=seq,
                slot=slot,
                response=canonical_json(response),
                digest=f"{seq}",
                link=f"{seq}",
                position=seq,
                received_at=NOW,
                device_ms=None,
            )
        )
    session.add(
        StoredFile(
            id=f"f{number}",
            attempt_id=attempt.id,
            slot="t1/b",
            name=f"N-{number} plan.pdf",
            size=4,
            sha256=digest,
            received=4,
            type="pdf",
            completed_at=NOW,
        )
    )
    desk.written[number], desk.files[number] = _code(number, "A"), _code(number, "B")
    for slot, item, code in (("t1/a", WRITTEN, desk.written[number]), ("t1/b", FILES, desk.files[number])):
        is_double = double and slot == "t1/a"
        session.add(Script(attempt_id=attempt.id, slot=slot, item=item, code=code, double=is_double, state=ScriptState.OPEN))


def _code(number: str, letter: str) -> str:
    return f"S-{sha256_hex(number)[:4].upper()}{letter}"

"""Building the sample site through the same actions that people use: people, scheme, bank, enrolments, sittings."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

import question_bank
from exam_engine.authoring.actions import import_bank, move_item, store_blueprint, store_scheme
from exam_engine.authoring.records import ItemVersion
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from exam_engine.core.sign_in import add_user, hash_password
from exam_engine.demo.people import PASSWORD, STAFF, candidate_names, candidate_number
from exam_engine.enrolment.actions import accept_enrolment, register_candidate
from exam_engine.enrolment.records import Enrolment
from exam_engine.sittings.actions import Plan, book, plan_sitting, prepare
from exam_engine.sittings.records import Sitting, SittingKind
from exam_engine.training.actions import record_training
from question_bank import Bank

SAMPLE: Final = Path(question_bank.__file__).parent / "banks" / "itsm"
ROOM: Final = {"zh-CN": "上海考点，3 号考场", "en": "Shanghai centre, room 3"}
LEVELS: Final = ("junior", "intermediate", "senior")


@dataclass
class Staff:
    """The sample site's staff by sign-in name, and the password hash everybody shares."""

    users: dict[str, User]
    password_hash: str

    def __getitem__(self, login: str) -> User:
        return self.users[login]


def add_staff(session: Session, now: datetime) -> Staff:
    """Add everybody who works here."""
    password_hash = hash_password(PASSWORD)
    users = {
        member.login: add_user(session, member.login, password_hash, member.names, list(member.roles), now) for member in STAFF
    }
    return Staff(users, password_hash)


def read_json(name: str) -> Any:
    """One document of the sample folder."""
    return orjson.loads((SAMPLE / name).read_bytes())


def add_content(session: Session, staff: Staff, now: datetime, bank: Bank | None = None) -> None:
    """Store scheme and blueprints; import the bank, submit it and have it approved by another person."""
    scheme = read_json("scheme.json")
    store_scheme(session, scheme, datetime.fromisoformat(scheme["effective_from"]).replace(tzinfo=now.tzinfo), "chen", now)
    for path in sorted((SAMPLE / "blueprints").glob("*.json")):
        store_blueprint(session, orjson.loads(path.read_bytes()), "adeyemi", now)
    bank = bank or question_bank.load(SAMPLE)
    if bank.has_errors:
        raise Refusal("bad_content", "; ".join(f"{problem.place}: {problem.message}" for problem in bank.problems))
    import_bank(session, bank, staff["adeyemi"], now)
    for version in session.query(ItemVersion).all():
        move_item(session, version, "submit", staff["adeyemi"], now)
        move_item(session, version, "approve", staff["park"], now)


def add_candidate(session: Session, staff: Staff, number: int, level: str, now: datetime) -> Enrolment:
    """Register the `number`th candidate, accept them for `level` and record their training."""
    code = candidate_number(number)
    user = add_user(session, code, staff.password_hash, candidate_names(number), [Role.CANDIDATE], now)
    candidate = register_candidate(session, user, code, "chen", now)
    enrolment = accept_enrolment(session, candidate, level, "chen", now)
    train(session, staff, enrolment, now)
    return enrolment


def train(session: Session, staff: Staff, enrolment: Enrolment, now: datetime) -> None:
    """Record the training the level asks for."""
    hours = enrolment.scheme_version.get_level(enrolment.level)["training"]["hours"]
    record_training(session, enrolment, hours, staff["zhou"], staff["chen"], now)


def hold_sitting(  # noqa: PLR0913  what an officer decides when planning a sitting
    session: Session,
    staff: Staff,
    enrolments: list[Enrolment],
    kind: SittingKind,
    opens_at: datetime,
    now: datetime,
    *,
    hours: int = 8,
    seed: int | None = None,
) -> Sitting:
    """Plan a sitting for these enrolments of one level, book them and prepare the papers; a seed draws the same ones again."""
    plan = Plan(enrolments[0].level, kind, opens_at, opens_at + timedelta(hours=hours), ROOM)
    if seed is not None:
        plan = replace(plan, seed=seed)
    sitting = plan_sitting(session, plan, staff["chen"], now)
    for enrolment in enrolments:
        book(session, sitting, enrolment, "chen", now)
    prepare(session, sitting, "chen", now)
    return sitting

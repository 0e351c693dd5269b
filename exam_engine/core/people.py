"""People of the site: reading the form of a new one, listing them, and closing or opening their way in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User

MOST_LISTED: Final = 200
LONGEST_NAME: Final = 100
STAFF_ROLES: Final = tuple(role for role in Role if role is not Role.CANDIDATE)
"""Roles that an administrator gives; an officer registers candidates, who need a number as well."""

ROLE_WORDS: Final = {
    Role.CANDIDATE: "Candidate",
    Role.AUTHOR: "Author",
    Role.REVIEWER: "Reviewer",
    Role.MARKER: "Marker",
    Role.SENIOR_MARKER: "Senior marker",
    Role.OFFICER: "Officer",
    Role.INVIGILATOR: "Invigilator",
    Role.TRAINER: "Trainer",
    Role.ADMINISTRATOR: "Administrator",
}

_LOGIN: Final = re.compile(r"[\w.@+-]{1,80}")


@dataclass
class PersonInput:
    """What was typed of a person, and what is wrong with it: sentences by field."""

    values: Mapping[str, str]
    login: str = ""
    names: dict[str, str] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def read_person(values: Mapping[str, str]) -> PersonInput:
    """Check sign-in name and names as typed."""
    found = PersonInput(values, login=values.get("login", "").strip())
    if not _LOGIN.fullmatch(found.login):
        found.errors["login"] = "Up to 80 letters, digits or . @ + - _, without spaces."
    typed = {language: values.get(name, "").strip() for language, name in (("zh-CN", "name_zh"), ("en", "name_en"))}
    found.names = {language: name for language, name in typed.items() if name}
    if not found.names:
        found.errors["name_zh"] = "Give the name in at least one language."
    for language, name in found.names.items():
        if len(name) > LONGEST_NAME or not name.isprintable():
            found.errors["name_zh" if language == "zh-CN" else "name_en"] = "A name has up to 100 characters, on one line."
    return found


def read_member(values: Mapping[str, str], ticked: Iterable[str]) -> PersonInput:
    """Check the form of a person who works here: as `read_person`, and the ticked roles."""
    found = read_person(values)
    chosen = set(ticked)
    found.roles = [role for role in STAFF_ROLES if role in chosen]
    if not found.roles:
        found.errors["roles"] = "Tick at least one role."
    return found


def list_people(session: Session, wanted: str = "") -> tuple[list[User], bool]:
    """People whose sign-in name holds `wanted`, staff before candidates, the newest first, and whether more were found."""
    only_candidate = User.roles == [Role.CANDIDATE.value]
    query = select(User).where(User.login.icontains(wanted, autoescape=True)).order_by(only_candidate, User.id.desc())
    found = list(session.scalars(query.limit(MOST_LISTED + 1)))
    return found[:MOST_LISTED], len(found) > MOST_LISTED


def get_person(session: Session, user_id: int) -> User:
    """The person of this number.

    Raises
    ------
    Refusal
        `not_found`.
    """
    found = session.get(User, user_id)
    if found is None:
        raise Refusal("not_found", f"there is no person {user_id}")
    return found


def set_active(session: Session, person: User, by: User, now: datetime, *, active: bool) -> None:
    """Close or open a person's way in; what they did stays as it is, and open sessions end at once.

    Raises
    ------
    Refusal
        `same_person` when people would shut themselves out, `wrong_state` when it is so already.
    """
    if person.id == by.id:
        raise Refusal("same_person", "nobody opens or closes their own way in")
    if person.is_active is active:
        raise Refusal("wrong_state", f"{person.login} is {'active' if active else 'closed'} already")
    person.is_active = active
    session.flush()
    audit.record(session, by.login, "user.opened" if active else "user.closed", f"user:{person.id}", now, login=person.login)

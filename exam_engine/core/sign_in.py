"""Passwords, sessions and what a request must show to change something."""

import hashlib
import hmac
import secrets
import threading
from datetime import datetime, timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from exam_engine.core import audit
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User, WebSession

COOKIE: Final = "exam_session"
SHORTEST_PASSWORD: Final = 12
SYSTEM: Final = "system"

# One hash takes tens of milliseconds and 64 MB; two at once on two cores leave room for the exam itself.
_hashing = threading.BoundedSemaphore(2)
_hasher = PasswordHasher()
_NOBODY_HASH: Final = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Argon2id hash of `password`, with its own salt."""
    with _hashing:
        return _hasher.hash(password)


def _is_password(password_hash: str, password: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False


def hash_token(token: str) -> str:
    """What is kept of a session cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str, secret: bytes) -> str:
    """What a form or script of the same session sends along with a change."""
    return hmac.digest(secret, b"csrf\n" + token.encode(), "sha256").hex()


def make_password() -> str:
    """A first password that can be read out and typed: 16 letters and digits that no two people read differently."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def add_user(  # noqa: PLR0913  a person is a name, a password, names, roles, and who added them when
    session: Session,
    login: str,
    password_hash: str,
    names: dict[str, str],
    roles: list[Role],
    now: datetime,
    *,
    by: str = SYSTEM,
) -> User:
    """Add a person.

    Raises
    ------
    Refusal
        `same_person` when an administrator would also mark, decide or release; `already_there` when the name is taken.
    """
    staff = {Role.MARKER, Role.SENIOR_MARKER, Role.OFFICER}
    if Role.ADMINISTRATOR in roles and staff.intersection(roles):
        raise Refusal("same_person", "an administrator cannot mark, decide or release")
    # The audit trail names people by their sign-in names, and what the site does by itself `system`.
    if login == SYSTEM or session.scalar(select(User.id).where(User.login == login)) is not None:
        raise Refusal("already_there", f"the sign-in name {login} is taken")
    user = User(login=login, password_hash=password_hash, names=names, roles=[role.value for role in roles], created_at=now)
    user.must_change_password = by != SYSTEM  # whoever added the person has seen the password
    session.add(user)
    session.flush()
    audit.record(session, by, "user.added", f"user:{user.id}", now, login=login, roles=user.roles)
    return user


def change_password(session: Session, user: User, current: str, chosen: str, now: datetime) -> None:
    """Give `user` the password they chose; all their sessions end, so that whoever had the old one is out.

    Raises
    ------
    Refusal
        `wrong_password` for a wrong current one, `bad_content` for a new one that is too short, the same, or the name.
    """
    if not _is_password(user.password_hash, current):
        raise Refusal("wrong_password")
    if len(chosen) < SHORTEST_PASSWORD or chosen == current or chosen.lower() == user.login.lower():
        raise Refusal(
            "bad_content", f"a new password has at least {SHORTEST_PASSWORD} characters and is neither the old one nor the name"
        )
    user.password_hash, user.must_change_password = hash_password(chosen), False
    _end_sessions(session, user)
    audit.record(session, user.login, "user.password_changed", f"user:{user.id}", now)


def reset_password(session: Session, user: User, by: User, now: datetime) -> str:
    """A new first password for somebody who lost theirs; they change it when they sign in.

    Raises
    ------
    Refusal
        `same_person` for one's own, which is changed and not reset.
    """
    if user.id == by.id:
        raise Refusal("same_person", "one's own password is changed, not reset")
    password = make_password()
    user.password_hash, user.must_change_password = hash_password(password), True
    _end_sessions(session, user)
    audit.record(session, by.login, "user.password_reset", f"user:{user.id}", now, login=user.login)
    return password


def _end_sessions(session: Session, user: User) -> None:
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))


def check_password(session: Session, login: str, password: str) -> User:
    """The active user with this name and password; takes as long when there is no such name.

    Raises
    ------
    Refusal
        `wrong_password`.
    """
    user = session.scalars(select(User).where(User.login == login.strip(), User.is_active)).one_or_none()
    if not _is_password(user.password_hash if user else _NOBODY_HASH, password) or user is None:
        raise Refusal("wrong_password")
    return user


def open_session(session: Session, user: User, now: datetime, hours: int) -> str:
    """Open a session for `user` and return the cookie's value; what has expired is swept out."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(WebSession).where(WebSession.expires_at < now))
    session.add(
        WebSession(token_hash=hash_token(token), user_id=user.id, created_at=now, expires_at=now + timedelta(hours=hours))
    )
    audit.record(session, user.login, "session.opened", f"user:{user.id}", now)
    return token


def close_session(session: Session, token: str, now: datetime) -> None:
    """End the session of this cookie; unknown cookies are no error."""
    found = session.get(WebSession, hash_token(token))
    if found is not None:
        audit.record(session, found.user.login, "session.closed", f"user:{found.user_id}", now)
        session.delete(found)


def find_user(session: Session, token: str, now: datetime) -> User | None:
    """Whose session this cookie opens, if it is still good."""
    if not token:
        return None
    found = session.scalars(
        select(WebSession).options(joinedload(WebSession.user)).where(WebSession.token_hash == hash_token(token))
    ).one_or_none()
    return found.user if found and found.expires_at > now and found.user.is_active else None

"""Question-setting teams at work: import, review, approve, export; schemes and blueprints come in the same way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.authoring.calibrations import accepted_parameters, with_parameters
from exam_engine.authoring.records import BlueprintVersion, ItemState, ItemVersion, SchemeVersion
from exam_engine.authoring.rules import next_state
from exam_engine.core import audit
from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role, User
from question_bank import Bank
from question_bank.scheme_checks import check_scheme
from schemas import Problem, check

WITHOUT_SYLLABUS: Final = "unplaced"


@dataclass
class Imported:
    """What an import did: codes of items stored anew, stored as a further version, and left alone because nothing changed."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def _newest_versions(session: Session, codes: Iterable[str]) -> dict[str, ItemVersion]:
    found = session.scalars(select(ItemVersion).where(ItemVersion.code.in_(list(codes))).order_by(ItemVersion.version))
    return {version.code: version for version in found}


def _syllabus_of(document: dict[str, Any]) -> str:
    place = document.get("syllabus", WITHOUT_SYLLABUS)
    return place if isinstance(place, str) else " ".join(place)


def _store_version(session: Session, document: dict[str, Any], kind: str, number: int, by: User, now: datetime) -> ItemVersion:
    document = {**document, "version": number}
    version = ItemVersion(
        code=document["id"],
        version=number,
        kind=kind,
        type=document.get("type", kind),
        level=document.get("level", ""),
        syllabus=_syllabus_of(document),
        state=ItemState.DRAFT,
        document=document,
        digest=_content_digest(document),
        search=_words_of(document),
        author_id=by.id,
        changed_at=now,
    )
    session.add(version)
    session.flush()
    audit.record(session, by.login, "item.stored", f"item:{version.code}", now, version=number, digest=version.digest)
    return version


def _words_of(document: dict[str, Any]) -> str:
    """Stem (or title of a case) in every language, to be found by its words."""
    texts = [document.get(name, "") for name in ("stem", "title", "context")]
    return "\n".join(part for text in texts for part in (text.values() if isinstance(text, dict) else [text]) if part)


def _content_digest(document: dict[str, Any]) -> str:
    """Digest of everything but the version number: the same content again is no new version."""
    return sha256_hex(canonical_json({name: value for name, value in document.items() if name != "version"}))


def import_bank(session: Session, bank: Bank, by: User, now: datetime) -> Imported:
    """Store the good items and cases of `bank` as drafts of `by`; an item that is there gets a further version if it changed.

    Raises
    ------
    Refusal
        `not_allowed` when `by` is not in a question-setting team.
    """
    if not by.has_role(Role.AUTHOR):
        raise Refusal("not_allowed", f"{by.login} is not in a question-setting team")
    documents = [("item", item) for item in bank.items] + [("case", case) for case in bank.cases]
    newest = _newest_versions(session, [document["id"] for _, document in documents])
    exported = _digests_of_export(session, newest.values())
    done = Imported()
    for kind, document in documents:
        before = newest.get(document["id"])
        if before is not None and _content_digest(document) in (before.digest, exported.get(before.code)):
            done.unchanged.append(before.code)
            continue
        number = 1 if before is None else before.version + 1
        _store_version(session, document, kind, number, by, now)
        (done.added if before is None else done.changed).append(document["id"])
    return done


def _digests_of_export(session: Session, versions: Iterable[ItemVersion]) -> dict[str, str]:
    """Digests of calibrated items as they are exported, by code: what comes back as it left is no new version."""
    items = {version.code: version.document for version in versions}
    accepted = accepted_parameters(session) if items else {}
    calibrated = [item for code, item in items.items() if (code, item["version"]) in accepted]
    return {item["id"]: _content_digest(item) for item in with_parameters(calibrated, accepted)}


def export_bank(session: Session) -> Bank:
    """The newest version of every item and case that is not retired, items with the parameters in force."""
    codes = select(ItemVersion.code).where(ItemVersion.state != ItemState.RETIRED)
    newest = sorted(_newest_versions(session, session.scalars(codes)).values(), key=lambda version: version.code)
    return Bank(
        id="bank",
        title={"zh-CN": "题库", "en": "Question bank"},
        items=with_parameters((one.document for one in newest if one.kind == "item"), accepted_parameters(session)),
        cases=[version.document for version in newest if version.kind == "case"],
    )


def get_version(session: Session, code: str, number: int | None = None) -> ItemVersion:
    """One version of an item, the newest when no number is given.

    Raises
    ------
    Refusal
        `not_found`.
    """
    query = select(ItemVersion).where(ItemVersion.code == code).order_by(ItemVersion.version.desc())
    found = session.scalars(query if number is None else query.where(ItemVersion.version == number)).first()
    if found is None:
        raise Refusal("not_found", f"there is no item {code}" + (f" version {number}" if number else ""))
    return found


def list_versions(session: Session, code: str) -> list[ItemVersion]:
    """All versions of an item, newest first."""
    return list(session.scalars(select(ItemVersion).where(ItemVersion.code == code).order_by(ItemVersion.version.desc())))


def move_item(session: Session, version: ItemVersion, event: str, by: User, now: datetime) -> None:
    """Submit, return, approve or retire a version; approving retires the version approved before.

    Raises
    ------
    Refusal
        `wrong_state`, `not_allowed` for the wrong role, `same_person` when the author would approve or return.
    """
    state = next_state(version.state, event)
    if state is None:
        raise Refusal(
            "wrong_state", f"{version.code} version {version.version} is {version.state.value}, it cannot be: {event}"
        )
    if event == "submit" and not by.has_role(Role.AUTHOR):
        raise Refusal("not_allowed", "only the question-setting team submits")
    if event != "submit":
        _check_reviewer(version, by)
    if event == "approve":
        _retire_approved(session, version.code, by, now)
        version.reviewer_id = by.id
    version.state, version.changed_at = state, now
    session.flush()
    audit.record(session, by.login, f"item.{event}", f"item:{version.code}", now, version=version.version, state=state.value)


def _check_reviewer(version: ItemVersion, by: User) -> None:
    if not by.has_role(Role.REVIEWER):
        raise Refusal("not_allowed", f"{by.login} is not a reviewer")
    if by.id == version.author_id:
        raise Refusal("same_person", "an author does not decide on their own item")


def _retire_approved(session: Session, code: str, by: User, now: datetime) -> None:
    before = session.scalars(
        select(ItemVersion).where(ItemVersion.code == code, ItemVersion.state == ItemState.APPROVED)
    ).one_or_none()
    if before is not None:
        before.state, before.changed_at = ItemState.RETIRED, now
        session.flush()
        audit.record(session, by.login, "item.retire", f"item:{code}", now, version=before.version, state=before.state.value)


def approved_documents(session: Session, kind: str, level: str) -> list[dict[str, Any]]:
    """The approved items or cases of a level, by code."""
    query = select(ItemVersion.document).where(
        ItemVersion.state == ItemState.APPROVED, ItemVersion.kind == kind, ItemVersion.level == level
    )
    return list(session.scalars(query.order_by(ItemVersion.code)))


def store_scheme(session: Session, document: dict[str, Any], effective_from: datetime, by: str, now: datetime) -> SchemeVersion:
    """Store one version of the scheme.

    Raises
    ------
    Refusal
        `bad_content` naming every fault; `already_there` when this version is stored.
    """
    _refuse_problems(check_scheme(document))
    scheme, number = document["id"], str(document["version"])
    known = select(func.count()).where(SchemeVersion.scheme == scheme, SchemeVersion.version == number)
    if session.scalar(known):
        raise Refusal("already_there", f"scheme {scheme} {number} is stored; a change needs a new version")
    version = SchemeVersion(scheme=scheme, version=number, document=document, effective_from=effective_from)
    session.add(version)
    session.flush()
    digest = sha256_hex(canonical_json(document))
    audit.record(session, by, "scheme.stored", f"scheme:{scheme}", now, version=number, digest=digest)
    return version


def store_blueprint(session: Session, document: dict[str, Any], by: str, now: datetime) -> BlueprintVersion:
    """Store a blueprint under its id, as the next version of that name.

    Raises
    ------
    Refusal
        `bad_content` naming every fault.
    """
    problems = check("blueprint", document, "blueprint")
    if not problems and "id" not in document:
        problems = [Problem("blueprint", "id", "required", "is missing: papers of a scheme name the blueprint by it")]
    _refuse_problems(problems)
    last = session.scalar(select(func.max(BlueprintVersion.version)).where(BlueprintVersion.name == document["id"])) or 0
    version = BlueprintVersion(name=document["id"], version=last + 1, document=document, created_at=now)
    session.add(version)
    session.flush()
    audit.record(session, by, "blueprint.stored", f"blueprint:{version.name}", now, version=version.version)
    return version


def _refuse_problems(problems: Iterable[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Refusal("bad_content", "; ".join(map(str, errors)), problems=[problem.to_dict() for problem in errors])


def get_blueprint(session: Session, name: str) -> dict[str, Any]:
    """The blueprint in use under `name`.

    Raises
    ------
    Refusal
        `not_found`.
    """
    found = session.scalars(
        select(BlueprintVersion).where(BlueprintVersion.name == name).order_by(BlueprintVersion.version.desc())
    ).first()
    if found is None:
        raise Refusal("not_found", f"there is no blueprint {name}")
    document: dict[str, Any] = found.document
    return document

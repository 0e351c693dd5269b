"""Reading the form of a new sitting: what was typed becomes a plan, or an error at its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from exam_engine.sittings.actions import Plan
from exam_engine.sittings.records import SittingKind


@dataclass
class PlanInput:
    """What was typed, and what is wrong with it: sentences by field."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    plan: Plan | None = None


def read_plan(values: Mapping[str, str], levels: list[str], timezone: ZoneInfo, now: datetime) -> PlanInput:
    """Check the form; times are in the site's time zone. `plan` is there when nothing is wrong."""
    found = PlanInput(values)
    if values.get("level") not in levels:
        found.errors["level"] = "Choose a level."
    if values.get("kind") not in set(SittingKind):
        found.errors["kind"] = "Choose whether this is a regular or a makeup sitting."
    opens_at = _read_time(found, "opens_at", timezone)
    closes_at = _read_time(found, "closes_at", timezone)
    if opens_at and closes_at and opens_at >= closes_at:
        found.errors["closes_at"] = "The sitting closes before it opens. Set a later time."
    elif closes_at and closes_at <= now:
        found.errors["closes_at"] = "This time is over. Set one in the future."
    room = {language: values.get(name, "").strip() for language, name in (("zh-CN", "room_zh"), ("en", "room_en"))}
    if not any(room.values()):
        found.errors["room_zh"] = "Name the room in at least one language."
    if not found.errors and opens_at and closes_at:
        names = {language: name for language, name in room.items() if name}
        found.plan = Plan(values["level"], SittingKind(values["kind"]), opens_at, closes_at, names)
    return found


def _read_time(found: PlanInput, name: str, timezone: ZoneInfo) -> datetime | None:
    try:
        local = datetime.fromisoformat(found.values.get(name, ""))
    except ValueError:
        found.errors[name] = "Set day and time."
        return None
    return local.replace(tzinfo=timezone).astimezone(UTC)

"""Pages of the invigilator: the rooms, one room with its seats, and what can be done for one candidate or all of them."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.core.errors import Refusal
from exam_engine.core.page import get_site, require, signed_in, whole_number
from exam_engine.core.records import Role
from exam_engine.delivery import actions, room_page
from exam_engine.delivery.records import Attempt, AttemptState, MoveRequest, TimeKind
from exam_engine.delivery.room import SeatState, list_room
from exam_engine.sittings.actions import get_sitting

rooms = Blueprint("rooms", __name__)

Deed = Callable[[Session, int], object]

FILTERS: Final = (
    (SeatState.WORKING, "Working", "online"),
    (SeatState.OFFLINE, "Offline", "offline"),
    (SeatState.MOVING, "Device change", "swap"),
    (SeatState.PAUSED, "Paused", "pause"),
    (SeatState.NOT_STARTED, "Not started", "ring"),
    (SeatState.ENDED, "Handed in", "saved"),
)


@rooms.get("/rooms")
@require(Role.INVIGILATOR)
def list_all() -> str:
    """Sittings that are open or open soon."""
    with get_site().database.read() as session:
        return render_template("rooms.html", sittings=room_page.list_sittings(session, get_site().clock()))


@rooms.get("/rooms/<int:sitting_id>")
@require(Role.INVIGILATOR)
def one(sitting_id: int) -> str:
    """One room."""
    return _show(sitting_id)


def _show(sitting_id: int, refusal: Refusal | None = None) -> str:
    now = get_site().clock()
    with get_site().database.read() as session:
        chosen = request.values.get("seat", 0, type=whole_number)
        room = room_page.describe_room(session, get_sitting(session, sitting_id), request.values.get("paper", ""), chosen, now)
        return render_template(
            "room.html", room=room, filters=FILTERS, shown=request.values.get("show", ""), view=request.values.get("view", ""),
            now=now, refusal=refusal, done=request.args.get("done"), TimeKind=TimeKind,
            minutes_of=room_page.minutes_of, say_left=room_page.say_left,
        )  # fmt: skip


def _back(sitting_id: int, done: str) -> Response:
    kept: dict[str, Any] = {name: request.form[name] for name in ("paper", "seat", "show", "view") if request.form.get(name)}
    return redirect(url_for("delivery.rooms.one", sitting_id=sitting_id, done=done, **kept))


def _read_deed() -> tuple[str, Deed]:
    """The action the form asks for, to be done to one attempt."""
    do, by, now = request.form.get("do", ""), signed_in(), get_site().clock()
    reason, minutes = request.form.get("reason", "").strip(), request.form.get("minutes", 0, type=whole_number)
    deeds: dict[str, Deed] = {
        "time": lambda session, attempt: actions.add_time(session, attempt, minutes, reason, by, now),
        "pause": lambda session, attempt: actions.pause(session, attempt, reason, by, now),
        "resume": lambda session, attempt: actions.resume(session, attempt, reason, by, now),
        "message": lambda session, attempt: actions.send_message(session, attempt, reason, by, now),
        "incident": lambda session, attempt: actions.record_incident(session, attempt, reason, by, now),
    }
    if do not in deeds:
        raise Refusal("bad_request")
    return do, deeds[do]


@rooms.post("/rooms/<int:sitting_id>/attempts/<int:attempt_id>")
@require(Role.INVIGILATOR)
def act(sitting_id: int, attempt_id: int) -> Response | tuple[str, int]:
    """Add time, pause, go on, send a message or record an incident, for one candidate."""
    try:
        do, deed = _read_deed()
        with get_site().database.write() as session:
            _check_in_room(session, sitting_id, session.get(Attempt, attempt_id))
            deed(session, attempt_id)
    except Refusal as refusal:
        return _refused(sitting_id, refusal)
    return _back(sitting_id, do)


@rooms.post("/rooms/<int:sitting_id>/all")
@require(Role.INVIGILATOR)
def act_for_all(sitting_id: int) -> Response | tuple[str, int]:
    """The same for everybody in the room whose exam runs: for all of them or for none."""
    try:
        do, deed = _read_deed()
        with get_site().database.write() as session:
            for attempt in _list_touched(session, sitting_id, do):
                deed(session, attempt.id)
    except Refusal as refusal:
        return _refused(sitting_id, refusal)
    return _back(sitting_id, do)


def _list_touched(session: Session, sitting_id: int, do: str) -> list[Attempt]:
    """Running attempts an action for all is for: a pause for those who work, going on for those who are paused."""
    wanted = {"pause": [AttemptState.OPEN], "resume": [AttemptState.PAUSED]}.get(do, [AttemptState.OPEN, AttemptState.PAUSED])
    sitting = get_sitting(session, sitting_id)
    seats = list_room(session, sitting.id, get_site().clock(), request.form.get("paper") or None)
    found = [seat.attempt for seat in seats if seat.attempt and seat.attempt.state in wanted]
    if not found:
        raise Refusal("wrong_state", "nobody in the room is in a state for this")
    return sorted(found, key=lambda attempt: attempt.id)


@rooms.post("/rooms/<int:sitting_id>/moves/<int:request_id>")
@require(Role.INVIGILATOR)
def decide_move(sitting_id: int, request_id: int) -> Response | tuple[str, int]:
    """Approve or refuse a change of device."""
    approved = request.form.get("do") == "approve"
    try:
        with get_site().database.write() as session:
            move = session.get(MoveRequest, request_id)
            _check_in_room(session, sitting_id, session.get(Attempt, move.attempt_id) if move else None)
            actions.decide_move(session, request_id, approved=approved, by=signed_in(), now=get_site().clock())
    except Refusal as refusal:
        return _refused(sitting_id, refusal)
    return _back(sitting_id, "approved" if approved else "refused")


def _check_in_room(session: Session, sitting_id: int, attempt: Attempt | None) -> None:
    """An attempt is reached through its own room only."""
    sitting = get_sitting(session, sitting_id)
    if attempt is None or attempt.candidate_paper.booking.sitting_id != sitting.id:
        raise Refusal("not_found")


def _refused(sitting_id: int, refusal: Refusal) -> tuple[str, int]:
    if refusal.code == "not_found":
        raise refusal
    return _show(sitting_id, refusal), refusal.kind.status

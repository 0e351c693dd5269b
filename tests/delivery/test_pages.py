"""The candidate's way from the first page to the receipt, and the invigilator's room, as pages that need no script."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from exam_engine.core.database import Database
from exam_engine.core.records import AuditEntry
from exam_engine.delivery.exam_page import Door
from exam_engine.delivery.records import Attempt, AttemptState, Message, MoveRequest
from exam_engine.delivery.way import Phase, phase_of
from exam_engine.demo.site import add_candidate
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking, BookingState
from tests.conftest import NOW
from tests.site_pages import CANDIDATES, Pages, copy_world, find_user, hand_in, open_pages, papers_of, start_attempt, words_of
from tests.world import ITEMS, MINUTES, World, build_world

LIN, WANG, LI = CANDIDATES
OPENED = NOW - timedelta(minutes=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    folder = tmp_path_factory.mktemp("world")
    database = copy_world(sqlite_template, folder)
    world = build_world(database, folder)
    # One more candidate whose exam nobody has booked yet.
    with database.write() as session:
        add_candidate(session, world.staff, 3, "junior", NOW)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "exam.db"


@pytest.fixture
def pages(built: Path, tmp_path: Path) -> Iterator[Pages]:
    database = copy_world(built, tmp_path)
    yield open_pages(database, tmp_path)
    database.close()


def paper_id(pages: Pages, login: str = LIN) -> int:
    with pages.database.read() as session:
        return papers_of(session, login)[0].id


def audit_actions(pages: Pages, subject: str) -> list[str]:
    with pages.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.subject == subject)))


# The way


def test_the_way_shows_what_is_done_and_the_exam_with_room_seat_and_length(pages: Pages) -> None:
    text = pages.browser(LIN).read("/way")
    assert "Your way to ITSM Junior" in text
    assert "Trained" in text
    assert "16 of 16 h" in text
    assert f"{MINUTES} min, {ITEMS} questions, closed book" in text
    assert "Shanghai centre, room 3, seat A1" in text
    assert "one makeup exam, at least 14 days later" in text.replace("one makeup exam ,", "one makeup exam,")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=3), "Your exam is in 3 days"),
        (timedelta(days=1), "Your exam is tomorrow"),
        (timedelta(hours=1), "Your exam is today"),
        (timedelta(), "Your exam is open now"),
        (timedelta(hours=-8), "The exam is over"),
    ],
)
def test_the_card_of_the_exam_goes_by_the_clock_of_the_centre(pages: Pages, before: timedelta, said: str) -> None:
    pages.clock.now = OPENED - before
    assert said in pages.browser(LIN).read("/way")


def test_a_candidate_whom_nobody_booked_is_told_what_comes(pages: Pages) -> None:
    text = pages.browser("C-2026-0420").read("/way")
    assert "No exam is booked yet" in text
    assert "not booked yet" in text


def test_whoever_handed_in_sees_the_receipt_and_what_comes_next(pages: Pages) -> None:
    with pages.database.write() as session:
        hand_in(start_attempt(session, LIN, NOW), NOW + timedelta(minutes=20), answered=18)
    text = pages.browser(LIN).read("/way")
    assert "Your exam is handed in" in text
    assert "Receipt" in text


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (["failed"], "Not passed, one makeup exam is open to you"),
        (["failed", "failed"], "Train again first"),
        (["passed"], "You have passed this level"),
    ],
)
def test_after_the_result_the_way_says_what_is_open(pages: Pages, entries: list[str], said: str) -> None:
    with pages.database.write() as session:
        booking = papers_of(session, LIN)[0].booking
        booking.state = BookingState.FINISHED
        for number, outcome in enumerate(entries):
            day = (NOW + timedelta(days=20 * number)).date().isoformat()
            gate.note(session, booking.enrolment_id, {"event": outcome, "on": day, "sitting": f"s{number}"}, NOW)
    pages.clock.now = NOW + timedelta(days=30)
    assert said in pages.browser(LIN).read("/way")


def test_the_calendar_entry_has_the_opening_the_length_and_the_place(pages: Pages) -> None:
    with pages.database.read() as session:
        booking = papers_of(session, LIN)[0].booking.id
    reply = pages.browser(LIN).get(f"/way/{booking}.ics")
    lines = reply.get_data(as_text=True).split("\r\n")
    assert reply.mimetype == "text/calendar"
    assert "DTSTART:20261121T095900Z" in lines
    assert f"DTEND:{OPENED + timedelta(minutes=MINUTES):%Y%m%dT%H%M%SZ}" in lines
    assert "LOCATION:Shanghai centre\\, room 3\\, seat A1" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert pages.browser(WANG).get(f"/way/{booking}.ics").status_code == 403


def test_the_card_says_open_as_long_as_one_paper_can_be_sat() -> None:
    assert phase_of([Door.ENDED, Door.OPEN], 0) is Phase.OPEN
    assert phase_of([Door.ENDED, Door.MISSED], -1) is Phase.DONE
    assert phase_of([Door.MISSED, Door.MISSED], -1) is Phase.OVER


# From the waiting room to the exam


def test_before_the_opening_every_door_leads_to_the_waiting_room(pages: Pages) -> None:
    paper, browser = paper_id(pages), pages.browser(LIN)
    pages.clock.now = OPENED - timedelta(milliseconds=1)
    assert browser.get(f"/exam/{paper}").headers["Location"] == f"/exam/{paper}/wait"
    assert browser.get(f"/exam/{paper}/declare").headers["Location"] == f"/exam/{paper}/wait"
    assert browser.post(f"/exam/{paper}/declare", declared="yes").status_code == 409
    shown = browser.get(f"/exam/{paper}/wait").get_data(as_text=True)
    assert "data-door hidden" in shown
    assert "http-equiv" not in shown
    assert audit_actions(pages, f"candidate_paper:{paper}") == []


def test_at_the_opening_the_door_is_open_and_the_declaration_comes_first(pages: Pages) -> None:
    paper, browser = paper_id(pages), pages.browser(LIN)
    pages.clock.now = OPENED
    assert "data-door hidden" not in browser.get(f"/exam/{paper}/wait").get_data(as_text=True)
    assert browser.get(f"/exam/{paper}").headers["Location"] == f"/exam/{paper}/declare"


def test_pressed_without_the_tick_the_message_stands_at_the_tick(pages: Pages) -> None:
    paper = paper_id(pages)
    reply = pages.browser(LIN).post(f"/exam/{paper}/declare")
    text = reply.get_data(as_text=True)
    assert reply.status_code == 422
    assert 'aria-describedby="missing"' in text
    assert "Tick the box" in text
    assert audit_actions(pages, f"candidate_paper:{paper}") == []


def test_the_declaration_is_kept_once_and_opens_the_player(pages: Pages) -> None:
    paper, browser = paper_id(pages), pages.browser(LIN)
    for _ in range(2):
        assert browser.post(f"/exam/{paper}/declare", declared="yes").headers["Location"] == f"/exam/{paper}"
    assert audit_actions(pages, f"candidate_paper:{paper}") == ["declaration.made"]
    shown = browser.get(f"/exam/{paper}").get_data(as_text=True)
    assert f'data-start="/api/v1/papers/{paper}/start"' in shown
    assert 'data-lang="en"' in shown
    assert 'data-name="Lin Yue"' in shown
    assert re.search(r'<meta name="csrf-token" content="[0-9a-f]{64}">', shown)
    assert '<script type="module" src="/static/player.js' in shown


def test_a_running_exam_goes_on_even_after_the_window_has_closed(pages: Pages) -> None:
    with pages.database.write() as session:
        start_attempt(session, LIN, NOW)
    paper, browser = paper_id(pages), pages.browser(LIN)
    pages.clock.now = NOW + timedelta(hours=9)
    assert browser.get(f"/exam/{paper}").status_code == 200
    assert browser.get(f"/exam/{paper}/wait").headers["Location"] == f"/exam/{paper}"


def test_an_exam_that_was_never_started_is_explained_after_the_window(pages: Pages) -> None:
    pages.clock.now = NOW + timedelta(hours=8)
    paper, browser = paper_id(pages), pages.browser(LIN)
    assert browser.get(f"/exam/{paper}").headers["Location"] == f"/exam/{paper}/wait"
    assert "This exam is closed" in browser.read(f"/exam/{paper}/wait")


@pytest.mark.parametrize("place", ["/exam/{paper}", "/exam/{paper}/wait", "/exam/{paper}/declare"])
def test_nobody_opens_the_paper_of_somebody_else(pages: Pages, place: str) -> None:
    paper = paper_id(pages, WANG)
    assert pages.browser(LIN).get(place.format(paper=paper)).status_code == 403
    assert pages.browser(LIN).get(place.format(paper=999999)).status_code == 404


def test_nobody_declares_for_somebody_else(pages: Pages) -> None:
    paper = paper_id(pages, WANG)
    assert pages.browser(LIN).post(f"/exam/{paper}/declare", declared="yes").status_code == 403
    assert audit_actions(pages, f"candidate_paper:{paper}") == []


# The receipt


def ended(pages: Pages, *, by_server: bool = False) -> int:
    with pages.database.write() as session:
        attempt = start_attempt(session, LIN, NOW)
        end = NOW + timedelta(minutes=MINUTES if by_server else MINUTES - 3)
        hand_in(attempt, end, answered=ITEMS - 2, by_server=by_server)
        return attempt.id


def test_the_receipt_says_number_time_answers_and_the_digest_in_fours(pages: Pages) -> None:
    attempt = ended(pages)
    text = pages.browser(LIN).read(f"/attempts/{attempt}/receipt")
    for said in (
        "Receipt R-7F3K-92QD",
        f"10:{MINUTES - 3}:00",
        "3 min before the end",
        f"{ITEMS - 2} of {ITEMS}",
        "9c41 9c41 9c41 9c41",
        "Lin Yue, C-2026-0417",
    ):
        assert said in text
    assert "Your exam is handed in" in text


def test_a_receipt_of_a_closed_exam_says_that_the_centre_closed_it(pages: Pages) -> None:
    text = pages.browser(LIN).read(f"/attempts/{ended(pages, by_server=True)}/receipt")
    assert "Your time was up" in text
    assert "by the centre" in text
    assert "all of them at the centre" not in text


def test_the_receipt_can_be_taken_along_as_text(pages: Pages) -> None:
    reply = pages.browser(LIN, "zh-CN").get(f"/attempts/{ended(pages)}/receipt.txt")
    assert reply.mimetype == "text/plain"
    assert "回执 R-7F3K-92QD" in reply.get_data(as_text=True)
    assert reply.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("kind", ["receipt", "receipt.txt"])
def test_a_receipt_is_shown_to_its_candidate_alone(pages: Pages, kind: str) -> None:
    attempt = ended(pages)
    assert pages.browser(WANG).get(f"/attempts/{attempt}/{kind}").status_code == 403
    assert pages.browser(WANG).get(f"/attempts/999999/{kind}").status_code == 404


def test_a_running_exam_has_no_receipt_yet(pages: Pages) -> None:
    with pages.database.write() as session:
        attempt = start_attempt(session, LIN, NOW).id
    paper = paper_id(pages)
    assert pages.browser(LIN).get(f"/attempts/{attempt}/receipt").headers["Location"] == f"/exam/{paper}"


def test_an_ended_exam_leads_to_its_receipt(pages: Pages) -> None:
    attempt, paper = ended(pages), paper_id(pages)
    for place in (f"/exam/{paper}", f"/exam/{paper}/wait", f"/exam/{paper}/declare"):
        assert pages.browser(LIN).get(place).headers["Location"] == f"/attempts/{attempt}/receipt"


# The room


@pytest.fixture
def running(pages: Pages) -> tuple[int, int]:
    """Lin works, Wang is silent for five minutes, Li has not started: the attempts of Lin and Wang."""
    pages.clock.now = NOW + timedelta(minutes=15)
    with pages.database.write() as session:
        lin = start_attempt(session, LIN, NOW, seen_at=pages.clock.now)
        wang = start_attempt(session, WANG, NOW, seen_at=pages.clock.now - timedelta(minutes=5), pending=3)
        return lin.id, wang.id


def test_the_room_shows_every_seat_and_lists_who_needs_a_person(pages: Pages, running: tuple[int, int]) -> None:
    text = pages.browser("shen").read("/rooms/1")
    assert "All 3" in text
    assert "Working 1" in text
    assert "Offline 1" in text
    assert "Not started 1" in text
    needs = text[text.index("Needs a person") :]
    assert "Wang Jianguo offline 5 min, 3 answers were still on the device when last heard" in needs
    assert "Li Simin not started, the sitting opened 16 min ago" in needs
    assert "Lin Yue" not in needs[: needs.index("Choose a seat")]


def test_after_the_window_nobody_who_did_not_start_needs_a_person(pages: Pages) -> None:
    pages.clock.now = NOW + timedelta(hours=8)
    text = pages.browser("shen").read("/rooms/1")
    assert "Not started 3" in text
    assert "Nobody needs you at the moment." in text


def test_rooms_are_listed_from_a_day_before_the_opening_until_a_day_after_the_closing(pages: Pages) -> None:
    listed = []
    for hours in (-25, -23, 31, 33):
        pages.clock.now = NOW + timedelta(hours=hours)
        listed.append("room 3" in pages.browser("shen").read("/rooms"))
    assert listed == [False, True, True, False]


def test_a_room_with_two_papers_opens_at_the_one_in_progress(sqlite_database: Database, tmp_path: Path) -> None:
    build_world(sqlite_database, tmp_path, level="intermediate", candidates=1)
    pages = open_pages(sqlite_database, tmp_path)
    browser = pages.browser("shen")
    assert "Intermediate · theory paper" in browser.read("/rooms/1")
    with sqlite_database.write() as session:
        hand_in(start_attempt(session, LIN, NOW), NOW + timedelta(minutes=20), answered=18)
        start_attempt(session, LIN, NOW + timedelta(minutes=21), place=1)
    assert "Intermediate · practical paper" in browser.read("/rooms/1")
    assert "Intermediate · theory paper" in browser.read("/rooms/1?paper=theory")
    text = pages.browser(LIN).read("/way")
    assert "1 case, open book" in text
    assert "Go on with the exam (practical)" in text
    receipt = pages.browser(LIN).read("/attempts/1/receipt")
    assert "Your next paper: Intermediate practical paper" in receipt


def test_filters_show_only_the_seats_of_one_state(pages: Pages, running: tuple[int, int]) -> None:
    shown = pages.browser("shen").get("/rooms/1?show=offline").get_data(as_text=True)
    assert re.findall(r'class="seat-name">([^<]+)', shown) == ["Wang Jianguo"]
    assert "<table" in pages.browser("shen").get("/rooms/1?view=list").get_data(as_text=True)


def test_added_time_moves_the_end_tells_the_player_and_needs_a_reason(pages: Pages, running: tuple[int, int]) -> None:
    browser, lin = pages.browser("shen"), running[0]
    refused = browser.post(f"/rooms/1/attempts/{lin}", do="time", minutes=10, reason=" ")
    assert refused.status_code == 422
    assert "Every action needs words" in words_of(refused)
    assert browser.post(f"/rooms/1/attempts/{lin}", do="time", minutes=10, reason="fire alarm").status_code == 302
    with pages.database.read() as session:
        attempt = session.get_one(Attempt, lin)
        assert attempt.deadline_at == NOW + timedelta(minutes=MINUTES + 10)
        assert session.scalars(select(Message.kind).where(Message.attempt_id == lin)).all() == ["time_added"]
    assert "10 min added: fire alarm" in browser.read(f"/rooms/1?seat={paper_id(pages)}")


def test_a_pause_stops_the_clock_and_going_on_gives_it_back(pages: Pages, running: tuple[int, int]) -> None:
    browser, lin = pages.browser("shen"), running[0]
    assert browser.post(f"/rooms/1/attempts/{lin}", do="pause", reason="network").status_code == 302
    pages.clock.now += timedelta(minutes=7)
    assert browser.post(f"/rooms/1/attempts/{lin}", do="resume", reason="network is back").status_code == 302
    with pages.database.read() as session:
        assert session.get_one(Attempt, lin).deadline_at == NOW + timedelta(minutes=MINUTES + 7)


def test_what_is_done_for_all_is_done_for_all_who_are_running(pages: Pages, running: tuple[int, int]) -> None:
    browser = pages.browser("shen")
    assert browser.post("/rooms/1/all", do="time", minutes=5, reason="fire alarm", paper="theory").status_code == 302
    assert browser.post("/rooms/1/all", do="pause", reason="fire alarm", paper="theory").status_code == 302
    with pages.database.read() as session:
        attempts = session.scalars(select(Attempt)).all()
        assert [attempt.state for attempt in attempts] == [AttemptState.PAUSED] * 2
        assert {attempt.deadline_at for attempt in attempts} == {NOW + timedelta(minutes=MINUTES + 5)}


def test_a_message_reaches_the_candidate_and_an_incident_does_not(pages: Pages, running: tuple[int, int]) -> None:
    browser, lin = pages.browser("shen"), running[0]
    browser.post(f"/rooms/1/attempts/{lin}", do="message", reason="Please sit straight <b>")
    browser.post(f"/rooms/1/attempts/{lin}", do="incident", reason="spoke to a neighbour")
    with pages.database.read() as session:
        assert session.scalars(select(Message.kind).where(Message.attempt_id == lin)).all() == ["note"]
    shown = browser.get(f"/rooms/1?seat={paper_id(pages)}").get_data(as_text=True)
    assert "Incident: spoke to a neighbour" in shown
    assert "&lt;b&gt;" in shown


@pytest.mark.parametrize(("do", "approved"), [("approve", True), ("refuse", False)])
def test_a_change_of_device_is_decided_by_the_code_on_the_screen(
    pages: Pages, running: tuple[int, int], do: str, approved: bool
) -> None:
    with pages.database.write() as session:
        move = MoveRequest(
            attempt_id=running[1], device="second", code="4821", asked_at=pages.clock.now - timedelta(seconds=37)
        )
        session.add(move)
        session.flush()
        number = move.id
    browser, seat = pages.browser("shen"), paper_id(pages, WANG)
    text = browser.read(f"/rooms/1?seat={seat}")
    assert "4821" in text
    assert "new device waits for approval, 37 s already" in text
    assert browser.post(f"/rooms/1/moves/{number}", do=do, seat=seat).status_code == 302
    with pages.database.read() as session:
        decided = session.get_one(MoveRequest, number)
        assert (decided.approved, decided.decided_by) == (approved, "shen")


def test_an_attempt_is_reached_through_its_own_room_only(pages: Pages, running: tuple[int, int]) -> None:
    browser, before = pages.browser("shen"), count_audit(pages)
    assert browser.post(f"/rooms/999999/attempts/{running[0]}", do="pause", reason="x").status_code == 404
    assert browser.post("/rooms/1/attempts/999999", do="pause", reason="x").status_code == 404
    assert browser.post("/rooms/1/moves/999999", do="approve").status_code == 404
    assert browser.post(f"/rooms/1/attempts/{running[0]}", do="delete", reason="x").status_code == 400
    assert count_audit(pages) == before


def count_audit(pages: Pages) -> int:
    with pages.database.read() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_an_ended_exam_takes_no_more_time(pages: Pages) -> None:
    reply = pages.browser("shen").post(f"/rooms/1/attempts/{ended(pages)}", do="time", minutes=5, reason="late")
    assert reply.status_code == 409
    assert "Nothing was changed" in words_of(reply)


def test_a_room_nobody_sits_in_yet_has_no_actions(pages: Pages) -> None:
    text = pages.browser("shen").read("/rooms/1")
    assert "Time for all" not in text
    assert pages.browser("shen").post("/rooms/1/all", do="pause", reason="x").status_code == 409


def test_the_room_works_on_both_databases(database: Database, tmp_path: Path) -> None:
    world: World = build_world(database, tmp_path, candidates=2)
    pages = open_pages(database, tmp_path)
    with database.write() as session:
        start_attempt(session, LIN, NOW)
        assert find_user(session, LIN).id == world.enrolments[0].candidate.user_id
        assert session.scalar(select(func.count()).select_from(Booking)) == 2
    for login, place in (
        ("shen", "/rooms"),
        ("shen", "/rooms/1"),
        (LIN, "/way"),
        ("chen", "/sittings"),
        ("chen", "/sittings/1"),
    ):
        assert pages.browser(login).get(place).status_code == 200

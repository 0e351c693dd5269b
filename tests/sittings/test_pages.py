"""Officers schedule sittings, book those whom the rules let in, and prepare papers, or read why not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from exam_engine.authoring.records import ItemState, ItemVersion
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user
from exam_engine.demo.site import add_candidate
from exam_engine.enrolment.actions import accept_enrolment, register_candidate
from exam_engine.sittings.actions import Plan, plan_sitting
from exam_engine.sittings.plan_input import read_plan
from exam_engine.sittings.records import Booking, Sitting, SittingKind, SittingState
from tests.conftest import NOW
from tests.site_pages import Pages, copy_world, find_user, open_pages, words_of
from tests.world import build_world

GOOD = {
    "level": "junior",
    "kind": "regular",
    "opens_at": "2026-11-24T09:00",
    "closes_at": "2026-11-24T12:00",
    "room_zh": "五号考场",
}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """One prepared sitting with a candidate; one planned, with two trained candidates free and one who is not trained."""
    folder = tmp_path_factory.mktemp("world")
    database = copy_world(sqlite_template, folder)
    world = build_world(database, folder, candidates=1)
    with database.write() as session:
        for number in (1, 2):
            add_candidate(session, world.staff, number, "junior", NOW)
        user = add_user(session, "C-2026-0999", "no hash", {"zh-CN": "钱多", "en": "Qian Duo"}, [Role.CANDIDATE], NOW)
        accept_enrolment(session, register_candidate(session, user, "C-2026-0999", "chen", NOW), "junior", "chen", NOW)
        opens = NOW + timedelta(days=3)
        plan = Plan("junior", SittingKind.REGULAR, opens, opens + timedelta(hours=6), {"en": "Room 5"})
        plan_sitting(session, plan, find_user(session, "chen"), NOW)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "exam.db"


@pytest.fixture
def pages(built: Path, tmp_path: Path) -> Iterator[Pages]:
    database = copy_world(built, tmp_path)
    yield open_pages(database, tmp_path)
    database.close()


def count(pages: Pages, record: type) -> int:
    with pages.database.read() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_sittings_stand_under_their_state(pages: Pages) -> None:
    text = pages.browser("chen").read("/sittings")
    planned, prepared, closed = (text.index(word) for word in ("Planned:", "Prepared:", "Closed sittings"))
    assert planned < text.index("Room 5") < prepared < text.index("Shanghai centre, room 3") < closed


def test_times_of_a_new_sitting_are_read_in_the_time_zone_of_the_site() -> None:
    typed = read_plan(GOOD, ["junior"], SHANGHAI, NOW)
    assert typed.plan is not None
    assert typed.plan.opens_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert typed.plan.room == {"zh-CN": "五号考场"}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"level": "master"}, {"level"}),
        ({"kind": "other"}, {"kind"}),
        ({"opens_at": ""}, {"opens_at"}),
        ({"closes_at": "tomorrow"}, {"closes_at"}),
        ({"closes_at": "2026-11-24T09:00"}, {"closes_at"}),
        ({"opens_at": "2026-11-20T09:00", "closes_at": "2026-11-21T10:00"}, {"closes_at"}),
        ({"room_zh": " "}, {"room_zh"}),
        ({"opens_at": "", "closes_at": "", "room_zh": ""}, {"opens_at", "closes_at", "room_zh"}),
    ],
)
def test_each_mistake_of_a_new_sitting_is_said_at_its_field(pages: Pages, change: dict[str, str], fields: set[str]) -> None:
    before, reply = count(pages, Sitting), pages.browser("chen").post("/sittings/new", **{**GOOD, **change})
    text = reply.get_data(as_text=True)
    assert reply.status_code == 422
    assert {name for name in (*GOOD, "room_en") if f'id="{name}-error"' in text} == fields
    assert count(pages, Sitting) == before


def test_a_good_form_schedules_the_sitting_with_the_papers_of_the_scheme(pages: Pages) -> None:
    browser = pages.browser("chen")
    place = browser.post("/sittings/new", **GOOD).headers["Location"]
    text = browser.read(place)
    assert "Junior theory paper" in text
    assert "五号考场" in text
    assert "Nobody is booked yet" in text


def test_those_who_may_be_booked_come_first_and_the_others_say_why_not(pages: Pages) -> None:
    text = pages.browser("chen").read("/sittings/2")
    listed = text[text.index("Book candidates") :]
    order = [listed.index(number) for number in ("C-2026-0418", "C-2026-0419", "C-2026-0417", "C-2026-0999")]
    assert order == sorted(order)
    assert "Holds an open booking." in listed
    assert "The training for this level is not recorded yet." in listed


@pytest.mark.parametrize(("search", "found"), [("0419", True), ("Simin", True), ("%", False), ("_", False)])
def test_a_search_takes_signs_as_they_are(pages: Pages, search: str, found: bool) -> None:
    text = pages.browser("chen").get(f"/sittings/2?search={search.replace('%', '%25')}").get_data(as_text=True)
    assert ("C-2026-0419" in text) is found
    assert "C-2026-0418" not in text


def enrolment_of(pages: Pages, login: str) -> int:
    from exam_engine.enrolment.records import Enrolment

    with pages.database.read() as session:
        return next(one.id for one in session.scalars(select(Enrolment)) if one.candidate.user.login == login)


def test_the_ticked_candidates_get_seats_and_their_accommodation(pages: Pages) -> None:
    first, second = enrolment_of(pages, "C-2026-0418"), enrolment_of(pages, "C-2026-0419")
    browser = pages.browser("chen")
    reply = browser.post("/sittings/2/book", enrolment=[first, second], **{f"percent.{first}": 125, f"percent.{second}": 100})
    assert reply.status_code == 302
    with pages.database.read() as session:
        booked = session.scalars(select(Booking).where(Booking.sitting_id == 2)).all()
        assert [(one.seat, one.time_percent) for one in booked] == [("A1", 125), ("A2", 100)]


def test_all_ticked_are_booked_or_none(pages: Pages) -> None:
    good, bad = enrolment_of(pages, "C-2026-0418"), enrolment_of(pages, "C-2026-0999")
    reply = pages.browser("chen").post("/sittings/2/book", enrolment=[good, bad])
    assert reply.status_code == 409
    assert "Nothing was changed" in words_of(reply)
    assert count(pages, Booking) == 1


@pytest.mark.parametrize("percent", [99, 301, -5])
def test_nobody_gets_less_time_or_absurdly_much(pages: Pages, percent: int) -> None:
    one = enrolment_of(pages, "C-2026-0418")
    assert pages.browser("chen").post("/sittings/2/book", enrolment=one, **{f"percent.{one}": percent}).status_code == 422
    assert count(pages, Booking) == 1


def test_a_press_without_a_tick_says_so(pages: Pages) -> None:
    assert "Tick at least one candidate." in words_of(pages.browser("chen").post("/sittings/2/book"))


def test_preparing_draws_forms_and_shows_who_got_which(pages: Pages) -> None:
    browser = pages.browser("chen")
    browser.post("/sittings/2/book", enrolment=[enrolment_of(pages, "C-2026-0418"), enrolment_of(pages, "C-2026-0419")])
    assert browser.post("/sittings/2/prepare").status_code == 302
    text = browser.read("/sittings/2?done=prepared")
    assert "Papers are drawn for everybody" in text
    assert "Book candidates" not in text
    assert "Not started" in text
    assert browser.post("/sittings/2/prepare").status_code == 409


def test_a_bank_that_cannot_meet_the_blueprint_is_explained_by_the_rules_that_conflict(pages: Pages) -> None:
    browser = pages.browser("chen")
    browser.post("/sittings/2/book", enrolment=enrolment_of(pages, "C-2026-0418"))
    with pages.database.write() as session:
        gone = update(ItemVersion).where(ItemVersion.syllabus == "process.incident").values(state=ItemState.RETIRED)
        session.execute(gone)
    reply = browser.post("/sittings/2/prepare")
    text = words_of(reply)
    assert reply.status_code == 409
    assert "These rules exclude each other" in text
    assert "at least 8 and at most 8, the pool has 0" in text
    with pages.database.read() as session:
        assert session.get_one(Sitting, 2).state is SittingState.PLANNED


def test_nobody_can_be_booked_for_a_prepared_sitting(pages: Pages) -> None:
    assert pages.browser("chen").post("/sittings/1/book", enrolment=enrolment_of(pages, "C-2026-0418")).status_code == 409


def test_a_sitting_that_is_not_there_is_said_plainly(pages: Pages) -> None:
    browser = pages.browser("chen")
    for reply in (browser.get("/sittings/999"), browser.post("/sittings/999/book"), browser.post("/sittings/999/prepare")):
        assert reply.status_code == 404
        assert "There is nothing here." in words_of(reply)

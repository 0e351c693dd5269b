"""In the browser: the room follows the centre without taking anything from the hand, and no page of the way fails axe."""

from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from exam_engine.core.database import Database
from exam_engine.delivery.records import Attempt, MoveRequest
from tests.live import LiveSite, browser, site  # noqa: F401  fixtures
from tests.site_pages import start_attempt

pytestmark = pytest.mark.browser


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def begin(site: LiveSite, number: int = 0) -> int:  # noqa: F811
    with site.database.write() as session:
        return start_attempt(session, site.candidate(number), site.clock()).id


def faults_of(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']][:3]}" for fault in found]


def test_the_room_follows_while_words_are_typed_and_keeps_the_focus(site: LiveSite) -> None:  # noqa: F811
    attempt = begin(site)
    page = site.enter("shen")
    page.goto(f"/rooms/{site.world.sitting.id}?seat={site.paper()}")
    page.locator(".side summary", has_text="Add time").click()
    reason = page.locator("#time-one")
    reason.fill("fire al")
    with site.database.write() as session:
        asked = site.clock() - timedelta(seconds=37)
        session.add(MoveRequest(attempt_id=attempt, device="second", code="4821", asked_at=asked))
    expect(page.locator(".ask-code")).to_have_text("4821")
    expect(page.locator("[data-news]")).to_have_text("Needs a person: 1")
    expect(reason).to_be_focused()
    page.keyboard.type("arm")
    expect(reason).to_have_value("fire alarm")
    page.get_by_role("button", name="Approve the change").click()
    expect(page.get_by_role("status").first).to_have_text("The change of device is approved.")


def test_a_seat_keeps_the_focus_when_the_seats_are_swapped(site: LiveSite) -> None:  # noqa: F811
    attempt, seat = begin(site), f"#seat-{site.paper()}"
    page = site.enter("shen")
    page.goto(f"/rooms/{site.world.sitting.id}")
    page.locator(seat).focus()
    with site.database.write() as session:
        session.get_one(Attempt, attempt).seen_at -= timedelta(minutes=5)
    expect(page.locator(seat)).to_contain_text("offline 5 min")
    expect(page.locator(seat)).to_be_focused()


def test_a_room_that_loses_the_centre_says_so_until_it_is_back(site: LiveSite) -> None:  # noqa: F811
    page = site.enter("shen")
    page.goto(f"/rooms/{site.world.sitting.id}")
    warning = page.locator("[data-unreachable]")
    page.context.set_offline(True)
    expect(warning).to_be_visible()
    page.context.set_offline(False)
    expect(warning).to_be_hidden()


def test_the_password_can_be_shown_and_is_hidden_again_before_it_is_sent(site: LiveSite) -> None:  # noqa: F811
    page = site.new_context().new_page()
    page.goto("/sign-in")
    field = page.get_by_label("Password")
    field.fill("certify-2026")
    page.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(field).to_have_attribute("type", "password")


def test_without_scripts_the_way_to_the_exam_is_a_row_of_plain_pages(site: LiveSite) -> None:  # noqa: F811
    page = site.enter(site.candidate(), java_script_enabled=False)
    page.goto("/way")
    page.locator(".next-card .btn-primary").click()
    page.get_by_role("link", name="Go on to the declaration").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/exam/*")
    assert "The exam needs JavaScript" in page.content()


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-CN", "dark", 390), ("en", "light", 1280)])
def test_axe_finds_nothing_and_nothing_overflows(
    site: LiveSite,  # noqa: F811
    language: str,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    begin(site, 1)
    room, exam = f"/rooms/{site.world.sitting.id}?seat={site.paper(1)}", f"/exam/{site.paper()}"
    places = {
        site.candidate(): ("/way", f"{exam}/wait", f"{exam}/declare", "/help", "/exam/999999"),
        "shen": ("/rooms", room, f"{room}&view=list"),
        "chen": ("/sittings", "/sittings/new", f"/sittings/{site.world.sitting.id}"),
    }
    found = {}
    for login, addresses in places.items():
        page = site.enter(login, language=language, color_scheme=scheme, viewport={"width": width, "height": 800})
        for address in addresses:
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if faults := faults_of(page) + ([f"{wide} px too wide"] if wide > 0 else []):
                found[address] = faults
    assert found == {}

"""Time belongs to the centre: it ends exams, is added, stands still, and the page follows."""

import re

import pytest
from playwright.sync_api import Page, expect

from exam_engine.delivery.records import Answer, Attempt, AttemptState, SetAside
from tests.flows.keyboard import LETTERS
from tests.live import LiveSite
from tests.world import MINUTES

pytestmark = [pytest.mark.browser, pytest.mark.world(candidates=1)]


def open_exam(site: LiveSite) -> Page:
    page = site.enter(site.candidate())
    page.clock.install()
    site.open_exam(page, site.paper())
    return page


def beat(page: Page) -> None:
    """Let 20 seconds pass on the page, so that it asks the centre."""
    with page.expect_response("**/heartbeat"):
        page.clock.fast_forward(20_000)


def room(site: LiveSite) -> Page:
    page = site.enter("shen")
    page.goto(f"/rooms/{site.world.sitting.id}?seat={site.paper()}")
    return page


def act(page: Page, label: str, button: str, reason: str, minutes: int | None = None) -> None:
    """Do something for the candidate whose seat is open."""
    form = page.locator("details.act", has=page.locator("form[action*='/attempts/']")).filter(has_text=label)
    form.locator("summary").click()
    if minutes is not None:
        form.get_by_label("Minutes").fill(str(minutes))
    form.locator("textarea").fill(reason)
    form.get_by_role("button", name=button, exact=True).click()


def attempt_of(site: LiveSite) -> Attempt:
    with site.database.read() as session:
        return session.query(Attempt).one()


def test_the_centre_closes_an_exam_at_its_end_when_nobody_is_there(site: LiveSite) -> None:
    page = open_exam(site)
    page.context.close()
    site.clock.move(minutes=MINUTES, seconds=5)
    site.work()
    assert attempt_of(site).state is AttemptState.OPEN, "the grace period still runs"
    site.clock.move(seconds=10)
    site.work()
    assert attempt_of(site).state is AttemptState.CLOSED
    back = site.enter(site.candidate())
    back.goto(f"/exam/{site.paper()}")
    expect(back.locator("h1")).to_have_text("Your time was up")


def test_a_page_that_is_open_at_the_end_hands_in_what_was_answered(site: LiveSite) -> None:
    page = open_exam(site)
    page.locator(".option-label, .btn.flag").first.click()
    site.clock.move(minutes=MINUTES, seconds=1)
    page.clock.fast_forward((MINUTES * 60 + 1) * 1000)
    page.wait_for_url("**/receipt")
    assert attempt_of(site).submitted_at is not None


def test_an_answer_after_deadline_and_grace_is_set_aside_and_the_page_says_so(site: LiveSite) -> None:
    page = open_exam(site)
    page.context.set_offline(True)
    _answer_any_choice(page)
    expect(page.locator("save-state")).to_contain_text("Offline: 1 answer kept safely on this device")
    site.clock.move(minutes=MINUTES + 1)
    site.work()
    page.clock.fast_forward((MINUTES + 1) * 60_000)
    expect(page.get_by_text("Time is up. Your answers are sealed on this device.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Some answers reached the centre after the end. A person decides about them.")).to_be_visible()
    with site.database.read() as session:
        assert session.query(Answer).filter(Answer.slot != "_view").count() == 0
        assert {row.reason for row in session.query(SetAside).filter(SetAside.slot != "_view")} == {"late"}


def _answer_any_choice(page: Page) -> None:
    """Go to the first question with choices and take the first."""
    while not page.locator(".option").count():
        page.locator(".exam-foot .btn-primary").click()
    page.keyboard.press(LETTERS[0])


def test_ten_added_minutes_reach_the_timer_and_the_banner_says_the_new_end(site: LiveSite) -> None:
    page, desk = open_exam(site), room(site)
    beat(page)
    act(desk, "Add time…", "Add the time", "Fire alarm", minutes=10)
    expect(desk.get_by_text("Time was added.")).to_be_visible()
    beat(page)
    expect(page.locator(".banner-info")).to_contain_text(
        re.compile(r"You have 10 more minutes\. Your exam now ends at \d\d:\d\d:\d\d\.")
    )
    expect(page.locator("exam-timer")).to_contain_text(re.compile(rf"({MINUTES + 9}|{MINUTES + 10}):\d\d|1:(09|10):\d\d"))
    page.locator(".banner-close").click()
    expect(page.locator(".banner-info")).to_have_count(0)


def test_a_pause_stops_the_clock_and_gives_back_every_second_of_it(site: LiveSite) -> None:
    page, desk = open_exam(site), room(site)
    before = attempt_of(site).deadline_at
    act(desk, "Pause…", "Stop the clock", "Power cut in the room")
    beat(page)
    expect(page.get_by_text("Paused, the clock is stopped.")).to_be_visible()
    site.clock.move(minutes=40)
    site.work()
    assert attempt_of(site).state is AttemptState.PAUSED, "a paused exam does not run out"
    desk.reload()
    act(desk, "Go on…", "Start the clock again", "Power is back")
    expect(desk.get_by_text("The clock goes on; the pause is given back.")).to_be_visible()
    beat(page)
    expect(page.locator(".exam-foot")).to_be_visible()
    assert (attempt_of(site).deadline_at - before).total_seconds() >= 40 * 60
    expect(page.locator("exam-timer")).to_contain_text(re.compile(rf"({MINUTES - 2}|{MINUTES - 1}):\d\d|1:00:00"))

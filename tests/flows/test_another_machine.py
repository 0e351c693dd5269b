"""The candidate goes on at another machine: freely when the first is silent, with the invigilator's word while it is live."""

import pytest
from playwright.sync_api import Page, expect

from tests.flows.keyboard import Keyboard, read_items, right_response
from tests.live import LiveSite
from tests.world import ITEMS

pytestmark = [pytest.mark.browser, pytest.mark.world(candidates=1)]


def answer_first(site: LiveSite, page: Page) -> None:
    """Answer the first question and go on to the second."""
    items = read_items(site.database, site.paper())
    first, second = list(items)[:2]
    Keyboard(page).answer(items[first], right_response(items[first]), page.locator("question-view"))
    with page.expect_response(lambda reply: f'"current":"{second}"' in (reply.request.post_data or "")):
        page.locator(".exam-foot .btn-primary").click()
    expect(page.locator("save-state.save-centre time")).to_be_visible()
    expect(page.locator(".cell-device")).to_have_count(0)


def seconds_left(page: Page) -> int:
    """What the timer of a page shows, in seconds."""
    shown = page.locator("exam-timer time, exam-timer [role=timer], exam-timer").first.inner_text()
    minutes, seconds = next(word for word in shown.split() if ":" in word).split(":")[-2:]
    return 60 * int(minutes) + int(seconds)


def test_another_machine_goes_on_at_the_same_question_with_the_same_time_when_the_first_is_silent(site: LiveSite) -> None:
    first = site.enter(site.candidate())
    site.open_exam(first, site.paper())
    answer_first(site, first)
    left = seconds_left(first)
    first.context.set_offline(True)
    first.context.close()
    site.clock.move(seconds=90)
    second = site.enter(site.candidate())
    second.goto(f"/exam/{site.paper()}")
    expect(second.locator(".exam-place")).to_have_text(f"Question 2 of {ITEMS}")
    expect(second.locator(".cells .cell-answered")).to_have_count(1)
    assert left - 120 < seconds_left(second) <= left - 90


def test_while_the_first_machine_is_live_the_invigilator_decides_and_the_first_page_says_it_moved(site: LiveSite) -> None:
    first = site.enter(site.candidate())
    site.open_exam(first, site.paper())
    answer_first(site, first)
    second = site.enter(site.candidate())
    second.goto(f"/exam/{site.paper()}")
    expect(second.get_by_text("This exam is open on another device.")).to_be_visible()
    code = second.locator(".move-code").inner_text()
    assert len(code) == 4
    assert code.isdigit()
    room = site.enter("shen")
    room.goto(f"/rooms/{site.world.sitting.id}?seat={site.paper()}")
    expect(room.locator(".ask-code")).to_have_text(code)
    room.get_by_role("button", name="Approve the change").click()
    expect(room.get_by_text("The change of device is approved.")).to_be_visible()
    expect(second.locator(".exam-place")).to_have_text(f"Question 2 of {ITEMS}")
    expect(second.locator(".cells .cell-answered")).to_have_count(1)
    first.locator(".exam-foot .btn-primary").click()
    expect(first.get_by_text("This exam is open on another device.")).to_be_visible()
    expect(first.locator(".exam-foot")).to_have_count(0)


def test_a_second_tab_of_the_same_browser_may_take_the_exam_over_and_the_first_says_so(site: LiveSite) -> None:
    first = site.enter(site.candidate())
    site.open_exam(first, site.paper())
    answer_first(site, first)
    second = first.context.new_page()
    second.goto(f"/exam/{site.paper()}")
    expect(second.locator("h1")).to_have_text("This exam is open in another tab")
    second.get_by_role("button", name="Move it here").click()
    expect(second.locator(".exam-place")).to_have_text(f"Question 2 of {ITEMS}")
    expect(first.locator("h1")).to_have_text("This exam is open in another tab")

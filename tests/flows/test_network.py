"""The network fails in every way: the page says the truth, nothing is lost, nothing is doubled."""

from itertools import pairwise
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, Route, expect

from exam_engine.delivery.records import Answer, Attempt, SetAside
from tests.flows.keyboard import Keyboard, read_items, right_response
from tests.live import LiveSite
from tests.world import ITEMS

pytestmark = [pytest.mark.browser, pytest.mark.world(candidates=1)]

SAVES = "**/api/v1/attempts/*/answers"
API = "**/api/v1/**"
OFFLINE = "The centre cannot be reached. Go on working."


def answer(site: LiveSite, page: Page, first: int, last: int) -> dict[str, Any]:
    """Answer the questions `first` to `last` (counted from 1); what was given, by slot."""
    keys, given = Keyboard(page), {}
    for place, (slot, item) in enumerate(read_items(site.database, site.paper()).items(), 1):
        if first <= place <= last:
            expect(page.locator(".exam-place")).to_have_text(f"Question {place} of {ITEMS}")
            given[slot] = right_response(item)
            keys.answer(item, given[slot], page.locator("question-view"))
            page.locator(".exam-foot .btn-primary").click()
    return given


def stored(site: LiveSite) -> dict[str, Any]:
    """The newest answer of each slot; nothing was set aside."""
    with site.database.read() as session:
        rows = session.query(Answer).filter(Answer.slot != "_view").order_by(Answer.seq).all()
        assert session.query(SetAside).count() == 0
        return {row.slot: orjson.loads(row.response) for row in rows}


def find_doubled(site: LiveSite) -> list[str]:
    """Slots of which the same answer was stored twice in a row."""
    with site.database.read() as session:
        rows = session.query(Answer).filter(Answer.slot != "_view").order_by(Answer.slot, Answer.seq).all()
    return [one.slot for one, other in pairwise(rows) if (one.slot, one.response) == (other.slot, other.response)]


def open_exam(site: LiveSite) -> Page:
    page = site.enter(site.candidate())
    site.open_exam(page, site.paper())
    return page


def expect_at_centre(page: Page) -> None:
    expect(page.locator("save-state.save-centre time")).to_be_visible()
    expect(page.locator(".cell-device")).to_have_count(0)


def test_answers_given_offline_stay_on_the_device_and_come_in_when_the_network_is_back(site: LiveSite) -> None:
    page = open_exam(site)
    given = answer(site, page, 1, 2)
    expect_at_centre(page)
    page.context.set_offline(True)
    given |= answer(site, page, 3, 7)
    expect(page.locator("save-state")).to_contain_text("Offline: 5 answers kept safely on this device")
    expect(page.get_by_text(OFFLINE).first).to_be_visible()
    expect(page.locator(".cells .cell-device")).to_have_count(5)
    assert len(stored(site)) == 2
    page.context.set_offline(False)
    expect_at_centre(page)
    expect(page.locator(".banner-warn")).to_have_count(0)
    assert stored(site) == given


def test_a_reload_while_answers_wait_on_the_device_loses_none_of_them(site: LiveSite) -> None:
    page = open_exam(site)
    given = answer(site, page, 1, 1)
    expect_at_centre(page)
    page.route(SAVES, lambda route: route.abort())
    given |= answer(site, page, 2, 5)
    expect(page.locator("save-state")).to_contain_text("Offline: 4 answers kept safely on this device")
    page.reload()
    expect(page.locator(".exam-place")).to_have_text(f"Question 6 of {ITEMS}")
    expect(page.locator(".cells .cell-answered")).to_have_count(5)
    page.unroute(SAVES)
    expect_at_centre(page)
    assert stored(site) == given


def test_a_save_whose_reply_is_lost_after_the_commit_is_stored_once(site: LiveSite) -> None:
    page = open_exam(site)
    lost: list[int] = []

    def lose_the_reply(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route(SAVES, lose_the_reply, times=2)
    given = answer(site, page, 1, 3)
    expect_at_centre(page)
    assert lost == [200, 200]
    assert stored(site) == given
    assert find_doubled(site) == []


def test_a_captive_portal_that_answers_200_is_not_taken_for_the_centre(site: LiveSite) -> None:
    page = open_exam(site)
    given = answer(site, page, 1, 1)
    expect_at_centre(page)
    portal = "<html><body>Welcome to the hotel network. Please accept the terms.</body></html>"
    page.route(API, lambda route: route.fulfill(status=200, content_type="text/html", body=portal))
    given |= answer(site, page, 2, 3)
    expect(page.locator("save-state")).to_contain_text("Offline: 2 answers kept safely on this device")
    assert len(stored(site)) == 1
    page.unroute(API)
    expect_at_centre(page)
    assert stored(site) == given


def test_an_exam_handed_in_offline_is_sealed_and_delivered_with_every_answer(site: LiveSite) -> None:
    page = open_exam(site)
    page.context.set_offline(True)
    given = answer(site, page, 1, 4)
    page.locator(".palette-foot .btn").click()
    page.locator(".declare .check-box").check()
    page.get_by_role("button", name="Hand in 4 answers").click()
    expect(page.get_by_text("Your answers are sealed on this device.").first).to_be_visible()
    expect(page.get_by_text("4 answers are still on this device.")).to_be_visible()
    assert stored(site) == {}
    page.context.set_offline(False)
    page.wait_for_url("**/receipt")
    expect(page.locator("h1")).to_have_text("Your exam is handed in")
    assert stored(site) == given
    with site.database.read() as session:
        assert session.query(Attempt).one().answered == 4

"""The main job: from signing in to a certificate that anyone can check."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from exam_engine.delivery.records import Attempt
from exam_engine.results.collect import read_responses
from exam_engine.sittings.records import Sitting
from tests.flows.keyboard import LETTERS, Keyboard, read_items, right_response
from tests.live import LiveSite
from tests.world import ITEMS

pytestmark = pytest.mark.browser


@pytest.mark.world(candidates=1)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_candidate_goes_from_signing_in_to_a_certificate_by_keyboard_alone(site: LiveSite) -> None:
    page = site.new_context("zh-CN").new_page()
    number, paper = site.candidate(), site.paper()
    _wait_at_the_door(site, page, number)
    _declare(page)
    given = _answer_everything(site, page, paper)
    _review_and_hand_in(page, len(given))
    assert _stored(site, paper) == given
    _decide(site)
    _look_at_result(site, page)


def _wait_at_the_door(site: LiveSite, page: Page, number: str) -> None:
    """Before the time the waiting room says how long; at the time it opens by itself."""
    with site.database.write() as session:
        session.get_one(Sitting, site.world.sitting.id).opens_at = site.clock() + timedelta(minutes=5)
    page.clock.install()
    site.sign_in(page, number)
    Keyboard(page).push(page.locator("a[href$='/wait']").first)
    expect(page.locator("[data-left]")).to_have_text(re.compile(r"^0[45]:\d\d$"))
    expect(page.get_by_role("link", name="前往声明")).to_be_hidden()
    site.clock.move(minutes=5)
    page.clock.fast_forward("05:00")
    Keyboard(page).push(page.locator("[data-door] a"))


def _declare(page: Page) -> None:
    """Without the tick the exam does not start, and the page says why; with it the first question is there."""
    keys = Keyboard(page)
    keys.push(page.locator("form.declare .btn-primary"))
    expect(page.get_by_role("alert")).to_be_visible()
    tick = page.locator("input[name=declared]")
    expect(tick).to_be_focused()
    keys.press("Space")
    keys.push(page.locator("form.declare .btn-primary"))
    expect(page.locator(".exam-place")).to_have_text(f"第 1 题，共 {ITEMS} 题")


def _answer_everything(site: LiveSite, page: Page, paper: int) -> dict[str, Any]:
    """Every question by keys; the second is flagged, and one answer of the first choice is crossed out and restored."""
    keys, given, crossed = Keyboard(page), {}, False
    for place, (slot, item) in enumerate(read_items(site.database, paper).items(), 1):
        expect(page.locator(".exam-place")).to_have_text(f"第 {place} 题，共 {ITEMS} 题")
        if place > 1:
            expect(page.locator("question-view h1")).to_be_focused()
        if item["type"] == "single_choice" and not crossed:
            crossed = _cross_out_and_restore(page)
        if place == 2:
            keys.press("f")
            expect(page.locator(".flag")).to_have_attribute("aria-pressed", "true")
        given[slot] = right_response(item)
        keys.answer(item, given[slot], page.locator("question-view"))
        keys.push(page.locator(".exam-foot .btn-primary"))
    return given


def _cross_out_and_restore(page: Page) -> bool:
    first = page.locator(".option").first
    for expected in (1, 0):
        Keyboard(page).press("x", LETTERS[0])
        expect(page.locator(".option.is-struck")).to_have_count(expected)
    expect(first.locator("input")).not_to_be_checked()
    return True


def _review_and_hand_in(page: Page, count: int) -> None:
    """The review counts and lists what is flagged; without the tick nothing is handed in; then the receipt."""
    keys = Keyboard(page)
    expect(page.locator("review-page h1")).to_be_focused()
    expect(page.locator("review-page")).to_contain_text("未作答 0 题")
    expect(page.locator("review-page")).to_contain_text("已标记 1 题")
    button = page.get_by_role("button", name=f"交卷，已答 {count} 题")
    keys.push(button)
    expect(page.get_by_text("勾选此项后才能交卷。")).to_be_visible()
    keys.press("Space")
    keys.push(button)
    page.wait_for_url("**/receipt")
    expect(page.locator("h1")).to_have_text("您已交卷")
    expect(page.locator("main .dl")).to_contain_text(re.compile(rf"{count}\D+{count}"))


def _stored(site: LiveSite, paper: int) -> dict[str, Any]:
    """The newest answer of every slot as the database has it."""
    with site.database.read() as session:
        attempt = session.query(Attempt).filter_by(candidate_paper_id=paper).one()
        return read_responses(session, [attempt.id])[attempt.id]


def _decide(site: LiveSite) -> None:
    """One officer proposes and cannot release; another one releases; the pass goes to the issuer."""
    site.clock.move(hours=9)
    address = f"/release/{site.world.sitting.id}"
    first, second = site.enter("chen"), site.enter("silva")
    first.goto(address)
    first.get_by_role("button", name="Propose results").click()
    expect(first.get_by_text("Another officer releases them")).to_be_visible()
    expect(first.get_by_role("button", name="Release 1 results")).to_have_count(0)
    second.goto(address)
    second.get_by_role("button", name="Release").click()
    expect(second.get_by_text("Every result of this sitting is released.")).to_be_visible()
    site.work()


def _look_at_result(site: LiveSite, page: Page) -> None:
    """Result, certificate, its PDF, and the public check by somebody who is not signed in."""
    keys = Keyboard(page)
    page.goto("/results")
    keys.push(page.get_by_role("link", name="查看成绩"))
    expect(page.locator(".decision-word")).to_have_text("通过")
    expect(page.locator(".decision-score b")).to_have_text("100")
    with page.expect_download() as download:
        keys.push(page.locator("a[href$='.pdf']"))
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(download.value.path().read_bytes())).pages)
    number = (page.locator("a[href$='.pdf']").get_attribute("href") or "").removeprefix("/certificates/").removesuffix(".pdf")
    assert number in text
    anyone = site.new_context("zh-CN").new_page()
    anyone.goto("/verify")
    anyone.get_by_label("查验码或证书编号").fill(number)
    anyone.keyboard.press("Enter")
    expect(anyone.locator(".verdict h2")).to_have_text("该证书有效")

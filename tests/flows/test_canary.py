"""Nothing that tells a right answer ever reaches the candidate's browser."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from exam_engine.core.database import Database
from question_bank import Bank
from tests.flows.keyboard import Keyboard, read_items, right_response
from tests.live import LiveSite, Seen, on_air
from tests.world import build_world, level_bank

pytestmark = pytest.mark.browser

CANARY = "cANarY-7319"
WORD = {"zh-CN": CANARY, "en": CANARY}
SECRET_FIELDS = (
    '"key":',
    '"rationale":',
    '"accepted":',
    '"rubric":',
    '"model_answer":',
    '"difficulty":',
    '"parameters":',
    '"tolerance":',
)


def with_canaries(level: str) -> Bank:
    """The bank of a level with a canary in every place that candidates must not see."""
    bank = copy.deepcopy(level_bank(level))
    for item in [*bank.items, *(part for case in bank.cases for task in case["tasks"] for part in task["parts"])]:
        _hide(item)
    return bank


def _hide(item: dict[str, Any]) -> None:
    item["rationale"] = WORD
    for option in item.get("options", []):
        if item["type"] in {"single_choice", "multiple_choice"}:
            option["rationale"] = WORD
    if item["type"] == "short_text":
        item["key"]["accepted"].append({"text": CANARY})
    if item["type"] == "written":
        item["model_answer"] = WORD
    for criterion in item.get("rubric", {}).get("criteria", []):
        for level in criterion["levels"]:
            level["text"] = WORD


@pytest.fixture
def site(database: Database, tmp_path: Path, browser: Browser) -> Iterator[LiveSite]:
    bank = with_canaries("intermediate")
    with on_air(build_world(database, tmp_path, level="intermediate", candidates=1, bank=bank), browser) as live:
        yield live


def test_no_key_and_no_rationale_is_in_anything_the_browser_received(site: LiveSite) -> None:
    seen, context = Seen(), site.new_context()
    seen.watch(context)
    page = site.enter(site.candidate(), context)
    for kind in ("theory", "practical"):
        _sit(site, page, site.paper(kind=kind))
    for address in ("/way", "/results", "/certificates", "/help"):
        page.goto(address)
    _check_that_the_canary_lives(site)
    assert any("/start" in address for address, _ in seen.bodies)
    assert any("/static/player.js" in address for address, _ in seen.bodies)
    for address, body in [*seen.bodies, *(("console", line) for line in seen.console)]:
        assert CANARY not in body, address
        if "/api/" in address:
            assert not [field for field in SECRET_FIELDS if field in body], address
    stored = page.evaluate("async () => JSON.stringify([{...localStorage}, {...sessionStorage}, await caches.keys()])")
    assert CANARY not in stored
    assert json.loads(stored)[2] == [], "nothing of an exam lies in a cache"


def _sit(site: LiveSite, page: Page, paper: int) -> None:
    """Look at every question, answer the first, hand in, read the receipt."""
    site.open_exam(page, paper)
    slot, item = next(iter(read_items(site.database, paper).items()))
    part = page.locator(f'[data-part="{slot}"], question-view').first
    Keyboard(page).answer(item, right_response(item), part)
    page.keyboard.press("Escape")
    while not page.locator("review-page").count():
        page.locator(".exam-foot .btn-primary").click()
    page.locator(".declare .check-box").check()
    page.get_by_role("button", name="Hand in 1 answer").click()
    page.wait_for_url("**/receipt")
    expect(page.locator("h1")).to_have_text("Your exam is handed in")


def _check_that_the_canary_lives(site: LiveSite) -> None:
    """The test would see it: the marking side holds it in every item of both papers."""
    for kind in ("theory", "practical"):
        items = read_items(site.database, site.paper(kind=kind))
        assert all(CANARY in json.dumps(item) for item in items.values())

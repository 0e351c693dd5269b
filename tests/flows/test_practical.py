"""A practical: exhibits, structured parts, a written answer, a file; two graders, a third where they differ, and release."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from exam_engine.delivery.records import Attempt, StoredFile
from exam_engine.demo.exam_day import CHANGE_REQUEST
from exam_engine.marking.records import Script, ScriptState
from exam_engine.results.collect import read_responses
from exam_engine.results.records import Outcome, Result
from tests.flows.keyboard import Keyboard, read_items, right_response
from tests.live import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.world(level="intermediate", candidates=1)]

SENTENCE = "The cards are refused since the second of November, soon after the shops open at eight. "
WORDS = len(SENTENCE.split())
PDF = CHANGE_REQUEST + b"\n%" + b"0123456789" * 40_000
"""Longer than one piece, so that a cut falls into the middle of it."""


def test_a_practical_is_answered_marked_twice_adjudicated_and_released(site: LiveSite) -> None:
    theory = {slot: right_response(item) for slot, item in read_items(site.database, site.paper()).items()}
    site.sit(site.paper(), site.candidate(), theory)
    page, paper = site.enter(site.candidate()), site.paper(kind="practical")
    page.set_viewport_size({"width": 1280, "height": 800})
    site.open_exam(page, paper)
    _read_exhibits(page)
    given = _answer_tasks(site, page, paper)
    _hand_in(page, len(given) + 1)
    assert _stored_without_files(site, paper) == given
    _mark(site)
    _release(site)
    page.goto("/results")
    page.get_by_role("link", name="Open the result").click()
    expect(page.locator(".decision-word")).to_have_text("Passed")
    expect(page.get_by_text("tasks").first).to_be_visible()


def _read_exhibits(page: Page) -> None:
    """The arrows go from exhibit to exhibit, and round to the first again."""
    keys, tabs = Keyboard(page), page.get_by_role("tab")
    keys.go_to(tabs.first)
    for number in [*range(1, tabs.count()), 0]:
        keys.press("ArrowRight")
        expect(tabs.nth(number)).to_be_focused()
        expect(tabs.nth(number)).to_have_attribute("aria-selected", "true")
        expect(page.locator("#exhibit-panel")).not_to_be_empty()


def _answer_tasks(site: LiveSite, page: Page, paper: int) -> dict[str, Any]:
    """Every part of every task by its own means; what was given, without the file."""
    keys, given, task = Keyboard(page), {}, "t1"
    for slot, item in read_items(site.database, paper).items():
        if not slot.startswith(task):
            task = slot.partition("/")[0]
            page.locator(".case-foot .btn-primary").click()
        part = page.locator(f'[data-part="{slot}"]')
        if item["type"] == "files":
            _upload(site, page, part)
            continue
        given[slot] = _write(page, part, item["words"]) if item["type"] == "written" else right_response(item)
        if item["type"] != "written":
            part.locator("h3").focus()
            keys.answer(item, given[slot], part)
    return given


def _write(page: Page, part: Locator, words: dict[str, int]) -> str:
    """The count says what is missing, then that it is inside, then how much is too much; nothing is cut."""
    field, count = part.locator("textarea"), part.locator(".count")
    inside, beyond = words["max"] // WORDS, words["max"] // WORDS + 1
    field.focus()
    page.keyboard.insert_text(SENTENCE)
    expect(count).to_contain_text(f"{WORDS} words, {words['min'] - WORDS} to go")
    page.keyboard.insert_text(SENTENCE * (inside - 1))
    expect(count).to_have_text(f"{WORDS * inside} words")
    page.keyboard.insert_text(SENTENCE)
    expect(count).to_contain_text(f"{WORDS * beyond} words, {WORDS * beyond - words['max']} too many")
    field.fill(SENTENCE * inside)
    return SENTENCE * inside


def _upload(site: LiveSite, page: Page, part: Locator) -> None:
    """A picture and a disguised picture are refused; a PDF is stored, and goes on where it was cut off."""
    chooser = part.locator("input[type=file]")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    chooser.set_input_files({"name": "plan.png", "mimeType": "image/png", "buffer": picture})
    expect(part.get_by_text("plan.png is not accepted")).to_be_visible()
    chooser.set_input_files({"name": "plan.pdf", "mimeType": "application/pdf", "buffer": picture})
    expect(part.get_by_text("plan.pdf is not accepted")).to_be_visible()
    sent: list[str] = []

    def cut(route: Route) -> None:
        sent.append(route.request.url.partition("offset=")[2])
        if len(sent) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/*?offset=*", cut)
    chooser.set_input_files({"name": "change.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(part.get_by_text("Stored at centre")).to_be_visible()
    assert sent == ["0", "262144", "262144"], "what had arrived before the cut is not sent again"
    with site.database.read() as session:
        stored = session.query(StoredFile).filter(StoredFile.completed_at.is_not(None)).one()
        assert (stored.name, stored.size) == ("change.pdf", len(PDF))


def _hand_in(page: Page, answers: int) -> None:
    page.locator(".case-foot .btn-primary").click()
    page.locator(".declare .check-box").check()
    page.get_by_role("button", name=f"Hand in {answers} answers").click()
    page.wait_for_url("**/receipt")


def _stored_without_files(site: LiveSite, paper: int) -> dict[str, Any]:
    with site.database.read() as session:
        attempt = session.query(Attempt).filter_by(candidate_paper_id=paper).one()
        responses = read_responses(session, [attempt.id])[attempt.id]
    return {
        slot: response for slot, response in responses.items() if not isinstance(response, list) or isinstance(response[0], str)
    }


def _mark(site: LiveSite) -> None:
    """Two graders mark by keyboard and differ on the essay: the senior's mark decides; nobody reads the candidate's name."""
    _mark_everything(site, "novak", best=True)
    _mark_everything(site, "liu", best=False)
    assert _states(site) == {ScriptState.ADJUDICATION}
    _mark_everything(site, "okafor", best=True, button="Adjudicate the next script")
    assert _states(site) == {ScriptState.SETTLED}


def _states(site: LiveSite) -> set[ScriptState]:
    with site.database.read() as session:
        return {script.state for script in session.query(Script).filter_by(double=True)}


def _mark_everything(site: LiveSite, login: str, *, best: bool, button: str = "Mark the next script") -> None:
    page = site.enter(login)
    name = site.world.enrolments[0].candidate.user.names["en"]
    page.goto("/marking")
    while page.get_by_role("button", name=button).count():
        page.get_by_role("button", name=button).first.click()
        page.wait_for_url("**/marking/scripts/*")
        expect(page.locator("body")).not_to_contain_text(name)
        _mark_script(page, best=best)
        page.wait_for_url(lambda url: "/marking?done=" in url)


def _mark_script(page: Page, *, best: bool) -> None:
    """Without a level everywhere the script is not saved, and the page says which criterion is missing."""
    keys, criteria = Keyboard(page), page.locator("details.crit")
    keys.press("Control+Enter")
    expect(page.locator("#saved")).to_contain_text("first")
    for number in range(criteria.count()):
        criterion = criteria.nth(number)
        expect(criterion).to_have_attribute("open", "")
        level = str(criterion.locator(".level").count()) if best else "1"
        keys.press(level)
        expect(criterion.locator(f'input[data-level="{level}"]')).to_be_checked()
        keys.press("c")
        page.keyboard.type("Seen")
        keys.press("Enter")
    expect(page.locator("#saved")).to_contain_text("Saved at centre")
    keys.press("Control+Enter")


def _release(site: LiveSite) -> None:
    site.clock.move(hours=9)
    for login, button in (("chen", "Propose results"), ("silva", "Release 1 results")):
        page = site.enter(login)
        page.goto(f"/release/{site.world.sitting.id}")
        page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Every result of this sitting is released.")).to_be_visible()
    with site.database.read() as session:
        assert session.query(Result).one().outcome is Outcome.PASS
    site.work()

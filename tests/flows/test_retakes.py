"""Fail, one makeup with nothing seen before, fail again, train again, and the exam is open anew."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from exam_engine.enrolment.records import Enrolment
from exam_engine.sittings.records import CandidatePaper, Form, Sitting
from tests.live import LiveSite

pytestmark = [pytest.mark.browser, pytest.mark.world(candidates=1)]

NO_MAKEUP = "No makeup is left: a new training comes first."


def test_after_two_fails_only_a_new_training_opens_the_exam_again(site: LiveSite) -> None:
    first = site.world.sitting.id
    _fail(site, first)
    expect(_way(site).get_by_role("heading", name="Not passed, one makeup exam is open to you")).to_be_visible()

    makeup = _plan(site, "makeup", days=20)
    _book_and_prepare(site, makeup)
    assert not _codes(site, first) & _codes(site, makeup), "a makeup holds nothing its candidate has seen"
    site.clock.move(days=20, minutes=1)
    _fail(site, makeup)
    expect(_way(site).get_by_role("heading", name="Train again first")).to_be_visible()

    for kind in ("makeup", "regular"):
        officer = _sitting_page(site, _plan(site, kind, days=20))
        expect(officer.get_by_text(NO_MAKEUP)).to_be_visible()
        expect(officer.locator("input[name=enrolment]")).to_have_count(0)
        expect(officer.get_by_role("button", name="Book the ticked candidates")).to_have_count(0)

    _record_training(site)
    expect(_way(site).get_by_role("heading", name="No exam is booked yet")).to_be_visible()
    _book_and_prepare(site, _plan(site, "regular", days=20))
    expect(_way(site).get_by_role("heading", name="Your exam is in 20 days")).to_be_visible()


def _fail(site: LiveSite, sitting: int) -> None:
    """Hand in an empty paper; two officers decide."""
    with site.database.read() as session:
        paper = session.query(CandidatePaper).join(Form).filter(Form.sitting_paper.has(sitting_id=sitting)).one().id
    site.sit(paper, site.candidate(), {})
    site.clock.move(hours=9)
    for login, button in (("chen", "Propose results"), ("silva", "Release 1 results")):
        page = site.enter(login)
        page.goto(f"/release/{sitting}")
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
    expect(page.get_by_text("Every result of this sitting is released.")).to_be_visible()


def _way(site: LiveSite) -> Page:
    page = site.enter(site.candidate())
    page.goto("/way")
    return page


def _plan(site: LiveSite, kind: str, days: int) -> int:
    """Schedule a sitting on the officer's page; its number."""
    page, opens = site.enter("chen"), site.clock() + timedelta(days=days)
    page.goto("/sittings/new")
    page.get_by_label("Level").select_option("junior")
    page.get_by_label("Kind").select_option(kind)
    for label, instant in (("Opens", opens), ("Closes", opens + timedelta(hours=8))):
        local = instant.astimezone(site.world.settings.timezone)
        page.get_by_label(label, exact=True).fill(local.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Centre and room, English").fill("Room 3")
    page.get_by_role("button", name="Schedule the sitting").click()
    page.wait_for_url(lambda url: url.rpartition("/")[2].isdigit())
    return int(page.url.rpartition("/")[2])


def _sitting_page(site: LiveSite, sitting: int) -> Page:
    page = site.enter("chen")
    page.goto(f"/sittings/{sitting}")
    return page


def _book_and_prepare(site: LiveSite, sitting: int) -> None:
    page = _sitting_page(site, sitting)
    page.locator("input[name=enrolment]").check()
    page.get_by_role("button", name="Book the ticked candidates").click()
    expect(page.get_by_text("The seats are booked.")).to_be_visible()
    page.get_by_role("button", name="Prepare the papers").click()
    expect(page.get_by_text("Papers are drawn for everybody.")).to_be_visible(timeout=60_000)


def _codes(site: LiveSite, sitting: int) -> set[str]:
    """What the candidate gets to see in a sitting."""
    with site.database.read() as session:
        papers = session.get_one(Sitting, sitting).bookings[0].papers
        return {slot["code"] for paper in papers for slot in paper.form.slots}


def _record_training(site: LiveSite) -> None:
    with site.database.read() as session:
        enrolment = session.query(Enrolment).one().id
    page = site.enter("chen")
    page.goto(f"/training/{enrolment}")
    page.get_by_label("Hours").fill("16")
    page.get_by_label("Trainer").select_option("zhou")
    page.get_by_role("button", name="Record the training").click()
    expect(page.locator("tbody tr")).to_have_count(2)

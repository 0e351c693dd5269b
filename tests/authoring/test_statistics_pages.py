"""Pages of what candidates' answers say: calibrations, panels, and the figures on an item's page."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_engine.authoring import calibrations as actions
from exam_engine.authoring.records import CalibrationModel, ItemStatistics
from exam_engine.core.database import Database
from exam_engine.demo.site import add_content, add_staff
from tests.authoring.test_actions import ITEM, bank_of
from tests.authoring.test_calibration_rules import FOUND
from tests.authoring.test_panels import TABLE
from tests.conftest import NOW, SECRET
from tests.site_pages import Pages, find_user, open_pages, words_of

LEFT_OUT = [{"code": "inc-2", "version": 1, "n": 40, "reason": "too_few_candidates"}]


@pytest.fixture
def pages(tmp_path: Path, sqlite_template: Path) -> Iterator[Pages]:
    """The sample scheme and one item."""
    (tmp_path / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'exam.db'}", SECRET)
    with database.write() as session:
        add_content(session, add_staff(session, NOW), NOW, bank_of(ITEM))
    yield open_pages(database, tmp_path)
    database.close()


def ask(pages: Pages, level: str = "junior", model: str = "2pl"):
    return pages.browser("chen").post("/calibrations", level=level, model=model)


def propose(pages: Pages) -> None:
    with pages.database.write() as session:
        actions.start_calibration(session, 1, NOW)
        actions.propose_calibration(session, 1, actions.Proposal(**{**vars(FOUND), "left_out": LEFT_OUT}), NOW)


def test_an_officer_asks_and_sees_how_far_it_is(pages: Pages) -> None:
    chen = pages.browser("chen")
    assert "No level has been calibrated yet." in chen.read("/calibrations")
    assert ask(pages).headers["Location"] == "/calibrations/1"
    assert "Waits for the worker" in chen.read("/calibrations/1")
    with pages.database.write() as session:
        actions.start_calibration(session, 1, NOW)
        actions.note_progress(session, 1, 30, NOW)
    assert "30 %" in chen.read("/calibrations/1")
    assert "30 %" in chen.read("/calibrations")


def test_a_second_one_of_the_same_level_is_refused_on_the_page(pages: Pages) -> None:
    ask(pages)
    reply = ask(pages)
    assert reply.status_code == 409
    assert "A calibration of this level waits or runs already." in words_of(reply)


@pytest.mark.parametrize(("level", "model", "status"), [("grand", "1pl", 404), ("junior", "3pl", 400), ("", "", 400)])
def test_what_cannot_be_asked_for_is_refused(pages: Pages, level: str, model: str, status: int) -> None:
    assert ask(pages, level, model).status_code == status


def test_the_second_officer_sees_what_was_found_and_accepts_it(pages: Pages) -> None:
    ask(pages)
    propose(pages)
    mine, second = pages.browser("chen"), pages.browser("silva")
    assert "Another officer accepts or rejects it." in mine.read("/calibrations/1")
    assert "Accept the parameters" not in mine.read("/calibrations/1")
    page = second.read("/calibrations/1")
    assert "A = 1.100, B = 0.200" in page
    assert "inc-1 v1 200 0.00 0.50 (0.10) 0.50 1.20 (0.10)" in page
    assert "inc-2 v1 40 Fewer than 100 candidates had it" in page
    assert mine.post("/calibrations/1/accept").status_code == 403
    assert second.post("/calibrations/1/accept").headers["Location"] == "/calibrations/1"
    assert "Accepted" in mine.read("/calibrations/1")
    assert second.post("/calibrations/1/reject").status_code == 409


def test_why_nothing_could_be_estimated_is_said(pages: Pages) -> None:
    ask(pages)
    with pages.database.write() as session:
        actions.start_calibration(session, 1, NOW)
        actions.fail_calibration(session, 1, "too_few_candidates", NOW)
    assert "Fewer than two questions were answered by enough candidates." in pages.browser("chen").read("/calibrations/1")


@pytest.mark.parametrize("place", ["/calibrations/7/accept", "/calibrations/1/publish"])
def test_a_decision_on_nothing_is_not_found(pages: Pages, place: str) -> None:
    ask(pages)
    assert pages.browser("silva").post(place).status_code == 404


def add_statistics(pages: Pages, flags: list[str]) -> None:
    options = [{"option": "false", "key": True, "n": 30, "proportion": 0.75, "point_biserial_rest": 0.2}]
    with pages.database.write() as session:
        session.add(
            ItemStatistics(
                code="inc-1", version=1, source="sitting:3", n=40, p=0.75, item_rest=-0.12, omit_rate=None, options=options,
                flags=flags, is_flagged=bool(flags), computed_at=NOW,
            )
        )  # fmt: skip


def test_the_item_shows_what_candidates_made_of_it_and_its_parameters(pages: Pages) -> None:
    add_statistics(pages, ["negative_discrimination"])
    with pages.database.write() as session:
        actions.ask_calibration(session, "junior", CalibrationModel.TWO, find_user(session, "chen"), NOW)
    propose(pages)
    author = pages.browser("adeyemi")
    page = author.read("/bank/items/inc-1")
    assert "1 40 0.75 −0.12 – false 75 % The better candidates get it wrong: is the key right?" in page
    assert "0.50 (0.10) 1.20 (0.10) Proposed, waits for a second officer" in page
    pages.browser("silva").post("/calibrations/1/accept")
    assert "0.50 (0.10) 1.20 (0.10) in use" in author.read("/bank/items/inc-1")


@pytest.mark.parametrize(("flags", "found"), [(["too_easy"], 1), ([], 0)])
def test_the_bank_lists_what_is_flagged(pages: Pages, flags: list[str], found: int) -> None:
    add_statistics(pages, flags)
    assert f"{found} questions found" in pages.browser("park").read("/bank?view=flagged") or not found
    assert f"Flagged by answers {found}" in pages.browser("park").read("/bank")


def upload(pages: Pages, table: bytes = TABLE, place: str = "junior/theory", **fields: object):
    return pages.browser("chen").post("/panels", place=place, method="angoff", file=(io.BytesIO(table), "judges.csv"), **fields)


def test_a_panel_is_stored_and_shown(pages: Pages) -> None:
    assert "No panel is stored yet." in pages.browser("chen").read("/panels")
    assert upload(pages).headers["Location"] == "/panels/1"
    page = pages.browser("silva").read("/panels/1")
    assert "62.5 %" in page
    assert "2.50 of 4 marks" in page
    assert "less one error: 60 %" in page
    assert "62.5 %" in pages.browser("silva").read("/panels")


def test_faults_of_the_table_are_named_on_the_page_and_nothing_is_stored(pages: Pages) -> None:
    reply = upload(pages, b"judge,q1\nann,often\n")
    assert reply.status_code == 422
    assert "row 2, column q1" in words_of(reply)
    assert "No panel is stored yet." in words_of(reply)
    empty = pages.browser("chen").post("/panels", place="junior/theory", method="angoff")
    assert (empty.status_code, "Choose a file first." in words_of(empty)) == (422, True)


@pytest.mark.parametrize("place", ["grand/theory", "junior/essay", "", "junior"])
def test_a_panel_is_for_a_paper_of_the_scheme(pages: Pages, place: str) -> None:
    assert upload(pages, place=place).status_code == 404


def test_the_cut_becomes_a_version_that_the_scheme_page_shows(pages: Pages) -> None:
    upload(pages)
    silva = pages.browser("silva")
    reply = silva.post("/panels/1/scheme", cut="62.5", version="2027.1", day="2027-01-01")
    assert reply.headers["Location"] == "/scheme?done=scheme"
    assert "2027.1 1 January 2027" in silva.read("/scheme")
    again = silva.post("/panels/1/scheme", cut="62.5", version="2027.1", day="2027-01-01")
    assert (again.status_code, "This version is stored already." in words_of(again)) == (409, True)


@pytest.mark.parametrize(
    ("cut", "version", "day", "said"),
    [
        ("much", "2027.1", "2027-01-01", "A cut is a number from 0 to 100"),
        ("60", "", "2027-01-01", "A version has a name"),
        ("60", "2027.1", "2026-11-20", "Choose today or a later day."),
        ("60", "2027.1", "2027-02-30", "Choose today or a later day."),
        ("60", "2027.1", "", "Choose today or a later day."),
        ("60", "a b", "2027-01-01", "version"),
    ],
)
def test_what_is_wrong_with_the_new_version_is_said_at_its_field(
    pages: Pages, cut: str, version: str, day: str, said: str
) -> None:
    upload(pages)
    reply = pages.browser("chen").post("/panels/1/scheme", cut=cut, version=version, day=day)
    assert reply.status_code == 422
    assert said in words_of(reply)


def test_today_is_early_enough(pages: Pages) -> None:
    upload(pages)
    assert pages.browser("chen").post("/panels/1/scheme", cut="60", version="2027.1", day="2026-11-21").status_code == 302


@pytest.mark.parametrize("place", ["/panels", "/panels/1", "/calibrations", "/calibrations/1", "/bank/items/inc-1"])
def test_every_page_is_there_in_chinese(pages: Pages, place: str) -> None:
    upload(pages)
    ask(pages)
    propose(pages)
    add_statistics(pages, ["too_hard"])
    assert pages.browser("adeyemi" if "bank" in place else "silva", "zh-CN").get(place).status_code == 200

"""Pages of results: two people release, candidates see their own and only what was released, in both languages."""

import re
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

import schemas
from exam_engine import certificates, results, training
from exam_engine.certificates.outbox import drain_outbox
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.core.words import read_catalogue
from exam_engine.results.records import Result, ResultState
from exam_engine.results.replay import replay
from exam_engine.sittings.papers import draw_theory
from exam_engine.sittings.records import SittingKind
from tests.conftest import NOW
from tests.results.browser import Site, words
from tests.results.centre import Centre, theory_items

AFTER = NOW + timedelta(hours=3)
DAY = timedelta(days=1)


@pytest.fixture
def site(sqlite_database: Database, scheme, tmp_path) -> Site:
    """An intermediate sitting that is over: c-1 passes, c-2 fails in the practical, c-3 was absent."""
    with sqlite_database.write() as session:
        centre = Centre.open(session, scheme, NOW)
        sitting = centre.sitting([centre.enrol(number, "intermediate") for number in (1, 2, 3)], NOW)
        for booking, marks in zip(sitting.bookings[:2], ("36.5", "10"), strict=True):
            centre.theory(booking, 4)
            centre.practical(booking, marks, "30")
    return Site(sqlite_database, tmp_path, AFTER)


@pytest.fixture
def released(site: Site) -> Site:
    """The same site after two officers released everything."""
    assert site.post("/release/1/propose", "chen").status_code == 302
    assert site.post("/release/1/release", "silva").status_code == 302
    return site


def test_an_officer_sees_what_is_ready_and_two_of_them_release(site):
    assert "Ready to propose" in words(site.get("/release", "chen"))
    assert site.post("/release/1/propose", "chen").status_code == 302
    assert "waits for a second officer" in words(site.get("/release", "silva"))
    assert "Release 3 results" in words(site.get("/release/1", "silva"))
    assert "Release 3 results" not in words(site.get("/release/1", "chen"))
    refused = site.post("/release/1/release", "chen")
    assert (refused.status_code, "somebody other than who proposed them" in words(refused)) == (403, True)
    assert site.post("/release/1/release", "silva").status_code == 302
    assert "Every result of this sitting is released." in words(site.get("/release/1", "chen"))


def test_what_is_missing_is_said_where_it_is_asked_for(site):
    site.now = NOW + timedelta(hours=1)
    page = words(site.get("/release/1", "chen"))
    assert "2 papers can still be started" in page
    refused = site.post("/release/1/propose", "chen")
    assert refused.status_code == 409
    assert "2 papers can still be started" in words(refused)


def test_the_officers_table_shows_scores_outcomes_reasons_and_the_pass_rate(released):
    page = words(released.get("/release/1", "chen"))
    for text in ("74.6", "Pass", "Practical: 40, needed 60.", "Fail, makeup open", "Absent", "1 of 2 who sat passed (50 %)"):
        assert text in page


def test_a_candidate_learns_nothing_before_the_release(site):
    site.post("/release/1/propose", "chen")
    page = words(site.get("/results", "c-1"))
    assert "All your papers are handed in." in page
    assert "One officer proposes the results, another releases them." in page
    for figure in ("74.6", "66.5", "Passed"):
        assert figure not in page
    with site.database.read() as session:
        numbers = session.scalars(select(Result.id)).all()
    assert {site.get(f"/results/{number}", "c-1").status_code for number in numbers} == {404}


def _result_of(site: Site, candidate: str) -> int:
    with site.database.read() as session:
        rows = session.scalars(select(Result).where(Result.state == ResultState.RELEASED).order_by(Result.id.desc()))
        return next(row.id for row in rows if row.booking.enrolment.candidate.user.login == candidate)


def test_a_pass_shows_bars_with_the_cuts_that_decide_and_then_the_certificate(released):
    address = f"/results/{_result_of(released, 'c-1')}"
    before = released.get(address, "c-1")
    assert "Your certificate is being issued." in words(before)
    drain_outbox(released.database, released.settings, lambda: AFTER)
    page = released.get(address, "c-1")
    for text in ("Passed", "74.6", "of 100, needed 60", "80 of 100 marks, weight 60 %", "66.5", "ITSM-I-2026-000001", "Valid"):
        assert text in words(page)
    body = page.get_data(as_text=True)
    assert 'aria-label="Practical: 66.5 of 100, needed 60"' in body
    assert '<rect class="fill" y="7" width="66.50" height="14"/>' in body
    assert body.count('class="cut"') == 2
    assert "style=" not in body


def test_a_fail_says_why_and_from_when_the_makeup_is_open(released):
    page = words(released.get(f"/results/{_result_of(released, 'c-2')}", "c-2"))
    for text in (
        "Not passed",
        "One makeup exam is open to you from 5 December 2026.",
        "Practical: 40, needed 60.",
        "You passed Theory.",
    ):
        assert text in page
    released.now = NOW + 15 * DAY
    page = words(released.get(f"/results/{_result_of(released, 'c-2')}", "c-2"))
    assert "One makeup exam is open to you. It has no question that you have seen." in page


def test_after_a_failed_makeup_the_page_sends_the_candidate_to_training(released):
    with released.database.write() as session:
        centre = Centre(session, NOW)
        enrolment = session.scalars(select(Result).where(Result.id == _result_of(released, "c-2"))).one().booking.enrolment
        centre.users = {"chen": session.scalars(select(User).where(User.login == "chen")).one()}
        makeup = centre.sitting([enrolment], NOW + 20 * DAY, SittingKind.MAKEUP)
        centre.practical(makeup.bookings[0], "10", "10")
    released.now = AFTER + 20 * DAY
    released.post("/release/2/propose", "chen")
    released.post("/release/2/release", "silva")
    page = words(released.get(f"/results/{_result_of(released, 'c-2')}", "c-2"))
    assert "No makeup exam is left. Train again" in page
    assert "carried over" in page
    assert "makeup exam is open" not in words(released.get("/results/2", "c-2"))


def test_an_absence_has_no_score(released):
    page = words(released.get(f"/results/{_result_of(released, 'c-3')}", "c-3"))
    assert "Absent" in page
    assert "You sat no paper of this sitting, so there is no score." in page


def test_results_of_others_are_not_there(released):
    assert released.get(f"/results/{_result_of(released, 'c-1')}", "c-2").status_code == 404


@pytest.mark.parametrize("address", ["/release", "/release/1", "/release/attempts/1/bundle.json"])
def test_only_officers_see_the_pages_of_release(site, address):
    assert [site.get(address, login).status_code for login in ("c-1", "zhou", "admin")] == [403, 403, 403]
    assert site.get(address).status_code == 302


@pytest.mark.parametrize("address", ["/release/99", "/release/attempts/99/bundle.json"])
def test_what_is_not_there_is_said_so(site, address):
    assert site.get(address, "chen").status_code == 404


def test_a_bundle_is_downloaded_and_replays(released):
    response = released.get("/release/attempts/2/bundle.json", "chen")
    assert response.headers["Content-Disposition"] == 'attachment; filename="attempt-2.json"'
    bundle = orjson.loads(response.data)
    assert schemas.check("sealed-bundle", bundle) == []
    assert replay(bundle) == []


def test_no_page_of_a_candidate_holds_a_key_or_a_rationale(released):
    for address in ("/results", f"/results/{_result_of(released, 'c-1')}", f"/results/{_result_of(released, 'c-2')}"):
        for login in ("c-1", "c-2"):
            assert b"canary-rationale" not in released.get(address, login).data


def test_a_score_that_only_rounding_would_lift_to_the_cut_is_shown_with_more_digits(sqlite_database, scheme, tmp_path):
    with sqlite_database.write() as session:
        centre = Centre.open(session, scheme, NOW)
        forms = {"theory": draw_theory(theory_items(["59.999", "0.001", "40"]))}
        sitting = centre.sitting([centre.enrol(1, "junior")], NOW, forms=forms)
        centre.take(sitting.bookings[0], "theory", {"q1": "B", "q2": "A", "q3": "A"})
    site = Site(sqlite_database, tmp_path, AFTER)
    site.post("/release/1/propose", "chen")
    assert "Total: 59.999, needed 60." in words(site.get("/release/1", "chen"))


def test_every_sentence_of_these_stages_is_there_in_chinese():
    known = read_catalogue()
    for package in (results, certificates, training):
        folder = package.__path__[0]
        for path in sorted(Path(folder, "templates").glob("*.html")):
            for sentence in re.findall(r'_\("((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
                assert sentence in known, f"{path.name}: {sentence}"


@pytest.mark.parametrize(
    ("address", "login"), [("/release", "chen"), ("/release/1", "silva"), ("/results", "c-1"), ("/results/1", "c-1")]
)
def test_pages_speak_chinese(released, address, login):
    page = released.get(address, login, "zh-CN")
    assert page.status_code == 200
    said = re.sub(r"ITSM|EN|SLA|C-\d+|A\d|Lin Yue|IT\b", "", words(page))
    assert (
        re.findall(
            r"[A-Za-z]{4,}", said.replace("chen", "").replace("silva", "").replace("Service", "").replace("Management", "")
        )
        == []
    )

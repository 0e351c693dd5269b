"""Pages of certificates: the holder's own, and what anyone who checks a code may know."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from exam_engine.certificates import cards, views
from exam_engine.certificates.outbox import drain_outbox
from exam_engine.certificates.records import Certificate, CertificateState
from exam_engine.core.records import User
from exam_engine.results.actions import release_results
from exam_engine.sittings.records import Sitting
from tests.certificates.conftest import AFTER
from tests.results.browser import Site, words

NUMBER = "ITSM-J-2026-000001"


@pytest.fixture
def site(proposed, tmp_path) -> Site:
    """c-1 holds a certificate, c-2 failed."""
    database = proposed()
    with database.write() as session:
        officer = session.scalars(select(User).where(User.login == "silva")).one()
        release_results(session, session.scalars(select(Sitting)).one(), officer, AFTER)
    site = Site(database, tmp_path, AFTER)
    drain_outbox(database, site.settings, lambda: AFTER)
    views.limiter.reset()
    return site


def _code(site: Site) -> str:
    with site.database.read() as session:
        return session.scalars(select(Certificate.verification)).one()


def test_the_holder_finds_card_and_file(site):
    page = words(site.get("/certificates", "c-1"))
    for text in (
        NUMBER,
        "Lin Yue",
        "林悦",
        "信息技术服务管理（初级）",
        "Valid until 20 November 2029",
        f"cert.example.org/verify/{_code(site)}",
    ):
        assert text in page
    file = site.get(f"/certificates/{NUMBER}.pdf", "c-1")
    assert (file.status_code, file.mimetype, file.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{NUMBER}.pdf"'


def test_somebody_elses_certificate_is_not_there(site):
    assert site.get(f"/certificates/{NUMBER}.pdf", "c-2").status_code == 404
    assert "You hold no certificate yet." in words(site.get("/certificates", "c-2"))
    assert site.get(f"/certificates/{NUMBER}.pdf", "chen").status_code == 403


@pytest.mark.parametrize("typed", ["{code}", "{lower}", " {code} ", "{bare}", "{spaced}", NUMBER, NUMBER.lower()])
def test_anyone_can_check_a_code_or_number_however_it_is_typed(site, typed):
    code = _code(site)
    response = site.client().get(
        "/verify",
        query_string={
            "code": typed.format(code=code, lower=code.lower(), bare=code.replace("-", ""), spaced=code.replace("-", " "))
        },
        follow_redirects=True,
    )
    assert response.status_code == 200
    assert "This certificate is valid" in words(response)


def test_a_check_shows_name_level_number_dates_and_nothing_else(site):
    page = words(site.get(f"/verify/{_code(site)}"))
    for text in ("Lin Yue", "ITSM Junior", NUMBER, "21 November 2026", "20 November 2029"):
        assert text in page
    for text in ("C-0001", "80", "c-1", "theory", "Theory"):
        assert text not in page.replace("2026", "").replace(NUMBER, "")


def test_after_its_last_day_a_certificate_has_expired(site):
    with site.database.read() as session:
        end = session.scalars(select(Certificate.valid_until)).one()
    site.now = end - timedelta(milliseconds=1)
    assert "This certificate is valid" in words(site.get(f"/verify/{_code(site)}"))
    site.now = end
    assert "This certificate has expired" in words(site.get(f"/verify/{_code(site)}"))


def test_a_revoked_certificate_is_said_to_be_revoked(site):
    with site.database.write() as session:
        session.scalars(select(Certificate)).one().state = CertificateState.REVOKED
    assert "This certificate was revoked" in words(site.get(f"/verify/{_code(site)}"))


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC", "%25", "' OR 1=1", "..", "<script>alert(1)</script>", "x" * 500])
def test_an_unknown_code_is_said_to_be_unknown_and_never_run(site, code):
    response = site.client().get("/verify", query_string={"code": code}, follow_redirects=True)
    assert response.status_code in {200, 404}
    assert "This certificate is" not in words(response)
    assert b"<script>alert" not in response.data


def test_codes_cannot_be_tried_one_after_the_other(site):
    client = site.client()
    answers = [client.get(f"/verify/AAAA-BBBB-{number:04d}").status_code for number in range(40)]
    assert set(answers[:30]) == {404}
    assert set(answers[30:]) == {429}


def test_the_way_page_learns_which_certificates_are_valid(site):
    with site.database.read() as session:
        held = cards.list_valid(session, 1, AFTER)
        assert [(one["number"], one["level"]["en"]) for one in held] == [(NUMBER, "Junior")]
        assert cards.list_valid(session, 1, AFTER + timedelta(days=1200)) == []
        assert cards.list_valid(session, 2, AFTER) == []

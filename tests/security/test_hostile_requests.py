"""Requests that no page of ours sends are refused in words, and never end in an error of the site."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_engine.authoring import views as bank_views
from exam_engine.core.database import Database
from exam_engine.core.records import Role
from exam_engine.core.sign_in import add_user, hash_password
from tests.conftest import NOW
from tests.site_pages import Pages, open_pages

TOO_LARGE = ("2147483648", "9999999999", "9" * 19, "9" * 30, "9" * 5000)
NO_NUMBERS = ("²", "٣٣٣٣٣٣٣٣٣٣", "1e5", *TOO_LARGE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Pages]:
    """The site with one person of each role, named like it, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{folder / 'exam.db'}", b"a secret that only the tests know!")
    hashed = hash_password("a long password")
    with database.write() as session:
        for role in Role:
            add_user(session, role.value, hashed, {"zh-CN": role.value, "en": role.value}, [role], NOW)
    yield open_pages(database, folder)
    database.close()


@pytest.mark.parametrize("number", TOO_LARGE)
@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("candidate", "/exam/{}"),
        ("candidate", "/attempts/{}/receipt"),
        ("candidate", "/results/{}"),
        ("candidate", "/way/{}.ics"),
        ("officer", "/sittings/{}"),
        ("officer", "/release/attempts/{}/bundle.json"),
        ("invigilator", "/rooms/{}"),
        ("trainer", "/training/{}"),
    ],
)
def test_a_number_that_no_database_holds_is_not_found(pages: Pages, role: str, address: str, number: str) -> None:
    assert pages.browser(role).get(address.format(number)).status_code == 404


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_a_page_that_is_no_number_is_the_first(pages: Pages, typed: str) -> None:
    assert pages.browser("reviewer").client.get("/bank", query_string={"page": typed}).status_code == 200


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_a_version_that_is_no_number_is_no_error_of_the_site(pages: Pages, typed: str) -> None:
    browser = pages.browser("author")
    assert browser.client.get("/bank/items/none", query_string={"version": typed}).status_code == 404
    assert browser.post("/bank/items/none/submit", version=typed).status_code == 404


@pytest.mark.parametrize("token", ["é", "签名", "\udcff".encode("utf-8", "surrogateescape"), "a" * 100_000, ""])
def test_a_form_with_any_other_token_is_refused(pages: Pages, token: object) -> None:
    assert pages.browser("officer").post("/sittings/new", csrf=token).status_code == 400


@pytest.mark.parametrize("header", ["é", "a" * 1000])
def test_a_script_with_any_other_token_is_refused(pages: Pages, header: str) -> None:
    client = pages.browser("officer").client
    assert client.post("/sittings/new", headers={"X-CSRF-Token": header}).status_code == 400


@pytest.mark.parametrize("origin", ["null", "http://[::1", "http://evil.example", "http://localhost.evil.example", "localhost"])
def test_a_form_from_any_other_origin_is_refused(pages: Pages, origin: str) -> None:
    browser = pages.browser("officer")
    sent = browser.client.post("/sign-out", headers={"Origin": origin}, data={"csrf": browser.token})
    assert sent.status_code == 400
    assert "/sign-in" not in browser.get("/sittings").headers.get("Location", ""), "the session is still open"


ELSEWHERE = (
    "//evil.example", "///evil.example", "/\\evil.example", "/\\\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/\t\\evil.example", "/\n/evil.example", "/\r\\evil.example", "http://evil.example", "http:evil.example",
    "javascript:alert(1)", "//[", "http://[::1", "//\u2100.example", "/way\r\nSet-Cookie: a=b", "/way\x00", " //evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_to_another_site(pages: Pages, target: str) -> None:
    guest = pages.browser()
    moved = guest.client.get("/language/en", query_string={"next": target})
    assert (moved.status_code, moved.headers["Location"]) == (302, "/")
    assert guest.client.get("/sign-in", query_string={"next": target}).status_code == 200
    signed_in = guest.client.post("/sign-in", data={"login": "officer", "password": "a long password", "next": target})
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("target", ["/way", "/bank?text=a&view=mine", "/bank/items/a b", "/verify/%E8%AF%81"])
def test_a_page_of_the_site_is_gone_back_to(pages: Pages, target: str) -> None:
    moved = pages.browser().client.get("/language/en", query_string={"next": target})
    assert moved.headers["Location"] == target.replace(" ", "%20")


def test_an_upload_of_very_many_items_is_refused_before_they_are_checked(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bank_views, "MOST_ITEMS", 2)
    file = tmp_path / "items.json"
    for count, status in ((2, 200), (3, 413)):
        file.write_text("[" + ",".join(['{"id": "x"}'] * count) + "]")
        with file.open("rb") as content:
            sent = pages.browser("author").post("/bank/import", file=content)
        assert sent.status_code == status

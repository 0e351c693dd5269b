"""Every route is guarded or listed public; sign-in lets the right people in, slows guessing, and locks no room out."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import Role
from exam_engine.core.sign_in import COOKIE, add_user, hash_password
from exam_engine.core.throttle import SAME_NAME, SAME_NAME_SAME_PLACE, Throttle
from exam_engine.web import NAVIGATION
from tests.conftest import NOW
from tests.site_pages import Browser, Pages, open_pages, words_of

PASSWORD = "a long password"

PUBLIC = {
    "/", "/sign-in", "/sign-out", "/language/<language>", "/help", "/static/<path:name>", "/healthz", "/readyz", "/metrics",
    "/verify", "/verify/<code>", "/api/v1/openapi.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Pages]:
    """The whole site with one person of each role, named like it, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "exam.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{folder / 'exam.db'}", b"a secret that only the tests know!")
    hashed = hash_password(PASSWORD)
    with database.write() as session:
        for role in Role:
            add_user(session, role.value, hashed, {"zh-CN": role.value, "en": role.value}, [role], NOW)
    yield open_pages(database, folder)
    database.close()


@pytest.fixture
def guest(pages: Pages) -> Browser:
    pages.app.extensions.pop("sign_in_throttle", None)
    return pages.browser()


def rules_of(app: Flask) -> list[tuple[str, str, str, frozenset[Role] | None]]:
    """(address, method, address with numbers of nothing, roles) of every route; roles are None for a public one."""
    found = []
    for rule in app.url_map.iter_rules():
        roles = getattr(app.view_functions[rule.endpoint], "required_roles", None)
        place = rule.rule
        for argument in rule.arguments:
            for converter in ("", "int:", "path:", "string:"):
                place = place.replace(f"<{converter}{argument}>", "999999")
        assert "<" not in place, place
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found += [(rule.rule, method, place, None if roles is None else frozenset(roles)) for method in sorted(methods)]
    return found


def test_every_route_names_its_roles_or_is_listed_public(pages: Pages) -> None:
    unguarded = {address for address, _, _, roles in rules_of(pages.app) if roles is None}
    assert unguarded == PUBLIC


@pytest.mark.parametrize("role", list(Role))
def test_a_role_that_a_route_does_not_name_is_turned_away(pages: Pages, role: Role) -> None:
    browser = pages.browser(role.value)
    for address, method, place, roles in rules_of(pages.app):
        if roles is None or not roles or role in roles:
            continue
        reply = browser.get(place) if method == "GET" else browser.post(place)
        assert reply.status_code == 403, f"{role.value} {method} {address}: {reply.status}"
        assert "not_allowed" in reply.get_data(as_text=True), address


def test_nobody_who_is_not_signed_in_reaches_a_guarded_route(guest: Browser, pages: Pages) -> None:
    for address, method, place, roles in rules_of(pages.app):
        if roles is None:
            continue
        reply = guest.client.open(place, method=method)
        if method == "GET":
            assert reply.status_code == 302, address
            assert reply.headers["Location"].startswith("/sign-in?next="), address
        else:
            assert reply.status_code == 401, address


@pytest.mark.parametrize("role", list(Role))
def test_every_link_of_the_navigation_is_open_to_its_roles(pages: Pages, role: Role) -> None:
    browser = pages.browser(role.value)
    for place, label, roles in NAVIGATION:
        if role in roles and place != "/results":
            assert browser.get(place).status_code in {200, 308}, label


def test_a_change_without_the_token_of_the_form_is_refused(pages: Pages) -> None:
    browser = pages.browser("officer")
    reply = browser.client.post("/sittings/new", data={"level": "junior"})
    assert reply.status_code == 400
    assert "This form has expired" in words_of(reply)


def test_a_change_from_another_site_is_refused_before_anyone_is_signed_in(guest: Browser) -> None:
    reply = guest.client.post("/sign-in", data={"login": "officer"}, headers={"Origin": "https://elsewhere.example"})
    assert reply.status_code == 400


def sign_in(guest: Browser, login: str, password: str, place: str = "10.0.0.1"):
    return guest.client.post("/sign-in", data={"login": login, "password": password}, environ_base={"REMOTE_ADDR": place})


def test_the_right_password_opens_the_first_page_of_the_role(guest: Browser) -> None:
    reply = sign_in(guest, "candidate", PASSWORD)
    assert reply.status_code == 302
    cookie = next(value for value in reply.headers.getlist("Set-Cookie") if value.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert guest.get("/").headers["Location"] == "/way"


def test_a_wrong_password_is_said_at_the_form_and_keeps_the_name(guest: Browser) -> None:
    reply = sign_in(guest, "candidate", "wrong")
    assert reply.status_code == 401
    text = reply.get_data(as_text=True)
    assert 'role="alert"' in text
    assert 'value="candidate"' in text
    assert "wrong" not in text.replace("wrong_password", "")


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x"]
)
def test_sign_in_never_leads_to_another_site(guest: Browser, target: str) -> None:
    reply = guest.client.post("/sign-in", data={"login": "candidate", "password": PASSWORD, "next": target})
    assert reply.headers["Location"] == "/"


def test_guessing_one_name_from_one_place_has_to_wait_a_minute(guest: Browser, pages: Pages) -> None:
    for _ in range(SAME_NAME_SAME_PLACE):
        assert sign_in(guest, "officer", "guess").status_code == 401
    assert sign_in(guest, "officer", PASSWORD).status_code == 429
    pages.clock.now += timedelta(minutes=1)
    assert sign_in(guest, "officer", PASSWORD).status_code == 302


def test_a_room_behind_one_address_is_not_locked_out_by_one_who_guesses(guest: Browser) -> None:
    for _ in range(SAME_NAME_SAME_PLACE + 1):
        sign_in(guest, "officer", "guess")
    assert sign_in(guest, "candidate", PASSWORD).status_code == 302


def test_two_mistakes_of_everybody_in_a_big_room_lock_nobody_out() -> None:
    throttle = Throttle()
    for seat in range(250):
        for _ in range(2):
            throttle.check(f"C-{seat}", "one address", NOW)
            throttle.count_failure(f"C-{seat}", "one address", NOW)
    throttle.check("C-999", "one address", NOW)


def test_guessing_one_name_from_many_places_has_to_wait_too() -> None:
    throttle = Throttle()
    for place in range(SAME_NAME):
        throttle.check("officer", f"10.0.0.{place}", NOW)
        throttle.count_failure("Officer ", f"10.0.0.{place}", NOW)
    with pytest.raises(Refusal, match="too_many_requests"):
        throttle.check("officer", "10.0.1.1", NOW)


def test_a_right_password_forgets_the_mistakes_before_it() -> None:
    throttle = Throttle()
    for _ in range(3):
        for _ in range(SAME_NAME_SAME_PLACE - 1):
            throttle.check("officer", "a place", NOW)
            throttle.count_failure("officer", "a place", NOW)
        throttle.forget("officer", "a place")


@pytest.mark.parametrize(("language", "word"), [("en", "Sign in"), ("zh-CN", "登录")])
def test_the_language_switch_stays_on_the_page(pages: Pages, language: str, word: str) -> None:
    browser = pages.browser(language="")
    reply = browser.get(f"/language/{language}?next=/sign-in")
    assert reply.headers["Location"] == "/sign-in"
    assert word in browser.read("/sign-in")


def test_pages_carry_a_strict_policy_and_no_inline_script_or_style(pages: Pages) -> None:
    for login, place in (("", "/sign-in"), ("candidate", "/way"), ("officer", "/sittings"), ("invigilator", "/rooms")):
        reply = pages.browser(login).get(place)
        policy = reply.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        text = reply.get_data(as_text=True)
        assert "style=" not in text
        assert "<script>" not in text
        assert " onclick=" not in text

"""Pictures of every page and important state, for people to look at: `python -m tests.look DIR [NAME …]`."""

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_engine.authoring.records import ItemVersion
from exam_engine.certificates.records import Certificate
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.delivery.records import Attempt
from exam_engine.demo.open_site import build_site
from exam_engine.demo.site import Staff
from exam_engine.enrolment.records import Enrolment
from exam_engine.migrate import upgrade_database
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.records import Booking, Sitting, SittingKind
from tests.conftest import NOW
from tests.live import LiveSite, launch, on_air
from tests.world import World

WIDTHS: Final = (360, 390, 768, 1280)
LANGUAGES: Final = ("zh-CN", "en")
THEMES: Final = ("light", "dark")
HEIGHT: Final = 800

Act = Callable[[Page], None]


class Place(NamedTuple):
    """One page or state: whose (a key of the facts), where (filled in from the facts), and what is done there first."""

    name: str
    who: str
    address: str
    act: Act | None = None


def _press(selector: str) -> Act:
    return lambda page: page.locator(selector).first.click()


def _wrong_password(page: Page) -> None:
    page.locator("#login").fill("C-2026-0417")
    page.locator("#password").fill("not this one")
    page.locator("main .btn-primary").click()


def _exam(page: Page) -> None:
    page.locator(".exam-head").wait_for()


def _answer(page: Page) -> None:
    """To a question with choices: one is chosen, one crossed out, the question flagged."""
    _exam(page)
    while page.locator(".option").count() < 3:  # true or false has nothing third to cross out
        page.locator(".exam-foot .btn-primary").click()
    page.locator(".option-label").nth(1).click()
    if not page.locator(".is-struck").count():
        page.locator(".option-strike").nth(2).click()
    if page.locator(".flag[aria-pressed=false]").count():
        page.locator(".flag").click()
    page.locator("save-state.save-centre").wait_for()


def _review(page: Page) -> None:
    _exam(page)
    page.locator(".palette-foot .btn, .foot-review").first.click()
    page.locator("review-page h1").wait_for()


def _review_missing(page: Page) -> None:
    _review(page)
    page.locator(".declare .btn-primary").click()


def _offline(page: Page) -> None:
    """The centre does not answer, and an answer waits on the device."""
    _exam(page)
    page.route("**/api/v1/attempts/**", lambda route: route.abort())
    _answer_another(page)
    page.locator("save-state.save-offline").wait_for()


def _answer_another(page: Page) -> None:
    while page.locator(".option").count() < 3:  # true or false has nothing third to cross out
        page.locator(".exam-foot .btn-primary").click()
    page.locator(".option-label:has(input:not(:checked))").first.click()


def _offline_review(page: Page) -> None:
    _offline(page)
    _review(page)


def _task(page: Page) -> None:
    """To the second task."""
    _exam(page)
    if not page.locator(".case-foot .btn-secondary").count():
        page.locator(".case-foot .btn-primary").click()
    page.locator(".case-foot .btn-secondary").wait_for()


def _script(page: Page) -> None:
    page.locator(".queue-do .btn").first.click()
    page.locator("#rubric").wait_for()


def _add_person(page: Page) -> None:
    """Under a name of the language, because each language adds its own."""
    page.locator("#login").fill(f"lee-{page.locator('html').get_attribute('lang')}")
    page.locator("#name_en").fill("Lee Min-jun")
    page.locator(".check-box").first.check()
    page.locator("form.form .btn-primary").click()
    page.locator("code").wait_for()


def _broken_scheme(page: Page) -> None:
    broken = b'{"id": "itsm", "levels": []}'
    page.locator("#file").set_input_files({"name": "scheme.json", "mimeType": "application/json", "buffer": broken})
    page.locator("form.form .btn-primary").click()
    page.locator("#problems").wait_for()


PLACES: Final = (
    Place("sign-in", "", "/sign-in"),
    Place("sign-in-refused", "", "/sign-in", _wrong_password),
    Place("help", "door", "/help"),
    Place("nothing-here", "door", "/nothing"),
    Place("way-open", "door", "/way"),
    Place("way-passed", "passed", "/way"),
    Place("way-makeup", "failed", "/way"),
    Place("wait", "door", "/exam/{wait}/wait"),
    Place("declare", "door", "/exam/{wait}/declare"),
    Place("declare-missing", "door", "/exam/{wait}/declare", _press("form.declare .btn-primary")),
    Place("exam", "exam", "/exam/{exam}", _exam),
    Place("exam-answered", "exam", "/exam/{exam}", _answer),
    Place("exam-review", "exam", "/exam/{exam}", _review),
    Place("exam-review-missing", "exam", "/exam/{exam}", _review_missing),
    Place("exam-offline", "exam", "/exam/{exam}", _offline),
    Place("exam-offline-review", "exam", "/exam/{exam}", _offline_review),
    Place("case", "case", "/exam/{case}", _exam),
    Place("case-task", "case", "/exam/{case}", _task),
    Place("case-review", "case", "/exam/{case}", _review),
    Place("receipt", "passed", "/attempts/{attempt}/receipt"),
    Place("results", "passed", "/results"),
    Place("results-none", "door", "/results"),
    Place("result-pass", "passed", "/results/{pass}"),
    Place("result-fail", "failed", "/results/{fail}"),
    Place("certificates", "passed", "/certificates"),
    Place("certificates-none", "door", "/certificates"),
    Place("verify", "", "/verify"),
    Place("verify-valid", "", "/verify?code={number}"),
    Place("verify-unknown", "", "/verify?code=nothing"),
    Place("marking", "novak", "/marking"),
    Place("marking-senior", "okafor", "/marking"),
    Place("script", "novak", "/marking", _script),
    Place("people", "admin", "/people"),
    Place("people-added", "admin", "/people", _add_person),
    Place("people-errors", "admin", "/people", _press("form.form .btn-primary")),
    Place("candidates", "chen", "/candidates"),
    Place("candidates-errors", "chen", "/candidates", _press("form.form .btn-primary")),
    Place("scheme", "chen", "/scheme"),
    Place("scheme-errors", "chen", "/scheme", _broken_scheme),
    Place("panels", "chen", "/panels"),
    Place("panels-errors", "chen", "/panels", _press("form.form .btn-primary")),
    Place("calibrations", "chen", "/calibrations"),
    Place("sittings", "chen", "/sittings"),
    Place("sitting", "chen", "/sittings/{open}"),
    Place("sitting-new", "chen", "/sittings/new"),
    Place("sitting-new-errors", "chen", "/sittings/new", _press("form.form .btn-primary")),
    Place("rooms", "shen", "/rooms"),
    Place("room", "shen", "/rooms/{open}"),
    Place("room-seat", "shen", "/rooms/{open}?seat={exam}"),
    Place("release", "chen", "/release"),
    Place("release-done", "chen", "/release/{released}"),
    Place("release-waits", "chen", "/release/{marking}"),
    Place("statistics", "chen", "/release/{released}/statistics"),
    Place("statistics-waits", "chen", "/release/{marking}/statistics"),
    Place("statistics-none", "chen", "/release/{open}/statistics"),
    Place("training", "chen", "/training"),
    Place("training-one", "chen", "/training/{enrolment}"),
    Place("bank", "adeyemi", "/bank"),
    Place("bank-empty", "adeyemi", "/bank?text=qqqqqq"),
    Place("bank-item", "park", "/bank/items/{item}"),
    Place("bank-import", "adeyemi", "/bank/import"),
)


def in_thread(work: Callable[[], None]) -> None:
    """Playwright keeps an event loop in this thread; the simulation wants one of its own."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@contextmanager
def full_site(folder: Path, browser: Browser) -> Iterator[tuple[LiveSite, dict[str, str]]]:
    """The sample site as a visitor finds it, on the air, with the facts that fill the addresses."""
    settings = Settings.load({}, data_dir=folder)
    upgrade_database(settings.database_url)
    in_thread(lambda: build_site(settings, NOW))
    database = Database(settings.database_url, settings.secret)
    with database.read() as session:
        users = {user.login: user for user in session.scalars(select(User))}
    world = World(database, settings, Staff(users, ""), [], Sitting(), NOW)
    with on_air(world, browser) as site:
        facts = find_facts(database)
        for who in ("exam", "case"):
            page = site.enter(facts[f"who-{who}"])
            site.open_exam(page, int(facts[who]))
            page.context.set_offline(True)  # nothing of this device may be heard later
            page.context.close()
        site.clock.move(seconds=90)
        yield site, facts
    database.close()


def find_facts(database: Database) -> dict[str, str]:
    """Sign-in names and numbers of the sample site, by the words that `PLACES` uses."""
    with database.read() as session:
        open_ones = {
            one.level: one for one in session.query(Sitting).filter_by(kind=SittingKind.REGULAR) if one.closes_at > NOW
        }
        door, exam = open_ones["junior"].bookings[:2]
        case = open_ones["intermediate"].bookings[0]
        results = {one.outcome: one for one in session.query(Result).order_by(Result.id.desc())}
        passed, failed = results[Outcome.PASS], results[Outcome.FAIL]
        marking = next(one for one in session.query(Sitting) if one.level == "senior" and one.closes_at < NOW)
        return {
            "who-door": _login(door),
            "who-exam": _login(exam),
            "who-case": _login(case),
            "who-passed": _login(passed.booking),
            "who-failed": _login(failed.booking),
            "wait": str(door.papers[0].id),
            "exam": str(exam.papers[0].id),
            "case": str(next(one.id for one in case.papers if one.sitting_paper.kind == "practical")),
            "pass": str(passed.id),
            "fail": str(failed.id),
            **_certificate_of(session, passed),
            "open": str(open_ones["junior"].id),
            "released": str(passed.booking.sitting_id),
            "marking": str(marking.id),
            "enrolment": str(session.query(Enrolment).first().id),
            "item": _some_item(session),
        }


def _login(booking: Booking) -> str:
    login: str = booking.enrolment.candidate.user.login
    return login


def _certificate_of(session: Session, result: Result) -> dict[str, str]:
    number = session.query(Certificate).filter_by(result_id=result.id).one().number
    attempt = session.query(Attempt).filter_by(candidate_paper_id=result.booking.papers[0].id).one()
    return {"number": number, "attempt": str(attempt.id)}


def _some_item(session: Session) -> str:
    code: str = session.query(ItemVersion).filter_by(type="single_choice").order_by(ItemVersion.id).first().code
    return code


class Visitor:
    """Goes to places, each person in a browser of their own."""

    def __init__(self, site: LiveSite, facts: dict[str, str]) -> None:
        self.site, self.facts = site, facts
        self._contexts: dict[str, BrowserContext] = {}
        self._last: Page | None = None

    def visit(self, place: Place, language: str) -> Page:
        """A page that shows `place` in `language`."""
        if self._last:
            self._last.close()  # an exam is open in one tab only
        login = self.facts.get(f"who-{place.who}", place.who)
        page = self._last = self._page_of(login)
        page.context.add_cookies([{"name": "language", "value": language, "url": self.site.address}])
        page.goto(place.address.format(**self.facts))
        if place.act:
            place.act(page)
        page.evaluate("document.fonts.ready")
        return page

    def _page_of(self, login: str) -> Page:
        if login not in self._contexts:
            context = self._contexts[login] = self.site.new_context()
            return self.site.enter(login, context) if login else context.new_page()
        return self._contexts[login].new_page()


def take_pictures(folder: Path, wanted: list[str]) -> None:
    """Write a picture of each wanted place (of all, when none is named) at every width, in both languages and themes."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as data:
        browser = launch(playwright)
        with full_site(Path(data), browser) as (site, facts):
            visitor = Visitor(site, facts)
            for place in (one for one in PLACES if not wanted or one.name in wanted):
                for language in LANGUAGES:
                    _take(visitor.visit(place, language), folder / f"{place.name}-{language}")
                sys.stdout.write(f"{place.name}\n")
        browser.close()


def show(page: Page, width: int, theme: str) -> None:
    """Give the page a width and a theme, and wait until every colour has changed."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  one of the two
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")


def _take(page: Page, stem: Path) -> None:
    for width in WIDTHS:
        for theme in THEMES:
            show(page, width, theme)
            page.screenshot(path=f"{stem}-{width}-{theme}.png", full_page=True)


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]), sys.argv[2:])

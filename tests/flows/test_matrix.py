"""Role × route × object: who gets in where. A route that is not in the table fails the build."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from flask import Flask

from exam_engine.certificates.records import Certificate
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import Role, User
from exam_engine.core.sign_in import COOKIE, csrf_token, open_session
from exam_engine.delivery.records import Attempt
from exam_engine.demo.open_site import build_site
from exam_engine.enrolment.records import Candidate
from exam_engine.marking.records import Script
from exam_engine.migrate import upgrade_database
from exam_engine.results.records import Result
from exam_engine.web import create_app
from tests.conftest import NOW
from tests.delivery.site import Reply, Site
from tests.look import find_facts, in_thread

ANYONE: Final = frozenset(Role) | {None}
SIGNED_IN: Final = frozenset(Role)
CANDIDATE: Final = frozenset({Role.CANDIDATE})
ADMINISTRATOR: Final = frozenset({Role.ADMINISTRATOR})
OFFICER: Final = frozenset({Role.OFFICER})
INVIGILATOR: Final = frozenset({Role.INVIGILATOR})
MARKERS: Final = frozenset({Role.MARKER, Role.SENIOR_MARKER})
BANK: Final = frozenset({Role.AUTHOR, Role.REVIEWER})
TRAINING: Final = frozenset({Role.OFFICER, Role.TRAINER})


@dataclass(frozen=True)
class Route:
    """Who may ask, and the addresses of objects: those that are the asker's own, of somebody else, and not there at all."""

    roles: frozenset[Role | None]
    own: str = ""
    foreign: str = ""
    missing: str = ""


TABLE: Final[dict[str, Route]] = {
    "GET /": Route(ANYONE, "/"),
    "GET /sign-in": Route(ANYONE, "/sign-in"),
    "POST /sign-in": Route(ANYONE, "/sign-in"),
    "POST /sign-out": Route(ANYONE, "/sign-out"),
    "GET /password": Route(SIGNED_IN, "/password"),
    "POST /password": Route(SIGNED_IN, "/password"),
    "GET /language/<language>": Route(ANYONE, "/language/en"),
    "GET /help": Route(ANYONE, "/help"),
    "GET /static/<path:name>": Route(ANYONE, "/static/tokens.css", missing="/static/../secret"),
    "GET /healthz": Route(ANYONE, "/healthz"),
    "GET /readyz": Route(ANYONE, "/readyz"),
    "GET /metrics": Route(ANYONE, "/metrics"),
    "GET /api/v1/openapi.json": Route(ANYONE, "/api/v1/openapi.json"),
    "GET /verify": Route(ANYONE, "/verify"),
    "GET /verify/<code>": Route(ANYONE, "/verify/{number}", missing="/verify/nothing"),
    "GET /people": Route(ADMINISTRATOR, "/people"),
    "POST /people": Route(ADMINISTRATOR, "/people"),
    "POST /people/<int:user_id>": Route(ADMINISTRATOR, "/people/{user}", missing="/people/999999"),
    "GET /bank": Route(BANK, "/bank"),
    "GET /bank/items/<code>": Route(BANK, "/bank/items/{item}", missing="/bank/items/nothing"),
    "POST /bank/items/<code>/<event>": Route(BANK, "/bank/items/{item}/submit", missing="/bank/items/nothing/submit"),
    "GET /bank/import": Route(frozenset({Role.AUTHOR}), "/bank/import"),
    "POST /bank/import": Route(frozenset({Role.AUTHOR}), "/bank/import"),
    "GET /bank/export.json": Route(BANK, "/bank/export.json"),
    "GET /scheme": Route(OFFICER, "/scheme"),
    "POST /scheme": Route(OFFICER, "/scheme"),
    "GET /calibrations": Route(OFFICER, "/calibrations"),
    "POST /calibrations": Route(OFFICER, "/calibrations"),
    "GET /calibrations/<int:calibration_id>": Route(OFFICER, missing="/calibrations/999999"),
    "POST /calibrations/<int:calibration_id>/<event>": Route(OFFICER, missing="/calibrations/999999/accept"),
    "GET /panels": Route(OFFICER, "/panels"),
    "POST /panels": Route(OFFICER, "/panels"),
    "GET /panels/<int:panel_id>": Route(OFFICER, missing="/panels/999999"),
    "POST /panels/<int:panel_id>/scheme": Route(OFFICER, missing="/panels/999999/scheme"),
    "GET /candidates": Route(OFFICER, "/candidates"),
    "POST /candidates": Route(OFFICER, "/candidates"),
    "POST /candidates/<int:candidate_id>": Route(OFFICER, "/candidates/{candidate}", missing="/candidates/999999"),
    "GET /training": Route(TRAINING, "/training"),
    "GET /training/<int:enrolment_id>": Route(TRAINING, "/training/{enrolment}", missing="/training/999999"),
    "POST /training/<int:enrolment_id>": Route(TRAINING, "/training/{enrolment}", missing="/training/999999"),
    "GET /sittings": Route(OFFICER, "/sittings"),
    "GET /sittings/new": Route(OFFICER, "/sittings/new"),
    "POST /sittings/new": Route(OFFICER, "/sittings/new"),
    "GET /sittings/<int:sitting_id>": Route(OFFICER, "/sittings/{open}", missing="/sittings/999999"),
    "POST /sittings/<int:sitting_id>/book": Route(OFFICER, "/sittings/{open}/book", missing="/sittings/999999/book"),
    "POST /sittings/<int:sitting_id>/prepare": Route(OFFICER, "/sittings/{open}/prepare", missing="/sittings/999999/prepare"),
    "GET /way": Route(CANDIDATE, "/way"),
    "GET /way/<int:booking_id>.ics": Route(CANDIDATE, "/way/{booking}.ics", "/way/{other_booking}.ics", "/way/999999.ics"),
    "GET /exam/<int:paper_id>/wait": Route(CANDIDATE, "/exam/{paper}/wait", "/exam/{exam}/wait", "/exam/999999/wait"),
    "GET /exam/<int:paper_id>/declare": Route(
        CANDIDATE, "/exam/{paper}/declare", "/exam/{exam}/declare", "/exam/999999/declare"
    ),
    "POST /exam/<int:paper_id>/declare": Route(
        CANDIDATE, "/exam/{paper}/declare", "/exam/{exam}/declare", "/exam/999999/declare"
    ),
    "GET /exam/<int:paper_id>": Route(CANDIDATE, "/exam/{paper}", "/exam/{exam}", "/exam/999999"),
    "GET /attempts/<int:attempt_id>/receipt": Route(
        CANDIDATE, "/attempts/{attempt}/receipt", "/attempts/{other_attempt}/receipt", "/attempts/999999/receipt"
    ),
    "GET /attempts/<int:attempt_id>/receipt.txt": Route(
        CANDIDATE, "/attempts/{attempt}/receipt.txt", "/attempts/{other_attempt}/receipt.txt", "/attempts/999999/receipt.txt"
    ),
    "GET /rooms": Route(INVIGILATOR, "/rooms"),
    "GET /rooms/<int:sitting_id>": Route(INVIGILATOR, "/rooms/{open}", missing="/rooms/999999"),
    "POST /rooms/<int:sitting_id>/attempts/<int:attempt_id>": Route(
        INVIGILATOR, "/rooms/{released}/attempts/{attempt}", "/rooms/{open}/attempts/{attempt}", "/rooms/{open}/attempts/999999"
    ),
    "POST /rooms/<int:sitting_id>/all": Route(INVIGILATOR, "/rooms/{open}/all", missing="/rooms/999999/all"),
    "POST /rooms/<int:sitting_id>/moves/<int:request_id>": Route(INVIGILATOR, missing="/rooms/{open}/moves/999999"),
    "GET /marking": Route(MARKERS, "/marking"),
    "POST /marking/next": Route(MARKERS, "/marking/next"),
    "GET /marking/scripts/<code>": Route(
        MARKERS, "/marking/scripts/{script}", "/marking/scripts/{other_script}", "/marking/scripts/S-NONE"
    ),
    "POST /marking/scripts/<code>": Route(
        MARKERS, "/marking/scripts/{script}", "/marking/scripts/{other_script}", "/marking/scripts/S-NONE"
    ),
    "POST /marking/scripts/<code>/draft": Route(
        MARKERS, "/marking/scripts/{script}/draft", "/marking/scripts/{other_script}/draft", "/marking/scripts/S-NONE/draft"
    ),
    "POST /marking/scripts/<code>/comments": Route(
        MARKERS,
        "/marking/scripts/{script}/comments",
        "/marking/scripts/{other_script}/comments",
        "/marking/scripts/S-NONE/comments",
    ),
    "POST /marking/scripts/<code>/take-up": Route(
        MARKERS, "/marking/scripts/{script}/take-up", missing="/marking/scripts/S-NONE/take-up"
    ),
    "GET /marking/scripts/<code>/files/<int:number>": Route(
        MARKERS, foreign="/marking/scripts/{other_script}/files/1", missing="/marking/scripts/{script}/files/99"
    ),
    "GET /release": Route(OFFICER, "/release"),
    "GET /release/<int:sitting_id>": Route(OFFICER, "/release/{released}", missing="/release/999999"),
    "POST /release/<int:sitting_id>/propose": Route(OFFICER, "/release/{marking}/propose", missing="/release/999999/propose"),
    "POST /release/<int:sitting_id>/release": Route(OFFICER, "/release/{marking}/release", missing="/release/999999/release"),
    "GET /release/<int:sitting_id>/statistics": Route(
        OFFICER, "/release/{released}/statistics", missing="/release/999999/statistics"
    ),
    "GET /release/<int:sitting_id>/report.html": Route(
        OFFICER, "/release/{released}/report.html", missing="/release/999999/report.html"
    ),
    "GET /release/attempts/<int:attempt_id>/bundle.json": Route(
        OFFICER, "/release/attempts/{attempt}/bundle.json", missing="/release/attempts/999999/bundle.json"
    ),
    "GET /results": Route(CANDIDATE, "/results"),
    "GET /results/<int:result_id>": Route(CANDIDATE, "/results/{pass}", "/results/{fail}", "/results/999999"),
    "GET /certificates": Route(CANDIDATE, "/certificates"),
    "GET /certificates/<number>.pdf": Route(
        CANDIDATE, "/certificates/{number}.pdf", "/certificates/{other_number}.pdf", "/certificates/NONE.pdf"
    ),
}

API_TABLE: Final = {
    ("POST", "papers", "start"),
    ("POST", "attempts", "answers"),
    ("POST", "attempts", "heartbeat"),
    ("POST", "attempts", "submit"),
    ("POST", "attempts", "files"),
}

LOGINS: Final[dict[Role | None, str]] = {
    Role.AUTHOR: "adeyemi",
    Role.REVIEWER: "park",
    Role.OFFICER: "chen",
    Role.MARKER: "novak",
    Role.SENIOR_MARKER: "okafor",
    Role.INVIGILATOR: "shen",
    Role.TRAINER: "zhou",
    Role.ADMINISTRATOR: "admin",
}


@dataclass
class Centre:
    """The sample site behind Flask's client, and what the addresses of the table are filled with."""

    settings: Settings
    database: Database
    app: Flask
    facts: dict[str, str]

    def ask(self, role: Role | None, method: str, address: str) -> int:
        """What somebody of `role` is answered; a session of their own each time, because a route may end it."""
        login = self.facts["who-passed"] if role is Role.CANDIDATE else LOGINS.get(role)
        client, headers = self.app.test_client(), {}
        if login is not None:
            with self.database.write() as session:
                token = open_session(session, session.query(User).filter_by(login=login).one(), NOW, hours=1)
            client.set_cookie(COOKIE, token)
            headers = {"X-CSRF-Token": csrf_token(token, self.settings.secret)}
        facts = {**self.facts, **self.scripts_of(login)}
        form = {"do": "message", "reason": "a reason"} if method == "POST" else None
        return client.open(address.format(**facts), method=method, headers=headers, data=form, buffered=True).status_code

    def scripts_of(self, login: str | None) -> dict[str, str]:
        """A script that a marker was given, and one that was never theirs."""
        with self.database.read() as session:
            codes = {script.code: {mark.marker.login for mark in script.given} for script in session.query(Script)}
        own = [code for code, markers in codes.items() if login in markers]
        return {
            "script": own[0] if own else "S-NONE",
            "other_script": next(code for code, markers in codes.items() if login not in markers),
        }


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    settings = Settings.load({}, data_dir=tmp_path_factory.mktemp("sample"))
    upgrade_database(settings.database_url)
    in_thread(lambda: build_site(settings, NOW))
    database = Database(settings.database_url, settings.secret)
    facts = find_facts(database)
    with database.read() as session:
        own, other = (session.get_one(Result, int(facts[name])).booking for name in ("pass", "fail"))
        others = session.query(Certificate).filter(Certificate.number != facts["number"])
        facts |= {
            "candidate": str(session.query(Candidate).first().id),
            "user": str(session.query(User).filter_by(login="novak").one().id),
            "booking": str(own.id),
            "other_booking": str(other.id),
            "paper": str(own.papers[0].id),
            "other_attempt": str(session.query(Attempt).filter_by(candidate_paper_id=other.papers[0].id).one().id),
            "other_number": others.first().number,
        }
    yield Centre(settings, database, create_app(settings, database, lambda: NOW), facts)
    database.close()


def routes_of(app: Flask) -> dict[str, str]:
    """Every route of the site with its endpoint."""
    return {
        f"{method} {rule.rule}": rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_every_route_is_in_the_table_and_names_the_same_roles(centre: Centre) -> None:
    routes = routes_of(centre.app)
    assert set(routes) == set(TABLE)
    for name, endpoint in routes.items():
        required = getattr(centre.app.view_functions[endpoint], "required_roles", None)
        named = ANYONE if required is None else frozenset(required) or SIGNED_IN
        assert named == TABLE[name].roles, name


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_person_gets_where_the_role_leads_and_nowhere_else(centre: Centre, role: Role | None) -> None:
    wrong = []
    for name, route in TABLE.items():
        method = name.partition(" ")[0]
        for kind in ("own", "foreign", "missing"):
            if address := getattr(route, kind):
                status = centre.ask(role, method, address)
                if not is_expected(route, role, method, kind, status):
                    wrong.append(f"{role} {name}, {kind}: {status}")
    assert not wrong


def is_expected(route: Route, role: Role | None, method: str, kind: str, status: int) -> bool:
    """The whole policy: closed to other roles whether or not the object exists; others' objects are not seen."""
    if role not in route.roles:
        return status == 403 if role else status == (302 if method == "GET" else 401)
    if kind == "foreign":
        return status in {403, 404}
    if kind == "missing":
        return status == 404
    return status < 500 and status not in ({403, 404} if route.roles == ANYONE else {401, 403, 404, 405})


def test_the_calls_of_the_player_are_closed_to_everyone_but_the_candidate_of_the_paper(centre: Centre, tmp_path: Path) -> None:
    site = Site(centre.database, tmp_path, lambda: NOW)
    try:
        assert set(site.app._routes) == API_TABLE
        for login in LOGINS.values():
            assert _start(site, centre, login, centre.facts["exam"]) == (403, "not_yours")
        assert _start(site, centre, centre.facts["who-door"], centre.facts["exam"]) == (403, "not_yours")
        assert _start(site, centre, centre.facts["who-door"], "999999") == (404, "unknown_paper")
        assert site.call("POST", f"/api/v1/papers/{centre.facts['exam']}/start", {"device": "a"}).status == 401
        token = _token(site, centre)
        for method, _, call in API_TABLE - {("POST", "papers", "start")}:
            for headers in ({}, {"Authorization": "Exam nothing"}, {"Authorization": f"Exam {token}"}):
                reply = site.call(method, f"/api/v1/attempts/{centre.facts['attempt']}/{call}", {}, headers)
                assert (reply.status, reply.json["code"]) == (401, "bad_token"), call
        piece = site.call(
            "PUT", f"/api/v1/attempts/{centre.facts['attempt']}/files/f1?offset=0", b"x", {"Authorization": f"Exam {token}"}
        )
        assert piece.status == 401
    finally:
        site.close()


def _ask_start(site: Site, centre: Centre, login: str, paper: str) -> Reply:
    with centre.database.write() as session:
        cookie = open_session(session, session.query(User).filter_by(login=login).one(), NOW, hours=1)
    headers = {"Cookie": f"{COOKIE}={cookie}", "X-CSRF-Token": csrf_token(cookie, site.settings.secret)}
    return site.call("POST", f"/api/v1/papers/{paper}/start", {"device": "a", "declaration": True}, headers)


def _start(site: Site, centre: Centre, login: str, paper: str) -> tuple[int, str]:
    reply = _ask_start(site, centre, login, paper)
    return reply.status, reply.json.get("code", "")


def _token(site: Site, centre: Centre) -> str:
    """A good token, for another attempt than the one that is asked for."""
    started = _ask_start(site, centre, centre.facts["who-exam"], centre.facts["exam"])
    assert started.status == 200
    token: str = started.json["token"]
    return token

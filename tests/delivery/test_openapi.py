"""The player's API and its description say the same, in both directions."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from exam_engine.core.canonical import canonical_json, sha256_hex
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.errors import CODES
from exam_engine.core.sign_in import csrf_token
from exam_engine.delivery.api import PlayerApi
from exam_engine.delivery.openapi import CALLS, describe_api
from exam_engine.web import create_app
from question_bank import public_case, public_view
from tests.delivery.site import FILES, SECRET, WRITTEN, Reply, Seeded, Site, Sitter, TestClock, make_save, sample_items, seed
from tests.world import sample_bank


def fits(shape: Any, value: Any) -> bool:
    """Whether a value fits a schema of the description."""
    return Draft202012Validator({**shape, "components": describe_api()["components"]}).is_valid(value)


def faults(shape: Any, value: Any) -> list[str]:
    checker = Draft202012Validator({**shape, "components": describe_api()["components"]})
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


def operation_of(path: str, method: str) -> dict[str, Any]:
    """The operation that describes a real path."""
    for template, operations in describe_api()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]):
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"{path} is not described")


def assert_described(method: str, path: str, reply: Reply) -> Reply:
    """The status, the media type and the body are those the description promises."""
    described = operation_of(path, method)["responses"]
    assert str(reply.status) in described, f"{method} {path}: {reply.status} {reply.body!r}"
    ((media_type, content),) = described[str(reply.status)]["content"].items()
    assert reply.headers["content-type"] == media_type
    assert faults(content["schema"], reply.json) == [], f"{method} {path}: {reply.body!r}"
    return reply


class DescribedSite(Site):
    """A site that holds every reply against the description."""

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        return assert_described(method, path, super().call(method, path, body, headers))


@pytest.fixture
def items() -> list[dict[str, Any]]:
    return [*sample_items(), WRITTEN, FILES]


@pytest.fixture
def seeded(sqlite_database: Database, items: list[dict[str, Any]]) -> Seeded:
    return seed(sqlite_database, items=items)


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path, clock: TestClock) -> Iterator[DescribedSite]:
    site = DescribedSite(sqlite_database, tmp_path, clock)
    yield site
    site.close()


# The document itself


def test_the_site_serves_the_description_to_anyone(sqlite_database: Database, tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, database_url=sqlite_database.url, secret=SECRET), sqlite_database)
    reply = app.test_client().get("/api/v1/openapi.json")
    assert reply.status_code == 200
    assert reply.mimetype == "application/json"
    assert orjson.loads(reply.data) == orjson.loads(orjson.dumps(describe_api()))
    assert reply.json["openapi"].startswith("3.1.")


def test_every_route_of_the_api_is_described_and_nothing_else(site: DescribedSite) -> None:
    kinds = {(method, kind, last) for method, kind, last in site.app._routes} | {("PUT", "attempts", "files")}
    described = set()
    for path, operations in describe_api()["paths"].items():
        parts = path.removeprefix("/api/v1/").split("/")
        described |= {(method.upper(), parts[0], parts[2]) for method in operations}
    assert described == kinds
    assert isinstance(site.app, PlayerApi)


def test_every_shape_is_a_schema_and_every_reference_leads_somewhere() -> None:
    document = describe_api()
    for name, shape in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(shape)
        assert re.fullmatch(r"[A-Z][A-Za-z]*", name)
    references = set(re.findall(rb'"#/components/schemas/(\w+)"', orjson.dumps(document)))
    assert {one.decode() for one in references} <= set(document["components"]["schemas"])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_the_examples_fit_what_they_show(call: Any) -> None:
    operation = operation_of(call.path, call.method)
    for content in [operation["requestBody"]["content"], operation["responses"]["200"]["content"]]:
        for media in content.values():
            if "example" in media:
                assert faults(media["schema"], media["example"]) == []


def test_what_candidates_see_of_the_sample_bank_fits_and_the_items_themselves_do_not() -> None:
    shape = describe_api()["components"]["schemas"]["PublicItem"]
    bank = sample_bank()
    assert [item["id"] for item in bank.items if not fits(shape, public_view(item))] == []
    assert [item["id"] for item in bank.items if fits(shape, item)] == []
    cases = describe_api()["components"]["schemas"]["PublicCase"]
    for case in bank.cases:
        shown = public_case(case)
        tasks = [{**task, "parts": [part["id"] for part in task["parts"]]} for task in shown["tasks"]]
        assert faults(cases, {**shown, "tasks": tasks}) == []


# Refusals, one by one: the fixture holds each reply against the description


def refuse_stranger(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.call("POST", f"/api/v1/papers/{seeded.papers[0]}/start", {"device": "a"})


def refuse_page_without_token(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    cookie = {"Cookie": f"exam_session={seeded.cookies[0]}"}
    return site.call("POST", f"/api/v1/papers/{seeded.papers[0]}/start", {"device": "a"}, cookie)


def refuse_foreign_paper(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.start(seeded, 0, cookie=seeded.cookies[1])


def refuse_unknown_paper(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    cookie = seeded.cookies[0]
    headers = {"Cookie": f"exam_session={cookie}", "X-CSRF-Token": csrf_token(cookie, SECRET)}
    return site.call("POST", "/api/v1/papers/999/start", {"device": "a", "declaration": True}, headers)


def refuse_early(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    clock.now -= timedelta(hours=1)
    return site.start(seeded)


def refuse_after_closing(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    clock.pass_time(hours=3)
    return site.start(seeded)


def refuse_undeclared(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.start(seeded, declaration=False)


def refuse_handed_in(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    site.sit(seeded).submit()
    return site.start(seeded)


def refuse_second_device(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    site.sit(seeded)
    return site.start(seeded, device="another")


def refuse_bad_token(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    return site.call("POST", f"/api/v1/attempts/{sitter.attempt}/heartbeat", {}, {"Authorization": "Exam nothing"})


def refuse_moved(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    clock.pass_time(seconds=90)
    site.sit(seeded, device="another")
    return sitter.save("q1", "A")


def refuse_late_save(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    sitter.submit()
    return sitter.save("q1", "A")


def refuse_other_body(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    sitter.save_as(1, "q1", "A")
    return sitter.save_as(1, "q1", "B")


def refuse_missing_answers(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.sit(seeded).submit(last_seq=3)


def refuse_shape(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.sit(seeded).save("q1", ["A"])


def refuse_slot(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.sit(seeded).save("q99", "A")


def refuse_digest(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    return sitter.send([{**make_save(sitter.attempt, "q1", 1, "A"), "digest": "0" * 64}])


def refuse_large_body(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.sit(seeded).post("heartbeat", b" " * 20_000)


def refuse_no_json(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return site.sit(seeded).post("submit", b"{")


def announce(sitter: Sitter, name: str = "change.pdf", content: bytes = b"%PDF-1.4\n%%EOF\n") -> Reply:
    digest = sha256_hex(content.decode())
    return sitter.post("files", {"slot": "q6", "name": name, "size": len(content), "sha256": digest})


def send_piece(site: Site, sitter: Sitter, offset: int, content: bytes) -> Reply:
    path = f"/api/v1/attempts/{sitter.attempt}/files/{announce(sitter).json['file']}?offset={offset}"
    return site.call("PUT", path, content, {"Authorization": f"Exam {sitter.started['token']}"})


def refuse_kind_of_file(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return announce(site.sit(seeded), name="change.exe")


def refuse_offset(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return send_piece(site, site.sit(seeded), 5, b"%")


def refuse_other_bytes(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    return send_piece(site, site.sit(seeded), 0, b"%PDF-1.5\n%%EOF\n")


def refuse_file_after_the_end(site: Site, seeded: Seeded, clock: TestClock) -> Reply:
    sitter = site.sit(seeded)
    clock.pass_time(hours=1)
    return announce(sitter)


REFUSALS: dict[str, Callable[[Site, Seeded, TestClock], Reply]] = {
    "not_signed_in": refuse_stranger,
    "bad_form": refuse_page_without_token,
    "not_yours": refuse_foreign_paper,
    "unknown_paper": refuse_unknown_paper,
    "not_open_yet": refuse_early,
    "sitting_closed": refuse_after_closing,
    "declaration_needed": refuse_undeclared,
    "already_handed_in": refuse_handed_in,
    "open_elsewhere": refuse_second_device,
    "bad_token": refuse_bad_token,
    "session_moved": refuse_moved,
    "handed_in": refuse_late_save,
    "sequence_taken": refuse_other_body,
    "answers_missing": refuse_missing_answers,
    "wrong_shape": refuse_shape,
    "unknown_slot": refuse_slot,
    "digest_mismatch": refuse_digest,
    "too_large": refuse_large_body,
    "bad_request": refuse_no_json,
    "wrong_type": refuse_kind_of_file,
    "wrong_offset": refuse_offset,
    "too_late": refuse_file_after_the_end,
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_the_problem_document_that_is_described(
    code: str, site: DescribedSite, seeded: Seeded, clock: TestClock
) -> None:
    reply = REFUSALS[code](site, seeded, clock)
    assert reply.json["code"] == code
    assert reply.status == CODES[code].status


def test_a_whole_exam_answers_as_described(site: DescribedSite, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    assert sitter.save("q1", "B").json["results"][0]["state"] == "stored"
    assert sitter.save("_view", {"current": "q2", "flags": ["q1"]}).status == 200
    assert sitter.beat(3).status == 200
    done = send_piece(site, sitter, 0, b"%PDF-1.4\n%%EOF\n")
    assert done.json["complete"] is True
    assert refuse_other_bytes_again(site, sitter).status == 200
    assert site.start(seeded).json["answers"]["q1"] == {"response": "B", "seq": 1}
    assert sitter.submit().json["receipt"]["answered"] == 1


def refuse_other_bytes_again(site: Site, sitter: Sitter) -> Reply:
    """A file that is there stays as it is, whatever is sent."""
    return send_piece(site, sitter, 0, b"something else")


# Requests drawn at random


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2_000_000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
BODIES: dict[str, dict[str, Any]] = {
    "answers": {"slot": "q1", "seq": 1, "response": "A", "at_ms": 1},
    "heartbeat": {"pending": 0},
    "submit": {"last_seq": 0, "head": ""},
    "files": {"slot": "q6", "name": "a.pdf", "size": 10, "sha256": "0" * 64},
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A call and a body: a good one in which up to two fields are left out, replaced or added."""
    what = draw(st.sampled_from(sorted(BODIES)))
    body = dict(BODIES[what])
    for field in draw(st.lists(st.sampled_from([*body, "extra"]), max_size=2, unique=True)):
        if field in body and draw(st.booleans()):
            del body[field]
        else:
            body[field] = draw(JSON)
    return what, body


@pytest.fixture
def sitters(site: DescribedSite, seeded: Seeded) -> list[Sitter]:
    """Two candidates, so that one may hand in while the other goes on."""
    return [site.sit(seeded, which) for which in (0, 1)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests())
def test_what_fits_the_description_is_read_and_what_does_not_is_a_bad_request(
    request: tuple[str, dict[str, Any]], sitters: list[Sitter]
) -> None:
    what, body = request
    sitter = sitters[what == "submit"]
    if what == "answers":
        texts = (str(sitter.attempt), str(body.get("slot")), str(body.get("seq")), canonical_json(body.get("response")))
        body = {"saves": [{**body, "digest": sha256_hex(*texts)}]}
    reply = sitter.post(what, body)
    shape = operation_of(f"/api/v1/attempts/{sitter.attempt}/{what}", "POST")["requestBody"]["content"]["application/json"][
        "schema"
    ]
    if fits(shape, body):
        assert reply.status == 200 or reply.json["code"] != "bad_request", reply.body
    else:
        assert 400 <= reply.status < 500, reply.body


def test_bodies_that_are_no_objects_are_bad_requests(site: DescribedSite, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    for body in (b"[]", b"7", b'"x"', b"null", b"\xff"):
        for what in BODIES:
            assert sitter.post(what, body).json["code"] == "bad_request"

"""The webhook issuer against a real receiver on loopback: signed, never redirected, taken by a 2xx only, known by id."""

import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

import schemas
from exam_engine.certificates.issuers import IssuerUnavailable, webhook
from exam_engine.certificates.issuers.webhook import WebhookIssuer
from exam_engine.certificates.outbox import CLAIM, drain_outbox
from exam_engine.certificates.records import Certificate, DeliveryState, OutboxEvent
from exam_engine.core.clock import system_clock
from exam_engine.core.config import SettingError
from exam_engine.core.records import User
from exam_engine.results.actions import release_results
from exam_engine.results.records import Outcome, Result
from exam_engine.sittings.records import Sitting
from tests.certificates.conftest import AFTER, settings_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """An issuing body on loopback: answers each request with the next of `answers` and keeps what it was sent."""

    def __init__(self, *answers):
        self.answers, self.received, self.gate = list(answers), [], threading.Event()

    @contextmanager
    def running(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((self.path, dict(self.headers), body))
                answer = receiver.answers.pop(0) if receiver.answers else (200, {}, b"")
                if answer == "silent":
                    receiver.gate.wait(30)
                if answer == "drip":
                    with suppress(OSError):
                        while not receiver.gate.wait(0.02):
                            self.wfile.write(b"H")
                if answer in ("silent", "hang up", "drip"):  # a tuple: other answers hold a dict
                    self.close_connection = True
                    return
                status, headers, reply = answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(reply))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/certificates?site=1"
        finally:
            self.gate.set()
            server.shutdown()
            thread.join()
            server.server_close()


def _ok(**reply):
    return (200, {"Content-Type": "application/json"}, orjson.dumps(reply))


@pytest.fixture
def released(proposed):
    """A site with one pass on its way."""
    database = proposed()
    with database.write() as session:
        officer = session.scalars(select(User).where(User.login == "silva")).one()
        release_results(session, session.scalars(select(Sitting)).one(), officer, AFTER)
    return database


def _drain(database, address, at=AFTER) -> int:
    return drain_outbox(
        database, settings_of(database, issuer="webhook", webhook_url=address, webhook_secret=SECRET), lambda: at
    )  # fmt: skip


def _event(database) -> OutboxEvent:
    with database.read() as session:
        return session.scalars(select(OutboxEvent)).one()


def _certificates(database) -> list[Certificate]:
    with database.read() as session:
        return list(session.scalars(select(Certificate)))


def _issue(address, event, at=None):
    database_free = type("Site", (), {"webhook_url": address, "webhook_secret": SECRET})()
    return WebhookIssuer(database_free).issue(event, at or system_clock())


def test_a_pass_is_posted_as_an_outcome_event_and_the_bodys_own_number_is_kept(released):
    receiver = Receiver(_ok(number="CN-77", verification="ABCD-1234"))
    with receiver.running() as address:
        assert _drain(released, address) == 1
    path, headers, body = receiver.received[0]
    assert (path, headers["Content-Type"]) == ("/certificates?site=1", "application/json")
    event = orjson.loads(body)
    assert schemas.check("outcome-event", event) == []
    assert (event["type"], event["id"], event["outcome"]) == (
        "certification.passed", headers["webhook-id"], {"total": "80", "cut": "60", "distinction": False},
    )  # fmt: skip
    assert (event["valid_from"], event["valid_until"]) == ("2026-11-21", "2029-11-20")
    certificate = _certificates(released)[0]
    assert (certificate.number, certificate.verification) == ("CN-77", "ABCD-1234")


def test_the_signature_is_that_of_standard_webhooks():
    receiver = Receiver(_ok())
    with receiver.running() as address:
        _issue(address, {"id": "pass-1", "type": "certification.passed"})
    _, headers, body = receiver.received[0]
    lower = {name.lower(): value for name, value in headers.items()}
    assert Webhook(SECRET).verify(body, lower) == {"id": "pass-1", "type": "certification.passed"}
    with pytest.raises(Exception, match="signature"):
        Webhook(SECRET).verify(body.replace(b"pass-1", b"pass-2"), lower)


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 503])
def test_anything_but_a_2xx_is_not_taken_and_is_offered_again_later(released, status):
    receiver = Receiver((status, {}, b"no"))
    with receiver.running() as address:
        assert _drain(released, address) == 0
        event = _event(released)
        assert (event.state, event.tries, event.last_error) == (DeliveryState.WAITING, 1, f"the issuer answered {status}")
        assert event.next_try_at == AFTER + timedelta(seconds=10)
        assert _drain(released, address, AFTER + timedelta(seconds=9)) == 0
        assert _drain(released, address, AFTER + timedelta(seconds=10)) == 1
    assert [headers["webhook-id"] for _, headers, _ in receiver.received] == [event.event_id] * 2
    assert len(_certificates(released)) == 1


def test_redirects_are_not_followed(released):
    canary = Receiver()
    with canary.running() as elsewhere:
        receiver = Receiver((307, {"Location": elsewhere}, b""), (302, {"Location": elsewhere}, b""))
        with receiver.running() as address:
            assert _drain(released, address) == 0
            assert _drain(released, address, AFTER + timedelta(minutes=1)) == 0
    assert (canary.received, _certificates(released)) == ([], [])


def test_a_receiver_that_never_answers_counts_as_not_taken(released, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.2)
    receiver = Receiver("silent")
    with receiver.running() as address:
        assert _drain(released, address) == 0
        assert "cannot be reached" in _event(released).last_error
        assert _drain(released, address, AFTER + timedelta(minutes=1)) == 1
    assert len(_certificates(released)) == 1


def test_a_reply_that_drips_without_end_counts_as_not_taken(released, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
    receiver = Receiver("drip")
    with receiver.running() as address:
        assert _drain(released, address) == 0
    assert _event(released).state is DeliveryState.WAITING
    assert "took too long" in _event(released).last_error


def test_a_number_given_as_a_json_number_is_kept_as_text(released):
    receiver = Receiver(_ok(number=20260417, verification=True))
    with receiver.running() as address:
        assert _drain(released, address) == 1
    certificate = _certificates(released)[0]
    assert certificate.number == "20260417"
    assert certificate.verification != "True"


def test_a_reply_that_is_lost_means_the_same_event_twice_and_one_certificate(released):
    receiver = Receiver("hang up", _ok(number="CN-1"))
    with receiver.running() as address:
        assert _drain(released, address) == 0
        assert _drain(released, address, AFTER + timedelta(minutes=1)) == 1
        assert _drain(released, address, AFTER + CLAIM * 5) == 0
    assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
    assert len({body for _, _, body in receiver.received}) == 1
    assert [certificate.number for certificate in _certificates(released)] == ["CN-1"]


def test_a_receiver_that_is_not_there_is_waited_for(released):
    with Receiver().running() as address:
        pass
    assert _drain(released, address) == 0
    assert "cannot be reached" in _event(released).last_error


@pytest.mark.parametrize(
    "reply", [b"thanks", b"[1]", b'{"number": 5}', b'{"number": ""}', b'{"number": "a/b"}', b'{"number": "A\\r\\nB: c"}', b""]
)
def test_a_2xx_with_anything_else_inside_leaves_the_engines_own_number(released, reply):
    receiver = Receiver((202, {}, reply))
    with receiver.running() as address:
        assert _drain(released, address) == 1
    assert _certificates(released)[0].number == "ITSM-J-2026-000001"


@pytest.mark.parametrize(
    ("address", "secret"), [("ftp://host/x", SECRET), ("", SECRET), ("http:///x", SECRET), ("http://host/", "")]
)
def test_settings_that_cannot_work_are_refused_at_once(address, secret):
    with pytest.raises(SettingError):
        WebhookIssuer(type("Site", (), {"webhook_url": address, "webhook_secret": secret})())


def test_a_receiver_that_talks_nonsense_counts_as_not_taken(monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 5)
    receiver = Receiver("hang up")
    with receiver.running() as address, pytest.raises(IssuerUnavailable):
        _issue(address, {"id": "pass-1"})


def test_a_number_that_is_taken_holds_back_its_own_pass_only(proposed):
    database = proposed()
    with database.write() as session:
        for result in session.scalars(select(Result)):
            result.outcome = Outcome.PASS
        officer = session.scalars(select(User).where(User.login == "silva")).one()
        release_results(session, session.scalars(select(Sitting)).one(), officer, AFTER)
    receiver = Receiver(_ok(number="CN-1"), _ok(number="CN-1"), _ok(number="CN-2"))
    with receiver.running() as address:
        assert _drain(database, address) == 1
        assert _drain(database, address, AFTER + timedelta(minutes=1)) == 1
    assert [certificate.number for certificate in _certificates(database)] == ["CN-1", "CN-2"]

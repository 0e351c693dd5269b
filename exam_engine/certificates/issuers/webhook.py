"""The webhook issuer: an outside body is told of each pass by a signed request (Standard Webhooks)."""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from standardwebhooks import Webhook

from exam_engine.certificates.issuers import Issued, IssuerUnavailable
from exam_engine.core.config import SettingError, Settings

TIMEOUT_S: Final = 10
LARGEST_REPLY: Final = 65536

SPEAKABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}|[0-9][A-Za-z0-9._-]{3,79}")
"""What may stand in an address, a file name and on paper as a number or code."""


class WebhookIssuer:
    """Posts the event to the one address in the settings. Redirects are not followed; 2xx means taken.

    A reply `{"number": …, "verification": …}` names the certificate as the outside body does.
    """

    def __init__(self, settings: Settings) -> None:
        self.address = urlsplit(settings.webhook_url)
        if self.address.scheme not in {"http", "https"} or not self.address.hostname:
            raise SettingError("EXAM_ENGINE_WEBHOOK_URL must be an http or https address")
        if not settings.webhook_secret:
            raise SettingError("EXAM_ENGINE_WEBHOOK_SECRET must be set for the webhook issuer")
        self.signer = Webhook(settings.webhook_secret)

    def issue(self, event: dict[str, Any], now: datetime) -> Issued:
        """Send the event; anything but a 2xx reply in time counts as not taken."""
        body = orjson.dumps(event)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event["id"],
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(event["id"], now, body.decode()),
        }
        status, reply = self._post(body, headers)
        if not 200 <= status < 300:
            raise IssuerUnavailable(f"the issuer answered {status}")
        return _read_reply(reply)

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        host, port = self.address.hostname or "", self.address.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
            if self.address.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        )
        target = (self.address.path or "/") + (f"?{self.address.query}" if self.address.query else "")
        try:
            connection.connect()
            with _time_limit(connection.sock):
                connection.request("POST", target, body, headers)
                response = connection.getresponse()
                return response.status, response.read(LARGEST_REPLY)
        except (OSError, http.client.HTTPException) as error:
            raise IssuerUnavailable(f"the issuer cannot be reached: {error}") from error
        finally:
            connection.close()


@contextmanager
def _time_limit(line: socket.socket) -> Iterator[None]:
    """Hang up after `TIMEOUT_S` in all: the socket's own timeout begins anew with every byte of a reply that drips."""
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        with suppress(OSError):  # the other side was faster
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(TIMEOUT_S, hang_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if is_late.is_set():
            raise TimeoutError("the reply took too long")


def _read_reply(reply: bytes) -> Issued:
    try:
        said = orjson.loads(reply) if reply.strip() else {}
    except orjson.JSONDecodeError:
        return Issued()
    said = said if isinstance(said, dict) else {}
    texts = {name: str(said[name]) for name in ("number", "verification") if type(said.get(name)) in {str, int}}
    return Issued(**{name: text for name, text in texts.items() if SPEAKABLE.fullmatch(text)})

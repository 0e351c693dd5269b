"""The attempt token: who may write to an attempt, and as which device's turn. Nothing is looked up to check it."""

import base64
import hmac
from dataclasses import dataclass
from functools import lru_cache

from exam_engine.core.errors import Refusal


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token says: the attempt, its candidate paper, the form, and the device's turn."""

    attempt: int
    turn: int
    paper: int
    form: int


def _seal(secret: bytes, body: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(secret, b"attempt\n" + body.encode(), "sha256")).decode().rstrip("=")


def make_token(secret: bytes, ticket: Ticket) -> str:
    """Write a ticket as a token, sealed by HMAC-SHA-256 with the site's secret."""
    body = f"{ticket.attempt}.{ticket.turn}.{ticket.paper}.{ticket.form}"
    return f"{body}.{_seal(secret, body)}"


@lru_cache(maxsize=16_384)
def read_token(secret: bytes, token: str) -> Ticket:
    """Read a token that this site sealed; those read lately are known and cost a look-up.

    Raises
    ------
    Refusal
        `bad_token` for anything else; the comparison takes the same time wherever it fails.
    """
    body, _, seal = token.rpartition(".")
    if not hmac.compare_digest(_seal(secret, body).encode(), seal.encode()):
        raise Refusal("bad_token")
    attempt, turn, paper, form = map(int, body.split("."))
    return Ticket(attempt, turn, paper, form)

"""Refusals: one exception class, one table of codes, one place that maps them to HTTP."""

from typing import Any, Final, NamedTuple


class Kind(NamedTuple):
    """How a refusal is answered: HTTP status and a plain sentence (a key of the word lists)."""

    status: int
    sentence: str


CODES: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "The request cannot be read."),
    "not_signed_in": Kind(401, "Sign in first."),
    "bad_token": Kind(401, "This exam token is not valid."),
    "wrong_password": Kind(401, "Name or password is not right."),
    "bad_form": Kind(400, "This form has expired. Load the page again."),
    "not_allowed": Kind(403, "Your role does not allow this."),
    "not_yours": Kind(403, "This belongs to somebody else."),
    "same_person": Kind(403, "This needs a second person."),
    "not_found": Kind(404, "There is nothing here."),
    "unknown_paper": Kind(404, "There is no such paper."),
    "unknown_level": Kind(404, "The scheme has no such level."),
    "not_open_yet": Kind(409, "The exam is not open yet."),
    "sitting_closed": Kind(409, "The exam is closed."),
    "declaration_needed": Kind(409, "Confirm the declaration first."),
    "already_handed_in": Kind(409, "This exam is already handed in."),
    "open_elsewhere": Kind(409, "This exam is open on another device. The invigilator can move it here."),
    "session_moved": Kind(409, "This exam was moved to another device."),
    "handed_in": Kind(409, "This exam is handed in. Nothing more is accepted."),
    "sequence_taken": Kind(409, "Another answer holds this number."),
    "answers_missing": Kind(409, "Some answers have not arrived yet."),
    "wrong_state": Kind(409, "This cannot be done in the present state."),
    "already_there": Kind(409, "This is there already."),
    "not_eligible": Kind(409, "The scheme does not allow this sitting."),
    "blueprint_infeasible": Kind(409, "The bank cannot meet the blueprint."),
    "wrong_offset": Kind(409, "The file continues at another place."),
    "too_large": Kind(413, "This is too large."),
    "wrong_type": Kind(415, "A file of this kind is not accepted."),
    "wrong_shape": Kind(422, "The answer does not fit the question."),
    "unknown_slot": Kind(422, "The paper has no such question."),
    "digest_mismatch": Kind(422, "What arrived is not what was sent."),
    "bad_content": Kind(422, "The content has problems."),
    "too_late": Kind(409, "The time is up."),
    "paused": Kind(423, "The exam is paused."),
    "too_many_requests": Kind(429, "Too many tries. Try again in a minute."),
    "server_error": Kind(500, "Something failed here. It was recorded."),
    "storage_unavailable": Kind(503, "The centre cannot store anything at the moment."),
}


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """Something that was asked is refused; nothing has changed.

    Parameters
    ----------
    code
        One of `CODES`; stable, part of the public contract.
    detail
        What exactly, where and why, in plain words.
    data
        Structured facts for machines, such as `opens_ms`.
    """

    def __init__(self, code: str, detail: str = "", **data: Any) -> None:
        self.kind = CODES[code]
        self.code = code
        self.detail = detail
        self.data = data
        super().__init__(f"{code}: {detail or self.kind.sentence}")

    def problem(self) -> dict[str, Any]:
        """The refusal as a problem document (RFC 9457)."""
        return {
            "type": f"urn:exam-engine:problem:{self.code}",
            "title": self.kind.sentence,
            "status": self.kind.status,
            "code": self.code,
            "detail": self.detail or self.kind.sentence,
            **self.data,
        }

"""Every SQL text of the hot path, written once for both databases.

A statement takes one parameter: a JSON list, so that a whole batch is one statement and one round trip. `{rows}` stands for
the list's elements, `{0:bigint}` for a field of an element, `{ids}` and `{words}` for "is one of the numbers (texts) in the
list", `{lock}` for the row lock that PostgreSQL needs and SQLite, with its single writer, does not.
"""

from typing import Final, NamedTuple


class Query(NamedTuple):
    """A question: columns, and where they come from."""

    columns: tuple[str, ...]
    source: str


SESSIONS: Final = Query(
    ("s.token_hash", "s.user_id", "s.expires_at"),
    "FROM web_sessions s JOIN users u ON u.id = s.user_id WHERE u.is_active AND s.token_hash {words}",
)
PAPERS: Final = Query(
    (
        "p.id",
        "p.form_id",
        'p."order"',
        "b.time_percent",
        "sp.minutes",
        "s.opens_at",
        "s.closes_at",
        "s.state",
        "b.state",
        "c.user_id",
        "u.login",
    ),
    """FROM candidate_papers p
       JOIN bookings b ON b.id = p.booking_id
       JOIN sittings s ON s.id = b.sitting_id
       JOIN sitting_papers sp ON sp.id = p.sitting_paper_id
       JOIN enrolments e ON e.id = b.enrolment_id
       JOIN candidates c ON c.id = e.candidate_id
       JOIN users u ON u.id = c.user_id
       WHERE p.id {ids}""",
)
ATTEMPTS_OF_PAPERS: Final = Query(("candidate_paper_id", "id"), "FROM attempts WHERE candidate_paper_id {ids}")
RUNS: Final = Query(
    (
        "a.id",
        "a.candidate_paper_id",
        "a.state",
        "a.started_at",
        "a.deadline_at",
        "a.paused_at",
        "a.submitted_at",
        "a.receipt",
        "a.turn",
        "a.device",
        "a.seen_at",
        "a.pending",
        "a.last_seq",
        "a.answer_count",
        "a.head",
        "a.answered",
        "(SELECT max(m.id) FROM messages m WHERE m.attempt_id = a.id)",
    ),
    "FROM attempts a WHERE a.id {ids} ORDER BY a.id {lock:a}",
)
MESSAGES: Final = Query(
    ("attempt_id", "id", "kind", "minutes", "text", "at"),
    "FROM messages WHERE attempt_id {ids} ORDER BY id",
)
KNOWN_ANSWERS: Final = Query(
    ("a.attempt_id", "a.seq", "a.digest", "a.received_at"),
    "FROM {rows} JOIN answers a ON a.attempt_id = {0:bigint} AND a.seq = {1:bigint}",
)
NEWEST_ANSWERS: Final = Query(
    ("a.attempt_id", "a.slot", "a.seq", "a.response"),
    """FROM (SELECT attempt_id, max(seq) AS seq FROM answers WHERE attempt_id {ids} GROUP BY attempt_id, slot) n
       JOIN answers a ON a.attempt_id = n.attempt_id AND a.seq = n.seq""",
)
ARRIVED: Final = Query(
    ("seq",),
    """FROM (SELECT attempt_id, seq FROM answers UNION ALL
           SELECT attempt_id, seq FROM answers_set_aside WHERE reason = 'wrong_shape') n
       WHERE attempt_id {ids}""",
)
CLOSINGS: Final = Query(
    ("a.id", "p.form_id", "f.key_version", "u.login"),
    """FROM attempts a
       JOIN candidate_papers p ON p.id = a.candidate_paper_id
       JOIN forms f ON f.id = p.form_id
       JOIN bookings b ON b.id = p.booking_id
       JOIN enrolments e ON e.id = b.enrolment_id
       JOIN candidates c ON c.id = e.candidate_id
       JOIN users u ON u.id = c.user_id
       WHERE a.id {ids} ORDER BY f.id {share:f}""",
)
MOVES: Final = Query(("attempt_id", "device", "code", "approved", "decided_at"), "FROM move_requests WHERE attempt_id {ids}")
AUDIT_HEAD: Final = Query(("seq", "digest"), "FROM audit_head WHERE id {ids} {lock:audit_head}")

INSERT_ATTEMPTS: Final = """
    INSERT INTO attempts (candidate_paper_id, state, started_at, deadline_at, device, seen_at, head,
        turn, pending, last_seq, answer_count)
    SELECT {0:bigint}, 'open', {1:bigint}, {2:bigint}, {3:text}, {1:bigint}, {4:text}, 1, 0, 0, 0 FROM {rows} WHERE true
    ON CONFLICT (candidate_paper_id) DO NOTHING RETURNING candidate_paper_id, id"""
INSERT_ANSWERS: Final = """
    INSERT INTO answers (attempt_id, seq, slot, response, digest, link, position, received_at, device_ms)
    SELECT {0:bigint}, {1:bigint}, {2:text}, {3:text}, {4:text}, {5:text}, {6:bigint}, {7:bigint}, {8:bigint} FROM {rows}"""
INSERT_SET_ASIDE: Final = """
    INSERT INTO answers_set_aside (attempt_id, seq, slot, response, digest, reason, received_at)
    SELECT {0:bigint}, {1:bigint}, {2:text}, {3:text}, {4:text}, {5:text}, {6:bigint} FROM {rows} WHERE true
    ON CONFLICT (attempt_id, seq, digest) DO NOTHING"""
INSERT_TIME: Final = """
    INSERT INTO time_entries (attempt_id, kind, duration_ms, reason, by, at)
    SELECT {0:bigint}, {1:text}, {2:bigint}, {3:text}, {4:text}, {5:bigint} FROM {rows}"""
UPDATE_RUNS: Final = """
    UPDATE attempts SET state = {1:text}, submitted_at = {2:bigint}, paused_at = {3:bigint}, receipt = {4:text},
        turn = {5:integer}, device = {6:text}, seen_at = {7:bigint}, pending = {8:integer}, last_seq = {9:bigint},
        answer_count = {10:integer}, head = {11:text}, answered = {12:integer}
    FROM {rows} WHERE attempts.id = {0:bigint}"""
PUT_MOVES: Final = """
    INSERT INTO move_requests (attempt_id, device, code, asked_at)
    SELECT {0:bigint}, {1:text}, {2:text}, {3:bigint} FROM {rows} WHERE true
    ON CONFLICT (attempt_id, device)
    DO UPDATE SET code = excluded.code, asked_at = excluded.asked_at, decided_at = NULL, approved = NULL, decided_by = NULL"""
DELETE_MOVES: Final = """
    DELETE FROM move_requests WHERE (attempt_id, device) IN (SELECT {0:bigint}, {1:text} FROM {rows})"""
INSERT_AUDIT: Final = """
    INSERT INTO audit_entries (seq, at, actor, action, subject, data, previous, digest)
    SELECT {0:bigint}, {1:bigint}, {2:text}, {3:text}, {4:text}, {5:text}, {6:text}, {7:text} FROM {rows}"""
PUT_AUDIT_HEAD: Final = """
    INSERT INTO audit_head (id, seq, digest, seal) SELECT 1, {0:bigint}, {1:text}, {2:text} FROM {rows} WHERE true
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, seal = excluded.seal"""
INSERT_SCRIPTS: Final = """
    INSERT INTO scripts (attempt_id, slot, item, code, double, state)
    SELECT {0:bigint}, {1:text}, {2:text}, {3:text}, {4:boolean}, 'open' FROM {rows}"""
INSERT_SCORES: Final = """
    INSERT INTO auto_scores (attempt_id, key_version, vector, marks, marked_at) VALUES ({p}, {p}, {p}, {p}, {p})"""

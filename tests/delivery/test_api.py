"""The player's API, call by call."""

import pytest

from tests.delivery.site import GRACE_S, MINUTES, Seeded, Site, TestClock, make_save


def test_a_start_answers_the_whole_paper(site: Site, seeded: Seeded, clock: TestClock) -> None:
    reply = site.start(seeded)
    document = reply.json
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    assert document["status"] == "open"
    assert document["deadline_ms"] == clock.ms + MINUTES * 60_000
    assert document["grace_s"] == GRACE_S
    assert document["paper"] == {
        "title": {"zh-CN": "Theory", "en": "Theory"}, "short_title": {"zh-CN": "Junior · 理论", "en": "Junior · theory"},
        "kind": "theory", "level": "junior", "minutes": MINUTES, "languages": ["zh-CN", "en"], "count": 4, "marks": "5",
    }  # fmt: skip
    assert [slot["slot"] for slot in document["order"]["slots"]] == ["q1", "q2", "q3", "q4"]
    assert set(document["form"]["items"]) == {"item-1", "item-2", "item-3", "item-4"}
    assert document["answers"] == {}
    assert document["view"] is None
    assert document["last_seq"] == 0


def test_a_saved_answer_is_there_when_the_exam_is_resumed(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    reply = sitter.save("q1", "B")
    assert reply.status == 200
    assert reply.json["results"][0]["state"] == "stored"
    sitter.save("_view", {"current": "q2"})
    resumed = site.start(seeded).json
    assert resumed["answers"] == {"q1": {"response": "B", "seq": 1}}
    assert resumed["view"] == {"current": "q2"}
    assert resumed["last_seq"] == 2
    assert resumed["attempt"] == sitter.attempt
    assert resumed["token"] == sitter.started["token"]


def test_a_re_send_is_a_duplicate_and_another_body_under_its_number_a_conflict(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    first = sitter.save_as(1, "q1", "B").json
    assert sitter.save_as(1, "q1", "B").json["results"][0]["state"] == "duplicate"
    conflict = sitter.save_as(1, "q1", "C")
    assert conflict.status == 409
    assert conflict.headers["content-type"] == "application/problem+json"
    assert conflict.json["code"] == "sequence_taken"
    assert conflict.json["last_seq"] == 1
    assert conflict.json["head"] == first["head"]


def test_one_bad_save_does_not_hide_the_others(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    wrong_digest = {**make_save(sitter.attempt, "q2", 4, ["A"]), "digest": "0" * 64}
    reply = sitter.send(
        [
            make_save(sitter.attempt, "q1", 1, "Z"),
            make_save(sitter.attempt, "q9", 2, "A"),
            make_save(sitter.attempt, "q1", 3, "A"),
            wrong_digest,
        ]
    )
    assert reply.status == 200
    assert [(one["state"], one.get("code")) for one in reply.json["results"]] == [
        ("refused", "wrong_shape"), ("refused", "unknown_slot"), ("stored", None), ("refused", "digest_mismatch"),
    ]  # fmt: skip
    assert b"CANARY" not in reply.body


def test_the_only_save_of_a_request_that_is_refused_answers_422(site: Site, seeded: Seeded) -> None:
    reply = site.sit(seeded).save("q1", ["B"])
    assert (reply.status, reply.json["code"]) == (422, "wrong_shape")


def test_handing_in_twice_answers_the_same_receipt_and_nothing_is_accepted_afterwards(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    sitter.save("q1", "B")
    head = sitter.save("q2", None).json["head"]
    first = sitter.submit()
    assert first.status == 200
    receipt = first.json["receipt"]
    assert (receipt["answered"], receipt["count"], receipt["digest"]) == (1, 4, head)
    assert sitter.submit().json == first.json
    refused = sitter.save("q3", "x")
    assert (refused.status, refused.json["code"], refused.json["receipt"]) == (409, "handed_in", receipt)
    again = site.start(seeded)
    assert (again.status, again.json["code"], again.json["receipt"]) == (409, "already_handed_in", receipt)
    assert sitter.beat().json["status"] == "submitted"


def test_a_hand_in_names_the_saves_that_have_not_arrived(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    sitter.save_as(1, "q1", "B")
    sitter.save_as(3, "q1", "C")
    reply = sitter.submit(5)
    assert (reply.status, reply.json["code"], reply.json["missing"]) == (409, "answers_missing", [2, 4, 5])
    for seq in (2, 4, 5):
        sitter.save_as(seq, "q4", True)
    assert sitter.submit(5).status == 200


def test_an_answer_of_the_wrong_shape_does_not_stop_a_hand_in(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    assert sitter.save("q1", "Z").status == 422
    sitter.save("q1", "A")
    assert sitter.submit().status == 200


@pytest.mark.parametrize("what", ["answers", "heartbeat", "submit", "files"])
def test_no_call_works_without_the_attempts_own_token(site: Site, seeded: Seeded, what: str) -> None:
    mine, other = site.sit(seeded, 0), site.sit(seeded, 1)
    path = f"/api/v1/attempts/{mine.attempt}/{what}"
    for credential in (
        "",
        "Exam ",
        "Exam nonsense",
        "Bearer x",
        f"Exam {other.started['token']}",
        f"Exam {mine.started['token']}x",
    ):
        reply = site.call("POST", path, {}, {"Authorization": credential})
        assert (reply.status, reply.json["code"]) == (401, "bad_token"), credential


def test_a_start_needs_the_signed_in_candidate_of_the_paper(site: Site, seeded: Seeded) -> None:
    assert site.start(seeded, cookie="stranger").json["code"] == "not_signed_in"
    assert site.start(seeded, 0, cookie=seeded.cookies[1]).json["code"] == "not_yours"
    path = f"/api/v1/papers/{seeded.papers[0]}/start"
    assert site.call("POST", path, {"device": "x"}).json["code"] == "not_signed_in"
    without = site.call("POST", path, {"device": "x"}, {"Cookie": f"exam_session={seeded.cookies[0]}"})
    assert without.json["code"] == "bad_form"
    assert site.start(seeded, declaration=False).json["code"] == "declaration_needed"
    seeded.papers[0] = 999
    assert site.start(seeded).json["code"] == "unknown_paper"


def test_requests_that_cannot_be_read_are_refused_whole(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    good = make_save(sitter.attempt, "q1", 1, "B")
    bad = [
        b"{", {"saves": []}, {"saves": "x"}, {"saves": [good], "admin": True}, {"saves": [{**good, "attempt_id": 2}]},
        {"saves": [{**good, "seq": True}]}, {"saves": [{**good, "seq": 0}]}, {"saves": [{**good, "seq": 1.0}]},
        {"saves": [{**good, "slot": "a\x00"}]}, {"saves": [{**good, "digest": "x"}]}, {"saves": [good] * 201},
    ]  # fmt: skip
    for body in bad:
        reply = sitter.post("answers", body)
        assert (reply.status, reply.json["code"]) == (400, "bad_request"), body
    assert sitter.post("answers", b" " * 5_000_000).json["code"] == "too_large"
    assert site.start(seeded).json["last_seq"] == 0


def test_paths_that_are_not_there_are_not_found(site: Site, seeded: Seeded) -> None:
    for method, path in [
        ("GET", "/api/v1/papers/1/start"),
        ("POST", "/api/v1/attempts/x/answers"),
        ("POST", "/api/v1/attempts/1"),
        ("POST", "/"),
    ]:
        assert site.call(method, path, {}).json["code"] == "not_found"


def test_nothing_of_a_key_is_in_any_answer(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    bodies = [
        site.start(seeded).body,
        sitter.save("q1", "B").body,
        sitter.save("q3", 17).body,
        sitter.beat().body,
        sitter.submit(1).body,
    ]
    assert all(b"CANARY" not in body for body in bodies)


def test_a_hand_in_that_cannot_be_read_is_refused_and_the_exam_stays_open(site: Site, seeded: Seeded) -> None:
    sitter = site.sit(seeded)
    for body in (
        {},
        {"last_seq": "1"},
        {"last_seq": -1},
        {"last_seq": 0, "head": []},
        {"last_seq": 0, "head": 0},
        {"last_seq": 0, "x": 1},
    ):
        assert sitter.post("submit", body).json["code"] == "bad_request", body
    assert sitter.beat().json["status"] == "open"
    assert sitter.post("submit", {"last_seq": 0, "head": None}).status == 200

"""One exam, one device at a time: second tabs, other devices, consent, double starts."""

import threading
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from exam_engine.core.database import Database
from exam_engine.core.records import User
from exam_engine.delivery import actions, rules
from exam_engine.delivery.records import Answer, Attempt, MoveRequest, SetAside, TimeEntry
from exam_engine.delivery.room import SeatState, count_states, list_room
from tests.delivery.site import Reply, Seeded, Site, TestClock, make_save, seed


def decide(site: Site, clock: TestClock, *, approved: bool) -> None:
    with site.database.write() as session:
        officer = session.scalars(select(User).where(User.login == "officer")).one()
        request = session.scalars(select(MoveRequest)).one()
        actions.decide_move(session, request.id, approved=approved, by=officer, now=clock.now)


def test_another_device_is_refused_while_the_first_is_heard_and_gets_the_same_code_each_time(
    site: Site, seeded: Seeded
) -> None:
    site.sit(seeded)
    asked = site.start(seeded, device="laptop")
    assert (asked.status, asked.json["code"]) == (409, "open_elsewhere")
    assert len(asked.json["request"]) == 4
    assert site.start(seeded, device="laptop").json["request"] == asked.json["request"]


def test_an_approved_move_gives_the_new_device_the_turn_and_the_old_token_is_worth_nothing(
    site: Site, seeded: Seeded, clock: TestClock
) -> None:
    first = site.sit(seeded)
    first.save("q1", "A")
    site.start(seeded, device="laptop")
    decide(site, clock, approved=True)
    second = site.sit(seeded, device="laptop")
    assert second.started["answers"]["q1"] == {"response": "A", "seq": 1}
    for reply in (first.save("q1", "C"), first.beat(), first.submit(1)):
        assert (reply.status, reply.json["code"]) == (409, "session_moved")
    assert second.save("q1", "B").status == 200
    with site.database.read() as session:
        assert [(row.response, row.reason) for row in session.scalars(select(SetAside))] == [('"C"', "moved")]


def test_an_approval_is_good_for_one_move(site: Site, seeded: Seeded, clock: TestClock) -> None:
    site.sit(seeded)
    site.start(seeded, device="laptop")
    decide(site, clock, approved=True)
    site.sit(seeded, device="laptop")
    clock.pass_time(seconds=61)
    site.sit(seeded, device="tablet")
    assert site.start(seeded, device="laptop").json["code"] == "open_elsewhere"


def test_a_refused_move_stays_refused_for_a_minute(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    code = site.start(seeded, device="laptop").json["request"]
    decide(site, clock, approved=False)
    clock.pass_time(seconds=59)
    sitter.beat()
    refused = site.start(seeded, device="laptop").json
    assert (refused["request"], refused["denied"]) == (code, True)
    clock.pass_time(seconds=1)
    assert site.start(seeded, device="laptop").json["denied"] is False


def test_a_silent_device_may_be_replaced_without_asking(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded)
    clock.pass_time(seconds=30)
    sitter.beat()
    clock.pass_time(milliseconds=59_999)
    assert site.start(seeded, device="laptop").json["code"] == "open_elsewhere"
    clock.pass_time(milliseconds=1)
    assert site.start(seeded, device="laptop").status == 200
    assert sitter.beat().json["code"] == "session_moved"


def test_a_second_tab_of_the_same_browser_conflicts_and_renumbers(site: Site, seeded: Seeded) -> None:
    one, two = site.sit(seeded), site.sit(seeded)
    one.save("q1", "A")
    conflict = two.save("q1", "B")
    assert conflict.json["code"] == "sequence_taken"
    assert two.save_as(conflict.json["last_seq"] + 1, "q1", "B").status == 200
    assert site.start(seeded).json["answers"]["q1"]["response"] == "B"


def test_a_hundred_starts_at_once_make_one_attempt_of_one_paper(database: Database, tmp_path: Path, clock: TestClock) -> None:
    seeded = seed(database, 1)
    sites = [Site(database, tmp_path, clock), Site(database, tmp_path, clock)]
    replies: list[Reply] = []
    gate = threading.Barrier(100)

    def start(which: int) -> None:
        gate.wait()
        replies.append(sites[which % 2].start(seeded, device="tablet" if which % 4 else "laptop"))

    threads = [threading.Thread(target=start, args=(which,)) for which in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for site in sites:
        site.close()
    codes = Counter(reply.json.get("code", "started") for reply in replies)
    assert set(codes) == {"started", "open_elsewhere"}
    assert codes["started"] in (25, 75)
    assert len({reply.json["attempt"] for reply in replies if reply.status == 200}) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1
        assert session.scalar(select(func.count()).select_from(TimeEntry)) == 1


def test_two_writers_on_one_attempt_give_one_unbroken_chain(database: Database, tmp_path: Path, clock: TestClock) -> None:
    seeded = seed(database, 1)
    sites = [Site(database, tmp_path, clock), Site(database, tmp_path, clock)]
    sitters = [site.sit(seeded) for site in sites]
    states: Counter[str] = Counter()

    def save(which: int) -> None:
        for seq in range(1, 41):  # both writers fight for every number
            reply = sitters[which].send([make_save(sitters[which].attempt, "q1", seq, "AB"[which]), own_save(which, seq)])
            states.update(result["state"] for result in reply.json["results"])

    def own_save(which: int, seq: int) -> dict[str, object]:
        return make_save(sitters[which].attempt, "q4", 100 + 2 * seq + which, response=bool(which))

    threads = [threading.Thread(target=save, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for site in sites:
        site.close()
    check_chain(database)
    assert states == {"stored": 40 + 80, "conflict": 40}


def check_chain(database: Database) -> None:
    with database.read() as session:
        for attempt in session.scalars(select(Attempt)):
            answers = session.scalars(select(Answer).where(Answer.attempt_id == attempt.id).order_by(Answer.position)).all()
            head = rules.first_link(attempt.candidate_paper_id)
            for place, answer in enumerate(answers, 1):
                assert answer.position == place
                assert answer.digest == rules.save_digest(attempt.id, answer.slot, answer.seq, answer.response)
                head = rules.link(head, answer.digest)
                assert answer.link == head
            assert attempt.head == head
            assert attempt.answer_count == len(answers)
            assert attempt.last_seq == max((answer.seq for answer in answers), default=0)


def test_the_room_shows_every_seat_in_its_state(site: Site, seeded: Seeded, clock: TestClock) -> None:
    sitter = site.sit(seeded, 0)
    for slot, response in (("q1", "A"), ("q2", ["A"]), ("q1", None)):
        sitter.save(slot, response)

    def room() -> list[tuple[str, str, int]]:
        with site.database.read() as session:
            return [(seat.seat, seat.state.value, seat.answered) for seat in list_room(session, seeded.sitting, clock.now)]

    assert room() == [("S0", "working", 1), ("S1", "not_started", 0)]
    site.start(seeded, device="laptop")
    assert room()[0] == ("S0", "moving", 1)
    decide(site, clock, approved=False)
    clock.pass_time(seconds=60)
    assert room()[0] == ("S0", "offline", 1)
    sitter.submit(3)
    with site.database.read() as session:
        assert count_states(list_room(session, seeded.sitting, clock.now)) == {SeatState.ENDED: 1, SeatState.NOT_STARTED: 1}

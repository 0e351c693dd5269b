"""A model of an attempt as a dict, and the histories it is tried against: duplicates, reorderings, replays, tabs, devices."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.delivery.site import OPENS, Reply, Seeded, Site, Sitter, TestClock, make_save

ANSWERS = st.one_of(
    st.tuples(st.just("q1"), st.sampled_from(["A", "B", None])),
    st.tuples(st.just("q2"), st.lists(st.sampled_from("ABCD"), unique=True, max_size=3)),
    st.tuples(st.just("q3"), st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=5)),
    st.tuples(st.just("q4"), st.booleans()),
)


class History(RuleBasedStateMachine):
    """One candidate's exam. `site`, `seeded`, `clock` and `take` (the next unused candidate) are set by `against`."""

    site: Site
    seeded: Seeded
    clock: TestClock
    take: Callable[[], int]

    def __init__(self) -> None:
        super().__init__()
        self.which = type(self).take()
        self.devices = 1
        self.clock.now = OPENS
        self.stored: dict[int, tuple[str, Any]] = {}
        self.sitter = self.site.sit(self.seeded, self.which, "device-1")
        self.lost: list[Sitter] = []

    def _state(self, reply: Reply) -> str:
        state: str = reply.json["results"][0]["state"]
        return state

    def _send(self, seq: int, slot: str, response: Any) -> str:
        return self._state(self.sitter.send([make_save(self.sitter.attempt, slot, seq, response)]))

    @rule(answer=ANSWERS, skip=st.integers(1, 3))
    def save_the_next(self, answer: tuple[str, Any], skip: int) -> None:
        seq = max(self.stored, default=0) + skip
        assert self._send(seq, *answer) == "stored"
        self.stored[seq] = answer

    @rule(answer=ANSWERS, data=st.data())
    def save_one_that_was_held_up(self, answer: tuple[str, Any], data: st.DataObject) -> None:
        free = [seq for seq in range(1, max(self.stored, default=0)) if seq not in self.stored]
        if free:
            seq = data.draw(st.sampled_from(free))
            assert self._send(seq, *answer) == "stored"
            self.stored[seq] = answer

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        seq = data.draw(st.sampled_from(sorted(self.stored)))
        assert self._send(seq, *self.stored[seq]) == "duplicate"

    @precondition(lambda self: self.stored)
    @rule(data=st.data(), answer=ANSWERS)
    def send_another_body_under_a_taken_number(self, data: st.DataObject, answer: tuple[str, Any]) -> None:
        seq = data.draw(st.sampled_from(sorted(self.stored)))
        if answer != self.stored[seq]:
            reply = self.sitter.send([make_save(self.sitter.attempt, answer[0], seq, answer[1])])
            assert (reply.status, self._state(reply)) == (409, "conflict")

    @rule(answers=st.lists(ANSWERS, min_size=2, max_size=5), chance=st.randoms())
    def save_many_at_once_in_any_order(self, answers: list[tuple[str, Any]], chance: Any) -> None:
        first = max(self.stored, default=0) + 1
        numbered = list(enumerate(answers, first))
        chance.shuffle(numbered)
        reply = self.sitter.send([make_save(self.sitter.attempt, slot, seq, response) for seq, (slot, response) in numbered])
        assert {result["state"] for result in reply.json["results"]} == {"stored"}
        self.stored.update(numbered)

    @rule()
    def open_a_second_tab(self) -> None:
        self.sitter = self.site.sit(self.seeded, self.which, f"device-{self.devices}")

    @rule()
    def change_the_device(self) -> None:
        self.clock.pass_time(seconds=60)  # of silence let the next device in
        self.lost.append(self.sitter)
        self.devices += 1
        self.sitter = self.site.sit(self.seeded, self.which, f"device-{self.devices}")

    @precondition(lambda self: self.lost)
    @rule(data=st.data(), answer=ANSWERS)
    def replay_from_a_device_that_lost_its_turn(self, data: st.DataObject, answer: tuple[str, Any]) -> None:
        old = data.draw(st.sampled_from(self.lost))
        reply = old.save_as(max(self.stored, default=0) + 1, *answer)
        assert (reply.status, reply.json["code"]) == (409, "session_moved")

    @invariant()
    def the_newest_answer_of_every_slot_is_what_the_centre_has(self) -> None:
        document = self.site.start(self.seeded, self.which, f"device-{self.devices}").json
        newest = {slot: {"response": response, "seq": seq} for seq, (slot, response) in sorted(self.stored.items())}
        assert document["answers"] == newest
        assert document["last_seq"] == max(self.stored, default=0)

    def teardown(self) -> None:
        """Whatever happened, the exam can be handed in once the gaps are filled."""
        last = max(self.stored, default=0)
        missing = [seq for seq in range(1, last + 1) if seq not in self.stored]
        if missing:
            assert self.sitter.submit(last).json["missing"] == missing
            self.sitter.send([make_save(self.sitter.attempt, "_view", seq, {}) for seq in missing])
        assert self.sitter.submit(last).status == 200

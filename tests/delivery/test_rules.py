"""The rules of an attempt: time, states, the newest answer, numbers to read aloud."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_engine.core.canonical import sha256_hex
from exam_engine.core.errors import Refusal
from exam_engine.delivery import rules
from exam_engine.delivery.records import AttemptState, TimeKind
from exam_engine.delivery.rules import Step, Verdict
from exam_engine.delivery.tokens import Ticket, make_token, read_token

MINUTE = 60_000


def test_allowed_time_and_accommodation_are_entries_of_their_own() -> None:
    assert rules.allowance(30, 100) == [(TimeKind.ALLOWED, 30 * MINUTE)]
    assert rules.allowance(30, 125) == [(TimeKind.ALLOWED, 30 * MINUTE), (TimeKind.ACCOMMODATION, 7 * MINUTE + 30_000)]


def test_the_deadline_is_the_start_and_everything_in_the_ledger() -> None:
    assert rules.deadline_of(1_000, [30 * MINUTE, 5 * MINUTE, 1]) == 1_001 + 35 * MINUTE


@pytest.mark.parametrize(("now", "accepted"), [(100_000, True), (109_999, True), (110_000, True), (110_001, False)])
def test_an_answer_counts_up_to_and_including_deadline_plus_grace(now: int, accepted: bool) -> None:
    assert rules.may_accept(now, 100_000, 10_000) is accepted


@pytest.mark.parametrize(("silent", "live"), [(0, True), (59_999, True), (60_000, False), (60_001, False)])
def test_a_device_is_live_for_sixty_seconds(silent: int, live: bool) -> None:
    assert rules.is_live(1_000, 1_000 + silent) is live


def test_a_paused_exams_deadline_moves_with_the_clock() -> None:
    assert rules.running_deadline(500, 100, 350) == 750
    assert rules.running_deadline(500, None, 350) == 500


def test_only_the_steps_of_the_table_exist_and_nothing_leaves_an_ended_attempt() -> None:
    reached = {(state, step) for state, step in itertools.product(AttemptState, Step) if _leads_somewhere(state, step)}
    assert reached == set(rules.TRANSITIONS)
    assert not [state for state, _ in reached if rules.has_ended(state)]


def _leads_somewhere(state: AttemptState, step: Step) -> bool:
    try:
        rules.next_state(state, step)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize(
    ("now", "declared", "code"),
    [
        (999, True, "not_open_yet"),
        (1_000, True, None),
        (1_000, False, "declaration_needed"),
        (1_999, True, None),
        (2_000, True, "sitting_closed"),
    ],
)
def test_a_start_is_possible_from_the_opening_until_before_the_closing(now: int, declared: bool, code: str | None) -> None:
    window = rules.Window(1_000, 2_000, is_closed=False)
    if code is None:
        rules.check_start(window, now, declared=declared)
        return
    with pytest.raises(Refusal) as refused:
        rules.check_start(window, now, declared=declared)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("known", "in_time", "verdict"),
    [
        (None, True, Verdict.STORED), (None, False, Verdict.LATE), ("d", True, Verdict.DUPLICATE),
        ("d", False, Verdict.DUPLICATE), ("other", True, Verdict.CONFLICT), ("other", False, Verdict.LATE),
    ],
)  # fmt: skip
def test_a_save_is_judged_by_what_its_number_holds_and_by_the_clock(known: str | None, in_time: bool, verdict: Verdict) -> None:
    assert rules.judge_save("d", known, in_time=in_time) is verdict


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50), st.text(max_size=3)), unique_by=lambda save: save[1]),
    st.randoms(),
)
def test_the_newest_number_wins_in_every_order_of_arrival(saves: list[tuple[str, int, str]], chance: object) -> None:
    shuffled = list(saves)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    expected = {slot: (seq, response) for slot, seq, response in sorted(saves, key=lambda save: save[1])}
    assert rules.fold_newest(shuffled) == expected
    half = len(shuffled) // 2
    assert rules.fold_newest(shuffled[half:], rules.fold_newest(shuffled[:half])) == expected


def test_a_cleared_slot_and_the_screens_own_slot_are_no_answers() -> None:
    newest = {"q1": (1, '"B"'), "q2": (2, "null"), "q3": (3, "[]"), "_view": (4, '{"zoom":2}'), "q4": (5, "false")}
    assert rules.count_answered(newest) == 2


@pytest.mark.parametrize(
    ("last", "arrived", "missing"), [(0, [], []), (3, [1, 2, 3], []), (4, [2], [1, 3, 4]), (2, [1, 2, 9], [])]
)
def test_missing_numbers_are_the_gaps_up_to_the_last(last: int, arrived: list[int], missing: list[int]) -> None:
    assert rules.find_missing(last, arrived) == missing


def test_digest_and_link_are_as_the_player_computes_them() -> None:
    digest = rules.save_digest(17, "q1", 41, '"B"')
    assert digest == sha256_hex("17", "q1", "41", '"B"')
    assert rules.link("a" * 64, digest) == sha256_hex("a" * 64, digest)


@given(st.binary(min_size=16, max_size=16))
def test_receipt_numbers_hold_no_letters_that_look_alike(entropy: bytes) -> None:
    number = rules.receipt_number(entropy)
    assert number[:2] == "R-"
    assert number[6] == "-"
    assert len(number) == 11
    assert not set(number[2:]) & set("01ILOU")


@given(st.binary(min_size=8, max_size=8))
def test_a_move_code_has_four_digits(entropy: bytes) -> None:
    code = rules.move_code(entropy)
    assert len(code) == 4
    assert code.isdigit()


def test_a_token_says_what_was_sealed_and_any_change_breaks_it() -> None:
    ticket = Ticket(attempt=17, turn=2, paper=9, form=4)
    token = make_token(b"s" * 32, ticket)
    assert read_token(b"s" * 32, token) == ticket
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(Refusal, match="bad_token"):
            read_token(b"s" * 32, token[:place] + other + token[place + 1 :])
    with pytest.raises(Refusal, match="bad_token"):
        read_token(b"t" * 32, token)

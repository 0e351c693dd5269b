"""Markers take scripts, mark them, set them aside; every step is on record and every wrong state is refused."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from exam_engine.core import audit
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.marking import actions
from exam_engine.marking.actions import Judgement
from exam_engine.marking.queues import list_queues, list_set_aside, measure_progress
from exam_engine.marking.records import Mark, MarkPlace, ScriptState
from tests.conftest import NOW, SECRET
from tests.marking.desk import FILES, WRITTEN, Desk, build_desk


def take(desk: Desk, login: str, item: str = WRITTEN, *, adjudicate: bool = False) -> str | None:
    with desk.database.write() as session:
        mark = actions.next_script(session, desk.users[login], item, NOW, adjudicate=adjudicate)
        return mark.script.code if mark else None


def judge(desk: Desk, login: str, code: str, criterion: str, marks: str | None, comment: str = "") -> None:
    with desk.database.write() as session:
        actions.save_draft(session, desk.users[login], code, Judgement(criterion, marks, comment), NOW)


def finish(desk: Desk, login: str, code: str, cause: str = "3", clarity: str = "2") -> None:
    judge(desk, login, code, "cause", cause)
    judge(desk, login, code, "clarity", clarity)
    with desk.database.write() as session:
        actions.finish_mark(session, desk.users[login], code, NOW)


def state(desk: Desk, code: str) -> tuple[ScriptState, str | None]:
    with desk.database.read() as session:
        script = desk.script(session, code)
        return script.state, script.marks


def refused(code: str, deed: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as caught:
        deed()
    assert caught.value.code == code


def test_a_script_is_taken_marked_and_settled(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia")
    assert code == desk.written["c1"]
    finish(desk, "mia", code, "1.5", "2")
    assert state(desk, code) == (ScriptState.SETTLED, "3.5")
    assert desk.audited(code) == ["script.taken", "mark.drafted", "mark.drafted", "mark.finished", "script.single"]
    with database.read() as session:
        assert list(audit.find_faults(session, SECRET)) == []


def test_whoever_holds_a_script_gets_the_same_one_again(database: Database) -> None:
    desk = build_desk(database, candidates=3)
    assert take(desk, "mia") == take(desk, "mia")


def test_two_markers_never_hold_the_same_script_of_a_single_marking(database: Database) -> None:
    desk = build_desk(database, candidates=2)
    assert {take(desk, "mia"), take(desk, "noa")} == set(desk.written.values())
    assert take(desk, "sen") is None


def test_many_markers_at_once_take_each_script_once(database: Database) -> None:
    desk = build_desk(database, candidates=3)
    taken: list[str | None] = []
    threads = [
        threading.Thread(target=lambda login=login: taken.append(take(desk, login))) for login in ("mia", "noa", "sen", "sue")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, taken)) == sorted(desk.written.values())


def test_the_database_itself_lets_a_place_be_taken_once(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    with database.read() as session:
        script = desk.script(session, code).id
    second = Mark(script_id=script, marker_id=desk.users["noa"].id, place=MarkPlace.FIRST, criteria={}, changed_at=NOW)
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(second)


def test_the_order_is_the_same_every_time_and_not_that_of_the_candidates(database: Database) -> None:
    desk = build_desk(database, candidates=8)
    order = []
    while code := take(desk, "mia"):
        order.append(code)
        finish(desk, "mia", code)
    assert sorted(order) == sorted(desk.written.values())
    codes = sorted(desk.written.values())
    turned = [codes[start:] + codes[:start] for start in range(8)]
    assert order in turned
    assert order != list(desk.written.values())


def test_a_trainer_is_never_given_a_script_of_somebody_he_trained(database: Database) -> None:
    desk = build_desk(database, candidates=2)
    assert take(desk, "tom") == desk.written["c2"]
    finish(desk, "tom", desk.written["c2"])
    assert take(desk, "tom") is None
    with database.read() as session:
        assert {queue.item: queue.waiting for queue in list_queues(session, desk.users["tom"])} == {WRITTEN: 0, FILES: 1}


@pytest.mark.parametrize("login", ["root", "off", "c1"])
def test_people_who_do_not_mark_are_given_nothing(database: Database, login: str) -> None:
    desk = build_desk(database)
    refused("not_allowed", lambda: take(desk, login))


def test_a_mark_needs_every_criterion(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    judge(desk, "mia", code, "clarity", "1")
    with pytest.raises(Refusal) as caught, database.write() as session:
        actions.finish_mark(session, desk.users["mia"], code, NOW)
    assert caught.value.data["open"] == ["cause"]
    assert state(desk, code) == (ScriptState.OPEN, None)


@pytest.mark.parametrize(
    ("criterion", "marks"), [("cause", "2"), ("cause", "much"), ("cause", "4"), ("style", "1"), ("_set_aside", "1")]
)
def test_only_marks_that_a_level_gives_are_kept(database: Database, criterion: str, marks: str) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    refused("bad_content", lambda: judge(desk, "mia", code, criterion, marks))


def test_a_mark_is_taken_back_and_a_comment_stays(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    judge(desk, "mia", code, "cause", "3", "right")
    judge(desk, "mia", code, "cause", None, "right")
    with database.read() as session:
        assert actions.get_mark(session, desk.users["mia"], code).criteria == {"cause": {"marks": None, "comment": "right"}}


def test_the_same_draft_again_leaves_no_second_entry(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    judge(desk, "mia", code, "cause", "3")
    judge(desk, "mia", code, "cause", "3")
    assert desk.audited(code) == ["script.taken", "mark.drafted"]


def test_a_final_mark_is_never_changed(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    finish(desk, "mia", code)
    refused("wrong_state", lambda: judge(desk, "mia", code, "cause", "0"))
    refused("wrong_state", lambda: finish(desk, "mia", code))
    assert state(desk, code) == (ScriptState.SETTLED, "5")


def test_nobody_sees_or_marks_a_script_that_was_not_given_to_them(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    refused("not_yours", lambda: judge(desk, "noa", code, "cause", "3"))
    refused("not_found", lambda: judge(desk, "noa", "S-NONE0", "cause", "3"))


def test_double_marks_that_agree_settle_with_their_mean(database: Database) -> None:
    desk = build_desk(database, double=True)
    code = desk.written["c1"]
    for login, clarity in (("mia", "2"), ("noa", "1")):
        assert take(desk, login) == code
        finish(desk, login, code, "3", clarity)
    assert state(desk, code) == (ScriptState.SETTLED, "4.5")
    assert desk.audited(code)[-1] == "script.agreed"


def test_both_markers_hold_a_double_script_at_once_and_no_third_does(database: Database) -> None:
    desk = build_desk(database, double=True)
    assert take(desk, "mia") == take(desk, "noa") == desk.written["c1"]
    assert take(desk, "sen") is None


def test_a_disputed_script_goes_to_a_senior_then_to_another_senior(database: Database) -> None:
    desk = build_desk(database, double=True)
    code = desk.written["c1"]
    for login, marks in (("mia", ("3", "2")), ("noa", ("0", "0"))):
        take(desk, login)
        finish(desk, login, code, *marks)
    assert state(desk, code) == (ScriptState.ADJUDICATION, None)
    assert take(desk, "sen") is None
    refused("not_allowed", lambda: take(desk, "tom", adjudicate=True))
    assert take(desk, "sen", adjudicate=True) == code
    assert take(desk, "sue", adjudicate=True) is None
    finish(desk, "sen", code, "1.5", "1")
    assert state(desk, code) == (ScriptState.ADJUDICATION, None)
    assert take(desk, "sen", adjudicate=True) is None
    assert take(desk, "sue", adjudicate=True) == code
    finish(desk, "sue", code, "1.5", "0")
    assert state(desk, code) == (ScriptState.SETTLED, "1.5")
    assert desk.audited(code)[-1] == "script.senior"


def test_a_senior_with_the_closest_mark_adjudicates(database: Database) -> None:
    desk = build_desk(database, double=True)
    code = desk.written["c1"]
    for login, marks in (("mia", ("3", "2")), ("noa", ("0", "0"))):
        take(desk, login)
        finish(desk, login, code, *marks)
    take(desk, "sen", adjudicate=True)
    finish(desk, "sen", code, "3", "1")
    assert state(desk, code) == (ScriptState.SETTLED, "4.5")  # (5 + 4) / 2


def test_a_script_set_aside_waits_with_its_reason_and_the_next_one_comes(database: Database) -> None:
    desk = build_desk(database, candidates=2)
    code = take(desk, "mia") or ""
    judge(desk, "mia", code, "cause", "3")
    with database.write() as session:
        actions.set_aside(session, desk.users["mia"], code, "  cannot be read ", NOW)
    assert take(desk, "mia") != code
    refused("wrong_state", lambda: judge(desk, "mia", code, "cause", "0"))
    with database.read() as session:
        (own,) = list_set_aside(session, desk.users["mia"])
        assert (own.code, own.reason, own.is_own) == (code, "cannot be read", True)
        assert list_set_aside(session, desk.users["noa"]) == []
        assert [one.is_own for one in list_set_aside(session, desk.users["sen"])] == [False]
    with database.write() as session:
        mark = actions.take_up(session, desk.users["mia"], code, NOW)
        assert mark.criteria == {"cause": {"marks": "3", "comment": ""}}
    assert desk.audited(code) == ["script.taken", "mark.drafted", "script.set_aside", "script.taken_up"]


def test_a_senior_takes_over_what_another_set_aside_and_begins_afresh(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    judge(desk, "mia", code, "cause", "3")
    with database.write() as session:
        actions.set_aside(session, desk.users["mia"], code, "a case for a senior", NOW)
    refused("not_yours", lambda: _take_up(desk, "noa", code))
    _take_up(desk, "sen", code)
    finish(desk, "sen", code, "0", "1")
    assert state(desk, code) == (ScriptState.SETTLED, "1")
    refused("not_yours", lambda: judge(desk, "mia", code, "cause", "0"))


def test_a_senior_does_not_take_over_a_script_already_marked_by_the_same_person(database: Database) -> None:
    desk = build_desk(database, double=True)
    code = desk.written["c1"]
    take(desk, "sen")
    finish(desk, "sen", code)
    take(desk, "mia")
    with database.write() as session:
        actions.set_aside(session, desk.users["mia"], code, "why", NOW)
    refused("same_person", lambda: _take_up(desk, "sen", code))


def test_setting_aside_needs_a_reason_and_taking_up_something_set_aside(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    refused("wrong_state", lambda: _take_up(desk, "mia", code))
    with pytest.raises(Refusal, match="bad_content"), database.write() as session:
        actions.set_aside(session, desk.users["mia"], code, "  ", NOW)


def test_comments_are_kept_once_for_the_marker_and_the_task(database: Database) -> None:
    desk = build_desk(database)
    code = take(desk, "mia") or ""
    for text in ("No confirmation step", " No confirmation step "):
        with database.write() as session:
            actions.save_comment(session, desk.users["mia"], code, "cause", text, NOW)
    with database.read() as session:
        assert actions.list_comments(session, desk.users["mia"], WRITTEN) == {"cause": ["No confirmation step"]}
        assert actions.list_comments(session, desk.users["noa"], WRITTEN) == {}
        assert actions.list_comments(session, desk.users["mia"], FILES) == {}


def test_queues_count_what_waits_and_what_is_done(database: Database) -> None:
    desk = build_desk(database, candidates=2, double=True)
    code = take(desk, "mia") or ""
    finish(desk, "mia", code)
    with database.read() as session:
        written, files = list_queues(session, desk.users["mia"])
        assert (written.item, written.waiting, written.progress.finished, written.progress.needed) == (WRITTEN, 1, 1, 4)
        assert (files.item, files.waiting, files.progress.needed) == (FILES, 2, 2)
        assert measure_progress(session, WRITTEN).keys() == {WRITTEN}
        assert list_queues(session, desk.users["noa"])[0].waiting == 2


def test_when_everything_is_settled_nothing_waits(database: Database) -> None:
    desk = build_desk(database)
    for item in (WRITTEN, FILES):
        finish(desk, "mia", take(desk, "mia", item) or "")
    with database.read() as session:
        assert {queue.waiting for queue in list_queues(session, desk.users["noa"])} == {0}
        assert session.scalar(select(func.count()).select_from(Mark).where(~Mark.is_final)) == 0


def _take_up(desk: Desk, login: str, code: str) -> None:
    with desk.database.write() as session:
        actions.take_up(session, desk.users[login], code, NOW)

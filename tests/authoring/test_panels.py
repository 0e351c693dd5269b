"""Panels: the figures of the judges' table, and a cut score that becomes a version of the scheme, to the letter."""

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from exam_engine.authoring.actions import store_scheme
from exam_engine.authoring.panel_figures import Ratings, angoff, bookmark
from exam_engine.authoring.panels import Judgement, NewVersion, apply_panel, store_panel
from exam_engine.authoring.records import SchemeVersion, StandardPanel
from exam_engine.authoring.rules import WHOLE, with_cut
from exam_engine.cli import main
from exam_engine.core.audit import find_faults
from exam_engine.core.database import Database
from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry
from exam_engine.demo.site import Staff, add_staff, read_json
from grading.psychometrics.tables import DataError
from tests.conftest import NOW, SECRET

SCHEME: dict[str, Any] = read_json("scheme.json")
TABLE = b"judge,q1,q2,q3,q4\nann,0.8,0.6,0.5,0.7\nbob,0.7,0.5,0.5,0.6\ncai,0.9,0.7,0.4,0.6\n"
BOOKLET = b"item,b\n" + b"".join(f"i{number},{number / 2 - 3}\n".encode() for number in range(11))


def standard_of(document: dict[str, Any], level: str) -> dict[str, Any]:
    return next(one for one in document["levels"] if one["id"] == level)["standard"]


def conjunctive() -> dict[str, Any]:
    scheme = copy.deepcopy(SCHEME)
    standard_of(scheme, "senior").clear()
    standard_of(scheme, "senior").update({"model": "conjunctive", "cuts": {"theory": 60, "practical": 65}})
    return scheme


# Where the cut stands


@pytest.mark.parametrize(
    ("scheme", "level", "paper", "changed"),
    [
        (SCHEME, "junior", "theory", {"cut": "62.5"}),
        (SCHEME, "junior", WHOLE, {"cut": "62.5"}),
        (SCHEME, "intermediate", WHOLE, {"cut": "62.5"}),
        (SCHEME, "intermediate", "practical", {"floors": {"theory": 60, "practical": "62.5"}}),
        (conjunctive(), "senior", "theory", {"cuts": {"theory": "62.5", "practical": 65}}),
    ],
)
def test_a_cut_stands_where_the_standard_has_its_place_and_nothing_else_changes(
    scheme: dict[str, Any], level: str, paper: str, changed: dict[str, Any]
) -> None:
    before = copy.deepcopy(scheme)
    after = with_cut(scheme, (level, paper), "62.5")
    assert scheme == before
    assert standard_of(after, level) == {**standard_of(before, level), **changed}
    standard_of(after, level).clear()
    standard_of(before, level).clear()
    assert after == before


def test_where_every_paper_has_a_cut_there_is_none_for_the_whole() -> None:
    with pytest.raises(Refusal, match="bad_content"):
        with_cut(conjunctive(), ("senior", WHOLE), "60")


@pytest.mark.parametrize("cut", ["", "-1", "100.01", "101", "1e1", "60,5", "nan", "60.", "½", "0.0000000000001"])
def test_what_is_no_percentage_is_no_cut(cut: str) -> None:
    with pytest.raises(Refusal, match="bad_content"):
        with_cut(SCHEME, ("junior", "theory"), cut)


@pytest.mark.parametrize(("typed", "stored"), [("60", 60), ("60.0", 60), ("100", 100), ("0", 0), ("59.99", "59.99")])
def test_a_cut_is_kept_exactly(typed: str, stored: object) -> None:
    assert standard_of(with_cut(SCHEME, ("junior", "theory"), typed), "junior")["cut"] == stored


# What judges found


def test_the_cut_of_an_angoff_panel_is_the_mean_of_the_judges_sums() -> None:
    found = angoff(TABLE, {})
    assert [judge["cut"] for judge in found.figures["judges"]] == pytest.approx([2.6, 2.3, 2.6])
    assert found.figures["cut"] == pytest.approx(2.5)
    assert (found.recommended, found.standard_error) == ("62.5", "2.5")  # SD √0.03, error 0.1 of four marks


def test_items_count_by_their_marks_and_percent_by_hundreds() -> None:
    percent = b"judge,q1,q2\nann,50,100\nbob,50,100\n"
    found = angoff(percent, {"q1": 3.0}, Ratings.PERCENT)
    assert (found.figures["cut"], found.figures["max_marks"], found.recommended) == (2.5, 4.0, "62.5")


def test_a_chance_counts_by_the_marks_of_its_item_and_expected_marks_as_they_are() -> None:
    chances = angoff(b"judge,q1,q2\nann,0.5,1\nbob,yes,no\n", {"q1": 3.0})
    marks = angoff(b"judge,q1,q2\nann,1.5,1\nbob,3,0\n", {"q1": 3.0}, Ratings.MARKS)
    assert chances.figures == marks.figures
    assert chances.figures["cut"] == 2.75


def test_the_last_round_counts_and_a_judge_who_left_something_out_does_not() -> None:
    table = b"judge,round,q1,q2\nann,1,0,0\nbob,1,0,0\nann,2,yes,no\nbob,2,1,\ncai,2,1,1\n"
    found = angoff(table, {})
    assert [judge["judge"] for judge in found.figures["judges"]] == ["ann", "cai"]
    assert (found.recommended, found.figures["left_out"]) == ("75", [{"judge": "bob"}])


def test_an_earlier_round_never_passes_for_a_last_one_that_nobody_completed() -> None:
    with pytest.raises(DataError, match="no judge filled in everything in round 2"):
        angoff(b"judge,round,q1,q2\nann,1,0,0\nbob,1,0,0\nann,2,1,\nbob,2,,1\n", {})


def test_one_judge_has_no_standard_error() -> None:
    found = angoff(b"judge,q1,q2\nann,0.5,0.5\n", {})
    assert (found.recommended, found.standard_error, found.figures["icc_panel"]) == ("50", None, None)


def test_an_outlier_is_named_and_still_counts() -> None:
    rows = b"".join(f"j{number},{0.5 + number / 100},0.5\n".encode() for number in range(8))
    found = angoff(b"judge,q1,q2\n" + rows + b"odd,1,1\n", {})
    assert [judge["judge"] for judge in found.figures["judges"] if judge["outlier"]] == ["odd"]


def test_a_bookmark_is_the_mark_at_the_ability_of_its_page() -> None:
    found = bookmark(b"judge,bookmark\nann,6\nbob,6\n", BOOKLET)
    difficulties = np.arange(11) / 2 - 3
    ability = difficulties[5] + np.log(2)  # two chances in three
    expected = (1 / (1 + np.exp(-(ability - difficulties)))).sum()
    assert found.figures["ability"] == pytest.approx(ability)
    assert found.figures["cut"] == pytest.approx(expected)
    assert float(found.recommended) == pytest.approx(100 * expected / 11, abs=0.005)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        (b"", ""),
        (b"name,q1\nann,1\n", "row 1"),
        (b"judge\nann\n", "row 1"),
        (b"judge,q1\nann,often\n", "row 2, column q1"),
        (b"judge,q1\nann,0.5\nann,0.5\n", "row 3, column judge"),
        (b"judge,q1\n,0.5\n", "row 2, column judge"),
        (b"judge,q1\nann,1.5\n", "row 2, column q1"),
        (b"judge,q1\nann,\n", ""),
    ],
)
def test_every_fault_of_the_table_is_named_with_its_place(table: bytes, place: str) -> None:
    with pytest.raises(DataError) as caught:
        angoff(table, {})
    assert caught.value.problems[0].place == place


@pytest.mark.parametrize("page", ["0", "12", "1.5", "x"])
def test_a_bookmark_is_on_a_page_of_the_booklet(page: str) -> None:
    with pytest.raises(DataError):
        bookmark(f"judge,bookmark\nann,{page}\n".encode(), BOOKLET)


@given(
    st.lists(st.lists(st.integers(0, 20), min_size=5, max_size=5), min_size=2, max_size=6), st.randoms(use_true_random=False)
)
def test_the_order_of_judges_changes_no_cut(ratings: list[list[int]], random: Any) -> None:
    rows = [",".join([f"j{number}", *(str(one / 20) for one in row)]) for number, row in enumerate(ratings)]
    mixed = random.sample(rows, len(rows))
    first, second = (angoff(("judge,a,b,c,d,e\n" + "\n".join(order)).encode(), {}) for order in (rows, mixed))
    assert (first.recommended, first.standard_error) == (second.recommended, second.standard_error)


@pytest.mark.parametrize(
    ("method", "table", "extra"),
    [
        ("angoff", TABLE, []),
        ("angoff", b"judge,round,q1,q2\nann,1,0,0\nann,2,yes,no\nbob,2,1,1\n", []),
        ("bookmark", b"judge,bookmark\nann,6\nbob,8\ncai,7\n", ["--rp", "0.6666666666666666"]),
    ],
)
def test_the_page_and_the_command_line_find_the_same(tmp_path: Path, method: str, table: bytes, extra: list[str]) -> None:
    (tmp_path / "judges.csv").write_bytes(table)
    (tmp_path / "booklet.csv").write_bytes(BOOKLET)
    words = ["stats", "standard", str(tmp_path / "judges.csv"), "--method", method, "--json", *extra]
    if method == "bookmark":
        words += ["--parameters", str(tmp_path / "booklet.csv")]
    told = orjson.loads(CliRunner().invoke(main, words).stdout)
    found = bookmark(table, BOOKLET) if method == "bookmark" else angoff(table, {})
    value = told["raw_cut"] if method == "bookmark" else told["cut"]
    lower = told["raw_cut_less_one_se"] if method == "bookmark" else told["cut_less_one_se"]
    assert found.figures["cut"] == pytest.approx(_value(value))
    assert found.figures["cut"] - found.figures["se"] == pytest.approx(_value(lower))


def _value(told: Any) -> float:
    return float(told["value"] if isinstance(told, dict) else told)


# From a panel to a version of the scheme


@pytest.fixture
def staff(database: Database) -> Staff:
    with database.write() as session:
        found = add_staff(session, NOW)
        store_scheme(session, SCHEME, NOW - timedelta(days=300), "chen", NOW)
        return found


def judged(level: str = "junior", paper: str = "theory", method: str = "angoff", table: bytes = TABLE) -> Judgement:
    return Judgement(level, paper, method, table)


NEXT = NewVersion("2027.1", "61.75", "2027-01-01", datetime(2027, 1, 1, tzinfo=UTC))


def test_a_panel_is_kept_as_it_was_and_its_cut_becomes_a_version_that_names_nobody_else(
    database: Database, staff: Staff
) -> None:
    with database.write() as session:
        panel = store_panel(session, judged(), staff["chen"], NOW)
        version = apply_panel(session, panel, NEXT, staff["silva"], NOW)
        expected = with_cut(SCHEME, ("junior", "theory"), "61.75") | {"version": "2027.1", "effective_from": "2027-01-01"}
        assert (version.document, version.effective_from) == (expected, NEXT.starts)
    with database.read() as session:
        kept = session.scalars(select(StandardPanel)).one()
        assert (kept.table.encode(), kept.recommended) == (TABLE, "62.5")
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"panel:{panel.id}").order_by(AuditEntry.seq)
        ).all()
        assert [row.action for row in rows] == ["panel.stored", "panel.applied"]
        told = orjson.loads(rows[1].data)
        assert (told["version"], told["before"], told["cut"], told["recommended"]) == ("2027.1", "2026.1", "61.75", "62.5")
        assert list(find_faults(session, SECRET)) == []


def test_a_version_that_waits_is_built_upon(database: Database, staff: Staff) -> None:
    with database.write() as session:
        panels = [store_panel(session, judged(level), staff["chen"], NOW) for level in ("junior", "senior")]
        apply_panel(session, panels[0], NEXT, staff["chen"], NOW)
        later = NewVersion("2027.2", "70", "2027-06-01", datetime(2027, 6, 1, tzinfo=UTC))
        version = apply_panel(session, panels[1], later, staff["chen"], NOW)
        assert standard_of(version.document, "junior")["cut"] == "61.75"
        assert standard_of(version.document, "senior")["floors"]["theory"] == 70


def test_a_name_that_is_taken_is_refused_and_nothing_is_stored(database: Database, staff: Staff) -> None:
    with database.write() as session:
        panel = store_panel(session, judged(), staff["chen"], NOW)
    taken = NewVersion("2026.1", "61", "2027-01-01", NEXT.starts)
    with pytest.raises(Refusal, match="already_there"), database.write() as session:
        apply_panel(session, panel, taken, staff["chen"], NOW)
    with database.read() as session:
        assert len(session.scalars(select(SchemeVersion)).all()) == 1


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (judged(level="grand"), "unknown_level"),
        (judged(paper="essay"), "unknown_paper"),
        (judged(method="guess"), "bad_request"),
        (judged(table=b"judge,q1\nann,7\n"), "bad_content"),
    ],
)
def test_what_cannot_be_judged_is_refused(database: Database, staff: Staff, what: Judgement, code: str) -> None:
    with pytest.raises(Refusal) as caught, database.write() as session:
        store_panel(session, what, staff["chen"], NOW)
    assert caught.value.code == code

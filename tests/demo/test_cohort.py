"""The simulated cohort: what is reported is what the site holds, and what was planted is there."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_engine.certificates.records import Certificate
from exam_engine.core.clock import to_ms
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.records import AuditEntry, User
from exam_engine.delivery.records import Answer, Attempt, AttemptState, SetAside
from exam_engine.demo.report import MOST_LISTED, print_report
from exam_engine.demo.sheets import Planted
from exam_engine.demo.simulate import POPULATION, CohortFigures, LevelFigures, simulate_cohort
from exam_engine.enrolment.records import Candidate, Enrolment
from exam_engine.marking.records import AutoScore, Mark
from exam_engine.migrate import upgrade_database
from exam_engine.results.records import Outcome
from exam_engine.results.records import Result as OutcomeRow
from exam_engine.sittings.records import Booking, CandidatePaper, Form, Sitting, SittingKind, SittingPaper

CANDIDATES = 12


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[CohortFigures, Settings]:
    """A small cohort on the whole way, and the site it left behind; some in it cheat."""
    settings = Settings.load({}, data_dir=tmp_path_factory.mktemp("cohort"))
    upgrade_database(settings.database_url)
    return simulate_cohort(settings, CANDIDATES, 7, population=replace(POPULATION, copiers=0.2, informed=0.2)), settings


@pytest.fixture
def session(cohort: tuple[CohortFigures, Settings]) -> Iterator[Session]:
    database = Database(cohort[1].database_url, cohort[1].secret)
    with database.read() as session:
        yield session
    database.close()


def test_the_whole_way_shows_no_anomaly(cohort: tuple[CohortFigures, Settings]) -> None:
    figures = cohort[0]
    assert figures.anomalies == []
    assert [level.level for level in figures.levels] == ["junior", "intermediate", "senior"][: len(figures.levels)]
    assert figures.levels[0].sat == CANDIDATES
    for before, after in zip(figures.levels, figures.levels[1:], strict=False):
        assert after.sat == before.passed + before.makeup_passed


def test_the_report_says_what_the_database_holds(cohort: tuple[CohortFigures, Settings], session: Session) -> None:
    for level in cohort[0].levels:
        first, second = (_outcomes(session, level.level, kind) for kind in (SittingKind.REGULAR, SittingKind.MAKEUP))
        assert (level.sat, level.passed) == (len(first), first.count(Outcome.PASS))
        assert (level.makeup, level.makeup_passed) == (len(second), second.count(Outcome.PASS))
        assert level.makeup == level.sat - level.passed
        assert level.blocked == len(second) - second.count(Outcome.PASS)
        assert level.certificates == level.passed + level.makeup_passed == _certificates(session, level.level)
        assert level.mean_total == pytest.approx(_mean_total(session, level.level))


def test_the_counts_are_those_of_the_tables(cohort: tuple[CohortFigures, Settings], session: Session) -> None:
    tables = {
        "attempts": Attempt, "answers saved": Answer, "marks by people": Mark, "certificates": Certificate,
        "audit entries": AuditEntry,
    }  # fmt: skip
    counted = {name: session.scalar(select(func.count()).select_from(table)) for name, table in tables.items()}
    assert cohort[0].counts == counted


def test_the_reliability_is_that_of_the_stored_scores(cohort: tuple[CohortFigures, Settings], session: Session) -> None:
    """Alpha by its definition (Cronbach 1951, eq. 2), from the packed vectors of the first junior sitting."""
    figures = cohort[0].levels[0]
    rows = session.execute(
        select(Form.number, AutoScore.vector)
        .join(Attempt, Attempt.id == AutoScore.attempt_id)
        .join(CandidatePaper, CandidatePaper.id == Attempt.candidate_paper_id)
        .join(Form, Form.id == CandidatePaper.form_id)
        .join(SittingPaper, SittingPaper.id == Form.sitting_paper_id)
        .join(Sitting, Sitting.id == SittingPaper.sitting_id)
        .where(Sitting.level == "junior", Sitting.kind == SittingKind.REGULAR, SittingPaper.kind == "theory")
    ).all()
    assert sum(candidates for _, candidates, _, _ in figures.reliability) == len(rows) == CANDIDATES
    for form, candidates, alpha, _ in figures.reliability:
        scores = np.array([np.frombuffer(vector, dtype="<f8") for number, vector in rows if number == form])
        assert len(scores) == candidates
        items = scores.shape[1]
        expected = items / (items - 1) * (1 - scores.var(axis=0, ddof=1).sum() / scores.sum(axis=1).var(ddof=1))
        assert alpha == pytest.approx(expected)


def test_answers_arrive_one_after_the_other_while_the_paper_runs_and_none_is_set_aside(session: Session) -> None:
    assert session.scalar(select(func.count(SetAside.id))) == 0
    for attempt in session.scalars(select(Attempt)):
        answers = session.scalars(select(Answer).where(Answer.attempt_id == attempt.id).order_by(Answer.seq)).all()
        given = [answer.device_ms or 0 for answer in answers]
        assert given == sorted(set(given))
        assert to_ms(attempt.started_at) < given[0]
        assert all(moment <= to_ms(answer.received_at) for moment, answer in zip(given, answers, strict=True))
        assert answers[-1].received_at <= attempt.submitted_at <= attempt.deadline_at
        assert len({answer.received_at for answer in answers}) > 3, "the clock moves while the paper runs"
        assert attempt.state is AttemptState.SUBMITTED


def test_candidates_answer_in_the_order_in_which_they_see_the_items(session: Session) -> None:
    rows = session.execute(select(Attempt.id, CandidatePaper.order).join(CandidatePaper)).all()
    for attempt, order in rows:
        places = [slot["slot"] for slot in order["slots"]]
        slots = session.scalars(select(Answer.slot).where(Answer.attempt_id == attempt).order_by(Answer.seq))
        answered = [places.index(slot) for slot in slots]
        assert answered == sorted(answered)


def test_a_planted_copier_has_the_same_form_as_the_source_and_its_answers(
    cohort: tuple[CohortFigures, Settings], session: Session
) -> None:
    copies = [one for one in cohort[0].levels[0].planted if one.source]
    assert copies
    for one in copies:
        pairs = [
            (own, theirs)
            for own in _theory_papers(session, one.number, one.seat)
            for theirs in _theory_papers(session, one.source or "", one.source_seat or "")
            if own[:2] == theirs[:2]
        ]
        assert any(len(own[2].items() & theirs[2].items()) >= one.answers > 0 for own, theirs in pairs)


def _theory_papers(session: Session, number: str, seat: str) -> list[tuple[int, int, dict[str, str]]]:
    """Sitting, form and answers of a candidate's theory papers at this seat."""
    rows = session.execute(
        select(Booking.sitting_id, CandidatePaper.form_id, Attempt.id)
        .join(CandidatePaper, CandidatePaper.booking_id == Booking.id)
        .join(SittingPaper, SittingPaper.id == CandidatePaper.sitting_paper_id)
        .join(Attempt, Attempt.candidate_paper_id == CandidatePaper.id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .join(Candidate, Candidate.id == Enrolment.candidate_id)
        .where(Candidate.number == number, Booking.seat == seat, SittingPaper.kind == "theory")
    ).tuples()
    answers = select(Answer.slot, Answer.response)
    return [
        (sitting, form, dict(session.execute(answers.where(Answer.attempt_id == attempt)).tuples().all()))
        for sitting, form, attempt in rows
    ]


def test_the_report_names_who_cheats(cohort: tuple[CohortFigures, Settings]) -> None:
    out = StringIO()
    print_report(cohort[0], Console(file=out, width=200))
    copiers = next(line for line in out.getvalue().splitlines() if line.startswith("Copiers: "))
    informed = next(line for line in out.getvalue().splitlines() if line.startswith("Prior knowledge: "))
    planted = [one for level in cohort[0].levels for one in level.planted]
    assert planted
    for one in planted:
        assert one.number in (copiers if one.source else informed)
        assert 0 < one.answers <= one.items


def test_a_long_list_of_cheats_is_cut_and_an_empty_one_says_so() -> None:
    out = StringIO()
    known = [Planted(f"C{number}", "A1", None, None, 3, 20) for number in range(MOST_LISTED + 2)]
    print_report(CohortFigures([LevelFigures("junior", sat=20, planted=known)], [], {}), Console(file=out, width=200))
    assert "Copiers: nobody." in out.getvalue()
    assert "C9 and 2 more." in out.getvalue()
    assert "C10" not in out.getvalue()


def test_of_two_markers_of_the_same_scripts_the_severe_one_gives_less(
    cohort: tuple[CohortFigures, Settings], session: Session
) -> None:
    marks = session.execute(select(Mark.script_id, User.login, Mark.total).join(User, User.id == Mark.marker_id)).all()
    given: dict[int, dict[str, Fraction]] = {}
    for script, login, total in marks:
        given.setdefault(script, {})[login] = Fraction(total)
    both = [one for one in given.values() if {"novak", "liu"} <= set(one)]
    assert len(both) > CANDIDATES / 2
    assert sum(one["novak"] for one in both) < sum(one["liu"] for one in both)


def _outcomes(session: Session, level: str, kind: SittingKind) -> list[Outcome]:
    query = (
        select(OutcomeRow.outcome)
        .join(Booking, Booking.id == OutcomeRow.booking_id)
        .join(Sitting, Sitting.id == Booking.sitting_id)
        .where(Sitting.level == level, Sitting.kind == kind)
    )
    return list(session.scalars(query))


def _certificates(session: Session, level: str) -> int:
    certificates = session.scalars(
        select(Certificate.id)
        .join(OutcomeRow, OutcomeRow.id == Certificate.result_id)
        .join(Booking, Booking.id == OutcomeRow.booking_id)
        .join(Enrolment, Enrolment.id == Booking.enrolment_id)
        .where(Enrolment.level == level, OutcomeRow.outcome == Outcome.PASS)
    )
    return len(set(certificates))


def _mean_total(session: Session, level: str) -> float:
    totals = session.scalars(
        select(OutcomeRow.total)
        .join(Booking, Booking.id == OutcomeRow.booking_id)
        .join(Sitting, Sitting.id == Booking.sitting_id)
        .where(Sitting.level == level, Sitting.kind == SittingKind.REGULAR)
    )
    exact = [Fraction(total) for total in totals if total is not None]
    return float(sum(exact) / len(exact))


def test_the_report_is_a_table_of_outcomes_and_one_of_reliability(cohort: tuple[CohortFigures, Settings]) -> None:
    out = StringIO()
    print_report(cohort[0], Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    junior = cohort[0].levels[0]
    row = next(line for line in lines if "junior" in line)
    assert row.split()[:4] == ["junior", str(junior.sat), str(junior.passed), f"{100 * junior.passed / junior.sat:.0f}"]
    assert any("Alpha" in line and "SEM" in line for line in lines)
    assert "Anomalies: none." in out.getvalue()
    assert "…" not in out.getvalue(), "no head is cut short"


def test_an_anomaly_is_printed() -> None:
    out = StringIO()
    figures = CohortFigures([LevelFigures("junior", sat=1)], ["a pass without a certificate"], {"attempts": 1})
    print_report(figures, Console(file=out, width=120))
    assert "Anomaly: a pass without a certificate" in out.getvalue()
    assert "none" not in out.getvalue()

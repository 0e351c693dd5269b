"""The report of a sitting: its figures are those of the functions on the same matrix, and its file needs nothing else."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import select

from exam_engine.core.database import Database
from exam_engine.core.page import PLAYER
from exam_engine.core.words import read_catalogue
from exam_engine.demo.crowd import Crowd
from exam_engine.demo.exam_day import ExamDay, MovableClock
from exam_engine.marking.records import AutoScore, Mark, MarkPlace, Script
from exam_engine.results.records import Result
from exam_engine.results.report_pages import FLAGS, REASONS, fixed, render_file
from exam_engine.results.sitting_report import SittingReport, report_sitting
from exam_engine.sittings.actions import get_sitting
from exam_engine.sittings.records import CandidatePaper, Form
from grading.psychometrics import charts
from grading.psychometrics.agreement import Weights, agreement_weights, cohen_kappa, cross_table
from grading.psychometrics.decision import Scale, livingston_lewis
from grading.psychometrics.distractors import suspicions
from grading.psychometrics.items import analyse
from grading.psychometrics.reliability import alpha_if_deleted, cronbach_alpha, feldt_interval, lambda2, sem
from tests.conftest import NOW
from tests.site_pages import Pages, open_pages
from tests.world import World, build_world

CANDIDATES = 62
"""Thirty-one on each form: enough for items to be flagged."""
PAGE, FILE = "/release/1/statistics", "/release/1/report.html"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """An intermediate sitting that 62 simulated candidates sat, marked and released."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "exam.db").write_bytes(sqlite_template.read_bytes())
    built = build_world(
        Database(f"sqlite:///{folder / 'exam.db'}", b"a secret that only the tests know!"),
        folder,
        level="intermediate",
        candidates=CANDIDATES,
    )
    draw = np.random.default_rng(5)
    crowd = Crowd.of_abilities({one.candidate.number: float(draw.normal(0.7, 1)) for one in built.enrolments}, draw)
    day = ExamDay(built.settings, built.database, built.staff, MovableClock(NOW), draw)
    day.sit(built.sitting.id, crowd)
    day.mark(crowd)
    day.release(built.sitting.id)
    yield built
    built.database.close()


@pytest.fixture(scope="module")
def report(world: World) -> SittingReport:
    with world.database.read() as session:
        return report_sitting(session, get_sitting(session, 1), NOW)


@pytest.fixture(scope="module")
def pages(world: World) -> Pages:
    found = open_pages(world.database, world.settings.data_dir)
    found.clock.now = NOW + timedelta(days=2)
    return found


def matrices(world: World) -> dict[tuple[str, int], np.ndarray]:
    """Marks by form, read row by row: the engine's vector, and the settled marks of people where it has none."""
    rows: dict[tuple[str, int], list[np.ndarray]] = defaultdict(list)
    with world.database.read() as session:
        for paper in session.scalars(select(CandidatePaper).order_by(CandidatePaper.booking_id)):
            form = session.get_one(Form, paper.form_id)
            auto = session.scalars(select(AutoScore).where(AutoScore.attempt_id == attempt_of(session, paper.id))).one()
            row = np.frombuffer(auto.vector, dtype="<f8").copy()
            for script in session.scalars(select(Script).where(Script.attempt_id == auto.attempt_id)):
                row[[slot["slot"] for slot in form.slots].index(script.slot)] = float(Fraction(script.marks or 0))
            rows[paper.sitting_paper.code, form.number].append(row)
    return {form: np.array(one) for form, one in rows.items()}


def attempt_of(session, paper_id: int) -> int:  # type: ignore[no-untyped-def]
    from exam_engine.delivery.records import Attempt

    found = session.scalars(select(Attempt.id).where(Attempt.candidate_paper_id == paper_id)).one()
    assert isinstance(found, int)
    return found


# Figures


def test_every_form_has_the_figures_of_its_matrix(world: World, report: SittingReport) -> None:
    found = matrices(world)
    assert len(found) > 2
    for paper in report.papers:
        for form in paper.forms:
            marks = found[paper.code, form.number]
            percent = 100 * marks.sum(axis=1) / form.most
            assert (form.n, form.k, form.waiting) == (*marks.shape, 0)
            assert form.mean.value == pytest.approx(percent.mean())
            assert form.sd.value == pytest.approx(percent.std(ddof=1))
            assert form.alpha.value == pytest.approx(cronbach_alpha(marks).value)
            assert form.lambda2.value == pytest.approx(lambda2(marks).value)
            assert form.interval.lower.value == pytest.approx(feldt_interval(marks).lower.value)
            assert form.sem.value == pytest.approx((sem(marks).value or 0) * 100 / form.most)


def test_every_item_has_the_figures_of_its_column(world: World, report: SittingReport) -> None:
    found = matrices(world)
    for paper in report.papers:
        for form in paper.forms:
            marks, most = found[paper.code, form.number], np.array([item.most for item in form.items])
            without = alpha_if_deleted(marks)
            for item, direct, alpha in zip(form.items, analyse(marks, most), without, strict=True):
                assert item.figures.p.value == pytest.approx(direct.p.value)
                assert item.figures.item_rest.value == pytest.approx(direct.item_rest.value)
                assert item.alpha_if_deleted.value == pytest.approx(alpha.value)


def test_decisions_on_a_paper_are_those_of_livingston_and_lewis_at_its_own_cut(report: SittingReport, world: World) -> None:
    found = matrices(world)
    theory = next(paper for paper in report.papers if paper.code == "theory")
    assert theory.needed == 60
    for form in theory.forms:
        marks = found["theory", form.number]
        percent, alpha = 100 * marks.sum(axis=1) / form.most, cronbach_alpha(marks).value
        assert alpha is not None
        direct = livingston_lewis(percent, alpha, Scale(Fraction(0), Fraction(100), Fraction(60))).decisions
        assert form.decisions.consistency.value == pytest.approx(direct.consistency.value)
        assert form.decisions.accuracy.value == pytest.approx(direct.accuracy.value)


def test_totals_are_those_of_the_results_and_their_error_is_put_together_by_weight(world: World, report: SittingReport) -> None:
    with world.database.read() as session:
        results = session.scalars(select(Result)).all()
        totals = np.array([float(Fraction(one.total)) for one in results if one.total])
        passed = sum(one.outcome.value == "pass" for one in results)
    figures = report.totals
    assert figures is not None
    assert (figures.n, figures.passed, figures.absent, report.booked) == (CANDIDATES, passed, 0, CANDIDATES)
    assert figures.mean.value == pytest.approx(totals.mean())
    variances = {
        paper.code: sum(form.n * (form.sem.value or 0) ** 2 for form in paper.forms) / CANDIDATES for paper in report.papers
    }
    error = 0.6**2 * variances["theory"] + 0.4**2 * variances["practical"]
    assert figures.sem.value == pytest.approx(error**0.5)
    assert figures.reliability.value == pytest.approx(1 - error / totals.var(ddof=1))


def test_agreement_is_that_of_first_and_second_marks_on_the_full_scale(world: World, report: SittingReport) -> None:
    pairs: dict[int, dict[MarkPlace, Mark]] = defaultdict(dict)
    with world.database.read() as session:
        for mark in session.scalars(select(Mark).where(Mark.place.in_([MarkPlace.FIRST, MarkPlace.SECOND]))):
            assert mark.script
            pairs[mark.script_id][mark.place] = mark
    checked = 0
    for item in {one.item for one in report.markers.criteria}:
        double = [own for own in pairs.values() if len(own) == 2 and own[MarkPlace.FIRST].script.item == item]
        for criterion, one in zip(
            double[0][MarkPlace.FIRST].criteria, [one for one in report.markers.criteria if one.item == item], strict=True
        ):
            levels = [[int(float(own[place].criteria[criterion]["marks"])) for own in double] for place in own_places()]
            table = cross_table(levels[0], levels[1], one.levels)
            kappa = cohen_kappa(table, agreement_weights(one.levels, Weights.QUADRATIC)).value
            assert one.shares.n == len(double)
            assert one.kappa.value == kappa
            checked += 1
    assert checked == len(report.markers.criteria) > 3


def own_places() -> tuple[MarkPlace, MarkPlace]:
    return MarkPlace.FIRST, MarkPlace.SECOND


# Pages


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_shows_the_figures_of_the_report(pages: Pages, report: SittingReport, language: str) -> None:
    page = pages.browser("chen", language).get(PAGE).get_data(as_text=True)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert report.totals is not None
    for paper in report.papers:
        for form in paper.forms:
            for figure in (form.alpha, form.lambda2):
                assert fixed(figure.value or 0) in shown
    assert fixed(report.totals.mean.value or 0, 1) in shown
    assert fixed(100 * (report.totals.rate.value or 0), 1) in shown
    assert ("信度" if language == "zh-CN" else "Reliability") in shown
    if language == "zh-CN":
        assert [one for one in read_catalogue() if len(one) > 25 and one in shown] == []


def test_the_page_keeps_to_the_content_security_policy(pages: Pages) -> None:
    page = pages.browser("chen").get(PAGE).get_data(as_text=True)
    assert not re.search(r"<[^>]* style=|<style|<script(?! src)", page)
    pictures = re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL)
    assert len(pictures) > 8
    assert any("Options of" in one for one in pictures)
    for one in pictures:
        assert ET.fromstring(one)[0].text


def test_the_way_to_the_page_is_on_the_page_of_the_release(pages: Pages) -> None:
    assert f'href="{PAGE}"' in pages.browser("chen").get("/release/1").get_data(as_text=True)
    assert f'href="{FILE}"' in pages.browser("chen").get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize("address", [PAGE, FILE])
@pytest.mark.parametrize("login", ["novak", "adeyemi", "shen", "C-2026-0417"])
def test_nobody_but_an_officer_sees_statistics(pages: Pages, address: str, login: str) -> None:
    assert pages.browser(login).get(address).status_code == 403


def test_a_sitting_that_is_not_there_has_no_report(pages: Pages) -> None:
    assert pages.browser("chen").get("/release/99/statistics").status_code == 404
    assert pages.browser("chen").get("/release/99/report.html").status_code == 404


# The file


def test_the_file_needs_nothing_from_elsewhere(pages: Pages) -> None:
    answer = pages.browser("chen").get(FILE)
    file = answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert set(re.findall(r"https?://[^\"'\s<)]+", file)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bsrc=", file)
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', file))


def test_the_file_holds_both_languages_unless_one_is_asked_for(pages: Pages) -> None:
    officer = pages.browser("chen")
    assert re.findall(r'<article class="rep" lang="([^"]+)"', officer.get(FILE).get_data(as_text=True)) == ["en", "zh-CN"]
    one = officer.get(FILE + "?lang=zh-CN").get_data(as_text=True)
    assert re.findall(r'<article class="rep" lang="([^"]+)"', one) == ["zh-CN"]
    assert officer.get(FILE + "?lang=xx").status_code == 200


def test_ids_of_the_file_are_given_once(report: SittingReport) -> None:
    file = render_file(report, ["zh-CN", "en"], ZoneInfo("Asia/Shanghai"))
    ids = re.findall(r' id="([^"]+)"', file)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', file)) <= set(ids)


# Before anything is in


def test_a_sitting_that_nobody_sat_says_so(database: Database, tmp_path: Path) -> None:
    world = build_world(database, tmp_path)
    page = open_pages(world.database, tmp_path).browser("chen").read("/release/1/statistics")
    assert "Nobody has handed in a paper of this sitting yet." in page
    assert "Figures are provisional until everything is in." in page


def test_figures_that_cannot_be_had_say_why(tmp_path: Path, sqlite_database: Database) -> None:
    world = build_world(sqlite_database, tmp_path)
    draw = np.random.default_rng(5)
    crowd = Crowd.of_abilities({one.candidate.number: 0.5 for one in world.enrolments}, draw)
    ExamDay(world.settings, world.database, world.staff, MovableClock(NOW), draw).sit(world.sitting.id, crowd)
    page = open_pages(world.database, tmp_path).browser("chen").read("/release/1/statistics")
    assert "No results are proposed yet" in page
    assert "too few candidates" in page


OF_OTHER_METHODS = {"not_chosen", "not_counts", "not_of_this_method", "incomplete_totals"}
USED = ("decision", "reliability", "partial_error", "composites", "parallel_forms", "agreement", "intraclass")


def test_every_reason_and_every_flag_has_its_words() -> None:
    source = "".join((Path(charts.__file__).parents[1] / f"{name}.py").read_text("utf-8") for name in USED)
    given = set(re.findall(r'Estimate\(None, [^"\n]*"(\w+)"', source))
    assert len(given) > 5
    assert given - OF_OTHER_METHODS <= set(REASONS)
    assert set(REASONS.values()) | set(FLAGS.values()) <= set(read_catalogue())
    assert all(flag in (suspicions.__doc__ or "") for flag in list(FLAGS)[:3])


def test_the_style_sheet_of_the_page_colours_every_part_of_a_picture() -> None:
    assert charts.page_rules() in (PLAYER / "styles" / "report.css").read_text(encoding="utf-8")

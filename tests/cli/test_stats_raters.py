"""The commands on raters: what they print, and what they say of bad data."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from exam_engine.cli import main

ESSAYS = "subject,ann,bob\ne1,3,3\ne2,4,5\ne3,2,2\ne4,6,6\n"


@pytest.fixture
def run(tmp_path):
    def call(command, content, *options):
        path = tmp_path / "m.csv"
        path.write_text(content, encoding="utf-8")
        return CliRunner().invoke(main, ["stats", command, str(path), *options])

    return call


def test_agreement_answers_every_coefficient(run):
    found = json.loads(run("agreement", ESSAYS, "--scale", "1..6", "--json").output)
    assert (found["n"], found["exact"], found["adjacent"], found["within_one"], found["all_agree"]) == (4, 0.75, 0.25, 1, 0.75)
    assert set(found["cohen_kappa"]) == {"unweighted", "linear", "quadratic"}
    assert set(found["krippendorff_alpha"]) == {"nominal", "ordinal", "interval", "ratio"}
    assert set(found["icc"]) == {"1,1", "2,1", "3,1", "1,k", "2,k", "3,k"}
    assert [one["category"] for one in found["fleiss_kappa"]["categories"]] == list("123456")
    assert found["fleiss_kappa"]["categories"][0]["value"] == {"value": None, "reason": "unused_category"}


def test_agreement_prints_tables(run):
    shown = run("agreement", ESSAYS, "--scale", "1..6")
    assert (shown.exit_code, "ann – bob" in shown.output, "ICC(2,1)" in shown.output) == (0, True, True)


def test_names_of_categories_have_an_order_but_are_no_numbers(run):
    found = json.loads(run("agreement", "ann,bob\nA,A\nB,C\nC,C\n", "--scale", "A,B,C", "--json").output)
    assert found["icc"]["1,1"]["value"] == {"value": None, "reason": "not_numeric"}
    assert found["krippendorff_alpha"]["ordinal"]["value"] > 0
    assert found["cohen_kappa"]["linear"]["value"] > found["cohen_kappa"]["unweighted"]["value"]


def test_without_a_scale_only_numbers_are_told(run):
    found = json.loads(run("agreement", "ann,bob\n1.5,1.7\n2.25,2.5\n9,8\n", "--json").output)
    assert found["cohen_kappa"] == {"value": None, "reason": "no_scale"}
    assert found["icc"]["2,1"]["value"] > 0.9
    assert run("agreement", "ann,bob\n1.5,1.7\n2.25,2.5\n9,8\n").exit_code == 0


def test_missing_ratings_leave_out_the_subject_or_the_pair(run):
    content = "subject,a,b,c\n1,1,1,\n2,2,2,2\n3,1,2,1\n4,2,1,2\n"
    listwise, pairwise = (
        json.loads(run("agreement", content, "--scale", "1..3", "--missing", how, "--json").output)
        for how in ("listwise", "pairwise")
    )
    assert [pair["n"] for pair in listwise["pairs"]] == [3, 3, 3]
    assert [pair["n"] for pair in pairwise["pairs"]] == [4, 3, 3]
    assert listwise["cohen_kappa"]["reason"] == "more_than_two_raters"
    assert listwise["krippendorff_alpha"]["nominal"]["n"] == 4


def test_a_seed_repeats_the_interval(run):
    one, again, other = (run("agreement", ESSAYS, "--scale", "1..6", "--seed", seed, "--json").output for seed in "778")
    assert one == again != other


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (ESSAYS.replace("e4,6,6", "e4,6,7"), 'row 5, column bob: "7" is not on the scale'),
        (ESSAYS.replace("e4,6,6", "e4,x,6"), 'row 5, column ann: "x" is not a number'),
        (ESSAYS.replace("e4", "e1"), 'row 5, column subject: "e1" stands in row 2 already'),
        ("subject,ann\n1,2\n", "row 1: agreement needs the columns of two raters"),
        ("subject,ann,bob\n", "holds no rows"),
    ],
)
def test_bad_ratings_are_named_at_row_and_column(run, content, place):
    result = run("agreement", content, "--scale", "1..6")
    assert (result.exit_code, place in result.output) == (1, True), result.output


@pytest.mark.parametrize("scale", ["6..1", "A", "A,A", "A,,B", "1..1"])
def test_a_scale_that_is_none_is_bad_usage(run, scale):
    assert run("agreement", ESSAYS, "--scale", scale).exit_code == 2


def test_one_category_only_is_told_as_such(run):
    found = json.loads(run("agreement", "a,b\n3,3\n3,3\n3,3\n", "--scale", "1..6", "--json").output)
    assert found["exact"] == 1
    for place in (found["cohen_kappa"]["linear"], found["fleiss_kappa"], found["krippendorff_alpha"]["ratio"]):
        assert place["value"] == {"value": None, "reason": "one_category"}
    assert found["icc"]["3,1"]["value"] == {"value": None, "reason": "no_variance"}


def _marks(candidates=range(12), raters="abc"):
    """Marks of a small design that no rule of the model is bent for."""
    rows = [
        f"c{candidate},{rater},{criterion},{1 + (candidate * 7 + 3 * place + 5 * (criterion == 'style') + candidate // 4) % 5}"
        for candidate in candidates for place, rater in enumerate(raters) for criterion in ("content", "style")
    ]  # fmt: skip
    return "candidate,rater,criterion,score\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("thresholds", ["common", "criterion"])
def test_severity_answers_raters_criteria_candidates_and_thresholds(run, thresholds):
    found = json.loads(run("severity", _marks(), "--thresholds", thresholds, "--json").output)
    assert [row["rater"] for row in found["raters"]] == ["a", "b", "c"]
    assert sum(row["severity"] for row in found["raters"]) == pytest.approx(0, abs=1e-9)
    assert (found["connected"], found["converged"], len(found["candidates"])) == (True, True, 12)
    assert len(found["thresholds"]) == (5 if thresholds == "common" else 10)
    assert all(1 <= row["fair_average"] <= 5 for row in found["raters"])
    assert set(found["separation"]) == {"candidates", "raters", "criteria"}


def test_severity_without_criteria_and_its_tables(run):
    content = "\n".join(",".join(row.split(",")[i] for i in (0, 1, 3)) for row in _marks().splitlines() if ",style," not in row)
    found = json.loads(run("severity", content, "--json").output)
    assert "criteria" not in found
    shown = run("severity", content)
    assert (shown.exit_code, "Thresholds" in shown.output) == (0, True)


def test_subsets_that_cannot_be_compared_are_told(run):
    content = _marks(range(12), "abc") + _marks(range(20, 32), "xyz").split("\n", 1)[1]
    found = json.loads(run("severity", content, "--json").output)
    assert found["connected"] is False
    assert [of["members"] for of in found["subsets"] if of["facet"] == "raters"] == [["a", "b", "c"], ["x", "y", "z"]]
    assert "Not connected" in run("severity", content).output


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (_marks().replace("c3,b,style,", "c3,b,style,x"), "column score"),
        (_marks() + "c0,a,style,2\n", "column score: c0, a, style stands in row"),
        (_marks() + "c99,a,style,2.5\n", 'column score: "2.5" is not a whole number'),
        (_marks() + "c99,,style,2\n", "column rater: is empty"),
        (_marks() + "c99,a,style,\n", "column score: is empty"),
        ("candidate,rater,score\nx,a,3\ny,a,3\n", "only lowest or only highest"),
        ("candidate,rater,score\n" + "x,a,1\nx,b,2\ny,a,2\ny,b,3\nz,a,3\nz,b,4\n", "some measures run to infinity"),
        ("candidate,score\nx,3\n", 'no column "rater"'),
    ],
)
def test_bad_marks_are_named_at_row_and_column(run, content, place):
    result = run("severity", content)
    assert (result.exit_code, place in result.output) == (1, True), result.output


def test_the_bias_stays_in_when_asked(run):
    plain, corrected = (json.loads(run("severity", _marks(), *how, "--json").output) for how in (["--uncorrected"], []))
    assert (plain["bias_factor"], corrected["bias_factor"]) == (1, pytest.approx(5 / 6))
    assert plain["log_likelihood"] == corrected["log_likelihood"]


@pytest.mark.parametrize(("page", "options"), [("agreement", ["--scale", "1..10"]), ("severity", [])])
def test_the_table_of_the_page_can_be_used(run, page, options):
    text = (Path(__file__).parents[2] / "docs" / "statistics" / f"{page}.md").read_text("utf-8")
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    assert run(page, table, *options).exit_code == 0

"""The commands on raters: what they print, and what they say of bad data."""

import json

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
    assert (listwise["cohen_kappa"], listwise["krippendorff_alpha"]["nominal"]["n"]) == (None, 4)


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

"""Pictures: well-formed whatever the names are, with a title and a description, round ticks, and the figures they are given."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.psychometrics import charts
from grading.psychometrics.charts.axes import Axis
from grading.psychometrics.charts.drawing import PAINTS, shorten, width_of

SVG = "{http://www.w3.org/2000/svg}"
THETA = np.linspace(-4, 4, 41)
HOSTILE = ['"><script>alert(1)</script>', "a & b ]]>", "x\x00\x1b\ufffe\ud800", "刘洋 <g onload='x'>", "", "e\u0301" * 80]


def curves(count: int) -> np.ndarray:
    return 1 / (1 + np.exp(-(THETA[None, :] - np.linspace(-2, 2, count)[:, None])))


Draw = Callable[[list[str], charts.Words], str]
PICTURES: dict[str, Draw] = {
    "few curves": lambda names, words: charts.characteristic_curves(THETA, curves(len(names)), names, words=words),
    "many curves": lambda names, words: charts.characteristic_curves(THETA, curves(4 * len(names)), names * 4, words=words),
    "total": lambda names, words: charts.total_curve(THETA, curves(9).sum(axis=0), most=9, cut=5.5, words=words),
    "information": lambda names, words: charts.information_curve(THETA, curves(1)[0], cut_logit=0.2, words=words),
    "error": lambda names, words: charts.error_curve(THETA, 1 / curves(1)[0], words=words),
    "options": lambda names, words: charts.distractor_curves(
        names[0], [1, 2], {name: np.array([0.1, 0.2]) for name in names}, names[1], words=words
    ),
    "scores": lambda names, words: charts.score_distribution([40, 55.5, 60, 61, 80], (0, 100), cut=60, error=4, words=words),
    "map": lambda names, words: charts.item_person_map([0.1, 1.2, -3], np.arange(len(names)) / 2, names, words=words),
    "dif": lambda names, words: charts.dif_plot(names, np.arange(len(names)) - 2.0, [0.3] * len(names), names, words=words),
    "severity": lambda names, words: charts.rater_severity(names, np.arange(len(names)) - 2.0, [0.3] * len(names), words=words),
    "forms": lambda names, words: charts.forms_compared(names, np.arange(len(names)), [0.3] * len(names), words=words),
    "network": lambda names, words: charts.similarity_network([*pairwise(names)], [2.0] * (len(names) - 1), 9, words=words),
    "marks": lambda names, words: charts.paired_marks([1, 2, 2], [1, 2, 3], most=8, words=words),
}  # fmt: skip


@pytest.mark.parametrize("words", charts.LANGUAGES.values(), ids=charts.LANGUAGES)
@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_every_picture_is_well_formed_names_itself_and_escapes_every_name(draw: Draw, words: charts.Words) -> None:
    for svg in (draw(HOSTILE, words), charts.as_file(draw(HOSTILE, words))):
        root = ET.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert root[0].tag == f"{SVG}title"
        assert root[0].text
        assert root[1].tag == f"{SVG}desc"
        assert root[1].text
        assert root.get("role") == "img"
        assert root.get("aria-label") == root[0].text
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
            "svg", "title", "desc", "g", "path", "line", "rect", "circle", "text", "style",
        }  # fmt: skip


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_a_picture_in_a_page_needs_no_script_no_style_and_no_other_place(draw: Draw) -> None:
    root = ET.fromstring(draw(["a", "b", "c"], charts.ENGLISH))
    attributes = {name for one in root.iter() for name in one.attrib}
    assert not [name for name in attributes if name == "style" or name.startswith("on") or "href" in name]
    assert f"{SVG}style" not in {one.tag for one in root.iter()}
    classes = {name for one in root.iter() for name in one.get("class", "").split()}
    assert classes - {"chart"} <= {f"{kind}-{name}" for kind in "fs" for name in PAINTS}


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_a_file_holds_its_colours_for_light_and_dark_and_nothing_from_elsewhere(draw: Draw) -> None:
    svg = charts.as_file(draw(["a", "b", "c"], charts.ENGLISH))
    assert "prefers-color-scheme:dark" in svg
    assert set(re.findall(r"https?://[^\"<\s]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import|<script|<image", svg)


def test_both_languages_say_the_same_things() -> None:
    named = {name: re.findall(r"\{(\w+)\}", said) for name, said in charts.ENGLISH.items()}
    assert {name: sorted(found) for name, found in named.items()} == {
        name: sorted(re.findall(r"\{(\w+)\}", said)) for name, said in charts.CHINESE.items()
    }


# Axes


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_evenly_spaced_few_and_cover_the_values(low: float, span: float) -> None:
    axis = Axis.over(low, low + span, (0, 100))
    leading = float(f"{axis.step:e}".split("e")[0])
    assert round(leading, 6) in (1, 2, 2.5, 5)
    assert 2 <= len(axis.ticks) <= 9
    assert np.diff(axis.ticks) == pytest.approx(axis.step)
    assert axis.low <= low + 1e-6 * span
    assert axis.high >= low + span - 1e-6 * span


@pytest.mark.parametrize(("low", "high", "said"), [(0, 1, "0.6"), (0, 60, "20"), (0, 0.05, "0.02"), (-4, 4, "\u22122")])
def test_ticks_are_written_with_the_decimals_they_need(low: float, high: float, said: str) -> None:
    axis = Axis.over(low, high, (0, 100))
    assert said in [axis.said(tick) for tick in axis.ticks]


@given(st.integers(1, 100_000))
def test_counts_have_whole_ticks(most: int) -> None:
    axis = Axis.over(0, most, (100, 0), most=5, whole=True)
    assert all(tick == round(tick) for tick in axis.ticks)
    assert len(axis.ticks) <= 7


def test_an_axis_without_a_span_is_still_an_axis() -> None:
    assert np.isfinite(Axis.over(3, 3, (0, 100)).at([3])).all()


# Scores


def bars_of(svg: str) -> list[tuple[float, float, int, bool]]:
    """(from, to, candidates, filled) of each bar, from its hint."""
    root, found = ET.fromstring(svg), []
    for one in root.iter(f"{SVG}rect"):
        if len(one):
            ends, _, count = (one[0].text or "").partition(": ")
            low, _, high = ends.partition("\u2013")
            found.append((float(low), float(high), int(count), one.get("fill") != "none"))
    return found


@given(st.lists(st.integers(0, 1000).map(lambda tenths: tenths / 10), min_size=1, max_size=60), st.integers(1, 99))
def test_no_bar_holds_both_who_passed_and_who_did_not(scores: list[float], cut: int) -> None:
    bars = bars_of(charts.score_distribution(scores, (0, 100), cut=cut))
    assert sum(count for *_, count, _ in bars) == len(scores)
    assert sum(count for *_, count, filled in bars if filled) == sum(score >= cut for score in scores)


def test_the_description_says_the_figures_of_the_distribution() -> None:
    root = ET.fromstring(charts.score_distribution([50, 58, 60, 72], (0, 100), cut=60, error=2.5))
    said = root[1].text or ""
    assert "4 candidates, mean 60, standard deviation 9.09, from 50 to 72." in said
    assert "The cut is 60: 2 are below it, 2 at it or above." in said
    assert "2 lie within one standard error of measurement (2.5) of the cut." in said


def test_a_distribution_of_nobody_says_so() -> None:
    assert "0 candidates" in charts.score_distribution([], (0, 100), cut=60, error=2)


# Options


def test_option_shares_are_shares_of_groups_of_rising_totals() -> None:
    totals = np.arange(10)
    means, shares = charts.option_shares(totals, np.array(["B"] * 5 + ["A"] * 5), groups=2)
    assert means.tolist() == [2, 7]
    assert {name: values.tolist() for name, values in shares.items()} == {"A": [0, 1], "B": [1, 0]}


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["A", "B", ""])), min_size=1, max_size=80))
def test_equal_totals_are_in_one_group_and_shares_add_up(answers: list[tuple[int, str]]) -> None:
    totals, chosen = np.array([one for one, _ in answers]), np.array([one for _, one in answers], dtype=np.str_)
    means, shares = charts.option_shares(totals, chosen)
    assert (np.diff(means) > 0).all()
    assert len(means) <= min(5, len(set(totals.tolist())))
    assert sum(shares.values()) == pytest.approx(np.ones(len(means)))


# Networks and texts


def test_a_network_names_every_candidate_of_a_flagged_pair_and_nobody_else() -> None:
    svg = charts.similarity_network([("c1", "c2"), ("c2", "c3"), ("c8", "c9")], [3, 2, 1], 40)
    drawn = [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]
    assert sorted(drawn) == ["c1", "c2", "c3", "c8", "c9"]


def test_a_network_without_pairs_says_so() -> None:
    assert "No pair is flagged." in charts.similarity_network([], [], 40)


def test_items_whose_difference_has_no_figure_are_left_out_and_the_largest_comes_first() -> None:
    svg = charts.dif_plot(["i1", "i2", "i3"], [0.2, np.nan, -1.9], [0.2, 0.2, 0.2], ["A", "A", "C"])
    drawn = [one.text for one in ET.fromstring(svg).iter(f"{SVG}text")]
    assert drawn[:2] == ["i3 C", "i1"]


@given(st.text(max_size=60))
def test_a_shortened_text_fits(said: str) -> None:
    assert width_of(shorten(said, 120)) <= 120

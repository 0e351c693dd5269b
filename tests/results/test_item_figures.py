"""What an item did at a sitting: pooled over the forms it was on, and flagged only when enough candidates say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_engine.results.item_figures import FEWEST_TO_FLAG, SatForm, pool_figures
from grading.psychometrics.items import analyse


def choice(key: str = "B") -> dict:
    return {"type": "single_choice", "key": key, "options": [{"id": name} for name in "ABCD"]}


def form_of(codes: str, responses: list[str], worth: float = 1.0) -> SatForm:
    """A form of choice items named by letters; each row of `responses` is one candidate, `-` a blank; B is right."""
    marks = np.array([[worth * (given == "B") for given in row] for row in responses])
    blank = [[None if given == "-" else given for given in row] for row in responses]
    return SatForm([(code, 1) for code in codes], [choice() for _ in codes], np.full(len(codes), worth), marks, blank)


GOOD = ["BBBB", "BBBA", "BBAA", "BACA", "A-AA"]


def test_an_item_on_one_form_has_the_figures_of_the_item_analysis() -> None:
    form = form_of("wxyz", GOOD)
    expected = analyse(form.marks)
    found = pool_figures([form])
    assert [found[code, 1].p.value for code in "wxyz"] == [one.p.value for one in expected]
    assert [found[code, 1].item_rest.value for code in "wxyz"] == [one.item_rest.value for one in expected]
    assert found["x", 1].omit_rate.value == 0.2


def test_what_an_item_is_worth_changes_no_figure() -> None:
    one, three = (pool_figures([form_of("wxyz", GOOD, worth)]) for worth in (1.0, 3.0))
    for key in one:
        assert three[key].p.value == pytest.approx(one[key].p.value)
        assert three[key].item_rest.value == pytest.approx(one[key].item_rest.value)
        pairs = zip(three[key].options, one[key].options, strict=True)
        assert all(a.point_biserial_rest.value == pytest.approx(b.point_biserial_rest.value) for a, b in pairs)


def test_forms_of_different_difficulty_are_averaged_and_do_not_correlate_by_themselves() -> None:
    easy = form_of("wxy", ["BBB", "BAB", "ABB", "BBA"])
    hard = form_of("wxz", ["AAA", "BAA", "ABA", "AAB", "AAA", "AAA"])
    found = pool_figures([easy, hard])
    parts = [pool_figures([form])["w", 1] for form in (easy, hard)]
    assert (found["w", 1].n, found["y", 1].n, found["z", 1].n) == (10, 4, 6)
    assert found["w", 1].p.value == pytest.approx((3 + 1) / 10)
    assert found["w", 1].item_rest.value == pytest.approx((4 * parts[0].item_rest.value + 6 * parts[1].item_rest.value) / 10)
    shares = {option.option: option.proportion.value for option in found["w", 1].options}
    assert shares == {"A": 0.6, "B": 0.4}


def test_where_an_item_does_not_vary_there_is_no_correlation_but_a_reason() -> None:
    figures = pool_figures([form_of("wx", ["BB", "BA", "BB"])])["w", 1]
    assert (figures.item_rest.value, figures.item_rest.reason) == (None, "no_variance")


def test_items_that_people_mark_have_no_figures_here() -> None:
    form = form_of("wxy", ["BBB", "BAA", "AAA"])
    form.marks[1, 2] = np.nan
    assert set(pool_figures([form])) == {("w", 1), ("x", 1)}


@pytest.mark.parametrize("copies", [FEWEST_TO_FLAG // 5, FEWEST_TO_FLAG // 5 - 1])
def test_an_item_that_the_better_candidates_get_wrong_is_flagged_once_enough_sat_it(copies: int) -> None:
    wrong_key = [row[:3] + ("C" if row[3] == "B" else "B") for row in ["BBBB", "BBBB", "BBAA", "BACA", "A-AA"]]
    flags = pool_figures([form_of("wxyz", wrong_key * copies)])["z", 1].flags
    enough = copies * 5 >= FEWEST_TO_FLAG
    assert ("negative_discrimination" in flags, "better_distractor" in flags) == (enough, enough)


@pytest.mark.parametrize(
    ("right", "blank", "flag"),
    [(19, 0, "too_hard"), (20, 0, ""), (95, 0, ""), (96, 0, "too_easy"), (50, 10, ""), (50, 11, "often_omitted")],
)
def test_flags_begin_where_the_page_says(right: int, blank: int, flag: str) -> None:
    answers = "B" * right + "-" * blank + "A" * (100 - right - blank)
    others = ["BBA" if place < right // 2 + 40 else "ABA" for place in range(100)]
    figures = pool_figures([form_of("wxyz", [answer + rest for answer, rest in zip(answers, others, strict=True)])])["w", 1]
    assert ({"too_hard", "too_easy", "often_omitted"} & set(figures.flags)) == ({flag} if flag else set())


ROWS = st.lists(st.text("AB-", min_size=3, max_size=3), min_size=1, max_size=6)


@given(ROWS, ROWS)
def test_however_few_candidates_sat_there_are_figures_or_reasons(first: list[str], second: list[str]) -> None:
    for figures in pool_figures([form_of("wxy", first), form_of("xyz", second)]).values():
        assert 0 <= figures.p.value <= 1
        assert 0 <= figures.omit_rate.value <= 1
        assert figures.item_rest.value is None or -1 <= figures.item_rest.value <= 1
        assert sum(option.proportion.value for option in figures.options) == pytest.approx(1)

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ResponseError
from grading.reading import read_number


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1 234,56", "fr", "1234.56"),
        ("1\u202f234,56", "fr", "1234.56"),
        ("1.234,56", "de", "1234.56"),
        ("1.234", "de", "1234"),
        ("1'234.50", "de-CH", "1234.5"),
        ("1,234", "es-mx", "1234"),  # the case of a language tag says nothing
        ("1,234.56", "en", "1234.56"),
        ("1,234", "en", "1234"),
        ("1,234", "es-MX", "1234"),
        ("1,234", "es", "1.234"),
        ("1 234.5", "en", "1234.5"),
        ("1.2e3", "en", "1200"),
        ("1.2E-3", None, "0.0012"),
        ("1,2e3", "de", "1200"),
        ("−5", None, "-5"),
        ("＋５", "zh-CN", "5"),
        ("９９．５", "zh-CN", "99.5"),
        ("１，２３４．５６", "zh-CN", "1234.56"),
        ("1.5万", "zh-CN", "15000"),
        ("3千万", "zh-CN", "30000000"),
        ("1亿2000万", "zh-CN", "120000000"),
        ("2万3千", "zh-CN", "23000"),
        ("1e2万3千", "zh-CN", "1003000"),  # the exponent belongs to the number it follows
        ("-1.5萬", "zh-TW", "-15000"),
        # Without a locale every form that has one meaning is read; a lone dot is the decimal sign.
        ("1 234,56", None, "1234.56"),
        ("1,234.56", None, "1234.56"),
        ("1.234,56", None, "1234.56"),
        ("1,234,567", None, "1234567"),
        ("1.234", None, "1.234"),
        ("1,5", None, "1.5"),
        ("0,234", None, "0.234"),
        (".5", None, "0.5"),
        ("1.5万", None, "15000"),
        (3.25, "de", "3.25"),
        (0.1, None, "0.1"),
        (-7, None, "-7"),
    ],
)
def test_a_number_is_read_as_its_locale_writes_it(text, locale, number):
    assert read_number(text, locale).number == Fraction(number)


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [
        ("1,234", None, "ambiguous_number"),
        ("1,5", "en", "ambiguous_number"),
        ("1.5", "de", "ambiguous_number"),
        ("1,234.56", "de", "ambiguous_number"),
        ("12,34", "en", "ambiguous_number"),
        ("1 23", "fr", "ambiguous_number"),
        ("12 34", None, "unreadable_number"),
        ("1.2.3", None, "unreadable_number"),
        ("1万200", "zh-CN", "ambiguous_number"),
        ("1万2亿", "zh-CN", "ambiguous_number"),
        ("1.5万", "en", "unreadable_number"),
        ("about 5", None, "unreadable_number"),
        ("5-6", None, "unreadable_number"),
        ("1/3", None, "unreadable_number"),
        ("10³", None, "unreadable_number"),
        ("1½", None, "unreadable_number"),
        ("1.2×10^3", None, "unreadable_number"),
        ("2 h 30 min", None, "unreadable_number"),
        ("3 or 4", None, "unreadable_number"),
        ("1e9999", None, "unreadable_number"),
        ("三百", "zh-CN", "unreadable_number"),
        ("9" * 101, None, "number_too_long"),
        (True, None, "not_a_number"),
        ([1], None, "not_a_number"),
        (float("inf"), None, "not_a_number"),
        (float("nan"), None, "not_a_number"),
        (10**400, None, "not_a_number"),
    ],
)
def test_what_has_to_be_guessed_is_refused_with_a_hint(text, locale, code):
    with pytest.raises(ResponseError) as refusal:
        read_number(text, locale, where="gap1")
    assert refusal.value.code == code
    assert refusal.value.where == "gap1"


@pytest.mark.parametrize(
    ("text", "units", "number", "unit"),
    [
        ("5 km/h", (), "5", "km/h"),
        ("5m³", (), "5", "m³"),
        ("5%", (), "5", "%"),
        ("5千克", ("千克",), "5", "千克"),
        ("5千克", ("克",), "5000", "克"),
        ("1.5万元", (), "15000", "元"),
    ],
)
def test_what_follows_the_number_is_its_unit(text, units, number, unit):
    reading = read_number(text, "zh-CN", units)
    assert (reading.number, reading.unit) == (Fraction(number), unit)


def test_an_ambiguous_number_names_both_readings():
    with pytest.raises(ResponseError, match=r"1\.234 or 1234"):
        read_number("1,234")


@given(st.decimals("-1e9", "1e9", places=3, allow_nan=False), st.sampled_from(["en", "zh-CN", "de", "fr", "de-CH"]))
def test_a_number_grouped_as_the_locale_groups_it_is_read_back(value, locale):
    group, decimal = {"en": ",.", "zh-CN": ",.", "de": ".,", "fr": " ,", "de-CH": "'."}[locale]
    text = f"{value:,.3f}".replace(",", "G").replace(".", decimal).replace("G", group)
    assert read_number(text, locale).number == Fraction(value)


@given(st.text(max_size=30), st.sampled_from([None, "en", "de", "fr", "zh-CN"]))
def test_any_text_is_either_read_or_refused(text, locale):
    with suppress(ResponseError):
        assert isinstance(read_number(text, locale).number, Fraction)

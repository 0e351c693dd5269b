"""Numbers, codes, validity and waits: the same certificate however often it is asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_engine.certificates.rules import (
    ALPHABET,
    LONGEST_WAIT,
    add_months,
    certificate_number,
    end_of,
    last_day,
    next_wait,
    standing,
    verification_code,
)


def test_the_number_names_level_year_and_result():
    assert certificate_number("intermediate", 2026, 4217) == "ITSM-I-2026-004217"


@given(st.text(min_size=1), st.binary(min_size=16))
def test_a_code_is_twelve_signs_that_depend_on_the_sites_secret(number, secret):
    code = verification_code(secret, number)
    assert code == verification_code(secret, number)
    assert code != verification_code(secret + b"x", number)
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    assert set(code) <= {*ALPHABET, "-"}


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 12, 4), 36, date(2029, 12, 3)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 27)),
        (date(2026, 1, 31), 1, date(2026, 2, 27)),
    ],
)
def test_a_validity_ends_the_day_before_the_same_day_comes_again(first, months, last):
    assert last_day(first, months) == last


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 240))
def test_months_are_added_by_the_calendar(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_a_certificate_is_valid_through_its_last_day_and_expired_the_moment_after():
    end = end_of(date(2029, 12, 3))
    assert end == datetime(2029, 12, 4, tzinfo=UTC)
    assert standing("valid", end, end - timedelta(milliseconds=1)) == "valid"
    assert standing("valid", end, end) == "expired"


def test_a_revoked_certificate_is_never_called_valid_or_expired():
    end = end_of(date(2029, 12, 3))
    assert {standing("revoked", end, end + timedelta(days=days)) for days in (-1, 1)} == {"revoked"}


def test_waits_double_from_ten_seconds_to_six_hours():
    assert [next_wait(tries).total_seconds() for tries in (1, 2, 3, 4)] == [10, 20, 40, 80]
    assert next_wait(1000) == LONGEST_WAIT

"""Cleaning as in training; what it does to numbers is why it is never shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.text.report import clean_report


def test_decimal_points_vanish():
    assert clean_report("The tube ends 4.5 cm above the carina.") == "The tube ends 45 cm above the carina."


def test_an_empty_report_is_a_full_stop():
    assert clean_report("  \n ") == "."


@given(st.text(max_size=200))
def test_the_cleaned_text_is_one_line_that_ends_with_a_stop(text):
    cleaned = clean_report(text)
    assert cleaned.endswith(".")
    assert "\n" not in cleaned
    assert not set(cleaned) & set(",?;*!%^&_+():[]{}\"/\\'")

"""Numbers as the window writes them."""

import math

import pytest

from cnnviz.gui.widgets.number_text import percent_text, short_value_text, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.83117, "0.8312"),
        (-12.0499, "−12.05"),
        (0.0, "0"),
        (3.1e-7, "3.1e−07"),
        (1234567.0, "1.235e+06"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_values_have_four_digits_and_a_real_minus(value, text):
    assert value_text(value) == text


def test_short_values_have_three_digits():
    assert short_value_text(-12.0499) == "−12"
    assert short_value_text(0.012345) == "0.0123"
    assert short_value_text(math.nan) == "NaN"


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, "100.0 %"), (0.9314, "93.1 %"), (0.00314, "0.31 %"), (0.00001, "< 0.01 %"), (0.0, "0.0 %")],
)
def test_percentages(probability, text):
    assert percent_text(probability) == text


def test_a_probability_that_is_none_says_so():
    assert percent_text(math.nan) == "NaN"

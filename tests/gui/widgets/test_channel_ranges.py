"""The channel search's little language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.gui.widgets.channel_ranges import parse_channels, ranges_text


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("", None),
        (" , ", None),
        ("3", (3,)),
        ("3, 10-12", (3, 10, 11, 12)),
        ("12-10; 3", (3, 10, 11, 12)),
        ("5, 4-6, 5", (4, 5, 6)),
        ("60 – 99", (60, 61, 62, 63)),
    ],
)
def test_numbers_and_ranges(text, channels):
    assert parse_channels(text, 64) == channels


@pytest.mark.parametrize("text", ["a", "3-", "-3", "1.5", "3 4", "1-2-3"])
def test_anything_else_is_named_in_a_sentence(text):
    with pytest.raises(ValueError, match="is neither a channel nor a range: write numbers and ranges such as 3, 10-20"):
        parse_channels(f"1, {text}", 64)


def test_channels_the_layer_does_not_have():
    with pytest.raises(ValueError, match=r"This layer has no such channel: it has 0 to 15\."):
        parse_channels("16-999999999", 16)


@given(st.sets(st.integers(0, 99), min_size=1))
def test_any_set_of_channels_can_be_written(channels):
    assert parse_channels(",".join(map(str, channels)), 100) == tuple(sorted(channels))


@given(st.sets(st.integers(0, 99), min_size=1))
def test_the_short_way_to_write_channels_names_the_same_ones(channels):
    assert parse_channels(ranges_text(list(channels)), 100) == tuple(sorted(channels))


def test_three_in_a_row_are_a_range_and_two_are_not():
    assert ranges_text((14, 3, 10, 11, 12, 13, 7, 8)) == "3, 7, 8, 10–14"
    assert ranges_text(()) == ""


@given(st.text(max_size=20), st.integers(1, 300))
def test_no_text_names_a_channel_that_is_not_there(text, count):
    try:
        channels = parse_channels(text, count)
    except ValueError:
        return
    assert channels is None or all(0 <= channel < count for channel in channels)

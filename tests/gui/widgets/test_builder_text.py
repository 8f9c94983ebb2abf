"""Options and counts of the builder's rows in words and back."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.options import Option
from cnnviz.core.networks.spec.palette import KINDS, layer
from cnnviz.gui.widgets.builder_text import (
    bytes_text,
    count_text,
    option_text,
    read_option,
    read_typed_options,
    row_words,
    typed_options,
)

PAIR = Option("kernel", "pair", (3, 3), "", 0, 64, words=("same",))
EVERY_OPTION = [(kind, option) for kind in KINDS.values() for option in kind.options]


def test_two_sides_are_read_however_they_are_parted():
    assert {read_option(PAIR, text) for text in ("3×5", "3x5", "3,5", "3 5", " 3 × 5 ", "3*5")} == {(3, 5)}


def test_one_side_stands_for_both_and_words_for_themselves():
    assert [read_option(PAIR, text) for text in ("7", "same", "0")] == [(7, 7), "same", (0, 0)]


def test_what_is_no_pair_is_refused_with_what_it_must_be():
    for text in ("", "−1", "65", "3×", "1×2×3", "sam", "1e3", "2.5"):
        with pytest.raises(NetworkError, match=r"kernel is .*must be a whole number from 0 to 64 or two of them"):
            read_option(PAIR, text)


def test_every_default_of_the_palette_reads_back():
    for kind, option in EVERY_OPTION:
        default = kind.row("row").options[option.name]
        assert read_option(option, option_text(default)) == default, (kind.name, option.name)


@given(st.text(max_size=12))
def test_anything_typed_is_a_value_of_the_option_or_refused(text):
    for option in {option.name: option for _, option in EVERY_OPTION}.values():
        with contextlib.suppress(NetworkError):
            value = read_option(option, text)
            assert option.normalised(value) == value


def test_a_line_of_all_options_reads_back():
    for kind in KINDS.values():
        row = kind.row("row")
        given_ones = [option for option in kind.options if row.options[option.name] is not None]
        read = read_typed_options(kind.options, typed_options(given_ones, row.options))
        assert kind.row("row", **read).options == row.options, kind.name


def test_a_typed_option_may_be_cut_short_where_it_is_plain():
    options = KINDS["conv"].options
    assert read_typed_options(options, "f=8 k=3×5") == {"filters": 8, "kernel": (3, 5)}
    with pytest.raises(NetworkError, match="'p=1' is no option"):
        read_typed_options(options, "p=1")


def test_a_row_in_a_few_words():
    expected = {
        layer("conv", filters=6, kernel=5): "Conv  5×5",
        layer("conv", kernel=(3, 1), stride=2, padding="same", bias=False): "Conv  3×1, stride 2, pad same, no bias",
        layer("max_pool", kernel=3, stride=2): "Max  3×3, stride 2",
        layer("relu"): "ReLU",
        layer("linear"): "Linear",
        layer("vgg_block", convs=3): "VGG  3×3, 3 convolutions",
        layer("dropout"): "Dropout  p 0.5",
    }
    kinds = {row: KINDS[row.kind] for row in expected}
    assert {row: row_words(kind.title, kind.options, row.options) for row, kind in kinds.items()} == expected


def test_counts_and_bytes():
    counts = {0: "0", 99_999: "99,999", 100_000: "100 k", 999_499: "999 k", 999_500: "1.00 M", 15_346_630_656: "15.3 G"}
    assert {count: count_text(count) for count in counts} == counts
    sizes = {0: "0 B", 999: "999 B", 1_000: "1.00 kB", 18_816: "18.8 kB", 1_161_600: "1.16 MB"}
    assert {count: bytes_text(count) for count in sizes} == sizes


@given(st.integers(100_000, 10**14))
def test_a_count_loses_less_than_half_a_percent(count):
    number, unit = count_text(count).split(" ")
    size = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit]
    assert abs(float(number.replace(",", "")) * size - count) <= 0.005 * count

"""A unit's arithmetic in words: every kind, with its numbers, its places and the check."""

import math

import numpy as np
import pytest

from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.unit import (
    Addition,
    Average,
    Copy,
    Function,
    Maximum,
    Normalisation,
    Patch,
    Rank,
    Unit,
    WeightedSum,
)
from cnnviz.gui.widgets.unit_words import check_text, exact_text, formula, matrix_text, rank_text


def patch(values, rows=(4, 5), columns=(7, 8), channels=None):
    values = np.asarray(values, float)
    channels = np.arange(len(values)) if channels is None else np.asarray(channels)
    return Patch(values, channels, np.array(rows), np.array(columns))


def unit(arithmetic, value=None, kind="Conv2d", tolerance=1e-6):
    value = arithmetic.result if value is None and arithmetic is not None else value
    return Unit("layer", kind, 3, (1, 2), value, Rank(1, 4, 2, 80), arithmetic, tolerance)


def plain(text):
    """Without the tags."""
    return text.replace("<b>", "").replace("</b>", "").replace("<br>", " ")


TWO = np.array([[[1, 2], [3, 4]], [[0, 1], [0, 1]]], float)


def test_a_sum_tells_channels_bias_and_where_it_reads():
    words = formula(unit(WeightedSum(patch(TWO), np.ones((2, 2, 2)), 0.5)), ["relu"])
    assert plain(words) == ('Σ over 2 input channels of <a href="0">relu</a> + bias 0.5 = 12.5 Rows 4–5, columns 7–8.')


def test_padding_is_counted():
    words = formula(unit(WeightedSum(patch(TWO, rows=(-1, 0)), np.ones((2, 2, 2)), 0.0)), [NETWORK_INPUT])
    assert plain(words).endswith("Rows 0, columns 7–8, 2 of 4 places in padding.")
    assert "the network's input" in words
    assert "href" not in words


def test_a_linear_layer_has_no_places():
    linear = WeightedSum(patch([[[2.0]], [[3.0]]], rows=(0,), columns=(0,)), np.full((2, 1, 1), 0.5), 1.0)
    assert plain(formula(unit(linear, kind="Linear"), ["flatten"])) == (
        'Σ over 2 inputs of <a href="0">flatten</a> + bias 1 = 3.5'
    )


@pytest.mark.parametrize(
    ("arithmetic", "inputs", "words"),
    [
        (
            Maximum(patch(TWO[:1])),
            ["relu"],
            'The largest of 2×2 cells of <a href="0">relu</a>: 4, at y 5, x 8. Rows 4–5, columns 7–8.',
        ),
        (
            Average(patch(TWO[:1], rows=(0, 1), columns=(3, 4)), 4),
            ["relu"],
            'The mean of 2×2 cells of <a href="0">relu</a>: their sum 10 / 4 = 2.5. Rows 0–1, columns 3–4.',
        ),
        (
            Normalisation(2.0, 1.0, 3.0, 1.0, 6.0, 0.25),
            ["conv"],
            '(input 2 − mean 1) / √(variance 3 + ε 1) × weight 6 + bias 0.25 = 3.25, of <a href="0">conv</a>.',
        ),
        (Function(-0.5, 0.0), ["conv"], 'Conv2d(−0.5) = 0, of <a href="0">conv</a>.'),
        (
            Addition((0.5, -0.25)),
            ["bn", "input"],
            '0.5 + −0.25 = 0.25, of <a href="0">bn</a>, the network\'s input.',
        ),
        (
            Copy(1, 36, 6, 5, 1.5),
            ["a", "b<c"],
            'Handed on from <a href="1">b&lt;c</a>, channel 36, y 6, x 5: 1.5.',
        ),
    ],
)
def test_every_kind_is_told(arithmetic, inputs, words):
    assert plain(formula(unit(arithmetic), inputs)) == words


def test_what_is_not_known_is_said():
    assert "What Fire computes is not spelled out" in formula(unit(None, 1.0, kind="Fire"), ["a"])


def test_the_check_agrees_differs_or_knows_nan():
    arithmetic = Addition((1.0, 2.0))
    assert check_text(unit(arithmetic)) == "captured 3 ✓ difference 0"
    assert check_text(unit(arithmetic, 3.0000001, tolerance=1e-5)) == "captured 3 ✓ difference 1e-07"
    assert check_text(unit(arithmetic, 3.5)) == "captured 3.5 ✗ difference 0.5, more than rounding explains"
    assert check_text(unit(Addition((math.nan, 1.0)))) == "captured NaN ✓"
    assert check_text(unit(arithmetic, math.inf)) == "captured ∞ ✗"
    assert check_text(unit(None, 1.0)) == ""


@pytest.mark.parametrize(
    ("rank", "words"),
    [
        (Rank(3, 64, 1204, 193600), "3rd of 64 channels here, 1,204th of 193,600 in the layer"),
        (Rank(1, 1, 22, 900), "22nd of 900 in the layer"),
        (Rank(11, 1000, 11, 1000), "11th of 1,000 values"),
        (Rank(101, 128, 112, 400), "101st of 128 channels here, 112th of 400 in the layer"),
        (Rank(None, 64, None, 900), "not a number: it has no rank"),
    ],
)
def test_ranks_are_ordinal_numbers(rank, words):
    assert rank_text(rank) == words


def test_numbers_have_six_digits_and_go_into_a_spreadsheet_whole():
    assert [exact_text(value) for value in (-0.123456789, 1e-9, math.nan, 12.0)] == ["−0.123457", "1e−09", "NaN", "12"]
    assert matrix_text(np.array([[1.5, -2.0], [0.1, 3.0]])) == "1.5\t-2.0\n0.1\t3.0"

"""Effective fields as values: the paper's size, boxes and means by hand."""

import numpy as np
import pytest

from cnnviz.core.effective_field import SHARE_OF_STRONGEST, EffectiveField, FieldAverage
from cnnviz.core.errors import LayerError
from cnnviz.core.receptive_field import Region


def field(heat, **other):
    return EffectiveField("conv", other.pop("channel", 0), (0, 0), np.asarray(heat, np.float32), **other)


def test_the_size_is_the_side_of_a_square_with_as_many_pixels_as_count():
    heat = np.zeros((8, 9))
    heat[2:4, 1:9] = SHARE_OF_STRONGEST * 1.01
    heat[3, 4] = 1.0
    heat[7, 0] = SHARE_OF_STRONGEST * 0.99
    assert field(heat).side == pytest.approx(4.0)
    assert field(heat).extent == Region(2, 1, 4, 9)


def test_of_a_gaussian_two_and_a_half_deviations_count():
    """exp(−r²/2σ²) falls to 4.55 % at r = σ √(2 ln(1/0.0455)): a disc of that radius has the area of the square."""
    y, x = np.mgrid[-60:61, -60:61]
    heat = np.exp(-(y**2 + x**2) / (2 * 12.0**2))
    radius = 12 * np.sqrt(2 * np.log(1 / 0.0455))
    assert field(heat).side == pytest.approx(radius * np.sqrt(np.pi), rel=0.01)


def test_a_unit_that_changes_with_no_pixel_has_no_field():
    silent = field(np.zeros((4, 4)))
    assert silent.side == 0.0
    assert silent.extent is None
    assert not silent.counted.any()


def test_numbers_that_are_not_finite_are_counted_and_do_not_count():
    heat = np.ones((2, 3))
    heat[0] = (np.nan, np.inf, 1e-9)
    broken = field(heat)
    assert broken.not_finite == 2
    assert broken.strongest == 1.0
    assert broken.extent == Region(1, 0, 2, 3)


def test_the_average_counts_pictures():
    average = FieldAverage().add(field([[1.0, 0.0]])).add(field([[4.0, 2.0]], pictures=3))
    result = average.result()
    assert result.pictures == 4
    assert result.heat.tolist() == [[3.25, 1.5]]
    assert result.heat.dtype == np.float32


def test_the_average_of_nothing_is_nothing():
    assert FieldAverage().result() is None


@pytest.mark.parametrize("other", [field([[1.0, 2.0]], channel=1), field([[1.0], [2.0]])])
def test_another_unit_does_not_join_an_average(other):
    average = FieldAverage().add(field([[1.0, 0.0]]))
    with pytest.raises(LayerError, match="start a new average for another unit"):
        average.add(other)

"""The patch a unit sees is just those pixels; what lies beyond the picture has a colour of its own."""

import numpy as np

from cnnviz.gui.widgets.unit_patch import cut_out

PICTURE = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
GREY = (9, 9, 9)


def test_whole_pixels_are_cut_as_they_are():
    assert np.array_equal(cut_out(PICTURE, (1.0, 2.0, 3.0, 6.0), GREY), PICTURE[1:3, 2:6])


def test_pixels_that_are_touched_belong_to_it():
    assert np.array_equal(cut_out(PICTURE, (1.4, 2.9, 1.6, 3.1), GREY), PICTURE[1:2, 2:4])
    assert cut_out(PICTURE, (2.0, 2.0, 2.0, 2.0), GREY).shape == (1, 1, 3)


def test_beyond_the_picture_is_grey():
    cut = cut_out(PICTURE, (-1.0, 4.0, 2.0, 8.0), GREY)
    assert cut.shape == (3, 4, 3)
    assert (cut[0] == GREY).all()
    assert (cut[:, 2:] == GREY).all()
    assert np.array_equal(cut[1:, :2], PICTURE[:2, 4:6])
    assert (cut_out(PICTURE, (-9.0, -9.0, -5.0, -5.0), GREY) == GREY).all()

"""PNG files, read back by another library."""

import numpy as np
import pytest
from PIL import Image

from cnnviz.core.rendering.colormaps import palette
from cnnviz.core.rendering.png import write_indices, write_png


def test_red_stays_red(tmp_path):
    picture = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[1, 2, 3], [250, 128, 7], [0, 0, 0]]], np.uint8)
    before = picture.copy()
    write_png(tmp_path / "out.png", picture)
    with Image.open(tmp_path / "out.png") as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(image), picture)
    assert np.array_equal(picture, before)


def test_read_only_and_strided_pictures(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)[::2, ::-1]
    picture.flags.writeable = False
    write_png(tmp_path / "häuser 猫.png", picture)
    with Image.open(tmp_path / "häuser 猫.png") as image:
        assert np.array_equal(np.asarray(image), picture)


def test_indices_in_their_colours(tmp_path):
    colours = palette("viridis", gap=(10, 20, 30), dead=(1, 1, 1))
    write_indices(tmp_path / "out.png", np.array([[0, 249, 250]], np.uint8), colours)
    with Image.open(tmp_path / "out.png") as image:
        assert np.asarray(image).tolist() == [[[68, 1, 84], [253, 231, 37], [10, 20, 30]]]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        write_png(tmp_path / "nowhere" / "out.png", np.zeros((1, 1, 3), np.uint8))

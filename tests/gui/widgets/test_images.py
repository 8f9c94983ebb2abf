"""Arrays as Qt images, by pixel."""

import numpy as np

from cnnviz.gui.widgets.images import color_table, indexed_image, rgb_image


def test_indices_become_their_colours_and_the_array_is_not_kept():
    palette = np.stack([np.arange(256), 255 - np.arange(256), np.full(256, 7)], axis=1).astype(np.uint8)
    indices = np.array([[0, 1, 250], [3, 4, 255]], np.uint8)
    image = indexed_image(indices, color_table(palette))
    indices[:] = 9
    assert (image.height(), image.width()) == (2, 3)
    assert image.pixelColor(2, 0).getRgb() == (250, 5, 7, 255)
    assert image.pixelColor(0, 1).getRgb() == (3, 252, 7, 255)


def test_read_only_and_sliced_pictures():
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    pixels.flags.writeable = False
    image = rgb_image(pixels[:, ::-1])
    for y, x in ((0, 0), (4, 6), (2, 3)):
        assert image.pixelColor(x, y).getRgb()[:3] == tuple(pixels[y, 6 - x].tolist())

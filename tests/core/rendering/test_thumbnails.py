"""A layer at a glance, checked against its maps."""

import numpy as np
import torch

from cnnviz.core.rendering.colormaps import SHADES
from cnnviz.core.rendering.thumbnails import thumbnail


def test_the_strongest_channel_is_drawn_in_its_own_range():
    maps = torch.zeros(3, 4, 4)
    maps[0, 0, 0] = 1.0
    maps[2] = torch.linspace(-8, 0, 16).reshape(4, 4)
    picture = thumbnail("conv", maps, 16)
    assert picture.shape == (1, 4, 4)
    assert (picture.low[0], picture.high[0]) == (-8.0, 0.0)
    drawn = picture.indices[np.ix_(range(2, 16, 4), range(2, 16, 4))]  # a pixel of each cell
    assert drawn.flatten().tolist() == sorted(drawn.flatten().tolist())
    assert (drawn[0, 0], drawn[-1, -1]) == (0, SHADES - 1)


def test_a_vector_has_its_values():
    picture = thumbnail("fc", torch.tensor([1.0, -2.0, 3.0]), 16)
    assert picture.values.tolist() == [1.0, -2.0, 3.0]

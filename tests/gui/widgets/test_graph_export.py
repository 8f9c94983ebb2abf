"""Pictures of whole graphs stay within what an image can be."""

import pytest

from cnnviz.gui.widgets.graph_export import LONGEST_SIDE, MOST_PIXELS, picture_scale


@pytest.mark.parametrize(
    ("width", "height"), [(300, 500), (300, 60_000), (120_000, 200), (9_000, 9_000), (1, 10_000_000)]
)
def test_the_scale_keeps_every_bound(width, height):
    scale = picture_scale(width, height)
    assert scale <= 2
    assert max(width, height) * scale <= LONGEST_SIDE + 1
    assert width * height * scale**2 <= MOST_PIXELS * 1.001


def test_a_graph_of_ordinary_size_is_drawn_at_twice_its_size():
    assert picture_scale(400, 3_000) == 2

"""Where a receptive field lies on the picture, beside the geometry of the core, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.receptive_field import ReceptiveField, Region, picture_box
from cnnviz.core.sources.geometry import picture_map
from cnnviz.gui.widgets.seen_field import InputPlace, SeenField, field_words, kept_inside

SIZES = st.tuples(st.integers(3, 900), st.integers(3, 900))


@given(
    size=SIZES,
    shown=SIZES,
    fit=st.sampled_from(("crop", "squash", "pad")),
    region=st.tuples(*[st.integers(-40, 260)] * 4),
)
def test_a_box_lies_where_the_geometry_puts_it(size, shown, fit, region):
    """The picture is shown at another size than the frame has."""
    mapping = picture_map(size, Preprocessing(fit=fit))
    network = Preprocessing().input_size
    expected = picture_box(Region(*region), mapping)
    scale = shown[0] / size[0], shown[1] / size[1]
    box = InputPlace(mapping.seen, shown, network).box(Region(*region))
    assert box == pytest.approx([place * scale[axis % 2] for axis, place in enumerate(expected)], rel=1e-9, abs=1e-6)


def test_a_mirrored_box_is_the_looking_glass_of_the_other():
    straight = InputPlace((0, 0.25, 1, 0.75), (100, 200), (50, 50))
    mirrored = InputPlace((0, 0.25, 1, 0.75), (100, 200), (50, 50), mirrored=True)
    assert straight.box(Region(0, 0, 10, 5)) == (0, 50, 20, 60)
    assert mirrored.box(Region(0, 0, 10, 5)) == (0, 140, 20, 150)
    assert straight.whole == mirrored.whole == (0, 50, 100, 150)


def test_only_edges_beyond_the_picture_move_inside():
    assert kept_inside((5, 6, 20, 30), (100, 200), 3) == (5, 6, 20, 30)
    assert kept_inside((0, -40, 100, 300), (100, 200), 3) == (3, 3, 97, 197)
    assert kept_inside((-9, 10, -2, 20), (100, 200), 3) == (3, 10, 3, 20)


def conv(kernel, padding=0, size=32):
    start = ReceptiveField.of_input((size, size))
    cells = size + 2 * padding - kernel + 1
    return start.through_window((kernel, kernel), (1, 1), (padding, padding), (cells, cells))


@pytest.mark.parametrize(
    ("field", "cell", "listens", "words"),
    [
        (conv(5), (3, 4), None, "Sees 5×5 in theory · conv, y 3, x 4"),
        (conv(5), (3, 4), 2.6, "Sees 5×5 in theory, listens to 3×3 · conv, y 3, x 4"),
        (conv(5), (0, 0), 0.0, "Sees 5×5 in theory, changes with no pixel now · conv, y 0, x 0"),
        (conv(5, 2), (0, 4), None, "Sees 5×5 in theory (partly padding) · conv, y 0, x 4"),
        (conv(5, 5), (0, 0), None, "Sees nothing but padding · conv, y 0, x 0"),
        (
            conv(41, 20),
            (9, 9),
            None,
            "Sees 41×41 in theory (larger than the picture: 32×32) · conv, y 9, x 9",
        ),
        (conv(5).gathered(), (0, 0), None, "Sees the whole picture · conv, y 0, x 0"),
        (None, (7, 7), None, "What it sees is not known · conv, y 7, x 7"),
    ],
)
def test_a_field_is_told_in_words(field, cell, listens, words):
    assert field_words(SeenField("conv", cell, field, listens)) == words

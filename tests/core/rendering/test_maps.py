"""Drawn maps by pixel, against a plain second version in numpy."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.errors import LayerError
from cnnviz.core.rendering.colormaps import DEAD, GAP, NOT_FINITE, shade
from cnnviz.core.rendering.layout import mosaic_layout
from cnnviz.core.rendering.maps import as_maps, channel_map, draw_maps, ranges, read_probe, shown_channels
from cnnviz.core.rendering.statistics import LayerHistory
from cnnviz.core.views import MapsView, MosaicPicture, Probe, Scaling, VectorPicture

ORDERS = ("index", "mean", "maximum", "variance", "change")


def drawn(values, *, size=(60, 80), frame=0, **options):
    maps = values if isinstance(values, torch.Tensor) else torch.tensor(np.asarray(values, np.float32))
    view = MapsView("view", ("layer",), size, **options)
    statistics = LayerHistory().measure(maps, frame, (view.order,))
    return draw_maps(view, "layer", maps, statistics)


def tile(picture, position):
    top, left, bottom, right = picture.layout.tile_rect(position)
    return picture.indices[top:bottom, left:right]


def plain_tile(cells, height, width, low, high):
    """Each pixel on its own: the mean of the cells it touches where there are more of them, else the nearest cell."""
    rows, columns = min(height, cells.shape[0]), min(width, cells.shape[1])
    coarse = np.empty((rows, columns), np.float32)
    for row, column in itertools.product(range(rows), range(columns)):
        top, bottom = row * cells.shape[0] // rows, -(-(row + 1) * cells.shape[0] // rows)
        left, right = column * cells.shape[1] // columns, -(-(column + 1) * cells.shape[1] // columns)
        coarse[row, column] = cells[top:bottom, left:right].astype(np.float64).mean()
    nearest_row = ((np.arange(height) + 0.5) / height * rows).astype(int)
    nearest_column = ((np.arange(width) + 0.5) / width * columns).astype(int)
    return shade(coarse, low, high)[nearest_row][:, nearest_column]


def assert_same_shades(found, expected):
    """A mean that falls on the border of two shades may be rounded either way."""
    difference = np.abs(found.astype(int) - expected.astype(int))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


# ------------------------------------------------------------------------------------------------------------- as_maps


def test_chw_is_a_view_of_the_first_in_the_batch():
    activation = torch.randn(2, 3, 4, 5)
    maps = as_maps(activation, "chw")
    assert torch.equal(maps, activation[0])
    assert maps.data_ptr() == activation.data_ptr()


def test_hwc_is_a_view():
    activation = torch.randn(1, 4, 5, 3)
    maps = as_maps(activation, "hwc")
    assert maps.shape == (3, 4, 5)
    assert maps[2, 1, 4] == activation[0, 1, 4, 2]
    assert maps.data_ptr() == activation.data_ptr()


@pytest.mark.parametrize("class_token", [0, 1])
def test_tokens_stand_on_a_square_grid(class_token):
    activation = torch.randn(1, 9 + class_token, 6)
    maps = as_maps(activation, "tokens")
    assert maps.shape == (6, 3, 3)
    assert maps[5, 1, 2] == activation[0, class_token + 1 * 3 + 2, 5]


@pytest.mark.parametrize(("shape", "axes"), [((1, 7), "vector"), ((1, 7, 1, 1), "chw"), ((1, 7, 1, 1), "vector")])
def test_one_value_per_channel_is_a_vector(shape, axes):
    activation = torch.randn(shape)
    assert as_maps(activation, axes).tolist() == activation.flatten().tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.uint8, torch.bool])
def test_any_number_type_becomes_float32(dtype):
    maps = as_maps(torch.ones(1, 2, 3, 3).to(dtype), "chw")
    assert maps.dtype == torch.float32
    assert maps.sum() == 18


def test_gradients_are_left_behind():
    assert not as_maps(torch.ones(1, 2, 3, 3, requires_grad=True) * 2, "chw").requires_grad


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((1, 2, 3), "chw"), ((1, 8, 5), "tokens"), ((1, 2, 3, 3), ""), ((1, 0, 3, 3), "chw"), ((1, 0), "vector")],
)
def test_what_has_no_maps_is_refused(shape, axes):
    with pytest.raises(LayerError, match="×".join(map(str, shape)) + r".* no maps to show; choose a layer"):
        as_maps(torch.zeros(shape), axes)


def test_complex_numbers_are_refused():
    with pytest.raises(LayerError, match="complex64"):
        as_maps(torch.zeros(1, 2, 3, 3, dtype=torch.complex64), "chw")


# -------------------------------------------------------------------------------------------------------------- pixels


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9),
    st.tuples(st.integers(1, 20), st.integers(2, 20)),
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.sampled_from(["channel", "layer", "fixed", "signed"]),
    st.sampled_from(ORDERS),
    st.booleans(),
)
def test_every_pixel_equals_the_plain_version(count, map_size, size, mode, order, channels_last):
    values = np.random.default_rng(count).normal(0.3, 1, (count, *map_size)).astype(np.float32)
    maps = torch.tensor(values)
    if channels_last:
        maps = maps.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    picture = drawn(maps, size=size, scaling=Scaling(mode, -0.5, 1), order=order)
    covered = np.zeros(size, bool)
    for position, channel in enumerate(picture.layout.channels):
        found = tile(picture, position)
        low, high = picture.low[position], picture.high[position]
        assert_same_shades(found, plain_tile(values[channel], *found.shape, low, high))
        top, left, bottom, right = picture.layout.tile_rect(position)
        covered[top:bottom, left:right] = True
    assert picture.indices.shape == size
    assert np.all(picture.indices[~covered] == GAP)


def test_two_maps_by_hand():
    picture = drawn([[[0, 1], [2, 4]], [[-8, 0], [0, 8]]], size=(4, 8))
    assert picture.shape == (2, 2, 2)
    assert (picture.layout.tile_height, picture.layout.gap) == (4, 0)
    assert picture.indices.tolist() == [
        [0, 0, 62, 62, 0, 0, 125, 125],
        [0, 0, 62, 62, 0, 0, 125, 125],
        [125, 125, 249, 249, 125, 125, 249, 249],
        [125, 125, 249, 249, 125, 125, 249, 249],
    ]
    assert (picture.low.tolist(), picture.high.tolist()) == ([0, -8], [4, 8])


def test_averages_by_hand():
    cells = [[0, 2, 10, 10], [2, 4, 10, 10], [8, 8, 0, 0], [8, 8, 0, 4]]
    picture = drawn([cells], size=(2, 2), scaling=Scaling("fixed", 0, 10))
    assert picture.indices.tolist() == [[50, 249], [200, 25]]


class OnApple(torch.Tensor):
    """What MPS cannot do throws here as it does there."""

    @property
    def device(self):
        return torch.device("mps")

    def cpu(self):
        return self.as_subclass(torch.Tensor)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is torch.nn.functional.adaptive_avg_pool2d:
            raise RuntimeError("Adaptive pool MPS: input sizes must be divisible by output sizes.")
        return super().__torch_function__(func, types, args, kwargs)


def test_on_apple_s_gpu_maps_shrink_to_sizes_that_do_not_divide_them():
    cells = torch.arange(25.0).reshape(1, 5, 5)
    view = MapsView("view", ("layer",), (3, 3), scaling=Scaling("fixed", 0, 25))
    statistics = LayerHistory().measure(cells, 0)
    expected = draw_maps(view, "layer", cells, statistics).indices
    assert draw_maps(view, "layer", cells.as_subclass(OnApple), statistics).indices.tolist() == expected.tolist()
    assert expected.tolist() == [[30, 45, 60], [105, 120, 135], [180, 195, 210]]


@pytest.mark.parametrize(
    ("scaling", "low", "high"),
    [
        (Scaling("channel"), [-2, 0], [1, 5]),
        (Scaling("layer"), [-2, -2], [5, 5]),
        (Scaling("fixed", -7, 9), [-7, -7], [9, 9]),
        (Scaling("signed"), [-5, -5], [5, 5]),
    ],
)
def test_ranges_by_hand(scaling, low, high):
    statistics = LayerHistory().measure(torch.tensor([[[-2.0, 1.0]], [[0.0, 5.0]]]), 0)
    found = ranges(scaling, statistics)
    assert (found[0].tolist(), found[1].tolist()) == (low, high)


def test_hover_reads_the_cell_that_was_drawn():
    values = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    picture = drawn(values, size=(33, 100), scaling=Scaling("layer"))
    for y, x in itertools.product(range(33), range(100)):
        cell = picture.layout.cell_at(y, x)
        expected = GAP if cell is None else int(shade(values[cell], 0, 29))
        assert picture.indices[y, x] == expected


# ------------------------------------------------------------------------------------------------- what is not a number


def test_damaged_cells_are_never_drawn_as_values():
    values = np.array([[[0, np.nan], [1, 2]], [[np.inf, 0], [-np.inf, 1]], [[0, 1], [2, 4]]])
    picture = drawn(values, size=(2, 6))
    assert tile(picture, 0).tolist() == [[0, NOT_FINITE], [125, 249]]
    assert tile(picture, 1).tolist() == [[NOT_FINITE, 0], [NOT_FINITE, 249]]
    assert tile(picture, 2).tolist() == [[0, 62], [125, 249]]
    assert (picture.low.tolist(), picture.high.tolist()) == ([0, 0, 0], [2, 1, 4])


@pytest.mark.parametrize("mode", ["channel", "layer", "fixed", "signed"])
@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf])
def test_an_average_with_a_damaged_cell_says_so(mode, damage):
    values = np.zeros((1, 8, 8), np.float32)
    values[0, 0, 0], values[0, 7, 7] = damage, 1
    picture = drawn(values, size=(4, 4), scaling=Scaling(mode))
    assert np.argwhere(picture.indices == NOT_FINITE).tolist() == [[0, 0]]


@pytest.mark.parametrize("mode", ["channel", "layer", "signed"])
def test_nothing_finite_at_all(mode):
    picture = drawn(np.full((2, 3, 3), np.nan), size=(20, 40), scaling=Scaling(mode))
    assert set(np.unique(picture.indices)) == {GAP, NOT_FINITE}
    assert np.isnan(picture.low).all()


@pytest.mark.parametrize("mode", ["channel", "layer", "fixed", "signed"])
def test_dead_channels_are_marked(mode):
    values = np.stack([np.zeros((4, 4)), np.arange(16).reshape(4, 4), np.full((4, 4), 3)])
    picture = drawn(values, size=(12, 40), scaling=Scaling(mode))
    assert [int((tile(picture, position) == DEAD).mean()) for position in range(3)] == [1, 0, 1]
    assert DEAD not in tile(picture, 1)


def test_a_fixed_range_without_extent_is_a_step():
    picture = drawn([[[1, 2, 3]]], size=(1, 3), scaling=Scaling("fixed", 2, 2))
    assert picture.indices.tolist() == [[0, 0, 249]]


# ------------------------------------------------------------------------------------------------------- which channels

FOUR = np.array([[[1, 1], [1, 1]], [[0, 9], [0, 0]], [[4, 4], [4, 5]], [[-7, -7], [5, 5]]], np.float32)


@pytest.mark.parametrize(
    ("order", "channels"),
    [
        ("index", (0, 1, 2, 3)),
        ("mean", (2, 1, 0, 3)),  # 4.25, 2.25, 1, −1
        ("maximum", (1, 2, 3, 0)),  # 9, 5, 5, 1: ties by index
        ("variance", (3, 1, 2, 0)),  # 36, 15.2, 0.19, 0
    ],
)
def test_orders_by_hand(order, channels):
    picture = drawn(FOUR, order=order)
    assert picture.layout.channels == channels
    single = {channel: drawn(FOUR, size=(9, 9), channels=(channel,)).indices for channel in range(4)}
    for position, channel in enumerate(channels):
        shown = tile(picture, position)
        assert set(np.unique(shown)) == set(np.unique(single[channel])) - {GAP}


def test_order_by_change():
    history = LayerHistory()
    history.measure(torch.tensor(FOUR), 0, ("change",))
    changed = torch.tensor(FOUR)
    changed[2] += 3
    changed[0, 0, 0] += 1
    view = MapsView("view", ("layer",), (50, 50), order="change")
    picture = draw_maps(view, "layer", changed, history.measure(changed, 1, ("change",)))
    assert picture.layout.channels == (2, 0, 1, 3)


def test_channels_without_finite_cells_come_last():
    values = FOUR.copy()
    values[1] = np.nan
    assert drawn(values, order="maximum").layout.channels == (2, 3, 0, 1)
    assert drawn(values, order="mean").layout.channels == (2, 0, 3, 1)


def test_search_and_hidden_dead_channels():
    assert drawn(FOUR, channels=(3, 0, 2, 99, -1)).layout.channels == (0, 2, 3)
    assert drawn(FOUR, channels=(3, 0, 2), hide_dead=True, order="maximum").layout.channels == (2, 3)
    nothing = drawn(FOUR, channels=())
    assert nothing.layout.channels == ()
    assert np.all(nothing.indices == GAP)
    assert nothing.low.shape == (0,)


def test_an_order_that_was_not_measured_is_a_mistake():
    view = MapsView("view", ("layer",), (10, 10), order="variance")
    with pytest.raises(ValueError, match='"variance" when it was measured'):
        shown_channels(view, LayerHistory().measure(torch.tensor(FOUR), 0))


def test_one_channel_large():
    picture = drawn(FOUR, size=(40, 60), single=3, channels=(1,), hide_dead=True)
    assert picture.layout.channels == (3,)
    assert (picture.layout.tile_height, picture.layout.tile_width) == (40, 40)
    assert tile(picture, 0)[[0, 0, 39, 39], [0, 39, 0, 39]].tolist() == [0, 0, 249, 249]
    assert drawn(FOUR, single=4).layout.channels == ()
    assert drawn(FOUR, single=-1).layout.channels == ()


def test_more_channels_than_pixels():
    picture = drawn(np.random.default_rng(0).normal(size=(50, 3, 3)), size=(4, 5))
    assert picture.layout.hidden == 30
    assert GAP not in picture.indices


def test_a_picture_without_pixels():
    assert drawn(FOUR, size=(0, 30)).indices.shape == (0, 30)


def test_a_large_layer_after_a_search_equals_the_layer_of_those_alone():
    values = np.random.default_rng(1).normal(size=(40, 9, 9)).astype(np.float32)
    wanted = (3, 17, 38)
    found = drawn(values, channels=wanted, order="mean")
    alone = drawn(values[list(wanted)], order="mean")
    assert np.array_equal(found.indices, alone.indices)
    assert [wanted[channel] for channel in alone.layout.channels] == list(found.layout.channels)


# ------------------------------------------------------------------------------------------------------ vectors, strips


def test_a_vector_is_drawn_as_its_values():
    activation = torch.tensor([[2.0, 0.0, -1.0, 7.0]])
    picture = drawn(as_maps(activation, "vector"), order="maximum", hide_dead=True)
    activation.zero_()  # an in-place layer that follows
    assert isinstance(picture, VectorPicture)
    assert picture.values.tolist() == [2, 0, -1, 7]
    assert picture.order.tolist() == [3, 0, 2]
    assert picture.order.dtype == np.int32


def test_a_mosaic_is_kept_from_later_rewriting():
    maps = torch.tensor(FOUR)
    picture = drawn(maps)
    before = picture.indices.copy(), picture.low.copy()
    maps.zero_()
    assert np.array_equal(picture.indices, before[0])
    assert np.array_equal(picture.statistics.low, before[1])


def test_a_strip_shows_the_strongest_channels_of_each_layer():
    maps = torch.tensor(FOUR)
    view = MapsView("view", ("first", "second", "third"), (31, 25))
    statistics = LayerHistory().measure(maps, 0)
    rows = [draw_maps(view, layer, maps, statistics) for layer in view.layers]
    assert [row.indices.shape for row in rows] == [(10, 25), (10, 25), (11, 25)]
    assert [row.layout.channels for row in rows] == [(1, 2), (1, 2), (1, 2)]
    assert [row.layout.hidden for row in rows] == [2, 2, 2]
    smoothed = draw_maps(view, "first", maps, statistics, strength=np.array([5, 1, 3, 4], np.float32))
    assert smoothed.layout.channels == (0, 3)


@pytest.mark.parametrize("order", ORDERS)
def test_a_strip_in_the_view_s_order(order):
    maps = torch.tensor(FOUR)
    view = MapsView("view", ("first", "second"), (60, 200), order=order)
    row = draw_maps(view, "second", maps, LayerHistory().measure(maps, 0, (order,)))
    expected = drawn(FOUR, order="maximum" if order == "index" else order)
    assert row.layout.channels == expected.layout.channels


# ------------------------------------------------------------------------------------------------------- single values


def test_a_probe_reads_one_cell():
    maps = torch.tensor(FOUR)
    assert read_probe(maps, Probe("layer", 1, 0, 1)).value == 9
    assert read_probe(torch.tensor([1.0, 5.0]), Probe("layer", 1, 0, 0)).value == 5
    for outside in (Probe("layer", 4, 0, 0), Probe("layer", 0, 2, 0), Probe("layer", 0, 0, -1)):
        assert read_probe(maps, outside).value is None
        assert read_probe(maps, outside).probe == outside


def test_a_channel_map_is_a_copy():
    maps = torch.tensor(FOUR)
    found = channel_map(maps, 2)
    maps.zero_()
    assert found.tolist() == FOUR[2].tolist()
    assert channel_map(maps, 4) is None
    assert channel_map(torch.tensor([1.0]), 0) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_gpu_draws_what_the_cpu_draws(order, dtype):
    activation = torch.randn(1, 40, 57, 43, generator=torch.Generator().manual_seed(0)).to(dtype)
    activation[0, 3, 5, 5] = torch.nan
    activation[0, 4] = 0
    cpu, gpu = (drawn(as_maps(part, "chw"), size=(200, 300), order=order) for part in (activation, activation.cuda()))
    assert isinstance(cpu, MosaicPicture)
    assert gpu.layout == cpu.layout
    assert_same_shades(gpu.indices, cpu.indices)


def test_the_layout_is_the_one_the_window_can_make():
    assert drawn(FOUR).layout == mosaic_layout((0, 1, 2, 3), (2, 2), (60, 80))

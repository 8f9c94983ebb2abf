"""The feature-maps dock: what it wishes for, what it shows, what hands make it say."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.colormaps import DEAD, GAP, palette
from cnnviz.core.rendering.layout import mosaic_layout, strip_layouts
from cnnviz.core.views import ChannelStatistics, MapsPicture, MosaicPicture, Probe, ProbeValue, Scaling, VectorPicture
from cnnviz.gui.docks.feature_maps import FeatureMapsDock
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.maps_choices import PICK, MapsChoices

CHANNELS = 12


def info(name, order, shape=(CHANNELS, 4, 4), axes="chw"):
    kind = "Conv2d" if axes == "chw" else "Linear"
    return LayerInfo(name, name, kind, order, 1, True, shape, 0, 0, axes)


LAYERS = (info("conv1", 0), info("conv2", 1), info("conv3", 2, (20, 2, 2)), info("fc", 3, (10,), "vector"))


def statistics(count, dead=(), broken=()):
    numbers, flags = np.zeros(count, np.float32), np.zeros((2, count), np.int32)
    flags[0, list(dead)] = 5
    flags[1, list(broken)] = 1
    return ChannelStatistics(numbers, numbers, None, None, None, *flags)


def mosaic(layer, layout, dead=(), broken=()):
    """Channel c is drawn in shade 10 c, from −c to c."""
    indices = np.full((layout.height, layout.width), GAP, np.uint8)
    for position, channel in enumerate(layout.channels):
        top, left, bottom, right = layout.tile_rect(position)
        indices[top:bottom, left:right] = DEAD if channel in dead else 10 * channel
    high = np.array(layout.channels, np.float32)
    shape = (CHANNELS, layout.map_height, layout.map_width)
    return MosaicPicture(layer, shape, layout, indices, -high, high, statistics(CHANNELS, dead, broken))


def answer(wish, layer="conv1", **marks):
    """What the engine would send."""
    channels = (wish.single,) if wish.single is not None else wish.channels or tuple(range(CHANNELS))
    part = mosaic(wish.layers[0] if wish.layers else layer, mosaic_layout(channels, (4, 4), wish.size), **marks)
    return MapsPicture(wish.view, (part,), probe=ProbeValue(wish.probe, 0.83117) if wish.probe else None)


@pytest.fixture
def dock(qtbot):
    made = FeatureMapsDock("maps-1")
    qtbot.addWidget(made)
    made.resize(420, 400)
    made.show()
    qtbot.waitUntil(lambda: made.wish().size[0] > 100)
    made.show_layers(LAYERS)
    made.show_layer("conv1")
    made.show_picture(answer(made.wish()))
    return made


def place_of(dock, channel, layer="conv1"):
    """The middle of a channel's tile in the widget."""
    top, left, bottom, right = dock.canvas._scene.tile_rect(layer, channel)
    y, x = dock.canvas.view.placement.to_view((top + bottom) / 2, (left + right) / 2)
    return QPoint(round(x), round(y))


def click(dock, qtbot, channel):
    qtbot.mouseClick(dock.canvas.view, Qt.MouseButton.LeftButton, pos=place_of(dock, channel))


def key(dock, qtbot, *keys):
    for each in keys:
        qtbot.keyClick(dock.canvas.view, each)


def outlined(dock):
    return {outline.rect for outline in dock.canvas.view.outlines}


# ----------------------------------------------------------------------------------------------------------------- wish


def test_a_new_dock_follows_the_selection_and_wants_every_channel(dock):
    wish = dock.wish()
    assert dock.follows_selection
    assert (wish.view, wish.layers, wish.single, wish.channels, wish.probe) == ("maps-1", (), None, None, None)
    assert wish.scaling == Scaling("channel")
    assert wish.size == (dock.canvas.height(), dock.canvas.width())


def test_another_size_is_another_wish(dock, qtbot):
    with qtbot.waitSignal(dock.wish_changed):
        dock.resize(300, 300)
    assert dock.wish().size == (dock.canvas.height(), dock.canvas.width())


def test_options_are_in_the_wish(dock, qtbot):
    options = dock.toolbar.options
    with qtbot.waitSignal(dock.wish_changed):
        qtbot.keyClicks(options.channel_field, "2-4")
    options.order_combo.setCurrentIndex(options.order_combo.findData("maximum"))
    options.hide_dead_box.setChecked(True)
    options.scaling_combo.setCurrentIndex(options.scaling_combo.findData("layer"))
    wish = dock.wish()
    assert (wish.channels, wish.order, wish.hide_dead, wish.scaling) == ((2, 3, 4), "maximum", True, Scaling("layer"))


def test_setters_say_nothing(dock):
    said = []
    for signal in (dock.wish_changed, dock.layer_chosen, dock.channel_selected, dock.cell_hovered, dock.hover_left):
        signal.connect(lambda *_: said.append(1))
    dock.show_layers(LAYERS[:2])
    dock.show_layer("conv2")
    dock.show_selection("conv2", 3)
    dock.show_picture(answer(dock.wish(), "conv2"))
    dock.set_strip(3)
    dock.set_strip(0)
    dock.show_problem("The network is gone.")
    assert said == []


# ---------------------------------------------------------------------------------------------------------------- layer


def test_a_dock_that_follows_tells_the_chosen_layer(dock, qtbot):
    with qtbot.waitSignal(dock.layer_chosen) as chosen:
        qtbot.keyClick(dock.toolbar.layer_combo, Qt.Key.Key_Down)
    assert chosen.args == ["conv2"]
    assert dock.wish().layers == ()


def test_a_pinned_dock_keeps_its_layer_and_its_choices_to_itself(dock, qtbot):
    with qtbot.waitSignal(dock.wish_changed):
        qtbot.mouseClick(dock.toolbar.pin_button, Qt.MouseButton.LeftButton)
    dock.show_layer("conv3")
    assert not dock.follows_selection
    assert dock.wish().layers == ("conv1",)
    assert dock.windowTitle() == "Feature maps · conv1"
    with qtbot.assertNotEmitted(dock.layer_chosen):
        key(dock, qtbot, Qt.Key.Key_PageDown)
    assert dock.wish().layers == ("conv2",)


def test_page_keys_go_through_the_layers_and_stop_at_the_ends(dock, qtbot):
    with qtbot.waitSignal(dock.layer_chosen) as chosen:
        key(dock, qtbot, Qt.Key.Key_PageDown)
    assert chosen.args == ["conv2"]
    dock.show_layer("conv1")
    with qtbot.assertNotEmitted(dock.layer_chosen):
        key(dock, qtbot, Qt.Key.Key_PageUp)


def test_another_network_forgets_a_layer_it_does_not_have(dock, qtbot):
    qtbot.mouseClick(dock.toolbar.pin_button, Qt.MouseButton.LeftButton)
    dock.show_layers((info("features.0", 0),))
    assert dock.follows_selection
    assert dock.layer == ""
    assert dock.canvas.view.image.isNull()


# -------------------------------------------------------------------------------------------------------------- picture


def test_maps_are_painted_in_their_colours_with_dead_ones_marked(dock):
    dock.show_picture(answer(dock.wish(), dead=(3,)))
    colors = map_colors(dock.palette())
    entries = palette("viridis", gap=colors.gap, dead=colors.dead)
    shot = dock.canvas.view.grab().toImage()
    for channel, index in ((5, 50), (3, DEAD)):
        assert shot.pixelColor(place_of(dock, channel)).getRgb()[:3] == tuple(entries[index].tolist())
    assert dock.status.counts.text() == "1 of 12 dead"


def test_cells_that_are_no_numbers_are_counted_first(dock):
    dock.show_picture(answer(dock.wish(), dead=(3,), broken=(1, 2)))
    assert dock.status.counts.text() == "2 of 12 NaN or ∞"


def test_another_colour_map_repaints_what_is_on_view_without_asking_the_engine(dock, qtbot):
    before = dock.canvas.view.grab().toImage()
    combo = dock.toolbar.options.color_combo
    with qtbot.assertNotEmitted(dock.wish_changed):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert dock.canvas.view.grab().toImage() != before


def test_the_colour_bar_tells_the_range_of_what_is_looked_at(dock, qtbot):
    assert dock.status.bar.texts == ("min", "max")
    click(dock, qtbot, 7)
    assert dock.status.bar.texts == ("−7", "7")
    qtbot.mouseMove(dock.canvas.view, place_of(dock, 4))
    assert dock.status.bar.texts == ("−4", "4")
    combo = dock.toolbar.options.scaling_combo
    combo.setCurrentIndex(combo.findData("layer"))
    dock.show_picture(answer(dock.wish()))
    assert dock.status.bar.texts == ("−0", "0")


def test_a_problem_is_shown_in_place_of_maps(dock):
    dock.show_picture(MapsPicture("maps-1", (), problem="The layer's output holds no numbers."))
    assert dock.canvas.view.image.isNull()
    dock.show_picture(answer(dock.wish()))
    assert not dock.canvas.view.image.isNull()


# ---------------------------------------------------------------------------------------------------------------- hands


def test_a_click_selects_and_outlines_a_channel_and_its_cell(dock, qtbot):
    with qtbot.waitSignal(dock.cell_selected) as selected:
        click(dock, qtbot, 7)
    assert selected.args == ["conv1", 7, 2, 2]
    assert dock.canvas._scene.tile_rect("conv1", 7) in outlined(dock)
    assert dock.canvas.parts[0].layout.cell_rect(7, 2, 2) in outlined(dock)


def test_another_channel_by_key_keeps_the_cell(dock, qtbot):
    dock.show_selection("conv1", 7, (1, 3))
    key(dock, qtbot, Qt.Key.Key_Right)
    assert dock.canvas.parts[0].layout.cell_rect(8, 1, 3) in outlined(dock)
    dock.show_selection("conv1", 8)
    assert outlined(dock) == {dock.canvas._scene.tile_rect("conv1", 8)}


def test_the_cell_is_marked_on_the_overlay_where_it_lies_on_the_picture(dock, qtbot):
    dock.show_selection("conv1", 7, (1, 3))
    key(dock, qtbot, Qt.Key.Key_O)
    shown = np.zeros((40, 60, 3), np.uint8)
    dock.show_picture(replace(answer(dock.wish()), overlay=shown, seen=(0.0, 1 / 6, 1.0, 5 / 6)))
    assert [outline.rect for outline in dock.canvas.view.outlines] == [pytest.approx((10, 40, 20, 50))]


def test_a_selection_from_elsewhere_is_outlined(dock):
    dock.show_selection("conv1", 2)
    assert outlined(dock) == {dock.canvas._scene.tile_rect("conv1", 2)}
    dock.show_selection("conv2", 2)
    assert outlined(dock) == set()


def test_arrows_move_through_the_tiles_as_they_are_drawn(dock, qtbot):
    columns = dock.canvas.parts[0].layout.columns
    selected = []
    dock.channel_selected.connect(lambda _, channel: selected.append(channel))
    key(
        dock,
        qtbot,
        Qt.Key.Key_Right,
        Qt.Key.Key_Right,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Up,
        Qt.Key.Key_Left,
    )
    assert selected == [0, 1, 1 + columns, columns, 0]


def test_enter_shows_the_channel_large_and_escape_goes_back(dock, qtbot):
    click(dock, qtbot, 7)
    with qtbot.waitSignal(dock.wish_changed):
        key(dock, qtbot, Qt.Key.Key_Return)
    assert dock.wish().single == 7
    assert dock.toolbar.large_button.isChecked()
    dock.show_picture(answer(dock.wish()))
    assert dock.canvas.parts[0].layout.channels == (7,)
    assert outlined(dock) == {dock.canvas.parts[0].layout.cell_rect(7, 2, 2)}
    key(dock, qtbot, Qt.Key.Key_Right)
    assert dock.wish().single == 8
    key(dock, qtbot, Qt.Key.Key_Escape)
    assert dock.wish().single is None


def test_a_double_click_shows_a_channel_large_and_then_resets_the_zoom(dock, qtbot):
    qtbot.mouseDClick(dock.canvas.view, Qt.MouseButton.LeftButton, pos=place_of(dock, 5))
    assert dock.wish().single == 5
    dock.show_picture(answer(dock.wish()))
    dock.canvas.view.zoom(3, QPointF(100, 100))
    qtbot.mouseDClick(dock.canvas.view, Qt.MouseButton.LeftButton, pos=place_of(dock, 5))
    assert dock.wish().single == 5
    assert not dock.canvas.view.placement.is_zoomed


def test_o_lays_the_channel_over_the_picture(dock, qtbot):
    key(dock, qtbot, Qt.Key.Key_O)
    wish = dock.wish()
    assert (wish.single, wish.overlay) == (0, True)
    over = np.full((60, 80, 3), (9, 8, 7), np.uint8)
    dock.show_picture(MapsPicture("maps-1", answer(wish).parts, overlay=over))
    assert dock.canvas.view.image.pixelColor(3, 3).getRgb()[:3] == (9, 8, 7)
    assert dock.status.bar.texts == ("−0", "0")
    key(dock, qtbot, Qt.Key.Key_O)
    assert (dock.wish().single, dock.wish().overlay) == (0, False)


def test_hover_asks_for_the_value_and_shows_it(dock, qtbot):
    with qtbot.waitSignal(dock.wish_changed), qtbot.waitSignal(dock.cell_hovered) as hover:
        qtbot.mouseMove(dock.canvas.view, place_of(dock, 4))
    assert hover.args == ["conv1", 4, 2, 2]
    assert dock.wish().probe == Probe("conv1", 4, 2, 2)
    dock.show_picture(answer(dock.wish()))
    assert dock.status.readout.text() == "conv1 · channel 4 · y 2, x 2 · 0.8312"
    top, _, _, right = dock.canvas.parts[0].layout.tile_rect(0)
    with qtbot.waitSignal(dock.hover_left):
        qtbot.mouseMove(dock.canvas.view, QPoint(right, top + 1))  # the gap between two maps
    assert dock.wish().probe is None
    assert dock.status.readout.text().startswith("conv1 · 12 maps of 4×4")


def test_a_late_answer_to_another_cell_is_not_shown_as_this_ones_value(dock, qtbot):
    qtbot.mouseMove(dock.canvas.view, place_of(dock, 4))
    late = MapsPicture("maps-1", answer(dock.wish()).parts, probe=ProbeValue(Probe("conv1", 0, 0, 0), 99.0))
    dock.show_picture(late)
    assert "99" not in dock.status.readout.text()


def test_another_dock_is_a_click_away(dock, qtbot):
    with qtbot.waitSignal(dock.new_dock_requested):
        qtbot.mouseClick(dock.toolbar.new_button, Qt.MouseButton.LeftButton)


# --------------------------------------------------------------------------------------------------- strips and vectors


@pytest.fixture
def strip(dock):
    dock.set_strip(3)
    wish = dock.wish()
    layouts = strip_layouts([(tuple(range(CHANNELS)), (4, 4))] * len(wish.layers), wish.size)
    parts = tuple(mosaic(name, layout) for name, layout in zip(wish.layers, layouts, strict=True))
    dock.show_picture(MapsPicture("maps-1", parts))
    return dock


def test_a_strip_leaves_room_for_the_names_of_its_layers(strip):
    wish = strip.wish()
    assert wish.layers == ("conv1", "conv2", "conv3")
    assert not strip.follows_selection
    assert wish.size[0] < strip.canvas.height() == strip.canvas.view.image.height()
    assert [text for _, text in strip.canvas._scene.labels] == list(wish.layers)
    assert strip.windowTitle() == "Through the network"


def test_a_double_click_in_a_strip_opens_that_layers_channel(strip, qtbot):
    said = []
    strip.layer_chosen.connect(said.append)
    strip.channel_selected.connect(lambda *cell: said.append(cell))
    qtbot.mouseDClick(strip.canvas.view, Qt.MouseButton.LeftButton, pos=place_of(strip, 1, "conv2"))
    assert said == ["conv2", ("conv2", 1)]
    assert (strip.wish().layers, strip.wish().single) == ((), 1)


def test_escape_goes_back_to_the_strip(strip, qtbot):
    qtbot.mouseDClick(strip.canvas.view, Qt.MouseButton.LeftButton, pos=place_of(strip, 1, "conv2"))
    assert strip.windowTitle() == "Feature maps"
    qtbot.keyClick(strip.canvas.view, Qt.Key.Key_Escape)
    assert strip.wish().layers == ("conv1", "conv2", "conv3")
    assert strip.windowTitle() == "Through the network"


def test_another_layer_in_place_of_a_strip_stays(strip, qtbot):
    combo = strip.toolbar.layer_combo
    assert combo.currentText() == ""
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert (strip.layer, strip.wish().layers, combo.currentText()) == ("conv1", (), "conv1")
    qtbot.keyClick(strip.canvas.view, Qt.Key.Key_Escape)
    assert strip.wish().layers == ()


def test_a_strip_stays_with_the_page_keys(strip, qtbot):
    qtbot.keyClick(strip.canvas.view, Qt.Key.Key_PageDown)
    assert strip.wish().layers == ("conv1", "conv2", "conv3")


# ------------------------------------------------------------------------------------------------------------- session


@pytest.mark.parametrize(
    "choices",
    [
        MapsChoices(),
        MapsChoices(Scaling("fixed", -1.0, 2.5), "change", hide_dead=True, sequential="magma", pinned="conv3"),
        MapsChoices(Scaling("signed"), strip=4),
        MapsChoices(strip=PICK, picked=("conv1", "fc")),
    ],
)
def test_choices_are_kept_from_one_session_to_the_next(dock, qtbot, choices):
    dock.restore(choices)
    later = FeatureMapsDock("maps-2")
    qtbot.addWidget(later)
    later.restore(dock.choices)
    later.show_layers(LAYERS)
    later.show_layer("conv1")
    assert later.choices == dock.choices == choices
    assert later.layer == (choices.pinned or "conv1")
    assert later.wish().scaling == choices.scaling


def test_a_layer_that_the_network_lacks_is_not_kept(dock):
    dock.restore(MapsChoices(pinned="gone", sequential="pink", strip=5))
    dock.show_layers(LAYERS)
    dock.show_layer("conv1")
    assert (dock.is_pinned, dock.layer, dock.toolbar.pin_button.isChecked()) == (False, "conv1", False)
    assert dock.choices == MapsChoices()


# ------------------------------------------------------------------------------------------------------------- overlay


def test_an_overlay_tells_cells_and_asks_for_its_colours(dock, qtbot):
    qtbot.keyClick(dock.canvas.view, Qt.Key.Key_O)
    assert dock.wish().overlay
    height, width = dock.wish().size
    part = answer(dock.wish()).parts
    dock.show_picture(MapsPicture("maps-1", part, np.zeros((height, width, 3), np.uint8), seen=(0.0, 0.5, 1.0, 1.0)))
    cells = []
    dock.cell_hovered.connect(lambda *cell: cells.append(cell))
    qtbot.mouseMove(dock.canvas.view, QPoint(width // 4, height // 2))
    qtbot.mouseMove(dock.canvas.view, QPoint(width - 2, height - 2))
    assert cells == [("conv1", 0, 3, 3)]
    colors = dock.toolbar.options.color_combo
    with qtbot.waitSignal(dock.wish_changed):
        colors.setCurrentIndex(1)
        colors.activated.emit(1)
    assert dock.wish().colormap == colors.itemText(1)


@pytest.fixture
def vector(dock):
    dock.show_layer("fc")
    values = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, -9], np.float32)
    dock.show_picture(
        MapsPicture("maps-1", (VectorPicture("fc", values, np.arange(10, dtype=np.int32), statistics(10)),))
    )
    return dock


def test_a_vector_is_bars_with_the_value_under_the_mouse(vector, qtbot):
    assert vector.canvas.bars.isVisible()
    assert not vector.status.bar.isVisible()
    with qtbot.waitSignal(vector.cell_hovered) as hover:
        qtbot.mouseMove(vector.canvas.bars, QPoint(vector.canvas.bars.width() - 12, 80))
    assert hover.args == ["fc", 9, 0, 0]
    assert vector.status.readout.text() == "fc · channel 9 · −9"
    with qtbot.waitSignal(vector.cell_selected) as selected:
        qtbot.mouseClick(vector.canvas.bars, Qt.MouseButton.LeftButton, pos=QPoint(12, 80))
    assert selected.args == ["fc", 0, 0, 0]


def test_bars_are_moved_through_by_keys_and_have_no_large_view(vector, qtbot):
    selected = []
    vector.channel_selected.connect(lambda _, channel: selected.append(channel))
    for each in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_O):
        qtbot.keyClick(vector.canvas.bars, each)
    assert selected == [0, 1]
    assert vector.wish().single is None
    assert not vector.toolbar.large_button.isEnabled()


def test_the_room_for_maps_is_known_while_bars_are_shown(vector, qtbot):
    with qtbot.waitSignal(vector.wish_changed):
        vector.resize(360, 330)
    assert vector.wish().size == (vector.canvas.height(), vector.canvas.width())
    vector.show_layer("conv1")
    vector.show_picture(answer(vector.wish()))
    assert not vector.canvas.bars.isVisible()

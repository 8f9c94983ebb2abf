"""The feature-maps dock's controls: every option by hand, one row or a popup."""

import pytest
from PySide6.QtCore import QPoint, Qt

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.colormaps import DIVERGING, SEQUENTIAL
from cnnviz.core.views import Scaling
from cnnviz.gui.widgets.channel_field import ChannelField
from cnnviz.gui.widgets.maps_options import PICK, MapsOptions
from cnnviz.gui.widgets.maps_toolbar import MapsToolbar

LAYERS = tuple(
    LayerInfo(f"conv{number}", f"conv{number}", "Conv2d", number, 1, True, (8, 5, 4), 0, 0, "chw")
    for number in range(9)
)


@pytest.fixture
def options(qtbot):
    made = MapsOptions()
    qtbot.addWidget(made)
    made.show()
    made.show_layers(LAYERS)
    return made


def choose(combo, data, qtbot):
    """By keyboard, as a user would."""
    target = combo.findData(data)
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(target):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentData() == data


def test_what_stands_there_at_first(options):
    assert options.scaling == Scaling("channel")
    assert (options.order, options.hide_dead, options.channels, options.strip) == ("index", False, None, ())
    assert options.color_map == SEQUENTIAL[0]


@pytest.mark.parametrize("mode", ["layer", "signed"])
def test_scaling_is_chosen(options, qtbot, mode):
    with qtbot.waitSignal(options.changed):
        choose(options.scaling_combo, mode, qtbot)
    assert options.scaling == Scaling(mode)


def test_a_fixed_range_starts_from_what_is_on_view_and_never_turns_over(options, qtbot):
    options.take_range_from(lambda: (-2.0, 6.5))
    assert options.low_box.isHidden()
    choose(options.scaling_combo, "fixed", qtbot)
    assert not options.low_box.isHidden()
    assert options.scaling == Scaling("fixed", -2.0, 6.5)
    with qtbot.waitSignal(options.changed):
        options.low_box.setValue(8.0)
    assert options.scaling == Scaling("fixed", 8.0, 8.0)


def test_signed_values_have_a_diverging_colour_map_of_their_own(options, qtbot):
    choose(options.color_combo, "magma", qtbot)
    choose(options.scaling_combo, "signed", qtbot)
    assert options.color_map == DIVERGING[0]
    with qtbot.waitSignal(options.colors_changed), qtbot.assertNotEmitted(options.changed):
        choose(options.color_combo, DIVERGING[1], qtbot)
    choose(options.scaling_combo, "layer", qtbot)
    assert options.color_map == "magma"


def test_order_and_dead_channels(options, qtbot):
    with qtbot.waitSignal(options.changed):
        choose(options.order_combo, "variance", qtbot)
    with qtbot.waitSignal(options.changed):
        qtbot.mouseClick(
            options.hide_dead_box, Qt.MouseButton.LeftButton, pos=QPoint(8, options.hide_dead_box.height() // 2)
        )
    assert (options.order, options.hide_dead) == ("variance", True)


def test_a_strip_of_evenly_spread_layers_or_of_chosen_ones(options, qtbot):
    with qtbot.waitSignal(options.changed):
        choose(options.strip_combo, 3, qtbot)
    assert options.strip == ("conv0", "conv4", "conv8")
    assert not options.channel_field.isEnabled()
    choose(options.strip_combo, PICK, qtbot)
    assert options.picker.isVisible()
    assert len(options.strip) == 4
    with qtbot.waitSignal(options.changed):
        options.picker.item(1).setCheckState(Qt.CheckState.Checked)
    assert "conv1" in options.strip


def test_setters_say_nothing(options, qtbot):
    with qtbot.assertNotEmitted(options.changed), qtbot.assertNotEmitted(options.colors_changed):
        options.show_layers(LAYERS[:3])
        options.take_range_from(lambda: (0.0, 9.0))
        options.set_strip(4)
        options.set_strip(0)
        options.arrange(inline=False)
    assert options.strip == ()


@pytest.fixture
def field(qtbot):
    made = ChannelField()
    qtbot.addWidget(made)
    made.show()
    made.set_count(64)
    return made


def test_the_search_is_told_as_it_is_typed(field, qtbot):
    said = []
    field.channels_changed.connect(lambda: said.append(field.channels))
    qtbot.keyClicks(field, "3, 10-12")
    assert said[-1] == field.channels == (3, 10, 11, 12)
    assert field.problem == ""
    said.clear()
    field.clear()
    assert said == [None]


def test_what_is_no_search_says_why_and_keeps_the_last_set(field, qtbot):
    qtbot.keyClicks(field, "7")
    with qtbot.assertNotEmitted(field.channels_changed):
        qtbot.keyClicks(field, ", x")
    assert field.channels == (7,)
    assert "is neither a channel nor a range" in field.problem


def test_a_layer_with_fewer_channels_takes_what_it_has(field, qtbot):
    qtbot.keyClicks(field, "3, 60")
    with qtbot.assertNotEmitted(field.channels_changed):
        field.set_count(16)
    assert field.channels == (3,)
    field.set_count(2)
    assert field.channels is None
    assert "no such channel" in field.problem


@pytest.fixture
def toolbar(qtbot):
    made = MapsToolbar()
    qtbot.addWidget(made)
    made.resize(260, 60)
    made.show()
    return made


def test_a_narrow_toolbar_keeps_the_options_behind_a_button(toolbar, qtbot):
    assert toolbar.minimumSizeHint().width() <= 260
    assert not toolbar.is_inline
    assert not toolbar.options.isVisible()
    qtbot.mouseClick(toolbar.options_button, Qt.MouseButton.LeftButton)
    assert toolbar.options.isVisible()
    assert toolbar.options.width() >= toolbar.options.scaling_combo.sizeHint().width()


def test_a_wide_toolbar_shows_them_in_a_row_and_gives_way_again(toolbar, qapp):
    for width, inline in ((1300, True), (300, False), (1300, True)):
        toolbar.resize(width, 80)
        qapp.processEvents()
        assert toolbar.is_inline is inline
        assert toolbar.options.isVisible() is inline
        assert toolbar.options_button.isVisible() is not inline
    inside = toolbar.options.strip_combo.mapTo(toolbar, toolbar.options.strip_combo.rect().bottomRight())
    assert toolbar.rect().contains(inside)


@pytest.mark.parametrize(
    ("button", "signal"),
    [("pin_button", "pin_toggled"), ("large_button", "large_toggled"), ("overlay_button", "overlay_toggled")],
)
def test_toggles_speak_by_hand_only(toolbar, qtbot, button, signal):
    with qtbot.assertNotEmitted(getattr(toolbar, signal)):
        toolbar.show_pinned(pinned=False)
        toolbar.show_large(large=False, overlay=False, possible=True)
    with qtbot.waitSignal(getattr(toolbar, signal)) as said:
        qtbot.mouseClick(getattr(toolbar, button), Qt.MouseButton.LeftButton)
    assert said.args == [True]

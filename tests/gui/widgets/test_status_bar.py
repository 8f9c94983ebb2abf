"""The status bar: numbers that can be read, the frame budget to scale, devices to choose."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QColor

from cnnviz.core.networks.values import DeviceInfo
from cnnviz.core.sources.values import SourceSpec, SourceState
from cnnviz.core.views import FrameBudget
from cnnviz.gui.widgets.budget_meter import COLORS, BudgetMeter
from cnnviz.gui.widgets.status_bar import StatusBar, mean_budget

DEVICES = (DeviceInfo("cpu", "Processor"), DeviceInfo("cuda:0", "H200", half=True))


@pytest.fixture
def bar(qtbot):
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(900, 30)
    made.show_devices(DEVICES)
    made.show()
    return made


def offered(bar):
    return {action.text(): action for action in bar.device_menu.actions() if not action.isSeparator()}


def test_devices_are_offered_with_half_precision_where_it_can_be(bar):
    assert list(offered(bar)) == ["Choose automatically", "Processor", "H200", "H200, half precision"]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Choose automatically", ["auto", False]),
        ("Processor", ["cpu", False]),
        ("H200, half precision", ["cuda:0", True]),
    ],
)
def test_a_device_is_chosen(bar, qtbot, title, asked):
    with qtbot.waitSignal(bar.device_chosen) as chosen:
        offered(bar)[title].trigger()
    assert chosen.args == asked


def test_the_button_opens_the_menu(bar, qtbot):
    qtbot.mouseClick(bar.device_button, Qt.MouseButton.LeftButton)
    assert bar.device_menu.isVisible()
    bar.device_menu.close()


def test_the_device_in_use_is_named_and_marked_without_a_word_to_the_engine(bar, qtbot):
    with qtbot.assertNotEmitted(bar.device_chosen):
        bar.show_device("cuda:0", half=True)
    assert bar.device_button.text() == "H200, half precision ▾"
    assert [title for title, action in offered(bar).items() if action.isChecked()] == ["H200, half precision"]


def test_telling_the_device_anew_leaves_nothing_of_the_menu_before(bar):
    def parts():
        return len(bar.findChildren(QAction)), len(bar.findChildren(QActionGroup))

    before = parts()
    for device in ("cuda:0", "cpu", "cuda:0"):
        bar.show_device(device, half=False)
    assert parts() == before


def test_a_device_told_before_the_list_gets_its_title_with_it(qtbot):
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show_device("cpu", half=False)
    assert bar.device_button.text() == "cpu ▾"
    bar.show_devices(DEVICES)
    assert bar.device_button.text() == "Processor ▾"


def test_the_first_frame_is_shown_at_once_and_the_next_as_a_mean(bar, qtbot):
    bar.show_frame(FrameBudget(forward=10.0), 20.0, 3)
    assert bar.budget_label.text() == "10.0 ms"
    bar.show_frame(FrameBudget(forward=20.0), 25.0, 4)
    bar.show_frame(FrameBudget(forward=40.0), 30.0, 1234)
    assert bar.budget_label.text() == "10.0 ms"
    qtbot.waitUntil(lambda: bar.budget_label.text() == "30.0 ms")
    assert bar.rate_label.text() == "30.0 fps"
    assert bar.dropped_label.text() == "1,234 dropped"


def test_idle_forgets_the_numbers(bar):
    bar.show_frame(FrameBudget(forward=10.0), 20.0, 3)
    bar.show_idle()
    assert (bar.budget_label.text(), bar.rate_label.text()) == ("– ms", "– fps")


def test_the_tooltip_lists_every_stage(bar):
    bar.show_frame(FrameBudget(1.25, 2, 18, 3, 0.5, 2), 30.0, 0)
    tip = bar.meter.toolTip()
    for words in ("Grab the picture", "1.2 ms", "Forward pass", "18.0 ms", "Paint", "Together", "26.8 ms"):
        assert words in tip


def test_the_meter_is_drawn_to_scale(qtbot):
    meter = BudgetMeter()
    qtbot.addWidget(meter)
    meter.resize(100, 10)
    meter.show_budget(FrameBudget(forward=25.0, paint=25.0))
    image = meter.grab().toImage()
    assert image.pixelColor(48, 5) == QColor(COLORS["forward"])
    assert image.pixelColor(52, 5) == QColor(COLORS["paint"])
    meter.show_budget(FrameBudget(forward=1000 / 60))
    image = meter.grab().toImage()
    assert image.pixelColor(48, 5) == QColor(COLORS["forward"])
    assert image.pixelColor(52, 5) == QColor(meter.palette().mid().color().name())


@given(st.lists(st.lists(st.floats(0, 1e4), min_size=6, max_size=6), min_size=1, max_size=5))
def test_means_stage_by_stage(rows):
    mean = mean_budget([FrameBudget(*row) for row in rows])
    columns = list(zip(*rows, strict=True))
    assert [mean.grab, mean.prepare, mean.forward, mean.reduce, mean.copy, mean.paint] == pytest.approx(
        [sum(column) / len(column) for column in columns]
    )


def test_a_still_picture_has_no_rate(bar):
    bar.show_frame(FrameBudget(forward=2.0), 0.0, 0)
    bar.show_source(SourceState(SourceSpec("picture"), "ship.png", still=True))
    assert bar.rate_label.text() == "still"
    bar.show_source(SourceState(SourceSpec("video"), "bottles.mp4", notice="bottles.mp4 ends early"))
    assert bar.rate_label.text() == "0.0 fps"


@pytest.mark.parametrize(
    "state",
    [
        SourceState(SourceSpec("video"), "bottles.mp4", playing=False),
        SourceState(SourceSpec("camera", "0"), "camera 0", notice="camera 0 gives no picture any more"),
        SourceState(SourceSpec("stream"), "http://host/", notice="http://host/ gives no picture any more"),
    ],
)
def test_what_stands_still_for_a_while_shows_no_rate_of_before(bar, state):
    bar.show_source(state)
    assert bar.rate_label.text() == "still"
    bar.show_source(replace(state, playing=True, notice=""))
    assert bar.rate_label.text() == "0.0 fps"


def test_a_frozen_picture_has_no_rate(bar):
    bar.show_frozen(True)
    assert bar.rate_label.text() == "still"
    bar.show_frozen(False)
    assert bar.rate_label.text() == "0.0 fps"

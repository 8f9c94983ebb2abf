"""The statistics dock: what it asks for, how often it shows it, what it says, and what a click leads to."""

import csv
import itertools
import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from cnnviz.core.inside.histogram import histogram_of
from cnnviz.core.inside.layer_numbers import (
    BatchNormNumbers,
    Census,
    ChannelCorrelation,
    LayerCensus,
    LayerNumbers,
    StuckUnits,
)
from cnnviz.core.live_views import Statistics, StatisticsView
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.gui.docks.statistics import StatisticsDock
from cnnviz.gui.widgets.series_colors import SERIES
from cnnviz.gui.widgets.statistics_words import duration_text


def layer(name, kind, *inputs, shape=(4, 8, 8), **changes):
    axes = changes.pop("axes", "chw" if len(shape) == 3 else "vector")
    return LayerInfo(name, name, kind, 1, 1, True, shape, 0, 0, axes, inputs=inputs, **changes)


LAYERS = (
    LayerInfo("network", "network", "Net", 0, 0, False, (10,), 0, 0, "vector"),
    layer("conv", "Conv2d", "input", weight=(4, 3, 3, 3)),
    layer("norm", "BatchNorm2d", "conv"),
    layer("relu", "ReLU6", "norm"),
    layer("drop", "Dropout", "relu"),
    layer("fc", "Linear", "drop", shape=(10,), weight=(10, 256)),
    layer("odd", "Odd", "fc", shape=(2, 3), axes=""),
)
OFFER = NetworkOffer(NetworkChoice("n"), "N", "", "cpu", False, (3, 8, 8), Preprocessing(), (), LAYERS, 1, 1)


def stuck(*channels, seconds=4.0):
    count = len(channels)
    return StuckUnits(np.array(channels, np.int32), np.full(count, 12, np.int32), np.full(count, seconds, np.float32))


def numbers(name, mean=0.5, *, dead=(), saturated=None, measured=256, not_finite=0):
    values = np.linspace(-1, 2, 256, dtype=np.float32)
    return LayerNumbers(
        name, 4, 256, measured, not_finite, histogram_of(values, -1.0, 2.0), -1.0, 2.0, mean, 0.25, 0.125,
        stuck(*dead), saturated,
    )  # fmt: skip


def answer(detail, *others, **changes):
    extra = {key: changes.pop(key) for key in ("batch_norm", "correlation") if key in changes}
    layers = {each.layer: each for each in (numbers(detail, **changes), *others)}
    return Statistics(detail, layers, **extra)


@pytest.fixture
def dock(qtbot):
    made = StatisticsDock()
    qtbot.addWidget(made)
    made.resize(420, 700)
    made.show_network(OFFER)
    made.show_selection("relu", None)
    made.show()
    return made


def turn_to(dock, page):
    dock.pages.setCurrentWidget(page)


# ---------------------------------------------------------------------------------------------------------------- wish


def test_only_what_the_page_on_view_shows_is_asked_for(dock, qtbot):
    assert dock.wish() == StatisticsView(("conv", "norm", "relu", "fc"), "relu")
    with qtbot.waitSignal(dock.wish_changed):
        turn_to(dock, dock.stuck)
    assert dock.wish() == StatisticsView((), "relu")
    turn_to(dock, dock.correlation)
    assert dock.wish() == StatisticsView((), "relu", correlation=True)
    dock.show_selection("fc", None)
    assert dock.wish() == StatisticsView((), "fc")
    dock.show_selection("norm", None)
    turn_to(dock, dock.batch_norm)
    assert dock.wish() == StatisticsView((), "norm", normalised="conv")


def test_the_layers_through_depth_can_be_of_one_sort(dock, qtbot):
    combo = dock.depth.choice_combo
    for place, expected in ((1, ("relu",)), (2, ("conv", "fc"))):
        combo.setCurrentIndex(place)
        with qtbot.waitSignal(dock.wish_changed):
            combo.activated.emit(place)
        assert dock.wish().through == expected


def test_there_is_nothing_to_ask_of_a_layer_without_channels(dock):
    dock.show_selection("odd", None)
    assert dock.wish() is None
    assert "cannot be read as channels" in dock.trouble_label.text()
    dock.show_selection("gone", None)
    assert dock.wish() is None


def test_the_norm_page_is_for_batch_norm_only(dock):
    place = dock.pages.indexOf(dock.batch_norm)
    assert not dock.pages.isTabEnabled(place)
    dock.show_selection("norm", None)
    assert dock.pages.isTabEnabled(place)


# ------------------------------------------------------------------------------------------------------------- numbers


def test_the_histogram_and_its_moments(dock):
    dock.show_statistics(answer("relu"))
    assert dock.histogram.readout() == "mean 0.5 · deviation 0.5 · 12.5 % near zero"
    assert int(dock.histogram._histogram.counts.sum()) == 256
    assert dock.units_label.text() == "0 of 4 dead (0.0 %)"
    assert dock.trouble_label.text() == ""


def test_dead_saturated_estimated_and_broken_are_said(dock):
    dock.show_statistics(answer("relu", dead=(1, 3), saturated=stuck(0), measured=64, not_finite=7))
    assert dock.units_label.text() == "2 of 4 dead (50.0 %) · 1 saturated (25.0 %)"
    assert dock.trouble_label.text() == "7 of 64 cells are NaN or ∞ and left out · an estimate from 64 of 256 cells"


def test_one_click_lists_them_and_another_selects_one(dock, qtbot):
    qtbot.mouseClick(dock.list_button, Qt.MouseButton.LeftButton)
    assert dock.pages.currentWidget() is dock.stuck
    dock.show_statistics(answer("relu", dead=(1, 3), saturated=stuck(0)))
    rows = dock.stuck.rows_model.rows
    assert [(row.channel, row.saturated, row.frames) for row in rows] == [(1, False, 12), (3, False, 12), (0, True, 12)]
    cells = [dock.stuck.model().index(0, column).data() for column in range(4)]
    assert cells == ["1", "dead", "4.0 s", "12"]
    place = dock.stuck.visualRect(dock.stuck.model().index(1, 0)).center()
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        qtbot.mouseClick(dock.stuck.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["relu", 3]


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0.0 s"), (42.4, "42 s"), (180, "3 min"), (9000, "2.5 h")])
def test_durations(seconds, text):
    assert duration_text(seconds) == text


def test_what_comes_too_soon_waits_and_the_newest_is_shown(dock, qtbot):
    dock.show_statistics(answer("relu", mean=1.0))
    dock.show_statistics(answer("relu", mean=2.0))
    dock.show_statistics(answer("relu", mean=3.0))
    assert dock.histogram.readout().startswith("mean 1 ")
    qtbot.waitUntil(lambda: dock.histogram.readout().startswith("mean 3 "))


def test_the_answer_about_another_layer_is_dropped(dock):
    dock.show_selection("fc", None)
    dock.show_statistics(answer("relu"))
    assert dock.histogram.readout() == ""


# ------------------------------------------------------------------------------------------------------ through depth


def test_depth_shows_every_layer_under_the_mouse_and_a_click_leads_there(dock, qtbot):
    dock.show_statistics(answer("relu", numbers("conv", mean=-1.5, dead=(2,), measured=10)))
    plot = dock.depth.plot
    assert plot.readout() == "0.5 ± 0.5 · zeros 12.5 % · dead 0.0 % · relu"
    first = QPointF(plot._x(plot._plot(), 0.5), plot._plot().center().y())
    plot._note_hover(plot.target_at(first))
    assert plot.readout() == "−1.5 ± 0.5 · zeros 12.5 % · dead 25.0 % · estimate · conv"
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=first.toPoint())
    assert chosen.args == ["conv"]


def test_the_lines_are_where_their_values_are(dock):
    others = numbers("conv", mean=1.0), numbers("norm", mean=0.0), numbers("fc", mean=-1.0)
    dock.show_statistics(answer("relu", *others, mean=0.25))
    plot = dock.depth.plot
    plot.set_marked("")  # whose cursor is blue, too
    shot = plot.grab().toImage()
    upper, _ = plot._panels(plot._plot())
    for place, mean in enumerate((1.0, 0.0, 0.25, -1.0)):
        x = round(plot._x(upper, place + 0.5))
        rows = [
            y for y in range(round(upper.top()) - 2, round(upper.bottom()) + 2)
            if close(shot.pixelColor(x, y).getRgb()[:3], SERIES[0])
        ]  # fmt: skip
        assert np.mean(rows) == pytest.approx(upper.bottom() - (mean + 1) / 2 * upper.height(), abs=2)


def close(colour, other):
    return all(abs(one - another) < 30 for one, another in zip(colour, other, strict=True))


def test_the_numbers_of_all_layers_go_into_a_file(dock, tmp_path):
    dock.show_statistics(answer("relu", numbers("conv", mean=math.nan)))
    dock.depth.plot.save_csv(tmp_path / "depth.csv")
    with (tmp_path / "depth.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert [row[:3] for row in rows] == [
        ["layer", "mean", "variance"],
        ["conv", "nan", "0.25"],
        ["relu", "0.5", "0.25"],
    ]


# ---------------------------------------------------------------------------------------------------------- correlation


def test_without_a_layer_nothing_is_said_of_its_channels(qtbot):
    dock = StatisticsDock()
    qtbot.addWidget(dock)
    assert dock.correlation.view._message == ""


def test_the_correlation_of_two_channels_is_read_off_and_a_click_selects(dock, qtbot):
    turn_to(dock, dock.correlation)
    matrix = np.array([[1, -0.25, np.nan], [-0.25, 1, np.nan], [np.nan, np.nan, np.nan]], np.float32)
    correlation = ChannelCorrelation("relu", np.array([2, 5, 9], np.int32), matrix, 4, 256, 100)
    dock.show_statistics(answer("relu", correlation=correlation))
    view = dock.correlation
    assert (
        view.readout.text() == "3 channels, each with each · 4 weaker ones left out · an estimate from 100 of 256 cells"
    )
    view.view.hovered.emit(0, 1)
    assert view.readout.text() == "channels 2 and 5 · r = −0.250"
    view.view.hovered.emit(2, 1)
    assert view.readout.text() == "channels 9 and 5 · no correlation: constant"
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        view.view.clicked.emit(1, 0)
    assert chosen.args == ["relu", 5]
    colours = [view.view.image.pixelColor(x, 0).getRgb()[:3] for x in (0, 1)]
    assert colours[0] != colours[1]


# ----------------------------------------------------------------------------------------------------------- batch norm


def shifted():
    running = np.array([0.0, 1.0, 2.0, 3.0], np.float32)
    shift = np.array([0.1, -3.0, np.nan, 1.0], np.float32)
    ones = np.ones(4, np.float32)
    return BatchNormNumbers("norm", running, ones, running + shift, ones, shift, 2 * ones)


def test_the_most_shifted_channels_of_a_batch_norm_are_named(dock, qtbot):
    dock.show_selection("norm", None)
    turn_to(dock, dock.batch_norm)
    dock.show_statistics(answer("norm", batch_norm=shifted()))
    plot = dock.batch_norm
    assert plot.readout() == "most shifted: 1 (−3.0 σ), 3 (+1.0 σ), 0 (+0.1 σ)"
    panel = plot._panels()[0]
    place = QPointF(panel.x[1] + 2, panel.y[1] - 2)
    assert plot.target_at(place) == 1
    plot._note_hover(1)
    assert plot.readout() == "channel 1 · mean 1 → −2 · −3 running deviations off · deviation × 2"
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert chosen.args == ["norm", 1]


def test_channels_named_at_one_place_do_not_overlap(dock):
    same = np.zeros(4, np.float32)
    shift = np.array([4.0, 3.0, 2.0, 1.0], np.float32)
    numbers = BatchNormNumbers("norm", np.array([0, 0, 0, 9], np.float32), same, same, same, shift, same)
    dock.show_selection("norm", None)
    turn_to(dock, dock.batch_norm)
    dock.show_statistics(answer("norm", batch_norm=numbers))
    plot = dock.batch_norm
    panel = plot._panels()[0]
    names = plot._names(panel, plot.most_shifted())
    assert set(names) >= {0, 1}
    assert all(panel.box.contains(place) for place in names.values())
    assert not any(one.intersects(other) for one, other in itertools.combinations(names.values(), 2))


def test_the_captions_of_both_panels_are_whole_in_a_narrow_dock(dock):
    dock.resize(280, 700)
    dock.show_selection("norm", None)
    turn_to(dock, dock.batch_norm)
    dock.show_statistics(answer("norm", batch_norm=shifted()))
    plot = dock.batch_norm
    for panel in plot._panels():
        lines = panel.title, "running →, now ↑"
        assert all(plot.fontMetrics().horizontalAdvance(line) <= panel.box.width() for line in lines)
        assert panel.box.bottom() + 2 * plot.fontMetrics().height() <= plot.height()


def test_a_channel_like_in_training_lies_on_the_diagonal(dock):
    dock.show_selection("norm", 3)
    turn_to(dock, dock.batch_norm)
    same = shifted()
    dock.show_statistics(
        answer("norm", batch_norm=BatchNormNumbers("norm", same.running_mean, same.variance, same.running_mean,
                                                   same.variance, 0 * same.shift, same.spread))
    )  # fmt: skip
    panel = dock.batch_norm._panels()[0]
    line = panel.diagonal()
    slope = line.dy() / line.dx()
    assert panel.y == pytest.approx(line.y1() + (panel.x - line.x1()) * slope, abs=0.01)
    dock.batch_norm.zoom(2.0)
    zoomed = dock.batch_norm._panels()[0]
    assert panel.ends() == pytest.approx((panel._low, panel._low + panel._span))
    assert zoomed._across(np.array(zoomed.ends())) == pytest.approx([zoomed.box.left(), zoomed.box.right()])
    assert np.ptp(zoomed.x) == pytest.approx(2 * np.ptp(panel.x))
    dock.batch_norm.reset_zoom()


# --------------------------------------------------------------------------------------------------------------- census


def census():
    values = np.array([0.5, 0.0, 1.5, 0.25], np.float32)
    counts = np.array([1, -1, 0, 2], np.int32)
    frequency = np.array([0.5, 0.0, 1.0, 0.25], np.float32)
    own = LayerCensus("relu", values, values, 2 * values, counts, frequency, frequency / 2, np.zeros(4, np.int32))
    other = LayerCensus("conv", -values, values, values, counts, frequency, frequency, np.array([0, 1, 0, 0], np.int32))
    return Census(3, {"conv": other, "relu": own}, {"odd": "not reached"})


def test_a_census_is_a_table_of_the_selected_layer(dock, qtbot, tmp_path):
    with qtbot.assertNotEmitted(dock.layer_selected):
        dock.show_census(census(), ("a.png", "b.png", "c.png"), ("bad.png",))
    view = dock.census
    assert dock.pages.currentWidget() is view
    assert view.layer_combo.currentText() == "relu"
    assert [(row.channel, row.maximum, row.picture) for row in view.table.rows_model.rows] == [
        (0, 1.0, "b.png"), (1, 0.0, ""), (2, 3.0, "a.png"), (3, 0.5, "c.png"),
    ]  # fmt: skip
    expected = "1 of 4 never fired · 3 pictures, 2 layers · 1 could not be read: bad.png · 1 layers gave nothing"
    assert view.words.text() == expected
    view.table.save_csv(tmp_path / "census.csv")
    assert (tmp_path / "census.csv").read_text(encoding="utf-8").splitlines()[1] == "0,0.5,1.0,b.png,0.5,0.25"


def test_the_census_follows_the_selection_and_leads_to_layers_and_channels(dock, qtbot):
    dock.show_census(census(), ("a.png", "b.png", "c.png"), ())
    dock.show_selection("conv", 2)
    assert dock.census.layer_combo.currentText() == "conv"
    assert "1 with NaN or ∞" in dock.census.words.text()
    assert dock.census.table.currentIndex().row() == 2
    place = dock.census.table.visualRect(dock.census.table.model().index(3, 0)).center()
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        qtbot.mouseClick(dock.census.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["conv", 3]
    dock.census.layer_combo.setCurrentIndex(1)
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        dock.census.layer_combo.activated.emit(1)
    assert chosen.args == ["relu"]


def test_a_folder_is_asked_for_without_stopping_the_window(dock, qtbot, tmp_path):
    dialog = dock.census.ask_for_folder()
    with qtbot.waitSignal(dock.census_requested) as asked:
        dialog.fileSelected.emit(str(tmp_path))
    assert asked.args == [str(tmp_path)]
    dialog.reject()


def test_another_network_has_no_census(dock):
    dock.show_census(census(), ("a.png", "b.png", "c.png"), ())
    dock.show_network(OFFER)
    assert dock.census.table.rows_model.rows == ()
    assert not dock.census.save_button.isEnabled()

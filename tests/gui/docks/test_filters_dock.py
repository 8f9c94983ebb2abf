"""The filters dock with real pages of filters: what it asks for, shows under the mouse, marks and selects."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest

from cnnviz.core.filters import distance_travelled, frequency_response, measure_filters
from cnnviz.core.inside.filters import FilterBank, FiltersView
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing, Window
from cnnviz.core.rendering.colormaps import DIVERGING, GAP, palette, shade
from cnnviz.core.rendering.filters import draw_filters
from cnnviz.gui.docks.filters import FiltersDock
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.clipboard import rgb_pixels
from cnnviz.gui.widgets.filters_view import DEAD_COLOR, DUPLICATE_COLOR, tile_rects
from cnnviz.gui.widgets.filters_words import moments_text, page_text

WINDOW = Window((3, 3), (1, 1), (1, 1))
FIRST = LayerInfo("first", "first", "Conv2d", 1, 1, True, (6, 8, 8), 0, 0, "chw", inputs=("input",), window=WINDOW,
                  weight=(6, 3, 3, 3))  # fmt: skip
RELU = LayerInfo("relu", "relu", "ReLU", 2, 1, True, (6, 8, 8), 0, 0, "chw", inputs=("first",))
DEEP = LayerInfo("deep", "deep", "Conv2d", 3, 1, True, (8, 8, 8), 0, 0, "chw", inputs=("relu",), window=WINDOW,
                 weight=(8, 6, 3, 3))  # fmt: skip
POOL = LayerInfo("pool", "pool", "MaxPool2d", 4, 1, True, (8, 4, 4), 0, 0, "chw", inputs=("deep",))
LOST = LayerInfo("lost", "lost", "ReLU", 5, 1, True, (8, 4, 4), 0, 0, "chw", inputs=("gone",))
OFFER = NetworkOffer(NetworkChoice("n"), "N", "", "cpu", False, (3, 8, 8), Preprocessing(), (),
                     (FIRST, RELU, DEEP, POOL, LOST), 1, 1)  # fmt: skip


def bank(layer):
    weights = np.random.default_rng(0).normal(size=layer.weight).astype(np.float32)
    if layer is DEEP:
        weights[3] = 2 * weights[1]  # near-duplicates
        weights[5] *= 1e-3  # nearly dead
    return FilterBank(layer.name, "convolution", weights)


class Answering:
    """The dock, answered as the engine does."""

    def __init__(self, dock, qtbot):
        self.dock, self.qtbot = dock, qtbot
        self.asked = []
        dock.wish_changed.connect(self.answer)

    def answer(self):
        view = self.dock.wish()
        if view is None:
            return
        self.asked.append(view)
        layer = self.dock.layer.layer
        filters = bank(layer)
        numbers = measure_filters(filters)
        sheet = draw_filters(filters, view, np.arange(filters.outputs, dtype=np.int32), numbers.largest)
        start = FilterBank(layer.name, "convolution", filters.weights * 0.5)
        self.dock.show_filters(sheet, numbers, distance_travelled(filters, start))

    def select(self, layer, channel=None):
        self.dock.show_selection(layer.name, channel)
        self.answer()

    def point_at(self, tile, row, column):
        """With the mouse: a cell of a tile on view."""
        sheet, placement = self.dock.view.sheet, self.dock.view.placement
        top, left, _, _ = sheet.layout.cell_rect(sheet.layout.channels[tile], row, column)
        y, x = placement.to_view(top + 0.5, left + 0.5)
        QTest.mouseMove(self.dock.view, QPoint(1, 1))
        QTest.mouseMove(self.dock.view, QPoint(int(x), int(y)))
        return QPoint(int(x), int(y))


@pytest.fixture
def answering(qtbot):
    dock = FiltersDock()
    qtbot.addWidget(dock)
    dock.resize(420, 700)
    dock.show_network(OFFER)
    dock.show()
    made = Answering(dock, qtbot)
    made.select(FIRST)
    return made


@pytest.fixture
def dock(answering):
    return answering.dock


def test_a_page_of_the_size_of_the_view_is_asked_for(answering):
    wish = answering.dock.wish()
    gap = map_colors(answering.dock.palette()).gap
    size = answering.dock.view.device_size
    assert wish == FiltersView(size, None, 0, (0, 0), "layer", 4, colour=True, background=gap)
    with answering.qtbot.waitSignal(answering.dock.wish_changed):
        answering.dock.resize(500, 800)
    assert answering.dock.wish().size == answering.dock.view.device_size != wish.size


def test_other_colours_ask_for_another_page_though_the_first_is_still_on_its_way(answering):
    dock = answering.dock
    dock.show_network(OFFER)
    dock.show_selection(FIRST.name, None)
    before = dock.wish()
    assert dock.view.sheet is None
    colours = dock.palette()
    dark = colours.color(QPalette.ColorRole.Base).lightness() < 128
    colours.setColor(QPalette.ColorRole.Base, QColor("white" if dark else "black"))
    with answering.qtbot.waitSignal(dock.wish_changed):
        dock.setPalette(colours)
    assert dock.wish().background == map_colors(colours).gap != before.background


def test_the_nearest_filters_before_a_layer_without_any_are_shown_and_that_is_said(answering):
    dock = answering.dock
    assert dock.note_label.isHidden()
    answering.select(POOL, 3)
    assert dock.layer_label.text() == "deep · Conv2d · 8×6×3×3"
    assert dock.note_label.text() == "the nearest filters before pool"
    assert dock.view.outlines == () or all(each.color != selection(dock) for each in dock.view.outlines)
    answering.select(LOST)
    assert dock.wish() is None
    assert "has filters" in dock.view._message


def selection(dock):
    return map_colors(dock.palette()).selection


def test_the_first_layers_filters_are_colour_pictures(dock):
    sheet = dock.view.sheet
    assert sheet.colour
    top, left, _, _ = sheet.layout.tile_rect(4)
    weights = bank(FIRST).weights
    expected = np.rint(127.5 + 127.5 * weights[4, :, 0, 0] / np.abs(weights).max())
    shown = QColor(dock.view.image.pixel(left, top)).getRgb()[:3]
    assert shown == pytest.approx(tuple(expected), abs=1)
    assert dock.toolbar.colour_box.isVisible()


def test_deeper_ones_are_signed_and_the_bar_says_the_range(answering):
    answering.select(DEEP, 2)
    dock, weights = answering.dock, bank(DEEP).weights
    sheet, largest = dock.view.sheet, np.abs(weights).max()
    top, left, _, _ = sheet.layout.tile_rect(8)  # the third kernel of the second filter
    colours = palette(DIVERGING[0], gap=map_colors(dock.palette()).gap, dead=map_colors(dock.palette()).dead)
    expected = colours[int(shade(weights[1, 2, 0, 0], -largest, largest))]
    assert QColor(dock.view.image.pixel(left, top)).getRgb()[:3] == tuple(expected)
    assert tuple(colours[GAP]) == map_colors(dock.palette()).gap
    assert dock.color_bar.texts == (f"−{largest:.3g}", f"{largest:.3g}")
    assert not dock.toolbar.colour_box.isVisible()


def test_the_mouse_reads_a_weight_and_what_is_known_of_its_filter(answering):
    answering.select(DEEP)
    dock, weights = answering.dock, bank(DEEP).weights
    answering.point_at(9, 1, 2)  # 6 inputs: the fourth kernel of the second filter
    text = dock.readout.text()
    assert text.startswith(f"output 1 ← input 3 · y 1, x 2 · {weights[1, 3, 1, 2]:.4g}".replace("-", "−"))
    norm = np.linalg.norm(weights[1])
    assert f"L2 norm {norm:.3g}" in text
    assert "most like 3 (cosine 1.00)" in text
    assert f"travelled {norm / 2:.3g} (100.0 % of its norm)" in text
    shown = dock.response.magnitude
    assert shown == pytest.approx(frequency_response(weights[1, 3]).magnitude)
    assert dock.response.title.text() == "output 1 ← input 3"


def test_an_own_range_is_that_of_the_filter_under_the_mouse(answering):
    answering.select(DEEP)
    dock = answering.dock
    scale = dock.toolbar.scale_combo
    scale.setCurrentIndex(1)
    scale.activated.emit(1)
    assert dock.color_bar.texts == ("−own", "+own")
    answering.point_at(9, 1, 2)
    largest = np.abs(bank(DEEP).weights[1]).max()
    assert dock.color_bar.texts == (f"−{largest:.3g}", f"{largest:.3g}")


def test_a_click_selects_the_output_and_the_selected_is_framed(answering):
    answering.select(DEEP)
    dock = answering.dock
    place = answering.point_at(9, 1, 2)
    with answering.qtbot.waitSignal(dock.channel_selected) as chosen:
        answering.qtbot.mouseClick(dock.view, Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["deep", 1]
    with answering.qtbot.assertNotEmitted(dock.channel_selected):
        dock.show_selection("deep", 6)
    framed = [each.rect for each in dock.view.outlines if each.color == selection(dock)]
    assert framed == list(tile_rects(dock.view.sheet, 6))


def test_near_duplicates_and_nearly_dead_filters_are_marked_and_counted(answering):
    answering.select(DEEP)
    dock = answering.dock
    sheet = dock.view.sheet

    def marked(color):
        return {each.rect for each in dock.view.outlines if each.color == color}

    assert marked(DUPLICATE_COLOR) == {rect for output in (1, 3) for rect in tile_rects(sheet, output)}
    assert marked(DEAD_COLOR) == set(tile_rects(sheet, 5))
    assert dock.legend.duplicates_button.text() == "1 near-duplicates"
    assert dock.legend.dead_button.text() == "1 nearly dead"
    answering.qtbot.mouseClick(dock.legend.duplicates_button, Qt.MouseButton.LeftButton)
    assert marked(DUPLICATE_COLOR) == set()
    assert marked(DEAD_COLOR)


def test_one_output_follows_the_selected_channel_and_one_input_does_not(answering):
    answering.select(DEEP, 4)
    dock, combo = answering.dock, answering.dock.toolbar.arrangement_combo

    def arrange(name):
        combo.setCurrentIndex(combo.findData(name))
        combo.activated.emit(combo.currentIndex())

    arrange("output")
    assert (dock.wish().arrangement, dock.wish().channel) == ("output", 4)
    answering.select(DEEP, 7)
    assert dock.wish().channel == 7
    assert set(dock.view.sheet.kernels[:, 0].tolist()) == {7}
    arrange("input")
    assert dock.wish().channel == 0
    answering.select(DEEP, 2)
    assert dock.wish().channel == 0
    assert dock.view.sheet.kernels[:, 1].tolist() == [0] * 8
    assert dock.toolbar.channel_box.maximum() == 5


def test_what_finds_no_room_is_on_other_pages_that_arrows_and_buttons_turn(answering):
    answering.select(DEEP)
    dock = answering.dock
    assert dock.toolbar.page_label.isHidden()
    dock.toolbar.cell_box.setValue(30)
    assert dock.view.sheet.pages[0] > 1
    assert page_text(dock.view.sheet) == dock.toolbar.page_label.text()
    dock.view.setFocus()
    answering.qtbot.keyClick(dock.view, Qt.Key.Key_Down)
    assert dock.view.sheet.page[0] == 1
    answering.qtbot.mouseClick(dock.toolbar.up_button, Qt.MouseButton.LeftButton)
    assert dock.view.sheet.page[0] == 0
    with answering.qtbot.assertNotEmitted(dock.wish_changed):
        answering.qtbot.keyClick(dock.view, Qt.Key.Key_Up)
        answering.qtbot.keyClick(dock.view, Qt.Key.Key_PageDown)


def test_another_layer_begins_on_its_first_page(answering):
    answering.select(DEEP)
    answering.dock.toolbar.cell_box.setValue(30)
    answering.dock.toolbar.turn(1, 0)
    answering.select(FIRST)
    assert answering.dock.wish().page == (0, 0)


def test_numbers_stand_in_the_cells_when_they_have_room(answering):
    answering.select(DEEP)
    dock = answering.dock

    def black():
        """Pixels of letters: no weight is black."""
        return int((rgb_pixels(dock.view.grab().toImage()).max(2) == 0).sum())

    dock.view.mark((), (), None)
    assert black() == 0
    dock.view.zoom(8.0, QPointF(dock.view.rect().center()))
    assert dock.view._has_room(dock.view.placement)
    assert black() > 50


def test_the_change_since_a_run_began_is_offered_where_there_is_such_a_start(answering):
    answering.select(DEEP)
    dock = answering.dock
    assert not answering.asked[-1].since_start
    dock.toolbar.start_box.click()
    assert answering.asked[-1].since_start
    answering.point_at(9, 1, 2)
    assert dock.readout.text().startswith("change of output 1 ← input 3")
    numbers = measure_filters(bank(DEEP))
    dock.show_filters(dock.view.sheet, numbers, None)
    assert dock.toolbar.start_box.isHidden()
    assert not dock.wish().since_start
    dock.show_filters(dock.view.sheet, numbers, distance_travelled(bank(DEEP), bank(DEEP)))
    dock.view.weight_hovered.emit(None)
    assert "no filter has moved yet" in dock.readout.text()


def test_all_weights_are_in_the_histogram_and_their_moments_are_said(answering):
    answering.select(DEEP)
    weights = bank(DEEP).weights
    histogram = answering.dock.histogram._histogram
    assert int(histogram.counts.sum()) == weights.size
    text = answering.dock.moments_label.text()
    assert text.startswith(f"mean {weights.mean():.3g} · deviation {weights.std():.3g}".replace("-", "−"))


def test_why_there_is_nothing_is_shown_in_place_of_the_picture(dock):
    dock.show_problem('"odd" has no filters; choose a convolution or a linear layer.')
    assert dock.view.sheet is None
    assert dock.view._message.startswith('"odd" has no filters')
    assert dock.color_bar.isHidden()


def test_the_page_can_be_saved(dock, tmp_path):
    dock.view.save_png(tmp_path / "filters.png")
    assert (tmp_path / "filters.png").read_bytes()[1:4] == b"PNG"


def test_weights_that_are_no_numbers_are_counted_where_a_narrow_dock_cuts_nothing_off():
    weights = bank(DEEP).weights.copy()
    weights[0, 0, 0] = np.nan
    count = weights.shape[3]
    text = moments_text(measure_filters(FilterBank("conv", "convolution", weights)))
    assert text.startswith(f"{count} NaN or ∞ · mean ")

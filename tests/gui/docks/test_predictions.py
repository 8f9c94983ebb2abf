"""The predictions dock: the right classes, at any temperature, over time."""

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnviz.gui.docks.predictions import DEFAULT_ROWS, PredictionsDock

NAMES = tuple(f"class-{letter}" for letter in "abcdefgh")
LOGITS = np.array([0, 3, 1, -2, 2, 0.5, -1, 0.2], np.float32)


def softmax(logits, temperature=1.0):
    weights = [math.exp(logit / temperature) for logit in logits]
    return [weight / sum(weights) for weight in weights]


@pytest.fixture
def dock(qtbot):
    made = PredictionsDock()
    qtbot.addWidget(made)
    made.resize(300, 520)
    made.show()
    made.show_classes(NAMES)
    made.show_logits(LOGITS, np.array([1.0]), LOGITS[None])
    return made


def test_the_best_classes_with_probability_and_logit(dock):
    rows = dock.bars.rows
    assert [row.name for row in rows] == ["class-b", "class-e", "class-c", "class-f", "class-h"]
    assert len(rows) == DEFAULT_ROWS
    expected = softmax(LOGITS.tolist())
    assert [row.probability for row in rows] == pytest.approx([expected[index] for index in (1, 4, 2, 5, 7)])
    assert [row.logit for row in rows] == pytest.approx([3, 2, 1, 0.5, 0.2])
    assert len({row.color for row in rows}) == len(rows)


def test_the_number_of_rows_is_chosen(dock, qtbot):
    qtbot.keyClick(dock.rows_box, Qt.Key.Key_Down)
    assert len(dock.bars.rows) == 4
    dock.set_rows(7)
    assert len(dock.bars.rows) == 7
    dock.set_rows(20)
    assert len(dock.bars.rows) == len(NAMES)


def test_the_temperature_changes_probabilities_and_never_the_order(dock, qtbot):
    before = [row.index for row in dock.bars.rows]
    with qtbot.assertNotEmitted(dock.temperature_changed):
        dock.set_temperature(10.0)
    expected = softmax(LOGITS.tolist(), 10)
    assert [row.probability for row in dock.bars.rows] == pytest.approx([expected[index] for index in before], rel=1e-3)
    assert [row.index for row in dock.bars.rows] == before


def test_the_ends_of_the_slider_are_one_hot_and_uniform(dock, qtbot):
    with qtbot.waitSignal(dock.temperature_changed):
        qtbot.keyClick(dock.temperature_slider.slider, Qt.Key.Key_Home)
    assert [row.probability for row in dock.bars.rows] == [1, 0, 0, 0, 0]
    qtbot.keyClick(dock.temperature_slider.slider, Qt.Key.Key_End)
    assert [row.probability for row in dock.bars.rows] == [1 / 8] * 5
    assert dock.hint.text() == "nearly uniform: no class stands out"


def test_the_hint_tells_chance_or_why_there_are_no_probabilities(dock):
    assert dock.hint.text() == "of 8 classes · chance 12.5 %"
    broken = LOGITS.copy()
    broken[2] = np.nan
    dock.show_logits(broken, np.array([2.0]), broken[None])
    assert dock.hint.text() == "The logits hold NaN or ∞: no probabilities"


def test_the_probabilities_before_interventions_are_at_the_same_temperature(dock):
    before = LOGITS[::-1].copy()
    dock.set_temperature(2.0)
    dock.show_before(before)
    dock.show_logits(LOGITS, np.array([2.0]), LOGITS[None])
    expected = softmax(before.tolist(), dock.temperature_slider.temperature)
    assert [row.before for row in dock.bars.rows] == pytest.approx([expected[row.index] for row in dock.bars.rows])
    dock.show_before(None)
    dock.show_logits(LOGITS, np.array([3.0]), LOGITS[None])
    assert [row.before for row in dock.bars.rows] == [None] * 5


def test_classes_without_names_are_numbered(dock):
    dock.show_classes(("only one name",))
    dock.show_logits(LOGITS, np.array([1.0]), LOGITS[None])
    assert [row.name for row in dock.bars.rows][:2] == ["class 1", "class 4"]


def test_a_network_with_one_output_has_its_sigmoid(dock):
    one = np.array([2.0], np.float32)
    dock.show_classes(("cat",))
    dock.show_logits(one, np.array([1.0]), one[None])
    assert dock.bars.rows[0].probability == pytest.approx(1 / (1 + math.exp(-2)))


def test_every_inferred_frame_is_in_the_history_in_the_colours_of_the_bars(dock, qtbot):
    times = 1 + np.arange(1, 31) / 30
    frames = np.repeat(LOGITS[None], 30, axis=0)
    frames[:, 1] -= np.arange(30) / 30
    dock.show_logits(frames[-1], times, frames)
    qtbot.waitUntil(lambda: len(dock.history_view._lines.times) > 1)  # not with every frame
    lines = dock.history_view._lines
    assert lines.times.tolist() == pytest.approx([1.0, *times])
    assert lines.colors == tuple(row.color for row in dock.bars.rows)
    assert lines.names[0] == "class-b"
    expected = [softmax(LOGITS.tolist())[1], *(softmax(frame.tolist())[1] for frame in frames)]
    assert lines.values[:, 0].tolist() == pytest.approx(expected, rel=1e-5)


def test_the_past_is_seen_at_the_same_temperature(dock, qtbot):
    qtbot.keyClick(dock.temperature_slider.slider, Qt.Key.Key_Home)
    assert dock.history_view._lines.values[0].tolist() == [1, 0, 0, 0, 0]


def test_the_history_can_be_put_away_and_is_up_to_date_when_it_returns(dock, qtbot):
    qtbot.mouseClick(dock.history_button, Qt.MouseButton.LeftButton)
    assert not dock.history_view.isVisible()
    dock.show_logits(LOGITS, np.array([2.0]), LOGITS[None])
    qtbot.mouseClick(dock.history_button, Qt.MouseButton.LeftButton)
    assert dock.history_view.isVisible()
    assert len(dock.history_view._lines.times) == 2


def test_another_network_starts_afresh(dock):
    dock.show_classes(("x", "y"))
    assert dock.bars.rows == ()
    assert len(dock.history_view._lines.times) == 0
    assert dock.hint.text() == "No prediction yet"
    two = np.array([0.0, 1.0], np.float32)
    dock.show_logits(two, np.array([9.0]), two[None])
    assert [row.name for row in dock.bars.rows] == ["y", "x"]


def test_setters_say_nothing(dock):
    said = []
    for signal in (dock.temperature_changed, dock.problem_met):
        signal.connect(lambda *_: said.append(1))
    dock.set_rows(3)
    dock.set_temperature(0.0)
    dock.show_logits(LOGITS, np.array([3.0]), LOGITS[None])
    dock.clear()
    assert said == []


def test_rows_get_their_room_before_the_history(dock, qapp):
    dock.resize(300, 420)
    qapp.processEvents()
    assert dock.bars_area.height() == dock.bars.sizeHint().height()
    assert dock.history_view.height() >= 60


def test_a_narrow_dock_is_enough(dock):
    assert dock.minimumSizeHint().width() <= 260


def test_a_still_picture_has_no_history_and_a_moving_one_has_it_again(dock):
    dock.show_still(True)
    assert not dock.history_view.isVisible()
    assert not dock.history_button.isEnabled()
    dock.show_still(False)
    assert dock.history_view.isVisible()
    dock.history_button.click()
    dock.show_still(True)
    dock.show_still(False)
    assert not dock.history_view.isVisible()


def test_with_larger_text_the_bars_take_the_room_they_need(dock, qapp):
    before, font = dock.bars_area.height(), dock.font()
    font.setPointSizeF(font.pointSizeF() * 1.4)
    dock.setFont(font)
    qapp.processEvents()
    assert dock.bars_area.height() == dock.bars.height_of(DEFAULT_ROWS) > before
    assert not dock.bars_area.verticalScrollBar().isVisible()

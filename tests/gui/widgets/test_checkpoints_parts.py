"""The line of checkpoints and the picture of what became of channels."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from cnnviz.core.rendering.colormaps import DEAD, NOT_FINITE, SHADES
from cnnviz.core.training.values import RunStatus
from cnnviz.gui.widgets.checkpoints_life import ChannelLife, life_indices
from cnnviz.gui.widgets.checkpoints_timeline import CheckpointTimeline, RunLine
from cnnviz.gui.widgets.checkpoints_words import dead_text, life_text, step_text

STEPS = (0, 100, 400)


@pytest.fixture
def timeline(qtbot):
    made = CheckpointTimeline()
    qtbot.addWidget(made)
    made.resize(424, made.sizeHint().height())
    made.set_line(RunLine(STEPS, 300, 400, 100))
    made.show()
    return made


def chosen_by(widget):
    steps = []
    widget.step_chosen.connect(steps.append)
    return steps


def test_a_click_chooses_the_nearest_checkpoint_once(timeline):
    steps = chosen_by(timeline)
    for x in (60, 150, 151, 380):
        QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x, timeline.height() // 2))
    assert steps == [0, 100, 400]


def test_keys_go_from_checkpoint_to_checkpoint_and_stop_at_the_ends(timeline):
    timeline.set_step(0)
    steps = chosen_by(timeline)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home):
        QTest.keyClick(timeline, key)
    QTest.keyClick(timeline, Qt.Key.Key_End)
    assert steps == [100, 400, 100, 0, 400]


def test_the_step_on_view_may_lie_between_checkpoints(timeline):
    timeline.set_step(250)
    assert (timeline.neighbour(250, -1), timeline.neighbour(250, 1)) == (100, 400)
    assert timeline.neighbour(400, 1) is None


def test_the_handle_stands_at_its_step(timeline):
    timeline.set_step(100)
    image = timeline.grab().toImage()
    accent = timeline.palette().highlight().color()
    columns = [x for x in range(image.width()) if image.pixelColor(x, 6) == accent]
    assert np.mean(columns) == pytest.approx(12 + 100 / 400 * 400, abs=1.5)


def test_setters_emit_nothing_and_without_checkpoints_nothing_is_chosen(timeline):
    steps = chosen_by(timeline)
    timeline.set_step(400)
    timeline.set_line(RunLine())
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    assert steps == []


def test_units_without_gradient_make_room_for_their_strip(timeline):
    height = timeline.sizeHint().height()
    timeline.set_silent(np.array([0, 200, 400]), np.array([0.0, np.nan, 1.0]))
    assert timeline.sizeHint().height() > height
    timeline.set_silent(np.zeros(0, np.int64), np.zeros(0))
    assert timeline.sizeHint().height() == height


# ---------------------------------------------------------------------------------------------------------------- life

HIGHEST = np.array([[2.0, 0.0, 1.0, 0.0, 1.0], [4.0, 0.0, 0.0, 3.0, 0.0], [1.0, -1.0, 0.0, 1.0, np.nan]], np.float32)


def test_a_channel_that_does_not_fire_is_dead_and_the_strongest_has_the_last_shade():
    found = life_indices(HIGHEST)
    assert found[:, 1].tolist() == [DEAD, DEAD, DEAD]
    assert (found[1, 0], found[0, 0], found[2, 4]) == (SHADES - 1, SHADES // 2, NOT_FINITE)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1, 2, 3), "fires at every checkpoint"),
        ((0, 0, -1), "at none"),
        ((1, 0, 0), "died by step 100"),
        ((0, 0, 5), "was born by step 400"),
        ((1, 0, 5), "fires at 2 of 3"),
    ],
)
def test_what_became_of_a_channel_in_words(values, words):
    assert words in life_text(7, STEPS, np.array(values, np.float32))
    assert "channel 7" in life_text(7, STEPS, np.array(values, np.float32))


def test_dead_channels_are_counted_at_both_ends():
    assert dead_text(STEPS, HIGHEST) == "dead channels: 2 → 2 of 5"
    assert dead_text((), HIGHEST[:0]) == ""


def test_steps_are_said_with_their_epoch_where_that_is_known():
    assert step_text(468, RunStatus("running", steps_per_epoch=468)) == "step 468 · epoch 1.00"
    assert step_text(1468, RunStatus("starting")) == "step 1,468"


def test_a_click_selects_the_channel_and_hovering_tells_its_life(qtbot):
    life = ChannelLife()
    qtbot.addWidget(life)
    life.resize(400, 160)
    life.set_life(STEPS, HIGHEST)
    life.show()
    plot = life._plot()
    place = QPoint(int(plot.left() + plot.width() * 0.9), int(plot.center().y()))
    told = []
    life.told.connect(told.append)
    with qtbot.waitSignal(life.channel_clicked) as signal:
        QTest.mouseMove(life, place)
        QTest.mouseClick(life, Qt.MouseButton.LeftButton, pos=place)
    assert signal.args == [4]
    assert told[0].startswith("channel 4")


def test_the_numbers_are_saved(qtbot, tmp_path):
    life = ChannelLife()
    qtbot.addWidget(life)
    life.set_life(STEPS, HIGHEST[:, :4])
    life.save_csv(tmp_path / "life.csv")
    with (tmp_path / "life.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [int(row[0]) for row in rows] == list(STEPS)
    assert np.array_equal(np.array([row[1:] for row in rows], np.float32), HIGHEST[:, :4])


@pytest.mark.parametrize(("step", "left"), [(100, False), (400, True)])
def test_words_about_silent_units_stand_where_the_line_of_the_step_is_not(timeline, step, left):
    timeline.set_silent(np.array([0, 300]), np.array([0.0, 0.0]))
    timeline.resize(424, timeline.sizeHint().height())
    timeline.set_step(step)
    image, line = timeline.grab().toImage(), round(timeline._x(step))
    back = image.pixelColor(3, 3)
    columns = [x for x in range(3, image.width() - 3) if abs(x - line) > 3]
    inked = [x for x in columns if any(image.pixelColor(x, y) != back for y in range(3, 12))]
    assert {x < line for x in inked} == {left}

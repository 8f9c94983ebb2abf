"""The sketch pad and its dock: strokes where the mouse was, undone, erased, centred, told no more often than asked."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from cnnviz.core.sources.sketch import centre_like_mnist
from cnnviz.gui.docks.sketch import SketchDock
from cnnviz.gui.widgets.sketch_pad import CANVAS, EMIT_MS, MOST_UNDOS, SketchPad


@pytest.fixture
def pad(qtbot):
    made = SketchPad()
    qtbot.addWidget(made)
    made.resize(CANVAS + 40, CANVAS)  # a margin of 20 at either side of the square
    made.show()
    return made


def stroke(pad, qtbot, start, end, button=Qt.MouseButton.LeftButton):
    """From and to canvas places (y, x)."""
    qtbot.mousePress(pad, button, pos=QPoint(start[1] + 20, start[0]))
    QTest.mouseEvent(
        QTest.MouseAction.MouseMove, pad, button, Qt.KeyboardModifier.NoModifier, QPoint(end[1] + 20, end[0])
    )
    qtbot.mouseRelease(pad, button, pos=QPoint(end[1] + 20, end[0]))


def drawn_box(pixels):
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return rows[0], columns[0], rows[-1], columns[-1]


def test_a_stroke_is_white_where_the_mouse_was_and_as_wide_as_the_brush(pad, qtbot):
    pad.set_brush(20)
    stroke(pad, qtbot, (100, 60), (100, 200))
    pixels = pad.pixels()
    assert pixels.shape == (CANVAS, CANVAS)
    assert (pixels[95:105, 60:200] == 255).all()
    assert drawn_box(pixels) == pytest.approx((90, 50, 109, 209), abs=1)


def test_a_click_is_a_round_dot(pad, qtbot):
    pad.set_brush(30)
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(140 + 20, 140))
    pixels = pad.pixels().astype(float) / 255
    assert pixels.sum() == pytest.approx(np.pi * 15**2, rel=0.03)


@pytest.mark.parametrize("way", ["switch", "right button"])
def test_the_eraser_draws_black(pad, qtbot, way):
    stroke(pad, qtbot, (100, 60), (100, 200))
    pad.set_erasing(erasing=way == "switch")
    pad.set_brush(60)
    button = Qt.MouseButton.LeftButton if way == "switch" else Qt.MouseButton.RightButton
    stroke(pad, qtbot, (100, 60), (100, 200), button)
    assert pad.is_blank


def test_undo_takes_back_strokes_and_clearing(pad, qtbot):
    stroke(pad, qtbot, (50, 50), (50, 90))
    first = pad.pixels()
    stroke(pad, qtbot, (150, 50), (150, 90))
    both = pad.pixels()
    pad.clear()
    assert pad.is_blank
    pad.undo()
    assert (pad.pixels() == both).all()
    pad.undo()
    assert (pad.pixels() == first).all()
    pad.undo()
    assert pad.is_blank
    assert not pad.can_undo
    pad.undo()
    assert pad.is_blank


def test_undo_remembers_a_bounded_number_of_strokes(pad, qtbot):
    for place in range(MOST_UNDOS + 10):
        stroke(pad, qtbot, (place, 10), (place, 20))
    assert len(pad._undos) == MOST_UNDOS


def test_moving_without_a_button_draws_nothing(pad):
    QTest.mouseMove(pad, QPoint(100, 100))
    QTest.mouseMove(pad, QPoint(150, 150))
    assert pad.is_blank


def test_pressure_makes_the_stroke_wider(pad):
    widths = []
    for pressure in (0.25, 1.0):
        pad.clear()
        pad._begin(QPointF(160, 140), erasing=False, pressure=pressure)
        top, _, bottom, _ = drawn_box(pad.pixels())
        widths.append(bottom - top + 1)
    assert widths[0] == pytest.approx(widths[1] / 2, abs=2)


def test_the_drawing_is_told_at_once_then_at_most_every_33_ms_and_always_the_last(pad, qtbot):
    told = []
    pad.changed.connect(told.append)
    started = time.perf_counter()
    for column in range(40, 200, 4):
        stroke(pad, qtbot, (100, column), (100, column + 4))
        if column == 40:
            assert len(told) == 1
    taken_ms = 1000 * (time.perf_counter() - started)
    assert len(told) <= 2 + taken_ms / EMIT_MS  # press and move each tell: at full pace 80 and more would come
    qtbot.waitUntil(lambda: not pad._pause.isActive())
    assert (told[-1] == pad.pixels()).all()


def test_the_square_keeps_its_shape_in_any_room(pad):
    pad.resize(500, 120)
    square = pad._square()
    assert (square.width(), square.height()) == (120, 120)
    assert pad._to_canvas(square.center()) == QPointF(CANVAS / 2, CANVAS / 2)


@pytest.fixture
def dock(qtbot):
    made = SketchDock()
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    return made


def draw_a_line(dock, qtbot):
    qtbot.mousePress(dock.pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    qtbot.mouseRelease(dock.pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))


def test_a_drawing_is_sent_centred_as_mnist_is(dock, qtbot):
    with qtbot.waitSignal(dock.picture_drawn) as drawn:
        draw_a_line(dock, qtbot)
    (picture,) = drawn.args
    assert picture.dtype == np.uint8
    assert picture.shape == (28, 28, 3)
    assert (picture[:, :, 0] == centre_like_mnist(dock.pad.pixels())).all()
    assert (picture[:, :, 1] == picture[:, :, 0]).all()


def test_without_centring_the_drawing_is_sent_as_it_is(dock, qtbot):
    draw_a_line(dock, qtbot)
    with qtbot.waitSignal(dock.picture_drawn) as drawn:
        dock.centre_box.click()
    assert drawn.args[0].shape == (CANVAS, CANVAS, 3)


def test_an_untouched_pad_takes_no_sources_place(dock, qtbot):
    with qtbot.assertNotEmitted(dock.picture_drawn):
        dock.centre_box.click()
        dock.clear_button.click()
        dock.undo_button.click()
    assert dock.pad.is_blank


def test_setters_emit_nothing(dock, qtbot):
    draw_a_line(dock, qtbot)
    qtbot.waitUntil(lambda: not dock.pad._pause.isActive())
    with qtbot.assertNotEmitted(dock.picture_drawn):
        dock.show_centred(False)
        dock.show_centred(True)


def test_clear_and_undo_have_buttons(dock, qtbot):
    draw_a_line(dock, qtbot)
    qtbot.mouseClick(dock.clear_button, Qt.MouseButton.LeftButton)
    assert dock.pad.is_blank
    qtbot.mouseClick(dock.undo_button, Qt.MouseButton.LeftButton)
    assert not dock.pad.is_blank

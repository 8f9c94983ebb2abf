"""The picture view: pixels where they belong, zoom, pan, hover, clicks, keys, copy and save."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnviz.gui.widgets.images import rgb_image, rgba_image
from cnnviz.gui.widgets.picture_view import Label, Outline, Overlay, PictureView

WIDTH, HEIGHT = 120, 90


def colored(height, width):
    """Every pixel differs: its row is red, its column green."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, np.full_like(rows, 77)], axis=2).astype(np.uint8)


@pytest.fixture
def view(qtbot):
    made = PictureView(keys=(Qt.Key.Key_Left, Qt.Key.Key_O))
    made.setMinimumSize(1, 1)
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.show()
    return made


def drawn(view, y, x):
    return view.grab().toImage().pixelColor(x, y).getRgb()[:3]


def wheel(view, y, x, notches=1):
    place = QPointF(x, y)
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(view, QWheelEvent(place, place, QPoint(), QPoint(0, 120 * notches), *none, False))


def test_a_picture_of_the_views_size_is_drawn_pixel_by_pixel(view):
    picture = colored(HEIGHT, WIDTH)
    view.set_image(rgb_image(picture))
    for y, x in ((0, 0), (HEIGHT - 1, WIDTH - 1), (40, 61)):
        assert drawn(view, y, x) == tuple(picture[y, x].tolist())


def test_a_small_picture_stands_in_the_middle_of_the_background(view):
    view.set_background(QColor(1, 2, 3))
    view.set_image(rgb_image(colored(10, 20)))
    assert drawn(view, 40, 50) == (0, 0, 77)
    assert drawn(view, 49, 69) == (9, 19, 77)
    assert drawn(view, 39, 50) == drawn(view, 40, 70) == (1, 2, 3)


def test_a_large_picture_is_made_smaller_and_a_small_one_enlarged_on_request(view, qtbot):
    view.set_image(rgb_image(colored(180, 240)))
    assert view.placement.scale == 0.5
    enlarging = PictureView(enlarge=True)
    qtbot.addWidget(enlarging)
    enlarging.resize(WIDTH, HEIGHT)
    enlarging.set_image(rgb_image(colored(9, 12)))
    assert drawn(enlarging, 25, 117) == (2, 11, 77)


def test_the_wheel_zooms_about_the_cursor_and_a_double_click_resets(view, qtbot):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    wheel(view, 30, 100, notches=4)
    assert view.placement.scale == pytest.approx(1.25**4)
    assert view.target_at(QPointF(100, 30)) == (30, 100)
    assert drawn(view, 30, 100) == (30, 100, 77)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert view.placement.scale == 1


def test_the_zoom_stays_while_the_pictures_size_does(view):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    wheel(view, 30, 100)
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    assert view.placement.is_zoomed
    view.set_image(rgb_image(colored(HEIGHT - 1, WIDTH)))
    assert not view.placement.is_zoomed


def test_dragging_pans_and_is_no_click(view, qtbot):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    view.zoom(4, QPointF(60, 45))
    clicks = []
    view.clicked.connect(lambda y, x: clicks.append((y, x)))
    before = view.target_at(QPointF(60, 45))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(60, 45))
    QTest.mouseMove(view, QPoint(80, 65))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(80, 65))
    assert view.target_at(QPointF(80, 65)) == before
    assert clicks == []


def test_a_click_tells_its_pixel_and_beside_the_picture_there_is_none(view, qtbot):
    view.set_image(rgb_image(colored(10, 20)))
    with qtbot.waitSignal(view.clicked) as click:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(55, 43))
    assert click.args == [3, 5]
    with qtbot.assertNotEmitted(view.clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
        qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(55, 43))


def test_a_double_click_tells_its_pixel_and_need_not_reset(qtbot):
    view = PictureView(double_click_resets=False)
    qtbot.addWidget(view)
    view.resize(WIDTH, HEIGHT)
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    view.zoom(2, QPointF(0, 0))
    with qtbot.waitSignal(view.double_clicked) as click:
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 20))
    assert click.args == [10, 5]
    assert view.placement.is_zoomed


def test_hover_tells_every_other_pixel_once_and_when_it_left(view, qtbot):
    view.set_image(rgb_image(colored(10, 20)))
    said = []
    view.hovered.connect(lambda y, x: said.append((y, x)))
    view.hover_left.connect(lambda: said.append("left"))
    for x, y in ((55, 43), (55, 43), (56, 43), (5, 5), (6, 5)):
        qtbot.mouseMove(view, QPoint(x, y))
    assert said == [(3, 5), (3, 6), "left"]


def test_keys_of_the_dock_are_announced_and_zoom_keys_zoom(view, qtbot):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    with qtbot.waitSignal(view.key_pressed) as key:
        qtbot.keyClick(view, Qt.Key.Key_O)
    assert key.args == [Qt.Key.Key_O]
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.placement.scale == pytest.approx(1.25)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.placement.scale == 1


def test_other_keys_are_left_to_the_window(view, qtbot):
    with qtbot.assertNotEmitted(view.key_pressed):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.isVisible()


def test_the_size_is_told_once_per_turn_of_the_event_loop(view, qtbot):
    sizes = []
    view.size_changed.connect(lambda height, width: sizes.append((height, width)))
    view.resize(50, 40)
    view.resize(70, 60)
    assert sizes == []
    qtbot.waitUntil(lambda: bool(sizes))
    assert sizes == [(60, 70)] == [view.device_size]


def test_setters_say_nothing(view, qtbot):
    signals = [view.hovered, view.clicked, view.double_clicked, view.hover_left, view.key_pressed, view.problem_met]
    with qtbot.assertNotEmitted(signals[0]):
        spies = []
        for signal in signals[1:]:
            signal.connect(lambda *_: spies.append(1))
        view.set_image(rgb_image(colored(10, 20)))
        view.set_outlines((Outline((0, 0, 5, 5), (255, 0, 0)),))
        view.set_labels((Label(0, 0, "a"),))
        view.show_message("No picture")
        view.reset_zoom()
    assert spies == []


def test_outlines_lie_around_their_pixels_and_leave_them_free_but_for_an_edge(view):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    view.set_outlines((Outline((20, 30, 40, 60), (255, 94, 0), (0, 0, 0), 2),))
    assert drawn(view, 21, 31) == (21, 31, 77)
    assert drawn(view, 38, 58) == (38, 58, 77)
    assert drawn(view, 30, 29) == drawn(view, 30, 60) == drawn(view, 40, 45) == (255, 94, 0)
    assert drawn(view, 30, 27) == (0, 0, 0)
    assert drawn(view, 30, 25) == (30, 25, 77)


def test_outlines_follow_the_zoom(view):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    view.set_outlines((Outline((10, 10, 20, 20), (255, 94, 0)),))
    view.zoom(4, QPointF(0, 0))
    assert drawn(view, 60, 39) == (255, 94, 0)


def test_a_dashed_outline_has_gaps(view):
    view.set_image(rgb_image(np.full((HEIGHT, WIDTH, 3), 200, np.uint8)))
    view.set_outlines((Outline((20, 20, 70, 100), (0, 0, 255), (0, 0, 0), 1, dashed=True),))
    top = [drawn(view, 19, x) for x in range(22, 98)]
    assert {(0, 0, 255), (200, 200, 200)} <= set(top)


def test_an_overlay_lies_over_its_part_of_the_picture_and_follows_the_zoom(view):
    view.set_image(rgb_image(np.full((HEIGHT, WIDTH, 3), 200, np.uint8)))
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 1], pixels[1, 0] = (255, 0, 0, 255), (0, 0, 0, 128)
    view.set_overlay(Overlay(rgba_image(pixels), (10, 20, 12, 22)))
    assert [drawn(view, y, x)[0] for y in (10, 11) for x in (20, 21)] == [200, 255, pytest.approx(100, abs=1), 200]
    assert drawn(view, 10, 21) == (255, 0, 0)
    view.zoom(4, QPointF(0, 0))
    assert drawn(view, 42, 86) == (255, 0, 0)
    view.set_overlay(None)
    assert drawn(view, 42, 86) == (200, 200, 200)


def test_a_label_is_written_in_the_text_colour(view):
    view.set_image(QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32))
    view.image.fill(0xFFFFFF)
    view.set_labels((Label(0, 2, "conv1"),))
    shot = view.grab().toImage()
    inked = [(y, x) for y in range(HEIGHT) for x in range(WIDTH) if shot.pixelColor(x, y).lightness() < 128]
    assert inked
    assert max(y for y, _ in inked) <= view.fontMetrics().height()


def test_a_message_takes_the_pictures_place(view):
    view.set_image(rgb_image(colored(HEIGHT, WIDTH)))
    view.show_message("No camera is connected.")
    assert view.image.isNull()
    assert view.target_at(QPointF(60, 45)) is None
    shot = view.grab().toImage()
    assert len({shot.pixel(x, y) for y in range(HEIGHT) for x in range(WIDTH)}) > 1


def test_copy_takes_the_bare_picture(view):
    view.set_image(rgb_image(colored(10, 20)))
    view.set_outlines((Outline((0, 0, 10, 20), (255, 0, 0)),))
    view.copy_action.trigger()
    copied = QGuiApplication.clipboard().image()
    assert (copied.height(), copied.width()) == (10, 20)
    assert copied.pixelColor(19, 9).getRgb()[:3] == (9, 19, 77)


def test_save_writes_a_png_and_a_folder_that_is_not_there_is_a_sentence(view, qtbot, tmp_path):
    view.set_image(rgb_image(colored(10, 20)))
    view.save_png(tmp_path / "maps.png")
    assert QImage(str(tmp_path / "maps.png")).pixelColor(19, 9).getRgb()[:3] == (9, 19, 77)
    with qtbot.waitSignal(view.problem_met) as problem:
        view.save_png(tmp_path / "nowhere" / "maps.png")
    assert problem.args[0].endswith("choose another folder or free some space.")

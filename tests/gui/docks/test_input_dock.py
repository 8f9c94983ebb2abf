"""The input dock: the picture with its outline, the network's input, every source, and nothing said without a hand."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QPalette

from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.sources.values import CameraInfo, SourceCommand, SourceSpec, SourceState
from cnnviz.core.views import InputPicture, InputView
from cnnviz.gui.docks.input import InputDock
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.seen_field import SeenField

VIDEO = SourceState(
    SourceSpec("video", "a.mp4"), "a.mp4", (360, 640), seekable=True, rate=25.0, frame_index=50, frame_count=250
)
CAMERA = SourceState(SourceSpec("camera", "0"), "Camera 0", (480, 640), notice="Camera 0 was lost: plug it in again.")


def picture(*, tensor=True):
    """20×30, reddish to the left of column 10, seen from column 5 to 25; the tensor is 1×4×4, counting up."""
    frame = np.zeros((20, 30, 3), np.uint8)
    frame[:, :10, 0] = 200
    values = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    shown = np.repeat((values[0] * 10).astype(np.uint8)[:, :, None], 3, axis=2)
    return InputPicture(
        frame, (200, 300), (0.0, 5 / 30, 1.0, 25 / 30), values if tensor else None, shown if tensor else None
    )


@pytest.fixture
def dock(qtbot):
    made = InputDock()
    qtbot.addWidget(made)
    made.resize(300, 520)
    made.show()
    made.show_picture(picture())
    return made


def pixel(dock, y, x):
    return dock.view.image.pixelColor(x, y).getRgb()[:3]


def hover(dock, qtbot, y, x):
    """The mouse over a pixel of the picture on view."""
    scale = dock.view.placement.scale
    top, left = dock.view.placement.to_view(y, x)
    qtbot.mouseMove(dock.view, QPoint(round(left + scale / 2), round(top + scale / 2)))


def test_the_frame_is_shown_with_the_part_the_network_sees(dock):
    assert pixel(dock, 3, 2) == (200, 0, 0)
    assert pixel(dock, 3, 12) == (0, 0, 0)
    (outline,) = dock.view._outlines
    inset = 3 / dock.view.placement.scale
    assert outline.rect == pytest.approx((0 + inset, 5 + inset, 20 - inset, 25 - inset))


def test_mirrored_is_the_frame_and_its_outline_but_not_the_input(dock, qtbot):
    dock.show_picture(
        InputPicture(picture().frame, (200, 300), (0, 0, 1, 1 / 3), picture().tensor, picture().tensor_picture)
    )
    with qtbot.assertNotEmitted(dock.preprocessing_changed):
        qtbot.mouseClick(dock.options.mirror_button, Qt.MouseButton.LeftButton)
    assert pixel(dock, 3, 27) == (200, 0, 0)
    assert pixel(dock, 3, 2) == (0, 0, 0)
    left, right = dock.view._outlines[0].rect[1], dock.view._outlines[0].rect[3]
    assert 20 < left < right < 30
    qtbot.mouseClick(dock.options.tensor_button, Qt.MouseButton.LeftButton)
    assert pixel(dock, 0, 3) == (30, 30, 30)


def test_the_switch_asks_for_the_tensor_and_shows_it_one_square_a_pixel(dock, qtbot):
    assert dock.wish() == InputView(dock.view.device_size, tensor=False)
    with qtbot.waitSignal(dock.tensor_view_toggled) as toggled:
        qtbot.mouseClick(dock.options.tensor_button, Qt.MouseButton.LeftButton)
    assert toggled.args == [True]
    assert dock.wish().tensor
    assert (dock.view.image.height(), dock.view.image.width()) == (4, 4)
    assert dock.view._outlines == ()
    grabbed = dock.view.grab().toImage()
    top, left = dock.view.placement.to_view(1, 2)
    scale = dock.view.placement.scale
    corners = {(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9), (0.5, 0.5)}
    assert {grabbed.pixelColor(int(left + x * scale), int(top + y * scale)).red() for y, x in corners} == {60}


def test_until_the_tensor_has_come_a_sentence_stands_there(dock, qtbot):
    dock.show_picture(picture(tensor=False))
    qtbot.mouseClick(dock.options.tensor_button, Qt.MouseButton.LeftButton)
    assert dock.view.image.isNull()
    dock.show_picture(picture())
    assert not dock.view.image.isNull()


def test_hovering_the_frame_tells_the_place_in_the_source(dock, qtbot):
    hover(dock, qtbot, 4, 6)
    assert dock.values_readout.text() == "y 40, x 60:  200  0  0"


def test_hovering_the_mirrored_frame_tells_the_place_in_the_source(dock, qtbot):
    dock.options.mirror_button.click()
    hover(dock, qtbot, 4, 29)
    assert dock.values_readout.text().startswith("y 40, x 0:  ")


def test_hovering_the_network_input_tells_the_tensors_values(dock, qtbot):
    dock.options.tensor_button.click()
    hover(dock, qtbot, 2, 1)
    assert dock.values_readout.text() == "y 2, x 1:  9"


def test_a_video_has_a_transport_and_a_camera_has_none(dock):
    dock.show_source(VIDEO)
    assert dock.transport.isVisible()
    assert dock.title_label.text() == "a.mp4 · 640×360 · 0:02 / 0:10"
    assert not dock.notice_label.isVisible()
    dock.show_source(CAMERA)
    assert not dock.transport.isVisible()
    assert dock.notice_label.isVisible()
    assert dock.notice_label.text() == CAMERA.notice


@pytest.mark.parametrize(
    ("button", "command"),
    [
        ("back_button", SourceCommand("step-back")),
        ("play_button", SourceCommand("pause")),
        ("step_button", SourceCommand("step")),
        ("loop_button", SourceCommand("loop", 0.0)),
    ],
)
def test_the_transport_gives_commands(dock, qtbot, button, command):
    dock.show_source(VIDEO)
    with qtbot.waitSignal(dock.source_command) as given:
        qtbot.mouseClick(getattr(dock.transport, button), Qt.MouseButton.LeftButton)
    assert given.args == [command]


def test_a_paused_video_plays_on(dock, qtbot):
    dock.show_source(SourceState(VIDEO.spec, "a.mp4", seekable=True, playing=False, frame_count=9))
    with qtbot.waitSignal(dock.source_command) as given:
        dock.transport.play_button.click()
    assert given.args == [SourceCommand("play")]


def test_a_click_on_the_slider_seeks_to_that_place(dock, qtbot):
    dock.show_source(VIDEO)
    slider = dock.transport.slider
    given = []
    dock.source_command.connect(given.append)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 2, slider.height() // 2))
    assert given[-1] == SourceCommand("seek", 249)


def test_a_dragged_slider_is_not_pulled_back_by_the_video(dock, qtbot):
    dock.show_source(VIDEO)
    slider = dock.transport.slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 2, slider.height() // 2))
    dock.show_source(VIDEO)
    assert slider.value() == 249
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    dock.show_source(VIDEO)
    assert slider.value() == 50


def test_the_speed_is_chosen_by_key(dock, qtbot):
    dock.show_source(VIDEO)
    with qtbot.waitSignal(dock.source_command) as given:
        qtbot.keyClick(dock.transport.speed_box, Qt.Key.Key_Down)
    assert given.args == [SourceCommand("speed", 2.0)]


def test_fit_and_invert_override_the_preprocessing_in_force(dock, qtbot):
    own = Preprocessing(input_size=(28, 28), channels=1, mean=(0.1307,), std=(0.3081,))
    dock.show_preprocessing(own)
    with qtbot.waitSignal(dock.preprocessing_changed) as changed:
        qtbot.keyClick(dock.options.fit_box, Qt.Key.Key_Down)
    assert changed.args == [Preprocessing((28, 28), 1, fit="squash", mean=(0.1307,), std=(0.3081,))]
    with qtbot.waitSignal(dock.preprocessing_changed) as changed:
        qtbot.mouseClick(dock.options.invert_button, Qt.MouseButton.LeftButton)
    assert changed.args[0].invert
    assert changed.args[0].fit == "squash"


def test_normalisation_overrides_the_preprocessing_in_force(dock, qtbot):
    dock.show_preprocessing(Preprocessing(fit="pad"))
    qtbot.mouseClick(dock.options.normalisation_button, Qt.MouseButton.LeftButton)
    form = dock.options.normalisation
    assert form.isVisible()
    with qtbot.waitSignal(dock.preprocessing_changed) as changed:
        qtbot.keyClick(form.range_box, Qt.Key.Key_Down)
    assert changed.args == [Preprocessing(fit="pad", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))]


def test_the_way_back_to_the_weights_own_preprocessing(dock, qtbot):
    dock.show_preprocessing(Preprocessing())
    assert not dock.options.reset_button.isEnabled()
    dock.show_preprocessing(Preprocessing(fit="pad"), overridden=True)
    with qtbot.waitSignal(dock.preprocessing_changed) as changed:
        qtbot.mouseClick(dock.options.reset_button, Qt.MouseButton.LeftButton)
    assert changed.args == [None]


def test_freeze(dock, qtbot):
    with qtbot.waitSignal(dock.freeze_toggled) as toggled:
        qtbot.mouseClick(dock.freeze_button, Qt.MouseButton.LeftButton)
    assert toggled.args == [True]


def test_setters_emit_nothing(dock):
    names = ("source_requested", "source_command", "freeze_toggled", "pasted", "tensor_view_toggled",
             "preprocessing_changed", "cameras_requested", "not_understood")  # fmt: skip
    heard = []
    for name in names:
        getattr(dock, name).connect(lambda *args, name=name: heard.append((name, args)))
    dock.show_source(VIDEO)
    dock.show_source(CAMERA)
    dock.show_source(
        SourceState(VIDEO.spec, "a", seekable=True, playing=False, looping=False, speed=4.0, frame_count=3)
    )
    dock.show_picture(picture())
    dock.show_cameras((CameraInfo(0, "Cam"),))
    dock.show_cameras(())
    dock.show_preprocessing(Preprocessing(fit="pad", invert=True), overridden=True)
    dock.show_frozen(True)
    assert dock.freeze_button.isChecked()
    assert dock.transport.speed_box.currentText() == "4×"
    assert heard == []


# -------------------------------------------------------------------------------------------------------------- sources


def titles(menu):
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def named(menu, title):
    return next(action for action in menu.actions() if action.text() == title)


def test_cameras_are_looked_for_once_when_the_menu_opens(dock, qtbot):
    menu = dock.source_bar.camera_menu
    with qtbot.waitSignal(dock.cameras_requested):
        menu.aboutToShow.emit()
    assert titles(menu) == ["Looking for cameras…", "Look for cameras"]
    with qtbot.assertNotEmitted(dock.cameras_requested):
        menu.aboutToShow.emit()
    dock.show_cameras(())
    assert titles(menu) == ["No camera could be opened", "Look for cameras"]
    with qtbot.waitSignal(dock.cameras_requested):
        named(menu, "Look for cameras").trigger()


def test_a_camera_is_asked_for_a_size_and_a_rate(dock, qtbot):
    dock.show_cameras((CameraInfo(0, "Front"), CameraInfo(2, "Desk", ((720, 1280, 30.0), (480, 640, 7.5)))))
    menu = dock.source_bar.camera_menu
    assert titles(menu) == ["Front", "Desk", "Look for cameras"]
    with qtbot.waitSignal(dock.source_requested) as asked:
        named(menu, "Front").trigger()
    assert asked.args == [SourceSpec("camera", "0")]
    desk = named(menu, "Desk")  # PySide 6.7 deletes the menu of an action that nobody holds
    modes = desk.menu()
    assert titles(modes) == ["As it comes", "1280×720, 30 a second", "640×480, 7.5 a second"]
    with qtbot.waitSignal(dock.source_requested) as asked:
        named(modes, "640×480, 7.5 a second").trigger()
    assert asked.args == [SourceSpec("camera", "2", (480, 640), 7.5)]


def test_a_stream_is_opened_by_its_address(dock, qtbot):
    bar = dock.source_bar
    qtbot.mouseClick(bar.stream_button, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(bar.address_line, "rtsp://host/cam ")
    with qtbot.waitSignal(dock.source_requested) as asked:
        qtbot.keyClick(bar.address_line, Qt.Key.Key_Return)
    assert asked.args == [SourceSpec("stream", "rtsp://host/cam")]


def test_what_is_no_address_is_said(dock, qtbot):
    bar = dock.source_bar
    bar.stream_button.click()
    qtbot.keyClicks(bar.address_line, "host/cam")
    with qtbot.waitSignal(dock.not_understood) as said, qtbot.assertNotEmitted(dock.source_requested):
        qtbot.keyClick(bar.address_line, Qt.Key.Key_Return)
    assert "“host/cam” is no stream address" in said.args[0]


def test_files_and_folders_are_opened_as_what_they_are(dock, qtbot, tmp_path):
    for name, kind in (("a.png", "picture"), ("b.mp4", "video"), ("c.unknown", "picture")):
        (tmp_path / name).write_bytes(b"")
        dialog = dock.source_bar.open_file()
        dialog.selectNameFilter("All files (*)")
        dialog.selectFile(str(tmp_path / name))
        with qtbot.waitSignal(dock.source_requested) as asked:
            dialog.accept()
        assert asked.args == [SourceSpec(kind, str(tmp_path / name))]


def test_a_folder_is_opened(dock, qtbot, tmp_path):
    dialog = dock.source_bar.open_folder()
    dialog.setDirectory(str(tmp_path.parent))
    dialog.selectFile(str(tmp_path))
    with qtbot.waitSignal(dock.source_requested) as asked:
        dialog.accept()
    assert asked.args == [SourceSpec("folder", str(tmp_path))]


def test_the_samples_ship_with_the_program(dock, qtbot):
    menu = dock.source_bar.samples_button.menu()
    menu.aboutToShow.emit()
    assert titles(menu)[-1] == "Test card"
    assert len(titles(menu)) > 1
    with qtbot.waitSignal(dock.source_requested) as asked:
        menu.actions()[0].trigger()
    assert asked.args[0].kind == "picture"
    with qtbot.waitSignal(dock.source_requested) as asked:
        named(menu, "Test card").trigger()
    assert asked.args == [SourceSpec("test-card", rate=30.0)]


def test_a_copied_picture_is_pasted_in_its_colours(dock, qtbot):
    image = QImage(3, 2, QImage.Format.Format_ARGB32)
    image.fill(0xFF102030)
    image.setPixel(2, 0, 0x00FFFFFF)
    data = QMimeData()
    data.setImageData(image)
    QGuiApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(dock.pasted) as pasted:
        qtbot.mouseClick(dock.source_bar.paste_button, Qt.MouseButton.LeftButton)
    (pixels,) = pasted.args
    assert pixels.shape == (2, 3, 3)
    assert pixels[0].tolist() == [[0x10, 0x20, 0x30], [0x10, 0x20, 0x30], [255, 255, 255]]


def test_a_copied_file_is_opened(dock, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt")), QUrl.fromLocalFile(str(tmp_path / "a.jpg"))])
    QGuiApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(dock.source_requested) as asked:
        dock.source_bar.paste()
    assert asked.args == [SourceSpec("picture", str(tmp_path / "a.jpg"))]


def test_pasting_words_is_refused_with_a_sentence(dock, qtbot):
    QGuiApplication.clipboard().setText("just words")
    with qtbot.waitSignal(dock.not_understood) as said:
        dock.source_bar.paste()
    assert said.args[0].startswith("The clipboard holds no picture")


def test_nothing_is_cut_at_three_hundred_pixels(dock):
    dock.show_source(VIDEO)
    assert dock.minimumSizeHint().width() <= 300
    for button in (dock.options.frame_button, dock.options.tensor_button):
        assert button._line(button.rect()) == button.text()


# --------------------------------------------------------------------------------------------------------------- fields


def field_of(cell, kernel=2, padding=0):
    """A cell of maps made from the 4×4 input."""
    start = ReceptiveField.of_input((4, 4))
    cells = 4 + 2 * padding - kernel + 1
    field = start.through_window((kernel, kernel), (1, 1), (padding, padding), (cells, cells))
    return SeenField("conv", cell, field)


def drawn_box(dock, color):
    """Pixels of the picture between which a frame of this colour is drawn: top, left, bottom, right."""
    shot = dock.view.grab().toImage()
    places = [
        (y, x) for y in range(shot.height()) for x in range(shot.width()) if is_near(shot.pixelColor(x, y), color)
    ]
    rows, columns = zip(*places, strict=True)
    to_picture = dock.view.placement.to_picture
    return *to_picture(min(rows), min(columns)), *to_picture(max(rows) + 1, max(columns) + 1)


def is_near(drawn, color):
    return max(abs(a - b) for a, b in zip(drawn.getRgb()[:3], color, strict=True)) < 8


FIELD_COLOR = map_colors(QPalette()).field


@pytest.mark.parametrize(
    ("seen", "mirrored", "expected"),
    [
        ((0.0, 5 / 30, 1.0, 25 / 30), False, (5, 15, 15, 25)),  # cropped: the network sees columns 5 to 25
        ((0.0, 5 / 30, 1.0, 25 / 30), True, (5, 5, 15, 15)),
        ((0.0, 0.0, 1.0, 1.0), False, (5, 15, 15, 30)),  # squashed
        ((-0.25, 0.0, 1.25, 1.0), False, (2.5, 15, 17.5, 30)),  # padded above and below
        ((-0.25, 0.0, 1.25, 1.0), True, (2.5, 0, 17.5, 15)),
    ],
)
def test_the_box_lies_on_the_pixels_of_the_frame_that_the_cell_sees(dock, qtbot, seen, mirrored, expected):
    """Rows 1 and 2, columns 2 and 3 of the network's 4×4 pixels."""
    if mirrored:
        qtbot.mouseClick(dock.options.mirror_button, Qt.MouseButton.LeftButton)
    dock.show_picture(replace(picture(), seen=seen))
    dock.show_fields(field_of((1, 2)), None)
    width = 2.5 / dock.view.placement.scale  # of the frame, which lies around the box
    assert drawn_box(dock, FIELD_COLOR) == pytest.approx(expected, abs=width)


def test_on_the_networks_input_the_box_lies_on_its_pixels_and_is_never_mirrored(dock, qtbot):
    qtbot.mouseClick(dock.options.mirror_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dock.options.tensor_button, Qt.MouseButton.LeftButton)
    dock.show_fields(field_of((1, 2)), None)
    assert drawn_box(dock, FIELD_COLOR) == pytest.approx((1, 2, 3, 4), abs=3 / dock.view.placement.scale)


def test_the_hovered_cell_is_drawn_beside_the_selected_one(dock):
    dock.show_fields(field_of((0, 0)), field_of((2, 2)))
    colors = [outline.color for outline in dock.view.outlines[1:]]
    assert colors == [FIELD_COLOR, map_colors(QPalette()).hovered_field]
    assert dock.field_readout.text() == "Sees 2×2 in theory · conv, y 2, x 2"
    dock.show_fields(None, None)
    assert len(dock.view.outlines) == 1
    assert "mouse" in dock.field_readout.text()


def test_padding_is_drawn_dashed_beyond_the_picture(dock):
    dock.show_fields(field_of((0, 1), kernel=3, padding=1), None)
    outer, inner = dock.view.outlines[1:]
    assert (outer.dashed, outer.rect) == (True, (-5, 5, 10, 20))
    assert not inner.dashed


def test_boxes_stay_on_their_place_with_every_frame(dock):
    dock.show_fields(field_of((1, 2)), None)
    before = dock.view.outlines
    dock.show_picture(picture())
    assert dock.view.outlines == before


def heat_pixel(dock, y, x):
    """The colour in the middle of a pixel of the picture on view."""
    top, left = dock.view.placement.to_view(y + 0.5, x + 0.5)
    return dock.view.grab().toImage().pixelColor(int(left), int(top)).getRgb()[:3]


def test_heat_lies_where_the_network_sees_it(dock, qtbot):
    heat = np.zeros((4, 4), np.float32)
    heat[1, 3] = 1.0  # columns 20 to 25 of the frame
    before = heat_pixel(dock, 7, 22)
    dock.show_heat(heat)
    assert sum(heat_pixel(dock, 7, 22)) > sum(before) + 300
    assert heat_pixel(dock, 17, 7) == (200, 0, 0)
    qtbot.mouseClick(dock.options.mirror_button, Qt.MouseButton.LeftButton)
    assert sum(heat_pixel(dock, 7, 7)) > 300
    assert heat_pixel(dock, 7, 12) == (0, 0, 0)
    qtbot.mouseClick(dock.options.tensor_button, Qt.MouseButton.LeftButton)
    assert sum(heat_pixel(dock, 1, 3)) > 400
    assert heat_pixel(dock, 1, 2) == (60, 60, 60)
    dock.show_heat(None)
    assert heat_pixel(dock, 1, 3) == (70, 70, 70)


def test_heat_before_a_picture_waits_for_it(qtbot):
    made = InputDock()
    qtbot.addWidget(made)
    made.resize(300, 520)
    made.show()
    made.show_heat(np.ones((4, 4), np.float32))
    made.show_fields(field_of((0, 0)), None)
    assert made.view.outlines == ()
    made.show_picture(picture())
    assert len(made.view.outlines) == 2
    assert sum(heat_pixel(made, 10, 15)) > 300

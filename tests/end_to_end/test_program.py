"""The real window with a real engine process: start, look, click through the main job, lose the engine, go on."""

import os
import signal

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.sources.values import SourceSpec
from cnnviz.state import Selection

pytestmark = pytest.mark.slow


@pytest.fixture
def video(tmp_path):
    """A bright square that wanders over a dark picture."""
    path = tmp_path / "square.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (160, 120))
    for index in range(45):
        frame = np.full((120, 160, 3), 20, np.uint8)
        frame[40:80, 2 * index : 2 * index + 40] = (40, 160, 250)
        writer.write(frame)
    writer.release()
    return path


def test_the_first_start_shows_what_ships_with_the_program(program):
    snapshot = program.paints(lambda each: each.maps and each.logits is not None and each.input is not None)
    names = program.controller.network.name
    assert names == "cifar10-small"
    assert snapshot.logits.shape == (10,)
    assert program.window.predictions.bars.rows[0].name == "ship"
    assert program.window.message.isHidden()


def test_the_main_job_by_mouse_and_keyboard(program, video):
    window = program.window
    program.paints(lambda each: bool(each.maps))
    program.controller.open_source(SourceSpec("video", str(video)))
    first = program.paints(lambda each: each.input.frame_size == (120, 160))
    later = program.paints(lambda each: each.frame > first.frame + 3)
    assert later.inferred > first.inferred

    dock = next(iter(window.maps.values()))
    before = later.maps[0].parts[0].layer
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    moved = program.paints(lambda each: each.maps[0].parts[0].layer != before)
    tile = moved.maps[0].parts[0].layout.tile_rect(3)
    ratio = dock.canvas.view.devicePixelRatioF()
    QTest.mouseClick(
        dock.canvas.view,
        Qt.MouseButton.LeftButton,
        pos=QPoint(round((tile[1] + 2) / ratio), round((tile[0] + 2) / ratio)),
    )
    program.qtbot.waitUntil(lambda: program.controller.selection.channel == moved.maps[0].parts[0].layout.channels[3])
    QTest.keyClick(dock.canvas.view, Qt.Key.Key_Return)
    single = program.paints(lambda each: len(each.maps[0].parts[0].layout.channels) == 1)
    assert single.maps[0].parts[0].layout.channels == (program.controller.selection.channel,)

    window.menus.actions["freeze"].trigger()
    frozen = program.paints(lambda _: True)
    QTest.keyClick(dock.canvas.view, Qt.Key.Key_Escape)
    still = program.paints(lambda each: len(each.maps[0].parts[0].layout.channels) > 1)
    assert still.frame >= frozen.frame
    window.menus.actions["freeze"].trigger()
    program.paints(lambda each: each.frame > still.frame + 2)


def test_a_drawn_digit_is_read(program):
    window = program.window
    program.paints(lambda each: bool(each.maps))
    program.controller.open_network(NetworkChoice("convnet-mnist"))
    window.menus.actions["sketch"].trigger()
    pad = window.sketch.pad
    program.qtbot.waitUntil(lambda: pad.width() > 50)
    middle = pad.width() // 2
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(middle, pad.height() // 5))
    for step in range(1, 25):
        QTest.mouseMove(pad, QPoint(middle, pad.height() // 5 + step * pad.height() * 3 // 5 // 24))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(middle, pad.height() * 4 // 5))
    program.paints(lambda each: each.logits is not None and len(each.logits) == 10 and int(each.logits.argmax()) == 1)


def test_a_killed_engine_is_started_again_with_the_same_network_and_source(program, video):
    program.paints(lambda each: bool(each.maps))
    program.controller.open_network(NetworkChoice("convnet-mnist"))
    program.controller.open_source(SourceSpec("video", str(video)))
    program.paints(lambda each: each.input.frame_size == (120, 160) and each.maps[0].parts[0].layer == "relu1")
    killed = program.channel.process_id
    os.kill(killed, signal.SIGKILL)
    program.waits(lambda: program.channel.process_id != killed)
    assert "stopped" in program.window.message.problem_line.sentence.text()
    again = program.paints(
        lambda each: each.input is not None and each.input.frame_size == (120, 160) and bool(each.maps)
    )
    assert again.logits.shape == (10,)


def test_a_saved_session_comes_back_when_it_is_dropped(program, tmp_path, monkeypatch):
    window, controller = program.window, program.controller
    lesson = tmp_path / "lesson.cnnviz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(lesson), ""))
    program.paints(lambda each: bool(each.maps))
    controller.open_network(NetworkChoice("convnet-mnist"))
    program.paints(lambda each: each.maps[0].parts[0].layer == "relu1")
    controller.select(Selection("conv2", 5))
    window.menus.actions["mute-channel"].trigger()
    muted = program.paints(lambda each: each.logits_before is not None and each.maps[0].parts[0].layer == "conv2")
    window.menus.actions["save-session"].trigger()
    window.menus.actions["undo-intervention"].trigger()
    controller.open_network(NetworkChoice("cifar10-small"))
    controller.open_source(SourceSpec("test-card", rate=30.0))
    program.paints(lambda each: bool(each.maps) and each.maps[0].parts[0].layer.startswith("block"))

    program.drop(lesson)
    back = program.paints(lambda each: each.logits_before is not None and each.maps[0].parts[0].layer == "conv2")
    assert controller.selection == Selection("conv2", 5)
    np.testing.assert_allclose(back.logits, muted.logits, atol=1e-5)
    np.testing.assert_allclose(back.logits_before, muted.logits_before, atol=1e-5)


def test_a_dropped_file_that_is_nothing_known_is_a_sentence(program, tmp_path):
    program.paints(lambda each: bool(each.maps))
    program.drop(tmp_path / "notes.docx")
    assert "notes.docx" in program.window.message.problem_line.sentence.text()
    assert program.window.message.isVisible()

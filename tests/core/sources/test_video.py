import os
import time
from itertools import pairwise

import numpy as np
import pytest

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.values import SourceCommand, SourceSpec
from cnnviz.core.sources.video import VideoReel, open_player


@pytest.fixture
def player(greys, watch):
    source = open_player(SourceSpec("video", str(greys.path)), watch.told)
    yield source
    source.close()


@pytest.fixture
def paused(player, watch):
    player.control(SourceCommand("pause"))
    watch.until(lambda: not player.state.playing)
    number = player._newest.number
    player.control(SourceCommand("seek", 0))
    watch.until(lambda: player._newest.number > number)
    return player


def test_it_opens_playing_with_its_first_frame(player, greys):
    state = player.state
    assert (state.title, state.frame_count, state.rate) == ("greys.avi", greys.frames, greys.rate)
    assert state.seekable
    assert state.playing
    assert state.size == (48, 64)
    assert greys.index_of(player.latest().pixels) == state.frame_index


def test_frames_come_at_their_rate_in_their_order(player, greys):
    frames = [player.wait(0)]
    while len(frames) < 12:
        frames.append(player.wait(frames[-1].number, timeout=60))
    indices = [greys.index_of(frame.pixels) for frame in frames]
    steps = {(after - before) % greys.frames for before, after in pairwise(indices)}
    assert steps <= {1, 2, 3}  # a busy machine may skip
    shown = sum((after - before) % greys.frames for before, after in pairwise(indices))
    assert frames[-1].captured_at - frames[0].captured_at == pytest.approx(shown / greys.rate, abs=0.15)


def test_a_frame_is_given_once_and_is_read_only(paused):
    frame = paused.latest()
    assert not frame.pixels.flags.writeable
    assert paused.latest(frame.number) is None
    assert paused.wait(frame.number, timeout=0.01) is None


@pytest.mark.parametrize(
    ("commands", "index"),
    [
        (["step"], 1),
        (["step", "step", "step-back"], 1),
        (["step-back"], 19),
        ([("seek", 13)], 13),
        ([("seek", 13), "step-back"], 12),
        ([("seek", 19), "step"], 0),
        ([("seek", 1e9)], 19),
        ([("seek", -5), "step"], 1),
        ([("loop", 0), "step-back"], 0),
        ([("loop", 0), ("seek", 19), "step"], 19),
    ],
)
def test_steps_and_jumps(paused, watch, greys, commands, index):
    for command in commands:
        action, value = command if isinstance(command, tuple) else (command, 0)
        paused.control(SourceCommand(action, value))
    paused.control(SourceCommand("speed", 2))  # the last to be obeyed: then the others are
    watch.until(lambda: paused.state.speed == 2)
    assert paused.state.frame_index == index
    assert greys.index_of(paused.latest().pixels) == index


def test_of_many_seeks_in_a_row_the_last_counts(paused, watch, greys):
    for index in range(19):
        paused.control(SourceCommand("seek", index))
    watch.until(lambda: paused.state.frame_index == 18)
    assert greys.index_of(paused.latest().pixels) == 18


def test_it_loops(paused, watch):
    paused.control(SourceCommand("seek", 17))
    paused.control(SourceCommand("play"))
    watch.until(lambda: paused.state.frame_index == 17)
    watch.until(lambda: paused.state.frame_index < 10)
    assert paused.state.playing


def test_without_a_loop_it_stops_at_the_end_and_plays_again_from_the_start(paused, watch, greys):
    paused.control(SourceCommand("loop", 0))
    paused.control(SourceCommand("seek", 17))
    paused.control(SourceCommand("play"))
    watch.until(lambda: paused.state.frame_index == 19 and not paused.state.playing)
    assert greys.index_of(paused.latest().pixels) == 19
    paused.control(SourceCommand("play"))
    watch.until(lambda: paused.state.frame_index < 10)


def test_speed_is_a_factor(paused, watch):
    paused.control(SourceCommand("speed", 0.1))
    paused.control(SourceCommand("play"))
    watch.until(lambda: paused.state.playing)
    started, index = time.monotonic(), paused.state.frame_index
    watch.until(lambda: paused.state.frame_index == index + 2)
    assert time.monotonic() - started > 0.4  # two frames of 0.4 s, the first already begun


def test_frames_nobody_takes_are_counted(player, watch):
    player.control(SourceCommand("speed", 32))
    watch.until(lambda: player.dropped > 30)
    assert player.dropped > 30


@pytest.mark.parametrize(
    "command", [SourceCommand("speed", 0), SourceCommand("speed", -1), SourceCommand("seek", float("nan"))]
)
def test_senseless_values_are_refused(player, command):
    with pytest.raises(SourceError, match="is no value for"):
        player.control(command)


def test_after_close_nothing_comes_and_waiting_ends(player, watch):
    last = player.latest()
    player.close()
    told = watch.times
    assert player.wait((player.latest() or last).number, timeout=60) is None
    assert watch.times == told
    player.close()


def test_missing_empty_folder_and_text(tmp_path, watch):
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    for name, message in [
        ("none.mp4", "there is no file"),
        ("text.mp4", r"text\.mp4 cannot be opened"),
        ("empty.mp4", r"empty\.mp4 is empty"),
        ("folder.mp4", "is a folder"),
    ]:
        with pytest.raises(SourceError, match=message):
            open_player(SourceSpec("video", str(tmp_path / name)), watch.told)


def test_a_file_whose_index_promises_more_says_that_it_ends_early(greys, tmp_path):
    cut = tmp_path / "cut.avi"
    data = greys.path.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    reel = VideoReel(str(cut))
    promised = reel.count
    index = 0
    while reel.read(index, 1):
        index += 1
    reel.close()
    assert 0 < index < promised - 1
    assert reel.count == index
    assert reel.notice == f"cut.avi ends early: {index} of {promised} frames can be read"


@pytest.mark.slow
def test_frames_larger_than_the_limit_are_refused(tmp_path, watch):
    path = tmp_path / "huge.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (9000, 8000))
    writer.write(np.zeros((8000, 9000, 3), np.uint8))
    writer.release()
    with pytest.raises(SourceError, match="9000×8000 pixels: up to 64 megapixels"):
        open_player(SourceSpec("video", str(path)), watch.told)


def test_the_file_is_released(greys, watch):
    source = open_player(SourceSpec("video", str(greys.path)), watch.told)
    source.close()
    source._thread.join(60)
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):  # noqa: PTH112 - a question about the system, not about a path
        pytest.skip("needs /proc, which this system lacks")
    names = []
    for number in os.listdir(folder):  # noqa: PTH208
        try:
            names.append(os.readlink(f"{folder}/{number}"))  # noqa: PTH115
        except OSError:
            continue
    assert not [name for name in names if name.endswith("greys.avi")]


def test_real_videos(shared_data, watch):
    source = open_player(SourceSpec("video", str(shared_data / "video" / "person_signing.mkv")), watch.told)
    source.control(SourceCommand("speed", 32))
    watch.until(lambda: source.state.frame_count == 109)  # the header says 110
    assert source.state.notice == ""
    source.close()


def test_truncated_videos(shared_data, watch):
    with pytest.raises(SourceError, match=r"truncated_video\.mp4 cannot be opened"):
        open_player(SourceSpec("video", str(shared_data / "bad" / "truncated_video.mp4")), watch.told)
    source = open_player(SourceSpec("video", str(shared_data / "bad" / "truncated_video.mkv")), watch.told)
    source.control(SourceCommand("speed", 32))
    watch.until(lambda: "ends early: 47 of 110 frames" in source.state.notice)
    watch.until(lambda: source.state.frame_index < 40)  # goes round
    source.control(SourceCommand("seek", 100))
    watch.until(lambda: source.state.frame_index > 40)
    source.close()

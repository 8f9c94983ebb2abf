import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.open import open_source
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.still import StillSource
from cnnviz.core.sources.test_card import LOOP, card_frames
from cnnviz.core.sources.values import SourceCommand, SourceSpec


def test_a_picture_file_is_given_once(tmp_path, watch):
    path = tmp_path / "red.png"
    Image.new("RGB", (3, 2), (200, 0, 0)).save(path)
    source = open_source(SourceSpec("picture", str(path)), watch.told)
    assert source.state.still
    assert (source.state.title, source.state.size) == ("red.png", (2, 3))
    frame = source.latest()
    assert frame.pixels[1, 2].tolist() == [200, 0, 0]
    assert source.latest(frame.number) is None
    with pytest.raises(SourceError, match=r"red\.png cannot play"):
        source.control(SourceCommand("play"))
    source.close()
    assert watch.times == 1


def test_a_sketch_goes_on_under_the_same_source(watch):
    drawing = np.zeros((28, 28, 3), np.uint8)
    source = StillSource(SourceSpec("sketch"), drawing, "sketch", watch.told)
    first = source.latest()
    drawing[5] = 255  # what the pad draws later does not change a frame
    assert not first.pixels.any()
    source.show(drawing, "sketch")
    assert source.latest(first.number).pixels.any()
    assert source.dropped == 0
    source.close()
    source.show(drawing, "too late")
    assert source.state.title == "sketch"


@pytest.mark.parametrize("kind", ["pasted", "sketch"])
def test_pictures_that_only_the_window_has(kind, watch):
    with pytest.raises(SourceError, match=f"there is no {kind} picture yet"):
        open_source(SourceSpec(kind), watch.told)


@pytest.mark.parametrize("kind", ["picture", "folder", "video", "camera", "stream"])
def test_every_kind_refuses_what_is_not_there_and_leaves_no_thread(kind, watch):
    before = threading.active_count()
    with pytest.raises(SourceError):
        open_source(SourceSpec(kind, "/nowhere/at all.png"), watch.told)
    assert threading.active_count() == before


def test_the_test_card_is_as_fast_as_it_is_asked(watch):
    source = open_source(SourceSpec("test-card"), watch.told)
    numbers = [source.latest(number).number for number in range(100)]
    assert numbers == list(range(1, 101))
    assert source.wait(100, timeout=0).number == 101
    assert source.dropped == 0
    source.close()
    assert source.latest(101) is None


def test_the_test_card_at_a_rate(watch):
    source = open_source(SourceSpec("test-card", rate=100), watch.told)
    first = source.wait(timeout=60)
    later = source.wait(first.number + 9, timeout=60)
    assert later.captured_at - first.captured_at > 0.08
    source.close()


def test_the_test_card_moves_and_closes_its_loop():
    frames = card_frames()
    assert len(frames) == LOOP
    assert frames[0].shape == (480, 640, 3)
    assert not any(frame.flags.writeable for frame in frames)
    changes = [abs(frames[i].astype(int) - frames[i - 1]).mean() for i in range(LOOP)]
    assert min(changes) > 1
    assert changes[0] < 1.5 * np.median(changes)  # from the last frame to the first as between any two


def test_opencv_has_one_thread():
    assert cv2.getNumThreads() == 1


def test_bad_files_put_nothing_on_the_console(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n no")
    (tmp_path / "b.mp4").write_bytes(b"\0\0\0 ftypisom no")
    (tmp_path / "c.pfm").write_bytes(b"PF\n9999999 9999999\n-1.0\n")
    code = """
import sys
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.kinds import source_kind_of
from cnnviz.core.sources.open import open_source
for name in [*sys.argv[1:], "camera:97"]:
    try:
        open_source(source_kind_of(name), lambda: None)
    except SourceError:
        continue
    raise SystemExit(name)
"""
    names = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")

"""Cameras, by objects in place of devices: this machine may have none."""

import threading
import time

import numpy as np
import pytest

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.camera import camera_name, list_cameras, open_camera
from cnnviz.core.sources.live import LiveSource
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.values import CameraInfo, SourceCommand, SourceSpec

CAMERA = SourceSpec("camera", "0")
PATIENT = (0.01,)


class Device:
    """A camera with a cable: frames come one for each ``send``, until it is unplugged."""

    def __init__(self, modes=((480, 640, 30.0),)):
        self.modes = modes
        self.plugged = True
        self.opened = self.released = 0
        self._asked = {}
        self._frames = threading.Semaphore(0)

    def open(self, spec):
        self.spec = spec
        if not self.plugged:
            raise SourceError("camera 0 cannot be opened: connect it")
        self.opened += 1
        return self

    def send(self, frames=1):
        self._frames.release(frames)

    def unplug(self):
        self.plugged = False
        self._frames.release()

    def plug_in(self):
        while self._frames.acquire(blocking=False):
            pass
        self.plugged = True

    def grab(self):
        self._frames.acquire()
        return self.plugged

    def retrieve(self):
        return True, np.full((2, 3, 3), (10, 20, 30), np.uint8)  # blue, green, red

    def set(self, prop, value):
        self._asked[prop] = value
        return True

    def get(self, prop):
        wanted = self._asked.get(cv2.CAP_PROP_FRAME_HEIGHT, 0)
        height, width, rate = min(self.modes, key=lambda mode: abs(mode[0] - wanted))
        return {cv2.CAP_PROP_FRAME_HEIGHT: height, cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FPS: rate}[prop]

    def release(self):
        self.released += 1


@pytest.fixture
def device():
    return Device()


@pytest.fixture
def live(device, watch):
    device.send()
    source = LiveSource(CAMERA, "desk camera", device.open, watch.told, retry_seconds=PATIENT)
    yield source
    device.send()  # what a blocked read waits for
    source.close()


def test_frames_are_rgb_and_the_state_tells_size_and_rate(live):
    frame = live.wait(timeout=60)
    assert frame.pixels[0, 0].tolist() == [30, 20, 10]
    assert (live.state.size, live.state.rate, live.state.title) == ((2, 3), 30.0, "desk camera")


def test_only_the_newest_frame_is_kept_and_the_others_counted(live, device, watch):
    first = live.wait(timeout=60)
    device.send(5)
    watch.until(lambda: live._newest.number == 6)
    assert live.latest(first.number).number == 6
    assert live.dropped == 4


def test_lost_it_says_so_and_goes_on_when_it_is_back(live, device, watch):
    before = live.wait(timeout=60).number
    device.unplug()
    watch.until(lambda: "desk camera gives no picture any more" in live.state.notice)
    assert live.latest().number == before  # the last picture stays
    device.plug_in()
    device.send()
    watch.until(lambda: live.state.notice == "")
    assert live.latest(before).number == before + 1
    assert device.released == device.opened - 1


def test_the_first_frame_must_come(watch):
    missing, silent = Device(), Device()
    missing.plugged = False
    with pytest.raises(SourceError, match="camera 0 cannot be opened"):
        LiveSource(CAMERA, "desk camera", missing.open, watch.told)
    with pytest.raises(SourceError, match=r"desk camera gave no picture within 0\.05 s"):
        LiveSource(CAMERA, "desk camera", silent.open, watch.told, first_frame_seconds=0.05)
    silent.send()


def test_a_device_that_opens_but_ends_at_once(watch):
    device = Device()
    device.unplug()
    device.plugged = True
    device.grab = lambda: False
    with pytest.raises(SourceError, match="opens but gives no picture"):
        LiveSource(CAMERA, "desk camera", device.open, watch.told)
    assert device.released == 1


def test_close_does_not_wait_for_a_blocked_device(device, watch):
    device.send()
    source = LiveSource(CAMERA, "desk camera", device.open, watch.told)
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < 30  # for ever, if it waited for the device
    told = watch.times
    device.send()
    source._thread.join(60)
    assert device.released == 1
    assert watch.times == told


def test_close_while_lost_is_quick(live, device, watch):
    device.unplug()
    watch.until(lambda: live.state.notice != "")
    live._retry_seconds = (60.0,)
    started = time.monotonic()
    live.close()
    assert time.monotonic() - started < 30  # half the time to the next try


def test_a_frame_that_is_no_picture_counts_as_lost(live, device, watch):
    device.retrieve = lambda: (True, np.zeros((0, 0, 3), np.uint8))
    device.send()
    watch.until(lambda: live.state.notice != "")
    assert live.state.notice != ""


def test_a_camera_cannot_be_stepped(live):
    with pytest.raises(SourceError, match="only videos and folders are played"):
        live.control(SourceCommand("step"))


def test_a_video_in_place_of_a_camera(greys, watch):
    """The real capture: its end is a loss, and it is opened again."""
    source = open_camera(CAMERA, watch.told, opener=lambda _: cv2.VideoCapture(str(greys.path)))
    source._retry_seconds = PATIENT
    watch.until(lambda: source._newest.number > greys.frames)
    assert source._newest.number > greys.frames
    source.close()


def test_the_list_has_cameras_that_deliver_with_their_modes(device):
    device.modes = ((480, 640, 30.0), (720, 1280, 15.0))
    device.send(2)
    dead = Device()
    dead.grab = lambda: False
    absent = Device()
    absent.plugged = False
    devices = {0: device, 2: dead, 3: absent}
    listed = list_cameras(opener=lambda spec: devices[int(spec.location)].open(spec), indices=devices)
    assert listed == (CameraInfo(0, camera_name(0), ((480, 640, 30.0), (720, 1280, 15.0))),)
    assert (device.released, dead.released) == (1, 1)


def test_a_camera_in_use_is_listed_as_known(device):
    known = CameraInfo(0, "in use", ((480, 640, 30.0),))
    assert list_cameras(opener=device.open, indices=[0], in_use=[known]) == (known,)
    assert device.opened == 0


def test_real_devices_are_listed_or_none():
    assert all(camera.modes for camera in list_cameras())


@pytest.mark.parametrize("location", ["", "front", "-1"])
def test_what_is_no_camera_number(location, watch):
    with pytest.raises(SourceError, match="is no camera number"):
        open_camera(SourceSpec("camera", location), watch.told)


def test_a_camera_that_is_not_there(watch):
    with pytest.raises(SourceError, match="camera 97 cannot be opened"):
        open_camera(SourceSpec("camera", "97"), watch.told)

"""Streams from a server on this machine, which dies and comes back."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.live import LiveSource
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.stream import open_stream, open_url
from cnnviz.core.sources.values import SourceSpec

RED = np.full((48, 64, 3), (0, 0, 200), np.uint8)  # as OpenCV orders it


class Camera(ThreadingHTTPServer):
    """An MJPEG camera of plain red pictures, 50 a second."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.dead = threading.Event()
        self.jpeg = cv2.imencode(".jpg", RED)[1].tobytes()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def die(self):
        self.dead.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self.server.jpeg)}\r\n\r\n".encode()
        try:
            while not self.server.dead.wait(0.02):
                self.wfile.write(head + self.server.jpeg + b"\r\n")
        except ConnectionError:
            return  # the viewer has gone

    def log_message(self, *_):
        return


@pytest.fixture
def camera():
    server = Camera()
    yield server
    server.die()


def address(server, extra=""):
    return SourceSpec("stream", f"http://{extra}127.0.0.1:{server.server_port}/video?token=secret")


def test_pictures_arrive(camera, watch):
    source = open_stream(address(camera, "ann:password@"), watch.told)
    first = source.wait(timeout=60)
    assert abs(first.pixels.astype(int) - (200, 0, 0)).max() < 8
    assert source.wait(first.number, timeout=60).number > first.number
    assert source.state.title == f"http://127.0.0.1:{camera.server_port}/video"
    source.close()


def test_a_server_that_dies_and_comes_back(camera, watch):
    source = LiveSource(address(camera), "the stream", open_url, watch.told, retry_seconds=(0.05,))
    camera.die()
    watch.until(lambda: "the stream gives no picture any more" in source.state.notice, 15)
    before = source.latest().number
    again = Camera(camera.server_port)
    watch.until(lambda: source.state.notice == "", 15)
    assert source.wait(before, timeout=60) is not None
    source.close()
    again.die()


def test_nobody_answers(watch):
    server = Camera()
    server.die()
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:\d+/video does not answer"):
        open_stream(address(server), watch.told)


@pytest.mark.parametrize("location", ["", "file.mp4", "ftp://127.0.0.1/a", "concat:a|b"])
def test_other_addresses_are_refused(location, watch):
    with pytest.raises(SourceError, match="is no address of a stream"):
        open_stream(SourceSpec("stream", location), watch.told)

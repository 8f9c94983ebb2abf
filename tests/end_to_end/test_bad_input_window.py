"""Files that are not what their names say, dropped on the real window: each is painted, or refused in one sentence."""

from pathlib import Path

import pytest

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.kinds import source_kind_of
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.views import Snapshot

pytestmark = pytest.mark.slow

SHOWN = {
    "animated.gif",
    "cmyk.jpg",
    "exif_rotated_6.jpg",
    "gray16.png",
    "imagefolder_mixed/broken/a.jpg",
    "imagefolder_mixed/good/a.jpg",
    "imagefolder_mixed/good/b.jpg",
    "one_by_one.png",
    "palette_transparent.png",
    "rgba.png",
    "tall_3x20000.png",
    "truncated_video.mkv",
    "wide_20000x3.png",
}
GOOD_PICTURE = resource_path("pictures", "ship.png")
MOST_BOMB_KILOBYTES = 1_500_000


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    """Where code from a file would leave its mark; the engine starts in it."""
    monkeypatch.chdir(tmp_path)


class Expected:
    """What a frame of this file looks like on screen: its size, and of a picture its mean colour."""

    def __init__(self, path: Path) -> None:
        self._picture = source_kind_of(str(path)).kind == "picture"
        pixels = read_picture(path) if self._picture else cv2.VideoCapture(str(path)).read()[1]
        self._size = pixels.shape[:2]
        self._colour = pixels.mean((0, 1))

    def is_in(self, snapshot: Snapshot) -> bool:
        shown = snapshot.input
        if shown is None or shown.frame_size != self._size:
            return False
        return not self._picture or abs(shown.frame.mean((0, 1)) - self._colour).max() < 3


def shows(program, path: Path, expected: Expected | None) -> bool:
    """Drops the file: True as soon as it is on screen as expected, False when the message line says why not."""
    refusal = program.window.message.problem_line
    program.window.message.clear_problem()
    program.painted.clear()
    program.drop(path)
    on_screen = expected.is_in if expected else lambda _: False
    program.waits(lambda: refusal.isVisible() or any(map(on_screen, program.painted)))
    return not refusal.isVisible()


def sentence_in(program) -> str:
    return program.window.message.problem_line.sentence.text()


def test_each_is_painted_or_refused_by_one_engine(program, bad_files, tmp_path):
    program.controller.open_network(NetworkChoice("squeezenet1_1", weights="none"))
    program.paints(lambda each: each.logits is not None and len(each.logits) == 1000)
    engine = program.channel.process_id
    for path in sorted(path for path in bad_files.rglob("*") if path.is_file()):
        expected = Expected(path) if path.relative_to(bad_files).as_posix() in SHOWN else None
        assert shows(program, path, expected) == bool(expected), sentence_in(program)
        assert expected or path.name in sentence_in(program)
    assert not (tmp_path / "PWNED").exists(), "code from a file was run"
    assert shows(program, GOOD_PICTURE, Expected(GOOD_PICTURE))
    assert program.channel.process_id == engine


def test_a_folder_with_trouble_shows_what_can_be_shown(program, bad_files):
    program.paints(lambda each: bool(each.maps))
    first = Expected(bad_files / "imagefolder_mixed" / "broken" / "a.jpg")
    program.drop(bad_files / "imagefolder_mixed")
    program.paints(first.is_in)
    assert program.window.message.problem_line.isHidden()


def test_bombs_take_no_memory_of_the_engine(program, bad_files):
    program.paints(lambda each: bool(each.maps))
    status = Path(f"/proc/{program.channel.process_id}/status")
    if not status.is_file():
        pytest.skip("needs Linux's /proc to measure another process's peak memory")

    def kilobytes(key: str) -> int:
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{key}:"))

    idle = kilobytes("VmRSS")
    bombs = sorted(bad_files.glob("bomb*.png"))
    assert [shows(program, bomb, None) for bomb in bombs] == [False] * 3
    assert kilobytes("VmHWM") - idle < MOST_BOMB_KILOBYTES

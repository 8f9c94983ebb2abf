"""Files that are not what their names say, dropped on the real window: each is painted, or refused in one sentence."""

from pathlib import Path

import pytest
from PIL import Image, ImageOps

from cnnviz.core.resources import resource_path
from cnnviz.core.values import NetworkChoice

pytestmark = pytest.mark.slow

GOOD_PICTURE = resource_path("pictures", "ship.png")
MOST_BOMB_KILOBYTES = 1_500_000


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    """Where code from a file would leave its mark; the engine starts in it."""
    monkeypatch.chdir(tmp_path)


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as image:
        width, height = ImageOps.exif_transpose(image).size
    return height, width


def outcome_of(program, path: Path) -> str:
    """The sentence in the message line, or "" after the first painted frame of the file."""
    window = program.window
    window.message.clear_problem()
    program.sources.clear()
    program.drop(path)
    program.waits(
        lambda: window.message.isVisible() or any(each.spec.location == str(path) for each in program.sources)
    )
    if window.message.isVisible():
        return window.message.problem_line.sentence.text()
    size = program.sources[-1].size
    assert path.suffix not in {".png", ".jpg", ".gif"} or size == size_of(path)
    program.paints(lambda each: each.input is not None and each.input.frame_size == size)
    return ""


def test_each_is_painted_or_refused_by_one_engine(program, bad_files, tmp_path):
    program.controller.open_network(NetworkChoice("squeezenet1_1", weights="none"))
    program.paints(lambda each: each.logits is not None and len(each.logits) == 1000)
    engine = program.channel.process_id
    outcomes = {path: outcome_of(program, path) for path in sorted(bad_files.rglob("*")) if path.is_file()}
    painted = {path.relative_to(bad_files).as_posix() for path, sentence in outcomes.items() if not sentence}
    assert painted == {
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
    assert all(path.name in sentence and "\n" not in sentence for path, sentence in outcomes.items() if sentence)
    assert not (tmp_path / "PWNED").exists(), "code from a file was run"
    assert outcome_of(program, GOOD_PICTURE) == ""
    assert program.channel.process_id == engine
    assert program.controller.network.name == "squeezenet1_1"


def test_a_folder_with_trouble_shows_what_can_be_shown(program, bad_files):
    program.paints(lambda each: bool(each.maps))
    folder = bad_files / "imagefolder_mixed"
    assert outcome_of(program, folder) == ""
    assert program.sources[-1].frame_count == 4


def test_bombs_take_no_memory_of_the_engine(program, bad_files):
    program.paints(lambda each: bool(each.maps))
    status = Path(f"/proc/{program.channel.process_id}/status")
    if not status.is_file():
        pytest.skip("needs Linux's /proc to measure another process's peak memory")

    def kilobytes(key: str) -> int:
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{key}:"))

    idle = kilobytes("VmRSS")
    bombs = sorted(bad_files.glob("bomb*.png"))
    assert [bomb.name in outcome_of(program, bomb) for bomb in bombs] == [True] * 3
    assert kilobytes("VmHWM") - idle < MOST_BOMB_KILOBYTES

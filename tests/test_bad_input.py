"""Files that are not what their names say, through ``cnnviz snapshot``: each is shown, or refused in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.cli import USER_ERROR, main
from cnnviz.core.resources import resource_path

GOOD_PICTURE = resource_path("pictures", "ship.png")

UNUSUAL = (
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
)
"""What can be shown."""

BOMBS = ("bomb_header_60000x60000.png", "bomb_quiet_13000x13000_1bit.png", "bomb_valid_60000x60000_1bit.png")
WEIGHTS = (
    "ckpt_missing_keys.pth",
    "ckpt_runs_code_pickle.pth",
    "ckpt_runs_code_zip.pth",
    "ckpt_wrong_shapes.pth",
    "huge_header.safetensors",
    "onnx_renamed.pth",
    "truncated.pth",
)
BAD = (
    *BOMBS,
    *WEIGHTS,
    "imagefolder_mixed/broken/b.jpg",
    "imagefolder_mixed/broken/notes.txt",
    "imagefolder_mixed/empty_class/.gitkeep",
    "t10k-images-idx3-ubyte.gz",
    "text_renamed.jpg",
    "text_renamed.mp4",
    "truncated.jpg",
    "truncated_video.mp4",
    "zero_byte.png",
)
"""What must be refused; the rest of the names in the folder of bad files."""

MOST_BOMB_BYTES = 1_500_000_000


@pytest.fixture
def snapshot(tmp_path, monkeypatch, capfd):
    """Runs the command in an empty folder; its exit code and what it wrote on standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        code = main(["snapshot", "--device", "cpu", "--out", "out", *map(str, arguments)])
        assert not Path("PWNED").exists(), "code from the file was run"
        return code, capfd.readouterr().err

    return run


def assert_refused(outcome: tuple[int, str], name: str) -> None:
    code, words = outcome
    assert code == USER_ERROR
    assert words.startswith("cnnviz: ")
    assert Path(name).name in words
    assert words.count("\n") == 1
    assert words.endswith("\n")


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_bad_file_is_in_these_tests(bad_files):
    assert names_in(bad_files) == {*UNUSUAL, *BAD}


def test_the_files_made_for_other_machines_are_as_many(made_bad_files):
    assert names_in(made_bad_files) == {*UNUSUAL, *BAD}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_picture_or_video_is_shown(snapshot, bad_files, name):
    assert snapshot("--network", "cifar10-small", "--input", bad_files / name) == (0, "")
    result = json.loads(Path("out/snapshot.json").read_text(encoding="utf-8"))
    assert len(result["top5"]) == 5
    assert all(Path("out", layer["file"]).stat().st_size > 0 for layer in result["layers"])


@pytest.mark.parametrize("name", [*BAD, "imagefolder_mixed"])
def test_what_is_no_picture_is_refused(snapshot, bad_files, name):
    assert_refused(snapshot("--network", "cifar10-small", "--input", bad_files / name), name)


@pytest.mark.parametrize("name", [*UNUSUAL, *BAD, "imagefolder_mixed"])
def test_what_is_no_weights_file_for_this_network_is_refused(snapshot, bad_files, name):
    choice = ("--network", "squeezenet1_1", "--weights", bad_files / name)
    assert_refused(snapshot(*choice, "--input", GOOD_PICTURE), name)


def test_a_file_that_is_not_there_is_refused(snapshot, tmp_path):
    assert_refused(snapshot("--network", "cifar10-small", "--input", tmp_path / "none.png"), "none.png")
    choice = ("--network", "cifar10-small", "--weights", tmp_path / "none.pth")
    assert_refused(snapshot(*choice, "--input", GOOD_PICTURE), "none.pth")


# ------------------------------------------------------------------------------------------------------------- memory

TWO_SNAPSHOTS = """
import resource, sys
from cnnviz.cli import main

def snapshot(picture):
    return main(["snapshot", "--network", "cifar10-small", "--device", "cpu", "--out", sys.argv[3], "--input", picture])

def peak():
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024

good, idle, bad, after = snapshot(sys.argv[1]), peak(), snapshot(sys.argv[2]), peak()
print(good, bad, after - idle)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_memory(bad_files, tmp_path, name):
    """Peak of a process that has a network loaded and has shown a picture, before and after the bomb."""
    pytest.importorskip("resource", reason="needs a system that measures a process's peak memory")
    command = [sys.executable, "-c", TWO_SNAPSHOTS, str(GOOD_PICTURE), str(bad_files / name), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    good, bad, taken = map(int, done.stdout.splitlines()[-1].split())
    assert (good, bad) == (0, USER_ERROR)
    assert taken < MOST_BOMB_BYTES
    assert_refused((bad, done.stderr), name)

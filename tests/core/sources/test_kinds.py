import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.sources.kinds import is_network_file, is_weights_file, source_kind_of, without_password
from cnnviz.core.sources.values import SourceSpec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("cat.JPG", SourceSpec("picture", "cat.JPG")),
        (" a b/c.png ", SourceSpec("picture", "a b/c.png")),
        ("film.mkv", SourceSpec("video", "film.mkv")),
        ("file:///tmp/two%20words.png", SourceSpec("picture", "/tmp/two words.png")),  # noqa: S108 - only a name
        ("rtsp://host/stream", SourceSpec("stream", "rtsp://host/stream")),
        ("http://host:8080/video", SourceSpec("stream", "http://host:8080/video")),
        ("https://host/film.mp4?token=1", SourceSpec("video", "https://host/film.mp4?token=1")),
        ("http://host/live.mjpg", SourceSpec("stream", "http://host/live.mjpg")),
        ("camera:0", SourceSpec("camera", "0")),
        ("camera:007", SourceSpec("camera", "7")),
        ("test-card", SourceSpec("test-card")),
    ],
)
def test_names_and_what_they_stand_for(text, spec):
    assert source_kind_of(text) == spec


@pytest.mark.parametrize(
    "text",
    [
        "",
        "notes.txt",
        "~nobody",
        "x" * 5000,
        "weights.pth",
        "camera:",
        "camera:-1",
        "ftp://host/a.mp4",
        "http://[",
        "a\0.png",
    ],
)
def test_what_is_no_source(text):
    assert source_kind_of(text) is None


def test_an_existing_folder_is_a_folder_whatever_its_name(tmp_path):
    folder = tmp_path / "looks_like.png"
    folder.mkdir()
    assert source_kind_of(str(folder)) == SourceSpec("folder", str(folder))


@given(st.text())
def test_no_text_breaks_it(text):
    spec = source_kind_of(text)
    assert spec is None or spec.location
    assert is_weights_file(text) in (True, False)
    assert is_network_file(text) in (True, False)


@pytest.mark.parametrize(
    ("name", "weights"), [("a.pth", True), ("A.PT", True), ("b.safetensors", True), ("c.png", False), ("pth", False)]
)
def test_weights_files(name, weights):
    assert is_weights_file(name) is weights


@pytest.mark.parametrize(
    ("name", "network"),
    [("a.json", True), ("A.ONNX", True), ("b.pt2", True), ("c.py", True), ("d.safetensors", False), ("gone.pt", False)],
)
def test_network_files_by_their_names(name, network):
    assert is_network_file(name) is network


@pytest.mark.parametrize(
    ("records", "network"),
    [
        (("data.pkl", "constants.pkl"), True),
        (("models/model.json",), True),
        (("data.pkl", "data/0"), False),
    ],
)
def test_where_a_name_may_be_either_the_content_says(tmp_path, records, network):
    path = tmp_path / "file.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for record in records:
            archive.writestr(f"top/{record}", b"")
    assert is_network_file(str(path)) is network
    path.write_bytes(path.read_bytes()[:-5])
    assert not is_network_file(str(path))


def test_a_shown_address_has_no_password_and_no_token():
    assert without_password("rtsp://ann:secret@host:554/live?token=x#y") == "rtsp://host:554/live"


def test_importing_it_loads_neither_torch_nor_opencv():
    code = (
        "import sys, cnnviz.core.sources.kinds, cnnviz.core.sources.geometry, cnnviz.core.sources.sketch; "
        "print({'torch', 'cv2', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

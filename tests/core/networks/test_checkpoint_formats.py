"""What weights files hold; hostile ones are refused without running anything."""

import json
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.checkpoint_formats import read_content

STATE = {"conv.weight": torch.arange(24.0).view(2, 3, 2, 2), "conv.bias": torch.tensor([0.5, -0.5])}


class RunsCode:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def same(found, expected):
    return found.keys() == expected.keys() and all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", ["state.pth", "state.pt", "state.safetensors", "noname"])
@pytest.mark.parametrize("zipped", [True, False])
def test_both_torch_formats_whatever_they_are_called(tmp_path, name, zipped):
    torch.save(STATE, tmp_path / name, _use_new_zipfile_serialization=zipped)
    assert same(read_content(tmp_path / name), STATE)


@pytest.mark.parametrize("name", ["state.safetensors", "state.pth"])
def test_safetensors_whatever_it_is_called(tmp_path, name):
    save_file(STATE, tmp_path / name)
    assert same(read_content(tmp_path / name), STATE)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PNG? no, words.\nMore words.\n", "is text"),
        ("Ваги — це числа".encode(), "is text"),
        (pickle.dumps({"a": 1}, protocol=2), "is a plain pickle, which could run code"),
        (pickle.dumps([1.0], protocol=4), "is a plain pickle"),
        (b"\x08\x08\x12\x07pytorch:\x00", "looks like an ONNX model"),
        (b"\x89HDF\r\n\x1a\n" + bytes(20), "is an HDF5 file"),
        (b"GGUF\x03\0\0\0" + bytes(20), "is a GGUF file"),
        (b"\x1f\x8b\x08" + bytes(20), "is a gzip archive"),
        (b"\x93NUMPY\x01\0" + bytes(20), "is a NumPy array"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "is a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "is a picture"),
        (bytes(100), "is no weights file"),
    ],
)
def test_other_files_are_called_what_they_are(tmp_path, content, words):
    path = tmp_path / "model.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"^model\.pth {words}.*: open a PyTorch state dict"):
        read_content(path)


@pytest.mark.parametrize("path", ["none.pth", ".", "/dev/zero"])
def test_what_is_no_file(tmp_path, path):
    with pytest.raises(CheckpointError, match="There is no weights file"):
        read_content(tmp_path / path)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path, zipped):
    path, trace = tmp_path / "model.pth", tmp_path / "PWNED"
    torch.save({"state_dict": STATE, "epoch": RunsCode(trace)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"holds more than tensors, .* so it was not opened: save only"):
        read_content(path)
    assert not trace.exists()


def test_a_whole_module_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match="holds more than tensors"):
        read_content(tmp_path / "model.pth")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_checkpoint(tmp_path, zipped, kept):
    path = tmp_path / "model.pth"
    torch.save({"weight": torch.randn(1000)}, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError):
        read_content(path)


def test_truncated_safetensors(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(STATE, path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointError, match="is damaged or cut off"):
        read_content(path)


def test_a_safetensors_header_beyond_the_end(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(CheckpointError, match="claims a header of 1,152,921,504,606,846,976 bytes but has 10 bytes"):
        read_content(path)


def test_a_safetensors_tensor_beyond_the_end(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    with pytest.raises(CheckpointError, match="is damaged or cut off"):
        read_content(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/data/0", bytes(100 * 2**20))
    tracemalloc.start()
    with pytest.raises(CheckpointError, match=r"would unpack to 104,8.* PyTorch never compresses"):
        read_content(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("entry", "words"),
    [("word/document.xml", "is a zip archive but no PyTorch"), ("m/constants.pkl", "is a TorchScript program")],
)
def test_other_zip_archives(tmp_path, entry, words):
    path = tmp_path / "model.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, b"")
        if entry.startswith("m/"):
            archive.writestr("m/data.pkl", b"")
    with pytest.raises(CheckpointError, match=words):
        read_content(path)


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    torch.save(STATE, folder / "zip")
    torch.save(STATE, folder / "legacy", _use_new_zipfile_serialization=False)
    save_file(STATE, folder / "safetensors")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_ends_in_tensors_or_one_sentence(tmp_path, whole_files, data):
    content = bytearray(data.draw(st.sampled_from(whole_files)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.pth"
    path.write_bytes(content)
    try:
        read_content(path)
    except CheckpointError as error:
        assert error.message.startswith("damaged.pth ")  # noqa: PT017 - damage need not show

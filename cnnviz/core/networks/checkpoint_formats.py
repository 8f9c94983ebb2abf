"""Reads weights files without ever running code from them; the content, not the suffix, says what a file is."""

import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
import torch

from cnnviz.core.errors import CheckpointError

_LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # pickle of torch.serialization.MAGIC_NUMBER
_MOST_LEGACY_BYTES = 4 * 2**30  # this format is read into memory as a whole
_MOST_PICKLE_BYTES = 256 * 2**20  # a state dict's pickle has some hundred bytes a tensor
_ONNX_SECOND_TAGS = frozenset(
    {0x12, 0x1A, 0x22, 0x2A, 0x32, 0x3A, 0x42}
)  # after the version: fields 2 to 8 of ModelProto
_FOREIGN_MAGICS = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes it"),
    (b"GGUF", "a GGUF file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF", "a PDF"),
)
_ALLOWED = "open a PyTorch state dict (.pth, .pt) or a .safetensors file"


def read_content(path: Path) -> object:
    """What the file holds: tensors, and containers of them. Tensors may be mapped from the file instead of read."""
    try:
        head, size = _head_and_size(path)
    except OSError as error:
        raise CheckpointError(
            f"The weights file {path} cannot be read: {error.strerror}.", details=str(error)
        ) from error
    return _reader(path, head, size)(path)


def _head_and_size(path: Path) -> tuple[bytes, int]:
    if not path.is_file():
        raise CheckpointError(f"There is no weights file {path}: {_ALLOWED}.")
    with path.open("rb") as file:
        return file.read(4096), path.stat().st_size


def _reader(path: Path, head: bytes, size: int) -> Callable[[Path], object]:
    if head.startswith(b"PK\x03\x04"):
        return _read_zip
    if head.startswith(_LEGACY_MAGIC):
        return _read_legacy
    if head[8:9] == b"{":
        _check_safetensors_header(path, head, size)
        return _read_safetensors
    raise CheckpointError(f"{path.name} {_foreign_kind(head)}: {_ALLOWED}.")


def _foreign_kind(head: bytes) -> str:
    if not head:
        return "is empty"
    words = next((words for magic, words in _FOREIGN_MAGICS if head.startswith(magic)), None)
    if words:
        return f"is {words}, not a weights file"
    if head[0] == 0x80 and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return "is a plain pickle, which could run code when read, and was not opened"
    if len(head) > 2 and head[0] == 0x08 and head[2] in _ONNX_SECOND_TAGS:
        return "looks like an ONNX model, which has no PyTorch weights"
    return "is text, not a weights file" if _is_text(head) else "is no weights file"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) >= len(head) - 3 and all(sign.isprintable() or sign.isspace() for sign in text)


# ------------------------------------------------------------------------------------------------------------ formats


def _check_safetensors_header(path: Path, head: bytes, size: int) -> None:
    """safetensors itself bounds a header by 100 MB; a claim beyond the file's end can be said more clearly."""
    (claimed,) = struct.unpack("<Q", head[:8])
    if claimed > size - 8:
        raise CheckpointError(
            f"{path.name} claims a header of {claimed:,} bytes but has {size:,} bytes in all: "
            "it is damaged or no safetensors file; get it again from where it came."
        )


def _read_safetensors(path: Path) -> object:
    try:
        return safetensors.torch.load_file(path)
    except Exception as error:
        raise _damaged(path, error) from error


def _read_zip(path: Path) -> object:
    """torch's own format since 1.6: a zip archive that stores, never compresses, one record a tensor."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except Exception as error:
        raise _damaged(path, error) from error
    _check_records(path, records)
    return _torch_load(path, mmap=True)


def _check_records(path: Path, records: list[zipfile.ZipInfo]) -> None:
    names = [record.filename for record in records]
    if not any(name.endswith("/data.pkl") for name in names):
        raise CheckpointError(f"{path.name} is a zip archive but no PyTorch checkpoint: {_ALLOWED}.")
    if any(name.endswith("/constants.pkl") for name in names):
        raise CheckpointError(
            f"{path.name} is a TorchScript program, not only weights: save its state_dict() and open that."
        )
    unpacked, packed = sum(record.file_size for record in records), path.stat().st_size
    if unpacked > packed or any(record.compress_type != zipfile.ZIP_STORED for record in records):
        raise CheckpointError(
            f"{path.name} would unpack to {unpacked:,} bytes from {packed:,}: "
            "PyTorch never compresses its checkpoints, so it was not opened; get it again from where it came."
        )
    if any(record.filename.endswith(".pkl") and record.file_size > _MOST_PICKLE_BYTES for record in records):
        raise CheckpointError(
            f"{path.name} has a pickle of more than {_MOST_PICKLE_BYTES >> 20} MiB, far beyond a state dict's: "
            f"{_ALLOWED}."
        )


def _read_legacy(path: Path) -> object:
    """torch's format before 1.6, in which many published weights still are."""
    if path.stat().st_size > _MOST_LEGACY_BYTES:
        raise CheckpointError(
            f"{path.name} is in the PyTorch format before 1.6 and larger than {_MOST_LEGACY_BYTES >> 30} GiB: "
            "save it again with a newer PyTorch."
        )
    return _torch_load(path, mmap=False)


def _torch_load(path: Path, *, mmap: bool) -> object:
    try:
        if mmap and path.suffix != ".safetensors":  # torch takes a path's suffix for its content
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        with path.open("rb") as file:
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _unsafe(path, error) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _unsafe(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path.name} holds more than tensors, and reading that could run code, so it was not opened: "
        "save only the network's state_dict() and open that.",
        details=str(error),
    )


def _damaged(path: Path, error: Exception) -> CheckpointError:
    """Readers of untrusted bytes fail in many ways; all of them mean this."""
    return CheckpointError(
        f"{path.name} is damaged or cut off: get it again from where it came.",
        details=f"{type(error).__name__}: {error}",
    )

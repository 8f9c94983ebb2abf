"""MNIST's own file format: big-endian numbers that say the shape, then bytes. Read packed or not, never written."""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, Final

import torch
from torch import Tensor

from cnnviz.core.training.errors import DataError

_UNSIGNED_BYTES = 8
_MOST_BYTES: Final = 4 * 2**30


def read_idx(path: Path, dimensions: int) -> Tensor:
    """uint8 of as many dimensions as must be there; ``path`` without the ``.gz`` it may have.

    Raises DataError: missing, cut off, damaged, or of another kind.
    """
    packed = path.with_name(f"{path.name}.gz")
    try:
        with path.open("rb") if path.is_file() else gzip.open(packed) as file:
            return _read(file, path.name, dimensions)
    except FileNotFoundError as error:
        raise DataError(f"There is no {path.name} (.gz or unpacked) in {path.parent}: fetch the data again.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path.name} in {path.parent} is cut off or damaged: fetch it again.", details=repr(error)
        ) from error
    except OSError as error:
        raise DataError(f"{path.name} in {path.parent} cannot be read: {error}.", details=repr(error)) from error


def _read(file: BinaryIO | gzip.GzipFile, name: str, dimensions: int) -> Tensor:
    head = file.read(4 * (1 + dimensions))
    numbers = [int.from_bytes(head[start : start + 4], "big") for start in range(0, len(head), 4)]
    if len(head) != 4 * (1 + dimensions) or numbers[0] != (_UNSIGNED_BYTES << 8) + dimensions:
        raise DataError(f"{name} is no IDX file of {dimensions} dimensions: fetch it again.")
    size = math.prod(numbers[1:])
    if not 0 < size <= _MOST_BYTES:
        raise DataError(f"{name} claims {size:,} values: fetch it again.")
    content = _read_exactly(file, size)
    if content is None:
        raise DataError(f"{name} is cut off or too long: its header says {size:,} values; fetch it again.")
    return torch.frombuffer(content, dtype=torch.uint8).view(numbers[1:])


def _read_exactly(file: BinaryIO | gzip.GzipFile, size: int) -> bytearray | None:
    """Reads by and by, so that a header that lies costs no memory; None: more or less is there."""
    content = bytearray()
    while len(content) <= size and (chunk := file.read(min(1 << 22, size + 1 - len(content)))):
        content += chunk
    return content if len(content) == size else None

"""Networks from files: which kind a file is, by its content where suffixes mislead, and who opens it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.archives import directory_of, is_archive, mentions_record
from cnnviz.core.networks.first_run import first_run
from cnnviz.core.networks.network_file import USUAL_INPUT, InputShape, NetworkFile, Opener, RefusedError, head_of
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.functions import first_tensor

_PATIENCE_SECONDS = 120.0
_COLOUR_SIDES = (224, 32, 64, 96, 128, 227, 256, 299, 384, 28)
_GREY_SIDES = (28, 32, 64, 224)
"""Input sides that networks are made for, the usual ones first."""


def open_network_file(path: Path, choice: NetworkChoice) -> NetworkFile:
    """The network in a file, on the CPU in evaluation mode, tried once on an empty picture.

    Raises NetworkError with the place and the reason; CodeConfirmationError for a Python file that nobody allowed.
    """
    head = head_of(path)
    opened = _OPENERS[_kind(path, head)](path, choice)
    opened.module.eval()
    if opened.classes is not None:
        return opened
    _check_parameters(path, opened.module)
    return _tried(path, opened, choice)


def _kind(path: Path, head: bytes) -> str:
    """The suffix of the table below that fits the file."""
    suffix = path.suffix.lower()
    if is_archive(head):
        return _kind_of_archive(path)
    if suffix not in _OPENERS or suffix in _ARCHIVES:
        raise NetworkError(f"{path.name} is no network file this program can open: {_ALLOWED}.")
    return suffix


def _kind_of_archive(path: Path) -> str:
    if not directory_of(path):
        raise NetworkError(f"{path.name} is damaged or cut off: get it again from where it came.")
    if mentions_record(path, "constants.pkl"):
        return ".pt"
    if mentions_record(path, "models/model.json") or mentions_record(path, "archive_format"):
        return ".pt2"
    if mentions_record(path, "data.pkl"):
        raise NetworkError(
            f"{path.name} holds weights without their network: choose the network they belong to, then this file "
            "as its weights."
        )
    raise NetworkError(f"{path.name} is a zip archive, but no network: {_ALLOWED}.")


def _check_parameters(path: Path, module: nn.Module) -> None:
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
            raise NetworkError(f"{path.name} was not opened: its tensor {name[:80]} claims more values than it has.")


def _tried(path: Path, opened: NetworkFile, choice: NetworkChoice) -> NetworkFile:
    """With the input on which it runs; with the likeliest where it runs on none: the structure pass tells why."""
    shapes = _likely_shapes(opened, choice)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        outputs = ((shape, first_run(opened.module, shape, deadline=deadline)) for shape in shapes)
        shape, output = next((found for found in outputs if found[1] is not None), (shapes[0], None))
    except RefusedError as error:
        raise NetworkError(f"{path.name} was not opened. {error.message}") from error
    if output is not None and opened.settle:
        opened.settle(opened.module, torch.zeros(1, *shape))
    scores = first_tensor(output)
    classes = scores.shape[1] if scores is not None and scores.dim() >= 2 else 0
    return replace(opened, classes=classes, input_shape=shape)


def _likely_shapes(opened: NetworkFile, choice: NetworkChoice) -> tuple[InputShape, ...]:
    """What the user asks for, or else what the file says, or else what many networks take."""
    asked = choice.preprocessing
    if opened.input_shape:
        channels, *size = opened.input_shape
        return ((channels, *(asked.input_size if asked else (size[0], size[1]))),)
    if asked:
        return ((asked.channels, *asked.input_size),)
    channels = _input_channels(opened.module)
    return tuple((channels, side, side) for side in (_GREY_SIDES if channels == 1 else _COLOUR_SIDES))


def _input_channels(module: nn.Module) -> int:
    """By its first convolution."""
    first = next((tensor for tensor in module.parameters() if tensor.dim() == 4), None)
    return USUAL_INPUT[0] if first is None else first.shape[1]


def _open_spec(path: Path, choice: NetworkChoice) -> NetworkFile:
    from cnnviz.core.networks.spec_file import open_spec

    return open_spec(path, choice)


def _open_torchscript(path: Path, choice: NetworkChoice) -> NetworkFile:
    from cnnviz.core.networks.torchscript_file import open_torchscript

    return open_torchscript(path, choice)


def _open_exported_program(path: Path, choice: NetworkChoice) -> NetworkFile:
    from cnnviz.core.networks.exported_program_file import open_exported_program  # torch.export takes seconds to import

    return open_exported_program(path, choice)


def _open_onnx(path: Path, choice: NetworkChoice) -> NetworkFile:
    from cnnviz.core.networks.onnx_file import open_onnx

    return open_onnx(path, choice)


def _open_python(path: Path, choice: NetworkChoice) -> NetworkFile:
    from cnnviz.core.networks.python_file import open_python

    return open_python(path, choice)


_ARCHIVES = frozenset({".pt", ".pth", ".pt2"})
_OPENERS: Mapping[str, Opener] = {
    ".json": _open_spec,
    ".pt": _open_torchscript,
    ".pt2": _open_exported_program,
    ".onnx": _open_onnx,
    ".py": _open_python,
}
_ALLOWED = "open a spec (.json), TorchScript (.pt), torch.export (.pt2), ONNX (.onnx) or Python (.py) file"

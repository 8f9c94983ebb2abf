"""ONNX files, converted to torch modules by onnx2pytorch: one module a node, torch's own layers where there are such.

ONNX Runtime runs more operators, but from outside: no hooks, gradients or weights to look at. Of the converters to
torch, onnx2torch has had no release since 2024 and stops at opset 17; onnx2pytorch is kept up to date.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.network_file import InputShape, NetworkFile, damaged
from cnnviz.core.networks.values import NetworkChoice

KIND = "an ONNX model"
INSTALL = 'pip install "cnnviz[onnx]"'
_MOST_BYTES = 2**31 - 1  # protobuf's own limit
_MOST_NODES = 100_000
_UNUSUAL = frozenset({"", "UNDEFINED", "INT4", "UINT4", "INT2", "UINT2", "FLOAT4E2M1", "STRING"})


def open_onnx(path: Path, _choice: NetworkChoice) -> NetworkFile:
    """The model's main graph; its first input must be a batch of pictures."""
    onnx, convert = _libraries(path)
    model = _read(path, onnx)
    _check_size(path, model)
    _check_weights(path, model, onnx)
    input_shape = _input_shape(path, model)
    _simplify(model, onnx)
    with _explained(path):
        module = convert(model)
    _drop_doubled_weights(module)
    _name_after_operators(module)
    return NetworkFile(module, "ONNX file", input_shape, notes=_notes(model))


def _libraries(path: Path) -> tuple[Any, Any]:
    try:
        onnx, onnx2pytorch = importlib.import_module("onnx"), importlib.import_module("onnx2pytorch")
    except ImportError as error:
        raise NetworkError(
            f"{path.name} is {KIND}; to open those, install the onnx extra: {INSTALL}.", details=str(error)
        ) from error
    return onnx, onnx2pytorch.ConvertModel


def _read(path: Path, onnx: Any) -> Any:  # noqa: ANN401 - onnx is optional
    if path.stat().st_size > _MOST_BYTES:
        raise NetworkError(f"{path.name} is larger than 2 GiB, which no ONNX file may be: its weights lie beside it.")
    try:
        return onnx.load(path, load_external_data=False)
    except Exception as error:
        raise damaged(path, KIND)(error) from error


def _check_size(path: Path, model: Any) -> None:  # noqa: ANN401
    if len(model.graph.node) > _MOST_NODES:
        raise NetworkError(f"{path.name} has {len(model.graph.node):,} nodes; at most {_MOST_NODES:,} are opened.")
    if not model.graph.node:
        raise NetworkError(f"{path.name} is {KIND} without nodes: get it again from where it came.")


# ------------------------------------------------------------------------------------------------------------- weights


def _check_weights(path: Path, model: Any, onnx: Any) -> None:  # noqa: ANN401
    """Reads weights that lie beside the model, and nowhere else; every tensor has the bytes that its shape says."""
    for tensor in (tensor for part in (model.graph, *model.functions) for tensor in _tensors(part)):
        _check_kind(path, tensor, onnx)
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_place(path, tensor, onnx)
            onnx.external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
            tensor.data_location = onnx.TensorProto.DEFAULT
        _check_count(path, tensor, onnx)


def _tensors(graph: Any) -> Iterator[Any]:  # noqa: ANN401
    """Of a graph or a function, and of all graphs inside; protobuf bounds how deep those may lie."""
    yield from getattr(graph, "initializer", ())
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            yield from _tensors(inner)


def _check_place(path: Path, tensor: Any, onnx: Any) -> None:  # noqa: ANN401
    place = {entry.key: entry.value for entry in tensor.external_data}
    name = place.get("location", "")
    beside = path.parent / name
    if not name or Path(name).name != name or beside.is_symlink() or not beside.is_file():
        raise NetworkError(
            f"{path.name} keeps its weight {tensor.name[:80]!r} in {name[:80]!r}: such a file must lie beside the "
            "model, and none outside its folder is read."
        )
    size, wanted = beside.stat().st_size, _byte_count(tensor, onnx)
    offset = _whole(place.get("offset", "0"))
    length = _whole(place["length"]) if "length" in place else size - offset
    if offset < 0 or length != wanted or offset + length > size:
        raise NetworkError(
            f"{name} has {size:,} bytes, but {path.name} wants {wanted:,} of them from {offset:,} on for its weight "
            f"{tensor.name[:80]!r}: it is cut off, or belongs to another model."
        )


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else -1


def _check_kind(path: Path, tensor: Any, onnx: Any) -> None:  # noqa: ANN401
    kinds = onnx.TensorProto.DataType
    kind = kinds.Name(tensor.data_type) if tensor.data_type in kinds.values() else ""
    if kind in _UNUSUAL or min(tensor.dims, default=1) < 0:
        raise NetworkError(
            f"{path.name} was not opened: its weight {tensor.name[:80]!r} is of a kind that cannot be shown."
        )


def _check_count(path: Path, tensor: Any, onnx: Any) -> None:  # noqa: ANN401
    claimed, found = math.prod(tensor.dims), _values_in(tensor, onnx)
    if found != claimed:
        raise NetworkError(
            f"{path.name} was not opened: its weight {tensor.name[:80]!r} claims {claimed:,} values but has {found:,}."
        )


def _byte_count(tensor: Any, onnx: Any) -> int:  # noqa: ANN401
    return int(math.prod(tensor.dims)) * _item_size(tensor, onnx)


def _item_size(tensor: Any, onnx: Any) -> int:  # noqa: ANN401
    return int(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)


def _values_in(tensor: Any, onnx: Any) -> int:  # noqa: ANN401
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data) // _item_size(tensor, onnx)
    field = onnx.helper.tensor_dtype_to_field(tensor.data_type)
    complexes = {onnx.TensorProto.COMPLEX64, onnx.TensorProto.COMPLEX128}
    return len(getattr(tensor, field)) // (2 if tensor.data_type in complexes else 1)


# --------------------------------------------------------------------------------------------------------------- input


def _input_shape(path: Path, model: Any) -> InputShape | None:  # noqa: ANN401
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(each.name[:40] for each in inputs)
        raise NetworkError(f"{path.name} takes {len(inputs)} inputs ({names}), but is given one picture.")
    sizes = [each.dim_value for each in inputs[0].type.tensor_type.shape.dim]
    if len(sizes) != 4:
        raise NetworkError(
            f"{path.name} takes {len(sizes)} dimensions, no batch of pictures with channels, height, width."
        )
    batch, channels, height, width = sizes
    if batch > 1:
        raise NetworkError(
            f"{path.name} was saved for batches of {batch}, but frames come one by one: save it for a batch of 1."
        )
    if channels > 4 and width in {1, 3}:
        raise NetworkError(
            f"{path.name} takes channels last ({channels}×{height}×{width}), like TensorFlow: save it channels first."
        )
    return (channels or 3, height or 224, width or 224)


# ---------------------------------------------------------------------------------------------------------- conversion


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise NetworkError(
            f"{path.name} uses an operator that onnx2pytorch cannot convert: {str(error)[:160]}", details=repr(error)
        ) from error
    except Exception as error:
        raise NetworkError(
            f"{path.name} cannot be converted to torch modules: {type(error).__name__}: {str(error)[:160]}",
            details=repr(error),
        ) from error


def _simplify(model: Any, onnx: Any) -> None:  # noqa: ANN401
    """What exporters leave and the converter does not take: weights passed through nodes that do nothing."""
    graph, renamed = model.graph, dict[str, str]()
    weights = {tensor.name for tensor in graph.initializer}
    for node in list(graph.node):
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
        if node.op_type == "Identity" and node.input[0] in weights:
            renamed[node.output[0]] = node.input[0]
            graph.node.remove(node)
        elif node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            tensor = onnx.TensorProto()
            tensor.CopyFrom(node.attribute[0].t)
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
            weights.add(tensor.name)
            graph.node.remove(node)
        elif node.op_type == "BatchNormalization":
            kept = [each for each in node.attribute if each.name != "training_mode"]
            del node.attribute[:]
            node.attribute.extend(kept)


def _drop_doubled_weights(module: Any) -> None:  # noqa: ANN401 - onnx2pytorch is optional
    """The converter keeps every weight a second time as a buffer; those that belong to layers are let go."""
    buffer_name = importlib.import_module("onnx2pytorch.convert.operations").get_buffer_name
    used: set[str] = set()
    for node in module.onnx_model.graph.node:
        made = getattr(module, module.mapping[node.output[0]])
        if not isinstance(made, nn.Module) or next(made.parameters(), None) is None:
            used.update(buffer_name(name) for name in node.input)
    for name in [name for name in module._buffers if name not in used]:  # noqa: SLF001 - torch has no way to delete one
        del module._buffers[name]  # noqa: SLF001
    del module.onnx_model.graph.initializer[:]


def _name_after_operators(module: Any) -> None:  # noqa: ANN401
    """Layers are shown by their class: the converter's wrappers all have one, where ONNX has an operator's name."""
    for node in module.onnx_model.graph.node:
        made = getattr(module, module.mapping[node.output[0]])
        if isinstance(made, nn.Module) and type(made).__name__.endswith("Wrapper"):
            made.__class__ = type(node.op_type, (type(made),), {})


def _notes(model: Any) -> tuple[str, ...]:  # noqa: ANN401
    producer = " ".join(filter(None, (model.producer_name[:40], model.producer_version[:20])))
    return (f"written by {producer}",) if producer else ()

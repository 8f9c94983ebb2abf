"""``torch.export`` files (.pt2): checked first, loaded by torch, and given their modules back."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import Node

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.archives import read_archive
from cnnviz.core.networks.aten import plain_function
from cnnviz.core.networks.exported_program_check import KIND, check_exported_program
from cnnviz.core.networks.native_layers import Operation, native_layer
from cnnviz.core.networks.network_file import InputShape, NetworkFile, damaged
from cnnviz.core.networks.values import NetworkChoice


def open_exported_program(path: Path, _choice: NetworkChoice) -> NetworkFile:
    """The program with the modules it was exported from, in the mode it was exported in."""
    archive = read_archive(path, damaged(path, KIND))
    check_exported_program(archive)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch 2.11 warns of its own reader's ways
            program = _loaded(path)
            input_shape = _input_shape(path, program)
            module: nn.Module = torch.export.unflatten(program)
    except NetworkError:
        raise
    except Exception as error:  # its reader fails in as many ways as files can be wrong
        raise damaged(path, KIND)(error) from error
    _name_and_replace(module)
    return NetworkFile(module, "torch.export file", input_shape)


def _loaded(path: Path) -> ExportedProgram:
    """Its weights in memory of their own: torch 2.11 leaves them where they must not be written."""
    program = torch.export.load(path)
    for tensor in program.state_dict.values():
        tensor.data = tensor.data.clone()
    return program


def _input_shape(path: Path, program: ExportedProgram) -> InputShape:
    names = program.graph_signature.user_inputs
    if len(names) != 1:
        raise NetworkError(
            f"{path.name} takes {len(names)} inputs ({', '.join(map(str, names))}), but is given one picture."
        )
    taken = next(node.meta.get("val") for node in program.graph.nodes if node.name == names[0])
    if not isinstance(taken, Tensor) or taken.dim() != 4:
        raise NetworkError(f"{path.name} takes no batch of pictures (batch, channels, height, width).")
    example = next(iter(program.example_inputs[0]), None) if program.example_inputs else None
    sizes = [size if isinstance(size, int) else _example_size(example, place) for place, size in enumerate(taken.shape)]
    if isinstance(taken.shape[0], int) and sizes[0] != 1:
        raise NetworkError(
            f"{path.name} was exported for batches of {sizes[0]}, but frames come one by one: "
            "export it with a batch of 1 or a dynamic one."
        )
    return sizes[1], sizes[2], sizes[3]


def _example_size(example: object, place: int) -> int:
    return example.shape[place] if isinstance(example, Tensor) and example.dim() == 4 else 224


# ------------------------------------------------------------------------------------------------------------- modules


def _name_and_replace(root: nn.Module) -> None:
    """Modules under the names of their classes, torch's own layers where a module is one operation of theirs."""
    for path, module in list(root.named_modules()):
        layer = _native(module) if path else None
        if layer is not None:
            root.set_submodule(path, layer.eval())
        elif isinstance(getattr(module, "graph", None), torch.fx.Graph):
            _call_plain_functions(module)
            module.__class__ = type(_class_name(module), (type(module),), {})


def _class_name(module: nn.Module) -> str:
    type_name: Callable[[], str | None] | None = getattr(module, "type_name", None)
    return str((type_name and type_name()) or "Module").rpartition(".")[2]


def _call_plain_functions(module: Any) -> None:  # noqa: ANN401 - torch.export's classes are not public
    for node in module.graph.nodes:
        if node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):  # noqa: SLF001
            node.target = plain_function(node.target) or node.target
    module.finalize()


def _native(module: nn.Module) -> nn.Module | None:
    """torch's own layer for a module without others that does one operation on its input."""
    graph = getattr(module, "graph", None)
    if not isinstance(graph, torch.fx.Graph) or next(module.children(), None) is not None:
        return None
    calls = [node for node in graph.nodes if node.op == "call_function" and node.target is not operator.getitem]
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    if len(calls) != 1 or len(inputs) != 1 or not calls[0].args or calls[0].args[0] is not inputs[0]:
        return None
    schema = calls[0].target._schema  # noqa: SLF001 - aten's operations tell their arguments nowhere else
    names = [argument.name for argument in schema.arguments]
    defaults = {each.name: each.default_value for each in schema.arguments if each.has_default_value()}
    given = dict(zip(names, calls[0].args, strict=False)) | dict(calls[0].kwargs)
    arguments = defaults | {name: _value(module, value) for name, value in given.items()}
    layer = native_layer(Operation(schema.name.partition("::")[2], arguments))
    same = layer is not None and _own_tensors(layer) <= _own_tensors(module)
    return layer if same else None


def _value(module: nn.Module, value: object) -> object:
    if not isinstance(value, Node):
        return value
    if value.op == "get_attr":
        tensors: Mapping[str, Tensor] = dict(module.named_parameters()) | dict(module.named_buffers())
        return tensors[str(value.target)]
    return value.meta.get("val")


def _own_tensors(module: nn.Module) -> set[str]:
    """Names without batch norm's counter, which a program exported for evaluation has no use for."""
    return {name for name in module.state_dict() if name != "num_batches_tracked"}

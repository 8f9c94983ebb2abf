"""TorchScript files (``torch.jit.save``), run outside of torch's own interpreter, which allows no hooks.

What such a file could do: its code is a small language without imports, whose only way out is torch's operations.
Those that touch files (``aten::save``, ``aten::from_file``) are refused by name, and so is ``__setstate__``, the only
code that would run while the file is read; operations of other libraries are not called at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._recursive import wrap_cpp_module

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.archives import Archive, check_unpacked_size, read_archive
from cnnviz.core.networks.network_file import NetworkFile, damaged
from cnnviz.core.networks.torchscript_module import ScriptedModule, named_after, use_native_layers
from cnnviz.core.networks.torchscript_program import Block, Compiler
from cnnviz.core.networks.values import NetworkChoice

_KIND = "a TorchScript program"
_MOST_CODE_BYTES = 256 * 2**20
_MOST_SOURCE_BYTES = 32 * 2**20
_MOST_PICKLE_BYTES = 256 * 2**20
_RUNS_WHEN_READ = b"__setstate__"
_CUSTOM_CLASSES = b"__torch__.torch.classes"


def open_torchscript(path: Path, _choice: NetworkChoice) -> NetworkFile:
    """The program's modules as ``torch.nn`` modules that run its code."""
    archive = read_archive(path, damaged(path, _KIND))
    _check(archive)
    compiler, root = _program(path)
    try:
        _check_inputs(root)
        module = _module(root, compiler, {})
    except NetworkError as error:
        raise NetworkError(f"{path.name} cannot be shown. {error.message}", details=error.details) from error
    return NetworkFile(module, "TorchScript file", settle=_settle)


def _settle(module: nn.Module, example: Tensor) -> None:
    if isinstance(module, ScriptedModule):
        use_native_layers(module, example)


def _check(archive: Archive) -> None:
    code = archive.under("code/")
    check_unpacked_size(archive, code, most=_MOST_CODE_BYTES)
    sources = (name for name in code if name.endswith(".py"))
    for name, source in archive.records(sources, most=_MOST_SOURCE_BYTES):
        if _RUNS_WHEN_READ in source:
            raise NetworkError(
                f"{archive.path.name} has code that would run while it is read (__setstate__ in {name}), so it was not "
                "opened: quantised programs do; save the network before it is quantised."
            )
    for name, pickled in archive.records(("data.pkl", "constants.pkl"), most=_MOST_PICKLE_BYTES):
        if _CUSTOM_CLASSES in pickled:
            raise NetworkError(
                f"{archive.path.name} holds objects of other libraries ({name}), which cannot be read safely: "
                "save the network with tensors only."
            )


def _program(path: Path) -> tuple[Compiler, Any]:
    """What ``torch.jit.load`` does, kept in parts: it would not hand out the program's functions, and warns that
    TorchScript is no longer developed, which is no reason not to look at the files there are.
    """
    unit = torch._C.CompilationUnit()  # noqa: SLF001
    try:
        read: Any = torch._C.import_ir_module  # noqa: SLF001 - its published types are behind
        root = wrap_cpp_module(read(unit, str(path), torch.device("cpu"), {}, False))  # type: ignore[no-untyped-call] # noqa: FBT003
    except Exception as error:
        raise damaged(path, _KIND)(error) from error

    def graph_of(name: str) -> Any:  # noqa: ANN401 - torch._C.Graph
        return unit.find_function(name).graph

    return Compiler(graph_of), root


def _module(script: Any, compiler: Compiler, made: dict[str, dict[str, Block]]) -> ScriptedModule:  # noqa: ANN401
    """``made``: the methods of each class of the program, compiled once."""
    kind = script._c.qualified_name  # noqa: SLF001
    if kind not in made:
        made[kind] = {name: compiler.block(script._c._get_method(name).graph) for name in script._c._method_names()}  # noqa: SLF001
    methods = made[kind]
    kind_of_module = named_after(str(script.original_name))
    module = kind_of_module(methods, compiler.functions, _values(script, methods), _defaults(script))
    try:
        for name, parameter in script.named_parameters(recurse=False):
            module.register_parameter(name, torch.nn.Parameter(_plain(name, parameter), parameter.requires_grad))
        for name, buffer in script.named_buffers(recurse=False):
            module.register_buffer(name, _plain(name, buffer))
        for name, child in script.named_children():
            module.add_module(name, _module(child, compiler, made))
    except (KeyError, TypeError) as error:
        raise NetworkError(f"A part of the program has a name that no module can have: {error}.") from error
    return module.train(script.training) if hasattr(script, "training") else module


def _defaults(script: Any) -> tuple[object, ...]:  # noqa: ANN401
    """Of the inputs that the module's forward may be called without."""
    if not script._c._has_method("forward"):  # noqa: SLF001
        return ()
    arguments = script._c._get_method("forward").schema.arguments  # noqa: SLF001
    return tuple(argument.default_value for argument in arguments if argument.has_default_value())


def _check_inputs(root: Any) -> None:  # noqa: ANN401
    needed = [
        argument.name
        for argument in root._c._get_method("forward").schema.arguments[1:]  # noqa: SLF001
        if not argument.has_default_value()
    ]
    if len(needed) != 1:
        raise NetworkError(f"Its forward takes {len(needed)} inputs ({', '.join(needed)}), but is given one picture.")


def _plain(name: str, tensor: Tensor) -> Tensor:
    if tensor.is_quantized or tensor.layout != torch.strided:
        raise NetworkError(f"Its tensor {name} is quantised or sparse, which cannot be shown: save it before that.")
    if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
        raise NetworkError(f"Its tensor {name} claims more values than the file holds.")
    return tensor.detach()


def _values(script: Any, methods: dict[str, Block]) -> dict[str, Any]:  # noqa: ANN401
    """Numbers, words and lists of them that its own code asks for."""
    tensors = {name for name, _ in (*script.named_parameters(recurse=False), *script.named_buffers(recurse=False))}
    known = tensors | {name for name, _ in script.named_children()} | {"training"}
    asked = {name for block in methods.values() for name in _asked(block)} - known
    return {name: getattr(script._c, "getattr")(name) for name in asked if script._c.hasattr(name)}  # noqa: B009, SLF001


def _asked(block: Block) -> set[str]:
    names = {step.name for step in block.instructions if step.kind == "prim::GetAttr"}
    return names.union(*(_asked(inner) for step in block.instructions for inner in step.blocks))

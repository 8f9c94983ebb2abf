"""A TorchScript graph as plain instructions, and what runs them.

torch's own interpreter of TorchScript allows no hooks inside a program, so that nothing in it could be seen. These
instructions keep its modules: each is called as a ``torch.nn.Module`` of its own.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.aten import AtenCall, Function, overload_of
from cnnviz.core.networks.network_file import RefusedError

_MOST_STEPS = 200_000
"""Instructions in one forward pass: a program that loops longer is no network."""
_MOST_INSTRUCTIONS = 500_000

_FORWARD = re.compile(r"forward(__)?\d*")
"""``forward`` and its variants for other types of input: called as a module is, so that hooks fire."""

Values = dict[str, Any]
Observer = Callable[["Instruction", Sequence[object], object], None]
"""Hears of an operation on tensors, its arguments and what it made."""


@dataclass(frozen=True)
class Instruction:
    """``kind``: TorchScript's name of the node; ``name``: of the attribute, method or function it is about."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str = ""
    blocks: tuple[Block, ...] = ()
    operation: Function | None = None
    value: object = None


@dataclass(frozen=True)
class Block:
    """Instructions with the names of what goes in and comes out. A whole method is one, too."""

    inputs: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[str, ...]


@dataclass
class Steps:
    """Instructions that one forward pass has run, inner modules' among them."""

    count: int = 0

    def take(self) -> None:
        self.count += 1
        if self.count > _MOST_STEPS:
            raise RefusedError(f"The program ran {_MOST_STEPS:,} instructions without an end, and was stopped.")


@dataclass(frozen=True)
class Execution:
    """One call of a module. ``functions``: the program's."""

    functions: Mapping[str, Block]
    steps: Steps
    observe: Observer | None = None

    def call(self, block: Block, arguments: Sequence[object]) -> object:
        """Runs a method or a function."""
        values: Values = dict(zip(block.inputs, arguments, strict=True))
        results = self.run(block, values)
        return results[0] if len(results) == 1 else (results or None)

    def run(self, block: Block, values: Values) -> tuple[object, ...]:
        for instruction in block.instructions:
            self.steps.take()
            _KINDS.get(instruction.kind, _operate)(self, instruction, values)
        return tuple(values[name] for name in block.outputs)


# ------------------------------------------------------------------------------------------------------------- running


def _operate(run: Execution, step: Instruction, values: Values) -> None:
    arguments = [values[name] for name in step.inputs]
    if step.operation is None:
        raise NetworkError(
            f"The program uses {step.kind[:80]}, which this version of torch does not have or which cannot be run step "
            "by step: save the network anew without optimising it."
        )
    result = step.operation(*arguments)
    if run.observe is not None and isinstance(result, Tensor):
        run.observe(step, arguments, result)
    _store(step, values, result)


def _store(step: Instruction, values: Values, result: object) -> None:
    if len(step.outputs) == 1:
        values[step.outputs[0]] = result
    elif step.outputs:
        values.update(zip(step.outputs, tuple(result), strict=True))  # type: ignore[arg-type] # several outputs are a tuple


def _constant(_: Execution, step: Instruction, values: Values) -> None:
    values[step.outputs[0]] = step.value


def _get_attribute(_: Execution, step: Instruction, values: Values) -> None:
    owner, name = values[step.inputs[0]], step.name
    for kept in (owner._modules, owner._parameters, owner._buffers):  # noqa: SLF001 - names like "type" hide others
        if name in kept:
            values[step.outputs[0]] = kept[name]
            return
    values[step.outputs[0]] = owner.training if name == "training" else owner.attribute(name)


def _set_attribute(_: Execution, step: Instruction, values: Values) -> None:
    owner, value = (values[name] for name in step.inputs)
    owner.set_attribute(step.name, value)


def _call_method(run: Execution, step: Instruction, values: Values) -> None:
    owner, *arguments = (values[name] for name in step.inputs)
    if not _FORWARD.fullmatch(step.name):
        _store(step, values, run.call(owner.method(step.name), (owner, *arguments)))
    elif hasattr(owner, "method"):
        _store(step, values, owner(*arguments, method=step.name, steps=run.steps))
    else:
        _store(step, values, owner(*arguments))


def _call_function(run: Execution, step: Instruction, values: Values) -> None:
    values[step.outputs[0]] = run.call(run.functions[step.name], [values[name] for name in step.inputs[1:]])


def _if(run: Execution, step: Instruction, values: Values) -> None:
    block = step.blocks[0] if values[step.inputs[0]] else step.blocks[1]
    values.update(zip(step.outputs, run.run(block, values), strict=True))


def _loop(run: Execution, step: Instruction, values: Values) -> None:
    trips, go_on, *carried = (values[name] for name in step.inputs)
    body = step.blocks[0]
    done = 0
    while go_on and done < trips:
        values.update(zip(body.inputs, (done, *carried), strict=True))
        go_on, *carried = run.run(body, values)
        done += 1
    values.update(zip(step.outputs, carried, strict=True))


def _tuple(_: Execution, step: Instruction, values: Values) -> None:
    values[step.outputs[0]] = tuple(values[name] for name in step.inputs)


def _list(_: Execution, step: Instruction, values: Values) -> None:
    values[step.outputs[0]] = [values[name] for name in step.inputs]


def _dictionary(_: Execution, step: Instruction, values: Values) -> None:
    names = step.inputs
    values[step.outputs[0]] = {values[key]: values[value] for key, value in zip(names[::2], names[1::2], strict=True)}


def _unpack(_: Execution, step: Instruction, values: Values) -> None:
    values.update(zip(step.outputs, values[step.inputs[0]], strict=True))


def _raise(_: Execution, step: Instruction, values: Values) -> None:
    raise NetworkError(f"The program stopped with: {str(values[step.inputs[0]])[:200]}")


_KINDS: Mapping[str, Callable[[Execution, Instruction, Values], None]] = {
    "prim::Constant": _constant,
    "prim::GetAttr": _get_attribute,
    "prim::SetAttr": _set_attribute,
    "prim::CallMethod": _call_method,
    "prim::CallFunction": _call_function,
    "prim::If": _if,
    "prim::Loop": _loop,
    "prim::TupleConstruct": _tuple,
    "prim::ListConstruct": _list,
    "prim::DictConstruct": _dictionary,
    "prim::TupleUnpack": _unpack,
    "prim::ListUnpack": _unpack,
    "prim::RaiseException": _raise,
}


# ----------------------------------------------------------------------------------------------------- plain operations


def _format(template: str, *parts: object) -> str:
    return template.replace("{}", "%s") % tuple(str(part)[:80] for part in parts) if parts else template


def _slice(sequence: Sequence[object], start: int | None, end: int | None, step: int) -> Sequence[object]:
    return sequence[start:end:step]


_PLAIN: Mapping[str, Function] = {
    "aten::append.t": list.append,
    "aten::len.t": len,
    "aten::len.str": len,
    "aten::__getitem__.t": operator.getitem,
    "aten::__getitem__.str": operator.getitem,
    "aten::__getitem__.Dict_str": operator.getitem,
    "aten::__contains__.str": operator.contains,
    "aten::__contains__.str_list": operator.contains,
    "aten::__contains__.int_list": operator.contains,
    "aten::slice.t": _slice,
    "aten::list.t": list,
    "aten::copy.t": list,
    "aten::add.t": operator.add,
    "aten::add.str": operator.add,
    "aten::__is__": operator.is_,
    "aten::__isnot__": operator.is_not,
    "aten::__not__": operator.not_,
    "aten::eq.str": operator.eq,
    "aten::ne.str": operator.ne,
    "aten::eq.int_list": operator.eq,
    "aten::ne.int_list": operator.ne,
    "aten::values.str": lambda mapping: list(mapping.values()),
    "aten::_set_item.str": operator.setitem,
    "aten::_set_item.t": operator.setitem,
    "aten::format": _format,
    "aten::warn": lambda *_: None,
    "aten::Int.Tensor": int,
    "aten::Float.Tensor": float,
    "aten::Bool.Tensor": bool,
    "prim::Print": lambda *_: None,
    "prim::NumToTensor": torch.tensor,
    "prim::TupleIndex": operator.getitem,
    "prim::unchecked_cast": lambda value: value,
    "prim::unchecked_unwrap_optional": lambda value: value,
    "prim::Uninitialized": lambda: None,
    "prim::dtype": lambda tensor: tensor.dtype,
    "prim::device": lambda tensor: tensor.device,
    "prim::type": lambda device: device.type,
    "prim::layout": lambda tensor: tensor.layout,
    "prim::data": lambda tensor: tensor.detach(),
    "prim::is_nested": lambda tensor: tensor.is_nested,
    "prim::is_cuda": lambda tensor: tensor.is_cuda,
    "prim::requires_grad": lambda tensor: tensor.requires_grad,
    "prim::min.int": min,
    "prim::max.int": max,
    "prim::min.self_int": min,
    "prim::max.self_int": max,
}
"""What works on Python's own values: torch's operations would work on copies of lists, and be slower."""


# ------------------------------------------------------------------------------------------------------------ compiling


class Compiler:
    """Turns TorchScript graphs into blocks; refuses what touches files, by its name, before anything runs."""

    def __init__(self, function_graph: Callable[[str], Any]) -> None:
        self._function_graph = function_graph
        self._count = 0
        self.functions: dict[str, Block] = {}

    def block(self, graph: Any) -> Block:  # noqa: ANN401 - torch's graphs and blocks have no common public type
        instructions = tuple(self._instruction(node) for node in graph.nodes())
        return Block(_names(graph.inputs()), instructions, _names(graph.outputs()))

    def _instruction(self, node: Any) -> Instruction:  # noqa: ANN401
        self._count += 1
        if self._count > _MOST_INSTRUCTIONS:
            raise NetworkError(f"The program has more than {_MOST_INSTRUCTIONS:,} instructions, more than any network.")
        kind, inputs, outputs = node.kind(), _names(node.inputs()), _names(node.outputs())
        if kind == "prim::Constant":
            return Instruction(kind, inputs, outputs, value=node.output().toIValue() if node.outputsSize() else None)
        if kind in {"prim::GetAttr", "prim::SetAttr", "prim::CallMethod"}:
            return Instruction(kind, inputs, outputs, node.s("name"))
        if kind == "prim::CallFunction":
            return Instruction(kind, inputs, outputs, self._function(next(node.inputs()).type().annotation_str))
        if kind in _KINDS:
            return Instruction(kind, inputs, outputs, blocks=tuple(self.block(block) for block in node.blocks()))
        return _operation(node, kind, inputs, outputs)

    def _function(self, name: str) -> str:
        """Compiles a function of the program once; TorchScript has no recursion."""
        if name not in self.functions:
            self.functions[name] = self.block(self._function_graph(name))
        return name


def _names(values: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(value.debugName() for value in values)


def _operation(node: Any, kind: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Instruction:  # noqa: ANN401
    full = _full_name(node, kind)
    plain = _PLAIN.get(full) or _PLAIN.get(kind)
    if plain is not None:
        return Instruction(kind, inputs, outputs, operation=plain)
    overload = overload_of(full.removeprefix("aten::")) if kind.startswith("aten::") else None
    return Instruction(kind, inputs, outputs, operation=AtenCall(overload) if overload else None)


def _full_name(node: Any, kind: str) -> str:  # noqa: ANN401
    """With the overload, as ``aten::add.Tensor``; nodes without a schema have none."""
    schema = node.schema()
    return kind if schema == "(no schema)" else str(schema).partition("(")[0]

"""torch's own operations by the names that saved programs call them."""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType, MethodDescriptorType
from typing import Any

import torch
from torch._ops import OpOverload

from cnnviz.core.errors import NetworkError

Function = Callable[..., Any]

_ON_FILES = frozenset({"from_file", "save", "load"})
"""Operations among torch's own that read or write files: no network needs them, a hostile file may."""

_NUMBERED = ("ScalarType", "Layout", "MemoryFormat")
"""Types whose values saved programs write as torch's internal numbers, which only the operations themselves take."""


def overload_of(name: str) -> OpOverload | None:
    """The operation called ``conv2d.default`` or ``add.Tensor``; None where this version of torch has none.

    Raises NetworkError for what touches files.
    """
    base, _, overload = name.partition(".")
    if base in _ON_FILES:
        raise NetworkError(f"It calls aten::{base}, which reads or writes files, so it was not opened.")
    packet = getattr(torch.ops.aten, base, None)
    found = getattr(packet, overload or "default", None)
    return found if isinstance(found, OpOverload) else None


def plain_function(overload: OpOverload) -> Function | None:
    """The function everybody calls for this operation (``torch.conv2d``, ``torch.Tensor.add_``), where there is one.

    The structure pass and the hooks on functions know these by name.
    """
    schema = overload._schema  # noqa: SLF001 - torch tells an operation's name nowhere else
    if not schema.arguments or "Tensor" not in str(schema.arguments[0].type):
        return None  # on numbers and lists: torch's functions take tensors only
    name = schema.name.partition("::")[2]
    plain = getattr(torch, name, None)
    if isinstance(plain, BuiltinFunctionType):
        return plain
    method = getattr(torch.Tensor, name, None)
    return method if isinstance(method, MethodDescriptorType) and schema.arguments[0].name == "self" else None


class AtenCall:
    """Calls an operation with all its arguments in the schema's order, as saved programs list them."""

    def __init__(self, overload: OpOverload) -> None:
        arguments = overload._schema.arguments  # noqa: SLF001
        self.names = tuple(argument.name for argument in arguments)
        self._overload = overload
        self._plain = plain_function(overload)
        self._numbered = frozenset(
            argument.name for argument in arguments if any(kind in str(argument.real_type) for kind in _NUMBERED)
        )
        self._by_position = sum(not argument.kwarg_only for argument in arguments)
        first = next((place for place, name in enumerate(self.names) if name in self._numbered), len(self.names))
        self._plain_by_position = min(first, self._by_position)

    def __call__(self, *values: Any) -> Any:  # noqa: ANN401 - whatever the operation takes and gives
        given = dict(zip(self.names, values, strict=False))
        if self._plain is None or any(given.get(name) is not None for name in self._numbered):
            return self._overload(*values[: self._by_position], **_rest(given, self._by_position, frozenset()))
        rest = _rest(given, self._plain_by_position, self._numbered)
        return self._plain(*values[: self._plain_by_position], **rest)


def _rest(given: dict[str, Any], taken: int, without: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in list(given.items())[taken:] if name not in without}

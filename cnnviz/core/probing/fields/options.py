"""A call's options, whether they are attributes of a module or arguments of a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields.located import UntraceableError

Shape = tuple[int, ...]


def option(call: Call, name: str, default: object = None) -> Any:  # noqa: ANN401 - options are of any type
    """``default`` also where it is None."""
    value = call.arguments.get(name) if call.module is None else getattr(call.module, name, None)
    return default if value is None else value


def pair(value: object) -> tuple[int, int]:
    """One number for both axes, or one each."""
    if isinstance(value, int):
        return value, value
    if isinstance(value, Sequence) and all(isinstance(part, int) for part in value) and len(value) in (1, 2):
        return value[0], value[-1]
    raise UntraceableError(f"its option {value!r} is not understood")


def output_shape(call: Call) -> Shape:
    """The shape of what the call returned."""
    if call.shape is None:
        raise UntraceableError("it returns no tensor")
    return call.shape


def dims_of(call: Call, name: str, ndim: int, place: int = 0) -> tuple[int, ...]:
    """Dimensions the call is told, counted from the first. ``place``: of the argument where torch does not name it."""
    value = option(call, name)
    if value is None:
        value = _unnamed(call, place)
    dims = (value,) if isinstance(value, int) else tuple(value)
    return tuple(int(dim) % ndim for dim in dims)


def _unnamed(call: Call, place: int) -> Any:  # noqa: ANN401 - a number or several
    unnamed = call.arguments.get("args", ())
    if not isinstance(unnamed, Sequence) or len(unnamed) <= place:
        raise UntraceableError("its dimensions are not known")
    return unnamed if place == 0 and len(unnamed) > 1 else unnamed[place]

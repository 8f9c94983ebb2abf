"""Functions on tensors: torch's own name for each, their arguments, and a mode that hears of every call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode, get_testing_overrides

Function = Callable[..., Any]
Listener = Callable[[Function, tuple[Any, ...], Mapping[str, Any]], object]
"""Calls the function itself and returns its result."""

_NO_OPERATIONS = frozenset(
    {"get", "set", "to", "detach", "contiguous", "clone", "type", "type_as", "float", "half", "double", "bfloat16"}
    | {"cpu", "cuda", "requires_grad", "alias", "data", "pin_memory", "as_subclass"}
)
"""What looks a value up, or hands the same values on."""

CONSTANTS = frozenset(
    {"zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like"}
    | {"new_zeros", "new_ones", "new_full", "new_empty", "new_tensor"}
)
"""Kinds of function whose result takes no more than its size and type from a tensor."""

_ALIASES = {
    "truediv": "div",
    "true_divide": "div",
    "divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "rsub": "sub",
    "concat": "cat",
    "concatenate": "cat",
    "max_pool2d_with_indices": "max_pool2d",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool2d",
    "upsample": "interpolate",
    "iter": "unbind",
}
_REFLECTED = {f"__{letter}{name}__": name for letter in "ri" for name in ("add", "sub", "mul", "div", "pow", "matmul")}


class FunctionMode(TorchFunctionMode):
    """While it is on in a thread, every torch function this thread calls goes through ``listener`` instead."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def __torch_function__(
        self, func: Function, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> object:
        return self._listener(func, args, kwargs or {})

    def switch_on(self) -> None:
        """In this thread; as often switched off as on."""
        self.__enter__()  # type: ignore[no-untyped-call]

    def switch_off(self) -> None:
        """The last mode that was switched on in this thread."""
        self.__exit__(None, None, None)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def kind_of(function: Function) -> str:
    """What a layer of this function is called: ``add`` for ``x + y``, ``torch.add`` and ``x.add_`` alike.

    "" where it is no operation: it looks something up, or hands on the same values in another place or precision.
    """
    name = str(getattr(function, "__name__", type(function).__name__))
    name = _REFLECTED.get(name) or name.strip("_")
    name = _ALIASES.get(name, name)
    return "" if name in _NO_OPERATIONS else name


def arguments_of(function: Function, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
    """The arguments by name, tensors among them too; under "args" those after the first if torch tells no names."""
    signature = _signature(function)
    if signature is None:
        return {"args": tuple(args[1:]), **kwargs}
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # an overload of another form
        return {"args": tuple(args[1:]), **kwargs}
    bound.apply_defaults()
    return dict(bound.arguments)


@lru_cache(maxsize=4096)
def _signature(function: Function) -> inspect.Signature | None:
    """Builtin functions have none of their own; torch keeps one of each for those who override them."""
    known = get_testing_overrides().get(function, function)
    try:
        return inspect.signature(known)
    except (TypeError, ValueError):
        return None


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every tensor in nested tuples, lists and mappings, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from tensors_in(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from tensors_in(part)


def first_tensor(output: object) -> Tensor | None:
    """The tensor that stands for an output: the first in a tuple, a list or a mapping's values."""
    return next(tensors_in(output), None)

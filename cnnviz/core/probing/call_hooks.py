"""Acting on the calls of a network while they are made."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from torch import Tensor, nn

from cnnviz.core.probing.functions import Function, first_tensor, kind_of, tensors_in
from cnnviz.core.probing.hooks import After, Hooks
from cnnviz.core.probing.names import function_base, modules_by_path, split_function, split_name
from cnnviz.core.probing.places import Places

Act = Callable[[object, bool], object | None]
"""Gets a call's output, and whether its tensor may be changed where it is; what it returns, unless None, becomes the
output.
"""

_WRITES = "setitem"  # gives nothing back: it is its first argument that it makes


class CallHooks:
    """Does each act when the call of its name is made, in whichever thread the network runs, before it is captured.

    ``completed``: forward passes that came to their end since. Use it as a context manager, or ``close`` it.

    Raises:
        LayerError: the network has no such layer.
    """

    def __init__(self, module: nn.Module, acts: Mapping[str, Act]) -> None:
        self.completed = 0
        self._modules = modules_by_path(module)
        self._acts = _by_base(acts, self._modules)
        self._counts = _Counts()
        self._places = Places(lambda: True, self._on_function)
        self._hooks = Hooks(first=True)
        functions = [split_function(base) for base in self._acts if base not in self._modules]
        self._places.follow(self._hooks, self._modules, {function[0] for function in functions if function})
        for base in self._acts.keys() & self._modules.keys():
            self._hooks.after(self._modules[base], self._on_module(base))
        self._hooks.before(module, self._started)
        self._hooks.after(module, self._ended)

    def close(self) -> None:
        """Takes all hooks off the network."""
        self._hooks.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _started(self, _module: nn.Module, _args: object, _kwargs: object) -> None:
        self._counts.made.clear()

    def _ended(self, _module: nn.Module, _args: object, _output: object) -> None:
        self.completed += 1

    def _on_module(self, base: str) -> After:
        hooked = self._modules[base]
        keeps_nothing = type(hooked).__module__.startswith("torch.nn.") and next(hooked.children(), None) is None
        in_place = bool(getattr(hooked, "inplace", False))

        def on_call(_module: nn.Module, args: tuple[object, ...], output: object) -> object | None:
            act = self._next_act(base)
            if act is None:
                return None
            return self._do(act, output, own=keeps_nothing and _is_owned(args, output, in_place=in_place))

        return on_call

    def _on_function(self, place: str, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        result = function(*args, **kwargs)
        kind = kind_of(function)
        made = args[0] if kind == _WRITES else result
        act = self._next_act(function_base(place, kind)) if first_tensor(made) is not None else None
        if act is None:
            return result
        instead = self._do(act, made, own=_function_owns(function, args, kwargs, made))
        return result if instead is None else instead

    def _next_act(self, base: str) -> Act | None:
        """Counts the call."""
        own = self._acts.get(base)
        if own is None:
            return None
        self._counts.made[base] += 1
        return own.get(self._counts.made[base])

    def _do(self, act: Act, output: object, *, own: bool) -> object | None:
        with self._places.left():
            return act(output, own)


class _Counts(threading.local):
    """Of each thread its own."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()


def replaced(output: object, old: Tensor, new: Tensor) -> object:
    """``output`` with the tensor ``old`` in it exchanged; tuples, lists and dictionaries around it are made anew."""
    if output is old:
        return new
    if isinstance(output, tuple | list):
        parts: list[Any] = [replaced(part, old, new) for part in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    if isinstance(output, dict):
        return type(output)((name, replaced(part, old, new)) for name, part in output.items())
    return output


def _by_base(acts: Mapping[str, Act], modules: Mapping[str, nn.Module]) -> dict[str, dict[int, Act]]:
    numbers: dict[str, dict[int, Act]] = defaultdict(dict)
    for name, act in acts.items():
        base, number = split_name(name, modules)
        numbers[base][number] = act
    return dict(numbers)


# ----------------------------------------------------------------------------------------------------------- ownership
#
# Whether an output may be changed where it is. Fresh memory for a copy of a large map can take longer than the layer
# that made it, but what others hold must stay as it is: an input that came through untouched, a part of another tensor,
# what is kept for gradients. What works in place has rewritten its input with its output, and is changed as if it had
# written that: others may go on with what it rewrote.


def _is_owned(args: tuple[object, ...], output: object, *, in_place: bool) -> bool:
    """Of a layer of torch's own, which keeps nothing of its output. Without ``args`` its inputs are not known."""
    tensor = first_tensor(output)
    if tensor is None or tensor.requires_grad or not args:
        return False
    return in_place or not _shares_memory(tensor, args)


def _function_owns(function: Function, args: tuple[object, ...], kwargs: Mapping[str, object], output: object) -> bool:
    tensor = first_tensor(output)
    if tensor is None or tensor.requires_grad:
        return False
    return _works_in_place(function, kwargs) or not _shares_memory(tensor, (args, kwargs))


def _works_in_place(function: Function, kwargs: Mapping[str, object]) -> bool:
    """As ``x.add_(y)``, ``x += y``, ``x[0] = y`` and ``relu(x, inplace=True)`` do."""
    name = str(getattr(function, "__name__", ""))
    writes = name.endswith("_") and not name.startswith("__")
    return writes or name.startswith("__i") or _WRITES in name or kwargs.get("inplace") is True


def _shares_memory(tensor: Tensor, others: object) -> bool:
    memory = tensor.untyped_storage().data_ptr()
    return any(other.untyped_storage().data_ptr() == memory for other in tensors_in(others))

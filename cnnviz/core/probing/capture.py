"""Activations of a network while it runs.

What is captured is a call, not a module: the second call of ``layer1.0.relu`` in one forward pass is
``layer1.0.relu#2``, and the sum at a residual block's end ``layer1.0.add()``.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn

from cnnviz.core.errors import LayerError
from cnnviz.core.probing.evaluation import evaluation
from cnnviz.core.probing.functions import Function, first_tensor, kind_of
from cnnviz.core.probing.hooks import After, Hooks
from cnnviz.core.probing.names import function_base, modules_by_path, split_function, split_name
from cnnviz.core.probing.places import Places

NO_THREAD = -1
"""For ``Capture.listen_to``: captures nothing."""


class Capture:
    """Hands the outputs of the watched calls to ``on_output(name, tensor)`` in every forward pass, as they are made.

    The tensor is valid during that call only: a following in-place layer may rewrite it. With nothing watched the
    network has no hooks; modules alone cost a hook each, functions also one on every module inside the one that calls
    them. Use it as a context manager, or ``close`` it.
    """

    def __init__(self, module: nn.Module, on_output: Callable[[str, Tensor], None]) -> None:
        self._module = module
        self._on_output = on_output
        self._modules = modules_by_path(module)
        self._hooks = Hooks()
        self._places = Places(self._listens_to_functions, self._on_function)
        self._watched: frozenset[str] = frozenset()
        self._functions: frozenset[str] = frozenset()
        self._numbers: dict[str, dict[int, str]] = {}
        self._counts: Counter[str] = Counter()
        self._thread: int | None = None
        self._due: Collection[str] | None = None

    def listen_to(self, thread: int | None, due: Collection[str] | None = None) -> None:
        """Captures only the forward passes made in the thread of this identity; None: those of every thread.

        Two threads may run the same network at once; with ``NO_THREAD`` the hooks stay and cost little. ``due``: those
        of the watched calls that are handed out; None: all of them.
        """
        self._thread, self._due = thread, due

    def watch(self, names: Collection[str]) -> None:
        """Watches these calls and no others; costs nothing when they are the same as before.

        Raises:
            LayerError: no module has this name; what was watched before stays so.
        """
        wanted = frozenset(names)
        if wanted == self._watched:
            return
        numbers = self._call_numbers(wanted)
        self.close()
        self._numbers, self._watched = numbers, wanted
        self._functions = frozenset(name for base in numbers.keys() - self._modules for name in numbers[base].values())
        if wanted:
            self._hooks.before(self._module, self._start_forward)
        for base in numbers:
            if base in self._modules:
                self._hooks.after(self._modules[base], self._hook(base))
        self._places.follow(self._hooks, self._modules, self._function_places())

    def why_missing(self, name: str) -> str:
        """Why the watched call ``name`` handed out nothing in the last forward pass, in a sentence."""
        base, number = split_name(name, self._modules)
        made = self._counts[base]
        if made >= number:
            return f'The output of "{name}" holds no tensor, so there is nothing to show; choose another layer.'
        times = {0: "never", 1: "only once"}.get(made, f"only {made} times")
        return f'There is no "{name}": this network calls "{base}" {times} on this input; choose a layer that runs.'

    def close(self) -> None:
        """Takes all hooks off the network."""
        self._hooks.remove()
        self._watched, self._functions, self._numbers = frozenset(), frozenset(), {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call_numbers(self, names: Collection[str]) -> dict[str, dict[int, str]]:
        numbers: dict[str, dict[int, str]] = defaultdict(dict)
        for name in names:
            base, number = split_name(name, self._modules)
            numbers[base][number] = name
        return dict(numbers)

    def _function_places(self) -> set[str]:
        functions = (split_function(base) for base in self._numbers if base not in self._modules)
        return {function[0] for function in functions if function is not None}

    def _start_forward(self, _module: nn.Module, _args: object, _kwargs: object) -> None:
        if self._listens():
            self._counts.clear()

    def _listens(self) -> bool:
        return self._thread is None or self._thread == threading.get_ident()

    def _listens_to_functions(self) -> bool:
        return self._listens() and (self._due is None or not self._functions.isdisjoint(self._due))

    def _hook(self, base: str) -> After:
        def on_call(_module: nn.Module, _args: object, output: object) -> None:
            if self._listens():
                self._count(base, output)

        return on_call

    def _on_function(self, place: str, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        result = function(*args, **kwargs)
        base = function_base(place, kind_of(function))
        if base in self._numbers and first_tensor(result) is not None:
            self._count(base, result)
        return result

    def _count(self, base: str, output: object) -> None:
        self._counts[base] += 1
        name = self._numbers[base].get(self._counts[base])
        if name is None or (self._due is not None and name not in self._due):
            return
        tensor = first_tensor(output)
        if tensor is not None:
            with self._places.left():
                self._on_output(name, tensor)


def collect(module: nn.Module, inputs: Tensor, names: Collection[str]) -> dict[str, Tensor]:
    """One forward pass in evaluation mode without gradients; copies of the named calls' outputs, batch included.

    ``inputs`` and every module's own train/eval flag are left as they were.

    Raises:
        LayerError: a name the network does not have, a call it does not make on this input, or one without a tensor.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str, tensor: Tensor) -> None:
        outputs[name] = tensor.clone()

    with Capture(module, keep) as capture, evaluation(module), torch.inference_mode():
        capture.watch(names)
        module(inputs.clone())
        for name in names:
            if name not in outputs:
                raise LayerError(capture.why_missing(name))
    return {name: outputs[name] for name in names}

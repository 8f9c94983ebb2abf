"""Activations of a network while it runs: the only file that registers hooks.

What is captured is a call, not a module: the second call of ``layer1.0.relu`` in one forward pass is
``layer1.0.relu#2``.
"""

from __future__ import annotations

import difflib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnviz.core.errors import LayerError

ROOT_NAME = "network"
"""The call of the whole network; with underscores around it where the network has a child of this name."""

NO_THREAD = -1
"""For ``Capture.listen_to``: captures nothing."""

_SUGGESTIONS = 4


@dataclass(frozen=True, eq=False)
class ModuleCall:
    """One call of one module. ``path``: the module's, "" for the network. ``shape`` and ``dtype`` are its output's, the
    batch included; None where it has no tensor.

    ``depth``: calls around this one; 0 for the network's own.
    """

    name: str
    path: str
    module: nn.Module
    depth: int
    shape: tuple[int, ...] | None
    dtype: torch.dtype | None


class Capture:
    """Hands the outputs of the watched calls to ``on_output(name, tensor)`` in every forward pass, as they are made.

    The tensor is valid during that call only: a following in-place layer may rewrite it. With nothing watched the
    network has no hooks. Use it as a context manager, or ``close`` it.
    """

    def __init__(self, module: nn.Module, on_output: Callable[[str, Tensor], None]) -> None:
        self._module = module
        self._on_output = on_output
        self._modules = _modules_by_path(module)
        self._watched: frozenset[str] = frozenset()
        self._counts: Counter[str] = Counter()
        self._handles: list[RemovableHandle] = []
        self._thread: int | None = None

    def listen_to(self, thread: int | None) -> None:
        """Captures only the forward passes made in the thread of this identity; None: those of every thread.

        Two threads may run the same network at once; with ``NO_THREAD`` the hooks stay and cost next to nothing.
        """
        self._thread = thread

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
        if wanted:
            self._handles.append(self._module.register_forward_pre_hook(self._start_forward))
        for path, names_by_number in numbers.items():
            hook = self._hook(path, names_by_number)
            self._handles.append(self._modules[path].register_forward_hook(hook))
        self._watched = wanted

    def why_missing(self, name: str) -> str:
        """Why the watched call ``name`` handed out nothing in the last forward pass, in a sentence."""
        path, number = _split_name(name, self._modules)
        made = self._counts[path]
        if made >= number:
            return f'The output of "{name}" holds no tensor, so there is nothing to show; choose another layer.'
        times = {0: "never", 1: "only once"}.get(made, f"only {made} times")
        return f'There is no "{name}": this network calls "{path}" {times} on this input; choose a layer that runs.'

    def close(self) -> None:
        """Takes all hooks off the network."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._watched = frozenset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call_numbers(self, names: Collection[str]) -> dict[str, dict[int, str]]:
        numbers: dict[str, dict[int, str]] = defaultdict(dict)
        for name in names:
            path, number = _split_name(name, self._modules)
            numbers[path][number] = name
        return numbers

    def _start_forward(self, _module: nn.Module, _inputs: object) -> None:
        if self._listens():
            self._counts.clear()

    def _listens(self) -> bool:
        return self._thread is None or self._thread == threading.get_ident()

    def _hook(self, path: str, names_by_number: Mapping[int, str]) -> Callable[[nn.Module, object, object], None]:
        def on_call(_module: nn.Module, _inputs: object, output: object) -> None:
            if not self._listens():
                return
            self._counts[path] += 1
            name = names_by_number.get(self._counts[path])
            tensor = first_tensor(output) if name else None
            if name and tensor is not None:
                self._on_output(name, tensor)

        return on_call


def collect(module: nn.Module, inputs: Tensor, names: Collection[str]) -> dict[str, Tensor]:
    """One forward pass in evaluation mode without gradients; copies of the named calls' outputs, batch included.

    ``inputs`` and every module's own train/eval flag are left as they were.

    Raises:
        LayerError: a name the network does not have, a call it does not make on this input, or one without a tensor.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str, tensor: Tensor) -> None:
        outputs[name] = tensor.clone()

    with Capture(module, keep) as capture, _evaluation(module):
        capture.watch(names)
        module(inputs.clone())
        for name in names:
            if name not in outputs:
                raise LayerError(capture.why_missing(name))
    return {name: outputs[name] for name in names}


def record_calls(module: nn.Module, inputs: Tensor) -> tuple[ModuleCall, ...]:
    """Every call that one forward pass in evaluation mode makes, in the order in which they start.

    ``inputs`` and every module's own train/eval flag are left as they were.
    """
    recorder = _Recorder(module)
    with ExitStack() as stack:
        stack.enter_context(_evaluation(module))
        for path, child in recorder.modules.items():
            stack.callback(child.register_forward_pre_hook(recorder.starter(path)).remove)
            stack.callback(child.register_forward_hook(recorder.ended).remove)
        module(inputs.clone())
    return tuple(recorder.calls)


def first_tensor(output: object) -> Tensor | None:
    """The tensor that stands for a module's output: the first in a tuple, a list or a mapping's values."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        output = tuple(output.values())
    if isinstance(output, tuple | list):
        return next((tensor for part in output if (tensor := first_tensor(part)) is not None), None)
    return None


class _Recorder:
    """Notes calls as they start and completes them as they end."""

    def __init__(self, module: nn.Module) -> None:
        self.modules = _modules_by_path(module)
        self._root = module
        self.calls: list[ModuleCall] = []
        self._counts: Counter[str] = Counter()
        self._open: list[int] = []

    def starter(self, path: str) -> Callable[[nn.Module, object], None]:
        def started(module: nn.Module, _inputs: object) -> None:
            self._counts[path] += 1
            name = path if self._counts[path] == 1 else f"{path}#{self._counts[path]}"
            own_path = "" if module is self._root else path
            self._open.append(len(self.calls))
            self.calls.append(ModuleCall(name, own_path, module, len(self._open) - 1, None, None))

        return started

    def ended(self, _module: nn.Module, _inputs: object, output: object) -> None:
        index = self._open.pop()
        started = self.calls[index]
        tensor = first_tensor(output)
        if tensor is not None:
            self.calls[index] = replace(started, shape=tuple(tensor.shape), dtype=tensor.dtype)


# --------------------------------------------------------------------------------------------------------------- names


def _modules_by_path(module: nn.Module) -> dict[str, nn.Module]:
    """Every module once, the whole network first."""
    modules = dict(module.named_modules())
    root = modules.pop("")
    root_name = f"__{ROOT_NAME}__" if ROOT_NAME in modules else ROOT_NAME
    return {root_name: root, **modules}


def _split_name(name: str, modules: Mapping[str, nn.Module]) -> tuple[str, int]:
    """The module's path and which of its calls is meant, from 1."""
    if name in modules:
        return name, 1
    path, _, number = name.rpartition("#")
    if path in modules and number.isdecimal() and int(number) > 1:
        return path, int(number)
    similar = difflib.get_close_matches(name, modules, n=_SUGGESTIONS, cutoff=0.4) or list(modules)[:_SUGGESTIONS]
    quoted = ", ".join(f'"{known}"' for known in similar)
    raise LayerError(f'This network has no layer "{name}"; choose one of its {len(modules)} layers, such as {quoted}.')


# ---------------------------------------------------------------------------------------------------------------- mode


@contextmanager
def _evaluation(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; every module's own flag comes back.

    The flags are set one by one: ``module.eval()`` calls ``train`` methods, which networks override with side effects.
    """
    training = [(child, child.training) for child in module.modules()]
    try:
        for child, _ in training:
            child.training = False
        with torch.inference_mode():
            yield
    finally:
        for child, flag in training:
            child.training = flag

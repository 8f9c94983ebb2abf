"""One forward pass, written down: every call of a module and of a function, and which takes whose output."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.evaluation import evaluation
from cnnviz.core.probing.functions import (
    CONSTANTS,
    Function,
    FunctionMode,
    arguments_of,
    first_tensor,
    kind_of,
    tensors_in,
)
from cnnviz.core.probing.hooks import Hooks
from cnnviz.core.probing.names import function_base, modules_by_path, numbered

_PRIMITIVES = ("torch.nn.modules.", "torch.ao.nn.", "torchvision.ops.")
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
_OF_WEIGHTS = "parametrizations"  # torch's name for what computes a layer's weights from others
_WRITES = "setitem"


def record_calls(module: nn.Module, inputs: Tensor) -> tuple[Call, ...]:
    """Every call of one forward pass in evaluation mode, in the order in which they start.

    torch's and torchvision's own layers are one call each; in all other modules the functions they call are recorded
    too. ``inputs``, gradients and every module's own train/eval flag are left as they were.
    """
    recorder = Recorder(module)
    recorder.run(inputs)
    return recorder.calls()


def is_whole(module: nn.Module) -> bool:
    """Whether this is a layer of torch's or torchvision's own, whose insides are not recorded."""
    if isinstance(module, nn.MultiheadAttention | torch.jit.ScriptModule):
        return True
    if isinstance(module, _CONTAINERS) or any(name != _OF_WEIGHTS for name, _ in module.named_children()):
        return False
    return any(f"{kind.__module__}.".startswith(_PRIMITIVES) for kind in type(module).__mro__ if kind is not nn.Module)


class Recorder:
    """Writes one forward pass down. After a pass that threw, ``calls`` is as much as ran."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._drafts: list[_Draft] = []
        self._open: list[_Draft] = []
        self._counts: Counter[str] = Counter()
        self._flow = WeakTensorKeyDictionary()  # tensor -> names of the leaf calls that made it
        self._parameters: dict[int, str] = {}
        self._thrown: tuple[BaseException, str] | None = None
        self._thread = threading.get_ident()

    def run(self, inputs: Tensor) -> object:
        """One pass in evaluation mode without gradients, on a copy of ``inputs``; returns the network's output.

        Of passes that other threads make meanwhile nothing is recorded.
        """
        with torch.inference_mode(mode=False), torch.no_grad():  # inference mode does not count changes in place
            inputs = inputs.clone()
            self._flow[inputs] = (NETWORK_INPUT,)
            self._parameters = {id(parameter): name for name, parameter in self._module.named_parameters()}
            with Hooks() as hooks, evaluation(self._module), FunctionMode(self._function):
                for path, child in modules_by_path(self._module).items():
                    hooks.before(child, self._starter(path))
                    hooks.after(child, self._ended, always=True)
                return self._module(inputs)

    def calls(self) -> tuple[Call, ...]:
        """What was recorded."""
        return tuple(draft.finished() for draft in self._drafts)

    def place_of(self, error: BaseException) -> str:
        """Name of the innermost call that threw this; "" where none did."""
        return self._thrown[1] if self._thrown is not None and self._thrown[0] is error else ""

    def _begin(self, base: str, path: str, kind: str, module: nn.Module | None, takes: _Takes) -> _Draft:
        self._counts[base] += 1
        parent = self._open[-1] if self._open else None
        draft = _Draft(
            name=numbered(base, self._counts[base]),
            path=path,
            kind=kind,
            module=module,
            parent=parent.name if parent else "",
            depth=len(self._open),
            takes=takes,
            inputs=takes.inputs(self._flow),
        )
        if parent:
            parent.leaf = False
        self._drafts.append(draft)
        return draft

    def _end(self, draft: _Draft, output: object) -> object:
        """Notes what came out; returns what is to be handed on instead, or None."""
        takes, draft.takes = draft.takes, _Takes(())
        made = first_tensor(output)
        if made is not None:
            draft.shape, draft.dtype = tuple(made.shape), made.dtype
        if draft.leaf:
            return self._connect(draft, takes, output)
        self._connect_lost(output)
        return None

    def _connect(self, draft: _Draft, takes: _Takes, output: object) -> Tensor | None:
        """An input that comes out untouched (``nn.Identity``) gets a second tensor object, to tell the two apart."""
        for tensor in takes.rewritten():
            self._flow[tensor] = (draft.name,)
        alias = output.detach() if isinstance(output, Tensor) and takes.holds(output) else None
        for tensor in tensors_in(output if alias is None else alias):
            self._flow[tensor] = (draft.name,)
        return alias

    def _connect_lost(self, output: object) -> None:
        """What something unheard of made (numpy, an autograd function) is put down to the last leaf inside."""
        lost = [tensor for tensor in tensors_in(output) if tensor not in self._flow]
        for tensor in lost:
            self._flow[tensor] = (self._drafts[-1].name,)

    # -------------------------------------------------------------------------------------------------------- modules

    def _starter(self, base: str) -> Callable[[nn.Module, tuple[object, ...], Mapping[str, object]], None]:
        def started(module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
            if threading.get_ident() != self._thread or (self._open and self._open[-1].whole):
                return
            with torch._C.DisableTorchFunction():  # noqa: SLF001 - as torch's page on extending it says
                path = "" if module is self._module else base
                draft = self._begin(base, path, type(module).__name__, module, _Takes((args, kwargs)))
                draft.whole = is_whole(module)
                self._open.append(draft)

        return started

    def _ended(self, module: nn.Module, _args: object, output: object) -> object:
        if threading.get_ident() != self._thread or not self._open or self._open[-1].module is not module:
            return None  # inside a call that is recorded whole
        draft = self._open.pop()
        error = sys.exception()
        if error is not None:
            self._note_error(error, draft.name)
        with torch._C.DisableTorchFunction():  # noqa: SLF001 - as torch's page on extending it says
            return self._end(draft, output)

    def _note_error(self, error: BaseException, name: str) -> None:
        """The innermost call is the first to see an error."""
        if self._thrown is None or self._thrown[0] is not error:
            self._thrown = error, name

    # ------------------------------------------------------------------------------------------------------ functions

    def _function(self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        if not self._open or self._open[-1].whole:
            return function(*args, **kwargs)
        kind = kind_of(function)
        if kind in CONSTANTS:
            return function(*args, **kwargs)
        return self._operation(kind, function, args, kwargs) if kind else self._hand_on(function, args, kwargs)

    def _hand_on(self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        """No operation: its result stands for the same values as its argument."""
        result = function(*args, **kwargs)
        if isinstance(result, Tensor) and result not in self._flow:
            source = next((tensor for tensor in tensors_in(args) if tensor in self._flow), None)
            if source is not None:
                self._flow[result] = self._flow[source]
        return result

    def _operation(self, kind: str, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        base, takes = function_base(self._open[-1].path, kind), _Takes((args, kwargs))
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            self._note_error(error, numbered(base, self._counts[base] + 1))
            raise
        if isinstance(result, Iterator):  # of unpacking a tensor
            result = tuple(result)
        made = args[0] if kind == _WRITES else result
        if first_tensor(made) is None:
            return result
        if not takes.inputs(self._flow):  # constants of the network among themselves
            self._counts[base] += 1
            return result
        draft = self._begin(base, self._open[-1].path, kind, None, takes)
        self._note_arguments(draft, function, args, kwargs)
        alias = self._end(draft, made)
        return result if alias is None else alias

    def _note_arguments(
        self, draft: _Draft, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """A shape for weight and bias, any other value as it is; what flows through the network is no argument."""
        for name, value in arguments_of(function, args, kwargs).items():
            tensors = list(tensors_in(value))
            if not tensors and name != "out" and not name.startswith("_"):
                draft.arguments[name] = value
            elif name in {"weight", "bias"}:
                draft.arguments[name] = tuple(tensors[0].shape)
        given = map(id, tensors_in((args, kwargs)))
        draft.parameters = tuple(self._parameters[each] for each in given if each in self._parameters)


class _Takes:
    """The tensors a call is given, as they are before it: it may rewrite them."""

    def __init__(self, arguments: object) -> None:
        self._tensors = [(tensor, _version(tensor)) for tensor in tensors_in(arguments)]

    def inputs(self, flow: Mapping[Tensor, tuple[str, ...]]) -> list[tuple[str, tuple[int, ...]]]:
        """The calls these tensors come from, each with the tensor's shape."""
        return [(name, tuple(tensor.shape)) for tensor, _ in self._tensors for name in flow.get(tensor, ())]

    def rewritten(self) -> Iterator[Tensor]:
        """Those that were changed in place since, and the tensors they are views of."""
        for tensor, version in self._tensors:
            if _version(tensor) != version:
                yield tensor
                if tensor._base is not None:  # noqa: SLF001 - torch has no other name for it
                    yield tensor._base  # noqa: SLF001

    def holds(self, output: Tensor) -> bool:
        """Whether the output is one of them, not rewritten."""
        return any(tensor is output and _version(tensor) == version for tensor, version in self._tensors)


def _version(tensor: Tensor) -> int:
    """Counts the changes in place; torch does not count them in inference mode."""
    return -1 if tensor.is_inference() else tensor._version  # noqa: SLF001 - torch has no other name for it


@dataclass(eq=False)
class _Draft:
    """A call that is being recorded. ``whole``: nothing is recorded inside it."""

    name: str
    path: str
    kind: str
    module: nn.Module | None
    parent: str
    depth: int
    takes: _Takes
    inputs: list[tuple[str, tuple[int, ...]]]
    whole: bool = False
    leaf: bool = True
    shape: tuple[int, ...] | None = None
    dtype: torch.dtype | None = None
    arguments: dict[str, object] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()

    def finished(self) -> Call:
        inputs = self.inputs if self.leaf else []
        return Call(
            name=self.name,
            path=self.path,
            kind=self.kind,
            module=self.module,
            parent=self.parent,
            depth=self.depth,
            leaf=self.leaf,
            inputs=tuple(name for name, _ in inputs),
            input_shapes=tuple(shape for _, shape in inputs),
            shape=self.shape,
            dtype=self.dtype,
            arguments=self.arguments,
            parameters=self.parameters,
        )

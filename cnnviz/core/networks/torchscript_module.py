"""Modules of a TorchScript program as ``torch.nn`` modules: hooks, gradients and devices work as on any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.aten import AtenCall
from cnnviz.core.networks.native_layers import Operation, native_layer
from cnnviz.core.networks.torchscript_program import Block, Execution, Instruction, Observer, Steps


@dataclass(frozen=True, eq=False)
class ObservedCall:
    """What one call of a module took, and the operations on tensors that it made of it."""

    inputs: tuple[object, ...]
    operations: list[Operation] = field(default_factory=list)

    def note(self, step: Instruction, arguments: Sequence[object], _result: object) -> None:
        if isinstance(step.operation, AtenCall):
            named = dict(zip(step.operation.names, arguments, strict=False))
            self.operations.append(Operation(step.kind.partition("::")[2], named))

    def sole_operation(self) -> Operation | None:
        """The one operation, on the module's one input, that was all of it."""
        if len(self.operations) != 1 or len(self.inputs) != 1:
            return None
        first = next(iter(self.operations[0].arguments.values()), None)
        return self.operations[0] if first is self.inputs[0] else None


class ScriptedModule(nn.Module):
    """One module of a program. ``methods``: its code; ``functions``: the program's, which all modules share;
    ``values``: attributes that are neither parameters, buffers nor modules; ``defaults``: of forward's last inputs.
    """

    def __init__(
        self,
        methods: Mapping[str, Block],
        functions: Mapping[str, Block],
        values: Mapping[str, Any],
        defaults: tuple[object, ...] = (),
    ) -> None:
        super().__init__()
        self._methods = methods
        self._functions = functions
        self._values = dict(values)
        self._defaults = defaults
        self._observed: list[ObservedCall] | None = None

    def forward(self, *inputs: object, method: str = "forward", steps: Steps | None = None) -> object:
        """Runs the module's own code; inner modules are called as modules.

        ``method``: forward for other types of input; ``steps``: of the pass that this is part of.
        """
        if method not in self._methods:
            raise NetworkError("A module of this program cannot be called: it has no forward method.")
        code = self._methods[method]
        missing = len(code.inputs) - 1 - len(inputs)
        arguments = (*inputs, *self._defaults[len(self._defaults) - missing :]) if missing > 0 else inputs
        run = Execution(self._functions, steps or Steps(), self._observer(inputs))
        return run.call(code, (self, *arguments))

    def method(self, name: str) -> Block:
        """The code of a method other than ``forward``, which runs as part of its caller."""
        return self._methods[name]

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - whatever the program keeps
        if name not in self._values:
            raise NetworkError(f"The program asks for {name[:80]!r}, which its module does not have.")
        return self._values[name]

    def set_attribute(self, name: str, value: Any) -> None:  # noqa: ANN401
        kept: dict[str, Any] = self._buffers if name in self._buffers else self._values
        kept[name] = value

    def observe(self, calls: list[ObservedCall] | None) -> None:
        """Notes the next calls in ``calls``; None: no longer."""
        self._observed = calls

    def _observer(self, inputs: tuple[object, ...]) -> Observer | None:
        if self._observed is None:
            return None
        self._observed.append(ObservedCall(inputs))
        return self._observed[-1].note


def named_after(class_name: str) -> type[ScriptedModule]:
    """ScriptedModule under the name the module's class had, by which layers are shown."""
    return type(class_name, (ScriptedModule,), {})


def use_native_layers(root: ScriptedModule, example: Tensor) -> None:
    """Puts torch's own layers where a module does nothing but one operation, found out by running ``example`` once."""
    leaves = {
        path: module
        for path, module in root.named_modules()
        if path and isinstance(module, ScriptedModule) and next(module.children(), None) is None
    }
    seen: dict[str, list[ObservedCall]] = {path: [] for path in leaves}
    try:
        for path, module in leaves.items():
            module.observe(seen[path])
        with torch.no_grad():
            root(example)
    finally:
        for module in leaves.values():
            module.observe(None)
    for path, module in leaves.items():
        layer = _native(seen[path])
        if layer is not None and layer.state_dict().keys() == module.state_dict().keys():  # weights files fit both
            root.set_submodule(path, layer.train(module.training))


def _native(calls: Sequence[ObservedCall]) -> nn.Module | None:
    """torch's own layer for a module all of whose calls are the same one operation."""
    operations = [call.sole_operation() for call in calls]
    first = next(iter(operations), None)
    if first is None or any(each is None or each.name != first.name for each in operations):
        return None
    return native_layer(first)

"""A network's forward pass as one call with no Python in it, for frames of which nothing but the result is wanted.

Python's lock then stays free for the thread that draws another frame, and a small network spends up to half of its time
in Python between its operations. These are the same operations, so the results are the same, bit for bit.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

_Function = Callable[..., object]
_Form = tuple[object, ...]

_traced: dict[_Form, _Function] = {}
"""The traces of this process, by the network's name and shapes: torch frees none (some megabytes each) before the
process ends, so a network that is opened again should not be traced again.
"""

MOST_TRACES = 24
"""Made in one process, fitting or not: who edits a network and runs it again and again must not fill the memory."""

_made = itertools.count(1)


class TracedPass:
    """Runs ``module``, which is called ``name`` and in evaluation mode, without any hooks.

    The first call for inputs of one shape traces the network, which takes as long as some of its forward passes; what
    cannot be traced runs as it is. Only for networks whose code is known to depend on no values. Any thread may call.
    """

    def __init__(self, name: str, module: nn.Module) -> None:
        self._name = name
        self._module = module
        self._tracing = threading.Lock()
        self._functions: dict[_Form, _Function | None] = {}
        self._weights: list[Tensor] = []
        self.reread_weights()

    def reread_weights(self) -> None:
        """After tensors of the module were replaced, as a change of the memory format may do. Those changed in their
        place need nothing. No call may be under way.
        """
        self._weights = [*self._module.parameters(), *self._module.buffers()]

    def __call__(self, prepared: Tensor) -> object:
        """``prepared``: as the module takes it. To be called without gradients."""
        form = _form(prepared)
        if form not in self._functions and self._tracing.acquire(blocking=False):
            try:
                self._functions[form] = self._known_or_traced(prepared)
            finally:
                self._tracing.release()
        function = self._functions.get(form)
        return self._module(prepared) if function is None else self._run(function, prepared)

    def _known_or_traced(self, example: Tensor) -> _Function | None:
        shapes = tuple((name, *_form(tensor)) for name, tensor in self._module.state_dict(keep_vars=True).items())
        key = (self._name, _form(example), shapes)
        known = _traced.get(key)
        if known is not None and self._is_same(known, example):
            return known
        function = self._trace(example)
        if function is None or not self._is_same(function, example):
            return None
        _traced[key] = function
        return function

    def _trace(self, example: Tensor) -> _Function | None:
        """None where torch cannot, or warns that the network's way depends on values, or there are many already."""
        if next(_made) > MOST_TRACES:
            return None

        present = [self._module]

        def forward(prepared: Tensor, *_: Tensor) -> object:  # weights are inputs, so the trace holds none
            return present[0](prepared)

        # Filters belong to the whole process: for this moment warnings of other threads land here too.
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                function: _Function = torch.jit.trace(forward, (example, *self._weights), check_trace=False)  # type: ignore[no-untyped-call]
            except (RuntimeError, TypeError, ValueError):
                return None
            finally:
                present.clear()  # torch keeps this function as long as its trace; the network goes when it is closed
        return None if any(warning.category.__name__ == "TracerWarning" for warning in told) else function

    def _is_same(self, function: _Function, example: Tensor) -> bool:
        return all(_equal(self._run(function, each), self._module(each)) for each in (example, example.flip(-1)))

    def _run(self, function: _Function, prepared: Tensor) -> object:
        # Optimised, the first passes would take seconds, and the results might differ.
        with torch.jit.optimized_execution(should_optimize=False):  # type: ignore[attr-defined] # not in its stubs
            return function(prepared, *self._weights)


def _form(tensor: Tensor) -> _Form:
    return tensor.shape, tensor.dtype, tensor.device


def _equal(one: object, other: object) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and torch.equal(one, other)

"""Which of the recorded calls are shown as layers, and how these hang together without the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnnviz.core.probing.calls import Call

_REARRANGE = frozenset(
    {"view", "view_as", "reshape", "reshape_as", "unflatten", "squeeze", "unsqueeze", "expand", "expand_as"}
    | {"permute", "transpose", "t", "swapaxes", "swapdims", "movedim", "moveaxis", "adjoint"}
    | {"getitem", "setitem", "select", "narrow", "unbind", "as_strided", "broadcast_to"}
)
"""Functions that only put the same numbers in another order, or look at some of them."""

_Input = tuple[str, tuple[int, ...]]


def shown_calls(calls: Sequence[Call]) -> tuple[Call, ...]:
    """Without functions that only rearrange: who takes the output of one takes instead what that was made of.

    A module in which nothing else is called becomes a leaf.
    """
    flow = _Flow(calls)
    return tuple(flow.joined(call) for call in calls if call.name not in flow.hidden)


class _Flow:
    """``hidden``: names of the calls that are not shown. ``closed``: of the modules that hold no others."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.hidden = {call.name: call for call in calls if call.module is None and call.kind in _REARRANGE}
        filled = {call.parent for call in calls if call.name not in self.hidden}
        self._closed = {call.name for call in calls if not call.leaf} - filled
        self._sources: dict[str, tuple[str, ...]] = {}
        for name, call in self.hidden.items():  # each after those it takes from
            taken = dict.fromkeys(source for own, _ in _inputs(call) for source in self._shown(own))
            self._sources[name] = (call.parent,) if call.parent in self._closed else tuple(taken)

    def joined(self, call: Call) -> Call:
        """The call with shown calls for inputs only."""
        if call.name in self._closed:
            inside = [each for each in self.hidden.values() if each.parent == call.name]
            inputs = [given for each in inside for given in _inputs(each) if self._shown(given[0]) != (call.name,)]
        else:
            inputs = _inputs(call)
        joined = [(source, shape) for name, shape in inputs for source in self._shown(name)]
        names, shapes = tuple(name for name, _ in joined), tuple(shape for _, shape in joined)
        return replace(call, leaf=call.leaf or call.name in self._closed, inputs=names, input_shapes=shapes)

    def _shown(self, name: str) -> tuple[str, ...]:
        return self._sources.get(name, (name,))


def _inputs(call: Call) -> list[_Input]:
    return list(zip(call.inputs, call.input_shapes, strict=True))

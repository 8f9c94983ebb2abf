"""Theoretical receptive fields of every call of a forward pass, from what was recorded of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields.located import Located, Shape, UntraceableError, picture
from cnnviz.core.probing.fields.rules import located_behind
from cnnviz.core.probing.recording import record_calls
from cnnviz.core.receptive_field import ReceptiveField, Size


class FieldTrace:
    """The fields of recorded calls. ``fields``: by call name; ``unknown``: why the others have none, in a sentence.

    A call has no field where what it reads cannot be told (a custom operation, windows of attention), and so have those
    behind it, until something reads everything that is known to depend on the whole picture.
    """

    def __init__(self, calls: Sequence[Call], input_size: Size) -> None:
        self.unknown: dict[str, str] = {}
        self._input_size = input_size
        self._located: dict[str, Located] = {}
        self._constant: set[str] = set()
        for call in calls:
            if call.leaf:
                self._follow(call)
        returned = returned_leaves(calls)
        for call in calls:
            if not call.leaf:
                self._look_inside(call.name, returned.get(call.name, ""))
        self.fields = {call.name: self._located[call.name].field for call in calls if call.name in self._located}

    def _follow(self, call: Call) -> None:
        try:
            self._located[call.name] = located_behind(*self._from_the_picture(call))
        except UntraceableError as reason:
            self.unknown[call.name] = f'The receptive field of "{call.name}" is not known: {reason}.'

    def _from_the_picture(self, call: Call) -> tuple[Call, list[Located]]:
        """The call without the inputs that are the same for every picture, and where the others come from."""
        kept = [
            (name, shape)
            for name, shape in zip(call.inputs, call.input_shapes, strict=True)
            if name not in self._constant
        ]
        if not kept:
            self._constant.add(call.name)
            raise UntraceableError("it takes nothing that comes from the picture")
        names, shapes = zip(*kept, strict=True)
        return replace(call, inputs=names, input_shapes=shapes), [self._input(*each) for each in kept]

    def _input(self, name: str, shape: Shape) -> Located:
        if name == NETWORK_INPUT:
            return picture(self._input_size, shape)
        if name not in self._located:
            raise UntraceableError(f'that of "{name}" before it is not')
        return self._located[name]

    def _look_inside(self, name: str, leaf: str) -> None:
        if leaf in self._located:
            self._located[name] = self._located[leaf]
        else:
            self.unknown[name] = f'The receptive field of "{name}" is not known: its output\'s is not.'


def receptive_fields_of(calls: Sequence[Call], input_size: Size) -> dict[str, ReceptiveField]:
    """The field of every call that has one, by name; ``input_size``: height and width of the network's input.

    Calls that hold others have their output's.
    """
    return FieldTrace(calls, input_size).fields


def receptive_fields(module: nn.Module, input_shape: Sequence[int]) -> Mapping[str, ReceptiveField]:
    """The theoretical receptive field of every call of a module or function in one forward pass, by the call's name.

    ``input_shape``: channels, height, width, with or without a batch before them. The pass runs on zeros where the
    module's parameters are (on the meta device it costs next to nothing). Calls whose field cannot be told are left
    out: ``FieldTrace`` says why.

    Raises:
        NetworkError: ``input_shape`` is none of a picture.
    """
    shape = (1, *input_shape)[-4:]
    if len(input_shape) not in (3, 4) or min(shape) < 1:
        raise NetworkError(f"{tuple(input_shape)} is no picture's shape; give its channels, height and width.")
    like = next(module.parameters(), torch.empty(0))
    inputs = torch.zeros(shape, device=like.device, dtype=like.dtype)
    return receptive_fields_of(record_calls(module, inputs), (shape[-2], shape[-1]))


def returned_leaves(calls: Sequence[Call]) -> dict[str, str]:
    """For every call that holds others, the leaf inside whose output it returns: the last one of its shape."""
    parents = {call.name: call.parent for call in calls}
    shapes = {call.name: call.shape for call in calls if not call.leaf}
    returned: dict[str, str] = {}
    for leaf in (call for call in reversed(calls) if call.leaf):
        name = leaf.parent
        while name in shapes:
            if shapes[name] == leaf.shape:
                returned.setdefault(name, leaf.name)
            name = parents[name]
    return returned

"""The structure of a network: what one forward pass calls, in order, with shapes, sources, costs and fields of view."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.costs import multiply_adds, weight_shape
from cnnviz.core.networks.dry_pass import InputShape, dry_pass
from cnnviz.core.networks.flow import shown_calls
from cnnviz.core.networks.map_axes import Layer, map_axes, map_sizes
from cnnviz.core.networks.unreached import unreached_modules
from cnnviz.core.networks.values import LayerInfo, Learning
from cnnviz.core.networks.windows import detail_of, window_of
from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.receptive_field import receptive_fields_of
from cnnviz.core.receptive_field import ReceptiveField


@dataclass(frozen=True)
class Structure:
    """``layers``: as much as ran, in the order they start; ``complete``: that is all of them.

    ``problem``: what is wrong with the network, in a sentence, and ``details`` for an engineer; else "".
    ``unreached``: paths of modules with parameters that a complete pass does not come to.
    """

    layers: tuple[LayerInfo, ...]
    complete: bool = True
    problem: str = ""
    details: str = ""
    unreached: tuple[str, ...] = ()


def structure_of(module: nn.Module, input_shape: InputShape) -> Structure:
    """By one dry forward pass on zeros. ``input_shape``: channels, height, width.

    Raises:
        DeviceError: the network's device has not enough memory.
    """
    done = dry_pass(module, input_shape)
    fields = receptive_fields_of(done.calls, input_shape[1:])
    layers = _Layers(module, input_shape, shown_calls(done.calls), fields)
    unreached = unreached_modules(module, done.calls) if done.complete else ()
    return Structure(layers.infos(), done.complete, done.problem, done.details, unreached)


def layers_of(module: nn.Module, input_shape: InputShape) -> tuple[LayerInfo, ...]:
    """The layers of a network that must run.

    Raises:
        NetworkError: it does not, on such an input.
        DeviceError: its device has not enough memory.
    """
    structure = structure_of(module, input_shape)
    if not structure.complete:
        raise NetworkError(structure.problem, details=structure.details)
    return structure.layers


class _Layers:
    """Puts the calls of one pass into words and numbers."""

    def __init__(
        self,
        module: nn.Module,
        input_shape: InputShape,
        calls: Sequence[Call],
        fields: Mapping[str, ReceptiveField],
    ) -> None:
        self._calls = calls
        self._fields = fields
        self._parameters = dict(module.named_parameters())
        self._sizes = map_sizes(input_shape[1:], ((_layer(call), _picture_shape(call)) for call in calls))
        self._counted: set[int] = set()
        self._called: set[str] = set()
        self._macs = _macs_with_inside(calls)

    def infos(self) -> tuple[LayerInfo, ...]:
        return tuple(self._info(order, call) for order, call in enumerate(self._calls))

    def _info(self, order: int, call: Call) -> LayerInfo:
        window = window_of(call)
        parameters, is_first = self._parameters_of(call), self._is_first(call)
        counted = self._new_of(call, parameters, is_first=is_first)
        buffers = call.module.buffers() if call.module is not None and is_first else ()
        return LayerInfo(
            name=call.name,
            path=call.path,
            kind=call.kind,
            order=order,
            depth=call.depth,
            leaf=call.leaf,
            shape=None if call.shape is None else call.shape[1:],
            parameters=_numbers(counted),
            trainable=_numbers(each for each in counted if each.requires_grad),
            map_axes=map_axes(_layer(call), _picture_shape(call), self._sizes),
            detail=detail_of(call, window),
            function=call.module is None,
            parent=call.parent,
            inputs=call.inputs,
            buffers=_numbers(buffers),
            macs=self._macs[call.name],
            memory=_bytes(call),
            learning=_learning(call, parameters),
            window=window,
            weight=weight_shape(call),
            bias=_has_bias(call),
            receptive_field=self._fields.get(call.name),
        )

    def _parameters_of(self, call: Call) -> list[nn.Parameter]:
        if call.module is not None:
            return list(call.module.parameters())
        return [self._parameters[name] for name in call.parameters]

    def _is_first(self, call: Call) -> bool:
        first = call.path not in self._called
        if call.module is not None:
            self._called.add(call.path)
        return first

    def _new_of(self, call: Call, parameters: Sequence[nn.Parameter], *, is_first: bool) -> Sequence[nn.Parameter]:
        """Parameters belong to the first leaf that uses them, and to the first call of each module around it."""
        if not call.leaf:
            return parameters if is_first else ()
        new = [parameter for parameter in parameters if id(parameter) not in self._counted]
        self._counted.update(map(id, new))
        return new


def _layer(call: Call) -> Layer:
    return call.kind if call.module is None else call.module


def _picture_shape(call: Call) -> tuple[int, ...] | None:
    """Of its output for the one picture of the batch; None where the first axis is something else, such as windows."""
    return call.shape[1:] if call.shape and call.shape[0] == 1 else None


def _numbers(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _bytes(call: Call) -> int:
    return 0 if call.shape is None or call.dtype is None else math.prod(call.shape) * call.dtype.itemsize


def _macs_with_inside(calls: Sequence[Call]) -> Mapping[str, int]:
    """Of each call with those of all calls inside it."""
    macs = {call.name: multiply_adds(call) for call in calls}
    for call in reversed(calls):  # what is inside starts later
        if call.parent:
            macs[call.parent] += macs[call.name]
    return macs


def _learning(call: Call, parameters: Sequence[nn.Parameter]) -> Learning:
    learns = [parameter.requires_grad for parameter in parameters]
    if learns:
        return "learns" if all(learns) else "partly" if any(learns) else "frozen"
    inside = call.module.modules() if call.module is not None else ()
    return "statistics" if any(_keeps_statistics(module) for module in inside) else "nothing"


def _keeps_statistics(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._NormBase) and module.running_mean is not None  # noqa: SLF001 - torch's one name for all that keep running statistics


def _has_bias(call: Call) -> bool:
    if call.module is None:
        return "bias" in call.arguments and call.arguments["bias"] is not None
    return isinstance(getattr(call.module, "bias", None), Tensor)

"""Changing a network while it runs: some channels muted, scaled, held, exchanged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

from cnnviz.core.inside.interventions import Intervention, InterventionProblem, check_intervention
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.call_hooks import Act, CallHooks, replaced
from cnnviz.core.probing.channel_axis import channel_axis
from cnnviz.core.probing.functions import first_tensor

_Step = Callable[[Tensor], None]
"""Changes a tensor in place."""


class _PausedHere(threading.local):
    paused = False


class Intervening:
    """Changes the outputs of the calls of ``module`` (which has these ``layers``) as it is told, in every thread that
    runs it, before anything is captured of them.

    With nothing to change the network has no hooks. Use it as a context manager, or ``close`` it.
    """

    def __init__(self, module: nn.Module, layers: Sequence[LayerInfo]) -> None:
        self._module = module
        self._layers = {layer.name: layer for layer in layers}
        self._active: tuple[Intervention, ...] = ()
        self._hooks: CallHooks | None = None
        self._here = _PausedHere()
        self._held = _HeldMaps()
        self._reached: set[str] = set()
        self._obstacles: dict[str, str] = {}
        self._held_anew: dict[Intervention, str] = {}

    @property
    def active(self) -> tuple[Intervention, ...]:
        """What is done, in this order."""
        return self._active

    @property
    def acts_here(self) -> bool:
        """Whether it changes forward passes that are made in this thread now."""
        return bool(self._active) and not self._here.paused

    def use(self, interventions: Sequence[Intervention]) -> None:
        """Does these and no others, one after the other; no forward pass may be on its way. Held maps stay held.

        Raises:
            LayerError, CnnvizError: one of them cannot be done; what was done before still is.
        """
        wanted = tuple(interventions)
        if wanted == self._active:
            return
        for intervention in wanted:
            check_intervention(intervention, self._layers)
        self._take_off()
        self._held.keep_only(wanted)
        if wanted:
            self._hooks = CallHooks(self._module, {name: self._act(name, wanted) for name in _layers_of(wanted)})
        self._active = wanted

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, forward passes made in this thread are those of the unchanged network: for a comparison."""
        before = self._here.paused
        self._here.paused = True
        try:
            yield
        finally:
            self._here.paused = before

    def problems(self) -> tuple[InterventionProblem, ...]:
        """What did not go as asked since ``use``, in the order of the interventions."""
        words = [(intervention, self._problem(intervention)) for intervention in self._active]
        return tuple(InterventionProblem(intervention, message) for intervention, message in words if message)

    def close(self) -> None:
        """Takes all hooks off the network and forgets what is held."""
        self._take_off()
        self._active = ()
        self._held.keep_only(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _take_off(self) -> None:
        if self._hooks is not None:
            self._hooks.close()
        self._hooks = None
        self._reached.clear()
        self._obstacles.clear()
        self._held_anew.clear()

    def _problem(self, intervention: Intervention) -> str:
        if self._hooks is not None and self._hooks.completed and intervention.layer not in self._reached:
            return f'"{intervention.layer}" was not called on this input, so there is nothing to change.'
        return self._obstacles.get(intervention.layer) or self._held_anew.get(intervention, "")

    def _act(self, name: str, wanted: Sequence[Intervention]) -> Act:
        layer = self._layers[name]
        here = [intervention for intervention in wanted if intervention.layer == name]
        steps = self._steps(layer, here)
        needs_channels = any(each.channels is not None for each in here)

        def act(output: object, own: bool) -> object | None:  # noqa: FBT001 - as every act
            if self._here.paused:
                return None
            self._reached.add(name)
            tensor = first_tensor(output)
            self._obstacles[name] = obstacle = _obstacle(layer, tensor, needs_channels=needs_channels)
            if tensor is None or obstacle:
                return None
            return _changed(steps, output, tensor, own=own)

        return act

    def _steps(self, layer: LayerInfo, here: Sequence[Intervention]) -> list[_Step]:
        """Solos are one step, in the place of the first."""
        heard = {channel for each in here if each.kind == "solo" for channel in each.channels or ()}
        kinds = [each.kind for each in here]
        later_solo = [kind == "solo" and "solo" in kinds[:place] for place, kind in enumerate(kinds)]
        return [self._step(layer, each, heard) for each, later in zip(here, later_solo, strict=True) if not later]

    def _step(self, layer: LayerInfo, intervention: Intervention, heard: Collection[int]) -> _Step:
        axis = channel_axis(layer.map_axes)
        channels = intervention.channels
        if intervention.kind == "mute":
            return _zero if channels is None else _Silence(layer, channels)
        if intervention.kind == "solo":
            return _Silence(layer, [channel for channel in range(layer.channels) if channel not in heard])
        if intervention.kind == "scale":
            return partial(_scale, _PerChannel(layer, channels, intervention.value, others=1.0))
        if intervention.kind == "add":
            return partial(_add, _PerChannel(layer, channels, intervention.value, others=0.0))
        if intervention.kind == "swap":
            return partial(_swap, axis, (*(channels or ()), intervention.other or 0))
        return partial(self._freeze, intervention, axis)

    def _freeze(self, intervention: Intervention, axis: int, output: Tensor) -> None:
        channels = intervention.channels
        present = output if channels is None else torch.cat([output.narrow(axis, each, 1) for each in channels], axis)
        held, before = self._held.hold(intervention, present)
        if before is not None:
            self._held_anew[intervention] = (
                f'The map held of "{intervention.layer}" was {_size(before)} and its maps are now {_size(held)}: '
                "it holds that of the first frame since."
            )
        if channels is None:
            output.copy_(held)
        for place, channel in enumerate(channels or ()):
            output.narrow(axis, channel, 1).copy_(held.narrow(axis, place, 1))


# --------------------------------------------------------------------------------------------------------------- steps
#
# Each changes a tensor in place. Whole-tensor arithmetic with a number per channel takes a fraction of what torch's
# index operations do where channels lie side by side in memory, as they do in fast networks.


class _PerChannel:
    """A tensor with one number for each channel: ``value`` for ``channels`` (None: all), another for the others."""

    def __init__(self, layer: LayerInfo, channels: Sequence[int] | None, value: float, *, others: float) -> None:
        self._axis = channel_axis(layer.map_axes)
        chosen = frozenset(channels or ())
        numbers = [value if channel in chosen else others for channel in range(layer.channels)]
        self._numbers = value if channels is None else numbers
        self._made: dict[tuple[torch.device, torch.dtype, int], Tensor] = {}

    def on(self, output: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """In the shape that broadcasts to ``output``."""
        key = output.device, dtype or output.dtype, output.dim()
        known = self._made.get(key)
        if known is None:
            with torch.inference_mode(mode=False):  # it may be needed for gradients later
                known = torch.tensor(self._numbers, device=key[0], dtype=key[1])
                if known.dim() and self._axis == 1:
                    known = known.view(-1, *(1,) * (output.dim() - 2))
            self._made[key] = known
        return known


class _Silence:
    """Makes channels 0, whatever they were: times 0, NaN would stay. The bits of 0 are all 0."""

    def __init__(self, layer: LayerInfo, channels: Sequence[int]) -> None:
        self._axis = channel_axis(layer.map_axes)
        self._channels = channels
        self._bits = _PerChannel(layer, channels, 0, others=-1)

    def __call__(self, output: Tensor) -> None:
        if output.requires_grad:  # bits have no gradient
            output.index_fill_(self._axis, torch.tensor(self._channels, device=output.device), 0)
            return
        integers = {2: torch.int16, 4: torch.int32, 8: torch.int64}[output.element_size()]
        output.view(integers).bitwise_and_(self._bits.on(output, integers))


def _zero(output: Tensor) -> None:
    output.zero_()


def _scale(factors: _PerChannel, output: Tensor) -> None:
    output.mul_(factors.on(output))


def _add(terms: _PerChannel, output: Tensor) -> None:
    output.add_(terms.on(output))


def _swap(axis: int, pair: Sequence[int], output: Tensor) -> None:
    one, other = pair
    before = output.select(axis, one).clone()
    output.select(axis, one).copy_(output.select(axis, other))
    output.select(axis, other).copy_(before)


# ---------------------------------------------------------------------------------------------------------- held maps


class _HeldMaps:
    """What frozen channels hold; the first of several threads stores it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._maps: dict[Intervention, Tensor] = {}

    def keep_only(self, interventions: Collection[Intervention]) -> None:
        with self._lock:
            self._maps = {each: held for each, held in self._maps.items() if each in interventions}

    def hold(self, intervention: Intervention, present: Tensor) -> tuple[Tensor, Tensor | None]:
        """What is held, for as many rows as ``present`` has; and what was before where it no longer fits."""
        with self._lock:
            before = self._maps.get(intervention)
            held = None if before is None else _for_rows(before, present)
            if held is not None:
                return held, None
            with torch.inference_mode(mode=False):
                self._maps[intervention] = held = present.detach().clone()
            return held, before


def _for_rows(held: Tensor, present: Tensor) -> Tensor | None:
    """``held`` for a batch of another size; None where its pictures differ in more than their number."""
    if held.shape[1:] != present.shape[1:] or held.dtype != present.dtype or held.device != present.device:
        return None
    times, rest = divmod(len(present), len(held))
    if times == 0:
        return held[: len(present)]
    return None if rest else held.repeat(times, *(1 for _ in held.shape[1:])) if times > 1 else held


def _changed(steps: Sequence[_Step], output: object, tensor: Tensor, *, own: bool) -> object | None:
    """The output as changed; None where it was changed where it is."""
    changed = tensor if own else tensor.clone()
    for step in steps:
        step(changed)
    return None if own else replaced(output, tensor, changed)


def _layers_of(interventions: Sequence[Intervention]) -> list[str]:
    return list(dict.fromkeys(each.layer for each in interventions))


def _obstacle(layer: LayerInfo, tensor: Tensor | None, *, needs_channels: bool) -> str:
    """Why this output cannot be changed, in a sentence."""
    if tensor is None or not tensor.is_floating_point():
        return f'The output of "{layer.name}" holds no real numbers, so there is nothing to change.'
    if not needs_channels:
        return ""
    axis = channel_axis(layer.map_axes)
    found = tensor.shape[axis] if tensor.dim() > 1 else 0
    if found != layer.channels:
        return f'"{layer.name}" has {found} channels on this input instead of {layer.channels}: nothing is changed.'
    return ""


def _size(held: Tensor) -> str:
    return "×".join(map(str, held.shape[1:]))

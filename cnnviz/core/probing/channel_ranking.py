"""Which channels of a layer a class rests on: each is muted in turn, and the class scores are read."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import LayerError, NetworkError
from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.predictions import Doubles, probabilities
from cnnviz.core.probing.call_hooks import CallHooks, replaced
from cnnviz.core.probing.channel_axis import channel_axis
from cnnviz.core.probing.functions import first_tensor

_SAME = 1e-2
"""Logits differ by less of their range where two ways to compute them agree; half precision needs that much."""


def rank_channels(
    module: nn.Module, layer: LayerInfo, pictures: Sequence[Tensor], class_index: int, *, batch: int = 16
) -> Generator[float, None, ChannelRanking]:
    """Mutes the channels of ``layer`` one after the other, ``batch`` in one forward pass; yields the fraction done.

    ``pictures``: prepared inputs, 1×C×H×W each. ``module`` must be in evaluation mode; other threads may run it
    meanwhile, and closing the generator takes the hooks off. What comes before the layer is computed once for all
    channels of a pass wherever the network allows it.

    Raises:
        LayerError: the layer has no channels, or is not reached. NetworkError: there is no such class.
    """
    _check(layer, pictures)
    muting = _Muting(layer)
    scores = []
    with CallHooks(module, {layer.name: muting.act}):
        for number, picture in enumerate(pictures):
            passes = _Passes(module, muting, picture, class_index)
            steps = _muted_scores(passes, layer.channels, batch)
            for fraction in steps:
                yield (number + fraction) / len(pictures)
            scores.append(passes.scores)
    return _ranking(layer, class_index, scores)


def _check(layer: LayerInfo, pictures: Sequence[Tensor]) -> None:
    if not layer.channels:
        raise LayerError(f'The output of "{layer.name}" has no channels to mute; choose a layer that has.')
    if not pictures:
        raise LayerError(f'Without a picture the channels of "{layer.name}" cannot be ranked: choose at least one.')


@dataclass
class _Scores:
    """Of one picture: the chosen class with nothing muted, and with each channel muted in turn."""

    logit: float
    probability: float
    logits: list[Floats]
    probabilities: list[Doubles]


class _Muting:
    """Mutes another channel in each picture of a batch, in the thread that made it."""

    def __init__(self, layer: LayerInfo) -> None:
        self._layer = layer
        self._thread = threading.get_ident()
        self.channels: range | None = None
        self.reached = False

    def act(self, output: object, _own: bool) -> object | None:  # noqa: FBT001 - as every act
        tensor = first_tensor(output)
        if self.channels is None or tensor is None or threading.get_ident() != self._thread:
            return None
        self.reached = True
        return replaced(output, tensor, self._muted(tensor, self.channels))

    def _muted(self, output: Tensor, channels: range) -> Tensor:
        if output.shape[0] not in {1, len(channels)}:
            raise LayerError(f'"{self._layer.name}" mixes the pictures of a batch: choose another layer.')
        muted = output.expand(len(channels), *output.shape[1:]).clone()
        rows = torch.arange(len(channels), device=output.device)
        muted.movedim(channel_axis(self._layer.map_axes), 1)[rows, rows + channels.start] = 0
        return muted


class _Passes:
    """Forward passes on one picture."""

    def __init__(self, module: nn.Module, muting: _Muting, picture: Tensor, class_index: int) -> None:
        self._module = module
        self._muting = muting
        self._picture = picture
        self._class = class_index
        untouched = self._run(picture, None)
        self._check_class(untouched)
        self.scores = _Scores(*self._of_class(untouched, 0), [], [])

    def mute(self, channels: range, *, alone: bool) -> None:
        logits = self._muted(channels, alone=alone)
        self.scores.logits.append(logits[:, self._class])
        self.scores.probabilities.append(probabilities(logits)[:, self._class])

    def can_run_alone(self, channels: range) -> bool:
        """Whether one picture, made a batch at the layer, gives what a batch from the start gives.

        It does not where a branch around the layer must be joined to its output in a way that does not broadcast.
        """
        whole = self._muted(channels, alone=False)
        try:
            alone = self._muted(channels, alone=True)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, NetworkError):
            return False
        allowed = _SAME * max(float(np.nanmax(np.abs(whole), initial=0)), 1e-6)
        return alone.shape == whole.shape and np.allclose(alone, whole, rtol=0, atol=allowed, equal_nan=True)

    def _muted(self, channels: range, *, alone: bool) -> Floats:
        inputs = self._picture if alone else self._picture.expand(len(channels), -1, -1, -1)
        logits = self._run(inputs, channels)
        if not self._muting.reached:
            raise LayerError("The layer is not called on this input, so its channels change nothing: choose another.")
        if len(logits) != len(channels):
            raise NetworkError(f"A batch of {len(channels)} pictures gave the class scores of {len(logits)}.")
        return logits

    def _run(self, inputs: Tensor, channels: range | None) -> Floats:
        self._muting.channels = channels
        try:
            with torch.inference_mode():
                output = first_tensor(self._module(inputs.clone()))
        finally:
            self._muting.channels = None
        if output is None or output.dim() != 2:
            raise NetworkError("This network gives no class scores, so its channels cannot be ranked by a class.")
        return np.asarray(output.float().cpu().numpy(), np.float32)

    def _check_class(self, logits: Floats) -> None:
        classes = logits.shape[1]
        if not 0 <= self._class < classes:
            raise NetworkError(f"There is no class {self._class}: choose one from 0 to {classes - 1}.")

    def _of_class(self, logits: Floats, row: int) -> tuple[float, float]:
        return float(logits[row, self._class]), float(probabilities(logits)[row, self._class])


def _muted_scores(passes: _Passes, channels: int, batch: int) -> Generator[float, None, None]:
    """Each channel's scores, in their order; yields the fraction done."""
    groups = [range(first, min(first + batch, channels)) for first in range(0, channels, batch)]
    alone = len(groups) > 1 and passes.can_run_alone(groups[0])
    for number, group in enumerate(groups):
        passes.mute(group, alone=alone)
        yield (number + 1) / len(groups)


def _ranking(layer: LayerInfo, class_index: int, scores: Sequence[_Scores]) -> ChannelRanking:
    logit = np.array([each.logit for each in scores])
    probability = np.array([each.probability for each in scores])
    logit_drops = (logit[:, None] - np.stack([np.concatenate(each.logits) for each in scores])).mean(0)
    muted = np.stack([np.concatenate(each.probabilities) for each in scores])
    return ChannelRanking(
        layer=layer.name,
        class_index=class_index,
        pictures=len(scores),
        logit=float(logit.mean()),
        probability=float(probability.mean()),
        logit_drops=logit_drops.astype(np.float32),
        probability_drops=(probability[:, None] - muted).mean(0).astype(np.float32),
        order=np.argsort(-logit_drops, kind="stable").astype(np.int32),
    )

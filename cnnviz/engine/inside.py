"""Questions about the inside of the live network that take longer than a frame: jobs beside the live loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.arrays import Bytes
from cnnviz.core.effective_field import EffectiveField, FieldAverage
from cnnviz.core.errors import CancelledError, CnnvizError, LayerError, SourceError
from cnnviz.core.filters import difference, distance_travelled, filter_order, measure_filters
from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.core.inside.filters import FilterBank, FilterNumbers, FilterTravel
from cnnviz.core.probing.census import take_census
from cnnviz.core.probing.channel_ranking import rank_channels
from cnnviz.core.probing.effective_field import effective_field
from cnnviz.core.probing.filter_bank import filter_bank, flattened_shape
from cnnviz.core.rendering.filters import draw_filters
from cnnviz.core.sources.folder import picture_files
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.engine.commands import ForgetObservations, MeasureField, RankChannels, ShowFilters, TakeCensus
from cnnviz.engine.events import CensusTaken, ChannelsRanked, Event, FieldMeasured, FiltersShown
from cnnviz.engine.jobs import JobHandle, Jobs
from cnnviz.engine.live import LiveLoop
from cnnviz.engine.live_network import LiveNetwork
from cnnviz.engine.watching import stored_tensor

FIELD_TASK, LIVE_FIELD_TASK = "field", "live-field"
RANKING_TASK, FILTERS_TASK, CENSUS_TASK = "ranking", "filters", "census"

_EVALUATION_ONLY = "This is measured in evaluation mode only: switch training mode off (in the network dock) first."

_NEXT_FRAME_SECONDS = 0.01
_PATIENCE_SECONDS = 2.0
"""A source that gives no other frame for so long stands still: the average ends with those there are."""

_Answer = TypeVar("_Answer")


class Inside:
    """Answers commands about the network that runs when they come. ``handlers``: by kind of command."""

    def __init__(self, loop: LiveLoop, jobs: Jobs, emit: Callable[[Event], None]) -> None:
        self._loop = loop
        self._jobs = jobs
        self._emit = emit
        self._filters: tuple[object, FilterBank, FilterBank | None, FilterNumbers, FilterTravel | None] | None = None
        self.handlers: Mapping[type, Callable[..., None]] = {
            MeasureField: self._measure_field,
            RankChannels: self._rank_channels,
            ShowFilters: self._show_filters,
            TakeCensus: self._take_census,
            ForgetObservations: self._forget_observations,
        }

    # --------------------------------------------------------------------------------------------------------- fields

    def _measure_field(self, command: MeasureField) -> None:
        network = self._network()
        if network.training:
            self._emit(FieldMeasured(command.probe, None, command.live, _EVALUATION_ONLY))
            return

        def work(job: JobHandle) -> FieldMeasured:
            try:
                with network.unchanged():
                    return FieldMeasured(command.probe, self._field(command, network, job), command.live)
            except LayerError as error:
                return FieldMeasured(command.probe, None, command.live, error.message)

        task = LIVE_FIELD_TASK if command.live else FIELD_TASK
        words = f"Effective receptive field of {command.probe.layer}"
        self._jobs.start(task, words, work, self._emit, quiet=command.live)

    def _field(self, command: MeasureField, network: LiveNetwork, job: JobHandle) -> EffectiveField | None:
        layer = network.backstage.layers.get(command.probe.layer)
        if layer is None:
            raise LayerError(f'This network has no layer "{command.probe.layer}"; choose one of its own.')
        module, average, probe = network.loaded.module, FieldAverage(), command.probe
        folder = _Folder.of(command.folder) if command.folder else None
        pictures = self._next_frames(command.frames, job) if folder is None else folder.prepared(network, job)
        for number, prepared in enumerate(pictures, 1):
            cell = (probe.y, probe.x)
            average.add(effective_field(module, prepared, layer.name, cell, probe.channel, layer.map_axes))
            done, count, what = (number, command.frames, "frames") if folder is None else (*folder.done, "pictures")
            job.report(f"Effective receptive field, {done} of {count} {what}", done / count)
        return average.result()

    def _next_frames(self, count: int, job: JobHandle) -> Iterator[Tensor]:
        """The present frame and those that land next, each once."""
        last, since = None, time.monotonic()
        while count > 0:
            _stop_if(job)
            present = self._loop.last
            if present is not None and present.prepared is not last:
                last, since, count = present.prepared, time.monotonic(), count - 1
                yield present.prepared
            elif time.monotonic() - since > _PATIENCE_SECONDS:
                return
            else:
                time.sleep(_NEXT_FRAME_SECONDS)

    # -------------------------------------------------------------------------------------------------------- ranking

    def _rank_channels(self, command: RankChannels) -> None:
        network, present = self._evaluated(), self._loop.last
        if present is None or present.logits is None:
            raise CnnvizError("There is no frame with predictions yet: open a picture first.")
        layer = network.backstage.layers.get(command.layer)
        if layer is None:
            raise LayerError(f'This network has no layer "{command.layer}"; choose one of its own.')
        class_index = int(np.argmax(present.logits)) if command.class_index is None else command.class_index
        prepared = present.prepared

        def work(job: JobHandle) -> ChannelRanking:
            with network.unchanged(), torch.inference_mode():
                muting = rank_channels(network.loaded.module, layer, [prepared], class_index)
                return _run(muting, job, lambda done: (f"Muting the channels of {layer.name} one by one", done))

        words = f"Ranking the channels of {layer.name}"
        self._jobs.start(RANKING_TASK, words, work, lambda ranking: self._emit(ChannelsRanked(ranking)))

    # -------------------------------------------------------------------------------------------------------- filters

    def _show_filters(self, command: ShowFilters) -> None:
        network = self._network()

        def work(_: JobHandle) -> FiltersShown:
            try:
                return self._filters_shown(command, network)
            except LayerError as error:
                return FiltersShown(command.layer, problem=error.message)

        self._jobs.start(FILTERS_TASK, f"Filters of {command.layer}", work, self._emit)

    def _filters_shown(self, command: ShowFilters, network: LiveNetwork) -> FiltersShown:
        bank, start, numbers, travel = self._measured_filters(command.layer, network)
        order = filter_order(command.order, numbers, command.activation)
        if command.view.since_start and start is not None:
            sheet = draw_filters(difference(bank, start), command.view, order)
        else:
            sheet = draw_filters(bank, command.view, order, numbers.largest)
        return FiltersShown(command.layer, sheet, numbers, tuple(order.tolist()), travel)

    def _measured_filters(
        self, name: str, network: LiveNetwork
    ) -> tuple[FilterBank, FilterBank | None, FilterNumbers, FilterTravel | None]:
        """Measured once for each layer on view: another page or order of it is quick."""
        key = (network.offer.serial, network.weights_version, name)
        if self._filters is None or self._filters[0] != key:
            bank, start = _filter_banks(name, network)
            travel = None if start is None else distance_travelled(bank, start)
            self._filters = key, bank, start, measure_filters(bank), travel
        return self._filters[1:]

    # --------------------------------------------------------------------------------------------------------- census

    def _take_census(self, command: TakeCensus) -> None:
        network, folder = self._evaluated(), _Folder.of(command.folder)
        layers = [layer for layer in network.offer.layers if layer.map_axes and layer.leaf]
        count = len(folder.names)

        def work(job: JobHandle) -> CensusTaken:
            with network.unchanged():
                counting = take_census(network.loaded.module, layers, folder.prepared(network, job))
                census = _run(counting, job, lambda seen: (f"Census: {seen:.0f} of {count} pictures", seen / count))
            return CensusTaken(census, tuple(folder.read), tuple(folder.broken))

        self._jobs.start(CENSUS_TASK, f"Census over {count} pictures", work, self._emit)

    def _forget_observations(self, _: ForgetObservations) -> None:
        self._network().backstage.separation.reset()

    def _evaluated(self) -> LiveNetwork:
        """For what is measured by passes of its own: they would meet other dropout masks than the frames on view."""
        network = self._network()
        if network.training:
            raise CnnvizError(_EVALUATION_ONLY)
        return network

    def _network(self) -> LiveNetwork:
        if self._loop.network is None:
            raise CnnvizError("There is no network yet: open one first.")
        return self._loop.network


def _filter_banks(name: str, network: LiveNetwork) -> tuple[FilterBank, FilterBank | None]:
    """As they are, and as they were where a run began; None for a network that is no run's."""
    backstage = network.backstage
    layer, module = backstage.layers.get(name), None
    if layer is not None:
        module = backstage.module_of(name)
    if layer is None or module is None:
        raise LayerError(f'"{name}" has no filters: choose a convolution or a linear layer.')
    picture = flattened_shape(layer, backstage.layers, network.offer.input_shape)
    start = None if network.start is None else stored_tensor(network.start, f"{layer.path}.weight")
    bank = filter_bank(layer, module, picture)
    return bank, None if start is None else filter_bank(layer, module, picture, start)


@dataclass(frozen=True)
class _Folder:
    """The pictures of a folder, prepared one by one. ``read`` and ``broken``: names of those that were and could not be
    read, so far.
    """

    folder: Path
    names: tuple[str, ...]
    read: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: str) -> _Folder:
        """Raises SourceError: it is no folder, or there are none in it."""
        return cls(Path(folder), picture_files(Path(folder)))

    @property
    def done(self) -> tuple[int, int]:
        """How many were looked at, of how many."""
        return len(self.read) + len(self.broken), len(self.names)

    def prepared(self, network: LiveNetwork, job: JobHandle) -> Iterator[Tensor]:
        for name in self.names:
            _stop_if(job)
            try:
                pixels = read_picture(self.folder / name)
            except SourceError:
                self.broken.append(name)
                continue
            self.read.append(name)
            yield _prepared(pixels, network)


def _prepared(pixels: Bytes, network: LiveNetwork) -> Tensor:
    return prepare(
        pixels,
        network.offer.preprocessing,
        device=torch.device(network.loaded.device),
        dtype=torch.float16 if network.loaded.half else torch.float32,
        channels_last=False,
    )


def _run(
    working: Generator[float, None, _Answer], job: JobHandle, words: Callable[[float], tuple[str, float]]
) -> _Answer:
    """What the generator returns; each of its yields is reported, and the place to stop."""
    try:
        while True:
            job.report(*words(next(working)))
            _stop_if(job)
    except StopIteration as ended:
        answer: _Answer = ended.value
        return answer
    finally:
        working.close()


def _stop_if(job: JobHandle) -> None:
    if job.cancelled():
        raise CancelledError("The job was cancelled.")

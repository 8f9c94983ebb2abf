"""Looks through the weights of a run, while it is trained or afterwards: the live network has them in place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cnnviz.core.errors import CancelledError, CheckpointError
from cnnviz.core.inside.layer_numbers import Census
from cnnviz.core.networks.values import LayerInfo, NetworkChoice
from cnnviz.core.probing.census import take_census
from cnnviz.core.training.live_weights import LiveIdentity, Moment, live_identity, load_run_weights
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.watching import WATCH_SECONDS, watch_run
from cnnviz.engine.commands import TraceChannels, WatchRun
from cnnviz.engine.events import ChannelsTraced, Event, RunWeights
from cnnviz.engine.jobs import JobHandle, Jobs
from cnnviz.engine.live import LiveLoop
from cnnviz.engine.live_network import LiveNetwork

WATCH_TASK, LIFE_TASK = "watch", "life"

_LOOK_SECONDS = 0.25
"""Between two looks at a run's files: what changes more often cannot be followed by eye."""

_RENEW_SECONDS = WATCH_SECONDS / 3
_UNLOCKED_SECONDS = 2.0
"""After which a trainer that was not there is looked for again."""

_OVER = frozenset({"finished", "stopped", "failed"})

Load = Callable[[NetworkChoice, Callable[[JobHandle], None]], None]
"""Loads a network beside the live loop, after what is to be waited for, and puts it on view."""

_Identity = tuple[LiveIdentity | None, LiveIdentity | None]


@dataclass(frozen=True)
class _Watch:
    """``moment``: whose weights are wanted."""

    folder: RunFolder
    moment: Moment
    every: int

    @classmethod
    def of(cls, command: WatchRun) -> _Watch | None:
        if command.moment is None:
            return None
        return cls(RunFolder(Path(command.run)), command.moment, command.every)


class Watching:
    """Shows the network of one run. ``handlers``: by kind of command."""

    def __init__(self, loop: LiveLoop, jobs: Jobs, emit: Callable[[Event], None], load: Load) -> None:
        self._loop, self._jobs, self._emit, self._load = loop, jobs, emit, load
        self._watch: _Watch | None = None
        self._network: LiveNetwork | None = None  # the watched run's, once it is on view
        self._seen: _Identity | None = None
        self._ask_again = 0.0
        self.handlers: Mapping[type, Callable[..., None]] = {
            WatchRun: self._watch_run,
            TraceChannels: self._trace_channels,
        }

    # ------------------------------------------------------------------------------------------------------- watching

    def _watch_run(self, command: WatchRun) -> None:
        before, self._watch = self._watch, _Watch.of(command)
        self._jobs.cancel(WATCH_TASK)
        self._seen, self._ask_again = None, 0.0
        if self._watch is None:
            self._network = None
        elif self._is_on_view and before is not None and before.folder == self._watch.folder:
            self._follow()
        else:
            self._open(self._watch)

    @property
    def _is_on_view(self) -> bool:
        return self._network is not None and self._loop.network is self._network

    def _open(self, watch: _Watch) -> None:
        self._network = None
        choice = NetworkChoice(watch.folder.path.name, run=str(watch.folder.path))
        self._load(choice, lambda job: _wait_for_weights(watch, job))

    def network_changed(self) -> None:
        """Another network is on view: the run's, or one that has nothing to do with it."""
        network, watch = self._loop.network, self._watch
        run = network.offer.choice.run if network is not None else ""
        if network is not None and run:
            network.start = _first_weights(RunFolder(Path(run)))
        if network is not None and watch is not None and run == str(watch.folder.path):
            self._network, self._seen = network, None
            self._follow()
        else:
            self._network = self._watch = None
            self._jobs.cancel(WATCH_TASK)

    def _follow(self) -> None:
        """Takes what there is, and then whatever is newer; a checkpoint by its step stays what it is."""
        watch = self._watch
        if watch is None:
            return
        if isinstance(watch.moment, int):
            self._take(watch)
            return
        seen = self._seen
        self._jobs.start(WATCH_TASK, "", lambda job: self._newer(watch, seen, job), self._take_newer, quiet=True)

    def _newer(self, watch: _Watch, seen: _Identity | None, job: JobHandle) -> _Identity:
        """Waits for other weights than those that were ``seen``, and asks the trainer for them meanwhile."""
        while True:
            _stop_if(job)
            watch.folder.check()
            if watch.moment == "live" and time.monotonic() >= self._ask_again:
                self._ask_again = time.monotonic() + _asked_for_weights(watch)
            present = _identity(watch)
            if present != seen:
                return present
            time.sleep(_LOOK_SECONDS)

    def _take_newer(self, found: _Identity) -> None:
        watch = self._watch
        if watch is None or not self._is_on_view:
            return
        self._seen = found
        try:
            self._take(watch)
        finally:
            self._follow()

    def _take(self, watch: _Watch) -> None:
        step = self._loop.use_weights(lambda module: load_run_weights(module, watch.folder.path, watch.moment))
        self._emit(RunWeights(str(watch.folder.path), step))

    # ----------------------------------------------------------------------------------------------------- birth, death

    def _trace_channels(self, command: TraceChannels) -> None:
        watch, network = self._watch, self._loop.network
        if watch is None or network is None or not self._is_on_view:
            return
        layers = [layer for layer in network.offer.layers if layer.name == command.layer and layer.map_axes]
        if not layers:
            return

        def work(job: JobHandle) -> ChannelsTraced:
            return _traced(watch.folder, layers[0], self._present(job), network.loaded.device, job)

        self._jobs.start(LIFE_TASK, f"{command.layer} at every checkpoint", work, self._emit, quiet=True)

    def _present(self, job: JobHandle) -> Tensor:
        """The present frame; it passes the network again where weights were just replaced."""
        while (present := self._loop.last) is None:
            _stop_if(job)
            time.sleep(_LOOK_SECONDS / 10)
        return present.prepared.float()


def stored_tensor(file: Path, name: str) -> Tensor | None:
    """Of a safetensors file; None where it has none of this name, or is not there any more."""
    try:
        with safe_open(file, "pt") as content:
            names: list[str] = content.keys()
            return content.get_tensor(name) if name in names else None
    except (OSError, SafetensorError):
        return None


def _traced(folder: RunFolder, layer: LayerInfo, prepared: Tensor, device: str, job: JobHandle) -> ChannelsTraced:
    from cnnviz.core.training.run_network import load_run_network

    twin = load_run_network(folder.path, device=device).module
    steps, highest = [], []
    for checkpoint in folder.checkpoints():
        _stop_if(job)
        try:
            load_run_weights(twin, folder.path, checkpoint.step)
        except CheckpointError:  # the trainer keeps only some of them: this one is gone
            continue
        found = _census(twin, layer, prepared).layers.get(layer.name)
        if found is not None:
            steps.append(checkpoint.step)
            highest.append(found.maximum)
    rows = np.stack(highest) if highest else np.zeros((0, layer.channels), np.float32)
    return ChannelsTraced(str(folder.path), layer.name, tuple(steps), rows)


def _census(module: nn.Module, layer: LayerInfo, prepared: Tensor) -> Census:
    counting = take_census(module, [layer], [prepared])
    try:
        while True:
            next(counting)
    except StopIteration as ended:
        census: Census = ended.value
        return census


def _wait_for_weights(watch: _Watch, job: JobHandle) -> None:
    """A run that has just begun has none yet; one that ended without any is told by whoever loads it."""
    folder = watch.folder
    while not (folder.checkpoints() and folder.data.exists()) and folder.read_status().state not in _OVER:
        job.report(f"Waiting for the first weights of {folder.path.name}", None)
        _stop_if(job)
        time.sleep(_LOOK_SECONDS)


def _asked_for_weights(watch: _Watch) -> float:
    """Seconds until the next time; nobody is asked where nobody trains."""
    if not watch.folder.is_locked():
        return _UNLOCKED_SECONDS
    watch_run(watch.folder.path, watch.every)
    return _RENEW_SECONDS


def _identity(watch: _Watch) -> _Identity:
    newest = watch.folder.checkpoints()[-1:]
    live = live_identity(watch.folder.path) if watch.moment == "live" else None
    return live, _file_identity(Path(newest[0].weights)) if newest else None


def _file_identity(file: Path) -> LiveIdentity | None:
    """A second checkpoint of the same step takes the first one's place."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ino, facts.st_size


def _first_weights(folder: RunFolder) -> Path | None:
    """Of the first checkpoint that is kept: where the filters started."""
    found = folder.checkpoints()
    return Path(found[0].weights) if found else None


def _stop_if(job: JobHandle) -> None:
    if job.cancelled():
        raise CancelledError("The job was cancelled.")

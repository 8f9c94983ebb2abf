"""The engine: obeys commands, keeps the live loop going, reports events. Runs in any thread of any process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from cnnviz.core.errors import CodeConfirmationError, DeviceError, HeadMismatchError
from cnnviz.core.inside.interventions import InterventionProblem, fitting
from cnnviz.core.networks.catalog import LoadedNetwork, entries, load_network
from cnnviz.core.networks.devices import available_devices, choose_device
from cnnviz.core.networks.dry_pass import first_not_finite
from cnnviz.core.networks.from_module import spec_of
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.structure import structure_of
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.sources.base import Source
from cnnviz.core.sources.camera import camera_name, list_cameras
from cnnviz.core.sources.open import open_source
from cnnviz.core.sources.still import StillSource
from cnnviz.core.sources.values import CameraInfo, SourceSpec, SourceState
from cnnviz.core.views import Snapshot
from cnnviz.engine.commands import (
    Cancel,
    ChooseDevice,
    ChooseMode,
    ChoosePreprocessing,
    ControlSource,
    DescribeSpec,
    Intervene,
    ListCameras,
    ListNetworks,
    OpenNetwork,
    OpenSource,
    Quit,
    SetView,
    ShowPicture,
    Taken,
    UseMemory,
)
from cnnviz.engine.data import DataRoom
from cnnviz.engine.evaluating import Evaluating
from cnnviz.engine.events import (
    CamerasListed,
    EngineReady,
    Event,
    InterventionsChanged,
    ModeChanged,
    NetworkOpened,
    NetworksListed,
    ProblemMet,
    ProgressMade,
    SourceChanged,
    SpecDescribed,
)
from cnnviz.engine.inside import Inside
from cnnviz.engine.jobs import JobEnded, JobHandle, Jobs, problem_of
from cnnviz.engine.live import LiveLoop
from cnnviz.engine.live_network import LiveNetwork
from cnnviz.engine.mailbox import Mailbox
from cnnviz.engine.watching import Watching

NETWORK_TASK = "network"
SOURCE_TASK = "source"
SPEC_TASK = "spec"


class Link(Protocol):
    """How the engine reaches the window."""

    def emit(self, event: Event) -> None:
        """Sends an event; any thread may."""

    def deliver(self, snapshot: Snapshot) -> bool:
        """Sends a snapshot; False if the shared memory must grow first (``UseMemory`` will come)."""

    def use_memory(self, name: str) -> None:
        """Takes the larger shared memory."""


class Engine:
    """``post`` may be called from any thread; ``run`` occupies one until Quit."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._emit = link.emit
        self._mailbox = Mailbox()
        self._loop = LiveLoop(link.deliver, self._report_source, self._find_not_finite)
        self._jobs = Jobs(self._mailbox.put, lambda progress: link.emit(ProgressMade(progress)))
        self._device = choose_device("auto")
        self._half = False
        self._choice: NetworkChoice | None = None
        self._serial = 0
        self._quit = False
        self._stopped_by: Problem | None = None
        self._unfit: tuple[InterventionProblem, ...] = ()
        self._met_problems: tuple[InterventionProblem, ...] = ()
        self._watching = Watching(self._loop, self._jobs, link.emit, self._load)
        self._handlers: dict[type, Callable[..., None]] = {
            OpenNetwork: self._open_network,
            ChooseDevice: self._choose_device,
            ChoosePreprocessing: self._choose_preprocessing,
            ChooseMode: self._choose_mode,
            Intervene: self._intervene,
            DescribeSpec: self._describe_spec,
            OpenSource: self._open_source,
            ShowPicture: self._show_picture,
            ControlSource: self._control_source,
            SetView: self._set_view,
            Taken: lambda _: self._loop.taken(),
            UseMemory: self._use_memory,
            ListNetworks: self._list_networks,
            ListCameras: self._list_cameras,
            Cancel: lambda command: self._jobs.cancel(command.task),
            JobEnded: self._job_ended,
            **Inside(self._loop, self._jobs, link.emit).handlers,
            **DataRoom(self._jobs, link.emit).handlers,
            **self._watching.handlers,
            **Evaluating(self._jobs, link.emit, lambda: self._device.name).handlers,
            Quit: self._end,
        }

    def post(self, command: object) -> None:
        """Leaves a command for the loop."""
        self._mailbox.put(command)

    def run(self) -> None:
        """The engine's life."""
        self._emit(EngineReady(available_devices(), str(torch.__version__)))
        try:
            while not self._quit:
                self.turn()
        finally:
            self._jobs.close()
            self._loop.close()

    def turn(self) -> None:
        """Obeys what waits, then does one piece of live work, or waits for either."""
        for message in self._mailbox.take():
            self._obey(message)
        if self._quit:
            return
        if self._stopped_by is not None or not self._live_turn():
            self._mailbox.wait(None if self._stopped_by else self._loop.wait_seconds())

    def _obey(self, message: object) -> None:
        try:
            self._handlers[type(message)](message)
        except Exception as error:  # noqa: BLE001 - one failed command is a line in the window, not the engine's end
            self._emit(ProblemMet(problem_of(error)))

    def _live_turn(self) -> bool:
        try:
            self._tell_intervention_problems()
            return self._loop.turn()
        except torch.OutOfMemoryError as error:
            self._leave_device(error)
        except Exception as error:  # noqa: BLE001 - shown in the window; the loop rests until the user changes something
            self._stopped_by = problem_of(error)
            self._emit(ProblemMet(self._stopped_by))
        return False

    def _leave_device(self, error: Exception) -> None:
        title = self._device.title
        if self._device.name == "cpu":
            self._stopped_by = problem_of(error)
        self._emit(
            ProblemMet(Problem(f"{title} has no memory left for this network; it goes on on the CPU.", str(error)))
        )
        torch.cuda.empty_cache()
        self._choose_device(ChooseDevice("cpu"))

    # ------------------------------------------------------------------------------------------------------- networks

    def _open_network(self, command: OpenNetwork) -> None:
        self._load(command.choice)

    def _load(self, choice: NetworkChoice, wait: Callable[[JobHandle], None] | None = None) -> None:
        """``wait``: for what must be there first."""
        device, half = self._device, self._half

        def work(job: JobHandle) -> tuple[LoadedNetwork, NetworkOffer]:
            if wait is not None:
                wait(job)
            loaded = load_network(
                choice, device=device.name, half=half, on_progress=job.report, cancelled=job.cancelled
            )
            job.report(f"Looking through the layers of {loaded.title}", None)
            return loaded, offer_of(loaded)

        self._jobs.start(NETWORK_TASK, f"Loading {choice.name}", work, self._use_network)
        self._pending_choice = choice

    def _use_network(self, result: tuple[LoadedNetwork, NetworkOffer]) -> None:
        loaded, offer = result
        self._serial += 1
        offer = replace(offer, serial=self._serial)
        self._choice = offer.choice
        wanted = self._loop.network.interventions if self._loop.network is not None else ()
        self._loop.use_network(LiveNetwork(loaded, offer, self._mailbox.wake))
        self._go_on()
        self._emit(NetworkOpened(offer))
        self._emit(ModeChanged(training=False))
        if offer.problem:
            self._emit(ProblemMet(Problem(offer.problem)))
        if wanted:
            self._intervene(Intervene(wanted))
        self._watching.network_changed()

    def _choose_device(self, command: ChooseDevice) -> None:
        device = choose_device(command.device)
        if command.half and not device.half:
            raise DeviceError(f"Half precision is for CUDA devices; {device.title} runs in full precision.")
        self._device, self._half = device, command.half
        if self._choice is not None:
            self._load(self._choice)

    def _choose_preprocessing(self, command: ChoosePreprocessing) -> None:
        self._loop.use_preprocessing(command.preprocessing)
        self._go_on()

    def _choose_mode(self, command: ChooseMode) -> None:
        self._loop.use_mode(training=command.training)
        self._go_on()
        self._emit(ModeChanged(command.training))

    def _intervene(self, command: Intervene) -> None:
        network = self._loop.network
        if network is None:
            return
        fit, problems = fitting(command.interventions, network.offer.layers)
        self._loop.intervene(fit)
        self._go_on()
        self._unfit = problems
        self._emit(InterventionsChanged(fit, problems))

    def _tell_intervention_problems(self) -> None:
        """What shows only when a frame has passed: a layer that is not called, a map of another size."""
        network = self._loop.network
        if network is None or not network.interventions:
            return
        met = network.intervention_problems()
        if met != self._met_problems:
            self._met_problems = met
            self._emit(InterventionsChanged(network.interventions, (*self._unfit, *met)))

    def _describe_spec(self, _: DescribeSpec) -> None:
        network = self._loop.network
        if network is None:
            return
        offer, module = network.offer, network.loaded.module

        def work(_: JobHandle) -> NetworkSpec:
            with network.unchanged():
                return spec_of(module, offer.input_shape, offer.title)

        self._jobs.start(SPEC_TASK, f"Taking {offer.title} apart", work, lambda spec: self._emit(SpecDescribed(spec)))

    def _list_networks(self, _: ListNetworks) -> None:
        self._jobs.start(
            "registry", "Listing the networks", lambda _: entries(), lambda listed: self._emit(NetworksListed(listed))
        )

    def _find_not_finite(self, prepared: Tensor) -> None:
        network = self._loop.network
        if network is None:
            return
        module, names = network.loaded.module, [layer.name for layer in network.offer.layers if layer.shape]

        def work(_: JobHandle) -> Problem:
            first = first_not_finite(module, prepared, names)
            where = f'"{first}" is the first layer that gives such values' if first else "they come from its last step"
            return Problem(
                f"The output of {network.offer.title} is not finite (NaN or infinity) on this picture: {where}. "
                "Choose other weights, or mute what causes it."
            )

        task = "not-finite"
        self._jobs.start(task, "Looking for NaN", work, lambda problem: self._emit(ProblemMet(problem)), quiet=True)

    # -------------------------------------------------------------------------------------------------------- sources

    def _open_source(self, command: OpenSource) -> None:
        spec = command.spec
        self._jobs.start(
            SOURCE_TASK,
            f"Opening {spec.location or spec.kind}",
            lambda _: open_source(spec, self._mailbox.wake),
            self._use_source,
        )

    def _show_picture(self, command: ShowPicture) -> None:
        self._jobs.cancel(SOURCE_TASK)
        spec = SourceSpec("sketch" if command.kind == "sketch" else "pasted")
        self._use_source(StillSource(spec, command.pixels, command.title, self._mailbox.wake))

    def _use_source(self, source: Source) -> None:
        self._loop.use_source(source)
        self._go_on()

    def _control_source(self, command: ControlSource) -> None:
        if self._loop.source is not None:
            self._loop.source.control(command.command)

    def _list_cameras(self, _: ListCameras) -> None:
        source = self._loop.source
        in_use = []
        if source is not None and source.spec.kind == "camera":
            index = int(source.spec.location)
            in_use.append(CameraInfo(index, camera_name(index)))
        self._jobs.start(
            "cameras",
            "Looking for cameras",
            lambda _: list_cameras(in_use=in_use),
            lambda cameras: self._emit(CamerasListed(cameras)),
        )

    def _report_source(self, state: SourceState) -> None:
        self._emit(SourceChanged(state))

    # ------------------------------------------------------------------------------------------------------- the rest

    def _set_view(self, command: SetView) -> None:
        self._loop.use_request(command.request)

    def _use_memory(self, command: UseMemory) -> None:
        self._link.use_memory(command.name)
        self._loop.taken()

    def _job_ended(self, ended: JobEnded) -> None:
        if not self._jobs.is_current(ended):
            if isinstance(ended.result, Source):
                ended.result.close()
            return
        if ended.outcome == "failed":
            self._emit(ProblemMet(self._explain(ended), ended.task))
        elif ended.outcome == "finished" and ended.then is not None:
            ended.then(ended.result)

    def _explain(self, ended: JobEnded) -> Problem:
        problem = ended.problem
        if ended.task != NETWORK_TASK:
            return problem
        if isinstance(ended.error, HeadMismatchError):
            return replace(problem, way_out=replace(self._pending_choice, replace_head=True))
        if isinstance(ended.error, CodeConfirmationError):
            return replace(problem, way_out=replace(self._pending_choice, confirmed_code=True))
        return problem

    def _go_on(self) -> None:
        """Something changed that may have ended what stopped the loop."""
        self._stopped_by = None

    def _end(self, _: Quit) -> None:
        self._quit = True


def offer_of(loaded: LoadedNetwork) -> NetworkOffer:
    """What the window is told of a loaded network."""
    parameters = list(loaded.module.parameters())
    structure = structure_of(loaded.module, loaded.input_shape)
    return NetworkOffer(
        choice=loaded.choice,
        title=loaded.title,
        weights=loaded.weights,
        device=loaded.device,
        half=loaded.half,
        input_shape=loaded.input_shape,
        preprocessing=loaded.preprocessing,
        class_names=loaded.class_names,
        layers=structure.layers,
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        complete=structure.complete,
        problem=structure.problem,
        unreached=structure.unreached,
    )

"""Commands (window → engine) and events (engine → window): frozen values, sent over the channel."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.core.inside.interventions import Intervention, InterventionProblem
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.values import (
    Bytes,
    CameraInfo,
    DeviceInfo,
    NetworkChoice,
    NetworkEntry,
    NetworkOffer,
    Preprocessing,
    Problem,
    Progress,
    Snapshot,
    SourceCommand,
    SourceSpec,
    SourceState,
    ViewRequest,
)

# ------------------------------------------------------------------------------------------------------------ commands


@dataclass(frozen=True)
class OpenNetwork:
    """Load and show another network; the present one stays until it is ready."""

    choice: NetworkChoice


@dataclass(frozen=True)
class ChoosePreprocessing:
    """Override the loaded weights' preprocessing; None goes back to it."""

    preprocessing: Preprocessing | None


@dataclass(frozen=True)
class ChooseDevice:
    """``device`` as torch spells it, or "auto"."""

    device: str
    half: bool = False


@dataclass(frozen=True)
class ChooseMode:
    """``training``: dropout and batch statistics at work in the live network, nothing of it stored."""

    training: bool


@dataclass(frozen=True)
class Intervene:
    """Do these to the live network and nothing else; in another network those that fit it stay."""

    interventions: tuple[Intervention, ...]


@dataclass(frozen=True)
class DescribeSpec:
    """Asks for the live network as rows of the builder."""


@dataclass(frozen=True)
class OpenSource:
    """Take pictures from elsewhere; the present source stays if it cannot be opened."""

    spec: SourceSpec


@dataclass(frozen=True, eq=False)
class ShowPicture:
    """A pasted picture or the sketch pad's: H×W×3 uint8 RGB. ``kind``: "pasted" or "sketch"."""

    pixels: Bytes
    kind: str
    title: str


@dataclass(frozen=True)
class ControlSource:
    """Play, pause, step … the present source."""

    command: SourceCommand


@dataclass(frozen=True)
class SetView:
    """Replaces the last one."""

    request: ViewRequest


@dataclass(frozen=True)
class Taken:
    """The window has taken the last snapshot: the next may be sent."""


@dataclass(frozen=True)
class UseMemory:
    """A larger shared memory for the pictures."""

    name: str


@dataclass(frozen=True)
class ListNetworks:
    """Asks for the registry (imports torchvision: seconds)."""


@dataclass(frozen=True)
class ListCameras:
    """Asks which cameras really open."""


@dataclass(frozen=True)
class Cancel:
    """Ends the task of this name, if it still runs."""

    task: str


@dataclass(frozen=True)
class Quit:
    """Ends the engine."""


Command = (
    OpenNetwork
    | ChoosePreprocessing
    | ChooseDevice
    | ChooseMode
    | Intervene
    | DescribeSpec
    | OpenSource
    | ShowPicture
    | ControlSource
    | SetView
    | Taken
    | UseMemory
    | ListNetworks
    | ListCameras
    | Cancel
    | Quit
)

# -------------------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True)
class EngineReady:
    """The engine has its devices."""

    devices: tuple[DeviceInfo, ...]
    torch_version: str


@dataclass(frozen=True)
class NetworkOpened:
    """From now on snapshots are of this network."""

    offer: NetworkOffer


@dataclass(frozen=True)
class ModeChanged:
    """The live network's mode; a network that was just opened is in evaluation mode."""

    training: bool


@dataclass(frozen=True)
class InterventionsChanged:
    """What is done to the live network now, and why something that was asked for is not (quite)."""

    active: tuple[Intervention, ...]
    problems: tuple[InterventionProblem, ...] = ()


@dataclass(frozen=True)
class SpecDescribed:
    """The live network as rows."""

    spec: NetworkSpec


@dataclass(frozen=True)
class SourceChanged:
    """A source was opened, or its state changed (position, pause, notice)."""

    state: SourceState


@dataclass(frozen=True, eq=False)
class SnapshotReady:
    """Pictures to paint."""

    snapshot: Snapshot


@dataclass(frozen=True)
class NeedMemory:
    """The next snapshot has this many bytes, more than the shared memory holds."""

    size: int


@dataclass(frozen=True)
class NetworksListed:
    """The registry."""

    entries: tuple[NetworkEntry, ...]


@dataclass(frozen=True)
class CamerasListed:
    """The cameras that opened."""

    cameras: tuple[CameraInfo, ...]


@dataclass(frozen=True)
class ProgressMade:
    """Something that takes time went on, or ended (``progress.done``)."""

    progress: Progress


@dataclass(frozen=True)
class ProblemMet:
    """Something failed; the engine goes on with what it had. ``task``: what its progress was called."""

    problem: Problem
    task: str = ""


@dataclass(frozen=True)
class EngineStopped:
    """The process ended, expected or not; made by the window's end of the channel."""

    exit_code: int | None
    expected: bool


Event = (
    EngineReady
    | NetworkOpened
    | ModeChanged
    | InterventionsChanged
    | SpecDescribed
    | SourceChanged
    | SnapshotReady
    | NeedMemory
    | NetworksListed
    | CamerasListed
    | ProgressMade
    | ProblemMet
    | EngineStopped
)

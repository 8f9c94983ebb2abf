"""Events (engine → window): frozen values, sent over the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.core.inside.filters import FilterNumbers, FilterSheet, FilterTravel
from cnnviz.core.inside.interventions import Intervention, InterventionProblem
from cnnviz.core.inside.layer_numbers import Census
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.values import DeviceInfo, NetworkEntry, NetworkOffer
from cnnviz.core.reports import Problem, Progress
from cnnviz.core.sources.values import CameraInfo, SourceState
from cnnviz.core.views import Probe, Snapshot

if TYPE_CHECKING:  # the window opens without
    from cnnviz.core.training.evaluation_values import RunEvaluation
    from cnnviz.core.training.samples import DataSamples
    from cnnviz.core.training.values import Augmentations, DataChoice, DataSummary


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


@dataclass(frozen=True, eq=False)
class FieldMeasured:
    """``field`` None: it could not be measured, and ``problem`` says why. ``live`` as in the question."""

    probe: Probe
    field: EffectiveField | None
    live: bool = False
    problem: str = ""


@dataclass(frozen=True, eq=False)
class ChannelsRanked:
    """The answer to RankChannels."""

    ranking: ChannelRanking


@dataclass(frozen=True, eq=False)
class FiltersShown:
    """``sheet`` None: the layer has no filters, and ``problem`` says so. ``travel``: how far each filter is from where
    it started, while the network learns.
    """

    layer: str
    sheet: FilterSheet | None = None
    numbers: FilterNumbers | None = None
    order: tuple[int, ...] = ()
    travel: FilterTravel | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class CensusTaken:
    """``pictures``: file names by their number in the census. ``broken``: files that could not be read."""

    census: Census
    pictures: tuple[str, ...]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DataExamined:
    """The answer to ExamineData; ``data`` and ``shape`` as in the question, without the download."""

    data: DataChoice
    shape: tuple[int, int, int] | None
    summary: DataSummary
    samples: DataSamples


@dataclass(frozen=True, eq=False)
class AugmentationsShown:
    """``tiles``: (1 + rows)×columns×h×w×3 uint8 RGB, the pictures themselves first."""

    augmentations: Augmentations
    tiles: Bytes


@dataclass(frozen=True)
class RunWeights:
    """From now on snapshots are of the weights that the watched run had after this step."""

    run: str
    step: int


@dataclass(frozen=True, eq=False)
class ChannelsTraced:
    """``highest``: of each channel's map, steps × channels; at 0 or below it a channel does not fire."""

    run: str
    layer: str
    steps: tuple[int, ...]
    highest: Floats


@dataclass(frozen=True)
class RunEvaluated:
    """``evaluation`` None: none was kept."""

    run: str
    evaluation: RunEvaluation | None


@dataclass(frozen=True, eq=False)
class SamplesShown:
    """``pictures``: N×side×side×3 uint8 RGB of ``keys``; those that cannot be read are left out."""

    run: str
    keys: tuple[str, ...]
    pictures: Bytes


@dataclass(frozen=True, eq=False)
class SampleLoaded:
    """``pixels``: H×W×3 uint8 RGB."""

    run: str
    key: str
    pixels: Bytes


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
    | FieldMeasured
    | ChannelsRanked
    | FiltersShown
    | CensusTaken
    | DataExamined
    | AugmentationsShown
    | RunWeights
    | ChannelsTraced
    | RunEvaluated
    | SamplesShown
    | SampleLoaded
    | SourceChanged
    | SnapshotReady
    | NeedMemory
    | NetworksListed
    | CamerasListed
    | ProgressMade
    | ProblemMet
    | EngineStopped
)

"""Commands (window → engine): frozen values, sent over the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.inside.filters import FilterOrder, FiltersView
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import NetworkChoice, Preprocessing
from cnnviz.core.sources.values import SourceCommand, SourceSpec
from cnnviz.core.views import Probe, ViewRequest

if TYPE_CHECKING:  # the window opens without
    from cnnviz.core.training.values import Augmentations, DataChoice, Split


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
class MeasureField:
    """Asks what part of its receptive field a unit listens to, on average over so many of the next frames, or over the
    pictures in ``folder``. ``live``: for the unit under the pointer; it is quick and shows no progress.
    """

    probe: Probe
    frames: int = 1
    folder: str = ""
    live: bool = False


@dataclass(frozen=True)
class RankChannels:
    """Asks what muting each channel of ``layer`` does to a class on the present frame; None: the likeliest class."""

    layer: str
    class_index: int | None = None


@dataclass(frozen=True)
class ShowFilters:
    """Asks for a page of the filters of ``layer``. ``activation``: of each output now, to order by it."""

    layer: str
    view: FiltersView
    order: FilterOrder = "index"
    activation: Floats | None = None


@dataclass(frozen=True)
class TakeCensus:
    """Asks for numbers of every channel over the pictures in ``folder``."""

    folder: str


@dataclass(frozen=True)
class ForgetObservations:
    """What was observed with and without the object is of no use any more."""


@dataclass(frozen=True)
class ExamineData:
    """Asks what a data set is, and for some of its pictures; with ``data.download`` it is fetched if need be.

    ``shape``: channels, height and width that the network to train takes; None: the data's own.
    """

    data: DataChoice
    shape: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class ShowAugmentations:
    """Asks for some pictures of the data examined last, ``columns`` of them, with ``rows`` random versions below."""

    augmentations: Augmentations
    rows: int = 3
    columns: int = 8
    seed: int = 0


@dataclass(frozen=True)
class WatchRun:
    """Put the network of a run on view with the weights of a moment: the step of a checkpoint, "latest" for always the
    newest checkpoint, or "live" for what the trainer writes every so many steps. None: stay with the present ones.
    """

    run: str
    moment: int | Literal["latest", "live"] | None
    every: int = 10


@dataclass(frozen=True)
class TraceChannels:
    """Asks how strong each channel of ``layer`` is on the present frame at every checkpoint of the watched run."""

    layer: str


@dataclass(frozen=True)
class EvaluateRun:
    """Asks what a run's network answers for every picture of ``split``, with the weights of ``moment``: the step of a
    checkpoint, or "latest". None: only for what was kept of the last evaluation.
    """

    run: str
    moment: int | Literal["latest"] | None = None
    split: Split = "validation"


@dataclass(frozen=True)
class ShowSamples:
    """Asks for small pictures of a run's data, ``side`` pixels wide and high, by their keys."""

    run: str
    keys: tuple[str, ...]
    side: int


@dataclass(frozen=True)
class LoadSample:
    """Asks for one picture of a run's data as it was found."""

    run: str
    key: str


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
    | MeasureField
    | RankChannels
    | ShowFilters
    | TakeCensus
    | ForgetObservations
    | ExamineData
    | ShowAugmentations
    | WatchRun
    | TraceChannels
    | EvaluateRun
    | ShowSamples
    | LoadSample
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

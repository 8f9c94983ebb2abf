"""What describes a run, to every process that reads or writes its folder: frozen, without numpy and torch.

Sizes are (height, width). Times are seconds since 1970, durations seconds. A step is one step of the optimiser.
``epoch`` is steps divided by the steps of an epoch: 1.5 is the middle of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

OptimizerName = Literal["sgd", "rmsprop", "adam", "adamw"]
ScheduleName = Literal["constant", "step", "cosine", "one-cycle"]
MemoryFormat = Literal["auto", "contiguous", "channels-last"]
Precision = Literal["full", "float16", "bfloat16"]
Normalisation = Literal["data", "network", "none"]
Split = Literal["train", "validation", "test"]
RunState = Literal["starting", "running", "paused", "finished", "stopped", "failed"]
ControlAction = Literal[
    "pause",
    "resume",
    "step",
    "stop",
    "finish-epoch",
    "checkpoint",
    "learning-rate",
    "momentum",
    "weight-decay",
    "gradient-clipping",
]
TransferStrategy = Literal["none", "feature-extraction", "fine-tuning", "gradual-unfreezing", "two-stage"]

LARGEST_SPEC: Final = 1_000_000
"""Characters of a network's specification."""


@dataclass(frozen=True)
class Limits:
    """The lowest and the highest number a setting may have, or the longest text."""

    low: float
    high: float


def limited(default: Any, low: float, high: float) -> Any:  # noqa: ANN401 - a dataclass field is of any type
    """A field with its default, that ``strict_json`` keeps within these limits."""
    return field(default=default, metadata={"limits": Limits(low, high)})


# ------------------------------------------------------------------------------------------------------ configuration


@dataclass(frozen=True)
class NetworkPlan:
    """The network to train: a name of the registry, or ``spec``, a layer list of the builder as JSON text.

    ``weights``: "none" (random, from the run's seed), "default" or a published set's name; or ``weights_file``. A head
    for another number of classes is replaced. ``input_size`` None: the network's own.
    """

    name: str = ""
    weights: str = "none"
    weights_file: str = limited("", 0, 4096)
    spec: str = limited("", 0, LARGEST_SPEC)
    input_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class DataChoice:
    """The data to train on. ``name``: one of ``data.named``, "folder" (of class folders) or "shapes" (from ``seed``).

    ``root``: where it is or is kept; "" is the cache folder of cnnviz. ``fraction`` and ``limit``: only so much of the
    training pictures, drawn class by class; 0 is no limit. ``validation``: the fraction of the training pictures that
    is held out; None takes the data's own validation part, else its test part, else a fifth. ``normalisation``: by mean
    and deviation of the training pictures, by the network's published preprocessing, or only to 0 … 1. ``edits``: the
    list of corrected and excluded pictures; "" is the one beside the data, if there is any.
    """

    name: str = "mnist"
    root: str = limited("", 0, 4096)
    download: bool = False
    fraction: float = limited(1.0, 1e-6, 1.0)
    limit: int = limited(0, 0, 10**9)
    validation: float | None = limited(None, 0.0, 0.9)
    normalisation: Normalisation = "data"
    memory_limit: int = limited(1024, 0, 2**20)  # MiB; larger data is read from disk batch by batch
    workers: int = limited(0, 0, 64)  # processes that read from disk
    seed: int = limited(0, 0, 2**63 - 1)  # of the split and of the shapes
    edits: str = limited("", 0, 4096)


@dataclass(frozen=True)
class OptimizerChoice:
    """``smoothing``: RMSprop's alpha. ``betas``: of Adam and AdamW. Momentum: of SGD and RMSprop."""

    name: OptimizerName = "rmsprop"
    learning_rate: float = limited(1e-3, 0.0, 1e3)
    momentum: float = limited(0.0, 0.0, 0.9999)
    nesterov: bool = False
    weight_decay: float = limited(0.0, 0.0, 10.0)
    smoothing: float = limited(0.9, 0.0, 0.99999)
    betas: tuple[float, float] = limited((0.9, 0.999), 0.0, 0.99999)
    epsilon: float = limited(1e-7, 1e-12, 1.0)


@dataclass(frozen=True)
class ScheduleChoice:
    """How the learning rate moves. step: times ``factor`` every ``epochs`` epochs; cosine: down to ``final`` of it;
    one-cycle: from a 25th up for ``rise`` of all steps, then down to ``final``. ``warmup``: epochs of a linear start.
    """

    name: ScheduleName = "constant"
    warmup: float = limited(0.0, 0.0, 10_000.0)
    epochs: float = limited(1.0, 0.01, 10_000.0)
    factor: float = limited(0.1, 1e-6, 1.0)
    rise: float = limited(0.3, 0.01, 0.99)
    final: float = limited(0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Augmentations:
    """What is changed at random in every training picture, each time it is shown. Zero: never.

    ``crop_padding``: pixels by which it is moved, black coming in. ``rotation`` and ``shear``: degrees to either side.
    ``translation``: fraction of the side. ``scale``: 0.1 is from 1/1.1 to 1.1. ``brightness``, ``contrast`` and
    ``saturation``: 0.2 is a factor of 0.8 to 1.2. ``hue``: fraction of the colour circle. ``erase``: probability that a
    square of a quarter to half the side is blanked.
    """

    horizontal_flip: bool = False
    vertical_flip: bool = False
    crop_padding: int = limited(0, 0, 64)
    rotation: float = limited(0.0, 0.0, 180.0)
    translation: float = limited(0.0, 0.0, 0.5)
    scale: float = limited(0.0, 0.0, 1.0)
    shear: float = limited(0.0, 0.0, 45.0)
    brightness: float = limited(0.0, 0.0, 1.0)
    contrast: float = limited(0.0, 0.0, 1.0)
    saturation: float = limited(0.0, 0.0, 1.0)
    hue: float = limited(0.0, 0.0, 0.5)
    erase: float = limited(0.0, 0.0, 1.0)


@dataclass(frozen=True)
class LossChoice:
    """Cross-entropy. ``balanced``: classes weigh inversely to how often they occur; ``class_weights``: by hand."""

    label_smoothing: float = limited(0.0, 0.0, 0.99)
    balanced: bool = False
    class_weights: tuple[float, ...] = limited((), 0.0, 1e6)


@dataclass(frozen=True)
class TransferChoice:
    """How what a network has learnt is taken further; its head has the optimiser's learning rate.

    fine-tuning: the first stage has ``lowest_rate``, those between rise geometrically. gradual-unfreezing: the head
    alone, then one more stage from the end at each epoch of ``unfreeze_at``. two-stage: the head alone for
    ``head_epochs``, then everything at ``later_rate`` times the rate.

    ``cache``: where only the head learns, what the frozen stages make of the pictures is computed once and kept if
    ``DataChoice.memory_limit`` allows. Augmented pictures are kept as ``cached_copies`` each, shown in turn; 0: not.
    """

    strategy: TransferStrategy = "none"
    lowest_rate: float = limited(1e-5, 1e-12, 1e3)
    unfreeze_at: tuple[int, ...] = limited((1, 2), 1, 100_000)
    head_epochs: int = limited(1, 1, 100_000)
    later_rate: float = limited(0.1, 1e-6, 1.0)
    cache: bool = True
    cached_copies: int = limited(0, 0, 1000)


@dataclass(frozen=True)
class Recording:
    """What a run writes how often, in steps. ``layers`` 0: never. ``checkpoints``: beside those at every epoch's end.

    Kept are the ``keep_last`` newest checkpoints, the best, the first, and every ``keep_every``-th (0: none).
    """

    metrics: int = limited(10, 1, 10**6)
    layers: int = limited(100, 0, 10**6)
    checkpoints: int = limited(0, 0, 10**9)
    keep_last: int = limited(2, 1, 10**6)
    keep_every: int = limited(0, 0, 10**6)


@dataclass(frozen=True)
class RunConfiguration:
    """Everything needed to repeat a run.

    ``batch_size``: pictures a step, over all processes; ``accumulation``: parts in which a step is computed, where the
    memory does not hold it at once. ``gradient_clipping``: largest norm of all gradients together, 0 for none.
    ``early_stopping``: epochs without a lower validation loss after which the run ends, 0 for never. ``versions``: of
    the programs that made the run.
    """

    network: NetworkPlan = NetworkPlan()
    data: DataChoice = DataChoice()
    epochs: int = limited(5, 1, 100_000)
    batch_size: int = limited(128, 1, 65_536)
    optimizer: OptimizerChoice = OptimizerChoice()
    schedule: ScheduleChoice = ScheduleChoice()
    loss: LossChoice = LossChoice()
    augmentations: Augmentations = Augmentations()
    recording: Recording = Recording()
    transfer: TransferChoice = TransferChoice()
    gradient_clipping: float = limited(0.0, 0.0, 1e9)
    accumulation: int = limited(1, 1, 65_536)
    precision: Precision = "full"
    memory_format: MemoryFormat = "auto"
    early_stopping: int = limited(0, 0, 100_000)
    deterministic: bool = False
    device: str = "auto"
    seed: int = limited(0, 0, 2**63 - 1)
    versions: Mapping[str, str] = field(default_factory=dict)


# ----------------------------------------------------------------------------------------------------- what a run says


@dataclass(frozen=True)
class LayerMeasures:
    """Of one layer's own parameters together, at one step: norm of the gradient before clipping, and norm of the step
    divided by the norm of the parameters before it.

    ``silent``: share of its units (filters, neurons) whose weights got no gradient at all from the pictures of this
    step, as behind a ReLU that gave 0 for all of them; None for layers without a matrix or kernels.
    """

    gradient_norm: float
    update_ratio: float
    silent: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """``loss``: the objective of the training, as a mean. NaN where no picture could be read."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class MetricsLine:
    """One line of metrics.jsonl. Training loss and accuracy are means since the last such line.

    ``seconds``: of training since the run began, pauses and interruptions left out. ``time``: when it was written.
    ``event``: a sentence ("learning rate 0.001 → 0.0005, by hand"); such a line may have no numbers.
    """

    step: int
    epoch: float
    split: Split = "train"
    loss: float | None = None
    accuracy: float | None = None
    learning_rate: float | None = None
    images_per_second: float | None = None
    seconds: float = 0.0
    time: float = 0.0
    layers: Mapping[str, LayerMeasures] = field(default_factory=dict)
    event: str = ""


@dataclass(frozen=True)
class RunStatus:
    """What status.json says. ``remaining``: seconds to the end at the pace so far; None while that is unknown.

    ``message``: why it failed or stopped, or what is going on; ``best_step``: the checkpoint with the best validation
    accuracy so far.
    """

    state: RunState
    message: str = ""
    step: int = 0
    total_steps: int = 0
    steps_per_epoch: int = 0
    seconds: float = 0.0
    remaining: float | None = None
    images_per_second: float | None = None
    best_step: int | None = None
    best_accuracy: float | None = None
    device: str = ""
    pid: int = 0
    host: str = ""
    started: float = 0.0
    heartbeat: float = 0.0

    @property
    def epoch(self) -> float:
        return self.step / self.steps_per_epoch if self.steps_per_epoch else 0.0


@dataclass(frozen=True)
class Control:
    """One order to a running trainer. ``value``: of learning-rate, momentum and weight-decay."""

    action: ControlAction
    value: float | None = None


@dataclass(frozen=True)
class CheckpointInfo:
    """A checkpoint's folder. ``weights``: its file of tensors, as any network file can be opened."""

    step: int
    folder: str
    weights: str


# ---------------------------------------------------------------------------------------------------------------- data


@dataclass(frozen=True)
class BrokenFile:
    """A file that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class SplitSummary:
    """``counts``: pictures a class. ``samples``: some positions of pictures in the split, a class each."""

    split: Split
    counts: tuple[int, ...]
    samples: tuple[tuple[int, ...], ...] = ()

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class DataSummary:
    """What a data set is. ``sizes``: the most frequent sizes of its files and how many have them.

    ``mean`` and ``std``: of the training pictures, a channel each, of values from 0 to 1. ``imbalance``: pictures of
    the largest class for one of the smallest that has any. ``broken``: the first of ``broken_count`` files left out.
    ``relabelled`` and ``excluded``: pictures changed by the edit list; excluded ones are in no count.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    splits: tuple[SplitSummary, ...]
    channels: int
    input_size: tuple[int, int]
    sizes: tuple[tuple[int, int, int], ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    imbalance: float = 1.0
    empty_classes: tuple[str, ...] = ()
    broken: tuple[BrokenFile, ...] = ()
    broken_count: int = 0
    in_memory: bool = True
    root: str = ""
    notes: tuple[str, ...] = ()
    relabelled: int = 0
    excluded: int = 0

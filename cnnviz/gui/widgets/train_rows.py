"""The settings of a run as the window names them: a table, in the order in which they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.values import RunConfiguration

Kind = Literal["number", "whole", "flag", "choice", "numbers"]
Section = Literal["basic", "transfer", "augmentation", "advanced"]


@dataclass(frozen=True)
class SettingRow:
    """``place``: in the configuration. ``choices``: names and words. ``when``: whether it is of any use now.
    ``empty``: the word for None. ``numbers``: several, with commas between them, ``whole`` or not.
    """

    place: str
    label: str
    kind: Kind
    tip: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    when: Callable[[RunConfiguration], bool] | None = None
    empty: str | None = None
    whole: bool = False


def _of(*optimizers: str) -> Callable[[RunConfiguration], bool]:
    return lambda settings: settings.optimizer.name in optimizers


def _with(*schedules: str) -> Callable[[RunConfiguration], bool]:
    return lambda settings: settings.schedule.name in schedules


def _by(strategy: str) -> Callable[[RunConfiguration], bool]:
    return lambda settings: settings.transfer.strategy == strategy


def _has_momentum(settings: RunConfiguration) -> bool:
    return settings.optimizer.name == "sgd" and settings.optimizer.momentum > 0


SETTINGS: Final[Mapping[Section, tuple[SettingRow, ...]]] = {
    "basic": (
        SettingRow("epochs", "Epochs", "whole", "How often every training picture is shown"),
        SettingRow("batch_size", "Batch size", "whole", "Pictures a step"),
        SettingRow(
            "optimizer.name",
            "Optimiser",
            "choice",
            "How the weights follow their gradients",
            (("sgd", "SGD"), ("rmsprop", "RMSprop"), ("adam", "Adam"), ("adamw", "AdamW")),
        ),
        SettingRow(
            "optimizer.learning_rate", "Learning rate", "number", "The length of a step; highest of the schedule"
        ),
        SettingRow(
            "optimizer.momentum", "Momentum", "number", "How much of the last step goes on", when=_of("sgd", "rmsprop")
        ),
        SettingRow("optimizer.nesterov", "Nesterov", "flag", "Look ahead along the momentum", when=_has_momentum),
        SettingRow("optimizer.weight_decay", "Weight decay", "number", "Pull of the weights towards zero"),
        SettingRow(
            "schedule.name",
            "Schedule",
            "choice",
            "How the learning rate moves",
            (("constant", "Constant"), ("step", "Steps"), ("cosine", "Cosine"), ("one-cycle", "One cycle")),
        ),
        SettingRow("schedule.epochs", "Every … epochs", "number", "Epochs between steps", when=_with("step")),
        SettingRow("schedule.factor", "Times", "number", "What the rate is multiplied by at each", when=_with("step")),
        SettingRow("schedule.rise", "Rise", "number", "Part of all steps in which it rises", when=_with("one-cycle")),
        SettingRow(
            "schedule.final",
            "Down to",
            "number",
            "Part of the rate that is left at the end",
            when=_with("cosine", "one-cycle"),
        ),
        SettingRow("schedule.warmup", "Warm-up", "number", "Epochs of a linear start"),
        SettingRow("seed", "Seed", "whole", "Of weights, order and augmentations: the same seed gives the same run"),
    ),
    "transfer": (
        SettingRow(
            "transfer.lowest_rate",
            "Lowest rate",
            "number",
            "Of the first stage; those between rise to the head's",
            when=_by("fine-tuning"),
        ),
        SettingRow(
            "transfer.unfreeze_at",
            "Unfreeze at",
            "numbers",
            "Epochs at which one more stage from the end learns",
            when=_by("gradual-unfreezing"),
            whole=True,
        ),
        SettingRow(
            "transfer.head_epochs", "Head alone, epochs", "whole", "Before everything learns", when=_by("two-stage")
        ),
        SettingRow(
            "transfer.later_rate",
            "Then times",
            "number",
            "What the rate is multiplied by once everything learns",
            when=_by("two-stage"),
        ),
    ),
    "augmentation": (
        SettingRow("augmentations.horizontal_flip", "Mirror left–right", "flag", "Not for digits or text"),
        SettingRow(
            "augmentations.vertical_flip",
            "Mirror top–bottom",
            "flag",
            "For pictures without an up, as under a microscope",
        ),
        SettingRow("augmentations.crop_padding", "Move, pixels", "whole", "By up to so many pixels, black coming in"),
        SettingRow("augmentations.rotation", "Turn, degrees", "number", "To either side"),
        SettingRow("augmentations.translation", "Shift", "number", "Up to this part of the side"),
        SettingRow("augmentations.scale", "Scale", "number", "0.1: from 1/1.1 to 1.1"),
        SettingRow("augmentations.shear", "Slant, degrees", "number", "To either side"),
        SettingRow("augmentations.brightness", "Brightness", "number", "0.2: times 0.8 to 1.2"),
        SettingRow("augmentations.contrast", "Contrast", "number", "0.2: times 0.8 to 1.2"),
        SettingRow("augmentations.saturation", "Saturation", "number", "0.2: times 0.8 to 1.2"),
        SettingRow("augmentations.hue", "Hue", "number", "Part of the colour circle"),
        SettingRow("augmentations.erase", "Erase", "number", "Probability that a square is blanked"),
    ),
    "advanced": (
        SettingRow(
            "data.fraction", "Fraction of the data", "number", "Train on this part of the pictures, class by class"
        ),
        SettingRow("data.limit", "At most … pictures", "whole", "0: no limit"),
        SettingRow("data.validation", "Held out", "number", "Part held out for validation", empty="the data's own"),
        SettingRow(
            "data.normalisation",
            "Normalise by",
            "choice",
            "Mean and deviation that pictures are brought to",
            (("data", "the data"), ("network", "the network's weights"), ("none", "nothing")),
        ),
        SettingRow(
            "loss.label_smoothing", "Label smoothing", "number", "Spread this much of each label over all classes"
        ),
        SettingRow("loss.balanced", "Balance the classes", "flag", "Classes weigh inversely to how often they occur"),
        SettingRow(
            "loss.class_weights", "Class weights", "numbers", "One for each class, with commas; empty: all alike"
        ),
        SettingRow("gradient_clipping", "Clip gradients", "number", "Largest norm of all gradients together; 0: never"),
        SettingRow("accumulation", "Parts of a step", "whole", "Where the memory does not hold a batch at once"),
        SettingRow(
            "early_stopping", "Stop early", "whole", "After so many epochs without a lower validation loss; 0: never"
        ),
        SettingRow("optimizer.smoothing", "Smoothing", "number", "Of RMSprop's running mean", when=_of("rmsprop")),
        SettingRow("optimizer.betas", "Betas", "numbers", "Of Adam's running means", when=_of("adam", "adamw")),
        SettingRow(
            "optimizer.epsilon", "Epsilon", "number", "Against a division by zero", when=_of("rmsprop", "adam", "adamw")
        ),
        SettingRow(
            "precision",
            "Precision",
            "choice",
            "Mixed precision is for CUDA devices",
            (("full", "full"), ("float16", "mixed, float16"), ("bfloat16", "mixed, bfloat16")),
        ),
        SettingRow(
            "deterministic", "Deterministic", "flag", "Only algorithms that repeat exactly, on CUDA devices too"
        ),
        SettingRow("recording.metrics", "Log every … steps", "whole", "Steps between lines of metrics"),
        SettingRow(
            "recording.layers", "Layers every … steps", "whole", "Steps between measurements of the layers; 0: never"
        ),
        SettingRow(
            "recording.checkpoints",
            "Checkpoint every … steps",
            "whole",
            "Beside those at every epoch's end; 0: only those",
        ),
        SettingRow("recording.keep_last", "Keep checkpoints", "whole", "The newest, beside the first and the best"),
        SettingRow("recording.keep_every", "Keep every … steps", "whole", "Checkpoints that stay for ever; 0: none"),
    ),
}

_OTHERS: Final = {
    "network.name": "Network",
    "network.spec": "Network of the builder",
    "network.weights": "Weights at the start",
    "network.weights_file": "Weights at the start",
    "network.input_size": "Input size",
    "data.name": "Data",
    "data.seed": "Seed of the split",
    "transfer.strategy": "Transfer learning",
    "device": "Device",
    "memory_format": "Memory format",
}


def tr(text: str) -> str:
    """A text of this table in the user's language."""
    return QCoreApplication.translate("TrainRows", text)


def label_of(place: str) -> str:
    """What the window calls a setting; its place where it has no name."""
    rows = (row for section in SETTINGS.values() for row in section)
    label = next((row.label for row in rows if row.place == place), _OTHERS.get(place))
    return tr(label) if label else place

"""The options of ``cnnviz train`` and what they make of a configuration. Imports nothing heavy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args

from cnnviz.core.ordinary_file import open_ordinary
from cnnviz.core.training.configuration import PRESETS, checked, read_configuration, receive_configuration
from cnnviz.core.training.data.named import DATA_NAMES, FOLDER
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.values import (
    LARGEST_SPEC,
    MemoryFormat,
    Normalisation,
    OptimizerName,
    Precision,
    RunConfiguration,
    ScheduleName,
    TransferStrategy,
)

Option = tuple[str, str, Callable[[str], Any], str, str]


def _weights(text: str) -> tuple[float, ...]:
    """ "1,2.5" in the same way."""
    return tuple(map(float, text.split(",")))


def _epochs(text: str) -> tuple[int, ...]:
    """ "1,3" for argparse, which says what is wrong with anything else."""
    return tuple(map(int, text.split(",")))


_VALUES: Final[tuple[Option, ...]] = (
    # option, place in the configuration, type, word for the value, help
    ("--weights", "network.weights", str, "SET", "start from published weights: default, or a set's name"),
    ("--weights-file", "network.weights_file", str, "FILE", "start from a weights file"),
    ("--input-size", "network.input_size", int, "SIDE", "side of the pictures; the network's own otherwise"),
    ("--data-root", "data.root", str, "DIR", "where the data is or is kept; cnnviz's cache otherwise"),
    ("--fraction", "data.fraction", float, "F", "train on this fraction of the training pictures"),
    ("--limit", "data.limit", int, "N", "train on at most so many pictures"),
    ("--validation", "data.validation", float, "F", "hold out this fraction of the training pictures"),
    ("--memory-limit", "data.memory_limit", int, "MIB", "larger data is read from disk batch by batch"),
    ("--workers", "data.workers", int, "N", "processes that read from disk"),
    ("--data-seed", "data.seed", int, "S", "of the split, and of the shapes"),
    ("--epochs", "epochs", int, "N", "times each training picture is shown"),
    ("--batch-size", "batch_size", int, "B", "pictures a step, over all processes"),
    ("--accumulation", "accumulation", int, "N", "parts a step is computed in, to save memory"),
    ("--lr", "optimizer.learning_rate", float, "RATE", "learning rate; with --resume, the one to go on with"),
    ("--momentum", "optimizer.momentum", float, "M", "of sgd and rmsprop"),
    ("--weight-decay", "optimizer.weight_decay", float, "D", "pull of the weights towards zero"),
    ("--smoothing", "optimizer.smoothing", float, "A", "rmsprop's running mean"),
    ("--epsilon", "optimizer.epsilon", float, "E", "against division by zero in rmsprop and adam"),
    ("--warmup", "schedule.warmup", float, "EPOCHS", "epochs of a linear start of the learning rate"),
    ("--step-epochs", "schedule.epochs", float, "EPOCHS", "of the step schedule: epochs between steps"),
    ("--step-factor", "schedule.factor", float, "F", "of the step schedule: what the rate is multiplied by"),
    ("--final-rate", "schedule.final", float, "F", "of cosine and one-cycle: fraction of the rate at the end"),
    ("--label-smoothing", "loss.label_smoothing", float, "F", "spread this much of each label over all classes"),
    (
        "--class-weights",
        "loss.class_weights",
        _weights,
        "W,W…",
        "weight of each class in the loss, in the classes' order",
    ),
    ("--clip", "gradient_clipping", float, "NORM", "largest norm of all gradients together"),
    ("--early-stopping", "early_stopping", int, "EPOCHS", "end after so many epochs without a lower validation loss"),
    ("--crop-padding", "augmentations.crop_padding", int, "PIXELS", "move training pictures by up to so much"),
    ("--rotation", "augmentations.rotation", float, "DEGREES", "turn training pictures by up to so much"),
    ("--translation", "augmentations.translation", float, "F", "shift them by up to this fraction of their side"),
    ("--scale", "augmentations.scale", float, "F", "enlarge or reduce them by up to this"),
    ("--shear", "augmentations.shear", float, "DEGREES", "slant them by up to so much"),
    ("--brightness", "augmentations.brightness", float, "F", "change their brightness by up to this"),
    ("--contrast", "augmentations.contrast", float, "F", "change their contrast by up to this"),
    ("--saturation", "augmentations.saturation", float, "F", "change their saturation by up to this"),
    ("--hue", "augmentations.hue", float, "F", "change their hue by up to this part of the circle"),
    ("--erase", "augmentations.erase", float, "P", "blank a square of them with this probability"),
    ("--log-every", "recording.metrics", int, "STEPS", "steps between lines of metrics"),
    ("--layers-every", "recording.layers", int, "STEPS", "steps between measurements of the layers; 0 for none"),
    ("--checkpoint-every", "recording.checkpoints", int, "STEPS", "steps between checkpoints within an epoch"),
    ("--keep-last", "recording.keep_last", int, "N", "newest checkpoints to keep, beside the best and the first"),
    ("--keep-every", "recording.keep_every", int, "STEPS", "keep checkpoints of multiples of so many steps for ever"),
    ("--device", "device", str, "NAME", "cpu, cuda, cuda:1, mps; automatic otherwise"),
    (
        "--edits",
        "data.edits",
        str,
        "FILE",
        "list of corrected and excluded pictures; the one beside the data otherwise",
    ),
    ("--lowest-rate", "transfer.lowest_rate", float, "RATE", "of fine-tuning: the first stage's learning rate"),
    ("--unfreeze-at", "transfer.unfreeze_at", _epochs, "E,E…", "of gradual-unfreezing: epochs at which a stage thaws"),
    ("--head-epochs", "transfer.head_epochs", int, "N", "of two-stage: epochs of the head alone"),
    ("--later-rate", "transfer.later_rate", float, "F", "of two-stage: what the rate is multiplied by after them"),
    ("--cached-copies", "transfer.cached_copies", int, "N", "augmented copies of which frozen features are kept"),
    ("--seed", "seed", int, "S", "of weights, order and augmentations"),
)

_CHOICES: Final = (
    ("--optimizer", "optimizer.name", get_args(OptimizerName), "how the weights follow their gradients"),
    ("--schedule", "schedule.name", get_args(ScheduleName), "how the learning rate moves"),
    ("--normalisation", "data.normalisation", get_args(Normalisation), "by the data's or the network's mean"),
    ("--transfer", "transfer.strategy", get_args(TransferStrategy), "how what the weights know is taken further"),
    ("--precision", "precision", get_args(Precision), "mixed precision, on CUDA devices"),
    ("--memory-format", "memory_format", get_args(MemoryFormat), "of pictures and weights"),
)

_FLAGS: Final = (
    ("--download", "data.download", "fetch the data if it is not there"),
    ("--nesterov", "optimizer.nesterov", "sgd with Nesterov's momentum"),
    ("--balanced", "loss.balanced", "weigh classes inversely to how often they occur"),
    ("--horizontal-flip", "augmentations.horizontal_flip", "mirror training pictures left to right at random"),
    ("--vertical-flip", "augmentations.vertical_flip", "mirror them top to bottom at random"),
    ("--deterministic", "deterministic", "only algorithms that repeat exactly, on CUDA devices too"),
)


_CHANGEABLE: Final = frozenset({"optimizer.learning_rate", "gradient_clipping"})
"""Of a run that is gone on with."""


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Everything ``configuration_of`` reads, and the run's folder."""
    parser.add_argument("resumed", nargs="?", type=Path, metavar="RUN", help="with --resume: the run's folder")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--out", type=Path, metavar="RUN", help="folder of a new run; made if it is not there")
    parser.add_argument("--find-lr", action="store_true", help="try rising learning rates; print which to begin with")
    parser.add_argument("--json-lines", action="store_true", help="with --find-lr: each step, as it goes, as JSON")
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="write RUN's curves there as event files")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--preset", choices=tuple(PRESETS), help="start from named settings; other options change them")
    start.add_argument("--config", metavar="FILE", help="start from those of a run's config.json; - for standard input")
    parser.add_argument("--network", metavar="NAME", help="a network of `cnnviz networks`, or a specification (.json)")
    parser.add_argument("--data", metavar="NAME", help=f"{', '.join(DATA_NAMES)}; or a folder of class folders")
    for option, place, kind, word, words in _VALUES:
        parser.add_argument(option, dest=place, type=kind, metavar=word, help=words)
    for option, place, choices, words in _CHOICES:
        parser.add_argument(option, dest=place, choices=choices, help=words)
    for option, place, words in _FLAGS:
        parser.add_argument(option, dest=place, action="store_true", default=None, help=words)


def run_of(options: argparse.Namespace) -> tuple[Path, RunConfiguration | None]:
    """The run's folder, and what to train there; None to resume. Raises ConfigurationError: the one or the other."""
    folder = options.resumed or options.out
    if folder is None or (options.resumed and (options.out or not options.resume)):
        raise ConfigurationError("Name the folder of a new run (--out RUN), or one to go on with (RUN --resume).")
    if not options.resume:
        return folder, configuration_of(options)
    others = [*(set(_given(options)) - _CHANGEABLE), *filter(None, _chosen(options))]
    if others:
        raise ConfigurationError(
            "A resumed run keeps its settings: give only --lr and --clip, or start a new run (--out)."
        )
    return folder, None


def run_to_export(options: argparse.Namespace) -> Path:
    """Raises ConfigurationError: none is named."""
    if options.resumed is None:
        raise ConfigurationError("Name the run to export: cnnviz train RUN --tensorboard DIR.")
    run: Path = options.resumed
    return run


def changes_of(options: argparse.Namespace) -> tuple[float | None, float | None]:
    """What --lr and --clip say, to go on with."""
    return getattr(options, "optimizer.learning_rate"), options.gradient_clipping


def configuration_of(options: argparse.Namespace) -> RunConfiguration:
    """The preset, the file, or the course's settings, as the options change them. Raises ConfigurationError."""
    given = _given(options)
    if "network.input_size" in given:
        given["network.input_size"] = (given["network.input_size"],) * 2
    if given.get("transfer.strategy", "none") != "none":
        given.setdefault("data.normalisation", "network")  # what the weights know, they know of such pictures
    configuration: RunConfiguration = _changed(_start_of(options), given)
    return checked(_with_network(_with_data(configuration, options.data), options.network))


def _start_of(options: argparse.Namespace) -> RunConfiguration:
    if not options.config:
        return PRESETS[options.preset or "lecture"]
    if options.config == "-":
        return receive_configuration(sys.stdin.buffer)
    return read_configuration(Path(options.config))


def _chosen(options: argparse.Namespace) -> tuple[str | None, ...]:
    return options.preset, options.config, options.network, options.data


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """By place in the configuration."""
    return {place: value for place, value in vars(options).items() if value is not None and _is_place(place)}


def _is_place(name: str) -> bool:
    return any(name == place for table in (_VALUES, _CHOICES, _FLAGS) for _, place, *_ in table)


def _changed(value: Any, given: dict[str, Any], prefix: str = "") -> Any:  # noqa: ANN401 - the same dataclass
    changes = {}
    for each in fields(value):
        place, current = f"{prefix}{each.name}", getattr(value, each.name)
        if is_dataclass(current):
            changes[each.name] = _changed(current, given, f"{place}.")
        elif place in given:
            changes[each.name] = given[place]
    return replace(value, **changes)


def _with_network(configuration: RunConfiguration, network: str | None) -> RunConfiguration:
    if network is None:
        return configuration
    name, spec = ("", _spec_text(Path(network))) if network.lower().endswith(".json") else (network, "")
    return replace(configuration, network=replace(configuration.network, name=name, spec=spec))


def _spec_text(file: Path) -> str:
    try:
        with open_ordinary(file) as stream:
            text = stream.read(4 * LARGEST_SPEC + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The specification {file} cannot be read: {error}.") from error
    return text


def _with_data(configuration: RunConfiguration, data: str | None) -> RunConfiguration:
    if data is None:
        return configuration
    if data in DATA_NAMES:
        return replace(configuration, data=replace(configuration.data, name=data))
    if not Path(data).is_dir():
        raise ConfigurationError(f"{data} is neither a folder nor a data set: choose one of {', '.join(DATA_NAMES)}.")
    return replace(configuration, data=replace(configuration.data, name=FOLDER, root=data))

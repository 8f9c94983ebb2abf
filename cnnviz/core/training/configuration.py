"""config.json of a run, and the settings that go by a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from cnnviz import __version__
from cnnviz.core.counted import counted
from cnnviz.core.ordinary_file import read_ordinary
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.strict_json import check, read_text, write_text
from cnnviz.core.training.transfer_values import check_transfer
from cnnviz.core.training.values import (
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
    ScheduleChoice,
)

_LARGEST_FILE = 4 * 2**20

LECTURE: Final = RunConfiguration(network=NetworkPlan("convnet-mnist"))
"""The course's settings: RMSprop with a rate of 0.001, batches of 128, 5 epochs (Keras's own defaults)."""

MNIST_FAST: Final = RunConfiguration(
    network=NetworkPlan("convnet-mnist"),
    epochs=2,
    batch_size=128,
    optimizer=OptimizerChoice("adam", 4e-3, epsilon=1e-8),
    schedule=ScheduleChoice("one-cycle"),
    recording=Recording(layers=0),
)
"""MNIST to 99 % in as little time as we found: one cycle of Adam up to a rate four times the usual."""

PRESETS: Final[Mapping[str, RunConfiguration]] = {"lecture": LECTURE, "mnist-fast": MNIST_FAST}


def installed_versions() -> dict[str, str]:
    """What a run is made with; nothing is imported for it."""
    import platform
    from importlib import metadata

    found = {"cnnviz": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("numpy", "torch", "torchvision")}


def checked(configuration: RunConfiguration) -> RunConfiguration:
    """The configuration itself. Raises ConfigurationError: out of range, or settings that contradict each other."""
    check(configuration)
    network, data = configuration.network, configuration.data
    if bool(network.name) == bool(network.spec):
        raise ConfigurationError("A run needs either the name of a network or a specification: give one of the two.")
    if data.name == "folder" and not data.root:
        raise ConfigurationError("The data is a folder of one's own: say which folder (--data-root).")
    if configuration.accumulation > configuration.batch_size:
        pictures = counted(configuration.batch_size, "picture")
        raise ConfigurationError(
            f"A step of {pictures} cannot be computed in {configuration.accumulation} parts: lower the accumulation."
        )
    optimizer = configuration.optimizer
    if optimizer.nesterov and not (optimizer.name == "sgd" and optimizer.momentum):
        raise ConfigurationError("Nesterov's momentum is a variant of SGD's: choose sgd and a momentum above 0.")
    check_transfer(configuration)
    return configuration


def write_configuration(configuration: RunConfiguration) -> str:
    """config.json's text, with the versions that are installed now."""
    return write_text(replace(configuration, versions=installed_versions()))


def read_configuration(file: Path) -> RunConfiguration:
    """Raises ConfigurationError: missing, too large, or anything in it is not as it must be."""
    try:
        content = read_ordinary(file, _LARGEST_FILE)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", details=str(error)) from error
    return _configuration_in(content, file.name)


def receive_configuration(stream: BinaryIO) -> RunConfiguration:
    """All that comes out of a pipe. Raises as ``read_configuration``."""
    content = stream.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(f"What came on standard input is larger than {_LARGEST_FILE >> 20} MiB.")
    return _configuration_in(content, "what came on standard input")


def _configuration_in(content: bytes, where: str) -> RunConfiguration:
    return checked(read_text(RunConfiguration, content.decode("utf-8", errors="replace"), where))

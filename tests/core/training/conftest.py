"""A run that takes a second: six shapes of 12×12 pixels and a network that has all that makes resuming hard."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import (
    Augmentations,
    DataChoice,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
)

CLOCKS = ("seconds", "time", "images_per_second")
"""What two equal runs differ in."""


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny tensors: a second thread only waits for the first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_spec() -> str:
    """Batch norm has running statistics, dropout draws random numbers."""
    rows = (
        *(layer("conv", filters=4, padding=1, bias=False), layer("batch_norm"), layer("relu"), layer("max_pool")),
        *(layer("flatten"), layer("dropout"), layer("linear", features=6)),
    )
    return spec_text(NetworkSpec("Tiny", (1, 12, 12), named(rows)))


@pytest.fixture
def tiny_run(tiny_spec) -> RunConfiguration:
    """Two epochs of twelve steps."""
    return RunConfiguration(
        network=NetworkPlan(spec=tiny_spec),
        data=DataChoice("shapes", limit=192),
        epochs=2,
        batch_size=16,
        optimizer=OptimizerChoice("adam", 0.01, epsilon=1e-8),
        recording=Recording(metrics=5, layers=4),
        augmentations=Augmentations(horizontal_flip=True, crop_padding=1, rotation=10),
    )


def recorded(run: Path) -> list[dict]:
    """The lines of a run's metrics without what a clock said."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in line.items() if key not in CLOCKS} for line in lines]


@pytest.fixture(scope="session")
def metrics_of():
    return recorded


@pytest.fixture(scope="session")
def read_run():
    def read(run: Path) -> RunReader:
        reader = RunReader(run)
        reader.refresh()
        return reader

    return read


@pytest.fixture(scope="session")
def changed():
    """``changed(configuration, "optimizer.name", "sgd")``: one setting deep inside another."""

    def change(value, place: str, new):
        name, _, rest = place.partition(".")
        return replace(value, **{name: change(getattr(value, name), rest, new) if rest else new})

    return change

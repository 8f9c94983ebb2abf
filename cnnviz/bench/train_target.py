"""How long until MNIST's test pictures are told right 99 times in 100."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from cnnviz.core.networks.shipped import convnet_mnist
from cnnviz.core.training.configuration import MNIST_FAST
from cnnviz.core.training.data.fetch import find_or_fetch
from cnnviz.core.training.data.named import NAMED_SETS
from cnnviz.core.training.run import train_run
from cnnviz.core.training.values import Evaluation, RunStatus

TARGET = 0.99
_MOST_EPOCHS = 12


@dataclass(frozen=True)
class Reached:
    """After how much training and testing the target was reached; ``accuracy`` below it: never."""

    seconds: float
    epochs: int
    accuracy: float


def seconds_of_preset(mnist: Path, folder: Path) -> Reached:
    """``cnnviz train --preset mnist-fast``, from its start with torch imported to the end of its last test."""
    configuration = replace(MNIST_FAST, data=replace(MNIST_FAST.data, root=str(mnist)))
    found: list[Evaluation] = []

    def note(_status: RunStatus, validation: Evaluation) -> None:
        found.append(validation)

    started = time.perf_counter()
    train_run(folder / "preset", configuration, watch=note)
    return Reached(time.perf_counter() - started, len(found), found[-1].accuracy)


def seconds_of_usual_script(mnist: Path, folder: Path) -> Reached:
    """As tutorials have it: torchvision's MNIST, a transform a picture, RMSprop and batches of 128."""
    torch.manual_seed(0)
    started = time.perf_counter()
    train, test = (_loader(_torchvision_root(mnist, folder), train=train) for train in (True, False))
    module = convnet_mnist()
    accuracies: list[float] = []
    for accuracy in _epochs(module, train, test):
        accuracies.append(accuracy)
        if accuracy >= TARGET:
            break
    return Reached(time.perf_counter() - started, len(accuracies), accuracies[-1])


def _torchvision_root(mnist: Path, folder: Path) -> Path:
    """torchvision unpacks beside the packed files, so it gets a copy."""
    root = folder / "usual"
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    source = find_or_fetch(NAMED_SETS["mnist"], str(mnist), fetch=False, tell=_ignore, stop=lambda: False)
    for file in source.glob("*-ubyte*"):
        shutil.copy(file, raw)
    return root


def _ignore(_text: str, _fraction: float | None) -> None:
    """Nothing is fetched."""


def _loader(root: Path, *, train: bool) -> DataLoader[Any]:
    from torchvision import datasets, transforms  # type: ignore[import-untyped] # torchvision ships no types

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    data = datasets.MNIST(str(root), train=train, download=True, transform=transform)
    return DataLoader(data, batch_size=128 if train else 1000, shuffle=train)


def _epochs(module: nn.Module, train: DataLoader[Any], test: DataLoader[Any]) -> Iterator[float]:
    """The test accuracy after each epoch."""
    optimizer = torch.optim.RMSprop(module.parameters(), lr=1e-3)
    for _ in range(_MOST_EPOCHS):
        module.train()
        for inputs, labels in train:
            optimizer.zero_grad()
            torch.autograd.backward(functional.cross_entropy(module(inputs), labels))
            optimizer.step()
        yield _accuracy(module, test)


@torch.no_grad()
def _accuracy(module: nn.Module, test: DataLoader[Any]) -> float:
    module.eval()
    right = sum(int((module(inputs).argmax(1) == labels).sum()) for inputs, labels in test)
    return right / len(test.dataset)  # type: ignore[arg-type] # MNIST has a length

"""The network of a run: built from its name or specification, with a head for the data's classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build, preprocessing_of
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.checkpoint import load_checkpoint, read_checkpoint
from cnnviz.core.networks.download import Cancelled, OnProgress
from cnnviz.core.networks.head import class_count, replace_head
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.values import NetworkChoice, Preprocessing
from cnnviz.core.training.errors import TrainingError
from cnnviz.core.training.values import NetworkPlan

MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}


@dataclass(frozen=True, eq=False)
class PlannedNetwork:
    """``module``: on the CPU. ``preprocessing``: of its published weights or its specification, with our input size."""

    module: nn.Module
    title: str
    preprocessing: Preprocessing


def plan_network(
    plan: NetworkPlan, seed: int, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None
) -> PlannedNetwork:
    """Random weights are the same for the same ``seed``; the caller's random state stays. Raises NetworkError."""
    if plan.spec:
        return _from_spec(plan, seed)
    choice = NetworkChoice(plan.name, plan.weights, plan.weights_file, seed=seed, replace_head=bool(plan.weights_file))
    loaded = load_network(choice, device="cpu", on_progress=on_progress, cancelled=cancelled)
    preprocessing = loaded.preprocessing
    if plan.input_size and plan.input_size != preprocessing.input_size:
        preprocessing = replace(preprocessing, input_size=plan.input_size, resize=None)
        loaded = load_network(replace(choice, preprocessing=preprocessing), device="cpu", cancelled=cancelled)
    return PlannedNetwork(loaded.module, loaded.title, preprocessing)


def _from_spec(plan: NetworkPlan, seed: int) -> PlannedNetwork:
    spec = read_spec(plan.spec)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        module = build(spec, plan.input_size)
        if plan.weights_file:
            checkpoint = read_checkpoint(Path(plan.weights_file))
            load_checkpoint(module, checkpoint, network=spec.title, replace_head_to_fit=True)
    preprocessing = preprocessing_of(spec)
    size = plan.input_size or preprocessing.input_size
    return PlannedNetwork(module, spec.title, replace(preprocessing, input_size=size))


def fit_head(network: PlannedNetwork, classes: int, seed: int) -> None:
    """Gives the network a new last layer if it has not one output a class, and tries it on two black pictures.

    Raises TrainingError where the network cannot run on its input size or has outputs other than one row of classes.
    """
    if class_count(network.module) != classes:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            replace_head(network.module, classes)
    shape = _output_shape(network)
    if shape != (2, classes):
        raise TrainingError(
            f"{network.title} answers two pictures with numbers of shape {shape}, not (2, {classes}): "
            "choose a network for classification."
        )


def _output_shape(network: PlannedNetwork) -> tuple[int, ...]:
    preprocessing, module = network.preprocessing, network.module.eval()
    height, width = preprocessing.input_size
    try:
        with torch.inference_mode():
            output = module(torch.zeros(2, preprocessing.channels, height, width))
    except (RuntimeError, AssertionError) as error:
        raise TrainingError(
            f"{network.title} cannot run on {height}×{width} pictures: choose another input size or network.",
            details=str(error),
        ) from error
    if not isinstance(output, torch.Tensor):
        raise NetworkError(f"{network.title} gives no tensor but a {type(output).__name__}: it is no classifier.")
    return tuple(output.shape)


def best_memory_format(module: nn.Module, wanted: str) -> torch.memory_format:
    """ "auto" is channels last for networks with convolutions: a third faster on CPUs, and what tensor cores take."""
    if wanted != "auto":
        return MEMORY_FORMATS[wanted]
    convolves = any(isinstance(layer, nn.Conv2d) for layer in module.modules())
    return torch.channels_last if convolves else torch.contiguous_format

"""The one registry of networks, and the way from a user's choice to a network that runs."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from cnnviz.core.errors import CancelledError, DeviceError, NetworkError
from cnnviz.core.networks.checkpoint import Checkpoint, load_checkpoint, read_checkpoint
from cnnviz.core.networks.class_names import numbered_names, read_class_names
from cnnviz.core.networks.devices import choose_device
from cnnviz.core.networks.download import Cancelled, OnProgress, download, ignore_progress, never_cancelled
from cnnviz.core.networks.head import class_count
from cnnviz.core.networks.published import Family, PublishedWeights
from cnnviz.core.networks.shipped_family import ShippedFamily
from cnnviz.core.networks.torchvision_family import TorchvisionFamily
from cnnviz.core.values import DeviceInfo, NetworkChoice, NetworkEntry, Preprocessing

_FAMILIES: tuple[Family, ...] = (ShippedFamily(), TorchvisionFamily())
_LARGEST_INPUT = 4096
_USUAL_RECIPE = "IMAGENET1K_V1"  # its shorter side of 256 and crop of 224; later sets are evaluated with other sizes


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A network ready to run: in evaluation mode, on ``device``, in float16 if ``half``.

    ``weights``: in words where they came from, and what was done to make them fit. ``input_shape``: channels, height,
    width.
    """

    choice: NetworkChoice
    title: str
    module: nn.Module
    weights: str
    device: str
    half: bool
    preprocessing: Preprocessing
    class_names: tuple[str, ...]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return (self.preprocessing.channels, *self.preprocessing.input_size)


def entries() -> tuple[NetworkEntry, ...]:
    """Every network there is to choose; imports torchvision."""
    return tuple(family.entry(name) for family in _FAMILIES for name in family.names())


def load_network(
    choice: NetworkChoice,
    *,
    device: str = "auto",
    half: bool = False,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> LoadedNetwork:
    """Builds what ``choice`` says, fetching weights that are published but not on this machine.

    Raises NetworkError (CheckpointError for a weights file), DeviceError, or CancelledError between two steps.
    """
    tell, stop = on_progress or ignore_progress, cancelled or never_cancelled
    target = _device_for(device, half=half)
    plan = _plan(choice)
    _fetch(plan, tell, stop)
    tell(f"Loading {plan.title}", None)
    module, notes = _module(plan)
    _check_cancelled(stop)
    names, names_note = _class_names(plan, class_count(module))
    weights = "; ".join(filter(None, (plan.weights_title, *notes, names_note)))
    module = _placed(module, target, half=half)
    return LoadedNetwork(choice, plan.title, module, weights, target.name, half, plan.preprocessing, names)


# --------------------------------------------------------------------------------------------------------------- plan


@dataclass(frozen=True)
class _Plan:
    """What a choice means. ``reference``: the published set that gives preprocessing and class names."""

    choice: NetworkChoice
    family: Family
    title: str
    reference: PublishedWeights
    preprocessing: Preprocessing

    @property
    def random(self) -> bool:
        return not self.choice.weights_file and self.choice.weights == "none"

    @property
    def published(self) -> bool:
        return not self.choice.weights_file and self.choice.weights != "none"

    @property
    def file(self) -> Path:
        return self.reference.file if self.published else Path(self.choice.weights_file)

    @property
    def weights_title(self) -> str:
        if self.random:
            return f"random, seed {self.choice.seed}"
        return self.reference.title if self.published else f"file {self.file.name}"


def _plan(choice: NetworkChoice) -> _Plan:
    family = _family_of(choice.name)
    title, reference = family.entry(choice.name).title, _reference(choice, family)
    return _Plan(choice, family, title, reference, _checked(choice.preprocessing, reference.preprocessing))


def _family_of(name: str) -> Family:
    """The shipped networks are asked first: torchvision is imported only for others."""
    family = next((family for family in _FAMILIES if name in family.names()), None)
    if family is None:
        known = [name for family in _FAMILIES for name in family.names()]
        near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
        near_words = (
            f"did you mean {' or '.join(near)}?" if near else f"choose one of {known[0]}, {known[1]}, {known[2]}, …"
        )
        raise NetworkError(f"There is no network {name[:80]!r}: {near_words}", details="\n".join(known))
    return family


def _reference(choice: NetworkChoice, family: Family) -> PublishedWeights:
    published = family.published(choice.name)
    if choice.weights_file:
        return _reference_for_file(Path(choice.weights_file).name, published)
    if choice.weights in {"default", "none"}:
        return published[0]
    found = next((weights for weights in published if weights.info.name == choice.weights), None)
    if found is None:
        allowed = ", ".join(["default", "none", *(weights.info.name for weights in published)])
        raise NetworkError(f"{choice.name} has no published weights {choice.weights[:80]!r}: choose one of {allowed}.")
    return found


def _reference_for_file(file: str, published: Sequence[PublishedWeights]) -> PublishedWeights:
    """The set this file is by its name, or else the one with the recipe that most people's weights share."""
    same_file = (weights for weights in published if weights.file.name == file)
    usual = (weights for weights in published if weights.info.name == _USUAL_RECIPE)
    return next(same_file, None) or next(usual, published[0])


def _checked(wanted: Preprocessing | None, published: Preprocessing) -> Preprocessing:
    """The preprocessing the user wants, if this network can take it."""
    if wanted is None:
        return published
    if wanted.channels != published.channels or not len(wanted.mean) == len(wanted.std) == wanted.channels:
        raise NetworkError(
            f"This network takes {published.channels} channels: give as many means and standard deviations."
        )
    if not all(map(math.isfinite, (*wanted.mean, *wanted.std))) or min(wanted.std) <= 0:
        raise NetworkError("Means must be finite and standard deviations above 0.")
    sides = (*wanted.input_size, *((wanted.resize,) if wanted.resize is not None else ()))
    if not all(1 <= side <= _LARGEST_INPUT for side in sides):
        raise NetworkError(f"The input and resize sides {sides} must lie between 1 and {_LARGEST_INPUT} pixels.")
    return wanted


# ------------------------------------------------------------------------------------------------------------- module


def _fetch(plan: _Plan, tell: OnProgress, stop: Cancelled) -> None:
    if plan.published and not plan.file.is_file():
        download(plan.reference.url, plan.file, on_progress=tell, cancelled=stop)
    _check_cancelled(stop)


def _module(plan: _Plan) -> tuple[nn.Module, tuple[str, ...]]:
    """The module in evaluation mode, and what is to be said about its weights. The caller's random state stays."""
    checkpoint = None if plan.random else _checkpoint(plan)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(plan.choice.seed)
        module = plan.family.build(plan.choice.name, _built_size(plan), initialise=plan.random)
        notes = () if checkpoint is None else _load(plan, module, checkpoint)
    return module.eval(), notes


def _built_size(plan: _Plan) -> tuple[int, int]:
    """Published weights are for one size; what the user overrides is tried on the network they make."""
    return (plan.reference if plan.published else plan).preprocessing.input_size


def _checkpoint(plan: _Plan) -> Checkpoint:
    checkpoint = read_checkpoint(plan.file)
    return replace(checkpoint, tensors=plan.family.adapted(plan.choice.name, checkpoint.tensors))


def _load(plan: _Plan, module: nn.Module, checkpoint: Checkpoint) -> tuple[str, ...]:
    return load_checkpoint(module, checkpoint, network=plan.title, replace_head_to_fit=plan.choice.replace_head)


def _class_names(plan: _Plan, count: int) -> tuple[tuple[str, ...], str]:
    """The classes' names, and where they came from if it is not the weights themselves."""
    if plan.choice.class_names_file:
        file = Path(plan.choice.class_names_file)
        return read_class_names(file, count), f"class names of {file.name}"
    names = plan.reference.class_names
    if len(names) != count:
        return numbered_names(count), f"{count} classes without names"
    return names, "" if plan.published else f"class names of {plan.reference.title}"


# ------------------------------------------------------------------------------------------------------------- device


def _device_for(name: str, *, half: bool) -> DeviceInfo:
    device = choose_device(name)
    if half and not device.half:
        raise DeviceError(f"Half precision is for CUDA devices; {device.name} runs in float32 only.")
    return device


def _placed(module: nn.Module, device: DeviceInfo, *, half: bool) -> nn.Module:
    try:
        return module.to(device.name, torch.float16 if half else torch.float32)
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"{device.title} has not enough memory left for this network: choose a smaller one or another device.",
            details=str(error),
        ) from error


def _check_cancelled(stop: Cancelled) -> None:
    if stop():
        raise CancelledError("Loading the network was cancelled.")

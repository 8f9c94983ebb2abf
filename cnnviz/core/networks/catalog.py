"""The one registry of networks, and the way from a user's choice to a network that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from cnnviz.core.errors import CancelledError, DeviceError
from cnnviz.core.networks.checkpoint import Checkpoint, load_checkpoint, read_checkpoint
from cnnviz.core.networks.class_names import numbered_names, read_class_names
from cnnviz.core.networks.devices import choose_device
from cnnviz.core.networks.download import Cancelled, OnProgress, download, ignore_progress, never_cancelled
from cnnviz.core.networks.files import open_network_file
from cnnviz.core.networks.head import class_count
from cnnviz.core.networks.network_file import NetworkFile, usual_preprocessing
from cnnviz.core.networks.plan import FAMILIES, Plan, checked, plan_of
from cnnviz.core.networks.published import Recipe
from cnnviz.core.networks.spec_file import of_text
from cnnviz.core.networks.values import DeviceInfo, NetworkChoice, NetworkEntry, Preprocessing
from cnnviz.core.sources.kinds import NETWORK_SUFFIXES


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

    @property
    def has_known_code(self) -> bool:
        """Its forward pass takes the same way whatever the values: it is no file of somebody's own."""
        return not self.choice.file


def entries() -> tuple[NetworkEntry, ...]:
    """Every network there is to choose; imports torchvision, and timm where it is installed."""
    return tuple(family.entry(name) for family in FAMILIES for name in family.names())


def load_network(
    choice: NetworkChoice,
    *,
    device: str = "auto",
    half: bool = False,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> LoadedNetwork:
    """Builds what ``choice`` says, fetching weights that are published but not on this machine.

    A choice whose name is the path of a network file is one of that file. Raises NetworkError (CheckpointError for a
    weights file, CodeConfirmationError for a Python file), DeviceError, or CancelledError between two steps.
    """
    tell, stop = on_progress or ignore_progress, cancelled or never_cancelled
    target = _device_for(device, half=half)
    choice = _with_file(choice)
    load = _of_run if choice.run else _of_file if choice.file or choice.spec else _of_registry
    network = load(choice, tell, stop)
    _check_cancelled(stop)
    module = _placed(network.module, target, half=half)
    return replace(network, module=module, device=target.name, half=half)


def _with_file(choice: NetworkChoice) -> NetworkChoice:
    """On the command line a file is given like a name."""
    if choice.file or choice.spec or choice.run or Path(choice.name).suffix.lower() not in NETWORK_SUFFIXES:
        return choice
    return replace(choice, file=choice.name)


# ----------------------------------------------------------------------------------------------------------- registry


def _of_registry(choice: NetworkChoice, tell: OnProgress, stop: Cancelled) -> LoadedNetwork:
    plan = plan_of(choice)
    _fetch(plan, tell, stop)
    tell(f"Loading {plan.title}", None)
    module, notes = _module(plan)
    names, names_note = _class_names(plan, class_count(module))
    weights = _joined(plan.weights_title, *notes, names_note)
    return LoadedNetwork(choice, plan.title, module, weights, "cpu", False, plan.preprocessing, names)  # noqa: FBT003


def _fetch(plan: Plan, tell: OnProgress, stop: Cancelled) -> None:
    if plan.reference and plan.published and not plan.file.is_file():
        download(plan.reference.url, plan.file, on_progress=tell, cancelled=stop)
    _check_cancelled(stop)


def _module(plan: Plan) -> tuple[nn.Module, tuple[str, ...]]:
    """The module in evaluation mode, and what is to be said about its weights."""
    checkpoint = None if plan.random else _checkpoint(plan)
    with _seeded(plan.choice.seed):
        module = plan.family.build(plan.choice.name, plan.built_size, initialise=plan.random)
        notes = () if checkpoint is None else _load(plan, module, checkpoint)
    return module.eval(), notes


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Initial weights come from the seed alone; the caller's random state stays."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def _checkpoint(plan: Plan) -> Checkpoint:
    checkpoint = read_checkpoint(plan.file)
    return replace(checkpoint, tensors=plan.family.adapted(plan.choice.name, checkpoint.tensors))


def _load(plan: Plan, module: nn.Module, checkpoint: Checkpoint) -> tuple[str, ...]:
    return load_checkpoint(module, checkpoint, network=plan.title, replace_head_to_fit=plan.choice.replace_head)


def _class_names(plan: Plan, count: int) -> tuple[tuple[str, ...], str]:
    """The classes' names, and where they came from if it is not the weights themselves."""
    names, note = _names(plan.choice, plan.recipe, count)
    own = plan.published and not plan.choice.class_names_file and len(plan.recipe.class_names) == count
    return names, "" if own else note


def _names(choice: NetworkChoice, recipe: Recipe, count: int) -> tuple[tuple[str, ...], str]:
    if choice.class_names_file:
        file = Path(choice.class_names_file)
        return read_class_names(file, count), f"class names of {file.name}"
    if len(recipe.class_names) != count:
        return numbered_names(count), f"{count} classes without names" if count else ""
    return recipe.class_names, f"class names of {recipe.source}"


# --------------------------------------------------------------------------------------------------------------- file


def _of_file(choice: NetworkChoice, tell: OnProgress, stop: Cancelled) -> LoadedNetwork:
    """A network that came from a file or as a spec, with its own weights or with those of a weights file."""
    title = Path(choice.file).name or choice.name
    tell(f"Loading {title}", None)
    with _seeded(choice.seed):
        opened = open_network_file(Path(choice.file), choice) if choice.file else of_text(choice)
        _check_cancelled(stop)
        notes = _load_into(opened, choice, title)
    count = class_count(opened.module) if choice.weights_file and opened.classes else opened.classes or 0
    names, names_note = _names(choice, Recipe(Preprocessing(), opened.class_names, opened.origin), count)
    own = opened.preprocessing or usual_preprocessing(opened.input_shape)
    return LoadedNetwork(
        choice=choice,
        title=opened.title or title,
        module=opened.module.eval(),
        weights=_joined(opened.origin, *opened.notes, *notes, names_note),
        device="cpu",
        half=False,
        preprocessing=checked(choice.preprocessing, own),
        class_names=names,
    )


def _load_into(opened: NetworkFile, choice: NetworkChoice, title: str) -> tuple[str, ...]:
    if not choice.weights_file:
        return (f"random, seed {choice.seed}",) if opened.untrained else ()
    checkpoint = read_checkpoint(Path(choice.weights_file))
    notes = load_checkpoint(opened.module, checkpoint, network=title, replace_head_to_fit=choice.replace_head)
    return (f"file {checkpoint.name}", *notes)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


# ---------------------------------------------------------------------------------------------------------------- run


def _of_run(choice: NetworkChoice, tell: OnProgress, stop: Cancelled) -> LoadedNetwork:
    from cnnviz.core.training.run_network import load_run_network, moment_of  # which loads the run's network from here

    moment = moment_of(choice.checkpoint)
    loaded = load_run_network(choice.run, moment, device="cpu", on_progress=tell, cancelled=stop)
    return replace(loaded, choice=choice)


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

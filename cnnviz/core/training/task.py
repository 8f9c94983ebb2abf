"""Everything a run works with, made from its configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from cnnviz.core.freed_memory import keep_freed_memory
from cnnviz.core.networks.devices import choose_device
from cnnviz.core.networks.download import Cancelled, OnProgress
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.training.augment import Augmenter, Normaliser
from cnnviz.core.training.data.load import LoadedData, load_data
from cnnviz.core.training.data.pictures import MemoryPictures
from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.data.summary import summarise
from cnnviz.core.training.distributed import World
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.network import PlannedNetwork, best_memory_format, fit_head, plan_network
from cnnviz.core.training.objective import Objective
from cnnviz.core.training.optimizers import make_optimizer
from cnnviz.core.training.transfer import StagedNetwork, plan_learning
from cnnviz.core.training.values import DataSummary, RunConfiguration

_SMALLEST_LAST_BATCH = 2  # pictures a process: batch norm cannot normalise a single one


@dataclass(frozen=True, eq=False)
class Task:
    """``module``: the network itself; ``replica``: what is called in training, which may average gradients.

    ``preprocessing``: how any picture becomes the network's input from now on. ``generator``: of the augmentations.
    ``stages``: what of the network learns when.
    """

    configuration: RunConfiguration
    world: World
    title: str
    module: nn.Module
    replica: nn.Module
    data: LoadedData
    preprocessing: Preprocessing
    objective: Objective
    optimizer: Optimizer
    summary: DataSummary
    generator: torch.Generator
    augmenter: Augmenter
    normaliser: Callable[[Tensor], Tensor]
    stages: StagedNetwork

    @property
    def steps_per_epoch(self) -> int:
        """A last batch too small for batch norm is left out."""
        whole, rest = divmod(len(self.data.splits["train"].labels), self.configuration.batch_size)
        return max(1, whole + (rest >= _SMALLEST_LAST_BATCH * self.world.size))

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self.configuration.epochs

    def epoch_order(self, epoch: int) -> tuple[Tensor, ...]:
        """Positions of the pictures of each step, over all processes; the same for the same seed and epoch.

        Excluded pictures' places are taken by the first ones of the epoch: the number of steps stays, whatever is
        excluded while a run is interrupted.
        """
        generator = torch.Generator().manual_seed((self.configuration.seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(len(self.data.splits["train"].labels), generator=generator)
        excluded = self.data.splits["train"].excluded
        if excluded is not None:
            kept = order[~excluded[order]]
            order = kept.repeat(-(-len(order) // len(kept)))[: len(order)]
        return torch.split(order, self.configuration.batch_size)[: self.steps_per_epoch]


def make_task(
    configuration: RunConfiguration,
    world: World,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Task:
    """Loads data and network, and changes nothing that others in this process use: see ``prepare_process``.

    Raises DataError, NetworkError, ConfigurationError or CancelledError.
    """
    _check_precision(configuration, world)
    with world.first_alone():
        network = plan_network(configuration.network, configuration.seed, on_progress=on_progress, cancelled=cancelled)
        wanted = network.preprocessing
        data = load_data(
            configuration.data, wanted.channels, wanted.input_size, on_progress=on_progress, cancelled=cancelled
        )
    fit_head(network, len(data.classes), configuration.seed)
    return _assembled(configuration, world, network, _placed(data, world.device))


def prepare_process(configuration: RunConfiguration, world: World) -> None:
    """Sets the random state and the modes of torch, of the whole process: only for one that trains."""
    keep_freed_memory()
    torch.manual_seed(configuration.seed + world.rank)  # dropout draws differently in each process
    if configuration.deterministic:
        torch.use_deterministic_algorithms(mode=True)
        torch.backends.cudnn.benchmark = False
    elif world.device.type == "cuda":
        torch.backends.cudnn.benchmark = True


def lone_world(configuration: RunConfiguration) -> World:
    """One process, on the device the configuration names."""
    return World(device=torch.device(choose_device(configuration.device).name))


def lone_task(
    configuration: RunConfiguration, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None
) -> Task:
    """For this process alone, which is prepared to train it. Raises as ``make_task``."""
    world = lone_world(configuration)
    task = make_task(configuration, world, on_progress=on_progress, cancelled=cancelled)
    prepare_process(configuration, world)
    return task


def _check_precision(configuration: RunConfiguration, world: World) -> None:
    if configuration.precision != "full" and world.device.type != "cuda":
        raise ConfigurationError(
            f"Mixed precision needs a CUDA device, and this run is on {world.device}: choose full precision."
        )


def _assembled(configuration: RunConfiguration, world: World, network: PlannedNetwork, data: LoadedData) -> Task:
    memory_format = best_memory_format(network.module, configuration.memory_format)
    module = network.module.to(world.device).to(memory_format=memory_format)
    summary = summarise(data)
    preprocessing = run_preprocessing(configuration, network.preprocessing, summary)
    generator = torch.Generator().manual_seed(configuration.seed)
    train_labels = data.splits["train"].labels
    stages = StagedNetwork(module, plan_learning(module, configuration, world))
    return Task(
        configuration,
        world,
        network.title,
        module,
        module if configuration.transfer.strategy != "none" else world.wrapped(module),
        data,
        preprocessing,
        Objective(configuration.loss, train_labels, len(data.classes), world.device),
        make_optimizer(configuration.optimizer, *stages.groups()),
        summary,
        generator,
        Augmenter(configuration.augmentations, generator),
        Normaliser(preprocessing.mean, preprocessing.std, memory_format),
        stages,
    )


def _placed(data: LoadedData, device: torch.device) -> LoadedData:
    """Pictures in memory move to the device that trains on them."""
    return replace(data, splits={name: _placed_split(split, device) for name, split in data.splits.items()})


def _placed_split(split: LoadedSplit, device: torch.device) -> LoadedSplit:
    pictures = split.pictures
    if not isinstance(pictures, MemoryPictures):
        return split
    return replace(split, pictures=replace(pictures, data=pictures.data.to(device)))


def run_preprocessing(configuration: RunConfiguration, published: Preprocessing, summary: DataSummary) -> Preprocessing:
    """How the pictures of a run, and later any others, become its network's input."""
    mean, std = {
        "data": (summary.mean, summary.std),
        "none": ((0.0,) * published.channels, (1.0,) * published.channels),
        "network": (published.mean, published.std),
    }[configuration.data.normalisation]
    return Preprocessing(published.input_size, published.channels, None, "crop", "bilinear", mean, std)

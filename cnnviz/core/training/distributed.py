"""One trainer in several processes, as ``torchrun`` starts them: who we are, and the few words that are exchanged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from cnnviz.core.networks.devices import choose_device
from cnnviz.core.training.errors import TrainingError


@dataclass(frozen=True)
class World:
    """``rank``: our number of ``size`` processes; number 0 writes the run's folder."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def wrapped(self, module: nn.Module) -> nn.Module:
        """The module, its gradients averaged over all processes."""
        if self.size == 1:
            return module
        places = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=places)

    def total(self, numbers: Tensor) -> Tensor:
        """Sums over all processes."""
        if self.size > 1:
            distributed.all_reduce(numbers)
        return numbers

    def agreed(self, numbers: list[float]) -> list[float]:
        """The numbers of process 0, which decides for all."""
        if self.size == 1:
            return numbers
        shared = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        agreed: list[float] = shared.tolist()
        return agreed

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Process 0 goes first, the others when it is through: it may fetch files that all need."""
        if self.size > 1 and not self.leads:
            distributed.barrier()
        yield
        if self.size > 1 and self.leads:
            distributed.barrier()

    def share(self, count: int) -> slice:
        """Our part of ``count`` rows; parts differ by one at most."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)


@contextmanager
def joined_world(device: str) -> Iterator[World]:
    """Alone, or one of those that torchrun started: by gloo on the CPU, by NCCL on CUDA devices."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World(device=torch.device(choose_device(device).name))
        return
    world = World(int(os.environ["RANK"]), size, _own_device(device))
    distributed.init_process_group("nccl" if world.device.type == "cuda" else "gloo")
    try:
        yield world
    finally:
        distributed.destroy_process_group()


def _own_device(name: str) -> torch.device:
    kind = torch.device(choose_device(name).name).type
    if kind == "cuda":
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise TrainingError(
                f"There are more processes on this machine than its {torch.cuda.device_count()} CUDA devices: "
                "start at most one for each (--nproc_per_node)."
            )
        torch.cuda.set_device(local)
        return torch.device("cuda", local)
    return torch.device(kind)

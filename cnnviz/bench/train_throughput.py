"""Images per second: the trainer with all it writes, and the shortest loop that trains the same network."""

from __future__ import annotations

import multiprocessing
import time
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.controls import ControlReader
from cnnviz.core.training.data.pictures import MemoryPictures
from cnnviz.core.training.distributed import World
from cnnviz.core.training.journal import Journal
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.network import fit_head, plan_network
from cnnviz.core.training.orders import Orders, StopSignal
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.session import Session
from cnnviz.core.training.task import Task, lone_task
from cnnviz.core.training.trainer import Progress, Trainer
from cnnviz.core.training.values import DataChoice, Evaluation, NetworkPlan, RunConfiguration, RunStatus

BATCH = 128
_CLASSES = 6  # of the shapes
_PICTURES = 12_800
_TRIED_STEPS = 15

WARM_UP_STEPS = 20
"""The trainer measures its layers often at first, and neither of the two is quick at once."""


class BareLoop:
    """RMSprop on normalised tensors in memory, in the memory format that is faster here; nothing is recorded."""

    def __init__(self, network: str) -> None:
        planned = plan_network(NetworkPlan(network), 0)
        fit_head(planned, _CLASSES, 0)
        self._module, wanted = planned.module.train(), planned.preprocessing
        self._inputs = torch.randn(_PICTURES, wanted.channels, *wanted.input_size)
        self._labels = torch.randint(_CLASSES, (_PICTURES,))
        self.channels_last = False
        rates = {}
        for self.channels_last in (False, True, False, True):  # the second look is warm
            self._use(channels_last=self.channels_last)
            rates[self.channels_last] = self.measure(_TRIED_STEPS)
        self._use(channels_last=rates[True] > rates[False])

    def _use(self, *, channels_last: bool) -> None:
        self.channels_last = channels_last
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self._module = self._module.to(memory_format=layout)
        self._inputs = self._inputs.contiguous(memory_format=layout)
        self._optimizer = torch.optim.RMSprop(self._module.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)

    def measure(self, steps: int) -> float:
        """Images per second over so many steps."""
        chosen = torch.randperm(_PICTURES).split(BATCH)[:steps]  # type: ignore[no-untyped-call] # torch's
        started = time.perf_counter()
        for positions in chosen:
            _step(self._module, self._optimizer, self._inputs[positions], self._labels[positions])
        return BATCH * len(chosen) / (time.perf_counter() - started)


def _step(module: nn.Module, optimizer: torch.optim.Optimizer, inputs: Tensor, labels: Tensor) -> None:
    loss = functional.cross_entropy(module(inputs), labels)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()


class BareLoopAlone:
    """The bare loop in a process of its own: what the program does to its own processes does not help it."""

    def __init__(self, network: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, network), daemon=True)
        self._process.start()
        theirs.close()

    def measure(self, steps: int) -> float:
        """Images per second."""
        self._connection.send(steps)
        return float(self._connection.recv())

    def close(self) -> None:
        """Ends the process."""
        self._connection.close()
        self._process.join()


def _serve(connection: Connection, network: str) -> None:
    bare = BareLoop(network)
    bare.measure(WARM_UP_STEPS)
    while True:
        try:
            steps = connection.recv()
        except EOFError:
            return
        connection.send(bare.measure(steps))


class TrainerAtWork:
    """A run in ``folder`` that is advanced a few steps at a time, with its metrics, layers, controls and status."""

    def __init__(self, network: str, folder: Path) -> None:
        configuration = replace(
            LECTURE, network=NetworkPlan(network), data=DataChoice("shapes"), batch_size=BATCH, epochs=1000
        )
        run = RunFolder(folder)
        run.make()
        self._stack = ExitStack()
        self._stack.enter_context(run.locked())
        run.create(configuration)
        self._session = self._session_of(run, _larger(lone_task(configuration)), configuration)

    def _session_of(self, run: RunFolder, task: Task, configuration: RunConfiguration) -> Session:
        trainer = Trainer(task, Progress(rate=configuration.optimizer.learning_rate))
        writer = self._stack.enter_context(MetricsWriter(run.metrics, run.columns))
        orders = Orders(World(), ControlReader(run.controls), StopSignal())
        journal = Journal(run, trainer, writer)
        self._stack.callback(journal.close)
        return Session(trainer, journal, orders, _ignore)

    def measure(self, steps: int) -> float:
        """Images per second over so many steps; validation belongs to them where an epoch ends."""
        started = time.perf_counter()
        for _ in range(steps):
            self._session.advance()
        return BATCH * steps / (time.perf_counter() - started)

    def close(self) -> None:
        """Ends the run."""
        self._stack.close()


def _ignore(_status: RunStatus, _validation: Evaluation) -> None:
    """Nobody watches."""


def _larger(task: Task) -> Task:
    """The same pictures again and again: an epoch as long as MNIST's, so that no round is all validation."""
    train = task.data.splits["train"]
    assert isinstance(train.pictures, MemoryPictures)  # noqa: S101 - the shapes are
    times = -(-60_000 // len(train.labels))
    pictures = replace(train.pictures, data=train.pictures.data.repeat(times, 1, 1, 1))
    longer = replace(train, pictures=pictures, labels=train.labels.repeat(times))
    return replace(task, data=replace(task.data, splits={**task.data.splits, "train": longer}))

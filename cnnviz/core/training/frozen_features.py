"""What the frozen stages of a network make of the pictures, computed once, so that its head alone is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from cnnviz.core.networks.head import find_head
from cnnviz.core.training.augment import Augmenter, Rows
from cnnviz.core.training.data.pictures import Batch
from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.evaluation import evaluation_mode
from cnnviz.core.training.task import Task
from cnnviz.core.training.values import Augmentations, BrokenFile, Split

Autocast = Callable[[], AbstractContextManager[object]]
_BATCH = 64
_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


# -------------------------------------------------------------------------------------------------------------- cutting


def cut_before_head(module: nn.Module) -> tuple[nn.Module, nn.Module] | None:
    """The network up to its head, and the rest with the head, the same layers in both; None where it cannot be cut.

    A dropout before the head belongs to the rest.
    """
    try:
        with evaluation_mode(module):
            graph = fx.Tracer().trace(module)
    except (fx.proxy.TraceError, TypeError, RuntimeError, AttributeError, ValueError, NameError):
        return None  # its forward pass depends on the numbers that go through it
    cut = _cut_node(module, graph)
    tail = None if cut is None else _tail(graph, cut)
    if cut is None or tail is None:
        return None
    return fx.GraphModule(module, _body(graph, cut)), fx.GraphModule(module, tail)


def _cut_node(module: nn.Module, graph: fx.Graph) -> fx.Node | None:
    """Whose output goes into the head, or into a dropout before it."""
    path, _ = find_head(module)
    heads = [node for node in graph.nodes if node.op == "call_module" and node.target == path]
    if len(heads) != 1:
        return None
    node = heads[0].args[0]
    while isinstance(node, fx.Node) and node.op == "call_module" and _is_dropout(module, node):
        node = node.args[0]
    return node if isinstance(node, fx.Node) and node.op != "placeholder" else None


def _is_dropout(module: nn.Module, node: fx.Node) -> bool:
    return isinstance(module.get_submodule(str(node.target)), _DROPOUTS)


def _body(graph: fx.Graph, cut: fx.Node) -> fx.Graph:
    body, known = fx.Graph(), dict[fx.Node, fx.Node]()
    for node in graph.nodes:
        known[node] = body.node_copy(node, known.__getitem__)
        if node is cut:
            break
    body.output(known[cut])
    return body


def _tail(graph: fx.Graph, cut: fx.Node) -> fx.Graph | None:
    """None where what follows the cut takes something else from before it, or a dropout's mode is fixed in the code."""
    tail = fx.Graph()
    known = {cut: tail.placeholder("features")}
    for node in graph.nodes:
        if node is cut or not any(each in known for each in node.all_input_nodes):
            continue
        if not all(each in known for each in node.all_input_nodes) or node.target is functional.dropout:
            return None
        known[node] = tail.node_copy(node, known.__getitem__)
    return tail


# -------------------------------------------------------------------------------------------------------------- keeping


@dataclass(frozen=True)
class FeaturePictures:
    """Stands for the pictures of a split. ``data``: N×… float32. ``readable``: N bools, or None for all."""

    data: Tensor
    readable: Tensor | None = None
    in_memory: bool = True
    broken: Sequence[BrokenFile] = ()

    def __len__(self) -> int:
        return len(self.data)

    def batches(self, wanted: Sequence[Tensor], device: torch.device) -> Iterator[Batch]:
        for positions in wanted:
            rows = None if self.readable is None else self.readable[positions].nonzero().flatten()
            chosen = positions if rows is None else positions[rows]
            yield Batch(self.data.index_select(0, chosen.to(self.data.device)).to(device), rows)


class FeatureCache:
    """``body`` and ``tail``: of ``cut_before_head``. Copies of augmented pictures are drawn from the run's seed."""

    def __init__(self, task: Task, body: nn.Module, tail: nn.Module, autocast: Autocast) -> None:
        self._task, self._body, self._autocast = task, body, autocast
        augmented = task.configuration.augmentations != Augmentations()
        self._copies = task.configuration.transfer.cached_copies if augmented else 1
        self._unchanged = replace(
            task,
            module=tail,
            replica=task.world.wrapped(tail),
            augmenter=Augmenter(Augmentations(), task.generator),
            normaliser=lambda values: values,
        )
        self._train: list[FeaturePictures] = []
        self._validation: FeaturePictures | None = None

    def megabytes(self) -> float:
        """What the features of all pictures will take; infinite where augmented pictures are not to be kept."""
        if not self._copies:
            return math.inf
        size = self._task.data.size
        with torch.no_grad(), evaluation_mode(self._body):
            one = self._body(torch.zeros(1, self._task.data.channels, *size, device=self._task.world.device))
        splits = self._task.data.splits
        count = len(splits["train"].labels) * self._copies + len(splits["validation"].labels)
        return float(one.numel()) * 4 * count / 2**20

    def fill(self) -> Iterator[float]:
        """Computes them; gives the done fraction after each batch."""
        parts: list[tuple[Split, int]] = [*(("train", copy) for copy in range(self._copies)), ("validation", 0)]
        for number, (name, copy) in enumerate(parts):
            store = _Store(self._task.data.splits[name])
            for done in self._filled(store, self._augmenter(copy if name == "train" else None)):
                yield (number + done) / len(parts)
            if name == "train":
                self._train.append(store.pictures())
            else:
                self._validation = store.pictures()

    def task_at(self, epoch: int) -> Task:
        """The run's task with features for pictures, and the head for the network."""
        splits = dict(self._task.data.splits)
        splits["train"] = replace(splits["train"], pictures=self._train[epoch % len(self._train)])
        if self._validation is not None:
            splits["validation"] = replace(splits["validation"], pictures=self._validation)
        return replace(self._unchanged, data=replace(self._task.data, splits=splits))

    def _augmenter(self, copy: int | None) -> Augmenter:
        """None: for pictures that are not changed."""
        seed = (self._task.configuration.seed * 1_000_003 + (copy or 0)) % 2**63
        wanted = Augmentations() if copy is None else self._task.configuration.augmentations
        return Augmenter(wanted, torch.Generator().manual_seed(seed))

    def _filled(self, store: _Store, augmenter: Augmenter) -> Iterator[float]:
        positions = torch.split(torch.arange(len(store.split.labels)), _BATCH)
        device = self._task.world.device
        for batch, own in zip(store.split.pictures.batches(positions, device), positions, strict=True):
            if len(batch.pictures):
                changed = augmenter.changed(batch.pictures, Rows(0, len(own), len(own), batch.rows))
                store.put(own if batch.rows is None else own[batch.rows], self._features(changed))
            yield (int(own[-1]) + 1) / len(store.split.labels)

    def _features(self, pictures: Tensor) -> Tensor:
        with torch.no_grad(), evaluation_mode(self._body), self._autocast():
            features: Tensor = self._body(self._task.normaliser(pictures))
        return features.float().contiguous()


class _Store:
    """The features of one split while they are computed."""

    def __init__(self, split: LoadedSplit) -> None:
        self.split = split
        self._data: Tensor | None = None
        self._readable = torch.zeros(len(split.labels), dtype=torch.bool)

    def put(self, positions: Tensor, features: Tensor) -> None:
        if self._data is None:
            self._data = features.new_zeros((len(self.split.labels), *features.shape[1:]))
        self._data[positions.to(features.device)] = features
        self._readable[positions] = True

    def pictures(self) -> FeaturePictures:
        data = torch.zeros(len(self.split.labels), 0) if self._data is None else self._data
        broken = tuple(self.split.pictures.broken)
        return FeaturePictures(data, None if bool(self._readable.all()) else self._readable, broken=broken)

"""The course's networks as specs, exact to the parameter, and its timeline. Pure Python: the model chooser shows both.

They end in logits: the loss and the predictions apply softmax themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, InputScaling, NetworkSpec, Row

DIGITS = tuple("0123456789")
_MNIST = InputScaling(mean=(0.1307,), std=(0.3081,))
_IMAGENET = InputScaling(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), resize=256)


@dataclass(frozen=True)
class Classic:
    """``year``: None for the lecture's own networks. ``depth``: layers with weights. ``accuracy``: as published, in
    words with its source; "" where there is none.
    """

    name: str
    title: str
    year: int | None
    depth: int
    spec: Callable[[], NetworkSpec]
    accuracy: str = ""
    notes: str = ""


def _digits(title: str, rows: tuple[Row, ...], notes: str = "", side: int = 28) -> NetworkSpec:
    return NetworkSpec(title, (1, side, side), named(rows), _MNIST, DIGITS, notes)


def _head(features: int) -> tuple[Row, ...]:
    return layer("flatten", "flatten"), layer("linear", "linear", features=features)


def _dense_mnist() -> NetworkSpec:
    rows = (
        layer("flatten", "flatten"),
        layer("linear", features=512),
        layer("relu"),
        layer("linear", features=10),
    )
    return _digits("Dense MNIST (lecture)", rows)


def _convnet(title: str, *, pooled: bool) -> NetworkSpec:
    pool: tuple[Row, ...] = (layer("max_pool"),) if pooled else ()
    rows = (
        *(layer("conv", filters=32), layer("relu"), *pool),
        *(layer("conv", filters=64), layer("relu"), *pool),
        *(layer("conv", filters=128), layer("relu")),
        *_head(10),
    )
    return _digits(title, rows)


def _convnet_mnist() -> NetworkSpec:
    return _convnet("Convnet MNIST (lecture)", pooled=True)


def _convnet_without_pooling() -> NetworkSpec:
    return _convnet("Convnet MNIST without pooling (lecture)", pooled=False)


def _simple_cnn() -> NetworkSpec:
    block = (layer("batch_norm"), layer("relu"), layer("max_pool"))
    rows = (
        *(layer("conv", filters=16, padding=1), *block),
        *(layer("conv", filters=32, padding=1), *block),
        layer("dropout", "dropout"),
        *_head(10),
    )
    return _digits("SimpleCNN (module 7)", rows)


def _lenet1() -> NetworkSpec:
    rows = (
        *(layer("conv", filters=4, kernel=5), layer("tanh"), layer("average_pool")),
        *(layer("conv", filters=12, kernel=5), layer("tanh"), layer("average_pool")),
        *_head(10),
    )
    notes = (
        "Full connections: each of the 12 second maps sees all 4 first ones (3,246 parameters). In the original each "
        "sees one or two of them, subsampling has a learnt factor and bias, and about 2,600 numbers are learnt."
    )
    return _digits("LeNet-1", rows, notes)


def _lenet5() -> NetworkSpec:
    rows = (
        *(layer("conv", filters=6, kernel=5), layer("tanh"), layer("average_pool")),
        *(layer("conv", filters=16, kernel=5), layer("tanh"), layer("average_pool"), layer("flatten", "flatten")),
        *(layer("linear", features=120), layer("tanh"), layer("linear", features=84), layer("tanh")),
        layer("linear", features=10),
    )
    notes = (
        "As taught today: each of the 16 second maps sees all 6 first ones, subsampling is a plain mean, and the "
        "output is linear instead of radial basis functions."
    )
    return _digits("LeNet-5", rows, notes, side=32)


def _alexnet() -> NetworkSpec:
    pool, relu = layer("max_pool", kernel=3, stride=2), layer("relu")
    norm = layer("response_norm", size=5, alpha=5 * 1e-4, beta=0.75, k=2.0)  # torch takes a mean where the paper adds
    rows = (
        *(layer("conv", filters=96, kernel=11, stride=4), relu, norm, pool),
        *(layer("conv", filters=256, kernel=5, padding=2), relu, norm, pool),
        *(layer("conv", filters=384, padding=1), relu),
        *(layer("conv", filters=384, padding=1), relu),
        *(layer("conv", filters=256, padding=1), relu, pool, layer("flatten", "flatten")),
        *(layer("linear", features=4096), relu, layer("dropout")),
        *(layer("linear", features=4096), relu, layer("dropout")),
        layer("linear", features=1000),
    )
    notes = "One tower: without the two groups in which the original's layers were split over two graphics cards."
    return NetworkSpec("AlexNet (2012)", (3, 227, 227), named(rows), _IMAGENET, (), notes)


def _neocognitron() -> NetworkSpec:
    def pair(number: int, filters: int, pool: tuple[Row, ...]) -> tuple[Row, ...]:
        cells = (layer("conv", "conv", filters=filters, padding="same"), layer("relu", "relu"))
        return GroupRow(f"S{number}", cells), GroupRow(f"C{number}", pool)

    smaller = (layer("average_pool", "pool"),)
    rows = (
        *pair(1, 12, smaller),
        *pair(2, 24, smaller),
        *pair(3, 10, (layer("global_pool", "pool", mode="max"),)),
        layer("flatten", "flatten"),
    )
    notes = (
        "An illustration, not the original: S-layers (simple cells that find features) are convolutions with ReLU, "
        "C-layers (complex cells that tolerate shifts) are pools. The original learnt without backpropagation."
    )
    return _digits("Neocognitron (illustration)", rows, notes, side=16)


_CLASSICS = (
    Classic(
        "neocognitron",
        "Neocognitron",
        1979,
        3,
        _neocognitron,
        notes="An illustration: a plain stack whose layers are named S (simple cells) and C (complex cells).",
    ),
    Classic(
        "lenet1", "LeNet-1", 1989, 3, _lenet1, "98.3 % on MNIST (LeCun et al. 1998)", "The fully connected variant."
    ),
    Classic("lenet5", "LeNet-5", 1998, 5, _lenet5, "99.05 % on MNIST (LeCun et al. 1998)"),
    Classic(
        "alexnet-2012",
        "AlexNet (2012)",
        2012,
        8,
        _alexnet,
        "57.1 % top-1 on ImageNet (the course's table)",
        "One tower, with LRN; torchvision's alexnet is the later, narrower one of 2014.",
    ),
    Classic(
        "dense-mnist",
        "Dense MNIST (lecture)",
        None,
        2,
        _dense_mnist,
        "98.17 % on MNIST (the lecture)",
        "No convolution.",
    ),
    Classic("convnet-mnist", "Convnet MNIST (lecture)", None, 4, _convnet_mnist, "99.11 % on MNIST (the lecture)"),
    Classic(
        "convnet-mnist-no-pool",
        "Convnet MNIST without pooling (lecture)",
        None,
        4,
        _convnet_without_pooling,
        notes="A unit of the third convolution sees only 7×7 pixels, and the head has nearly all parameters.",
    ),
    Classic("simplecnn", "SimpleCNN (module 7)", None, 3, _simple_cnn),
)
CLASSICS: Mapping[str, Classic] = MappingProxyType({classic.name: classic for classic in _CLASSICS})
"""The course's networks that are built from specs, by the names of the command line."""


@dataclass(frozen=True)
class Milestone:
    """A row of the timeline. ``name``: in the registry. ``top1``: on ImageNet in percent, as in the course; None where
    it gives none.
    """

    name: str
    year: int
    title: str
    depth: int
    parameters: int
    top1: float | None = None


def _of_classic(name: str, year: int, top1: float | None = None) -> Milestone:
    classic = CLASSICS[name]
    return Milestone(name, year, classic.title, classic.depth, check(classic.spec()).parameters, top1)


@functools.cache
def timeline() -> tuple[Milestone, ...]:
    """The course's history of convolutional networks, 1979 to 2016."""
    return (
        _of_classic("neocognitron", 1979),
        _of_classic("lenet1", 1989),
        _of_classic("lenet5", 1998),
        _of_classic("alexnet-2012", 2012, 57.1),
        Milestone("vgg16", 2014, "VGG-16", 16, 138_357_544, 71.3),
        Milestone("vgg19", 2014, "VGG-19", 19, 143_667_240, 71.1),
        Milestone("googlenet", 2014, "GoogLeNet", 22, 6_624_904),
        Milestone("resnet18", 2015, "ResNet-18", 18, 11_689_512),
        Milestone("resnet34", 2015, "ResNet-34", 34, 21_797_672),
        Milestone("resnet50", 2015, "ResNet-50", 50, 25_557_032, 76.0),
        Milestone("resnet101", 2015, "ResNet-101", 101, 44_549_160),
        Milestone("resnet152", 2015, "ResNet-152", 152, 60_192_808, 77.8),
        Milestone("densenet121", 2016, "DenseNet-121", 121, 7_978_856),
    )

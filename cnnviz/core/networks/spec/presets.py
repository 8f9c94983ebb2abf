"""Specs to start from in the builder, besides the course's networks: known ones, and small ones for 32×32 pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, InputScaling, NetworkSpec, Row

_IMAGENET = InputScaling(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), resize=256)
_INCEPTIONS = (  # GoogLeNet's table: 1×1, 3×3 reduced and itself, 5×5 reduced and itself, pooled
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)


def _photos(title: str, rows: tuple[Row, ...], notes: str = "") -> NetworkSpec:
    return NetworkSpec(title, (3, 224, 224), named(rows), _IMAGENET, (), notes)


def _small(title: str, rows: tuple[Row, ...]) -> NetworkSpec:
    return NetworkSpec(title, (3, 32, 32), named(rows))


def _pooled_head(classes: int) -> tuple[Row, ...]:
    return layer("global_pool", "pool"), layer("flatten", "flatten"), layer("linear", "linear", features=classes)


def _stem(padding: int = 3) -> tuple[Row, ...]:
    """A strided 7×7 convolution and a strided pool: a sixteenth of the cells is left."""
    conv = layer("conv", "conv1", filters=64, kernel=7, stride=2, padding=padding, bias=False)
    return (
        conv,
        layer("batch_norm", "norm1"),
        layer("relu", "relu1"),
        layer("max_pool", "pool1", kernel=3, stride=2, padding=1),
    )


def vgg_16() -> NetworkSpec:
    """138,357,544 parameters."""
    blocks = tuple(
        layer("vgg_block", filters=filters, convs=convs)
        for filters, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    )
    hidden = (layer("linear", features=4096), layer("relu"), layer("dropout"))
    return _photos("VGG-16", (*blocks, layer("flatten", "flatten"), *hidden, *hidden, layer("linear", features=1000)))


def _residual_stages(kind: str, filters: tuple[int, ...], counts: tuple[int, ...]) -> tuple[Row, ...]:
    """Each stage but the first halves the size in its first block."""
    return tuple(
        GroupRow(
            f"stage{place + 1}",
            named(
                tuple(layer(kind, filters=width, stride=2 if place and not number else 1) for number in range(count))
            ),
        )
        for place, (width, count) in enumerate(zip(filters, counts, strict=True))
    )


def resnet_18() -> NetworkSpec:
    """11,689,512 parameters."""
    stages = _residual_stages("residual_block", (64, 128, 256, 512), (2, 2, 2, 2))
    return _photos("ResNet-18", (*_stem(), *stages, *_pooled_head(1000)))


def resnet_50() -> NetworkSpec:
    """25,557,032 parameters."""
    stages = _residual_stages("bottleneck_block", (256, 512, 1024, 2048), (3, 4, 6, 3))
    return _photos("ResNet-50", (*_stem(), *stages, *_pooled_head(1000)))


def googlenet() -> NetworkSpec:
    """6,624,904 parameters; with batch norm, and a 3×3 kernel in the 5×5 path, as torchvision has it."""
    names = ("ones", "reduce3", "threes", "reduce5", "fives", "pooled")
    kinds = tuple(
        tuple(
            layer(
                "inception_block", batch_norm=True, eps=1e-3, large_kernel=3, **dict(zip(names, filters, strict=True))
            )
            for filters in stage
        )
        for stage in _INCEPTIONS
    )
    pool = layer("max_pool", kernel=3, stride=2, ceil=True)
    rows = (
        *_normed_conv(64, 7, 2),
        *(pool, *_normed_conv(64, 1), *_normed_conv(192, 3), pool),
        *(*kinds[0], pool, *kinds[1], layer("max_pool", kernel=2, stride=2, ceil=True), *kinds[2]),
        layer("global_pool"),
        *(layer("flatten", "flatten"), layer("dropout", "dropout", p=0.2), layer("linear", "linear", features=1000)),
    )
    return _photos("GoogLeNet", rows)


def _normed_conv(filters: int, kernel: int, stride: int = 1) -> tuple[Row, ...]:
    conv = layer("conv", filters=filters, kernel=kernel, stride=stride, padding=kernel // 2, bias=False)
    return conv, layer("batch_norm", eps=1e-3), layer("relu")


def densenet_121() -> NetworkSpec:
    """7,978,856 parameters."""
    blocks: list[Row] = []
    for count in (6, 12, 24, 16):
        blocks += [layer("dense_block", layers=count), layer("transition")]
    tail = (layer("batch_norm", "norm2"), layer("relu", "relu2"))
    return _photos("DenseNet-121", (*_stem(), *blocks[:-1], *tail, *_pooled_head(1000)))


def small_vgg() -> NetworkSpec:
    """Three VGG blocks with batch norm."""
    blocks = tuple(layer("vgg_block", filters=filters, batch_norm=True) for filters in (32, 64, 128))
    return _small("Small VGG", (*blocks, *_pooled_head(10)))


def small_resnet() -> NetworkSpec:
    """Three stages of two residual blocks."""
    first = (layer("conv", filters=16, padding=1, bias=False), layer("batch_norm"), layer("relu"))
    stages = _residual_stages("residual_block", (16, 32, 64), (2, 2, 2))
    return _small("Small ResNet", (*first, *stages, *_pooled_head(10)))


def small_separable() -> NetworkSpec:
    """Depthwise-separable convolutions with squeeze-and-excitation."""
    first = (layer("conv", filters=16, padding=1, bias=False), layer("batch_norm"), layer("relu"))
    blocks = tuple(
        row
        for filters in (32, 64, 128)
        for row in (layer("separable_block", filters=filters, stride=2), layer("squeeze_excitation"))
    )
    return _small("Small separable network", (*first, *blocks, *_pooled_head(10)))


PRESETS: Mapping[str, Callable[[], NetworkSpec]] = MappingProxyType(
    {
        "small-vgg": small_vgg,
        "small-resnet": small_resnet,
        "small-separable": small_separable,
        "vgg-16": vgg_16,
        "resnet-18": resnet_18,
        "resnet-50": resnet_50,
        "googlenet": googlenet,
        "densenet-121": densenet_121,
    }
)
"""By a name for menus; ``spec.title`` is the one to show."""

"""The palette: every kind of row there is. A new layer or block is one entry in its own file and one name here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import blocks
from cnnviz.core.networks.spec.kinds import Kind
from cnnviz.core.networks.spec.layers import activations, convolutions, normalisation, pooling, transposed, vectors
from cnnviz.core.networks.spec.rows import LayerRow

_KINDS: tuple[Kind, ...] = (
    convolutions.CONV,
    convolutions.DEPTHWISE,
    transposed.TRANSPOSED,
    normalisation.BATCH_NORM,
    normalisation.GROUP_NORM,
    normalisation.LAYER_NORM,
    normalisation.INSTANCE_NORM,
    normalisation.RESPONSE_NORM,
    activations.RELU,
    activations.LEAKY_RELU,
    activations.GELU,
    activations.SILU,
    activations.TANH,
    activations.SIGMOID,
    activations.SOFTMAX,
    pooling.MAX_POOL,
    pooling.AVERAGE_POOL,
    pooling.GLOBAL_POOL,
    pooling.ADAPTIVE_POOL,
    vectors.UPSAMPLE,
    vectors.DROPOUT,
    vectors.SPATIAL_DROPOUT,
    vectors.FLATTEN,
    vectors.LINEAR,
    blocks.VGG,
    blocks.BASIC,
    blocks.BOTTLENECK,
    blocks.INCEPTION,
    blocks.DENSE,
    blocks.TRANSITION,
    blocks.SEPARABLE,
    blocks.SQUEEZE_EXCITATION,
)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By name, in the palette's order."""


def kind_of(name: str) -> Kind:
    """The kind called so; refuses unknown ones."""
    if name not in KINDS:
        raise NetworkError(f"There is no kind of layer {name[:40]!r}; there are: {', '.join(KINDS)}.")
    return KINDS[name]


def layer(kind: str, name: str = "", /, **options: object) -> LayerRow:
    """A row of the palette; options not given have their defaults. Without a name, ``names.named`` gives it one."""
    return kind_of(kind).row(name, **options)

"""The parameters of a convolution as a product anyone can check, beside those of a dense layer on the same input."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnnviz.core.arrays import Size
from cnnviz.core.networks.values import LayerInfo

DENSE_UNITS = 1000
"""Of the dense layer a convolution is compared with: the classes of ImageNet."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ConvolutionParameters:
    """height·width·``inputs``/``groups``·``outputs`` weights, and a bias per output if there is one."""

    kernel: Size
    inputs: int
    outputs: int
    groups: int
    bias: bool

    @property
    def weights(self) -> int:
        return math.prod(self.kernel) * self.inputs // self.groups * self.outputs

    @property
    def total(self) -> int:
        return self.weights + (self.outputs if self.bias else 0)


@dataclass(frozen=True)
class DenseParameters:
    """Every one of ``units`` is joined to every one of ``inputs`` and has a bias."""

    inputs: int
    units: int

    @property
    def total(self) -> int:
        return self.inputs * self.units + self.units


def convolution_parameters(layer: LayerInfo) -> ConvolutionParameters | None:
    """None for a layer that is no convolution over rows and columns."""
    window, weight = layer.window, layer.weight
    if window is None or weight is None or len(weight) != 4:  # outputs, inputs, height, width
        return None
    first, second = weight[0], weight[1] * window.groups
    inputs, outputs = (weight[0], second) if window.transposed else (second, first)
    return ConvolutionParameters(window.kernel, inputs, outputs, window.groups, layer.bias)


def dense_beside(input_shape: Shape, units: int = DENSE_UNITS) -> DenseParameters:
    """A dense layer on an input of this shape."""
    return DenseParameters(math.prod(input_shape), units)

"""Parameters of convolutions against torch's own count, and the course's example of a dense layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.graph.formulas import convolution_parameters, dense_beside
from cnnviz.core.networks.values import LayerInfo, Window


def layer_of(module):
    transposed = isinstance(module, nn.ConvTranspose2d)
    window = Window(module.kernel_size, module.stride, module.padding, module.dilation, module.groups, transposed)
    return LayerInfo("conv", "conv", type(module).__name__, 0, 0, leaf=True, shape=None, parameters=0, trainable=0,
                     map_axes="", window=window, weight=tuple(module.weight.shape),
                     bias=module.bias is not None)  # fmt: skip


@given(
    st.sampled_from([nn.Conv2d, nn.ConvTranspose2d]),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    *[st.integers(1, 4)] * 3,
    st.booleans(),
)
def test_the_formula_counts_what_torch_has(kind, kernel, inputs, outputs, groups, bias):
    module = kind(inputs * groups, outputs * groups, kernel, groups=groups, bias=bias, device="meta")
    found = convolution_parameters(layer_of(module))
    assert found.total == sum(parameter.numel() for parameter in module.parameters())
    assert (found.inputs, found.outputs) == (module.in_channels, module.out_channels)


def test_the_courses_numbers():
    found = convolution_parameters(layer_of(nn.Conv2d(3, 64, 3, device="meta")))
    assert (found.weights, found.total) == (1_728, 1_792)
    assert dense_beside((3, 224, 224)).inputs == 150_528
    assert dense_beside((3, 224, 224)).total == 150_529_000


@pytest.mark.parametrize("changes", [{"window": None}, {"weight": None}, {"weight": (8, 3, 3)}])
def test_what_is_no_convolution_over_rows_and_columns_has_no_formula(changes):
    fields = {**layer_of(nn.Conv2d(3, 8, 3)).__dict__, **changes}
    assert convolution_parameters(LayerInfo(**fields)) is None

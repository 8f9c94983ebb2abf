"""Gradients worked out in boxes only, against torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.probing.effective_field import effective_field
from cnnviz.core.probing.local_gradient import LocalGradients

small = st.integers(1, 3)
pairs = st.tuples(small, small)


def gradients_of(network, maps, weights):
    """torch's own, and the local ones."""
    found = []
    for mode in (None, LocalGradients()):
        pixels = maps.clone().requires_grad_()
        if mode is None:
            output = network(pixels)
        else:
            with mode:
                output = network(pixels)
        found.append((output, torch.autograd.grad((output * weights(output)).sum(), pixels)[0]))
    return found


def one_unit(output, place=(0, 0)):
    weights = torch.zeros_like(output)
    weights[:, 0, place[0] % output.shape[2], place[1] % output.shape[3]] = 1.0
    return weights


@settings(deadline=None)
@given(
    kernel=pairs,
    stride=pairs,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    dilation=pairs,
    groups=st.sampled_from([1, 2]),
    place=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_convolutions(kernel, stride, padding, dilation, groups, place):
    conv = nn.Conv2d(2, 4, kernel, stride, padding, dilation, groups).double()
    maps = torch.randn(2, 2, 9, 11).double()
    (output, expected), (local_output, local) = gradients_of(conv, maps, lambda output: one_unit(output, place))
    assert torch.equal(output, local_output)
    assert torch.allclose(local, expected, atol=1e-12)
    assert expected.any() or max(padding) > 0


@pytest.mark.parametrize("padding", ["same", "valid", (1, 0)])
@pytest.mark.parametrize("mode", ["zeros", "circular"])
def test_convolutions_with_other_paddings(padding, mode):
    conv = nn.Conv2d(2, 3, 3, padding=padding, padding_mode=mode).double()
    (_, expected), (_, local) = gradients_of(conv, torch.randn(1, 2, 6, 6).double(), one_unit)
    assert torch.allclose(local, expected, atol=1e-12)


def test_a_gradient_of_all_cells_and_one_of_none():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, 2)).double()
    maps = torch.randn(1, 1, 9, 9).double()
    for weights in (torch.ones_like, torch.zeros_like):
        (_, expected), (_, local) = gradients_of(network, maps, weights)
        assert torch.allclose(local, expected, atol=1e-12)


@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_in_evaluation_mode(affine):
    norm = nn.BatchNorm2d(3, affine=affine).double().eval()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.1, 3.0)
    (output, expected), (local_output, local) = gradients_of(norm, torch.randn(2, 3, 4, 4).double(), one_unit)
    assert torch.allclose(output, local_output)
    assert torch.allclose(local, expected)


def test_batch_norm_in_training_mode_is_torchs_own():
    norm = nn.BatchNorm2d(3, track_running_stats=False).double().eval()
    (_, expected), (_, local) = gradients_of(norm, torch.randn(2, 3, 4, 4).double(), one_unit)
    assert torch.allclose(local, expected)


def test_weights_that_depend_on_the_picture_keep_their_gradient():
    class Dynamic(nn.Module):
        def forward(self, x):
            return nn.functional.conv2d(x, x.mean((2, 3), keepdim=True).expand(1, 2, 3, 3))

    (_, expected), (_, local) = gradients_of(Dynamic(), torch.randn(1, 2, 6, 6).double(), one_unit)
    assert torch.allclose(local, expected)


def test_nan_is_not_taken_for_zero():
    conv = nn.Conv2d(1, 1, 3, padding=1).double()
    with torch.no_grad():
        conv.weight[0, 0, 1, 1] = float("nan")
    (_, _), (_, local) = gradients_of(conv, torch.randn(1, 1, 9, 9).double(), one_unit)
    assert local.isnan().any()


@pytest.mark.parametrize(("name", "layer"), [("mobilenet_v2", "features.8"), ("resnet18", "layer3.0.add()")])
def test_effective_fields_of_real_networks_are_those_of_plain_gradients(name, layer):
    from torchvision import models

    network = models.get_model(name).double().eval()
    picture = torch.rand(1, 3, 96, 64).double()
    pixels = picture.clone().requires_grad_()
    maps = network.features[:9](pixels) if name == "mobilenet_v2" else sum_in_layer3(network, pixels)
    (gradient,) = torch.autograd.grad(maps[0, 5, 2, 1], pixels)
    field = effective_field(network, picture, layer, (2, 1), 5)
    assert field.heat == pytest.approx(gradient[0].abs().mean(0).float().numpy(), rel=1e-5)
    assert field.side > 5


def sum_in_layer3(network, pixels):
    x = network.maxpool(network.bn1(network.conv1(pixels)).relu())
    x = network.layer2(network.layer1(x))
    block = network.layer3[0]
    inner = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))
    return inner + block.downsample(x)

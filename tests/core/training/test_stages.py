"""Stages of networks: those that textbooks name."""

import pytest
import torch
from torch import nn
from torchvision import models

from cnnviz.core.networks.structure import layers_of
from cnnviz.core.training.stages import Leaf, find_stages, head_path, leaves_of_layers, stage_of
from cnnviz.core.training.transfer import leaves_of


def on_meta(name, **options):
    with torch.device("meta"):
        return getattr(models, name)(**options)


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("resnet50", ["conv1 … bn1", "layer1", "layer2", "layer3", "layer4", "fc"]),
        (
            "vgg16",
            [
                *("features.0 … features.2", "features.5 … features.7", "features.10 … features.14"),
                *("features.17 … features.21", "features.24 … features.28", "classifier.0 … classifier.3"),
                "classifier.6",
            ],
        ),
        (
            "squeezenet1_1",
            [
                *("features.0", "features.3 … features.4", "features.6 … features.7", "features.9 … features.12"),
                "classifier.1",
            ],
        ),
        (
            "alexnet",
            [
                *("features.0", "features.3", "features.6 … features.10", "classifier.1 … classifier.4"),
                "classifier.6",
            ],
        ),
        ("convnext_tiny", [*(f"features.{n}" for n in range(7)), "features.7 … classifier.0", "classifier.2"]),
    ],
)  # fmt: skip
def test_the_stages_are_those_of_the_papers(name, stages):
    assert [stage.name for stage in find_stages(leaves_of(on_meta(name)))] == stages


@pytest.mark.parametrize("name", ["vgg11_bn", "densenet121", "mobilenet_v2", "efficientnet_b0", "vit_b_16", "swin_t"])
def test_every_parameter_is_in_exactly_one_stage(name):
    module = on_meta(name)
    stages = find_stages(leaves_of(module))
    counted = [0] * len(stages)
    for parameter, tensor in module.named_parameters():
        counted[stage_of(parameter, stages)] += tensor.numel()
    assert counted == [stage.parameters for stage in stages]
    assert len(stages) >= 5
    assert stages[-1].layers == (head_path(leaves_of(module)),)


def test_googlenet_is_divided_at_its_pools():
    module = on_meta("googlenet", aux_logits=False, init_weights=False)
    names = [stage.name for stage in find_stages(leaves_of(module))]
    assert names[1:] == [
        "conv2 … conv3", "inception3a … inception3b", "inception4a … inception4e", "inception5a … inception5b", "fc",
    ]  # fmt: skip


def test_the_window_finds_the_same_stages_in_a_structure():
    module = models.squeezenet1_1(weights=None).eval()
    layers = layers_of(module, (3, 64, 64))
    assert find_stages(leaves_of_layers(layers)) == find_stages(leaves_of(module))


def test_a_flat_network_without_pools_has_a_stage_a_layer_and_a_norm_belongs_to_the_one_before():
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(4, 2)
    )
    assert [stage.layers for stage in find_stages(leaves_of(module))] == [("0", "1"), ("3",), ("5",)]


def test_a_network_that_is_only_a_head_has_one_stage():
    assert [stage.name for stage in find_stages([Leaf("0", "Flatten", 0), Leaf("1", "Linear", 10)])] == ["1"]


def test_parameters_of_no_layer_belong_to_the_first_stage():
    stages = find_stages([Leaf("", "Net", 7), Leaf("a", "Conv2d", 5), Leaf("b", "Linear", 3)])
    assert [(stage.name, stage.parameters) for stage in stages] == [("a", 12), ("b", 3)]
    assert stage_of("token", stages) == 0

"""The course's networks and presets: exact to the parameter and shape, against the course's table and torchvision."""

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from cnnviz.core.networks.build import build
from cnnviz.core.networks.classics import CLASSICS, timeline
from cnnviz.core.networks.shipped import convnet_mnist
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.resources import resource_path

PARAMETERS = {
    "dense-mnist": 407_050,
    "convnet-mnist": 104_202,
    "convnet-mnist-no-pool": 712_202,
    "simplecnn": 20_586,
    "lenet1": 3_246,
    "lenet5": 61_706,
    "alexnet-2012": 62_378_344,
    "neocognitron": 12 * 10 + 24 * (9 * 12 + 1) + 10 * (9 * 24 + 1),
}
CONV_SHAPES = {
    "dense-mnist": [],
    "convnet-mnist": [(32, 26, 26), (64, 11, 11), (128, 3, 3)],
    "convnet-mnist-no-pool": [(32, 26, 26), (64, 24, 24), (128, 22, 22)],
    "simplecnn": [(16, 28, 28), (32, 14, 14)],
    "lenet1": [(4, 24, 24), (12, 8, 8)],
    "lenet5": [(6, 28, 28), (16, 10, 10)],
    "alexnet-2012": [(96, 55, 55), (256, 27, 27), (384, 13, 13), (384, 13, 13), (256, 13, 13)],
    "neocognitron": [(12, 16, 16), (24, 8, 8), (10, 4, 4)],
}
POOL_SHAPES = {
    "convnet-mnist": [(32, 13, 13), (64, 5, 5)],
    "simplecnn": [(16, 14, 14), (32, 7, 7)],
    "lenet1": [(4, 12, 12), (12, 4, 4)],
    "lenet5": [(6, 14, 14), (16, 5, 5)],
    "alexnet-2012": [(96, 27, 27), (256, 13, 13), (256, 6, 6)],
}
PUBLISHED = {
    "vgg-16": models.VGG16_Weights,
    "resnet-18": models.ResNet18_Weights,
    "resnet-50": models.ResNet50_Weights,
    "googlenet": models.GoogLeNet_Weights,
    "densenet-121": models.DenseNet121_Weights,
}


def shapes_on_meta(spec, kinds):
    """Of every call of a module of these kinds, as torch makes them."""
    shapes = []
    with torch.device("meta"):
        network = build(spec).eval()
        for module in network.modules():
            if isinstance(module, kinds):
                module.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
        output = network(torch.empty(1, *spec.input_shape))
    return shapes, tuple(output.shape[1:])


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_every_network_of_the_courses_table_is_there():
    assert set(CLASSICS) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_has_the_courses_parameters_and_shapes(name):
    spec = CLASSICS[name].spec()
    with torch.device("meta"):
        assert parameters(build(spec)) == check(spec).parameters == PARAMETERS[name]
    convolutions, output = shapes_on_meta(spec, nn.Conv2d)
    assert convolutions == CONV_SHAPES[name]
    assert output == ((1000,) if name == "alexnet-2012" else (10,))
    if name in POOL_SHAPES:
        assert shapes_on_meta(spec, (nn.MaxPool2d, nn.AvgPool2d))[0] == POOL_SHAPES[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_depth_counts_the_layers_with_weights(name):
    with torch.device("meta"):
        weighted = [each for each in build(CLASSICS[name].spec()).modules() if isinstance(each, (nn.Conv2d, nn.Linear))]
    assert CLASSICS[name].depth == len(weighted)


def test_alexnet_layer_by_layer():
    """The course's table, with the 96 biases it leaves out."""
    counts = [row.parameters for row in check(CLASSICS["alexnet-2012"].spec()).rows if row.parameters]
    assert counts == [34_944, 614_656, 885_120, 1_327_488, 884_992, 37_752_832, 16_781_312, 4_097_000]


def test_the_lecture_network_takes_the_weights_that_ship():
    spec, shipped = CLASSICS["convnet-mnist"].spec(), convnet_mnist()
    network = build(spec)
    assert [(name, str(module)) for name, module in network.named_children()] == [
        (name, str(module)) for name, module in shipped.named_children()
    ]
    for module in (network, shipped):
        module.load_state_dict(load_file(resource_path("networks", "convnet-mnist.safetensors")), strict=True)
    picture = torch.rand(2, 1, 28, 28)
    assert torch.equal(network(picture), shipped(picture))


def test_a_unit_of_the_third_convolution_sees_7_by_7_without_pooling():
    row = next(row for row in check(CLASSICS["convnet-mnist-no-pool"].spec()).rows if row.name == "conv3")
    assert row.receptive_field.size == (7, 7)


def test_the_neocognitron_names_its_layers_and_says_it_is_an_illustration():
    spec = CLASSICS["neocognitron"].spec()
    assert [row.name for row in spec.rows] == ["S1", "C1", "S2", "C2", "S3", "C3", "flatten"]
    assert "illustration" in CLASSICS["neocognitron"].notes.lower()
    assert "illustration" in spec.title.lower()
    assert spec.notes.startswith("An illustration")


def test_lenet_1_states_its_variant():
    assert "fully connected" in CLASSICS["lenet1"].notes.lower()
    assert "3,246 parameters" in CLASSICS["lenet1"].spec().notes


def test_lenet_5_squeezes_with_tanh():
    kinds = [row.kind for row in CLASSICS["lenet5"].spec().rows]
    assert kinds.count("tanh") == 4
    assert "relu" not in kinds


@pytest.mark.parametrize("name", CLASSICS)
def test_each_has_preprocessing_for_its_channels(name):
    spec = CLASSICS[name].spec()
    assert len(spec.preprocessing.mean) == len(spec.preprocessing.std) == spec.input_shape[0]
    assert len(spec.class_names) in (0, check(spec).output_shape[0])


@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_are_torchvisions_to_the_parameter_and_multiplication(name):
    published, report = PUBLISHED[name].DEFAULT.meta, check(PRESETS[name]())
    assert report.parameters == published["num_params"]
    assert report.macs == pytest.approx(published["_ops"] * 1e9, rel=1e-3)
    assert report.output_shape == (1000,)


def test_resnet_18_computes_what_torchvisions_does():
    """Same weights in the same order, same output: also the skip connections agree."""
    theirs, ours = models.resnet18().eval(), build(PRESETS["resnet-18"]()).eval()
    tensors = list(theirs.state_dict().items())
    order = [tensor for _, tensor in sorted(tensors, key=lambda item: _place(item[0], tensors))]
    wanted = list(ours.state_dict())
    ours.load_state_dict(dict(zip(wanted, order, strict=True)))
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(ours(picture), theirs(picture), atol=1e-4)


def _place(name, tensors):
    return [key for key, _ in tensors].index(name)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("small")])
def test_small_presets_are_small_and_classify(name):
    spec = PRESETS[name]()
    network = build(spec)
    assert network(torch.rand(4, *spec.input_shape)).shape == (4, 10)
    assert parameters(network) < 300_000


def test_the_timeline_is_the_courses():
    rows = timeline()
    assert [row.year for row in rows] == sorted(row.year for row in rows)
    assert (rows[0].year, rows[-1].year) == (1979, 2016)
    years = {row.title: row.year for row in rows}
    expected = {"Neocognitron": 1979, "LeNet-1": 1989, "LeNet-5": 1998, "AlexNet (2012)": 2012, "VGG-16": 2014}
    expected |= {"GoogLeNet": 2014, "ResNet-50": 2015, "DenseNet-121": 2016}
    assert expected.items() <= years.items()
    accuracies = {row.name: row.top1 for row in rows if row.top1}
    assert accuracies == {"alexnet-2012": 57.1, "vgg16": 71.3, "vgg19": 71.1, "resnet50": 76.0, "resnet152": 77.8}


@pytest.mark.parametrize("row", timeline(), ids=lambda row: row.name)
def test_the_timelines_parameters_are_right(row):
    if row.name in CLASSICS:
        assert row.parameters == PARAMETERS[row.name]
    else:
        assert row.parameters == models.get_model_weights(row.name).DEFAULT.meta["num_params"]
        assert row.depth in (22, int("".join(filter(str.isdigit, row.name)) or 22))

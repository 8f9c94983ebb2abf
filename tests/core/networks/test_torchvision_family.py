"""torchvision's classification networks in the registry."""

import math
from pathlib import Path

import pytest
import torch
from torchvision import models

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.head import class_count, replace_head
from cnnviz.core.networks.torchvision_family import TorchvisionFamily

FAMILY = TorchvisionFamily()


def test_has_every_classification_network_and_no_other():
    names = set(FAMILY.names())
    assert {"alexnet", "squeezenet1_1", "resnet18", "vit_b_16", "swin_v2_t", "maxvit_t"} <= names
    assert not [name for name in names if name.startswith(("quantized", "fcn", "fasterrcnn", "r3d", "raft"))]
    assert len(names) >= 80


def test_every_entry_is_complete(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in FAMILY.names():
        entry = FAMILY.entry(name)
        assert entry.parameters > 1e6, name
        assert entry.weights[0].name == models.get_model_weights(name).DEFAULT.name
        for weights in entry.weights:
            assert weights.megabytes > 4, name
            assert 50 < weights.accuracy < 100, name
            assert not weights.cached, name


def test_a_file_in_the_cache_of_torch_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / Path(models.ResNet50_Weights.IMAGENET1K_V1.url).name
    file.parent.mkdir(parents=True)
    file.touch()
    assert {weights.name: weights.cached for weights in FAMILY.entry("resnet50").weights} == {
        "IMAGENET1K_V2": False,
        "IMAGENET1K_V1": True,
    }


def test_weights_that_are_no_classifier_are_left_out():
    assert [weights.info.name for weights in FAMILY.published("vgg16")] == ["IMAGENET1K_V1"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("squeezenet1_1", "SqueezeNet 1.1"),
        ("resnet18", "ResNet 18"),
        ("wide_resnet50_2", "Wide ResNet 50 2"),
        ("resnext101_32x8d", "ResNeXt 101 32x8d"),
        ("mobilenet_v3_small", "MobileNet V3 Small"),
        ("regnet_y_1_6gf", "RegNet Y 1.6GF"),
        ("shufflenet_v2_x0_5", "ShuffleNet V2 x0.5"),
        ("vgg16_bn", "VGG 16 BN"),
        ("mnasnet0_75", "MNASNet 0.75"),
        ("vit_b_16", "ViT B 16"),
        ("googlenet", "GoogLeNet"),
        ("inception_v3", "Inception V3"),
    ],
)
def test_titles(name, title):
    assert FAMILY.entry(name).title == title


def test_preprocessing_is_that_of_the_weights():
    for name in FAMILY.names():
        for weights in FAMILY.published(name):
            preset = models.get_model_weights(name)[weights.info.name].transforms()
            found = weights.preprocessing
            assert [*found.input_size] == 2 * preset.crop_size, name
            assert [found.resize] == preset.resize_size, name
            assert (found.mean, found.std) == (tuple(preset.mean), tuple(preset.std)), name
            assert found.interpolation == preset.interpolation.value, name


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_neither_built_nor_loaded(name):
    module = FAMILY.build(name, (299, 299), initialise=False)
    full = models.get_model(name, init_weights=False).state_dict()
    assert len(full) > len(module.state_dict())
    assert FAMILY.adapted(name, full).keys() == module.state_dict().keys()
    assert module.transform_input


def test_inception_gives_the_logits_torchvision_gives():
    reference = models.inception_v3(init_weights=False, transform_input=True).eval()
    module = FAMILY.build("inception_v3", (299, 299), initialise=False).eval()
    module.load_state_dict(FAMILY.adapted("inception_v3", reference.state_dict()))
    picture = torch.rand(1, 3, 299, 299, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(module(picture), reference(picture))


def test_old_names_of_dense_layers():
    module = FAMILY.build("densenet121", (224, 224), initialise=False)
    new = module.state_dict()
    old = {
        name.replace(".norm1", ".norm.1").replace(".conv1", ".conv.1").replace(".norm2", ".norm.2"): tensor
        for name, tensor in new.items()
    }
    assert old.keys() != new.keys()
    assert FAMILY.adapted("densenet121", old).keys() == new.keys()


def test_a_transformer_is_built_for_its_weights_pictures():
    module = FAMILY.build("vit_b_32", (384, 384), initialise=False)
    assert module.encoder.pos_embedding.shape == (1, math.ceil(384 / 32) ** 2 + 1, 768)
    with pytest.raises(NetworkError, match="ViT B 32 cannot be built for 100×100 pictures"):
        FAMILY.build("vit_b_32", (100, 100), initialise=False)


@pytest.mark.parametrize(
    "name",
    [
        *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t"),
        *("mnasnet0_5", "mobilenet_v3_small", "regnet_x_400mf", "resnet18", "shufflenet_v2_x0_5", "squeezenet1_1"),
        *("swin_t", "vit_b_32"),
    ],
)
def test_the_head_of_each_kind_is_found_and_replaced(name):
    module = FAMILY.build(name, (224, 224), initialise=False).to("meta").eval()
    assert class_count(module) == 1000
    replace_head(module, 7)
    size = 299 if name == "inception_v3" else 224
    assert module(torch.empty(1, 3, size, size, device="meta")).shape == (1, 7)

"""From a choice to a network that runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torchvision import models

from cnnviz.core.errors import CancelledError, CheckpointError, DeviceError, HeadMismatchError, NetworkError
from cnnviz.core.networks.catalog import entries, load_network
from cnnviz.core.networks.values import NetworkChoice, Preprocessing

SQUEEZENET = NetworkChoice("squeezenet1_1", weights="none")


def load(choice, **options):
    return load_network(choice, device="cpu", **options)


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def saved(folder, module):
    path = folder / "weights.pth"
    torch.save(module.state_dict(), path)
    return str(path)


# ----------------------------------------------------------------------------------------------------------- registry


def test_one_registry_of_shipped_and_torchvision_networks():
    names = [entry.name for entry in entries()]
    assert names[:2] == ["convnet-mnist", "cifar10-small"]
    assert "resnet18" in names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnet", "resnet"), ("SqueezeNet1_1", "did you mean squeezenet1_1"), ("zzzz", "choose one of convnet-mnist, ")],
)
def test_an_unknown_network(name, near):
    with pytest.raises(NetworkError, match=rf"no network '{name}': .*{near}") as caught:
        load(NetworkChoice(name))
    assert "densenet121" in caught.value.details.splitlines()


def test_unknown_weights():
    with pytest.raises(
        NetworkError, match="resnet50 has no published weights 'V3': choose one of default, none, IMAGENET1K_V2"
    ):
        load(NetworkChoice("resnet50", weights="V3"))


# ------------------------------------------------------------------------------------------------------------- random


def test_random_weights_come_from_their_seed_alone():
    state = torch.random.get_rng_state()
    first, second, other = (load(replace(SQUEEZENET, seed=seed)).module for seed in (7, 7, 8))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first.classifier[1].weight, second.classifier[1].weight)
    assert not torch.equal(first.classifier[1].weight, other.classifier[1].weight)
    torch.manual_seed(7)
    expected = models.squeezenet1_1()
    assert torch.equal(first.classifier[1].weight, expected.classifier[1].weight)


def test_a_random_network_is_ready_to_run():
    network = load(SQUEEZENET)
    assert not any(child.training for child in network.module.modules())
    assert all(parameter.requires_grad for parameter in network.module.parameters())
    assert (network.title, network.device, network.half) == ("SqueezeNet 1.1", "cpu", False)
    assert network.weights == "random, seed 0; class names of ImageNet-1K (IMAGENET1K_V1)"
    assert network.class_names[285] == "Egyptian cat"
    assert network.input_shape == (3, 224, 224)
    assert network.module(torch.zeros(1, *network.input_shape)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_networks_with_auxiliary_heads_give_plain_logits_without_a_warning(name):
    network = load(NetworkChoice(name, weights="none"))
    with torch.inference_mode():
        assert network.module(torch.zeros(1, *network.input_shape)).shape == (1, 1000)


# ---------------------------------------------------------------------------------------------------------- published


def test_published_weights_are_found_offline_in_the_cache_of_torch(torch_home, shared_data):
    weights = models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    torch_home.mkdir(parents=True)
    shutil.copy(shared_data / "weights" / "squeezenet1_1_imagenet.pth", torch_home / Path(weights.url).name)
    network = load(NetworkChoice("squeezenet1_1"))
    assert network.weights == "ImageNet-1K (IMAGENET1K_V1)"
    assert network.preprocessing == Preprocessing()


def test_a_damaged_file_in_the_cache_is_named(torch_home):
    file = torch_home / Path(models.SqueezeNet1_1_Weights.IMAGENET1K_V1.url).name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(CheckpointError, match=rf"{file.name} is damaged or cut off"):
        load(NetworkChoice("squeezenet1_1"))


def test_cancelled_before_anything_is_fetched(torch_home):
    with pytest.raises(CancelledError):
        load(SQUEEZENET, cancelled=lambda: True)
    assert not torch_home.exists()


def test_progress_says_what_is_loaded():
    told = []
    load(SQUEEZENET, on_progress=lambda text, fraction: told.append((text, fraction)))
    assert told == [("Loading SqueezeNet 1.1", None)]


# --------------------------------------------------------------------------------------------------------------- file


def test_a_file_with_the_usual_class_count_uses_the_published_names(tmp_path):
    path = saved(tmp_path, models.squeezenet1_1())
    network = load(NetworkChoice("squeezenet1_1", weights_file=path))
    assert network.weights == "file weights.pth; class names of ImageNet-1K (IMAGENET1K_V1)"
    assert network.class_names[0] == "tench"


@pytest.mark.parametrize(
    ("file", "resize"),
    [("mobilenet_v2-7ebf99e0.pth", 232), ("mobilenet_v2-b0353104.pth", 256), ("mine.pth", 256)],
)
def test_a_file_is_prepared_for_as_its_name_says_or_as_usual(tmp_path, file, resize):
    torch.save(models.mobilenet_v2().state_dict(), tmp_path / file)
    network = load(NetworkChoice("mobilenet_v2", weights_file=str(tmp_path / file)))
    assert network.preprocessing.resize == resize


def test_a_file_with_another_head(tmp_path):
    module = models.squeezenet1_1(num_classes=5)
    choice = NetworkChoice("squeezenet1_1", weights_file=saved(tmp_path, module))
    with pytest.raises(HeadMismatchError, match=r"fits SqueezeNet 1\.1 but for its last layer, which has 5 classes"):
        load(choice)
    network = load(replace(choice, replace_head=True))
    assert network.class_names == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert network.weights.endswith("replaced the last layer: 5 classes instead of 1000; 5 classes without names")
    assert torch.equal(network.module.classifier[1].weight, module.classifier[1].weight)
    assert network.module(torch.zeros(1, 3, 224, 224)).shape == (1, 5)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_a_file_with_auxiliary_heads(tmp_path, name):
    module = models.get_model(name, init_weights=False)
    network = load(NetworkChoice(name, weights_file=saved(tmp_path, module)))
    assert torch.equal(network.module.fc.weight, module.fc.weight)


def test_a_file_of_an_old_vision_transformer(tmp_path):
    module = models.vit_b_32()
    state = {
        name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): tensor
        for name, tensor in module.state_dict().items()
    }
    path = tmp_path / "old.pth"
    torch.save(state, path)
    network = load(NetworkChoice("vit_b_32", weights_file=str(path)))
    found = network.module.encoder.layers.encoder_layer_3.mlp[3].weight
    assert torch.equal(found, module.encoder.layers.encoder_layer_3.mlp[3].weight)


def test_a_file_of_mnasnet_without_versions(tmp_path):
    module = models.mnasnet0_5()
    path = tmp_path / "plain.pth"
    torch.save(dict(module.state_dict()), path)
    network = load(NetworkChoice("mnasnet0_5", weights_file=str(path)))
    assert torch.equal(network.module.classifier[1].weight, module.classifier[1].weight)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ckpt_missing_keys.pth", r"8 tensors are missing \(features\.12\.squeeze\.weight, "),
        (
            "ckpt_wrong_shapes.pth",
            r"4 tensors are different \(features\.0\.weight: 32×3×3×3 in the file, 64×3×3×3 in the network\)",
        ),
    ],
)
def test_the_checkpoints_that_do_not_fit(shared_data, name, words):
    with pytest.raises(CheckpointError, match=words) as caught:
        load(NetworkChoice("squeezenet1_1", weights_file=str(shared_data / "bad" / name)))
    assert caught.value.details.count("\n") >= 2


# ---------------------------------------------------------------------------------------------------------- overrides


def test_class_names_from_a_file(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(f"thing {index}" for index in range(1000)))
    network = load(replace(SQUEEZENET, class_names_file=str(tmp_path / "names.txt")))
    assert network.class_names[999] == "thing 999"
    assert network.weights == "random, seed 0; class names of names.txt"


def test_preprocessing_of_the_users():
    wanted = Preprocessing(input_size=(96, 128), resize=None, fit="squash", mean=(0.5,) * 3, std=(0.5,) * 3)
    network = load(replace(SQUEEZENET, preprocessing=wanted))
    assert network.preprocessing == wanted
    assert network.input_shape == (3, 96, 128)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": 1, "mean": (0.5,), "std": (0.5,)}, "takes 3 channels"),
        ({"mean": (0.5,)}, "takes 3 channels"),
        ({"std": (1.0, 0.0, 1.0)}, "standard deviations above 0"),
        ({"mean": (float("nan"), 0.0, 0.0)}, "must be finite"),
        ({"input_size": (0, 224)}, r"\(0, 224, 256\) must lie between 1 and 4096"),
        ({"input_size": (224, 5000)}, "between 1 and 4096"),
        ({"resize": 10**6}, "between 1 and 4096"),
    ],
)
def test_preprocessing_a_network_cannot_take(change, words):
    with pytest.raises(NetworkError, match=words):
        load(replace(SQUEEZENET, preprocessing=replace(Preprocessing(), **change)))


def test_a_transformer_is_built_for_the_size_the_user_wants():
    wanted = replace(Preprocessing(), input_size=(96, 96), resize=96)
    network = load(NetworkChoice("vit_b_32", weights="none", preprocessing=wanted))
    assert network.module(torch.zeros(1, 3, 96, 96)).shape == (1, 1000)


# ------------------------------------------------------------------------------------------------------------- device


def test_half_precision_needs_cuda():
    with pytest.raises(DeviceError, match="Half precision is for CUDA devices; cpu runs in float32 only"):
        load(SQUEEZENET, half=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_half_precision_on_cuda():
    network = load_network(SQUEEZENET, device="cuda:0", half=True)
    logits = network.module(torch.zeros(1, 3, 224, 224, device="cuda:0", dtype=torch.float16))
    assert logits.dtype == torch.float16
    assert torch.isfinite(logits).all()

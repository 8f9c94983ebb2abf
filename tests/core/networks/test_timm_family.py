"""timm's networks in the registry, where timm is installed."""

import sys

import pytest
import torch

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks import plan, timm_family
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.timm_family import TimmFamily, is_installed
from cnnviz.core.networks.values import NetworkChoice

FAMILY = TimmFamily()
needs_timm = pytest.mark.skipif(not is_installed(), reason="timm is not installed")


@needs_timm
def test_a_network_of_timm_runs():
    import timm

    network = load_network(NetworkChoice("timm/mobilenetv4_conv_small", weights="none", seed=5), device="cpu")
    torch.manual_seed(5)
    expected = timm.create_model("mobilenetv4_conv_small").eval()
    picture = torch.rand(1, *network.input_shape)
    assert torch.equal(network.module(picture), expected(picture))
    assert network.weights == "random, seed 5; class names of timm (e2400_r224_in1k)"
    assert network.class_names[0] == "tench"
    assert network.preprocessing.input_size == (224, 224)


@needs_timm
def test_what_its_entry_says():
    import timm

    configuration = timm.get_pretrained_cfg("resnet18.a1_in1k")
    entry = FAMILY.entry("timm/resnet18")
    assert (entry.title, entry.origin, entry.channels) == ("resnet18", "timm", 3)
    assert entry.weights[0].name == "a1_in1k"
    published = FAMILY.published("timm/resnet18")[0]
    assert published.url == f"https://huggingface.co/{configuration.hf_hub_id}/resolve/main/model.safetensors"
    assert published.preprocessing.mean == configuration.mean
    assert published.preprocessing.resize == int(224 / configuration.crop_pct)


@needs_timm
def test_weights_that_are_here_are_used(tmp_path, monkeypatch):
    import timm
    from safetensors.torch import save_file

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    trained = timm.create_model("mobilenetv4_conv_small")
    file = FAMILY.published("timm/mobilenetv4_conv_small")[0].file
    file.parent.mkdir(parents=True)
    save_file(trained.state_dict(), file)
    network = load_network(NetworkChoice("timm/mobilenetv4_conv_small"), device="cpu")
    assert torch.equal(network.module.classifier.weight, trained.classifier.weight)
    assert FAMILY.entry("timm/mobilenetv4_conv_small").weights[0].cached


@needs_timm
def test_an_unknown_network_of_timm():
    with pytest.raises(NetworkError, match=r"no network 'timm/resnet1': did you mean timm/resnet1"):
        load_network(NetworkChoice("timm/resnet1"))


def test_without_timm_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr(timm_family, "is_installed", lambda: False)
    monkeypatch.setattr(plan, "is_installed", lambda: False)
    timm_family._weights_by_network.cache_clear()
    try:
        assert FAMILY.names() == ()
        with pytest.raises(NetworkError, match=r'not installed: pip install "cnnviz\[timm\]"'):
            load_network(NetworkChoice("timm/resnet18"))
    finally:
        timm_family._weights_by_network.cache_clear()

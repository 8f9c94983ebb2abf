"""Devices: what is offered and how one is chosen."""

import pytest
import torch

from cnnviz.core.errors import DeviceError
from cnnviz.core.networks.devices import available_devices, choose_device


def test_the_cpu_is_always_there_and_last():
    cpu = available_devices()[-1]
    assert cpu.name == "cpu"
    assert cpu.title.startswith("CPU, ")
    assert not cpu.half


def test_every_device_offered_can_hold_a_tensor():
    for device in available_devices():
        assert torch.ones(2, device=device.name).sum().item() == 2


def test_half_precision_is_offered_on_cuda_only():
    assert all(device.half == device.name.startswith("cuda:") for device in available_devices())


def test_auto_is_the_first_one():
    assert choose_device("auto") == available_devices()[0]


def test_by_name():
    assert choose_device("cpu") == available_devices()[-1]


@pytest.mark.parametrize("name", ["cuda:99", "tpu", ""])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(DeviceError, match=rf"no device '{name}' here: choose auto or one of .*cpu \(CPU, "):
        choose_device(name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_without_a_number_is_the_first():
    assert choose_device("cuda").name == "cuda:0"

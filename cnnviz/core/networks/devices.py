"""What this machine can run a network on."""

import os

import torch

from cnnviz.core.errors import DeviceError
from cnnviz.core.networks.values import DeviceInfo


def available_devices() -> tuple[DeviceInfo, ...]:
    """Every device a network can run on here, the fastest kind first; the CPU is always the last."""
    return (*_cuda_devices(), *_mps_devices(), DeviceInfo("cpu", f"CPU, {os.cpu_count() or 1} cores"))


def _cuda_devices() -> tuple[DeviceInfo, ...]:
    if not torch.cuda.is_available():
        return ()
    return tuple(_cuda_device(index) for index in range(torch.cuda.device_count()))


def _cuda_device(index: int) -> DeviceInfo:
    facts = torch.cuda.get_device_properties(index)
    return DeviceInfo(f"cuda:{index}", f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB", half=True)


def _mps_devices() -> tuple[DeviceInfo, ...]:
    return (DeviceInfo("mps", "Apple GPU (MPS)"),) if torch.backends.mps.is_available() else ()


def choose_device(name: str) -> DeviceInfo:
    """The device called ``name`` as torch spells it ("cuda" is the first of its kind), or the best one for "auto"."""
    devices = available_devices()
    if name == "auto":
        return devices[0]
    wanted = "cuda:0" if name == "cuda" else name
    found = next((device for device in devices if device.name == wanted), None)
    if found is None:
        here = ", ".join(f"{device.name} ({device.title})" for device in devices)
        raise DeviceError(f"There is no device {name!r} here: choose auto or one of {here}.")
    return found

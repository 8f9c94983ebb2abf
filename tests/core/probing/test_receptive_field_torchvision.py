"""Theoretical receptive fields of every classification network of torchvision, against poisoned pixels."""

import warnings

import pytest
import torch
import torchvision
from torch import nn

from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.receptive_field import FieldTrace
from cnnviz.core.probing.recording import record_calls

WINDOWS_OF_ATTENTION = "swin"  # they mix places in windows that are rolled: no layer behind the first has a known field
LARGEST = 62_000_000  # parameters: wider networks of a family have the places of the narrower ones
HEAVY_HEADS = ("alexnet", "vgg")  # nine tenths of their parameters are in the classifier, which is left out
SIZES = {"inception_v3": (81, 76), "alexnet": (75, 64), "maxvit_t": (224, 224)}
LAYERS = 8


def names():
    models = torchvision.models
    found = [name for name in models.list_models(module=models) if not name.startswith(WINDOWS_OF_ATTENTION)]
    return [name for name in found if name.startswith(HEAVY_HEADS) or parameters(name) < LARGEST]


def parameters(name):
    return torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_layers_depend_on_the_pixels_they_see_and_on_no_others(name):
    """Poisoned rows above an edge reach the cells whose field starts above it; so do those below, left and right."""
    size = SIZES.get(name, (43, 38))
    network, pictures = built(name), torch.zeros(1, 3, *size)
    calls = record_calls(network, pictures)
    fields = FieldTrace(calls, size).fields
    maps = [call.name for call in calls if is_map(call, fields)]
    chosen = maps[:: max(1, len(maps) // LAYERS)]
    assert len(chosen) >= min(LAYERS, len(maps)) > 0
    edges = [(axis, edge) for axis in (0, 1) for edge in (size[axis] // 3, size[axis] // 2 + 3)]
    found = reached(network, torch.cat([poisoned(pictures, *edge) for edge in edges]), chosen)
    for layer in chosen:
        axes = (fields[layer].rows, fields[layer].columns)
        told = [sees for axis, edge in edges for sees in told_to_see(axes[axis], edge)]
        measured = [each.any(1 - at // len(edges)).tolist() for at, each in enumerate(found[layer])]
        assert measured == told, layer


def poisoned(picture, axis, edge):
    """Two pictures: NaN before the edge, and from it on."""
    before, behind = picture.clone(), picture.clone()
    before.narrow(2 + axis, 0, edge).fill_(float("nan"))
    behind.narrow(2 + axis, edge, picture.shape[2 + axis] - edge).fill_(float("nan"))
    return torch.cat([before, behind])


def told_to_see(axis, edge):
    return [first < edge for first in axis.first], [end > edge for end in axis.end]


def reached(network, pictures, layers):
    """Per layer and picture, H×W: the cells that are NaN."""
    found = {}

    def note(name, maps):
        found[name] = maps.isnan().any(1)

    with Capture(network, note) as capture, torch.no_grad():
        capture.watch(layers)
        network(pictures)
    return found


def is_map(call, fields):
    shape = call.shape or ()
    return len(shape) == 4 and call.name in fields and fields[call.name].map_size == shape[2:]


def built(name):
    """With any weights but NaN: only the layers' places count."""
    with warnings.catch_warnings(), torch.device("meta" if not name.startswith("regnet") else "cpu"):
        warnings.simplefilter("ignore", FutureWarning)
        network = torchvision.models.get_model(name, weights=None).eval()
    if name.startswith(HEAVY_HEADS):
        network.classifier = nn.Identity()
    network.to_empty(device="cpu")
    for values in (*network.parameters(), *network.buffers()):
        nn.init.zeros_(values) if values.is_floating_point() else values.zero_()
    return network

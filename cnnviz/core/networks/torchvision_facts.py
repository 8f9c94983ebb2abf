"""Years and depths of torchvision's networks, which its metadata lacks."""

from __future__ import annotations

import re

_YEARS = {
    "alexnet": 2014,  # "One weird trick", Krizhevsky: narrower than the one of 2012
    "convnext": 2022,  # "A ConvNet for the 2020s", Liu et al.
    "densenet": 2016,  # "Densely connected convolutional networks", Huang et al.
    "efficientnet_b": 2019,  # "EfficientNet", Tan and Le
    "efficientnet_v2": 2021,  # "EfficientNetV2", Tan and Le
    "googlenet": 2014,  # "Going deeper with convolutions", Szegedy et al.
    "inception_v3": 2015,  # "Rethinking the Inception architecture", Szegedy et al.
    "maxvit": 2022,  # "MaxViT", Tu et al.
    "mnasnet": 2018,  # "MnasNet", Tan et al.
    "mobilenet_v2": 2018,  # "MobileNetV2", Sandler et al.
    "mobilenet_v3": 2019,  # "Searching for MobileNetV3", Howard et al.
    "regnet": 2020,  # "Designing network design spaces", Radosavovic et al.
    "resnet": 2015,  # "Deep residual learning", He et al.
    "resnext": 2016,  # "Aggregated residual transformations", Xie et al.
    "shufflenet_v2": 2018,  # "ShuffleNet V2", Ma et al.
    "squeezenet": 2016,  # "SqueezeNet", Iandola et al.
    "swin": 2021,  # "Swin Transformer", Liu et al.
    "vgg": 2014,  # "Very deep convolutional networks", Simonyan and Zisserman
    "vit": 2020,  # "An image is worth 16×16 words", Dosovitskiy et al.
    "wide_resnet": 2016,  # "Wide residual networks", Zagoruyko and Komodakis
}
"""When the paper first appeared, by the longest beginning of the name."""

_DEPTHS = {"alexnet": 8, "googlenet": 22, "inception_v3": 42, "vit_b": 12, "vit_l": 24, "vit_h": 32}
"""As the papers count them; a transformer's are its blocks."""
_DEPTH_IN_NAME = re.compile(r"(?:vgg|resnet|resnext|densenet)(\d+)")


def year_of(name: str) -> int | None:
    """None for a network that torchvision has added since."""
    return _by_beginning(name, _YEARS)


def depth_of(name: str) -> int | None:
    """Layers with weights on the way from input to output; None where the authors give no number."""
    found = _DEPTH_IN_NAME.search(name)
    return int(found[1]) if found else _by_beginning(name, _DEPTHS)


def _by_beginning(name: str, table: dict[str, int]) -> int | None:
    fits = [beginning for beginning in table if name.startswith(beginning)]
    return table[max(fits, key=len)] if fits else None
